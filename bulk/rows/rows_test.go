package rows

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
)

// read returns the rows of a text as "line: text" or "line! text".
func read(r Reader) []string {
	var all []string
	for r := range All(r) {
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
		{"\ufeffa\n\ufeffb", []string{"1: a", "2: \ufeffb"}},
		{strings.Repeat("x", 300_000) + "\nb", []string{"1! xxxxxxxxxxxx", "2: b"}},
	} {
		if diff := cmp.Diff(tt.want, read(NewNDJSON(strings.NewReader(tt.text), 10))); diff != "" {
			t.Errorf("%.40q (-want +got):\n%s", tt.text, diff)
		}
	}
}

// csvWithoutHeader returns a reader of CSV whose first row is a row like the others.
func csvWithoutHeader(text string, maxBytes int) *csvReader {
	return &csvReader{lines: newLines(strings.NewReader(text), maxBytes), dialect: dialect{delimiter: ','}}
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
		{"\"a\n" + strings.Repeat("b\n", 40), append([]string{"1! \"a"}, repeated("b", 40, 2)...)},
	} {
		if diff := cmp.Diff(tt.want, read(csvWithoutHeader(tt.text, 30))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.text, diff)
		}
	}
}

func repeated(text string, n, line int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%d: %s", line+i, text))
	}
	return all
}

// An error of the stream is not its end, and a line cut off by it is dropped.
func TestReadError(t *testing.T) {
	broken := errors.New("broken")
	r := NewNDJSON(iotest.DataErrReader(&failing{strings.NewReader("a\nb"), broken}), 10)
	var got []string
	for row := range All(r) {
		got = append(got, string(row.Text))
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

// All lines that are not empty are in exactly one row, in order, and what
// encoding/csv can read as one row has the same fields here.
func FuzzRows(f *testing.F) {
	for _, text := range []string{"a,b\nc,d\n", "\"a\nb\",\"\"\"\"\n", "\"a\n\"b\n\"c\"\n", "a\"b\n,,\"\"\n", "\r\r\n\"\r\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		const max = 100
		var lines, got []string
		for r := range All(NewNDJSON(bytes.NewReader(text), max)) {
			if !(dialect{delimiter: ','}).isBlank(r.Text) {
				lines = append(lines, string(r.Text))
			}
		}
		for r := range All(csvWithoutHeader(string(text), max)) {
			if r.Err != nil { // such as a line that is too long, of which the start is there
				if !(dialect{delimiter: ','}).isBlank(r.Text) {
					got = append(got, string(r.Text))
				}
				continue
			}
			for line := range strings.SplitSeq(string(r.Text), "\n") {
				if !(dialect{delimiter: ','}).isBlank([]byte(line)) {
					got = append(got, line)
				}
			}
			cells, err := dialect{delimiter: ','}.cells(r.Text)
			if err != nil {
				t.Fatalf("%q has no fields: %v", r.Text, err)
			}
			var fields []string
			for _, cell := range cells {
				fields = append(fields, cell.Text)
			}
			if bytes.ContainsRune(r.Text, '\r') || bytes.ContainsRune(r.Text, '=') {
				continue // encoding/csv changes it, or does not know ="00123"
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
