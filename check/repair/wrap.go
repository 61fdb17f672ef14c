package repair

import (
	"bytes"
	"encoding/base64"
	"html"
	"io"
	"mime/quotedprintable"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

var envAssignment = text.Pattern(`^\s*(?:(?:export|set|setx|ENV)\s+)?([A-Z][A-Z0-9_]*)\s*=\s*`)

// hclAttribute is a line of a .tfvars file. hclEscapes are the sequences that HCL
// escapes by doubling their first character. They may also be part of what is signed.
var (
	hclAttribute = text.Pattern(`^\s*([A-Za-z_][A-Za-z0-9_-]*)\s*=\s*("[^\r\n]*")`)
	hclEscapes   = strings.NewReplacer("$${", "${", "%%{", "%{")
)

// detectEnvAssignment finds a line of a shell script, of a .env file or of HCL.
func detectEnvAssignment(text []byte, _ *licseal.ParseError) *reading {
	name, values := "", [][]byte(nil)
	if m := envAssignment().FindSubmatchIndex(text); m != nil {
		name, values = string(text[m[2]:m[3]]), [][]byte{text[m[1]:]}
	}
	if m := hclAttribute().FindSubmatch(text); m != nil {
		name = string(m[1])
		values = append(values, m[2])
		if plain := hclEscapes.Replace(string(m[2])); plain != string(m[2]) {
			values = append(values, []byte(plain))
		}
	}
	if name == "" {
		return nil
	}
	return &reading{fault: Fault{EnvAssignment, at(text, startOf(text)), []string{name}}, texts: values}
}

// detectFormBody finds what curl sends for -d payload=….
func detectFormBody(text []byte, _ *licseal.ParseError) *reading {
	trimmed := trim(text)
	value, hasName := bytes.CutPrefix(trimmed, []byte("payload="))
	isEncoded := bytes.HasPrefix(bytes.ToUpper(value[:min(3, len(value))]), []byte("%7B"))
	if !hasName && !isEncoded {
		return nil
	}
	fault := Fault{Kind: FormBody, Position: at(text, startOf(text))}
	if !isEncoded {
		return &reading{fault: fault, texts: [][]byte{value}}
	}
	decoded, err := url.QueryUnescape(string(value))
	if err != nil {
		return &reading{fault: fault}
	}
	readings := [][]byte{[]byte(decoded)}
	// Form encoders escape colons and write a space as a plus. Encoders that keep
	// colons, such as encodeURI in a browser, keep a plus as a plus.
	if bytes.IndexByte(value, ':') >= 0 {
		if plus, _ := url.PathUnescape(string(value)); plus != decoded {
			readings = append(readings, []byte(plus))
		}
	}
	return &reading{fault: fault, texts: readings}
}

var (
	softBreak     = text.Pattern(`=\r?\n`)
	encodedEquals = text.Pattern(`=(3D|22|7B|7D|C3|E2)`)
)

// detectQuotedPrintable finds the source of a mail.
func detectQuotedPrintable(text []byte, _ *licseal.ParseError) *reading {
	place := softBreak().FindIndex(text)
	if place == nil || bytes.IndexByte(text, '"') < 0 { // base64 may end in = too
		place = encodedEquals().FindIndex(text)
	}
	if place == nil {
		return nil
	}
	decoded, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(text)))
	if err != nil || bytes.Equal(decoded, text) {
		return nil
	}
	return &reading{fault: Fault{Kind: QuotedPrintable, Position: at(text, place[0])}, texts: [][]byte{decoded}}
}

var htmlQuotes = strings.NewReplacer("&quot;", `"`, "&#34;", `"`)

// detectHTMLEscaped finds text that was escaped for HTML. There are two readings: all
// escapes are undone, or only those of quotes, because an &amp; may be part of what
// is signed.
func detectHTMLEscaped(text []byte, _ *licseal.ParseError) *reading {
	place := bytes.Index(text, []byte("&quot;"))
	if place < 0 {
		place = bytes.Index(text, []byte("&#34;"))
	}
	if place < 0 || bytes.IndexByte(text, '"') >= 0 {
		return nil
	}
	all, quotes := html.UnescapeString(string(text)), htmlQuotes.Replace(string(text))
	readings := [][]byte{[]byte(all)}
	if quotes != all {
		readings = append(readings, []byte(quotes))
	}
	return &reading{fault: Fault{Kind: HTMLEscaped, Position: at(text, place)}, texts: readings}
}

