package rows_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"

	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/schema"
)

func vendorSchemaOf(text string) (*schema.Schema, error) { return schema.Compile("own", []byte(text)) }

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func utf16Of(text string, bigEndian bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(text)) {
		hi, lo := byte(u>>8), byte(u)
		if bigEndian {
			hi, lo = lo, hi
		}
		b.WriteByte(lo)
		b.WriteByte(hi)
	}
	return b.String()
}

func encodedAs(t *testing.T, m *charmap.Charmap, text string) string {
	t.Helper()
	encoded, err := m.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// In which encoding texts are read: the name of the company, or the error.
func TestEncoding(t *testing.T) {
	const doubt1252 = "the text is not UTF-8; "
	w1252 := func(text string) string { return encodedAs(t, charmap.Windows1252, text) }
	for _, test := range []struct {
		name, text string // "" for the text that company names are put into
		given      rows.Encoding
		want       string
	}{
		{"UTF-8", "Müller", "", "Müller"},
		{"UTF-8 with a mark", "\ufeffMüller", "", "Müller"},
		{"UTF-16LE with a mark", "le\ufeffMüller Ж 😀", "", "Müller Ж 😀"},
		{"UTF-16BE with a mark", "be\ufeffMüller Ж 😀", "", "Müller Ж 😀"},
		{"UTF-16LE without a mark", "leMüller", "", "Müller"},
		{"UTF-16BE without a mark", "beMüller", "", "Müller"},
		{"UTF-16LE, given", "le\ufeffMüller", "utf-16le", "Müller"},
		{"UTF-16LE, given as BE", "leMüller", "utf-16be", "the encoding is given as utf-16be, but the file begins as utf-16le does"},
		{"German", w1252("Müller Straße GmbH – „Söhne“"), "", "Müller Straße GmbH – „Söhne“"},
		{"a price", w1252("100 € für Öl"), "", "100 € für Öl"},
		{"French", w1252("Société Générale"), "", "Société Générale"},
		{"a grave accent", w1252("Crème"), "", doubt1252 + `line 2 has "Crème" in windows-1252, "Crčme" in windows-1250`},
		{"a grave accent, given", w1252("Crème"), "windows-1252", "Crème"},
		{"Spanish", w1252("España"), "", doubt1252 + `line 2 has "España" in windows-1252, "Espańa" in windows-1250`},
		{"Czech", encodedAs(t, charmap.Windows1250, "Dvořák"), "", doubt1252 + `line 2 has "Dvoøák" in windows-1252, "Dvořák" in windows-1250, "Dvoųįk" in windows-1257`},
		{"Czech, given", encodedAs(t, charmap.Windows1250, "Dvořák"), "windows-1250", "Dvořák"},
		{"Turkish", encodedAs(t, charmap.Windows1254, "Işık"), "", doubt1252 + `line 2 has "Iþýk" in windows-1252, "Iţýk" in windows-1250, "Işık" in windows-1254, "Ižżk" in windows-1257`},
		{"Cyrillic", encodedAs(t, charmap.Windows1251, "Иванов"), "", doubt1252 + `line 2 has "Èâàíîâ" in windows-1252, "Čâŕíîâ" in windows-1250, "Čāąķīā" in windows-1257, "Иванов" in windows-1251`},
		{"DOS", encodedAs(t, charmap.CodePage850, "Müller"), "", doubt1252 + `it may be cp850, in which line 2 has "Müller"`},
		{"DOS, given", encodedAs(t, charmap.CodePage850, "Müller"), "cp850", "Müller"},
		{"Macintosh", encodedAs(t, charmap.Macintosh, "Müller"), "", doubt1252 + `line 2 has "Mźller" in windows-1250, "Müller" in macintosh, "Mčller" in cp852`},
		{"UTF-8 with a broken row", "Müller\nS-2;M\xfcller", "", "Müller\n/company_name: the text is not UTF-8; save the file as UTF-8"},
		{"no text", "a\xf7b\xd7c\xb1d", "", "/company_name: the text is not UTF-8; save the file as UTF-8"},
		{"given, and not so", "\x81", "windows-1252", "/company_name: \"\ufffd\" has a character that was lost when the file was saved; save it as UTF-8"},
		{"a workbook", "PK\x03\x04", "", "this is a workbook (XLSX or ODS), not a text; export the sheet as CSV"},
		{"an old workbook", "\xd0\xcf\x11\xe0", "", "this is a workbook (XLS), not a text; export the sheet as CSV"},
	} {
		text := "serial;company_name\nS-1;" + test.text + "\n"
		if rest, ok := strings.CutPrefix(test.text, "\ufeff"); ok {
			text = "\ufeffserial;company_name\nS-1;" + rest + "\n"
		}
		for i, order := range []string{"le", "be"} {
			if rest, ok := strings.CutPrefix(test.text, order); ok {
				rest, mark := strings.CutPrefix(rest, "\ufeff")
				text = "serial;company_name\nS-1;" + rest + "\n"
				if mark {
					text = "\ufeff" + text
				}
				text = utf16Of(text, i == 1)
			}
		}
		if strings.HasSuffix(test.name, "workbook") {
			text = test.text + text
		}
		got := build(t, "b.csv", text, true, rows.Plan{Schema: sheetSchema(t), Encoding: test.given, Template: dated(t)})
		got = strings.NewReplacer(`{"company_name":"`, "", `","from":"2026-01-01","serial":"S-1","until":"2027-01-01"}`, "").Replace(got)
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// A text that cannot be looked at as a whole is UTF-8 or UTF-16.
func TestEncodingOfStream(t *testing.T) {
	const text = "serial;company_name\nS-1;Müller\n"
	for name, test := range map[string]struct{ text, want string }{
		"UTF-8":        {text, `{"company_name":"Müller","serial":"S-1"}`},
		"UTF-16":       {utf16Of("\ufeff"+text, false), `{"company_name":"Müller","serial":"S-1"}`},
		"Windows-1252": {encodedAs(t, charmap.Windows1252, text), "/company_name: the text is not UTF-8; save the file as UTF-8"},
	} {
		got := build(t, "b.csv", test.text, false, rows.Plan{Schema: sheetSchema(t)})
		if got, _, _ = strings.Cut(got, "; /"); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// Long lines are looked at in parts, and no character is cut.
func TestEncodingOfLongLines(t *testing.T) {
	for _, letter := range []string{"ü", "字", "aü"} {
		long := strings.Repeat(letter, 150_000)
		got := build(t, "b.csv", "serial\n"+long+"\nS-1\n", true, rows.Plan{Schema: sheetSchema(t), Template: dated(t)})
		if !strings.HasPrefix(got, "the line is longer than 1000 bytes") || !strings.HasSuffix(got, `"serial":"S-1","until":"2027-01-01"}`) {
			t.Errorf("%s: %.200s", letter, got)
		}
	}
}

func TestParseEncoding(t *testing.T) {
	for _, name := range rows.Encodings() {
		if e, err := rows.ParseEncoding(strings.ToUpper(name)); err != nil || string(e) != name {
			t.Errorf("%s: %s %v", name, e, err)
		}
	}
	if _, err := rows.ParseEncoding("latin"); err == nil {
		t.Error("latin is accepted")
	}
}
