package records_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/records"
)

// read returns the records of a text as "line: text" or "line! text".
func read(text string, max int, isCSV bool) []string {
	var all []string
	for r := range records.NewReader(strings.NewReader(text), max, isCSV).All() {
		mark := ":"
		if r.Err != nil {
			mark = "!"
		}
		all = append(all, fmt.Sprintf("%d%s %s", r.Line, mark, r.Text))
	}
	return all
}

func TestLines(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"\n\n  \n", nil},
		{"a", []string{"1: a"}},
		{"a\nb\n", []string{"1: a", "2: b"}},
		{"a\r\n\r\nb\r\n", []string{"1: a", "3: b"}},
		{"\"a\nb", []string{"1: \"a", "2: b"}},
		{"123456789\n1234567890\n12345678901\nb\n", []string{"1: 123456789", "2: 1234567890", "3! 12345678901", "4: b"}},
		{strings.Repeat("x", 300_000) + "\nb", []string{"1! xxxxxxxxxxxx", "2: b"}},
	} {
		if diff := cmp.Diff(tt.want, read(tt.text, 10, false)); diff != "" {
			t.Errorf("%.40q (-want +got):\n%s", tt.text, diff)
		}
	}
}

func TestRows(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"a,b\nc,d\n", []string{"1: a,b", "2: c,d"}},
		{"\"a\nb\",c\nd\n", []string{"1: \"a\nb\",c", "3: d"}},
		{"\"a\n\nb\"\n\nd\n", []string{"1: \"a\n\nb\"", "5: d"}},
		{"\"a\r\nb\"\r\n", []string{"1: \"a\nb\""}},
		{"\"a\"\"\n,\"\"b\"\nd\n", []string{"1: \"a\"\"\n,\"\"b\"", "3: d"}},
		// A quote that is wrong costs its own line, and no other.
		{"a\"b\nc\n", []string{"1! a\"b", "2: c"}},
		{"\"a\"b\nc\n", []string{"1! \"a\"b", "2: c"}},
		{"\"a\nb\nc\n", []string{"1! \"a", "2: b", "3: c"}},
		{"\"a\nb\n\"c\",d\n", []string{"1! \"a", "2: b", "3: \"c\",d"}},
		{"\"a\n\"b\n\"c\"\n", []string{"1! \"a", "2! \"b", "3: \"c\""}},
		{"\"a\n" + strings.Repeat("b\n", 40), append([]string{"1! \"a"}, rows("b", 40, 2)...)},
	} {
		if diff := cmp.Diff(tt.want, read(tt.text, 30, true)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.text, diff)
		}
	}
}

func rows(text string, n, line int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%d: %s", line+i, text))
	}
	return all
}

// An error of the stream is not its end, and no half of a line is a record.
func TestReadError(t *testing.T) {
	broken := errors.New("broken")
	r := records.NewReader(iotest.DataErrReader(&failing{strings.NewReader("a\nb"), broken}), 10, false)
	var got []string
	for record := range r.All() {
		got = append(got, string(record.Text))
	}
	if !cmp.Equal(got, []string{"a"}) || r.Err() != broken {
		t.Errorf("got %q, %v", got, r.Err())
	}
}

type failing struct {
	*strings.Reader
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err != nil {
		err = f.err
	}
	return n, err
}

// All lines that are not empty are in exactly one record, in order, and what
// encoding/csv can read as one row has the same fields here.
func FuzzRows(f *testing.F) {
	for _, text := range []string{"a,b\nc,d\n", "\"a\nb\",\"\"\"\"\n", "\"a\n\"b\n\"c\"\n", "a\"b\n,,\"\"\n", "\r\r\n\"\r\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		const max = 100
		var lines, got []string
		for r := range records.NewReader(bytes.NewReader(text), max, false).All() {
			lines = append(lines, string(r.Text))
		}
		for r := range records.NewReader(bytes.NewReader(text), max, true).All() {
			if r.Err != nil {
				got = append(got, string(r.Text))
				continue
			}
			for line := range strings.SplitSeq(string(r.Text), "\n") {
				if strings.TrimSpace(line) != "" {
					got = append(got, line)
				}
			}
			fields, quoted, err := records.Fields(r.Text)
			if err != nil || len(fields) != len(quoted) {
				t.Fatalf("%q has no fields: %v", r.Text, err)
			}
			if bytes.ContainsRune(r.Text, '\r') {
				continue // encoding/csv changes it
			}
			want, err := csv.NewReader(bytes.NewReader(r.Text)).Read()
			if err != nil || !slices.Equal(want, fields) {
				t.Fatalf("%q: got %q, encoding/csv says %q, %v", r.Text, fields, want, err)
			}
		}
		if diff := cmp.Diff(lines, got); diff != "" {
			t.Errorf("%q (-lines +got):\n%s", text, diff)
		}
	})
}
