//go:build unix

package dump_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal/internal/sqldb/dump"
)

// What is read only in part comes with one error, at its end, and never becomes a dump.
func TestInterruptedDump(t *testing.T) {
	for name, open := range opens {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			fill(t, db, "x")
			for _, rows := range []int{0, 1, 3, 9} { // after which it is interrupted
				ctx, cancel := context.WithCancel(t.Context())
				err := dump.Snapshot(t.Context(), db, func(tx *sql.Tx) error {
					source, err := dump.Of(ctx, tx, db.Dialect)
					if err != nil {
						return err
					}
					interrupt := func() { cancel(); time.Sleep(20 * time.Millisecond) } // the driver has noticed it then
					if rows == 0 {
						interrupt()
					}
					n, failures := 0, 0
					for _, err := range source.Rows {
						if failures > 0 {
							t.Errorf("after %d rows, there is more than the error", rows)
						}
						if err != nil {
							failures++
							continue
						}
						if n++; n == rows {
							interrupt()
						}
					}
					if failures != 1 {
						t.Errorf("interrupted after %d rows, it ends with %d errors", rows, failures)
					}
					for _, err := range source.Rows { // whoever stops at the error gets no more
						if err == nil {
							t.Error("there are rows after the interrupt")
						}
						break
					}
					_, err = dump.Write(io.Discard, source, time.Unix(0, 0), "a database")
					return err
				})
				if err == nil {
					t.Errorf("after %d rows, a dump was written", rows)
				}
				cancel()
			}
		})
	}
}

// Whoever wants no more rows gets none, neither from a database nor from a dump.
func TestStop(t *testing.T) {
	for name, open := range opens {
		db := open(t)
		fill(t, db, "x")
		fromDB, err := dump.Of(t.Context(), db, db.Dialect)
		if err != nil {
			t.Fatal(err)
		}
		for _, source := range []dump.Source{fromDB, read(t, dumpOf(t, db))} {
			counts, err := source.Count()
			if err != nil {
				t.Fatal(err)
			}
			all := int64(0)
			for _, n := range counts {
				all += n
			}
			for stop := range all {
				n := int64(0)
				source.Rows(func(_ dump.Row, err error) bool {
					if n++; n > stop+1 || err != nil {
						t.Errorf("%s: stopped at row %d, there is another one, %v", name, stop+1, err)
					}
					return n <= stop
				})
			}
		}
	}
}

// A dump that cannot be read again, or to its end, comes with the error of the reader, and one
// that cannot be written with that of the writer.
func TestBrokenFiles(t *testing.T) {
	db := opens["SQLite"](t)
	fill(t, db, "x")
	text := dumpOf(t, db)
	for name, file := range map[string]*broken{
		"rewinding": {Reader: strings.NewReader(text), rewind: errBroken},
		"reading":   {Reader: strings.NewReader(text), after: int64(len(text) / 2)},
		"the end":   {Reader: strings.NewReader(text), after: int64(len(text))},
	} {
		source, err := dump.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		if counts, err := source.Count(); !errors.Is(err, errBroken) {
			t.Errorf("%s: got %v, %v", name, counts, err)
		}
	}
	if _, err := dump.Read(&broken{Reader: strings.NewReader(text), after: 10}); !errors.Is(err, errBroken) {
		t.Errorf("the header: got %v", err)
	}
	for room := range len(text) {
		if room%(len(text)/20) == 0 {
			if counts, err := dump.Write(&small{room}, read(t, text), time.Unix(0, 0), "a database"); !errors.Is(err, errBroken) {
				t.Errorf("with room for %d bytes: got %v, %v", room, counts, err)
			}
		}
	}
}

var errBroken = errors.New("it is broken")

// broken is a file that cannot be rewound, or read after some bytes, if that is not 0.
type broken struct {
	*strings.Reader
	rewind error
	after  int64
}

func (b *broken) Seek(offset int64, whence int) (int64, error) {
	if b.rewind != nil {
		return 0, b.rewind
	}
	return b.Reader.Seek(offset, whence)
}

func (b *broken) Read(p []byte) (int, error) {
	if b.after > 0 {
		left := b.after - (b.Size() - int64(b.Len()))
		if left == 0 {
			return 0, errBroken
		}
		p = p[:min(int64(len(p)), left)]
	}
	return b.Reader.Read(p)
}

// small is a disk with room for some bytes.
type small struct{ room int }

func (s *small) Write(p []byte) (int, error) {
	n := min(len(p), s.room)
	if s.room -= n; n < len(p) {
		return n, errBroken
	}
	return n, nil
}
