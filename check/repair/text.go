package repair

import (
	"bytes"
	"encoding/binary"
	"errors"
	"regexp"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

func detectEmpty(text []byte, _ *licseal.ParseError) *reading {
	if len(trim(text)) > 0 {
		return nil
	}
	return unreadable(Empty, start)
}

// detectUTF16 finds text as Windows PowerShell writes it into a file.
func detectUTF16(text []byte, _ *licseal.ParseError) *reading {
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
	if len(body)%2 != 0 {
		return unreadable(UTF16, start)
	}
	units := make([]uint16, len(body)/2)
	for i := range units {
		units[i] = order.Uint16(body[2*i:])
	}
	runes := utf16.Decode(units)
	if slices.Contains(runes, utf8.RuneError) {
		return unreadable(UTF16, start) // half a surrogate pair would be replaced
	}
	return &reading{fault: Fault{Kind: UTF16, Position: start}, texts: [][]byte{[]byte(string(runes))}, final: true}
}

func detectByteOrderMark(text []byte, _ *licseal.ParseError) *reading {
	rest, ok := bytes.CutPrefix(text, []byte("\ufeff"))
	if !ok {
		return nil
	}
	return &reading{fault: Fault{Kind: ByteOrderMark, Position: start}, texts: [][]byte{rest}}
}

var htmlStart = text.Pattern(`(?i)^(<!doctype html|<html|<\?xml|<head|<body)`)

func detectHTMLPage(text []byte, _ *licseal.ParseError) *reading {
	if !htmlStart().Match(trim(text)) || MentionsLicense(string(text)) {
		return nil
	}
	return unreadable(HTMLPage, at(text, startOf(text)))
}

var keyStart = text.Pattern(`^(-----BEGIN |ssh-ed25519 |ecdsa-sha2-)`)

func detectKeyFile(text []byte, _ *licseal.ParseError) *reading {
	if !keyStart().Match(trim(text)) {
		return nil
	}
	return unreadable(KeyFile, at(text, startOf(text)))
}

var fileName = text.Pattern(`^((file://|@|~/|\.{1,2}/|/|[A-Za-z]:\\)[A-Za-z0-9_.~/\\-]+|[A-Za-z0-9_.-]+\.(json|txt|lic|license))$`)

func detectFileName(text []byte, _ *licseal.ParseError) *reading {
	trimmed := trim(text)
	if len(trimmed) > 300 || !fileName().Match(trimmed) {
		return nil
	}
	return unreadable(FileName, at(text, startOf(text)), quote(string(trimmed)))
}

// linePrefixes are what mail programs, diff, grep, cat -n and containers' logs put before
// each line.
var linePrefixes = []func() *regexp.Regexp{
	text.Pattern(`^(?:> ?)+`), text.Pattern(`^\+ ?`), text.Pattern(`^\| ?`), text.Pattern(`^# ?`), text.Pattern(`^// ?`),
	text.Pattern(`^\s*[0-9]+[:|\t] ?`), text.Pattern(`^\s*[0-9]+  ?`),
	text.Pattern(`^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]+(?:Z|[+-][0-9:]+)? (?:(?:stdout|stderr) [FP] )?`),
}

// detectLinePrefix finds lines that all have something before them.
func detectLinePrefix(text []byte, _ *licseal.ParseError) *reading {
	lines := bytes.Split(trim(text), []byte("\n"))
	for _, prefix := range linePrefixes {
		isPrefixed := func(line []byte) bool { return len(trim(line)) == 0 || prefix().Match(line) }
		if slices.ContainsFunc(lines, func(line []byte) bool { return !isPrefixed(line) }) {
			continue
		}
		kept := make([][]byte, len(lines))
		for i, line := range lines {
			kept[i] = line[len(prefix().Find(line)):]
		}
		first := string(bytes.TrimSpace(prefix().Find(lines[0])))
		return &reading{fault: Fault{QuotedLines, at(text, startOf(text)), []string{first}}, texts: [][]byte{bytes.Join(kept, []byte("\n"))}}
	}
	return nil
}

// detectLegacyEncoding finds a text in the encoding of Windows. Whether that was it, only a
// signature can tell.
func detectLegacyEncoding(text []byte, err *licseal.ParseError) *reading {
	if utf8.Valid(text) || !MentionsLicense(string(text)) {
		return nil
	}
	special := []rune(windows1252)
	var decoded []rune
	for _, c := range text {
		r := rune(c)
		if 0x80 <= c && c < 0xa0 && special[c-0x80] != ' ' {
			r = special[c-0x80]
		}
		decoded = append(decoded, r)
	}
	place := err.Position
	if err.Class != licseal.ClassInvalidUTF8 {
		return nil
	}
	return &reading{fault: Fault{Kind(err.Class), place, []string{err.Detail}}, texts: [][]byte{[]byte(string(decoded))}, guessed: true}
}

// detectSurroundingText finds a licence between the lines of a mail.
func detectSurroundingText(text []byte, _ *licseal.ParseError) *reading {
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
	return &reading{fault: Fault{SurroundingText, pos, []string{where}}, texts: [][]byte{text[start : end+1]}}
}

// detectTrailingData finds one JSON text after another, of which none can be chosen
// without guessing, and a licence that other text follows.
func detectTrailingData(text []byte, err *licseal.ParseError) *reading {
	if err.Class != licseal.ClassTrailingData {
		return nil
	}
	offset := offsetOf(text, err.Position)
	if rest := text[offset:]; bytes.HasPrefix(rest, []byte("{")) || bytes.HasPrefix(rest, []byte("[")) {
		return unreadable(SeveralTexts, err.Position)
	}
	return &reading{fault: Fault{Kind: TrailingText, Position: err.Position}, texts: [][]byte{text[:offset]}}
}

// detectTruncated finds a text whose end is missing and that ends in a newline
// all the same.
func detectTruncated(text []byte, err *licseal.ParseError) *reading {
	trimmed := trim(text)
	if len(trimmed) == len(text) || err.Class != licseal.ClassSyntax {
		return nil
	}
	var short *licseal.ParseError
	if _, err := licseal.ParseUnverified(trimmed); !errors.As(err, &short) || short.Class != licseal.ClassTruncated {
		return nil
	}
	fault := parseFault(short)
	fault.Position = at(text, startOf(text)+len(trimmed))
	return &reading{fault: fault}
}

// otherFiles are the first bytes of what people attach to mails.
var otherFiles = []struct {
	magic string
	kind  Kind
}{
	{"PK\x03\x04", Zip},
	{"7z\xbc\xaf", Archive},
	{"Rar!", Archive},
	{"\xfd7zXZ", Archive},
	{"\x28\xb5\x2f\xfd", Archive},
	{"BZh", Archive},
	{"%PDF", PDF},
	{"{\\rtf", RTF},
}

func detectOtherFile(text []byte, _ *licseal.ParseError) *reading {
	for _, other := range otherFiles {
		if bytes.HasPrefix(text, []byte(other.magic)) {
			return unreadable(other.kind, start)
		}
	}
	if utf8.Valid(text) || bytes.IndexByte(text, '{') >= 0 && bytes.Contains(text, []byte("license")) {
		return nil
	}
	if bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff}) {
		return nil
	}
	return unreadable(Binary, start)
}

// offsetOf returns the offset of a position in the text that it belongs to.
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
