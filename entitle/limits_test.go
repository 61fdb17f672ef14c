package entitle_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal/entitle"
)

// How many can be used, taken, given back and set: from the least to the most.
func TestCounts(t *testing.T) {
	ctx := t.Context()
	for name, test := range map[string]struct {
		do    func(g *entitle.Guard, n int64) error
		least int64
	}{
		"use":      {func(g *entitle.Guard, n int64) error { return g.Use(ctx, "requests", n) }, 1},
		"take":     {func(g *entitle.Guard, n int64) error { return g.Take(ctx, "hosts", n) }, 1},
		"give":     {func(g *entitle.Guard, n int64) error { return g.Give(ctx, "hosts", n) }, 1},
		"use once": {func(g *entitle.Guard, n int64) error { return g.UseOnce(ctx, "k", "requests", n) }, 1},
		"record":   {func(g *entitle.Guard, n int64) error { return g.Record(ctx, "requests", n) }, 1},
		"set":      {func(g *entitle.Guard, n int64) error { return g.Set(ctx, "hosts", n) }, 0},
	} {
		for n, ok := range map[int64]bool{-entitle.MaxCount: false, -1: false, test.least - 1: false, test.least: true, entitle.MaxCount: true, entitle.MaxCount + 1: false, 1<<63 - 1: false, -1 << 63: false} {
			g := open(t, entitle.Text(signed(t, plan().limit("requests", int64(entitle.MaxCount)))), &entitle.Options{Clock: at("2026-11-21T10:00:00Z").now, Levels: []string{"hosts"}})
			if err := test.do(g, n); (err == nil) != ok {
				t.Errorf("%s %d: %v", name, n, err)
			}
		}
	}
}

// How much was used in each month, from the first use on.
func TestMonthsOfUse(t *testing.T) {
	clock := at("2026-01-31T23:59:59Z")
	g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Clock: clock.now})
	counts := func() (all []int64) {
		t.Helper()
		if err := g.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		months, err := g.Monthly(context.Background(), "requests")
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range months {
			if m.Name != "requests" || i > 0 && m.Month != months[i-1].Month+1 {
				t.Errorf("months: %v", months)
			}
			all = append(all, m.Count)
		}
		return all
	}
	use := func(n int64) {
		t.Helper()
		if err := g.Use(t.Context(), "requests", n); err != nil {
			t.Fatal(err)
		}
	}
	if got := counts(); got != nil {
		t.Errorf("before any use: %v", got)
	}
	use(5)
	clock.set("2026-02-01T00:00:00Z")
	if diff := cmp.Diff([]int64{5, 0}, counts()); diff != "" {
		t.Error(diff)
	}
	clock.set("2026-04-01T00:00:00Z")
	use(2)
	if diff := cmp.Diff([]int64{5, 0, 0, 2}, counts()); diff != "" {
		t.Error(diff)
	}
	if months, err := g.Monthly(t.Context(), "hosts"); months != nil || err != nil {
		t.Errorf("another: %v, %v", months, err)
	}
}
