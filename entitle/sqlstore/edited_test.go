//go:build unix

package sqlstore_test

import (
	"testing"
	"time"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/entitle/sqlstore"
)

// A database refuses a count below zero, whoever writes it; a lower one is noticed by the
// process that knows better, and counted again.
func TestEditedStore(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		db, err := openDB(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		store, err := sqlstore.New(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		data, err := license(100, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		guard, err := entitle.Open(t.Context(), entitle.Text(data), trusted, &entitle.Options{Store: store})
		if err != nil {
			t.Fatal(err)
		}
		defer guard.Close()
		if err := guard.Use(t.Context(), "requests", 100); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(`UPDATE entitle_usage SET used = -1000000`); err == nil {
			t.Error("a count below zero was written")
		}
		for _, statement := range []string{`UPDATE entitle_usage SET used = 1`, `DELETE FROM entitle_usage`} {
			if _, err := db.Exec(statement); err != nil {
				t.Fatal(err)
			}
			if err := guard.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := counted(t, name); got != 100 {
				t.Errorf("%s: the store has %d", statement, got)
			}
		}
		if left := guard.Remaining("requests"); left != 10 {
			t.Errorf("%d remain", left)
		}
	})
}
