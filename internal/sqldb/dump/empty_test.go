//go:build unix

package dump_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	adminstore "github.com/licseal/licseal/admin/sqlstore"
	"github.com/licseal/licseal/internal/sqldb"
	"github.com/licseal/licseal/internal/sqldb/dump"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
)

// A database is empty until any of its tables has a row, and whichever tables it has.
func TestEmpty(t *testing.T) {
	for name, open := range opens {
		t.Run(name, func(t *testing.T) {
			full := open(t)
			fill(t, full, "x")
			isEmpty(t, full, false, "with everything")
			db := open(t)
			isEmpty(t, db, true, "new")
			if _, err := db.Exec(`INSERT INTO entitle_levels (installation, name, taken) VALUES ('a', 'hosts', 1)`); err != nil {
				t.Fatal(err)
			}
			isEmpty(t, db, false, "with a level")
		})
	}
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	isEmpty(t, db, true, "without tables")
	if _, err := adminstore.New(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	isEmpty(t, db, true, "of licences only")
	if _, err := db.Exec(`DROP TABLE licenses_history`); err != nil {
		t.Fatal(err)
	}
	if empty, err := dump.Empty(t.Context(), db, db.Dialect); empty || err == nil {
		t.Errorf("without a table that it had: %v, %v", empty, err)
	}
	db.Close()
	if empty, err := dump.Empty(t.Context(), db, db.Dialect); empty || err == nil {
		t.Errorf("closed: %v, %v", empty, err)
	}
}

func isEmpty(t *testing.T, db *sqldb.DB, want bool, what string) {
	t.Helper()
	if empty, err := dump.Empty(t.Context(), db, db.Dialect); empty != want || err != nil {
		t.Errorf("a database %s is empty: %v, %v", what, empty, err)
	}
}

// A row that does not fit is named by its number in its table, from 1.
func TestRowThatDoesNotFit(t *testing.T) {
	for name, open := range opens {
		db := open(t)
		fill(t, db, "x")
		whole := read(t, dumpOf(t, db))
		for _, number := range []int{1, 3} {
			broken := whole
			broken.Rows = func(yield func(dump.Row, error) bool) {
				n := 0
				for row, err := range whole.Rows {
					if row.Table == "licenses" {
						n++
					}
					if n == number && row.Table == "licenses" {
						row.Values = make([]any, len(row.Values)) // a row of nothing
					}
					if !yield(row, err) {
						return
					}
				}
			}
			if err := replace(t.Context(), db, broken); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("row %d of licenses: ", number)) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// A database without the tables of a store has a dump without them. If it lacks only some of
// them, which an older version made, there is no dump.
func TestSomeTables(t *testing.T) {
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := adminstore.New(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if text := dumpOf(t, db); strings.Contains(text, `"table":"entitle`) || !strings.Contains(text, `"table":"licenses_clock"`) {
		t.Errorf("got %s", text)
	}
	first := []sqldb.Migration{"CREATE TABLE entitle_installations (installation TEXT NOT NULL PRIMARY KEY, latest_ns BIGINT NOT NULL);\n"}
	if err := db.Migrate(t.Context(), "entitle", first); err != nil {
		t.Fatal(err)
	}
	source, err := dump.Of(t.Context(), db, db.Dialect)
	if err != nil {
		t.Fatal(err)
	}
	if counts, err := source.Count(); err == nil || !strings.Contains(err.Error(), "no such table") {
		t.Errorf("got %v, %v", counts, err)
	}
}
