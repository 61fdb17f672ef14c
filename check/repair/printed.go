package repair

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

// A licence that was printed without quotes has lost where its values end, and which of
// them were numbers. Its readings are guesses, which only a signature can confirm.

// notation is how a language prints a map without quotes.
type notation struct {
	kind        Kind
	start       func() *regexp.Regexp // of the licence in a text
	open        string
	openB       byte // brackets that values may have in pairs
	closeB      byte
	equals      string
	separator   string
	sortedNames bool
}

var notations = []notation{
	{GoMap, text.Pattern(`map\[(?:license:map\[)?(?:payload|signature|version):`), "map[", '[', ']', ":", " ", true},
	{PrintedMap, text.Pattern(`\{(?:license=\{)?(?:payload|signature|version)=`), "{", '{', '}', "=", ", ", false},
	{PrintedMap, text.Pattern(`\[(?:license:\[)?(?:payload|signature|version):`), "[", '[', ']', ":", ", ", false},
	{NoQuotes, text.Pattern(`\{\s*(?:license:\s*\{\s*)?(?:payload|signature|version):`), "{", '{', '}', ":", ",", false},
}

// maxTyped is how many values that look like numbers are read both as text and as a number.
const maxTyped = 5

// detectPrinted finds a licence that was printed without quotes.
func detectPrinted(text []byte, _ *licseal.ParseError) *reading {
	for _, n := range notations {
		m := n.start().FindIndex(text)
		if m == nil || n.kind == NoQuotes && bytes.IndexByte(text, '"') >= 0 {
			continue
		}
		r := &reading{fault: Fault{Kind: n.kind, Position: at(text, m[0])}, guessed: true}
		p := printed{notation: n, rest: string(text[m[0]:])}
		if p.object(0) {
			r.texts = p.readings()
		}
		return r
	}
	return nil
}

// printed reads a map. Its text as JSON is in parts; where a value may be text or a
// number, the part has both.
type printed struct {
	notation
	rest  string
	parts [][2]string
}

// object reads an object, and reports whether it could.
func (p *printed) object(depth int) bool {
	var ok bool
	if p.rest, ok = strings.CutPrefix(p.rest, p.open); !ok || depth > licseal.MaxDepth {
		return false
	}
	p.add("{")
	for first := true; ; first = false {
		name := printedName().FindString(p.space())
		p.rest = p.rest[len(name):]
		if p.rest, ok = strings.CutPrefix(p.rest, p.equals); !ok || name == "" {
			return false
		}
		if !first {
			p.add(",")
		}
		p.add(`"` + name + `":`)
		if p.space(); strings.HasPrefix(p.rest, p.open) {
			if !p.object(depth + 1) {
				return false
			}
		} else {
			p.value(name)
		}
		p.space()
		if p.rest == "" {
			return false
		}
		if p.rest[0] == p.closeB {
			p.rest = p.rest[1:]
			p.add("}")
			return true
		}
		if p.rest, ok = strings.CutPrefix(p.rest, strings.TrimSpace(p.separator)); !ok {
			return false
		}
	}
}

var printedName = text.Pattern(`^[A-Za-z_][A-Za-z0-9_.-]*`)

// space drops the white space that is not a part of the notation, and returns the rest.
func (p *printed) space() string {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	return p.rest
}

func (p *printed) add(text string) { p.parts = append(p.parts, [2]string{text, text}) }

// value reads a value, which ends before the next name or the closing bracket.
func (p *printed) value(name string) {
	depth, end := 0, 0
	for end < len(p.rest) {
		c := p.rest[end]
		if depth == 0 && (c == p.closeB || p.nameFollows(p.rest[end:], name)) {
			break
		}
		switch c {
		case p.openB:
			depth++
		case p.closeB:
			depth--
		}
		end++
	}
	value := p.rest[:end]
	p.rest = p.rest[end:]
	text, err := jsontext.AppendQuote(nil, value)
	if err != nil {
		text = []byte(`""`)
	}
	part := [2]string{string(text), string(text)}
	if name != "version" && name != "signature" && printedLiteral().MatchString(value) {
		part[1] = value
	}
	p.parts = append(p.parts, part)
}

var printedLiteral = text.Pattern(`^(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?|true|false)$`)

// nameFollows reports whether a text goes on with the separator and the name of another
// member. Go prints names in their order.
func (p *printed) nameFollows(text, after string) bool {
	rest, ok := strings.CutPrefix(text, p.separator)
	if !ok {
		return false
	}
	if p.kind == NoQuotes {
		rest = strings.TrimLeft(rest, " \t\r\n")
	}
	name := printedName().FindString(rest)
	return name != "" && strings.HasPrefix(rest[len(name):], p.equals) && (!p.sortedNames || name > after)
}

// readings returns the texts that the parts may be: numbers as text first.
func (p *printed) readings() [][]byte {
	var typed []int
	for i, part := range p.parts {
		if part[0] != part[1] {
			typed = append(typed, i)
		}
	}
	ways := 1 << min(len(typed), maxTyped)
	texts := make([][]byte, 0, ways+1)
	for way := range ways + 1 {
		var b bytes.Buffer
		for i, part := range p.parts {
			which := 0
			for k, t := range typed {
				if t == i && (way == ways || k < maxTyped && way&(1<<k) != 0) {
					which = 1
				}
			}
			b.WriteString(part[which])
		}
		text := b.Bytes()
		if !bytes.HasPrefix(text, []byte(`{"license":`)) {
			text = []byte(`{"license":` + b.String() + `}`)
		}
		texts = append(texts, text)
	}
	return texts
}
