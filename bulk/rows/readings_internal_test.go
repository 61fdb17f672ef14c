package rows

import (
	"bufio"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/schema"
)

// Every way to read a cell as a date.
func TestReadDate(t *testing.T) {
	for cell, want := range map[string]string{
		"2027-12-31": " 2027-12-31", "2027-12-31T10:00:00Z": " 2027-12-31T10:00:00Z", "2027-12-31 00:00": " 2027-12-31", "2027-12-31T00:00:00.000": " 2027-12-31",
		"2027-12-31T10:00:00Z 00:00": "", "2027-12-31 10:00": "",
		// Counts of days, from 1954 to 2173.
		"20000": "excel 1954-10-03, excel-1904 1958-10-04", "46752": "excel 2027-12-31, excel-1904 2032-01-01", "99999": "excel 2173-10-13, excel-1904 2177-10-14",
		"19999": "", "4675": "", "467520": "",
		// Eight and six digits.
		"20271231": "yyyy-mm-dd 2027-12-31", "31122027": "dd.mm.yyyy 2027-12-31", "12312027": "mm/dd/yyyy 2027-12-31", "01022027": "dd.mm.yyyy 2027-02-01, mm/dd/yyyy 2027-01-02",
		"20271331": "", "20270230": "", "99999999": "", "18991231": "", "19000101": "yyyy-mm-dd 1900-01-01",
		"311227": "dd.mm.yyyy 2027-12-31, yy-mm-dd 2031-12-27", "123127": "mm/dd/yyyy 2027-12-31", "010203": "dd.mm.yyyy 2003-02-01, mm/dd/yyyy 2003-01-02, yy-mm-dd 2001-02-03", "991231": "yy-mm-dd 2099-12-31",
		"1234567": "", "123456789": "", "1": "", "": "",
		// Three parts.
		"1.2.2027": "dd.mm.yyyy 2027-02-01, mm/dd/yyyy 2027-01-02", "31/12/2027": "dd.mm.yyyy 2027-12-31", "12-31-2027": "mm/dd/yyyy 2027-12-31", "2027/1/2": " 2027-01-02", "2027.12.31": " 2027-12-31",
		"31/12/27": "dd.mm.yyyy 2027-12-31, yy-mm-dd 2031-12-27", "1/2/27": "dd.mm.yyyy 2027-02-01, mm/dd/yyyy 2027-01-02", "27/1/2": "", "27/01/02": "dd.mm.yyyy 2002-01-27, yy-mm-dd 2027-01-02",
		"001/02/2027": "", "2027/01/002": "", "001/02/27": "", "01/02/027": "", "1/1/1900": "dd.mm.yyyy 1900-01-01, mm/dd/yyyy 1900-01-01", "31/12/1899": "", "31/2/2027": "", "29/2/2028": "dd.mm.yyyy 2028-02-29", "0/1/2027": "", "1/0/2027": "", "1/2-2027": "",
		// Names of months.
		"31 Dec 2027": " 2027-12-31", "31. Dezember 27": " 2027-12-31", "Dec 31, 2027": " 2027-12-31", "Fri, 31 Dec 2027": " 2027-12-31", "31 Foo 2027": "", "32 Dec 2027": "", "31 de 2027": "", "ju 1, 2027": "",
		"1 mar 2027": " 2027-03-01", "1 mai 2027": " 2027-05-01", "1 juin 2027": " 2027-06-01", "1 jui 2027": "", "1 sept. 2027": " 2027-09-01", "soon": "",
	} {
		var ways []string
		for _, r := range readDate(cell) {
			ways = append(ways, string(r.format)+" "+r.date)
		}
		if got := strings.Join(ways, ", "); got != want {
			t.Errorf("%s: %s, want %s", cell, got, want)
		}
	}
}

// Which characters separate cells if they are named.
func TestDelimiters(t *testing.T) {
	const accepted = "!#$%&()*,;<>?@[\\]^`{|}~"
	for c := rune(0); c < 0x100; c++ {
		d, err := ParseDelimiter(string(c))
		if want := strings.ContainsRune(accepted, c) || c == '\t'; want != (err == nil) || want && d != Delimiter(c) || !want && d != 0 {
			t.Errorf("%q: %q, %v", c, d, err)
		}
	}
}