// wrappers are the pairs of quotes that people put around a licence.
var wrappers = []struct{ open, close string }{
	{`"`, `"`}, {`'`, `'`}, {"`", "`"}, {`b'`, `'`}, {`b"`, `"`}, {"\u201c", "\u201d"}, {"\u2018", "\u2019"}, {"\u201d", "\u201d"},
}

// detectWrappedInQuotes finds a licence that still has the quotes of a shell, of YAML
// or of HCL around it, and a JSON string that holds a licence.
func detectWrappedInQuotes(text []byte, _ *licseal.ParseError) *reading {
	trimmed := trim(text)
	place := at(text, startOf(text))
	for _, w := range wrappers {
		if len(trimmed) < len(w.open)+len(w.close) || !bytes.HasPrefix(trimmed, []byte(w.open)) || !bytes.HasSuffix(trimmed, []byte(w.close)) {
			continue
		}
		inside := trimmed[len(w.open) : len(trimmed)-len(w.close)]
		if w.open == `"` && bytes.IndexByte(inside, '\\') >= 0 {
			if unquoted, err := jsontext.AppendUnquote(nil, trimmed); err == nil {
				return &reading{fault: Fault{Kind: JSONString, Position: place}, texts: [][]byte{unquoted}}
			}
		}
		repaired := [][]byte{inside}
		if w.open == `'` {
			for _, escaped := range []string{`'\''`, `'"'"'`, `''`} { // an apostrophe in shells, and in YAML
				if bytes.Contains(inside, []byte(escaped)) {
					repaired = [][]byte{bytes.ReplaceAll(inside, []byte(escaped), []byte(`'`))}
					break
				}
			}
		}
		return &reading{fault: Fault{WrappedInQuotes, place, []string{w.open, w.close}}, texts: repaired}
	}
	return nil
}

var escapedStart = text.Pattern(`^\{(?:\s|\\[nrt])*\\+"`)

// detectEscapedQuotes finds the inside of a JSON string.
func detectEscapedQuotes(text []byte, _ *licseal.ParseError) *reading {
	trimmed := trim(text)
	if !escapedStart().Match(trimmed) {
		return nil
	}
	fault := Fault{Kind: EscapedQuotes, Position: at(text, startOf(text)+bytes.IndexByte(trimmed, '\\'))}
	oneLine := strings.NewReplacer("\n", " ", "\r", " ", "\t", " ").Replace(string(trimmed)) // white space between tokens
	unquoted, err := jsontext.AppendUnquote(nil, `"`+oneLine+`"`)
	if err != nil {
		return &reading{fault: fault}
	}
	return &reading{fault: fault, texts: [][]byte{unquoted}}
}

var base64Text = text.Pattern(`^[A-Za-z0-9+/_-]+={0,2}$`)

// minBase64 is the length from which letters and digits are treated as base64.
const minBase64 = 24

// base64Marks are escapes of what is between the lines of base64, or in it.
var base64Marks = strings.NewReplacer(`\r`, "", `\n`, "", "%3D", "=", "%3d", "=", "%2B", "+", "%2b", "+", "%2F", "/", "%2f", "/")

// detectBase64 finds a text that is base64, in one line or several. A space in a line may
// have been a plus.
func detectBase64(text []byte, _ *licseal.ParseError) *reading {
	place := at(text, startOf(text))
	damaged := false
	for _, plus := range []string{"", "+"} {
		plain := base64Marks.Replace(string(trim(text)))
		joined := strings.Join(strings.Fields(strings.ReplaceAll(plain, " ", plus)), "")
		if len(joined) < minBase64 || !base64Text().MatchString(joined) {
			return nil
		}
		digits := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(joined, "="))
		decoded, err := base64.RawStdEncoding.Strict().DecodeString(digits)
		switch {
		case err != nil:
			damaged = true
		case utf8.Valid(decoded), bytes.HasPrefix(decoded, []byte{0xff, 0xfe}), bytes.HasPrefix(decoded, []byte(gzipMagic)):
			return &reading{fault: Fault{Kind: Base64, Position: place}, texts: [][]byte{decoded}}
		}
	}
	if damaged {
		return unreadable(Base64Damaged, place)
	}
	return unreadable(Base64Other, place)
}
