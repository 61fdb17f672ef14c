package rows_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/licseal/licseal/bulk/rows"
)

// Which fields the names in a header mean, or everything that is wrong with it.
func TestHeader(t *testing.T) {
	for _, test := range []struct {
		header    string
		mappings  string // separated by commas
		delimiter rows.Delimiter
		want      string // the pointers of the columns, or the error
	}{
		{"serial,company_name", "", 0, "/serial /company_name"},
		{"SERIAL;Company Name", "", 0, "/serial /company_name"},
		{"serial\tCompanyName", "", 0, "/serial /company_name"},
		{"serial|company-name|limits.sites|Seats:", "", 0, "/serial /company_name /limits/sites /seats:"},
		{"serial,/limits/sites", "", 0, "/serial /limits/sites"},
		{"serial,Limits Sites", "", 0, "/serial /limits/sites"},
		{"serial,\"Company\nName\"", "", 0, "/serial /company_name"},
		{"serial, company_name, seats", "", 0, "/serial /company_name /seats"},
		{"\"serial\",\"company_name\"", "", 0, "/serial /company_name"},
		{"serial", "", 0, "/serial"},
		{"serial,seats,,", "", 0, "/serial /seats - -"},
		{"sep=;\nserial;seats", "", 0, "/serial /seats"},
		{"\"sep=|\"\nserial|seats", "", 0, "/serial /seats"},
		{"\n;;\nserial;seats", "", 0, "/serial /seats"},
		{"Kunde, Firma;Nr", "Kunde, Firma=company_name,nr=serial", 0, "/company_name /serial"},
		{"serial;Notes", "Notes=", 0, "/serial x"},
		{"serial;Sites", "sites=limits.sites:", 0, "/serial /limits/sites:"},
		{"serial^seats", "", '^', "/serial /seats"},
		{"serial;seats,open", "", ';', `the header: column 2 is "seats,open", which is not a field of the schema sheet`},
		{"serial,Notes,company,seats:", "", 0, `the header: column 2 is "Notes", which is not a field of the schema sheet; column 3 is "company", which is not a field of the schema sheet`},
		{"serail,company_nme", "", 0, `the header: column 1 is "serail", which is not a field of the schema sheet; did you mean serial?; column 2 is "company_nme", which is not a field of the schema sheet; did you mean company_name?`},
		{"serial,Serial", "", 0, `the header: columns 1 and 2 are both the field /serial`},
		{"seats", "", 0, `the header: no column sets /serial, which the schema sheet requires, and no template does`},
		{"serial", "Nr=seats", 0, `the header: no column is called "Nr", which is mapped to "seats"`},
		{"serial,Nr", "Nr=number", 0, `the header: column 2 is "Nr", which is mapped to "number", and the schema sheet has no such field`},
		{"serial,Nr", "Nr=serial", 0, `the header: columns 1 and 2 are both the field /serial`},
		{"serial,,seats", "", 0, `the header: column 2 has no name`},
		{"serial,sea\x1bts", "", 0, `the header: column 2 has a control character in its name; lines must end in LF or CR LF, not in CR alone`},
		{"serial,sea\xffts", "", 0, `the header: the name of column 2 is not UTF-8`},
		{"serial,/a~2", "", 0, `the header: column 2 is "/a~2", which is not a field name`},
		{"sep=x\nserial;seats", "", 0, `line 1: the delimiter "x": it is one character such as ; or one of comma, semicolon, tab and pipe`},
		{"\n\n", "", 0, "the file has no header; its first row names the fields"},
		{"-----BEGIN OPENSSH PRIVATE KEY-----", "", 0, "the first line has no names of fields; is the file a CSV?"},
	} {
		plan := rows.Plan{Schema: sheetSchema(t), Delimiter: test.delimiter}
		for text := range strings.SplitSeq(strings.ReplaceAll(test.mappings, ", ", "\x00"), ",") {
			if text == "" {
				continue
			}
			m, err := rows.ParseMapping(strings.ReplaceAll(text, "\x00", ", "))
			if err != nil {
				t.Fatal(err)
			}
			plan.Map = append(plan.Map, m)
		}
		var got []string
		reader, err := rows.Open(strings.NewReader(test.header+"\n"), "b.csv", 1000, &plan)
		if err != nil {
			got = []string{err.Error()}
		} else {
			for _, c := range reader.Columns() {
				got = append(got, map[rows.Kind]string{rows.Typed: c.Pointer, rows.JSON: c.Pointer + ":", rows.Ignored: "x", rows.NoName: "-"}[c.Kind])
			}
		}
		if got := strings.Join(got, " "); got != test.want {
			t.Errorf("%q: %s, want %s", test.header, got, test.want)
		}
	}
}

// A mapping that is optional may have no column.
func TestOptionalMapping(t *testing.T) {
	for optional, want := range map[bool]string{true: "", false: `the header: no column is called "Nr", which is mapped to "seats"`} {
		plan := rows.Plan{Schema: sheetSchema(t), Map: []rows.Mapping{{Column: "Nr", Field: "seats", Optional: optional}}}
		_, err := rows.Open(strings.NewReader("serial\n"), "b.csv", 1000, &plan)
		if got := errorText(err); got != want {
			t.Errorf("%v: %q, want %q", optional, got, want)
		}
	}
}