// A line that names the delimiter, and lines that only look like it.
func TestSeparatorLine(t *testing.T) {
	for line, want := range map[string]Delimiter{
		"sep=;": ';', "SEP=,": ',', `"sep=|"`: '|', "sep=\t": '\t', "sep=;;;": ';', "sep=; ": ';', "sep=x": 'x',
		"sep=": 0, "sep=;x": 0, "sep=;serial": 0, "seq=;": 0, "": 0, "serial;seats": 0, "sep = ;": 0,
	} {
		if d, ok := separatorLine([]byte(line)); d != want || ok != (want != 0) {
			t.Errorf("%q: %q, %t", line, d, ok)
		}
	}
}

// Two characters of ASCII in UTF-16 show which of the two it is.
func TestZeroBytes(t *testing.T) {
	for bits := range 16 {
		var b [4]byte
		for i := range b {
			b[i] = byte(bits >> i & 1) // the least that is not zero
		}
		want := map[int]Encoding{0b0101: utf16LE, 0b1010: utf16BE}[bits]
		if got := zeroBytes(b); got != want {
			t.Errorf("%v: %q, want %q", b, got, want)
		}
	}
}

// A long line that is looked at in parts has the same words as one in one piece.
func TestWordsOfParts(t *testing.T) {
	for _, text := range []string{
		"M\xfcller GmbH, Stra\xdfe 5 z\xfc Z\xfc A\xfc a\xfc", "100 \x80 f\xfcr \xd6l", strings.Repeat("\xfc", 40) + " x " + strings.Repeat("a", 30) + "\xe4", "Müller, Straße", "Zürich é", "plain text", "\x80",
	} {
		whole := new(words)
		whole.line([]byte(text), false)
		for cut := 1; cut < len(text); cut++ {
			parts := new(words)
			parts.line([]byte(text[:cut]), true)
			parts.line([]byte(text[cut:]), false)
			if !slices.Equal(texts(parts), texts(whole)) || parts.valid != whole.valid || parts.invalid != whole.invalid || parts.lines != whole.lines {
				t.Errorf("%q cut at %d: %+q, want %+q", text, cut, texts(parts), texts(whole))
			}
		}
	}
	// A word that is longer than any is cut, but no character of UTF-8 is.
	for _, letter := range []string{"ü", "字", "😀"} {
		long := []byte(strings.Repeat(letter, 100))
		for cut := range long {
			w := new(words)
			w.line(long[:cut], true)
			w.line(long[cut:], false)
			if w.invalid || !w.valid {
				t.Errorf("%s cut at byte %d is not UTF-8", letter, cut)
			}
		}
	}
}

func texts(w *words) (all []string) {
	for _, one := range w.list {
		all = append(all, one.text)
	}
	return all
}

// The encoding of texts that show no mark.
func TestWholeEncoding(t *testing.T) {
	for text, want := range map[string]Encoding{
		"": utf8Encoding, "a\nb": utf8Encoding, "M\xfcller\n": windows1252, "a\nM\xfcller": windows1252, "Müller": utf8Encoding, "Müller\nM\xfcller": utf8Encoding, "M\xfcller 5 \x80": windows1252,
		strings.Repeat("x", readBytes) + " M\xfcller": windows1252, strings.Repeat("x", readBytes+5) + "\nM\xfcller\n": windows1252,
	} {
		if got, err := wholeEncoding(bufio.NewReaderSize(strings.NewReader(text), 16)); got != want || err != nil {
			t.Errorf("%.20q: %s, %v", text, got, err)
		}
	}
}

