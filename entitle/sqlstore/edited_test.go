//go:build unix

package sqlstore_test

import (
	"testing"

	"github.com/licseal/licseal/entitle"
)

// A database refuses a count below zero, whoever writes it; a lower one is noticed by the
// process that knows better, and counted again.
func TestEditedStore(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		db, store := openStore(t, name)
		guard := openGuard(t, 100, &entitle.Options{Store: store})
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
