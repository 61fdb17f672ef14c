package check

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/licseal/licseal"
)

const issueAgain = "take the licence from whoever issued it once more, as a file"

func detectEmpty(text []byte, _ *licseal.ParseError) *breakage {
	if len(trim(text)) > 0 {
		return nil
	}
	return &breakage{finding: broken(CodeEmpty, licseal.Position{Line: 1, Column: 1},
		"check that the variable is set, or that the file was written to the end", "the text is empty")}
}

// detectUTF16 knows text as Windows PowerShell writes it into a file.
func detectUTF16(text []byte, _ *licseal.ParseError) *breakage {
	var order binary.ByteOrder
	body := text
	switch {
	case bytes.HasPrefix(text, []byte{0xff, 0xfe}):
		order, body = binary.LittleEndian, text[2:]
	case bytes.HasPrefix(text, []byte{0xfe, 0xff}):
		order, body = binary.BigEndian, text[2:]
	case len(text) > 1 && text[0] == '{' && text[1] == 0:
		order = binary.LittleEndian
	case len(text) > 1 && text[0] == 0 && text[1] == '{':
		order = binary.BigEndian
	default:
		return nil
	}
	found := broken(CodeUTF16, licseal.Position{Line: 1, Column: 1}, "save the file as UTF-8", "the text is UTF-16, not UTF-8")
	if len(body)%2 != 0 {
		return &breakage{finding: found}
	}
	units := make([]uint16, len(body)/2)
	for i := range units {
		units[i] = order.Uint16(body[2*i:])
	}
	runes := utf16.Decode(units)
	if containsRune(runes, utf8.RuneError) {
		return &breakage{finding: found} // a half pair would be replaced
	}
	return &breakage{found, [][]byte{[]byte(string(runes))}}
}

func containsRune(runes []rune, r rune) bool {
	for _, c := range runes {
		if c == r {
			return true
		}
	}
	return false
}

func detectByteOrderMark(text []byte, _ *licseal.ParseError) *breakage {
	rest, ok := bytes.CutPrefix(text, []byte("\ufeff"))
	if !ok {
		return nil
	}
	return &breakage{broken(CodeByteOrderMark, licseal.Position{Line: 1, Column: 1},
		"save the file as UTF-8 without a byte order mark", "the text starts with a byte order mark (U+FEFF)"), [][]byte{rest}}
}

var htmlStart = lazy(`(?i)^(<!doctype html|<html|<\?xml|<head|<body)`)

func detectHTMLPage(text []byte, _ *licseal.ParseError) *breakage {
	if !htmlStart().Match(trim(text)) {
		return nil
	}
	return &breakage{finding: broken(CodeHTMLPage, at(text, startOf(text)),
		"download the licence again; a login page or a proxy's message was saved in its place", "the text is a web page, not a licence")}
}

var keyStart = lazy(`^(-----BEGIN |ssh-ed25519 |ecdsa-sha2-)`)

func detectKeyFile(text []byte, _ *licseal.ParseError) *breakage {
	if !keyStart().Match(trim(text)) {
		return nil
	}
	return &breakage{finding: broken(CodeKeyFile, at(text, startOf(text)),
		"name the licence here, and the public key behind -t", "the text is a key or a certificate, not a licence")}
}

var placeholder = lazy(`^(\$\{?[A-Za-z_][A-Za-z0-9_.]*\}?|\$\(.*\)|\$\{\{.*\}\}|\{\{.*\}\}|<[A-Za-z_ -]+>|%[A-Za-z_]+%|[Cc][Hh][Aa][Nn][Gg][Ee]_?[Mm][Ee])$`)

func detectPlaceholder(text []byte, _ *licseal.ParseError) *breakage {
	trimmed := trim(text)
	if len(trimmed) > 200 || !placeholder().Match(trimmed) {
		return nil
	}
	return &breakage{finding: broken(CodePlaceholder, at(text, startOf(text)),
		"check that the variable exists where the template is filled in", "the text is the placeholder %s, which was not filled in", quote(trimmed))}
}

var fileName = lazy(`^((file://|@|~/|\.{1,2}/|/|[A-Za-z]:\\)[A-Za-z0-9_.~/\\-]+|[A-Za-z0-9_.-]+\.(json|txt|lic|license))$`)

func detectFileName(text []byte, _ *licseal.ParseError) *breakage {
	trimmed := trim(text)
	if len(trimmed) > 300 || !fileName().Match(trimmed) {
		return nil
	}
	return &breakage{finding: broken(CodeFileName, at(text, startOf(text)),
		"put the content of the file there; a variable that names a file is KONG_LICENSE_PATH", "the text is the name of a file: %s", quote(trimmed))}
}

// quotedLine is a line of a mail that somebody has answered.
var quotedLine = lazy(`^(?:> ?)+`)

