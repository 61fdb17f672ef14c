package repair

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

// armour is a text between the lines that certutil, openssl and gpg write.
var armour = text.Pattern(`(?s)^-----BEGIN ([A-Z0-9 ]+)-----\r?\n(.*?)\r?\n?-----END [A-Z0-9 ]+-----\s*$`)

// detectArmour finds base64 with the armour of a certificate around it, as certutil
// writes it, and a text that OpenPGP has signed in the clear.
func detectArmour(text []byte, _ *licseal.ParseError) *reading {
	place := at(text, startOf(text))
	if body, ok := pgpSigned(text); ok {
		return &reading{fault: Fault{SurroundingText, place, []string{"before and after"}}, texts: [][]byte{body}, final: true}
	}
	m := armour().FindSubmatch(trim(text))
	if m == nil || bytes.Contains(m[1], []byte("KEY")) {
		return nil
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(m[2])), ""))
	if err != nil || !utf8.Valid(decoded) && !bytes.HasPrefix(decoded, []byte{0xff, 0xfe}) {
		return nil
	}
	return &reading{fault: Fault{Kind: Armour, Position: place}, texts: [][]byte{decoded}, final: true}
}

// pgpSigned returns the text of an OpenPGP message that is signed in the clear.
func pgpSigned(text []byte) (body []byte, ok bool) {
	rest, ok := bytes.CutPrefix(bytes.ReplaceAll(trim(text), []byte("\r\n"), []byte("\n")), []byte("-----BEGIN PGP SIGNED MESSAGE-----\n"))
	if !ok {
		return nil, false
	}
	_, rest, ok = bytes.Cut(rest, []byte("\n\n")) // the headers
	body, _, found := bytes.Cut(rest, []byte("\n-----BEGIN PGP SIGNATURE-----"))
	body = bytes.TrimPrefix(bytes.ReplaceAll(append([]byte("\n"), body...), []byte("\n- "), []byte("\n")), []byte("\n"))
	return body, ok && found
}

const gzipMagic = "\x1f\x8b"

// detectGzip unpacks a file that is compressed.
func detectGzip(text []byte, _ *licseal.ParseError) *reading {
	if !bytes.HasPrefix(text, []byte(gzipMagic)) {
		return nil
	}
	r, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return unreadable(Gzip, start)
	}
	unpacked, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil || len(unpacked) > MaxBytes {
		return unreadable(Gzip, start)
	}
	return &reading{fault: Fault{Kind: Gzip, Position: start}, texts: [][]byte{unpacked}, final: true}
}

// shellMarks end the output of a command that has no newline at its end, in zsh and fish.
var shellMarks = []string{"%", "⏎", "¶"}

// detectShellMark finds the mark of a shell that was copied with the licence.
func detectShellMark(text []byte, _ *licseal.ParseError) *reading {
	trimmed := trim(text)
	for _, mark := range shellMarks {
		rest, ok := bytes.CutSuffix(trimmed, []byte(mark))
		if !ok || len(rest) == 0 || !isWordEnd(rest[len(rest)-1]) {
			continue
		}
		return &reading{fault: Fault{ShellMark, at(text, startOf(text)+len(rest)), []string{mark}}, texts: [][]byte{rest}}
	}
	return nil
}

// isWordEnd reports whether a character ends base64 or a JSON object.
func isWordEnd(c byte) bool {
	return c == '}' || c == '=' || c == '+' || c == '/' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// minHex is the length from which hex digits are treated as a text.
const minHex = 48

// detectHex finds a text that is written in hex digits.
func detectHex(text []byte, _ *licseal.ParseError) *reading {
	joined := strings.Join(strings.Fields(string(text)), "")
	decoded, err := hex.DecodeString(strings.TrimPrefix(strings.TrimPrefix(joined, "0x"), `\x`))
	if err != nil || len(decoded) < minHex/2 || !utf8.Valid(decoded) {
		return nil
	}
	return &reading{fault: Fault{Kind: Hex, Position: at(text, startOf(text))}, texts: [][]byte{decoded}, final: true}
}

var byteList = text.Pattern(`^(?:\{\s*"type"\s*:\s*"Buffer"\s*,\s*"data"\s*:\s*)?\[\s*([0-9]{1,3}(?:[\s,]+[0-9]{1,3}){20,})\s*\](?:\s*\})?$`)

// detectBytes finds a text that a program has printed as a list of its bytes.
func detectBytes(text []byte, _ *licseal.ParseError) *reading {
	m := byteList().FindSubmatch(trim(text))
	if m == nil {
		return nil
	}
	var decoded []byte
	for _, number := range strings.FieldsFunc(string(m[1]), func(r rune) bool { return r == ',' || r <= ' ' }) {
		b, err := strconv.ParseUint(number, 10, 8)
		if err != nil {
			return nil
		}
		decoded = append(decoded, byte(b))
	}
	return &reading{fault: Fault{Kind: ByteList, Position: at(text, startOf(text))}, texts: [][]byte{decoded}, final: true}
}

// markdownMarks are the characters that Markdown escapes, and JSON does not.
const markdownMarks = "_*[](){}#+.!~|>`<&:=-"

// detectMarkdown finds a text with the backslashes of Markdown. There are two readings:
// a backslash of the text may have been escaped too.
func detectMarkdown(text []byte, _ *licseal.ParseError) *reading {
	first, hasPairs := -1, false
	unescape := func(pairs bool) []byte {
		var out []byte
		for i := 0; i < len(text); i++ {
			if text[i] != '\\' || i+1 == len(text) {
				out = append(out, text[i])
				continue
			}
			c := text[i+1]
			isMarkdown := strings.IndexByte(markdownMarks, c) >= 0
			hasPairs = hasPairs || c == '\\'
			if isMarkdown && first < 0 {
				first = i
			}
			if !isMarkdown && !(pairs && c == '\\') {
				out = append(out, '\\')
			}
			out = append(out, c)
			i++
		}
		return out
	}
	texts := [][]byte{unescape(false)}
	if first < 0 {
		return nil
	}
	if hasPairs {
		texts = append(texts, unescape(true))
	}
	return &reading{fault: Fault{MarkdownEscaped, at(text, first), []string{string(text[first : first+2])}}, texts: texts}
}
