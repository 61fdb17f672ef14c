package rows

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Delimiter is the character between the cells of a table. The zero value is found out.
type Delimiter byte

// delimiters are those that are found out.
var delimiters = []Delimiter{',', ';', '\t', '|'}

// delimiterNames are the words for delimiters that a shell cannot take easily.
var delimiterNames = map[string]Delimiter{"comma": ',', "semicolon": ';', "tab": '\t', `\t`: '\t', "pipe": '|'}

// ParseDelimiter returns the delimiter that a text names: itself, if it is one
// character of ASCII that is not a letter, a digit, a quote or a line end; or comma,
// semicolon, tab or pipe.
func ParseDelimiter(text string) (Delimiter, error) {
	if text == "" {
		return 0, nil
	}
	if d, ok := delimiterNames[strings.ToLower(text)]; ok {
		return d, nil
	}
	if len(text) == 1 && (text[0] == '\t' || text[0] > ' ' && text[0] < 0x7f) && !strings.Contains(`"'=+-_./:`, text) && !isAlphanumeric(text[0]) {
		return Delimiter(text[0]), nil
	}
	return 0, fmt.Errorf("%q: it is one character such as ; or one of comma, semicolon, tab and pipe", text)
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// String returns the delimiter as ParseDelimiter takes it.
func (d Delimiter) String() string {
	for _, name := range []string{"comma", "semicolon", "tab", "pipe"} {
		if delimiterNames[name] == d {
			return name
		}
	}
	return string(rune(d))
}

// separatorLine returns the delimiter that a line such as "sep=;" names, with which
// some spreadsheets begin a file.
func separatorLine(line []byte) (Delimiter, bool) {
	text := bytes.Trim(line, `"`)
	if len(text) < 5 || !bytes.EqualFold(text[:4], []byte("sep=")) {
		return 0, false
	}
	if rest := text[4:]; len(bytes.TrimRight(rest[1:], ",;\t ")) > 0 {
		return 0, false
	}
	return Delimiter(text[4]), true
}

// delimitersIn returns the delimiters that a header has outside quotes.
func delimitersIn(header []byte) (found []Delimiter) {
	quoted := false
	for _, c := range header {
		d := Delimiter(c)
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted && slices.Contains(delimiters, d) && !slices.Contains(found, d):
			found = append(found, d)
		}
	}
	return found
}
