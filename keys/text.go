package keys

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// source is the text of a key file and the name that errors give it.
type source struct {
	name string
	data []byte
}

// element is a line of a key file that is not blank, or a whole PEM block.
type element struct {
	line  int // of its start, from 1
	lines int // how many it has
	text  string
	block *pem.Block // nil for a line
}

// errorf returns an error that names the file and, unless it is 0, the line.
func (s source) errorf(line int, format string, args ...any) error {
	place := ""
	switch {
	case s.name != "" && line > 0:
		place = fmt.Sprintf("%s:%d: ", s.name, line)
	case s.name != "":
		place = s.name + ": "
	case line > 0:
		place = fmt.Sprintf("line %d: ", line)
	}
	return fmt.Errorf("%s"+format, append([]any{place}, args...)...)
}

// elements splits the text into its lines and PEM blocks. encoding/pem steps over
// whatever it cannot read; here nothing is stepped over, so that no key goes
// missing unnoticed.
func (s source) elements() ([]element, error) {
	if err := s.checkText(); err != nil {
		return nil, err
	}
	var found []element
	lines := strings.Split(string(s.data), "\n")
	for i := range lines {
		lines[i] = strings.Trim(lines[i], " \t\r")
	}
	for i := 0; i < len(lines); i++ {
		switch {
		case lines[i] == "":
		case isBegin(lines[i]):
			end, err := s.blockEnd(lines, i)
			if err != nil {
				return nil, err
			}
			block, _ := pem.Decode([]byte(strings.Join(lines[i:end], "\n") + "\n"))
			if block == nil {
				return nil, s.errorf(i+1, "PEM block is damaged")
			}
			found = append(found, element{line: i + 1, lines: end - i, block: block})
			i = end - 1
		default:
			found = append(found, element{line: i + 1, lines: 1, text: lines[i]})
		}
	}
	return found, nil
}

// checkText refuses what is too large or cannot be the text of a key file.
func (s source) checkText() error {
	if len(s.data) > MaxBytes {
		return s.errorf(0, "too large for a key file: more than %d bytes", MaxBytes)
	}
	if bytes.HasPrefix(s.data, []byte("\uFEFF")) {
		return s.errorf(1, "file starts with a byte order mark: save it as UTF-8 without one")
	}
	if !utf8.Valid(s.data) || bytes.IndexByte(s.data, 0) >= 0 {
		return s.errorf(0, "not a text in UTF-8: wanted an OpenSSH or PEM key (openssl pkey -inform DER makes PEM of DER)")
	}
	return nil
}

// blockEnd returns the index of the line after the END line of the PEM block that
// starts at lines[begin].
func (s source) blockEnd(lines []string, begin int) (int, error) {
	for i := begin + 1; i < len(lines) && !isBegin(lines[i]); i++ {
		if strings.HasPrefix(lines[i], "-----END ") {
			return i + 1, nil
		}
	}
	return 0, s.errorf(begin+1, "PEM block has no END line: the file is cut short")
}

func isBegin(line string) bool { return strings.HasPrefix(line, "-----BEGIN ") }

// checkPrintable refuses a line that could hide something: a carriage return that
// some readers take for the end of the line, or what moves a terminal's cursor.
func checkPrintable(line string) error {
	if !utf8.ValidString(line) {
		return errors.New("text is not UTF-8")
	}
	for _, r := range line {
		if !unicode.IsGraphic(r) && r != '\t' {
			return fmt.Errorf("text has the character %U, which does not print: remove it", r)
		}
	}
	return nil
}

// cleanComment returns a key's comment with each run of blanks as one space, so
// that it reads the same after it was written to a line.
func cleanComment(comment string) (string, error) {
	if err := checkPrintable(comment); err != nil {
		return "", fmt.Errorf("comment %s: %v", quote(comment), err)
	}
	return strings.Join(blankFields(comment), " "), nil
}

// blankFields splits at blanks: spaces and tabs, what OpenSSH splits a line at.
func blankFields(line string) []string {
	return strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
}

// quote returns a text as an error shows it: quoted, with nothing that could
// move a terminal's cursor, and not longer than is useful.
func quote(text string) string {
	const limit = 60
	if len(text) <= limit {
		return strconv.QuoteToGraphic(text)
	}
	return strconv.QuoteToGraphic(strings.ToValidUTF8(text[:limit], "")) + "…"
}
