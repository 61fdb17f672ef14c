package rows_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/schema"
)

// sheetSchema has a field of each type.
func sheetSchema(t *testing.T) *schema.Schema {
	t.Helper()
	rules, err := sheetSchemaOnce()
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

var sheetSchemaOnce = sync.OnceValues(func() (*schema.Schema, error) {
	return schema.Compile("sheet", []byte(`{"type":"object","required":["serial"],"additionalProperties":false,
		"properties":{"serial":{"type":"string"},"company_name":{"type":"string"},"from":{"type":"string"},"until":{"type":"string","format":"date"},"support_until":{"type":"string","format":"date"},
			"seats":{"type":"integer"},"price":{"type":"number"},"open":{"type":["boolean","null"]},"tags":{"type":"array"},
			"uses":{"type":["integer","string"]},"limits":{"type":"object","properties":{"sites":{"type":"integer"}}}},
		"x-licseal":{"roles":{"id":"/serial","not_before":"/from","not_after":"/until"}}}`))
})

// build returns what a batch becomes: a line for each row, its payload or its error, or
// the error of the whole batch. If look, the whole batch is looked at first.
func build(t *testing.T, file, text string, look bool, plan rows.Plan) string {
	t.Helper()
	if plan.Template.Equal(licseal.Payload{}) {
		plan.Template, _ = licseal.ParsePayload([]byte(`{}`))
	}
	if look {
		found, err := rows.Look(t.Context(), strings.NewReader(text), file, 1000, &plan)
		if err != nil {
			return err.Error()
		}
		plan.Found = found
	}
	reader, err := rows.Open(strings.NewReader(text), file, 1000, &plan)
	if err != nil {
		return err.Error()
	}
	builder, err := rows.NewBuilder(reader, &plan)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for row := range rows.All(reader) {
		p, err := builder.Payload(row.Text)
		if row.Err != nil {
			err = row.Err
		}
		if err != nil {
			got = append(got, strings.ReplaceAll(err.Error(), "\n", "; "))
		} else {
			got = append(got, string(p.Bytes()))
		}
	}
	return strings.Join(got, "\n")
}

// Each text in a cell becomes a value of the type that the schema has for the field, or
// an error. None becomes another value than its author meant.
func TestCells(t *testing.T) {
	for _, test := range []struct{ column, cell, want string }{
		{"seats", "18", `18`},
		{"seats", "-1", `-1`},
		{"seats", " 18 ", `18`},
		{"seats", `""`, ``},
		{"seats", "018", `/seats: "018" is not an integer such as 1000, without separators, exponent, unit or leading zeros`},
		{"seats", "1e5", `/seats: "1e5" is not an integer such as 1000, without separators, exponent, unit or leading zeros`},
		{"seats", "18.0", `/seats: "18.0" is not an integer such as 1000, without separators, exponent, unit or leading zeros`},
		{"seats", "1.000", `/seats: "1.000" is 1 in some countries and 1000 in others`},
		{"seats", `"1,000"`, `/seats: "1,000" is 1 in some countries and 1000 in others`},
		{"seats", `"1,250"`, `/seats: "1,250" is 1.25 in some countries and 1250 in others`},
		{"seats", `"1.000,50"`, `/seats: "1.000,50" is not an integer such as 1000, without separators, exponent, unit or leading zeros`},
		{"seats", "five", `/seats: "five" is not an integer such as 1000, without separators, exponent, unit or leading zeros`},
		{"seats", "1E+05", `/seats: "1E+05" is a number that the spreadsheet has shortened; give the column the format of a text, and enter it again`},
		{"price", "1000.5", `1000.5`},
		{"price", "0.125", `0.125`},
		{"price", "10.125", `/price: "10.125" is 10.125 in some countries and 10125 in others`},
		{"price", "1.0000", `1`},
		{"price", `"1.000,50"`, `/price: "1.000,50" is not a number such as 1000.5, without separators, exponent, unit or leading zeros`},
		{"price", `"1,5"`, `/price: "1,5" is not a number such as 1000.5, without separators, exponent, unit or leading zeros`},
		{"price", "12 %", `/price: "12 %" is not a number such as 1000.5, without separators, exponent, unit or leading zeros`},
		{"open", "TRUE", `true`},
		{"open", "False", `false`},
		{"open", "WAHR", `/open: "WAHR" is neither true nor false`},
		{"open", "1", `/open: "1" is neither true nor false`},
		{"open", "", ``},
		{"tags", `"[""a""]"`, `["a"]`},
		{"tags", "a", `/tags: "a" is not a JSON object or array`},
		{"uses", "unlimited", `"unlimited"`},
		{"uses", "5", `/uses: "5" may be a number or a text; in a column called "uses:", it is the number, and "\"5\"" is the text`},
		{"uses:", "5", `5`},
		{"limits.sites", "7", `{"sites":7}`},
		{"seats:", "1.000", `1`}, // JSON has one reading
		{"company_name", "00123", `"00123"`},
		{"company_name", `="00123"`, `"00123"`},
		{"company_name", `"=""00123"""`, `"00123"`},
		{"company_name", `"=""a""&""b"""`, `"=\"a\"&\"b\""`},
		{"company_name", "TRUE", `"TRUE"`},
		{"company_name", "1.000,5", "the row has 3 fields, and the header 2 fields"},
		{"company_name", "1.23457E+15", `/company_name: "1.23457E+15" is a number that the spreadsheet has shortened; give the column the format of a text, and enter it again`},
		{"company_name", "#N/A", `/company_name: "#N/A" is an error of the spreadsheet, and not a value`},
		{"company_name", "#####", `/company_name: "#####" is an error of the spreadsheet, and not a value`},
		{"company_name", "#1 Bakery", `"#1 Bakery"`},
		{"company_name", "M\ufffdller", `/company_name: "M` + "\ufffd" + `ller" has a character that was lost when the file was saved; save it as UTF-8`},
		{"company_name", `"a` + "\n" + `b"`, `"a\nb"`},
	} {
		text := "serial," + test.column + "\nS-1," + test.cell + "\n"
		got := build(t, "b.csv", text, false, rows.Plan{Schema: sheetSchema(t), Template: dated(t)})
		for _, other := range []string{`"from":"2026-01-01",`, `,"until":"2027-01-01"`, `"serial":"S-1",`, `,"serial":"S-1"`, `"serial":"S-1"`} {
			got = strings.Replace(got, other, "", 1)
		}
		if members, ok := strings.CutPrefix(got, "{"); ok {
			_, got, _ = strings.Cut(strings.TrimSuffix(members, "}"), ":")
		}
		if got != test.want {
			t.Errorf("%s %q: %s, want %s", test.column, test.cell, got, test.want)
		}
	}
}

// dated is a template with both dates.
func dated(t *testing.T) licseal.Payload {
	t.Helper()
	p, err := licseal.ParsePayload([]byte(`{"from":"2026-01-01","until":"2027-01-01"}`))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A number with two readings ends the whole batch before the first row, if it can be
// looked at as a whole.
func TestDoubtfulNumbers(t *testing.T) {
	got := build(t, "b.csv", "serial,from,seats\nS-1,2026-01-01,5\nS-2,2026-01-01,1.000\n", true, rows.Plan{Schema: sheetSchema(t)})
	if want := `line 3: /seats: "1.000" is 1 in some countries and 1000 in others`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A row of totals is not a licence, unless odd ids are allowed.
func TestTotals(t *testing.T) {
	for odd, want := range map[bool]string{
		false: `/serial: "Summe:" looks like the totals of a table, and not like an id; delete the row`,
		true:  `{"from":"2026-01-01","seats":5,"serial":"Summe:","until":"2027-01-01"}`,
	} {
		got := build(t, "b.csv", "serial,seats\nSumme:,5\n", true, rows.Plan{Schema: sheetSchema(t), Template: dated(t), AllowOddID: odd})
		if got != want {
			t.Errorf("%v: %s, want %s", odd, got, want)
		}
	}
}

// What dates become: where the whole column is looked at, and where it is not.
func TestDates(t *testing.T) {
	for _, test := range []struct {
		cells  string // of the column until, one a row, with _ for a blank
		format rows.DateFormat
		whole  string // dates, or the error
		single string // the same without a look at the whole; "" if the same
	}{
		{"2027-12-31", "", "2027-12-31", ""},
		{"2027-12-31T00:00:00Z", "", "2027-12-31T00:00:00Z", ""},
		{"2027-12-31_00:00:00", "", "2027-12-31", ""},
		{"2027/1/2", "", "2027-01-02", ""},
		{"20271231", "", "2027-12-31", ""},
		{"31.12.2027", "", "2027-12-31", ""},
		{"31._12._2027", "", "2027-12-31", ""},
		{"12/31/2027", "", "2027-12-31", ""},
		{"12/31/2027_12:00:00_AM", "", "2027-12-31", ""},
		{"31-Dec-27", "", "2027-12-31", ""},
		{"31._Dezember_2027", "", "2027-12-31", ""},
		{"31_déc._2027", "", "2027-12-31", ""},
		{"December_31,_2027", "", "2027-12-31", ""},
		{"Friday,_December_31,_2027", "", "2027-12-31", ""},
		{"1_juin_2027 1_juil._2027 1_jui_2027", "", "2027-06-01 2027-07-01 unread", ""},
		{"1.2.2027 31.12.2027", "", "2027-02-01 2027-12-31", "two 2027-12-31"},
		{"1.2.2027 12.31.2027", "", "2027-01-02 2027-12-31", "two 2027-12-31"},
		{"1.1.2027 2.2.2027", "", "2027-01-01 2027-02-02", ""},
		{"1.2.2027 2027-12-31", "", `line 2: /until: "1.2.2027" is 2027-02-01 as dd.mm.yyyy, and 2027-01-02 as mm/dd/yyyy, and no other date in the column decides`, "two 2027-12-31"},
		{"31.12.2027 12.31.2027", "", `/until: "31.12.2027" in line 2 is a date as dd.mm.yyyy, and "12.31.2027" in line 3 only as mm/dd/yyyy`, "2027-12-31 2027-12-31"},
		{"1.2.2027", "dd.mm.yyyy", "2027-02-01", ""},
		{"1.2.2027", "mm/dd/yyyy", "2027-01-02", ""},
		{"12.31.2027 1.2.2027", "dd.mm.yyyy", "unread 2027-02-01", ""},
		{"31/12/27", "", `line 2: /until: "31/12/27" is 2027-12-31 as dd.mm.yyyy, and 2031-12-27 as yy-mm-dd, and no other date in the column decides`, "two"},
		{"31/12/27 31/12/99", "", "2027-12-31 2099-12-31", "two 2099-12-31"},
		{"31/12/27", "dd.mm.yyyy", "2027-12-31", ""},
		{"31/12/27", "yy-mm-dd", "2031-12-27", ""},
		{"46752", "", `line 2: /until: "46752" is 2027-12-31 as excel, and 2032-01-01 as excel-1904, and no other date in the column decides`, "two"},
		{"46752", "excel", "2027-12-31", ""},
		{"311227", "dd.mm.yyyy", "2027-12-31", ""},
		{"311 3112 31122 3112271 311220271", "dd.mm.yyyy", "unread unread unread unread unread", ""},
		{"46752", "excel-1904", "2032-01-01", ""},
		{"46752 31.12.2027", "", `/until: "46752" in line 2 is a date as excel, and "31.12.2027" in line 3 only as dd.mm.yyyy`, "two 2027-12-31"},
		{"29.02.2027", "", "unread", ""},
		{"31.12.2027_18:00", "", "unread", ""},
		{"soon 31.12.2027", "", "unread 2027-12-31", ""},
		{"0031-12-2027", "", "unread", ""},
		{"31.12/2027", "", "unread", ""},
	} {
		for _, look := range []bool{true, false} {
			var text strings.Builder
			text.WriteString("serial;until;from\n")
			for i, cell := range strings.Fields(test.cells) {
				fmt.Fprintf(&text, "S-%d;%s;2020-01-01\n", i, strings.ReplaceAll(cell, "_", " "))
			}
			got := build(t, "b.csv", text.String(), look, rows.Plan{Schema: sheetSchema(t), DateFormat: test.format})
			want := test.whole
			if !look && test.single != "" {
				want = test.single
			}
			if !strings.Contains(want, " as ") {
				got = datesIn(got)
			}
			if got != want {
				t.Errorf("%q look=%v: %s, want %s", test.cells, look, got, want)
			}
		}
	}
}

// datesIn returns the dates until in payloads, "two" for an error about two readings,
// and "unread" for a text that is no date.
func datesIn(payloads string) string {
	var all []string
	for line := range strings.SplitSeq(payloads, "\n") {
		_, date, _ := strings.Cut(line, `"until":"`)
		date, _, _ = strings.Cut(date, `"`)
		if _, err := licseal.ParseDate(date, nil); strings.Contains(line, " as ") {
			date = "two"
		} else if err != nil {
			date = "unread"
		}
		all = append(all, date)
	}
	return strings.Join(all, " ")
}

func TestParseDateFormat(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "dd.mm.yyyy": "dd.mm.yyyy", "D/M/YY": "dd.mm.yyyy", "m-d-yyyy": "mm/dd/yyyy", "mmm d yyyy": "mm/dd/yyyy",
		"yyyy-mm-dd": "yyyy-mm-dd", "yyyymmdd": "yyyy-mm-dd", "yy/m/d": "yy-mm-dd", "Excel": "excel", "excel-1904": "excel-1904",
		"dd.mm": "error", "dd.dd.yyyy": "error", "yyyy-dd-mm": "error", "dd.mm.yyy": "error", "%d.%m.%Y": "error",
		"yyyy-m-d": "yyyy-mm-dd", "yyyy-dd-dd": "error", "mm-mm-dd": "error", "d.m.y": "error",
	} {
		got, err := rows.ParseDateFormat(text)
		if err != nil {
			got = "error"
		}
		if string(got) != want {
			t.Errorf("%q: %q %v, want %q", text, got, err, want)
		}
	}
}

// A batch that can be looked at is where it was afterwards.
func TestLookGoesBack(t *testing.T) {
	r := strings.NewReader("x,y\nserial,until\nS-1,31.12.2027\n")
	r.Seek(4, 0)
	if _, err := rows.Look(t.Context(), r, "b.csv", 1000, &rows.Plan{Schema: sheetSchema(t)}); err != nil {
		t.Fatal(err)
	}
	if r.Len() != 28 {
		t.Errorf("%d bytes are left", r.Len())
	}
	var doubt *rows.DoubtError
	_, err := rows.Look(t.Context(), strings.NewReader("serial,until\nS-1,1.2.2027\n"), "b.csv", 1000, &rows.Plan{Schema: sheetSchema(t)})
	if !errors.As(err, &doubt) || doubt.Setting != rows.SettingDateFormat || strings.Join(doubt.Values, " ") != "dd.mm.yyyy mm/dd/yyyy" {
		t.Errorf("%#v", err)
	}
}
