// Package armor writes a licence as a block of text that survives mail, and reads it
// back.
//
// The block has lines of base64 between a first and a last line. It has no character that
// mail programs change, and line ends, blanks and marks of quoted text within it do not
// count. Four bytes at the end of the data are a checksum, which finds what was lost or
// changed on the way; whoever made the licence, its signature says.
package armor

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"
)

const (
	begin   = "-----BEGIN LICSEAL LICENCE-----"
	end     = "-----END LICSEAL LICENCE-----"
	columns = 76
)

// The errors of [Decode].
var (
	ErrCut     = errors.New("the armored licence has no last line, " + end + "; copy all of it")
	ErrTwo     = errors.New("there are two armored licences; give them one by one")
	ErrDamaged = errors.New("the armored licence was changed on the way: its checksum does not match; ask for it again, as an attachment")
)

// Encode returns a text as an armored block, which ends in a line end.
func Encode(text string) string {
	data := binary.BigEndian.AppendUint32([]byte(text), crc32.ChecksumIEEE([]byte(text)))
	encoded := base64.RawStdEncoding.EncodeToString(data)
	var b strings.Builder
	b.WriteString(begin + "\n")
	for len(encoded) > 0 {
		n := min(columns, len(encoded))
		b.WriteString(encoded[:n] + "\n")
		encoded = encoded[n:]
	}
	b.WriteString(end + "\n")
	return b.String()
}

// Decode returns the text of the armored block in a mail, whatever is around it. ok is
// false if data has no block; data that begins with { never has one.
func Decode(data []byte) (text []byte, ok bool, err error) {
	mail := string(data)
	if strings.HasPrefix(strings.TrimLeft(mail, " \t\r\n\ufeff"), "{") {
		return nil, false, nil
	}
	before, rest, found := strings.Cut(mail, begin)
	if !found || !startsLine(before) {
		return nil, false, nil
	}
	body, after, found := strings.Cut(rest, end)
	switch {
	case !found:
		return nil, true, ErrCut
	case strings.Contains(body, begin), strings.Contains(after, begin):
		return nil, true, ErrTwo
	}
	decoded, err := base64.RawStdEncoding.Strict().DecodeString(withoutMail(body))
	if err != nil || len(decoded) < crc32.Size {
		return nil, true, ErrDamaged
	}
	text = decoded[:len(decoded)-crc32.Size]
	if binary.BigEndian.Uint32(decoded[len(text):]) != crc32.ChecksumIEEE(text) {
		return nil, true, ErrDamaged
	}
	return text, true, nil
}

// startsLine reports whether a text ends at the start of a line, except for the marks of
// a quotation.
func startsLine(text string) bool {
	line := text[strings.LastIndexAny(text, "\r\n")+1:]
	return strings.Trim(line, "> |\t\u00a0\ufeff") == ""
}

// withoutMail returns the base64 in the lines of a mail: without line ends, blanks, marks
// of a quotation, and the = at the end of a line of quoted-printable.
func withoutMail(body string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n>|=\u00a0\u200b\ufeff", r) {
			return -1
		}
		return r
	}, body)
}
