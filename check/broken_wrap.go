package check

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
)

var envAssignment = lazy(`^\s*(?:(?:export|set|setx|ENV)\s+)?([A-Z][A-Z0-9_]*)\s*=\s*`)

// hclAttribute is a line of a .tfvars file. hclEscapes are what is written twice there,
// and may as well be a part of what is signed.
var (
	hclAttribute = lazy(`^\s*([A-Za-z_][A-Za-z0-9_-]*)\s*=\s*("[^\r\n]*")`)
	hclEscapes   = strings.NewReplacer("$${", "${", "%%{", "%{")
)

// detectEnvAssignment knows a line of a shell script, of a .env file or of HCL.
func detectEnvAssignment(text []byte, _ *licseal.ParseError) *breakage {
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
	return &breakage{broken(CodeEnvAssignment, at(text, startOf(text)),
		"keep only the value behind the =", "the text assigns the variable %s", name), values}
}

// detectFormBody knows what curl sends for -d payload=….
func detectFormBody(text []byte, _ *licseal.ParseError) *breakage {
	trimmed := trim(text)
	value, hasName := bytes.CutPrefix(trimmed, []byte("payload="))
	isEncoded := bytes.HasPrefix(bytes.ToUpper(value[:min(3, len(value))]), []byte("%7B"))
	if !hasName && !isEncoded {
		return nil
	}
	found := broken(CodeFormBody, at(text, startOf(text)),
		"keep only the value of payload, decoded", "the text is a form-encoded request body")
	if !isEncoded {
		return &breakage{found, [][]byte{value}}
	}
	decoded, err := url.QueryUnescape(string(value))
	if err != nil {
		return &breakage{finding: found}
	}
	readings := [][]byte{[]byte(decoded)}
	// What encodes a form encodes a colon too, and writes a space as a plus. What
	// leaves colons, as encodeURI in a browser, means a plus by a plus.
	if bytes.IndexByte(value, ':') >= 0 {
		if plus, _ := url.PathUnescape(string(value)); plus != decoded {
			readings = append(readings, []byte(plus))
		}
	}
	return &breakage{found, readings}
}

var (
	softBreak     = lazy(`=\r?\n`)
	encodedEquals = lazy(`=(3D|22|7B|7D|C3|E2)`)
)

// detectQuotedPrintable knows the source of a mail.
func detectQuotedPrintable(text []byte, _ *licseal.ParseError) *breakage {
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
	return &breakage{broken(CodeQuotedPrintable, at(text, place[0]),
		"save the attachment, or copy the text as the mail program shows it", "the text is encoded as in the source of a mail (quoted-printable)"), [][]byte{decoded}}
}

var htmlQuotes = strings.NewReplacer("&quot;", `"`, "&#34;", `"`)

// detectHTMLEscaped knows text whose quotes, or all of whose characters that mean
// something in HTML, were escaped: an &amp; may be a part of what is signed.
func detectHTMLEscaped(text []byte, _ *licseal.ParseError) *breakage {
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
	return &breakage{broken(CodeHTMLEscaped, at(text, place),
		"copy the text as a browser shows it", "the quotes are escaped for HTML (&quot;)"), readings}
}

// wrappers are the pairs of quotes that people put around a licence.
var wrappers = []struct{ open, close string }{
	{`"`, `"`}, {`'`, `'`}, {"`", "`"}, {"\u201c", "\u201d"}, {"\u2018", "\u2019"}, {"\u201d", "\u201d"},
}

// detectWrappedInQuotes knows a licence that a shell, YAML or HCL has left its
// quotes on, and a JSON string that holds it.
func detectWrappedInQuotes(text []byte, _ *licseal.ParseError) *breakage {
	trimmed := trim(text)
	place := at(text, startOf(text))
	for _, w := range wrappers {
		if len(trimmed) < len(w.open)+len(w.close) || !bytes.HasPrefix(trimmed, []byte(w.open)) || !bytes.HasSuffix(trimmed, []byte(w.close)) {
			continue
		}
		inside := trimmed[len(w.open) : len(trimmed)-len(w.close)]
		if w.open == `"` && bytes.IndexByte(inside, '\\') >= 0 {
			if unquoted, err := jsontext.AppendUnquote(nil, trimmed); err == nil {
				return &breakage{broken(CodeEscapedTwice, place,
					"unescape the text once: jq -r . does it", "the text is a JSON string that holds the licence, so all of it is escaped once more"), [][]byte{unquoted}}
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
		return &breakage{broken(CodeWrappedInQuotes, place,
			"remove the quotes around the text", "the licence is wrapped in another pair of quotes (%s…%s)", w.open, w.close), repaired}
	}
	return nil
}

var escapedStart = lazy(`^\{(?:\s|\\[nrt])*\\+"`)

// detectEscapedTwice knows the inside of a JSON string.
func detectEscapedTwice(text []byte, _ *licseal.ParseError) *breakage {
	trimmed := trim(text)
	if !escapedStart().Match(trimmed) {
		return nil
	}
	found := broken(CodeEscapedTwice, at(text, startOf(text)+bytes.IndexByte(trimmed, '\\')),
		"unescape the text once: every \\\" is to be \"", "the quotes are escaped with backslashes: the JSON is escaped once more than it should be")
	oneLine := strings.NewReplacer("\n", " ", "\r", " ", "\t", " ").Replace(string(trimmed)) // white space between tokens
	unquoted, err := jsontext.AppendUnquote(nil, `"`+oneLine+`"`)
	if err != nil {
		return &breakage{finding: found}
	}
	return &breakage{found, [][]byte{unquoted}}
}

var base64Text = lazy(`^[A-Za-z0-9+/_-]+={0,2}$`)

// minBase64 is the length from which letters and digits are taken for base64.
const minBase64 = 24

func detectBase64(text []byte, _ *licseal.ParseError) *breakage {
	joined := strings.Join(strings.Fields(string(text)), "")
	if len(joined) < minBase64 || !base64Text().MatchString(joined) {
		return nil
	}
	digits := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(joined, "="))
	decoded, err := base64.RawStdEncoding.Strict().DecodeString(digits)
	found := broken(CodeBase64, at(text, startOf(text)), "decode the text once: base64 -d", "the text is base64, not yet decoded")
	switch {
	case err != nil:
		found.Found, found.Remedy = "the text looks like base64 that is cut off or damaged", "copy the whole of it, and decode it: base64 -d"
		return &breakage{finding: found}
	case !utf8.Valid(decoded) && !bytes.HasPrefix(decoded, []byte{0xff, 0xfe}):
		found.Found, found.Remedy = "the text is base64 of something that is no licence", issueAgain
		return &breakage{finding: found}
	}
	return &breakage{found, [][]byte{decoded}}
}
