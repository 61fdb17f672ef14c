//go:build unix

package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/sqldb"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
)

// tamper runs statements on a store as somebody who owns the database, without the
// triggers that protect the history.
func tamper(t *testing.T, store string, statements ...string) {
	t.Helper()
	db, err := openDatabase(t.Context(), store, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	disable := []string{`ALTER TABLE licenses_history DISABLE TRIGGER USER`}
	if db.Dialect == sqldb.SQLite {
		disable = []string{`DROP TRIGGER IF EXISTS licenses_history_update`, `DROP TRIGGER IF EXISTS licenses_history_delete`}
	}
	for _, statement := range append(disable, statements...) {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// An entry that is deleted, edited or swapped with another is found out.
func TestHistoryTampered(t *testing.T) {
	swap := func(a, b int) []string {
		return []string{
			fmt.Sprintf(`UPDATE licenses_history SET number = 1000 WHERE number = %d`, a),
			fmt.Sprintf(`UPDATE licenses_history SET number = %d WHERE number = %d`, a, b),
			fmt.Sprintf(`UPDATE licenses_history SET number = %d WHERE number = 1000`, b),
		}
	}
	for name, test := range map[string]struct {
		statements []string
		want       string
	}{
		"deleted":      {[]string{`DELETE FROM licenses_history WHERE number = 3`}, "after entry 2 comes entry 4"},
		"first":        {[]string{`DELETE FROM licenses_history WHERE number = 1`}, "after entry 0 comes entry 2"},
		"last":         {[]string{`DELETE FROM licenses_history WHERE number = 5`}, "ends with entry 4, and had entry 5"},
		"all":          {[]string{`DELETE FROM licenses_history`}, "ends with entry 0, and had entry 5"},
		"edited":       {[]string{`UPDATE licenses_history SET who = 'nobody' WHERE number = 3`}, "the hash of entry 3 does not follow"},
		"time":         {[]string{`UPDATE licenses_history SET at_ms = at_ms + 1 WHERE number = 3`}, "the hash of entry 3 does not follow"},
		"payload":      {[]string{`UPDATE licenses_history SET after_payload = 'x' WHERE number = 3`}, "the hash of entry 3 does not follow"},
		"hash":         {[]string{`UPDATE licenses_history SET hash = NULL WHERE number = 3`}, "the hash of entry 3 does not follow"},
		"swapped":      {swap(2, 3), "the hash of entry 2 does not follow"},
		"all hashes":   {[]string{`UPDATE licenses_history SET hash = NULL, who = 'nobody'`}, "entry 5, or one before it, is not what it was"},
		"hashes, head": {[]string{`UPDATE licenses_history SET hash = NULL, who = 'nobody'`, `UPDATE licenses_clock SET head = NULL`}, ""},
		"end and head": {[]string{`DELETE FROM licenses_history WHERE number = 5`, `UPDATE licenses_clock SET changes = 4, head = NULL`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, store string) {
				v := newVendor(t)
				p := start(t, "--store", store, "--listen", "127.0.0.1:0", "--trust", v.trust)
				post(t, v, p, "LS", 5)
				p.stop(t)
				head := strings.TrimSpace(output(t, "history", "--store", store, "--head"))
				if !strings.HasPrefix(head, "5:") || len(head) != 66 {
					t.Errorf("the head is %q", head)
				}
				output(t, "history", "--store", store, "--expect", head)
				tamper(t, store, test.statements...)
				if test.want == "" { // only somebody who kept the head can know
					output(t, "history", "--store", store)
				} else if said := fails(t, "history", "--store", store); !strings.Contains(said, "the history was changed: ") || !strings.Contains(said, test.want) {
					t.Errorf("history says %s", said)
				}
				if said := fails(t, "history", "--store", store, "--expect", head); !strings.Contains(said, "the history was changed: ") {
					t.Errorf("history --expect says %s", said)
				}
			})
		})
	}
}

// A history from before there were hashes gets them with the next write. What was
// there before is part of them.
func TestHistoryWithoutHashes(t *testing.T) {
	eachStore(t, func(t *testing.T, store string) {
		v := newVendor(t)
		args := []string{"--store", store, "--listen", "127.0.0.1:0", "--trust", v.trust}
		p := start(t, args...)
		post(t, v, p, "LS", 3)
		p.stop(t)
		want := output(t, "history", "--store", store, "--head")
		tamper(t, store, `UPDATE licenses_history SET hash = NULL`, `UPDATE licenses_clock SET head = NULL`)
		if got := output(t, "history", "--store", store, "--head"); got != want {
			t.Errorf("the head is %s, and was %s", got, want)
		}
		backup := filepath.Join(t.TempDir(), "backup") // as from before
		output(t, "backup", "--store", store, backup)
		p = start(t, args...)
		post(t, v, p, "NEW", 2)
		p.stop(t)
		output(t, "history", "--store", store, "--expect", strings.TrimSpace(want))
		output(t, "restore", "--store", store, "--keep", filepath.Join(t.TempDir(), "keep"), backup)
		p = start(t, args...)
		post(t, v, p, "OTHER", 2)
		p.stop(t)
		output(t, "history", "--store", store, "--expect", strings.TrimSpace(want))
		tamper(t, store, `UPDATE licenses_history SET who = 'nobody' WHERE number = 1`)
		if said := fails(t, "history", "--store", store); !strings.Contains(said, "the hash of entry 4 does not follow") {
			t.Errorf("history says %s", said)
		}
	})
}

func TestHistoryExpect(t *testing.T) {
	for _, text := range []string{"5", "x:", "5:", "-1:", "5:abc", "5:zz", "0:" + strings.Repeat("g", 64)} {
		if said := fails(t, "history", "--expect", text, "--store", "sqlite:x"); !strings.Contains(said, "is not the head of a history") {
			t.Errorf("%s: %s", text, said)
		}
	}
}
