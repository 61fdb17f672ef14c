//go:build unix

package dump_test

import (
	"context"
	"database/sql"
	"io"
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