func detectQuotedLines(text []byte, _ *licseal.ParseError) *breakage {
	if !bytes.HasPrefix(trim(text), []byte(">")) {
		return nil
	}
	lines := bytes.Split(text, []byte("\n"))
	for i, line := range lines {
		lines[i] = quotedLine().ReplaceAll(line, nil)
	}
	return &breakage{broken(CodeQuotedLines, at(text, startOf(text)),
		"remove the > at the start of each line", "the lines are quoted as in a reply to a mail"), [][]byte{bytes.Join(lines, []byte("\n"))}}
}

// detectSurroundingText knows a licence between the lines of a mail.
func detectSurroundingText(text []byte, _ *licseal.ParseError) *breakage {
	start := bytes.IndexByte(text, '{')
	end := bytes.LastIndexByte(text, '}')
	if start < 0 || end < start {
		return nil
	}
	before, after := trim(text[:start]), trim(text[end+1:])
	if len(before) == 0 && len(after) == 0 {
		return nil
	}
	where, pos := "after", at(text, end+1+startOf(text[end+1:]))
	if len(before) > 0 {
		where, pos = "before", at(text, startOf(text))
	}
	if len(before) > 0 && len(after) > 0 {
		where = "before and after"
	}
	return &breakage{broken(CodeSurroundingText, pos,
		"keep only what stands from the first { to the last }", "there is other text %s the licence", where), [][]byte{text[start : end+1]}}
}

// detectTrailingData knows one JSON text after another, where to choose would be
// to guess, and a licence with anything else behind it.
func detectTrailingData(text []byte, err *licseal.ParseError) *breakage {
	if err.Class != licseal.ClassTrailingData {
		return nil
	}
	offset := offsetOf(text, err.Position)
	if rest := text[offset:]; bytes.HasPrefix(rest, []byte("{")) || bytes.HasPrefix(rest, []byte("[")) {
		return &breakage{finding: broken(CodeSeveralLicences, err.Position,
			"keep one of them; a gateway reads one licence", "a second JSON text follows the first")}
	}
	return &breakage{broken(CodeSurroundingText, err.Position,
		"keep only what stands from the first { to the } that belongs to it", "there is other text after the licence"), [][]byte{text[:offset]}}
}

// detectTruncated knows a text whose end is missing, and that somebody has put
// a new line to.
func detectTruncated(text []byte, err *licseal.ParseError) *breakage {
	trimmed := trim(text)
	if len(trimmed) == len(text) || err.Class != licseal.ClassSyntax {
		return nil
	}
	var short *licseal.ParseError
	if _, err := licseal.ParseUnverified(trimmed); !errors.As(err, &short) || short.Class != licseal.ClassTruncated {
		return nil
	}
	f := fromParseError(short)
	f.Position = at(text, startOf(text)+len(trimmed))
	return &breakage{finding: f}
}

// otherFiles are the first bytes of what people attach to mails.
var otherFiles = []struct{ magic, what, remedy string }{
	{"\x1f\x8b", "a file compressed with gzip", "unpack it: gunzip"},
	{"PK\x03\x04", "a ZIP archive, or an office document", "unpack it, or copy the text out of it"},
	{"%PDF", "a PDF document", "ask whoever issued the licence for the file itself; text copied out of a PDF is often changed"},
	{"{\\rtf", "a document of a word processor (RTF)", "ask whoever issued the licence for the file itself"},
}

func detectOtherFile(text []byte, _ *licseal.ParseError) *breakage {
	for _, other := range otherFiles {
		if bytes.HasPrefix(text, []byte(other.magic)) {
			return &breakage{finding: broken(CodeOtherFile, licseal.Position{Line: 1, Column: 1}, other.remedy, "this is %s, not a licence", other.what)}
		}
	}
	if utf8.Valid(text) || bytes.IndexByte(text, '{') >= 0 && bytes.Contains(text, []byte("license")) {
		return nil
	}
	if bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff}) {
		return nil
	}
	return &breakage{finding: broken(CodeOtherFile, licseal.Position{Line: 1, Column: 1}, issueAgain, "this is binary data, not text")}
}

// offsetOf returns the offset of a position in the text that it is from.
func offsetOf(text []byte, pos licseal.Position) int {
	offset := 0
	for line := 1; line < pos.Line; line++ {
		end := bytes.IndexByte(text[offset:], '\n')
		if end < 0 {
			return len(text)
		}
		offset += end + 1
	}
	for column := 1; column < pos.Column && offset < len(text); column++ {
		_, size := utf8.DecodeRune(text[offset:])
		offset += size
	}
	return offset
}

// quote returns a text in quotes, short, with nothing that could move a cursor.
func quote(text []byte) string {
	const limit = 60
	if len(text) <= limit {
		return fmt.Sprintf("%+q", text)
	}
	return fmt.Sprintf("%+q…", bytes.ToValidUTF8(text[:limit], nil))
}
