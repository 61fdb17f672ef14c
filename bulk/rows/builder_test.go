package rows_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/schema"
)

func vendorSchema(t *testing.T) *schema.Schema {
	t.Helper()
	rules, err := schema.Compile("own", []byte(`{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
		"properties":{"id":{"type":"string"},"from":{"type":"string"},"until":{"type":"string"},"limits":{"type":"object","properties":{"seats":{"type":"integer"}}}},
		"x-licseal":{"roles":{"id":"/id","not_before":"/from","not_after":"/until"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// What rows become: a payload, or everything that is wrong with them.
func TestBuilder(t *testing.T) {
	const dates = `{"from":"2026-01-01","until":"2027-01-01"}`
	tests := []struct {
		name, file, template string
		plan                 rows.Plan
		text                 string
		want                 string // a line for each row: its payload, or its error
	}{
		{"a table and a template", "b.csv", `{"from":"2026-01-01","open":true,"until":"2027-01-01"}`, rows.Plan{},
			"id,open,note\n1,false,x\n2,,\"\"\n3,,\n",
			`{"from":"2026-01-01","id":"1","note":"x","open":false,"until":"2027-01-01"}` + "\n" +
				`{"from":"2026-01-01","id":"2","note":"","open":true,"until":"2027-01-01"}` + "\n" +
				`{"from":"2026-01-01","id":"3","open":true,"until":"2027-01-01"}`},
		{"fields within others", "b.csv", `{"from":"2026-01-01","limits":{"seats":1,"sites":2},"until":"2027-01-01"}`, rows.Plan{},
			"id,limits.seats:,/limits/note\n1,9,x\n",
			`{"from":"2026-01-01","id":"1","limits":{"note":"x","seats":9,"sites":2},"until":"2027-01-01"}`},
		{"payloads as they are", "b.ndjson", `{}`, rows.Plan{},
			`{"id":"1"}` + "\n", `{"id":"1"}`},
		{"payloads and a template", "b", `{"limits":{"seats":1,"sites":2}}`, rows.Plan{},
			`{"id":"1","limits":{"seats":9}}` + "\n", `{"id":"1","limits":{"seats":9,"sites":2}}`},
		{"dates", "b.csv", `{}`, rows.Plan{Created: "2026-02-01", Expires: "+30d"},
			"id\n1\n", `{"from":"2026-02-01","id":"1","until":"2026-03-03"}`},
		{"a default expiry", "b.csv", `{}`, rows.Plan{Created: "2026-02-01", DefaultExpires: "+30d"},
			"id,until\n1,\n2,2026-12-31\n", `{"from":"2026-02-01","id":"1","until":"2026-03-03"}` + "\n" + `{"from":"2026-02-01","id":"2","until":"2026-12-31"}`},
		{"a default expiry, with nested fields", "b.csv", `{}`, rows.Plan{Created: "2026-02-01", DefaultExpires: "+30d"},
			"id,limits.seats:,until\n1,1,\n2,1,2026-12-31\n", `{"from":"2026-02-01","id":"1","limits":{"seats":1},"until":"2026-03-03"}` + "\n" + `{"from":"2026-02-01","id":"2","limits":{"seats":1},"until":"2026-12-31"}`},
		{"a default expiry of payloads", "b.ndjson", `{}`, rows.Plan{DefaultExpires: "2026-12-31"},
			`{"id":"1"}` + "\n", `{"id":"1","until":"2026-12-31"}`},
		{"today, in a table", "b.csv", `{}`, rows.Plan{},
			"id,from\n1,\n2,2020-01-01\n", `{"from":"2026-07-01","id":"1"}` + "\n" + `{"from":"2020-01-01","id":"2"}`},
		{"today, in payloads", "b.ndjson", `{}`, rows.Plan{Complete: true},
			`{"id":"1"}` + "\n", `{"from":"2026-07-01","id":"1"}`},
		{"today, by name", "b.ndjson", `{}`, rows.Plan{Created: edit.Today},
			`{"from":"2020-01-01"}` + "\n", `{"from":"2026-07-01"}`},
		{"all that is wrong", "b.csv", `{"limits":{"seats":1},"open":true}`, rows.Plan{},
			"id,open,from,until,seats:,limits:\n1,maybe,2026-03-01,2026-02-01,x,\"{\"\"seats\"\":\"\"y\"\"}\"\n",
			`/open: "maybe" is not of the type that the template has there` + "; " +
				`/seats: "x" is not JSON; put strings in quotes, or in a column without ':'` + "; " +
				`/limits/seats: found the string "y"; an integer is expected` + "; " +
				`/until: the licence expires (2026-02-01T00:00:00Z) before it was created (2026-03-01T00:00:00Z)`},
		{"an expiry that cannot be set", "b.csv", dates, rows.Plan{Expires: "+1d"},
			"id,from\n1,soon\n", `expires +1d counts from the creation date, and "soon" is not a date; ` + `/from: found the string "soon" where a date is expected; write it as "2027-12-31" or as an RFC 3339 time`},
		{"a path that leads nowhere", "b.csv", dates, rows.Plan{},
			"from.day\nx\n", `/from/day: the value that should contain "day" is not an object`},
		{"bytes that are not UTF-8", "b.csv", dates, rows.Plan{},
			"id\n\xff\n", `/id: the text is not UTF-8; save the file as UTF-8`},
		{"too few cells", "b.csv", dates, rows.Plan{},
			"id,a\n1\n", `the row has 1 field, and the header 2 fields`},
		{"a licence", "b.ndjson", `{}`, rows.Plan{},
			`{"license":{"payload":{}}}` + "\n", `this is a licence, not a payload`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			reader, err := rows.Open(strings.NewReader(test.text), test.file, 1000, nil)
			if err != nil {
				t.Fatal(err)
			}
			plan := test.plan
			plan.Schema = vendorSchema(t)
			if plan.Template, err = licseal.ParsePayload([]byte(test.template)); err != nil {
				t.Fatal(err)
			}
			builder, err := rows.NewBuilder(reader, &plan)
			if err != nil {
				t.Fatal(err)
			}
			if builder.UsesToday() {
				builder.SetToday("2026-07-01")
			}
			var got []string
			for row := range rows.All(reader) {
				p, err := builder.Payload(row.Text)
				if err != nil {
					got = append(got, strings.ReplaceAll(err.Error(), "\n", "; "))
				} else {
					got = append(got, string(p.Bytes()))
				}
			}
			if diff := cmp.Diff(test.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Which format a batch has.
func TestOpen(t *testing.T) {
	const csv, ndjson = "id\n1\n", "{\"id\":\"1\"}\n"
	for _, test := range []struct {
		name, text string
		columns    int
		err        string
	}{
		{"b.csv", csv, 1, ""},
		{"B.CSV", csv, 1, ""},
		{"b", csv, 1, ""},
		{"-", " \r\n" + csv, 1, ""},
		{"b", "\ufeff" + csv, 1, ""},
		{"b", ndjson, 0, ""},
		{"b", "\ufeff\n" + ndjson, 0, ""},
		{"b.jsonl", ndjson, 0, ""},
		{"b.json", csv, 0, ""},
		{"b", "", 0, ""},
		{"b", " \n", 0, ""},
		{"b.csv", "", 0, "the file has no header"},
		{"b.csv", "a;b\n", 2, ""},
		{"b.csv", "a,b\r1,2\r", 0, "the header: column 2 has a control character in its name; lines must end in LF or CR LF, not in CR alone"},
		{"b.csv", "a,b,a\n", 0, `the header: columns 1 and 3 are both the field /a`},
		{"b.csv", "a,,b\n", 0, "the header: column 2 has no name"},
		{"b.csv", "a,/b~2\n", 0, `the header: column 2 is "/b~2", which is not a field name`},
		{"b.csv", "\"a\n", 0, "the header: the quotes do not match"},
		{"b.csv", strings.Repeat("x", 2000), 0, "line 1: the header: the line is longer than 1000 bytes, the limit"},
	} {
		reader, err := rows.Open(strings.NewReader(test.text), test.name, 1000, nil)
		switch {
		case test.err != "":
			if err == nil || !strings.HasPrefix(err.Error(), test.err) {
				t.Errorf("%s %.20q: %v, want %s", test.name, test.text, err, test.err)
			}
		case err != nil:
			t.Errorf("%s %.20q: %v", test.name, test.text, err)
		case len(reader.Columns()) != test.columns:
			t.Errorf("%s %.20q has %d columns, want %d", test.name, test.text, len(reader.Columns()), test.columns)
		}
	}
}

// Dates get the layout that the schema requires.
func TestDatesHaveTheLayoutOfTheSchema(t *testing.T) {
	template, err := licseal.ParsePayload([]byte(`{"customer_name":"Example Company, Inc","delay_expiry_days":10,"delay_max_uses_perc":10,
		"entitlements":{},"max_machines":1,"ordered_entitlements_keys":[],"key":"K","policy":"p","product_id":"x","external_refs":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	got := build(t, "b.csv", "id,created,expiry\n1,2026-01-01,2027-01-01\n", true, rows.Plan{Schema: schema.Entitlement(), Template: template})
	for _, want := range []string{`"created":"2026-01-01T00:00:00.000Z"`, `"expiry":"2027-01-01T00:00:00.000Z"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