// A mapping that is not optional has precedence over one that is.
func TestMappingPrecedence(t *testing.T) {
	plan := rows.Plan{Schema: sheetSchema(t), Map: []rows.Mapping{{Column: "nr", Field: "serial"}, {Column: "Nr", Field: "seats", Optional: true}}}
	reader, err := rows.Open(strings.NewReader("Nr\n"), "b.csv", 1000, &plan)
	if err != nil || reader.Columns()[0].Pointer != "/serial" {
		t.Errorf("%v %v", reader, err)
	}
}

// The names of unknown columns, for hints.
func TestUnknownColumns(t *testing.T) {
	var e *rows.HeaderError
	_, err := rows.Open(strings.NewReader("serial,Notes,company\n"), "b.csv", 1000, &rows.Plan{Schema: sheetSchema(t)})
	if !errors.As(err, &e) || strings.Join(e.Unknown, " ") != "Notes company" {
		t.Errorf("%#v", err)
	}
}

// A name that may be two fields is none.
func TestAmbiguousHeader(t *testing.T) {
	p := dated(t)
	_, err := rows.Open(strings.NewReader("Fr-om\n"), "b.csv", 1000, &rows.Plan{Template: p})
	if err != nil {
		t.Error(err)
	}
	rules, err := vendorSchemaOf(`{"type":"object","properties":{"a_b":{"type":"string"},"ab":{"type":"string"}}}`)
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]string{"A B": `the header: column 1 is "A B", which may be /a_b or /ab`, "ab": ""} {
		_, err := rows.Open(strings.NewReader(header+"\n"), "b.csv", 1000, &rows.Plan{Schema: rules})
		if got := errorText(err); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}

// Without a schema that knows the fields, a header that several delimiters may separate
// is in doubt.
func TestAmbiguousDelimiter(t *testing.T) {
	var doubt *rows.DoubtError
	_, err := rows.Open(strings.NewReader("\"a,b\";\"c|d\"\n"), "b.csv", 1000, &rows.Plan{Delimiter: ';'})
	if err != nil {
		t.Error(err)
	}
	rules, err := vendorSchemaOf(`{"type":"object","properties":{"a,b":{"type":"string"},"a":{"type":"string"},"c":{"type":"string"},"b;c":{"type":"string"}}}`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = rows.Open(strings.NewReader("a,b;c\n"), "b.csv", 1000, &rows.Plan{Schema: rules, Map: []rows.Mapping{{Column: "a,b", Field: "x"}, {Column: "b;c", Field: "y"}}})
	if err == nil || errors.As(err, &doubt) {
		t.Errorf("%v", err) // one of the mappings is not used, whatever the delimiter is
	}
}

// What Content makes of rows that are longer or shorter than the header.
func TestRowLength(t *testing.T) {
	for row, want := range map[string]string{
		"S-1;5;;":   `{"seats":5,"serial":"S-1"}`,
		"S-1;5":     `{"seats":5,"serial":"S-1"}`,
		"S-1;5;;;;": `{"seats":5,"serial":"S-1"}`,
		"S-1":       "the row has 1 field, and the header 4 fields",
		"S-1;5;x;":  `column 3 has no name in the header, but the row has "x" there`,
		"S-1;5;;x;": `column 4 has no name in the header, but the row has "x" there`,
		"S-1;5;;;x": "the row has 5 fields, and the header 4 fields",
		";;;":       "",
		" ; ;":      "",
	} {
		got := build(t, "b.csv", "serial;seats;;\n"+row+"\n", true, rows.Plan{Schema: sheetSchema(t)})
		if got, _, _ = strings.Cut(got, "; /"); got != want {
			t.Errorf("%q: %s, want %s", row, got, want)
		}
	}
}

// Blanks around the cells of a file that has one after each delimiter are not part of
// the cells.
func TestPadded(t *testing.T) {
	got := build(t, "b.csv", "serial, company_name, seats\nS-1,  \"Müller, Inc\", 5\nS-2, Acme , 6\n", true, rows.Plan{Schema: sheetSchema(t)})
	want := `{"company_name":"Müller, Inc","seats":5,"serial":"S-1"}` + "\n" + `{"company_name":"Acme","seats":6,"serial":"S-2"}`
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestParseMapping(t *testing.T) {
	for text, want := range map[string]string{
		"Company Name=customer": "Company Name>customer", "a=b=c": "a=b>c", "Notes=": "Notes>", " A = b ": "A>b", "x=seats:": "x>seats:",
		"": "error", "a": "error", "=b": "error", "a=/b~2": "error", "a=:": "error", "\xff=a": "error",
	} {
		m, err := rows.ParseMapping(text)
		got := m.Column + ">" + m.Field
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: %s %v, want %s", text, got, err, want)
		}
	}
}

func TestParseDelimiter(t *testing.T) {
	for text, want := range map[string]string{
		"": "\x00", ";": "semicolon", "Tab": "tab", `\t`: "tab", "\t": "tab", "pipe": "pipe", "^": "^", "comma": "comma",
		"x": "error", `"`: "error", ";;": "error", "é": "error", " ": "error", "\n": "error", "=": "error",
	} {
		d, err := rows.ParseDelimiter(text)
		got := d.String()
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: %q %v, want %q", text, got, err, want)
		}
	}
}
