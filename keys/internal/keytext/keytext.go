// Package keytext splits the text of a key file into lines and PEM blocks, and
// reports what is wrong with it.
//
// Its errors never quote the text: a file of any kind may be given by mistake,
// also one that holds a secret.
package keytext

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxBytes is the size of the largest key file that is read, in bytes.
const MaxBytes = 256 << 10

// Source is the text of a key file, and the name that errors give the file.
type Source struct {
	Name string
	Data []byte
}

// Element is a line of a key file that is not blank, or a whole PEM block.
type Element struct {
	Line  int // the first line, from 1
	Lines int // the number of lines
	Text  string
	Block *pem.Block // nil for a line
}

// Errorf returns an error that names the file and, unless it is 0, the line.
func (s Source) Errorf(line int, format string, args ...any) error {
	place := ""
	switch {
	case s.Name != "" && line > 0:
		place = fmt.Sprintf("%s:%d: ", s.Name, line)
	case s.Name != "":
		place = s.Name + ": "
	case line > 0:
		place = fmt.Sprintf("line %d: ", line)
	}
	return fmt.Errorf("%s"+format, append([]any{place}, args...)...)
}

// Elements splits the text into its lines and PEM blocks. encoding/pem skips
// whatever it cannot read; Elements reports it, so that no key goes missing
// unnoticed. A PEM block may be one line, in which blanks or the characters \n
// replace the line breaks.
func (s Source) Elements() ([]Element, error) {
	if err := s.checkText(); err != nil {
		return nil, err
	}
	var found []Element
	lines := strings.Split(string(s.Data), "\n")
	for i := range lines {
		lines[i] = strings.Trim(lines[i], " \t\r")
	}
	for i := 0; i < len(lines); i++ {
		switch {
		case lines[i] == "":
		case isFolded(lines[i]):
			block, err := unfold(lines[i])
			if err != nil {
				return nil, s.Errorf(i+1, "%w", err)
			}
			found = append(found, Element{Line: i + 1, Lines: 1, Block: block})
		case IsBegin(lines[i]):
			end, err := s.blockEnd(lines, i)
			if err != nil {
				return nil, err
			}
			block, _ := pem.Decode([]byte(strings.Join(lines[i:end], "\n") + "\n"))
			if block == nil {
				return nil, s.Errorf(i+1, "%w", errDamaged)
			}
			found = append(found, Element{Line: i + 1, Lines: end - i, Block: block})
			i = end - 1
		default:
			found = append(found, Element{Line: i + 1, Lines: 1, Text: lines[i]})
		}
	}
	return found, nil
}

// checkText refuses a file that is too large or is not a text in UTF-8.
func (s Source) checkText() error {
	if len(s.Data) > MaxBytes {
		return s.Errorf(0, "too large for a key file: more than %d bytes", MaxBytes)
	}
	if isUTF16(s.Data) {
		return s.Errorf(0, "text in UTF-16: save it as UTF-8 without a byte order mark (iconv -f UTF-16 -t UTF-8 FILE converts it)")
	}
	if bytes.HasPrefix(s.Data, []byte("\uFEFF")) {
		return s.Errorf(1, "file starts with a byte order mark: save it as UTF-8 without one")
	}
	if !utf8.Valid(s.Data) || bytes.IndexByte(s.Data, 0) >= 0 {
		return s.Errorf(0, "not a text in UTF-8: expected an OpenSSH or PEM key (openssl pkey -inform DER converts DER to PEM)")
	}
	return nil
}

// isUTF16 reports whether a text is in UTF-16: it starts with a byte order mark, or
// every second byte of its start is zero.
func isUTF16(data []byte) bool {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return true
	}
	const start = 8
	if len(data) < start {
		return false
	}
	zeros := [2]int{}
	for i, b := range data[:start] {
		if b == 0 {
			zeros[i%2]++
		}
	}
	return zeros[0]+zeros[1] == start/2 && zeros[0]*zeros[1] == 0
}

// blockEnd returns the index of the line after the END line of the PEM block that
// starts at lines[begin].
func (s Source) blockEnd(lines []string, begin int) (int, error) {
	for i := begin + 1; i < len(lines) && !IsBegin(lines[i]); i++ {
		if strings.HasPrefix(lines[i], "-----END ") {
			return i + 1, nil
		}
	}
	return 0, s.Errorf(begin+1, "PEM block has no END line: the file is cut short")
}

// PuTTY is how the key files of PuTTY begin, before a number.
const PuTTY = "PuTTY-User-Key-File-"

// IsBegin reports whether a line starts a PEM block.
func IsBegin(line string) bool { return strings.HasPrefix(line, "-----BEGIN ") }

// CheckNoHeaders refuses PEM headers. RFC 7468 has none, and what they say would
// be ignored.
func CheckNoHeaders(block *pem.Block) error {
	if len(block.Headers) > 0 {
		return errors.New("PEM block has headers: remove them")
	}
	return nil
}

// CheckPrintable refuses a line that could hide something: a carriage return,
// which some programs take for the end of the line, or a character that moves
// the cursor of a terminal.
func CheckPrintable(line string) error {
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

// CleanComment returns a key's comment with each run of blanks replaced by one
// space, so that it reads the same after it was written to a line. A comment
// that is not one printable line is an error.
func CleanComment(comment string) (string, error) {
	if err := CheckPrintable(comment); err != nil {
		return "", fmt.Errorf("comment: %v", err)
	}
	return strings.Join(Fields(comment), " "), nil
}

// Fields splits a line at spaces and tabs, as OpenSSH does.
func Fields(line string) []string {
	return strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
}

// IsBlock reports whether an element is a PEM block of a type.
func (e Element) IsBlock(pemType string) bool { return e.Block != nil && e.Block.Type == pemType }
