package rows_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/bulk/rows"
)

// The example of a table has the types that all cells of a column have.
func TestExampleOfTable(t *testing.T) {
	tests := []struct{ name, table, want string }{
		{"types", "Serial No;Company Name;Seats;Rate;Until;Active\nA-1;Müller;5;1;31.12.2027;true\nA-2;X;25000;1.5;30.11.2027;false\n",
			`{"active":true,"company_name":"text","rate":1.5,"seats":1,"serial_no":"text","until":"2026-01-01"}`},
		{"mixed", "id,seats,until\n1,5,2027-01-01\n2,many,never\n", `{"id":1,"seats":"text","until":"text"}`},
		{"empty cells", "id,seats\nA,\nB,5\n", `{"id":"text","seats":1}`},
		{"leading zeros", "id,zip\nA,01234\nB,99999\n", `{"id":"text","zip":"text"}`},
		{"no rows", "id,seats\n", `{"id":"text","seats":"text"}`},
		{"inside objects", "id,limits.seats\nA,5\n", `{"id":"text","limits":{"seats":1}}`},
		{"payloads", `{"id":"A","seats":5}` + "\n" + `{"id":"B"}`, `{"id":"A","seats":5}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := rows.Open(strings.NewReader(test.table), "", 1<<20, nil)
			if err != nil {
				t.Fatal(err)
			}
			p, err := rows.Example(r)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(p.Bytes())); diff != "" {
				t.Error(diff)
			}
		})
	}
}
