package keytext

import (
	"encoding/pem"
	"errors"
	"strings"
)

var (
	errDamaged = errors.New("PEM block is damaged")
	errFolded  = errors.New("several PEM blocks on one line: put each on lines of its own")
)

const dashes = "-----"

// isFolded reports whether a line holds a PEM block whose line breaks were lost, in
// quotes or not.
func isFolded(line string) bool {
	line = unquote(line)
	if !IsBegin(line) {
		return false
	}
	_, body, ok := strings.Cut(strings.TrimPrefix(line, dashes), dashes)
	return ok && strings.TrimSpace(body) != ""
}

// unquote returns a line without the quotes around a PEM block.
func unquote(line string) string {
	for _, quote := range []string{`"`, `'`} {
		if inside, ok := strings.CutPrefix(line, quote+dashes); ok {
			return dashes + strings.TrimSuffix(inside, quote)
		}
	}
	return line
}

// unfold reads a PEM block that is one line. Blanks, carriage returns, or the
// characters \n or \r\n replace the line breaks. EC PARAMETERS may precede an EC PRIVATE KEY, as OpenSSL
// writes them, and are skipped.
func unfold(line string) (*pem.Block, error) {
	line = strings.NewReplacer(`\r`, " ", `\n`, " ", "\r", " ").Replace(unquote(line))
	block, rest, err := cutFolded(line)
	if err != nil {
		return nil, err
	}
	if block.Type == "EC PARAMETERS" && strings.HasPrefix(rest, "-----BEGIN EC PRIVATE KEY-----") {
		if block, rest, err = cutFolded(rest); err != nil {
			return nil, err
		}
	}
	if rest != "" {
		return nil, errFolded
	}
	return block, nil
}

// cutFolded reads the PEM block that a line begins with.
func cutFolded(line string) (block *pem.Block, rest string, err error) {
	label, body, ok := strings.Cut(strings.TrimPrefix(line, "-----BEGIN "), dashes)
	if !ok {
		return nil, "", errDamaged
	}
	end := "-----END " + label + dashes
	body, rest, ok = strings.Cut(body, end)
	if !ok {
		return nil, "", errors.New("PEM block has no END: the file is cut short")
	}
	text := append([]string{"-----BEGIN " + label + dashes}, Fields(body)...)
	block, _ = pem.Decode([]byte(strings.Join(append(text, end), "\n") + "\n"))
	if block == nil {
		return nil, "", errDamaged
	}
	return block, strings.TrimSpace(rest), nil
}
