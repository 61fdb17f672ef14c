package sqlite

import (
	"path/filepath"
	"testing"
)

// While the log is moved into the file, others wait for a fifth of a second at most, and
// not as long as for a writer.
func TestMovingTheLogWaitsBriefly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	f := &file{name: path, path: path}
	if err := f.start(t.Context(), Options{}); err != nil {
		t.Fatal(err)
	}
	defer f.release()
	for want, q := range map[int]querier{200: f.pin, 1000: f.pool} {
		var got int
		if err := q.QueryRowContext(t.Context(), `PRAGMA busy_timeout`).Scan(&got); err != nil || got != want {
			t.Errorf("a connection waits for %d ms and not %d ms, %v", got, want, err)
		}
	}
}
