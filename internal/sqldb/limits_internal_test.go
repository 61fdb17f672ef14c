package sqldb

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Each try waits longer, for a time that differs, and no longer than the context.
func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for try := range 6 {
			longest := 5 * time.Millisecond << try
			seen := map[time.Duration]bool{}
			for range 50 {
				start := time.Now()
				if err := pause(t.Context(), try); err != nil {
					t.Fatal(err)
				}
				waited := time.Since(start)
				if seen[waited] = true; waited < longest/2 || waited >= longest {
					t.Errorf("try %d: %v", try, waited)
				}
			}
			if len(seen) < 40 {
				t.Errorf("try %d: %d times", try, len(seen))
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := pause(ctx, 20); err != context.Canceled {
			t.Errorf("canceled: %v", err)
		}
	})
}

// conflict is a failure after which a transaction is tried again.
type conflict struct{}

func (conflict) Error() string    { return "conflict" }
func (conflict) SQLState() string { return "40001" }

// How often something is tried, by what becomes of it.
func TestRetry(t *testing.T) {
	other, stop := errors.New("sql: other"), errors.New("stop")
	for _, test := range []struct {
		name   string
		before func(try int) error
		f      func(try int) (bool, error)
		tries  int
		want   error
	}{
		{"at once", nil, func(int) (bool, error) { return true, nil }, 1, nil},
		{"without a transaction", nil, func(int) (bool, error) { return false, nil }, 1, nil},
		{"another failure", nil, func(int) (bool, error) { return false, other }, 1, other},
		{"always a conflict", nil, func(int) (bool, error) { return false, conflict{} }, 8, conflict{}},
		{"committed, and a conflict", nil, func(int) (bool, error) { return true, conflict{} }, 1, conflict{}},
		{"a conflict, then done", nil, func(try int) (bool, error) {
			if try < 3 {
				return false, conflict{}
			}
			return true, nil
		}, 3, nil},
		{"given up", func(try int) error {
			if try == 1 {
				return stop
			}
			return nil
		}, func(int) (bool, error) { return false, conflict{} }, 2, stop},
	} {
		tries, before := 0, test.before
		if before == nil {
			before = func(int) error { return nil }
		}
		err := retry(before, func() (bool, error) { tries++; return test.f(tries) })
		if tries != test.tries || !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
			t.Errorf("%s: %d tries, %v", test.name, tries, err)
		}
	}
	// A statement outside a transaction is retried in the same way.
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		err := new(DB).Retry(t.Context(), func() error { tries++; return conflict{} })
		if tries != maxTries || err != (conflict{}) {
			t.Errorf("%d tries, %v", tries, err)
		}
	})
}

// At most so many writes share a transaction, in the order in which they came.
func TestNextGroup(t *testing.T) {
	for n, want := range map[int][]int{0: {0}, 1: {1, 0}, 64: {64, 0}, 65: {64, 1, 0}, 130: {64, 64, 2, 0}} {
		db := &DB{group: group{running: true}}
		all := make([]*write, n)
		for i := range all {
			all[i] = new(write)
		}
		db.group.waiting = all
		var got []int
		at := 0
		for more := true; more; {
			var writes []*write
			writes, more = db.nextGroup()
			for i, w := range writes {
				if w != all[at+i] {
					t.Errorf("%d writes: another order", n)
				}
			}
			at += len(writes)
			if got = append(got, len(writes)); db.group.running != more || more != (len(writes) > 0) {
				t.Errorf("%d writes: running %t, more %t", n, db.group.running, more)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d writes: %s", n, diff)
		}
	}
}

// The statements of a migration in each dialect.
func TestStatements(t *testing.T) {
	const m = Migration("CREATE TABLE a (n AUTO_ID, b BYTES);\nON SQLITE one;\nON POSTGRESQL two;\n\n  ;\nCREATE FUNCTION f() AS $$ BEGIN;\n x;\nEND $$;\nlast")
	for dialect, want := range map[Dialect][]string{
		SQLite:     {"CREATE TABLE a (n INTEGER PRIMARY KEY AUTOINCREMENT, b BLOB)", "one", "CREATE FUNCTION f() AS $$ BEGIN;\n x;\nEND $$", "last"},
		PostgreSQL: {"CREATE TABLE a (n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b BYTEA)", "two", "CREATE FUNCTION f() AS $$ BEGIN;\n x;\nEND $$", "last"},
	} {
		if diff := cmp.Diff(want, m.statements(dialect)); diff != "" {
			t.Errorf("%v: %s", dialect, diff)
		}
		if got := Migration("").statements(dialect); got != nil {
			t.Errorf("%v: %q", dialect, got)
		}
	}
}

// The kinds of SQLSTATEs and result codes.
func TestKinds(t *testing.T) {
	for state, want := range map[string]Kind{
		"23505": Unique, "40001": Conflict, "40P01": Conflict, "55P03": Conflict, "42P05": Conflict, "26000": Conflict, "42501": Denied, "53100": Full, "25006": ReadOnly, "57014": Unavailable,
		"08000": Unavailable, "28000": Unavailable, "3D000": Unavailable, "53200": Unavailable, "57P01": Unavailable, "58030": Unavailable, "57000": Other, "23503": Other, "40002": Other, "": Other, "42P01": Other,
	} {
		if got := stateKind(state); got != want {
			t.Errorf("%s: %d", state, got)
		}
	}
	for code, want := range map[int]Kind{
		2067: Unique, 1555: Unique, 19: Other, 787: Other, 5: Conflict, 6: Conflict, 261: Conflict, 262: Conflict, 13: Full, 11: Corrupt, 26: Corrupt, 8: ReadOnly, 264: ReadOnly, 10: Unavailable, 14: Unavailable, 266: Unavailable,
		0: Other, 1: Other, 4: Other, 7: Other, 9: Other, 12: Other, 15: Other, 25: Other, 27: Other,
	} {
		if got := codeKind(code); got != want {
			t.Errorf("%d: %d", code, got)
		}
	}
}
