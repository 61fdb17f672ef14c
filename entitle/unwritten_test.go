package entitle_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
)

// unwrittenIn returns how many uses a state file has as unwritten.
func unwrittenIn(t *testing.T, opts *entitle.Options) (sum int64) {
	t.Helper()
	m, err := opts.Remember(func(*verify.Memory) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	for _, mark := range m.Unwritten {
		sum += mark.Count
	}
	return sum
}

// useUntilRefused returns how many uses are allowed, one at a time.
func useUntilRefused(g *entitle.Guard, t *testing.T) (n int64, err error) {
	for ; n < 1000; n++ {
		if err = g.Use(t.Context(), "requests", 1); err != nil {
			break
		}
	}
	return n, err
}

// Uses that a product has not written when it ends, because its store fails, are remembered:
// the next start says so, and it may leave only the rest of a tenth unwritten. Another month
// begins anew. What is written in the end is remembered no longer.
func TestUnwrittenIsRemembered(t *testing.T) {
	opts, heard := withStateFile(t), new(events)
	c := at("2026-11-21")
	store := &locked{Store: entitle.NewMemory()}
	opts.Store, opts.Batch, opts.Clock, opts.Notify = store, true, c.now, heard.notify
	source := entitle.Text(signed(t, plan()))
	end := func(g *entitle.Guard, fails bool) {
		t.Helper()
		store.isLocked.Store(fails)
		if err := g.Close(); (err != nil) != fails {
			t.Errorf("closed with a store that fails, %v: %v", fails, err)
		}
		store.isLocked.Store(false)
	}
	g := open(t, source, opts)
	if err := errors.Join(g.Use(t.Context(), "requests", 490), g.Flush(t.Context())); err != nil {
		t.Fatal(err)
	}
	if err := g.Use(t.Context(), "requests", 30); err != nil {
		t.Fatal(err)
	}
	end(g, true)
	if n := unwrittenIn(t, opts); n != 30 {
		t.Errorf("%d uses are remembered as unwritten, of 30", n)
	}
	heard.take()
	g = open(t, source, opts)
	if kinds := heard.take(); len(kinds) != 1 || kinds[0] != entitle.UsageUnwritten {
		t.Errorf("the next start says %v", kinds)
	}
	store.isLocked.Store(true)
	if n, err := useUntilRefused(g, t); n != 20 || !errors.As(err, new(*entitle.StoreError)) {
		t.Errorf("%d more may be unwritten, of 50 with 30 before: %v", n, err)
	}
	end(g, false)
	if n := unwrittenIn(t, opts); n != 30 {
		t.Errorf("%d uses are remembered as unwritten, and the 20 of the last run are written", n)
	}
	c.set("2026-12-01")
	g = open(t, source, opts)
	if kinds := heard.take(); slices.Contains(kinds, entitle.UsageUnwritten) {
		t.Errorf("in the next month, a start says %v", kinds)
	}
	store.isLocked.Store(true)
	if n, _ := useUntilRefused(g, t); n != 99 {
		t.Errorf("in the next month, %d may be unwritten, of 99", n)
	}
	end(g, true)
	if n := unwrittenIn(t, opts); n != 99 {
		t.Errorf("%d uses are remembered as unwritten, of 99", n)
	}
}

// Two processes with one state file remember the sum of both, and each takes back its own.
func TestUnwrittenIsAdded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "licence.state")
	if err := state.Create(file, verify.Memory{}); err != nil {
		t.Fatal(err)
	}
	var guards []*entitle.Guard
	var stores []*locked
	opts := func() *entitle.Options {
		stores = append(stores, &locked{Store: entitle.NewMemory()})
		return &entitle.Options{Store: stores[len(stores)-1], Batch: true, Clock: at("2026-11-21").now,
			Remember: func(change func(*verify.Memory) error) (*verify.Memory, error) { return state.Update(file, change) }}
	}
	for range 2 {
		guards = append(guards, open(t, entitle.Text(signed(t, plan())), opts()))
	}
	for i, g := range guards {
		if err := g.Use(t.Context(), "requests", int64(10+i)); err != nil {
			t.Fatal(err)
		}
		stores[i].isLocked.Store(true)
	}
	testenv.WaitUntil(t, "both are remembered", func() bool { return unwrittenIn(t, opts()) == 21 })
	stores[1].isLocked.Store(false)
	testenv.WaitUntil(t, "one has written its uses", func() bool { return unwrittenIn(t, opts()) == 10 })
	guards[0].Close()
	if n := unwrittenIn(t, opts()); n != 10 {
		t.Errorf("%d are unwritten, of 10", n)
	}
}
