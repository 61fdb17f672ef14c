//go:build unix

package sqlstore_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/admin/sqlstore"
)

// A history that is older than its hashes goes on with the hash that follows from all of
// its entries, in either database.
func TestHistoryWithoutHead(t *testing.T) {
	for name, open := range map[string]func(*testing.T) *sqlstore.DB{"SQLite": openSQLite, "PostgreSQL": openPostgres} {
		for _, entries := range []int{0, 1, 3} {
			db := open(t)
			store := newStore(t, db, time.Now)
			var want admin.Head
			for i := range entries {
				if _, err := store.Write(t.Context(), admin.Write{ID: fmt.Sprint(i), Payload: fmt.Sprint("p", i), If: admin.Always, Who: "w"}); err != nil {
					t.Fatal(err)
				}
			}
			want, err := store.Head(t.Context())
			if err != nil || want.Number != int64(entries) || (want.Hash == "") != (entries == 0) {
				t.Fatalf("%s, %d entries: %v, %v", name, entries, want, err)
			}
			if _, err := db.ExecContext(t.Context(), `UPDATE licenses_clock SET head = NULL WHERE one = 1`); err != nil {
				t.Fatal(err)
			}
			if head, err := store.Head(t.Context()); err != nil || head != (admin.Head{Number: int64(entries)}) {
				t.Errorf("%s, %d entries, without a head: %v, %v", name, entries, head, err)
			}
			if _, err := store.Write(t.Context(), admin.Write{ID: "next", Payload: "next", If: admin.Always, Who: "w"}); err != nil {
				t.Fatalf("%s, %d entries: %v", name, entries, err)
			}
			changes, err := store.History(t.Context(), int64(entries), 10)
			if err != nil || len(changes) != 1 {
				t.Fatalf("%s: %v, %v", name, changes, err)
			}
			next, err := want.Next(changes[0], true)
			if head, headErr := store.Head(t.Context()); err != nil || headErr != nil || head != next {
				t.Errorf("%s, %d entries: the head is %v, want %v: %v, %v", name, entries, head, next, err, headErr)
			}
		}
	}
}

// A store whose clock is gone does not begin another history.
func TestNoClock(t *testing.T) {
	for name, open := range map[string]func(*testing.T) *sqlstore.DB{"SQLite": openSQLite, "PostgreSQL": openPostgres} {
		db := open(t)
		store := newStore(t, db, time.Now)
		if _, err := db.ExecContext(t.Context(), `DELETE FROM licenses_clock`); err != nil {
			t.Logf("%s does not let it go: %v", name, err)
			continue
		}
		if head, err := store.Head(t.Context()); err == nil {
			t.Errorf("%s: %v", name, head)
		}
		if r, err := store.Write(t.Context(), admin.Write{ID: "a", Payload: "p", If: admin.Always}); err == nil || errors.Is(err, admin.ErrNotFound) {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
}
