package repair

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

// literalStart is how an object begins that a programming language prints: JavaScript,
// Ruby, Python, PHP, Lua, Go's %#v, PowerShell, HCL.
var literalStart = text.Pattern(`^(?:` + literalOpen + `)\s*(?:\[?["':]|[A-Za-z_]\w*\s*[:=])`)

const literalOpen = `@?\{|map\[string\](?:interface ?\{\}|any|string)\{|array ?\(|\[`

// detectLiteral finds an object as a programming language prints it. Its strings are
// in quotes, so nothing has to be guessed.
func detectLiteral(text []byte, _ *licseal.ParseError) *reading {
	l := literal{rest: string(trim(text))}
	if l.skip(); !utf8.Valid(text) || !literalStart().MatchString(l.rest) {
		return nil
	}
	if !l.value(0) || l.rest != "" {
		return nil
	}
	return &reading{fault: Fault{Kind: ObjectLiteral, Position: at(text, startOf(text))}, texts: [][]byte{l.out.Bytes()}}
}

// literal rewrites an object literal as JSON.
type literal struct {
	rest string
	out  bytes.Buffer
}

var (
	literalSpace   = text.Pattern(`^(?:\s|//[^\n]*|/\*[^*]*\*/)+`)
	literalObject  = text.Pattern(`^(?:` + literalOpen + `)`)
	literalName    = text.Pattern(`^(?::?[A-Za-z_]\w*)`)
	literalKeyEnd  = text.Pattern(`^\s*\]?\s*(=>|=|:)\s*`)
	literalNumber  = text.Pattern(`^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?`)
	literalKeyword = text.Pattern(`^(?i:true|false|null|none|nil)\b`)
	literalPrefix  = text.Pattern(`^[ubr]?(["'` + "`" + `])`)
)

// skip drops white space and comments.
func (l *literal) skip() { l.rest = l.rest[len(literalSpace().FindString(l.rest)):] }

// take drops what a pattern matches at the beginning, and returns it.
func (l *literal) take(pattern *regexp.Regexp) string {
	s := pattern.FindString(l.rest)
	l.rest = l.rest[len(s):]
	return s
}

// value rewrites the value that comes next, and reports whether it could.
func (l *literal) value(depth int) bool {
	l.skip()
	if depth > licseal.MaxDepth || l.rest == "" {
		return false
	}
	if literalPrefix().MatchString(l.rest) {
		return l.string()
	}
	if word := l.take(literalKeyword()); word != "" {
		switch word = strings.ToLower(word); word {
		case "none", "nil":
			word = "null"
		}
		l.out.WriteString(word)
		return true
	}
	if open := l.take(literalObject()); open != "" {
		return l.members(depth)
	}
	number := l.take(literalNumber())
	l.out.WriteString(number)
	return number != ""
}

// members rewrites an object, whose opening bracket was read. A list has no names, and
// no licence has one that a program would print; so there are only objects.
func (l *literal) members(depth int) bool {
	l.out.WriteByte('{')
	for first := true; ; first = false {
		l.skip()
		if l.rest == "" {
			return false
		}
		if strings.ContainsRune("}])", rune(l.rest[0])) {
			l.rest = l.rest[1:]
			l.out.WriteByte('}')
			return true
		}
		if !first {
			l.out.WriteByte(',')
		}
		sign, ok := l.name()
		if !ok || !l.value(depth+1) || !l.separator(sign) {
			return false
		}
	}
}

// name rewrites the name of a member, and returns the sign after it.
func (l *literal) name() (sign string, ok bool) {
	l.rest = strings.TrimPrefix(l.rest, "[")
	if literalPrefix().MatchString(l.rest) {
		if !l.string() {
			return "", false
		}
	} else {
		name := strings.TrimPrefix(l.take(literalName()), ":")
		if name == "" {
			return "", false
		}
		l.out.WriteString(strconv.Quote(name))
	}
	l.out.WriteByte(':')
	sign = strings.Trim(l.take(literalKeyEnd()), "] \t\r\n")
	return sign, sign != ""
}

// separator drops what comes after a member. A line's end is enough only where names
// end in =, as in HCL and PowerShell.
func (l *literal) separator(sign string) bool {
	space := literalSpace().FindString(l.rest)
	l.rest = l.rest[len(space):]
	switch {
	case l.rest == "":
		return false
	case l.rest[0] == ',', l.rest[0] == ';':
		l.rest = l.rest[1:]
		return true
	}
	return strings.ContainsRune("}])", rune(l.rest[0])) || sign == "=" && strings.Contains(space, "\n")
}

// string rewrites a string in any quotes. An escape that not all languages read in
// the same way is refused.
func (l *literal) string() bool {
	m := literalPrefix().FindStringSubmatch(l.rest)
	quote := m[1][0]
	l.rest = l.rest[len(m[0]):]
	var value strings.Builder
	for l.rest != "" {
		c := l.rest[0]
		switch {
		case c == quote:
			l.rest = l.rest[1:]
			text, err := jsontext.AppendQuote(nil, value.String())
			l.out.Write(text)
			return err == nil
		case c == '\\':
			escape := literalEscape().FindString(l.rest)
			if escape == "" || !writeEscape(&value, escape) {
				return false
			}
			l.rest = l.rest[len(escape):]
		case c < ' ':
			return false
		default:
			value.WriteByte(c)
			l.rest = l.rest[1:]
		}
	}
	return false
}

var literalEscape = text.Pattern(`^\\(?:["'\\/` + "`" + `]|[nrt]|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4})`)

// writeEscape writes what an escape stands for.
func writeEscape(b *strings.Builder, escape string) bool {
	if strings.IndexByte(`nrtu`, escape[1]) < 0 {
		b.WriteByte(escape[1])
		return true
	}
	value, err := jsontext.AppendUnquote(nil, `"`+escape+`"`)
	b.Write(value)
	return err == nil
}
