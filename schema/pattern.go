package schema

import (
	"fmt"
	"regexp/syntax"
)

// The bounds of the regular expressions in all files of a vendor's schema together.
// Go's matcher never backtracks: the time to match is at most that of each step on
// each byte of the text.
const (
	maxPatternBytes = 8 << 10   // their texts: parsing \pL takes as long as 2000 letters
	maxPatternSteps = 50_000    // instructions, with repetitions expanded
	maxPatternRunes = 1_000_000 // ranges of characters: \pL has 660
	maxRegexValue   = 1 << 10   // bytes of a value that must be a regular expression
)

// patternSize is how much work a regular expression makes.
type patternSize struct{ bytes, steps, runes int }

func (s patternSize) plus(other patternSize) patternSize {
	return patternSize{s.bytes + other.bytes, s.steps + other.steps, s.runes + other.runes}
}

// compileWork returns how much a regular expression counts towards maxCompileWork.
func (s patternSize) compileWork() int { return s.bytes/2 + s.steps/200 + s.runes/250 }

// matchWork returns how much matching texts of so many bytes counts towards
// maxValidateWork.
func (s patternSize) matchWork(bytes int) int { return s.steps * (bytes + 1) / 64 }

// patternSizes measures regular expressions, without compiling them, and keeps
// their sizes.
type patternSizes struct {
	known map[string]patternSize
	total patternSize // of those that add has counted
}

// of returns the size of a regular expression. One that cannot be parsed has no
// steps: the compiler refuses it.
func (p *patternSizes) of(pattern string) patternSize {
	if size, ok := p.known[pattern]; ok {
		return size
	}
	size := patternSize{bytes: len(pattern)}
	if parsed, err := syntax.Parse(pattern, syntax.Perl); err == nil {
		size.steps, size.runes = stepsAndRunes(parsed)
	}
	if p.known == nil {
		p.known = make(map[string]patternSize)
	}
	p.known[pattern] = size
	return size
}

// stepsAndRunes returns at least as many steps as the compiled expression has
// instructions, and the number of its ranges of characters. The parser allows at
// most 1000 repetitions, nested ones multiplied, so that the numbers stay small.
func stepsAndRunes(re *syntax.Regexp) (steps, runes int) {
	switch re.Op {
	case syntax.OpLiteral:
		steps = len(re.Rune)
	case syntax.OpCharClass:
		runes = len(re.Rune) / 2
	}
	for _, sub := range re.Sub {
		s, r := stepsAndRunes(sub)
		steps, runes = steps+s, runes+r
	}
	steps += 2 // what a repetition, a group, an alternative or the whole adds
	if re.Op == syntax.OpRepeat {
		times := max(re.Max, re.Min+1)
		steps, runes = steps*times, runes*times
	}
	return steps, runes
}

// add counts all regular expressions in a schema file, and returns an error if
// they are too large together with those of the files before. It comes before
// whatever compiles one. It looks everywhere, also where JSON Schema has data: a
// $ref can make a schema of that.
func (p *patternSizes) add(value any) error {
	switch v := value.(type) {
	case map[string]any:
		for _, pattern := range patternsOf(v) {
			if err := p.count(pattern); err != nil {
				return err
			}
		}
		for _, member := range v {
			if err := p.add(member); err != nil {
				return err
			}
		}
	case []any:
		for _, element := range v {
			if err := p.add(element); err != nil {
				return err
			}
		}
	}
	return nil
}

// count measures an expression only if the texts are short enough to be parsed.
func (p *patternSizes) count(pattern string) error {
	p.total.bytes += len(pattern)
	if p.total.bytes > maxPatternBytes {
		return fmt.Errorf("its regular expressions have more than %d bytes; shorten them", maxPatternBytes)
	}
	size := p.of(pattern)
	p.total.steps, p.total.runes = p.total.steps+size.steps, p.total.runes+size.runes
	if p.total.steps > maxPatternSteps || p.total.runes > maxPatternRunes {
		return fmt.Errorf("its regular expressions are too large with %s, because repetitions such as {1,50} count as often as they repeat; use smaller numbers, or minLength and maxLength", quote(pattern))
	}
	return nil
}

// patternsOf returns the regular expressions of one schema object.
func patternsOf(object map[string]any) []string {
	patterns := namePatternsOf(object)
	if pattern, ok := object["pattern"].(string); ok {
		patterns = append(patterns, pattern)
	}
	return patterns
}

// namePatternsOf returns those that are matched with the names of members.
func namePatternsOf(object map[string]any) []string {
	members, _ := object["patternProperties"].(map[string]any)
	return sortedNames(members)
}
