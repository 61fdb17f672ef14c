package register_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal/register"
)

// small returns a register with licences of several customers, plans, keys and states.
func small(t *testing.T) *register.Register {
	t.Helper()
	dir := create(t)
	write(t, dir, func(w *register.Writer) {
		for _, a := range []struct{ id, until, plan, key string }{
			{"LS-0001", "2027-01-01", "gold", "SHA256:aa"}, {"LS-0002", "2027-01-02", "silver", "SHA256:ab"}, {"LS-0003", "2026-01-01", "gold", "SHA256:b"}, {"other", "2199-01-01", "", "SHA256:b"},
		} {
			if _, err := w.Add(&register.Addition{Kind: register.Issued, License: license(t, a.id, a.until), Key: a.key, Plan: a.plan}); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range []register.Mark{
			{Kind: register.Revoked, ID: "LS-0002"}, {Kind: register.Revoked, ID: "never issued"}, {Kind: register.Revoked, SigningKey: "SHA256:b"}, {Kind: register.Restored, SigningKey: "SHA256:b"},
		} {
			if err := w.Mark(m); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Add(&register.Addition{Kind: register.Renewed, License: license(t, "LS-0001", "2028-01-01"), Key: "SHA256:aa", Replace: true}); err != nil {
			t.Fatal(err)
		}
	})
	return open(t, dir)
}

var middle = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

// Which licences a filter wants.
func TestFilter(t *testing.T) {
	r := small(t)
	day := func(year int, month time.Month, day int) time.Time {
		return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	}
	under := func(n int64) *register.Checkpoint { return &register.Checkpoint{Size: n} }
	for _, test := range []struct {
		name string
		f    register.Filter
		want string // the numbers of the entries
	}{
		{"all", register.Filter{}, "0 1 2 3 8"},
		{"of a customer, in any case", register.Filter{Customer: "OF ls-000"}, "0 1 2 8"}, {"of nobody", register.Filter{Customer: "nobody"}, ""},
		{"of a plan", register.Filter{Plan: "gold"}, "0 2"}, {"of a part of a plan", register.Filter{Plan: "gol"}, ""}, {"of a plan in another case", register.Filter{Plan: "Gold"}, ""},
		{"of a key", register.Filter{Key: "SHA256:aa"}, "0 8"}, {"of keys that begin so", register.Filter{Key: "SHA256:a"}, "0 1 8"}, {"of keys that end so", register.Filter{Key: "aa"}, ""},
		{"valid", register.Filter{States: []register.State{register.Valid}}, "3 8"}, {"replaced or revoked", register.Filter{States: []register.State{register.ReplacedState, register.RevokedState}}, "0 1"},
		{"expired", register.Filter{States: []register.State{register.ExpiredState}}, "2"},
		{"that expire before their end", register.Filter{Expiring: day(2028, 1, 1)}, ""}, {"that expire by then", register.Filter{Expiring: day(2028, 1, 1).Add(time.Second)}, "8"}, {"that expire ever", register.Filter{Expiring: day(9999, 1, 1)}, "3 8"},
		{"under nothing", register.Filter{Under: under(0)}, ""}, {"under three", register.Filter{Under: under(3)}, "0 1 2"}, {"under all", register.Filter{Under: under(9)}, "0 1 2 3 8"},
		{"of two kinds", register.Filter{Plan: "gold", States: []register.State{register.ExpiredState}, Key: "SHA256:b"}, "2"},
	} {
		var got []string
		for item, err := range r.Select(t.Context(), test.f, middle) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(item.Number))
		}
		if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
	for range r.Select(t.Context(), register.Filter{}, middle) {
		break // at once
	}
}

// What happened to an id, or to a signing key.
func TestHistory(t *testing.T) {
	r := small(t)
	for id, want := range map[string]string{
		"": "", "LS-0001": "0 replaced; 8 valid", "LS-0002": "1 revoked; 4 ", "never issued": "5 ", "SHA256:b": "6 ; 7 ", "SHA256:aa": "", "ls-0001": "", "nobody": "", "LS-0003": "2 expired",
	} {
		items, err := r.History(id, middle)
		var got []string
		for _, i := range items {
			got = append(got, fmt.Sprint(i.Number, " ", i.State))
		}
		if strings.Join(got, "; ") != want || err != nil {
			t.Errorf("%q: %q, %v; want %s", id, got, err, want)
		}
	}
}

// Ids that are like another one, the most alike first, and each once.
func TestNearest(t *testing.T) {
	r := small(t)
	for _, test := range []struct {
		id   string
		n    int
		want []string
	}{
		{"ls-0001x", 9, []string{"LS-0001", "LS-0002", "LS-0003"}}, {"ls-0003x", 2, []string{"LS-0003", "LS-0001"}}, {"LS-0002x", 1, []string{"LS-0002"}}, {"LS-0002x", 0, nil}, {"otherr", 3, []string{"other"}},
		{"completely different", 3, nil}, {"", 3, nil}, {"never issue", 3, []string{"never issued"}},
	} {
		got, err := r.Nearest(test.id, test.n)
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", test.id, err, diff)
		}
	}
	got, err := r.Unknown([]string{"x", "LS-0001", "never issued", "", "other", "x", "SHA256:b"})
	if diff := cmp.Diff([]string{"x", "never issued", "", "x", "SHA256:b"}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if got, err := r.Unknown(nil); got != nil || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

// Entries are found by their numbers, and no others are there.
func TestEntryNumbers(t *testing.T) {
	r := small(t)
	for number, ok := range map[int64]bool{-1: false, 0: true, 8: true, 9: false, 1 << 40: false} {
		e, err := r.Entry(number)
		if (err == nil) != ok || ok && e.Number != number || !ok && err.Error() != fmt.Sprintf("the register has no entry %d", number) {
			t.Errorf("%d: %v, %v", number, e, err)
		}
	}
	if r.Len() != 9 || r.Checkpoint().Size != 9 {
		t.Errorf("%d entries", r.Len())
	}
	empty := open(t, create(t))
	if e, err := empty.Entry(0); e != nil || err == nil {
		t.Errorf("%v, %v", e, err)
	}
}

// A writer that cannot be opened leaves no lock behind, whatever is wrong.
func TestOpenWriterFails(t *testing.T) {
	for _, name := range []string{"checkpoint", "register.json", "key"} {
		dir := create(t)
		issue(t, dir, 0, 1)
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if entry.Name() == name {
				if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range 2 {
			w, err := register.OpenWriter(t.Context(), dir, nil)
			if err == nil {
				w.Close()
			}
			if errors.Is(err, register.ErrLocked) || err == nil && name == "checkpoint" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := os.Lstat(filepath.Join(dir, "checkpoint.lock")); err == nil {
			t.Errorf("%s: the lock is left", name)
		}
	}
}

// By how much a copy is longer, and where two went apart.
func TestCompare(t *testing.T) {
	dir := create(t)
	issue(t, dir, 0, 3)
	clone := func() string {
		t.Helper()
		other := filepath.Join(t.TempDir(), "other")
		if err := os.CopyFS(other, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		return other
	}
	same, longer, forked := clone(), clone(), clone()
	issue(t, longer, 3, 5)
	issue(t, forked, 7, 8)
	issue(t, dir, 3, 4)
	for name, test := range map[string]struct {
		other  string
		longer int64
		fork   int64 // -1 for none
	}{"itself": {dir, 0, -1}, "shorter": {same, 1, -1}, "another at the fourth": {forked, 0, 3}, "another, and longer": {longer, 0, 3}} {
		n, err := open(t, dir).Compare(open(t, test.other))
		var fork *register.ForkError
		if errors.As(err, &fork) != (test.fork >= 0) || fork != nil && (fork.Number != test.fork || fork.Other != test.other) || n != test.longer {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
	if n, err := open(t, same).Compare(open(t, dir)); n != -1 || err != nil {
		t.Errorf("the other way round: %d, %v", n, err)
	}
	if _, err := open(t, dir).Compare(small(t)); err == nil || !strings.Contains(err.Error(), "is not a copy of ") {
		t.Errorf("another register: %v", err)
	}
}

// Tables of what is paid for.
func TestReadOrders(t *testing.T) {
	for table, want := range map[string]string{
		"id\na\nb\n": "a b", "x,ID ,y\n1,a,2\n1,,2\n3,b,4\n": "a b", "\ufeffId\na\na\n": "a", "id\n": "", "id,id\na,b\n": "a", "id\n\"a,b\"\n": "a,b",
		"": "is not a table with a header", "x\na\n": `the table has no column "id"`, "ids\na\n": `the table has no column "id"`, "id,x\na\n": "record on line 2: wrong number of fields", "id\n\"a\n": "parse error on line 2, column 4: extraneous or missing \" in quoted-field",
	} {
		orders, err := register.ReadOrders(strings.NewReader(table), "id")
		var ids []string
		for _, id := range []string{"a", "a,b", "b"} {
			if orders[id] {
				ids = append(ids, id)
			}
		}
		got := strings.Join(ids, " ")
		if err != nil {
			got = err.Error()
		}
		if got != want || err == nil && len(orders) != len(ids) {
			t.Errorf("%q: %s, want %s", table, got, want)
		}
	}
}

// A sequence ends when its context does, also between licences that nobody wants.
func TestSelectEnds(t *testing.T) {
	dir := create(t)
	issue(t, dir, 0, 3)
	r := open(t, dir)
	for _, f := range []register.Filter{{}, {Customer: "nobody"}} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		n := 0
		for _, err := range r.Select(ctx, f, time.Now()) {
			if n++; !errors.Is(err, context.Canceled) {
				t.Errorf("%+v: %v", f, err)
			}
		}
		if n != 1 {
			t.Errorf("%+v: %d items", f, n)
		}
	}
}
