package schema

import (
	"regexp/syntax"
	"testing"
)

// FuzzPatternSize: a regular expression has no more instructions and ranges of
// characters than its size says, but for the one that fails.
func FuzzPatternSize(f *testing.F) {
	for _, pattern := range []string{
		"", "a", "^(?:a*){1000}b$", `\pL{2,}|[^\d]?`, "(?i)straße{3}", "(a|b|)(?P<n>c+?){0,7}", "((x{3}){4}){5}", "(?s).{20}$", `\bx\B`, "[[:alpha:]]{0}", "(?:){900}",
	} {
		f.Add(pattern)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		parsed, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil || len(pattern) > 200 {
			return
		}
		size := new(patternSizes).of(pattern)
		program, err := syntax.Compile(parsed.Simplify())
		if err != nil {
			t.Fatal(err)
		}
		ranges := 0
		for _, instruction := range program.Inst {
			if len(instruction.Rune) > 1 {
				ranges += len(instruction.Rune) / 2
			}
		}
		if len(program.Inst) > size.steps+1 || ranges > size.runes+size.steps {
			t.Errorf("%q has %d instructions, %d ranges; its size is %+v", pattern, len(program.Inst), ranges, size)
		}
	})
}
