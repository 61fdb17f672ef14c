package rows

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Encoding is the encoding of a text, such as "windows-1252". The zero value is found
// out.
type Encoding string

const (
	utf8Encoding Encoding = "utf-8"
	utf16LE      Encoding = "utf-16le"
	utf16BE      Encoding = "utf-16be"
	windows1252  Encoding = "windows-1252"
)

// encodings are all encodings that can be read. UTF-8 needs no decoder.
var encodings = []struct {
	name    Encoding
	decoder encoding.Encoding
}{
	{utf8Encoding, nil},
	{utf16LE, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
	{utf16BE, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
	{windows1252, charmap.Windows1252},
	{"windows-1250", charmap.Windows1250},
	{"windows-1251", charmap.Windows1251},
	{"windows-1253", charmap.Windows1253},
	{"windows-1254", charmap.Windows1254},
	{"windows-1257", charmap.Windows1257},
	{"iso-8859-1", charmap.ISO8859_1},
	{"iso-8859-2", charmap.ISO8859_2},
	{"iso-8859-15", charmap.ISO8859_15},
	{"macintosh", charmap.Macintosh},
	{"cp437", charmap.CodePage437},
	{"cp850", charmap.CodePage850},
	{"cp852", charmap.CodePage852},
}

// Encodings returns the names of all encodings.
func Encodings() []string {
	var names []string
	for _, e := range encodings {
		names = append(names, string(e.name))
	}
	return names
}

// ParseEncoding returns the encoding of a name, in any case.
func ParseEncoding(name string) (Encoding, error) {
	e := Encoding(strings.ToLower(name))
	if name == "" || slices.Contains(Encodings(), string(e)) {
		return e, nil
	}
	return "", fmt.Errorf("%q: there are %s", name, strings.Join(Encodings(), ", "))
}

// decoded returns the text of r in UTF-8.
func decoded(r *bufio.Reader, e Encoding) *bufio.Reader {
	for _, one := range encodings {
		if one.name == e && one.decoder != nil {
			return bufio.NewReaderSize(transform.NewReader(r, one.decoder.NewDecoder()), readBytes)
		}
	}
	return r
}

// marks are the byte order marks.
var marks = []struct {
	bytes    string
	encoding Encoding
}{
	{"\xef\xbb\xbf", utf8Encoding},
	{"\xff\xfe", utf16LE},
	{"\xfe\xff", utf16BE},
}

// workbooks are what the files of spreadsheet programs begin with.
var workbooks = []struct{ bytes, kind string }{
	{"PK\x03\x04", "XLSX or ODS"},
	{"\xd0\xcf\x11\xe0", "XLS"},
}

// startEncoding returns the encoding that the first bytes of a text show, "" if they
// show none. It is an error if they show another one than the one given.
func startEncoding(r *bufio.Reader, given Encoding) (Encoding, error) {
	start, _ := r.Peek(4) // an error comes again when the text is read
	for _, w := range workbooks {
		if bytes.HasPrefix(start, []byte(w.bytes)) {
			return "", &WorkbookError{w.kind}
		}
	}
	found := Encoding("")
	for _, mark := range marks {
		if bytes.HasPrefix(start, []byte(mark.bytes)) {
			found = mark.encoding
		}
	}
	if found == "" && len(start) == 4 {
		found = zeroBytes([4]byte(start))
	}
	switch {
	case given == "":
		return found, nil
	case found != "" && found != given:
		return "", fmt.Errorf("the encoding is given as %s, but the file begins as %s does", given, found)
	}
	return given, nil
}

// zeroBytes returns the encoding of a text that begins with two ASCII characters in
// UTF-16, "" for all others.
func zeroBytes(b [4]byte) Encoding {
	switch {
	case b[0] != 0 && b[1] == 0 && b[2] != 0 && b[3] == 0:
		return utf16LE
	case b[0] == 0 && b[1] != 0 && b[2] == 0 && b[3] != 0:
		return utf16BE
	}
	return ""
}

// wholeEncoding reads a text, whose first bytes show no encoding, to its end and returns
// its encoding. If it is not UTF-8, it is Windows-1252 if no other encoding makes sense.
func wholeEncoding(r *bufio.Reader) (Encoding, error) {
	var w words
	for {
		text, err := r.ReadSlice('\n')
		w.line(text, err == bufio.ErrBufferFull)
		if err == io.EOF {
			return w.encoding()
		}
		if err != nil && err != bufio.ErrBufferFull {
			return "", fmt.Errorf("reading: %w", err)
		}
	}
}