// A row of several lines is as long as a line may be, and a line that is too long spoils
// only the row that begins on the line with the quote.
func TestLongRows(t *testing.T) {
	fits := "\"" + strings.Repeat("a", 10) + "\n" + strings.Repeat("b", 17) + "\"" // 30 bytes
	for _, tt := range []struct {
		text string
		want []string
	}{
		{fits + "\nc\n", []string{"1: " + fits, "3: c"}},
		{"\"a" + fits[1:] + "\nc\n", []string{"1! \"a" + strings.Repeat("a", 10), "2! " + strings.Repeat("b", 17) + "\"", "3: c"}},
		{"\"a\n" + strings.Repeat("b", 31) + "\n\"\nc\n", []string{"1! \"a", "2! " + strings.Repeat("b", 31), "3! \"", "4: c"}},
		{"\"a\n\"", []string{"1: \"a\n\""}},
		{"\"a\n\"\"\n\"", []string{"1: \"a\n\"\"\n\""}},
	} {
		got := read(csvWithoutHeader(tt.text, 30))
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

// Texts in messages are cut after 60 bytes.
func TestQuote(t *testing.T) {
	for n, want := range map[int]string{60: `"` + strings.Repeat("a", 60) + `"`, 61: `"` + strings.Repeat("a", 60) + `…"`} {
		if got := quote(strings.Repeat("a", n)); strings.TrimRight(got, `"…`) != strings.TrimRight(want, `"…`) || strings.Contains(got, "…") != (n > 60) {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// Which member of a payload a pointer names.
func TestMemberOf(t *testing.T) {
	for pointer, want := range map[string]string{"/a": "a", "/a~1b": "a/b", "/": "", "": "none", "/a/b": "none"} {
		name, ok := memberOf(pointer)
		if !ok && want != "none" || ok && name != want {
			t.Errorf("%q: %q, %t", pointer, name, ok)
		}
	}
}

// How the cells of a column are read, by its field.
func TestKindOf(t *testing.T) {
	rules, err := schema.Compile("mine", []byte(`{"type":"object","properties":{
		"from":{"type":"string"},"until":{},"day":{"type":"string","format":"date"},"any":{"format":"date"},"number":{"type":"integer","format":"date"},"text":{"type":"string"},
		"count":{"type":"integer"},"price":{"type":"number"},"both":{"type":["integer","number"]},"open":{"type":"boolean"},"tags":{"type":"array"},"limits":{"type":["object","array"]},"uses":{"type":["string","integer"]},"free":{}},
		"x-licseal":{"roles":{"id":"/text","not_before":"/from","not_after":"/until"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for pointer, want := range map[string]cellKind{
		"/from": dateCell, "/until": dateCell, "/day": dateCell, "/any": dateCell, "/number": integerCell, "/text": stringCell,
		"/count": integerCell, "/price": numberCell, "/both": numberCell, "/open": booleanCell, "/tags": jsonCell, "/limits": jsonCell, "/uses": mixedCell, "/free": likeTemplate, "/other": likeTemplate,
	} {
		if got := kindOf(Column{Pointer: pointer}, &Plan{Schema: rules}); got != want {
			t.Errorf("%s: %d, want %d", pointer, got, want)
		}
		if got := kindOf(Column{Pointer: pointer, Kind: JSON}, &Plan{Schema: rules}); got != jsonCell {
			t.Errorf("%s:: %d", pointer, got)
		}
	}
	for pointer, want := range map[string]cellKind{"/license_creation_date": dateCell, "/license_expiration_date": dateCell, "/license_key": likeTemplate} {
		if got := kindOf(Column{Pointer: pointer}, &Plan{}); got != want {
			t.Errorf("%s without a schema: %d, want %d", pointer, got, want)
		}
	}
}

// Whether the day on which a job runs can get into a payload, and that it does only then.
func TestUsesToday(t *testing.T) {
	for _, test := range []struct {
		text    string
		plan    Plan
		want    bool
		created string // of a row without a creation date
	}{
		{"{}\n", Plan{}, false, ""},
		{"{}\n", Plan{Complete: true}, true, "2026-07-01"},
		{"{}\n", Plan{Created: "today"}, true, "2026-07-01"},
		{"{}\n", Plan{Created: "2026-01-01", Complete: true}, false, "2026-01-01"},
		{"license_key\nA\n", Plan{}, true, "2026-07-01"},
		{"license_key\nA\n", Plan{Created: "2026-01-01"}, false, "2026-01-01"},
	} {
		reader, err := Open(strings.NewReader(test.text), "", 1000, &test.plan)
		if err != nil {
			t.Fatal(err)
		}
		b, err := NewBuilder(reader, &test.plan)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.UsesToday(); got != test.want {
			t.Errorf("%q with %+v: %t", test.text, test.plan, got)
		}
		b.SetToday("2026-07-01")
		row, _ := reader.Next()
		p, err := b.Payload(row.Text)
		if err != nil {
			t.Fatal(err)
		}
		if created, _ := p.Text("/license_creation_date"); created != test.created {
			t.Errorf("%q with %+v: created %q, want %q", test.text, test.plan, created, test.created)
		}
	}
}

// What the template and the plan add to rows.
func TestTemplatesAndDates(t *testing.T) {
	nested, err := schema.Compile("mine", []byte(`{"type":"object","properties":{"id":{"type":"string"},"validity":{"type":"object","properties":{"from":{"type":"string"},"until":{"type":"string"}}}},
		"x-licseal":{"roles":{"id":"/id","not_before":"/validity/from","not_after":"/validity/until"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	half, err := schema.Compile("mine", []byte(`{"type":"object","properties":{"id":{"type":"string"},"until":{"type":"string"},"validity":{"type":"object","properties":{"from":{"type":"string"}}}},
		"x-licseal":{"roles":{"id":"/id","not_before":"/validity/from","not_after":"/until"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	mixed, err := schema.Compile("mine", []byte(`{"type":"object","properties":{"id":{"type":"string"},"uses":{"type":["integer","string"]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		text, template string
		plan           Plan
		want           string
	}{
		{`{"license_creation_date":"2026-01-01"}` + "\n", `{}`, Plan{Expires: "2027-06-01"}, `{"license_creation_date":"2026-01-01","license_expiration_date":"2027-06-01"}`},
		{`{"a":1}` + "\n", `{}`, Plan{Created: "2026-01-01"}, `{"a":1,"license_creation_date":"2026-01-01"}`},
		{`{"a":1}` + "\n", `{"b":2}`, Plan{}, `{"a":1,"b":2}`},
		{`{"a":1}` + "\n", `{}`, Plan{}, `{"a":1}`},
		{"id,validity.from\nA,2026-01-01\n", `{}`, Plan{Schema: nested, Expires: "+30d"}, `{"id":"A","validity":{"from":"2026-01-01","until":"2026-01-31"}}`},
		{"id\nA\n", `{"validity":{"from":"2026-01-01"}}`, Plan{Schema: nested, Expires: "+30d"}, `{"id":"A","validity":{"from":"2026-01-01","until":"2026-01-31"}}`},
		{"id\nA\n", `{"validity":{"from":"2026-01-01"}}`, Plan{Schema: half, Expires: "+30d"}, `{"id":"A","until":"2026-01-31","validity":{"from":"2026-01-01"}}`},
		{"id,uses\nA,5\n", `{"uses":"9"}`, Plan{Schema: mixed, Created: "2026-01-01"}, `{"id":"A","license_creation_date":"2026-01-01","uses":"5"}`},
		{"id,uses\nA,5\n", `{"uses":9}`, Plan{Schema: mixed}, `/uses: "5" may be a number or a text; in a column called "uses:", it is the number, and "\"5\"" is the text`},
		{"license_key,customer\nTotal,Total\n", `{}`, Plan{}, `/license_key: "Total" looks like the totals of a table, and not like an id; delete the row`},
		{"license_key,customer\nA,Total\n", `{"license_creation_date":"2026-01-01"}`, Plan{}, `{"customer":"Total","license_creation_date":"2026-01-01","license_key":"A"}`},
	} {
		if test.plan.Template, err = licseal.ParsePayload([]byte(test.template)); err != nil {
			t.Fatal(err)
		}
		reader, err := Open(strings.NewReader(test.text), "", 1000, &test.plan)
		if err != nil {
			t.Fatal(err)
		}
		b, err := NewBuilder(reader, &test.plan)
		if err != nil {
			t.Fatal(err)
		}
		row, _ := reader.Next()
		p, err := b.Payload(row.Text)
		got := string(p.Bytes())
		if err != nil {
			got, _, _ = strings.Cut(err.Error(), "\n")
		}
		if got != test.want {
			t.Errorf("%q: %s, want %s", test.text, got, test.want)
		}
	}
}

// An example is made from the first rows of a table only, and a row that cannot be read is
// an error.
func TestExampleRows(t *testing.T) {
	for _, test := range []struct {
		text, want string
	}{
		{"n\n" + strings.Repeat("1\n", maxExampleRows-1) + "x\n", `{"n":"text"}`},
		{"n\n" + strings.Repeat("1\n", maxExampleRows) + "x\n", `{"n":1}`},
		{"n\n\"\"\n5\n", `{"n":1}`},
		{"n,m\n\"x\ny,1\n", "line 2: " + ErrQuotes.Error()},
		{"n,m\n1,2\n1\n", "line 3: the row has 1 field, and the header 2 fields"},
		{"{}\n", "{}"},
	} {
		reader, err := Open(strings.NewReader(test.text), "", 1000, nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Example(reader)
		got := string(p.Bytes())
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%.20q: %s, want %s", test.text, got, test.want)
		}
	}
	if _, err := Example(&csvReader{lines: newLines(strings.NewReader(""), 10)}); err == nil || !strings.HasPrefix(err.Error(), "no fields were found") {
		t.Errorf("without columns: %v", err)
	}
}

// Whether somebody may have written a text, which tells encodings apart.
func TestIsWord(t *testing.T) {
	for text, want := range map[string]bool{
		"Müller": true, "MÜLLER": true, "ünal": true, "Ünal": true, "Straße": true, "Мир": true, "Ωμέγα": true, "’tür": true, "ab»": true, "„ab": true, "¿qué": true, "5": false,
		"müLler": false, "straßE": false, "mÜller": false, "ÄÖa": false, "Mир": false, "Ωa": false, "“ƒoo": false, "–ªb": false, "a»b": false, "a„b": false, "a¿b": false, "x÷y": false, "ª": false, "€5": false, "дaд": false,
	} {
		if got := isWord([]rune(text)); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}

// Each word counts once.
func TestWordsOnce(t *testing.T) {
	w := new(words)
	w.line([]byte("M\xfcller M\xfcller \xfcber M\xfcller\xe4"), false)
	if got, want := texts(w), []string{"M\xfcller", "\xfcber", "M\xfcller\xe4"}; !slices.Equal(got, want) {
		t.Errorf("got %+q", got)
	}
	for c := range w.used {
		if used := c == 0xfc || c == 0xe4; w.used[c] != used {
			t.Errorf("%#x is used: %t", c, w.used[c])
		}
	}
}

// The header may have several lines, and a delimiter that is given counts for more than one
// that the file names.
func TestHeaderLines(t *testing.T) {
	for _, test := range []struct {
		text      string
		delimiter Delimiter
		want      string // the names of the columns
	}{
		{"a\n", 0, "a"},
		{"sep=,\na;b\n", ';', "a b"},
		{"sep=;\na;b,c\n", 0, "a b,c"},
		{"\"a\nb\",c\n", 0, "a b c"},
		{"\"a\n\nb\";\"c\nd\"\n", 0, "a  b c d"},
		{"\n \n,,\na,b\n", 0, "a b"},
		{"\"" + strings.Repeat("a", 20) + "\n" + strings.Repeat("b", 20) + "\"\n", 0, "the header: " + ErrQuotes.Error()},
		{"\"a\n" + strings.Repeat("b", 50) + "\"\n", 0, "the header: " + ErrQuotes.Error()},
		{"sep=;\nsep=,\n", 0, "sep=,"},
		{"\"" + strings.Repeat("a", 19) + "\n" + strings.Repeat("b", 19) + "\"\n", 0, strings.Repeat("a", 19) + " " + strings.Repeat("b", 19)},
		{"\"" + strings.Repeat("a", 19) + "\n" + strings.Repeat("b", 20) + "\"\n", 0, "the header: " + ErrQuotes.Error()},
		{"\"a\n" + strings.Repeat("0f", 16) + "\"\n", 0, "the header has no field name in column 1; is the file a CSV?"},
		{"a,b;\"c\"\n", 0, `the header: column 1 is "a,b", which has a delimiter in it`},
		{"a,b;c|d\n", 0, `the header: column 2 is "b;c|d", which has a delimiter in it`},
	} {
		reader, err := Open(strings.NewReader(test.text), "b.csv", 40, &Plan{Delimiter: test.delimiter})
		var names []string
		if err != nil {
			names = []string{err.Error()}
		} else {
			for _, c := range reader.Columns() {
				names = append(names, c.Name)
			}
		}
		if got := strings.Join(names, " "); got != test.want {
			t.Errorf("%q: %s, want %s", test.text, got, test.want)
		}
	}
}

// A line that is too long does not get into a row, cut off.
func TestRowWithALongLine(t *testing.T) {
	got := read(csvWithoutHeader("\"a\n"+strings.Repeat("b", 2500)+"\n\"\nc\n", 2000))
	want := []string{"1! \"a", "2! " + strings.Repeat("b", shownBytes), "3! \"", "4: c"}
	if !slices.Equal(got, want) {
		t.Errorf("got %.60q", got)
	}
}

// A formula for a text is the text.
func TestWithoutFormula(t *testing.T) {
	for cell, want := range map[string]string{
		`="00123"`: "00123", `=""`: "", `="a""b"`: `a"b`, `="""a"""`: `"a"`,
		`="`: `="`, `="a`: `="a`, `=a"`: `=a"`, `"a"`: `"a"`, `="a"&"b"`: `="a"&"b"`, "": "", "=": "=", `a="b"`: `a="b"`,
	} {
		if got := withoutFormula(cell); got != want {
			t.Errorf("%s: %s, want %s", cell, got, want)
		}
	}
}

// The cells of rows in every state of quotes, with and without blanks around them.
func TestDialectCells(t *testing.T) {
	for _, test := range []struct {
		row    string
		padded bool
		want   string // the cells in brackets, those that set nothing in parentheses
	}{
		{`a,b`, false, "[a][b]"}, {``, false, "()"}, {`,`, false, "()()"}, {`"",`, false, "[]()"}, {`"a,b",c`, false, "[a,b][c]"}, {`"a""b"`, false, `[a"b]`},
		{`="01",b`, false, "[01][b]"}, {`=a,b`, false, "[=a][b]"}, {` a , b `, false, "[ a ][ b ]"}, {` a , b `, true, "[a][b]"}, {`a, "b, c", `, true, `[a][b, c]()`}, {`a,  `, true, "[a]()"},
		{`a"b`, false, "error"}, {`"a"b`, false, "error"}, {`"a`, false, "error"}, {` "a"`, false, "error"}, {` "a"`, true, "[a]"}, {`="a"b`, false, "error"}, {`==“`, false, "[==“]"}, {`=="a"`, false, "error"}, {`"a",""`, false, "[a][]"},
	} {
		cells, err := dialect{delimiter: ',', padded: test.padded}.cells([]byte(test.row))
		got := ""
		for _, c := range cells {
			if c.Unset {
				got += "(" + c.Text + ")"
			} else {
				got += "[" + c.Text + "]"
			}
		}
		if err != nil {
			got = "error"
		}
		if got != test.want {
			t.Errorf("%q padded %t: %s, want %s", test.row, test.padded, got, test.want)
		}
	}
}

// Texts that may be secrets are no names of columns, so that no error quotes them.
func TestLooksSecret(t *testing.T) {
	hex32 := strings.Repeat("0a", 16)
	for text, want := range map[string]bool{
		"-----BEGIN": true, "key: value": true, hex32: true, hex32[1:]: false, strings.ToUpper(hex32): true, strings.Repeat("aB1", 11): true, strings.Repeat("zb1", 11): false,
		strings.Repeat("aB", 20): false, "license_key": false, "/limits/" + hex32: true, "serial," + hex32: true, "": false, "a:b": false, strings.Repeat("g0", 16): false,
	} {
		if got := looksSecret(text); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}

// The encoding of a table is looked for in all of it, that of payloads is UTF-8.
func TestLookEncoding(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       Encoding
		fails      bool
	}{
		{"b.csv", "a\nM\xfcller\n", windows1252, false}, {"b", "a\nM\xfcller\n", windows1252, false}, {"b.ndjson", "{\"a\":\"M\xfcller\"}", "", false}, {"b", "{\"a\":\"M\xfcller\"}", "", false},
		{"b.csv", "\ufeffa\n", utf8Encoding, false}, {"b.csv", "\xff\xfea\x00", utf16LE, false}, {"b.csv", "a\x00b\x00", utf16LE, false}, {"b.csv", "PK\x03\x04", "", true}, {"b.csv", "", utf8Encoding, false}, {"b", "", "", false},
	} {
		got, err := lookEncoding(strings.NewReader(test.text), test.name)
		if got != test.want || (err != nil) != test.fails {
			t.Errorf("%s %q: %q, %v", test.name, test.text, got, err)
		}
	}
}

// A header that two delimiters separate into columns that are all right is in doubt.
func TestDelimiterInDoubt(t *testing.T) {
	plan := &Plan{Map: []Mapping{{Column: "a,b", Field: "x", Optional: true}, {Column: "b;c", Field: "y", Optional: true}, {Column: "b;c;d", Field: "z", Optional: true}}}
	for header, want := range map[string]string{
		"a,b;c\n": "the header has 2 fields if the delimiter is the comma, and 2 fields if it is the semicolon",
		"a,b;c;d": "the header has 2 fields if the delimiter is the comma, and 3 fields if it is the semicolon",
		"a,b;q\n": "",
	} {
		_, err := Open(strings.NewReader(header), "b.csv", 100, plan)
		var doubt *DoubtError
		if want == "" && err != nil || want != "" && (!errors.As(err, &doubt) || doubt.Error() != want || !slices.Equal(doubt.Values, []string{"comma", "semicolon"})) {
			t.Errorf("%q: %v, want %s", header, err, want)
		}
	}
}

// Whether a header has a blank after each delimiter.
func TestIsPadded(t *testing.T) {
	for header, want := range map[string]bool{"a": false, "a, b": true, "a,b": false, "a, b, c": true, "a, b,c": false, "": false, "a b": false, "a,": false, "a, ": true} {
		if got := isPadded([]byte(header), ','); got != want {
			t.Errorf("%q: %t", header, got)
		}
	}
}

// All that is wrong with a header is said, whatever comes before it, and columns without
// names are none.
func TestHeaderProblems(t *testing.T) {
	for header, want := range map[string]string{
		`"",""` + "\n":        "",
		"a,a,b,b\n":           "the header: columns 1 and 2 are both the field /a; columns 3 and 4 are both the field /b",
		"Notes,a,a\n":         "the header: columns 2 and 3 are both the field /a",
		"License Key,Seats\n": "",
		"a,\"b\n" + strings.Repeat("0f", 16) + "\"\n": "the header has no field name in column 2; is the file a CSV?",
	} {
		reader, err := Open(strings.NewReader(header), "b.csv", 100, &Plan{Map: []Mapping{{Column: "Notes", Optional: true}}})
		if got := fmt.Sprint(err); err != nil && got != want || err == nil && want != "" {
			t.Errorf("%q: %v, want %s", header, err, want)
		}
		if strings.HasPrefix(header, "License") && (err != nil || reader.Columns()[0].Pointer != "/license_key") {
			t.Errorf("%q: without a schema, the id is not known: %v", header, err)
		}
	}
}

// Which fields columns must set: those that the schema requires, and that neither the
// template nor the dates of the plan set.
func TestRequiredColumns(t *testing.T) {
	rules, err := schema.Compile("mine", []byte(`{"type":"object","required":["serial","from","until","validity"],"properties":{"serial":{"type":"string"},"from":{"type":"string"},"until":{"type":"string"},"validity":{"type":"object","properties":{"end":{"type":"string"}}}},
		"x-licseal":{"roles":{"id":"/serial","not_before":"/from","not_after":"/until"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	nested, err := rules.WithRoles(licseal.Roles{ID: "/serial", NotBefore: "/from", NotAfter: "/validity/end"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		plan     Plan
		template string
		want     string
	}{
		{Plan{Schema: rules}, `{}`, "/serial /until /validity"},
		{Plan{Schema: rules, Expires: "+1y"}, `{}`, "/serial /validity"},
		{Plan{Schema: rules, DefaultExpires: "+1y"}, `{}`, "/serial /validity"},
		{Plan{Schema: rules}, `{"serial":"a"}`, "/until /validity"},
		{Plan{Schema: rules}, `{"until":"a","validity":{}}`, "/serial"},
		{Plan{Schema: nested, Expires: "+1y"}, `{}`, "/serial /until"},
		{Plan{}, `{}`, ""},
	} {
		if test.plan.Template, err = licseal.ParsePayload([]byte(test.template)); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(newFieldNames(&test.plan).required, " "); got != test.want {
			t.Errorf("%+v: %s, want %s", test.plan, got, test.want)
		}
	}
}

// A doubt ends the batch, also one after rows that cannot be read.
func TestDoubtsAfterBadRows(t *testing.T) {
	rules, err := schema.Compile("mine", []byte(`{"type":"object","properties":{"serial":{"type":"string"},"seats":{"type":"integer"},"until":{"type":"string","format":"date"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, rows := range []string{"x\"y,5,\nA,1.000,\n", "A\nB,1.000,\n", "A,5,\nB,1.000,\n", "A,5,soon\nB,1.000,\n", "A,5,2027-12-31\nB,5,\nC,1.000,"} {
		_, err := Look(t.Context(), strings.NewReader("serial,seats,until\n"+rows), "b.csv", 100, &Plan{Schema: rules})
		var doubt *DoubtError
		if !errors.As(err, &doubt) || !strings.Contains(doubt.Error(), `"1.000" is 1 in some countries and 1000 in others`) {
			t.Errorf("%q: %v", rows, err)
		}
	}
}

// What a template adds to a payload, and what it leaves alone.
func TestWithDefaults(t *testing.T) {
	for _, test := range []struct{ payload, defaults, want string }{
		{`{}`, `{"a":1,"b":2,"c":3}`, `{"a":1,"b":2,"c":3}`},
		{`{"b":9}`, `{"a":1,"b":2,"c":3}`, `{"a":1,"b":9,"c":3}`},
		{`{"a":5}`, `{"a":{"x":1},"b":2}`, `{"a":5,"b":2}`},
		{`{"a":{"y":1}}`, `{"a":5}`, `{"a":{"y":1}}`},
		{`{"a":{"y":1},"b":{}}`, `{"a":{"x":{"z":2}},"b":{"c":3}}`, `{"a":{"x":{"z":2},"y":1},"b":{"c":3}}`},
	} {
		mine, err := parseObject([]byte(test.payload))
		if err != nil {
			t.Fatal(err)
		}
		defaults, err := parseObject([]byte(test.defaults))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := mine.withDefaults(defaults); err != nil || string(got.json()) != test.want {
			t.Errorf("%s with %s: %s, %v", test.payload, test.defaults, got.json(), err)
		}
	}
}

// What is a rejected row, and not only an object that looks like one.
func TestParseRejected(t *testing.T) {
	for line, want := range map[string]bool{
		`{"row":1,"exit":4,"reasons":["x"]}`: true, `{"row":1,"exit":1,"reasons":["x","y"],"text":"z"}`: true, `{"row":1,"exit":0,"reasons":["x"]}`: false, `{"row":1,"exit":4,"reasons":[]}`: false,
		`{"row":1,"exit":4}`: false, `{"exit":4,"row":1,"reasons":["x"]}`: false, `{"row":1,"exit":4,"reasons":["x"],"other":1}`: false, `{"row":"1","exit":4,"reasons":["x"]}`: false, "": false,
	} {
		if _, ok := parseRejected([]byte(line)); ok != want {
			t.Errorf("%s: %t", line, ok)
		}
	}
}
