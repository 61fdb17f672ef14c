package rows

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// The last character of a long line without an end counts, too.
func TestEncodingOfLastCharacter(t *testing.T) {
	for text, isUTF8 := range map[string]bool{"": true, "x": true, "ü": true, "\xfc": false} {
		w := new(words)
		w.line([]byte(text), true)
		if got, _ := w.encoding(); (got == utf8Encoding) != isUTF8 {
			t.Errorf("%q: the encoding is %q", text, got)
		}
	}
}

// There is no line after the last, and none that a read error cuts off.
func TestLinesEnd(t *testing.T) {
	for text, broken := range map[string]bool{"a\n": false, "a\nb": true} {
		var r io.Reader = strings.NewReader(text)
		if broken {
			r = io.MultiReader(r, iotest.ErrReader(io.ErrUnexpectedEOF))
		}
		l := newLines(r, 10)
		if row, ok := l.next(); !ok || string(row.Text) != "a" {
			t.Errorf("%q: got %q, %t", text, row.Text, ok)
		}
		for range 2 {
			if row, ok := l.next(); ok || (l.Err() != nil) != broken {
				t.Errorf("%q: another line %q, %v", text, row.Text, l.Err())
			}
		}
	}
}

// A cell is kept if two formats read it differently which no cell before has told apart.
func TestLookKeeps(t *testing.T) {
	l := new(look)
	for i, test := range []struct {
		readings []reading
		want     int // how many are kept afterwards
	}{
		{[]reading{{dayFirst, "2027-01-01"}, {monthFirst, "2027-01-01"}}, 0},
		{[]reading{{dayFirst, "2027-02-01"}, {monthFirst, "2027-01-02"}}, 1},
		{[]reading{{dayFirst, "2027-03-01"}, {monthFirst, "2027-01-03"}}, 1},
		{[]reading{{dayFirst, "2027-12-31"}, {yearFirst, "2031-12-27"}}, 2},
		{[]reading{{dayFirst, "2027-03-03"}, {monthFirst, "2027-03-03"}, {yearFirst, "2003-03-27"}}, 3},
		{[]reading{{serial1900, "2027-12-31"}, {serial1904, "2032-01-01"}}, 3},
	} {
		if l.keep(unlike{readings: test.readings}); len(l.unlike) != test.want {
			t.Errorf("cell %d: %d are kept, want %d", i, len(l.unlike), test.want)
		}
	}
}
