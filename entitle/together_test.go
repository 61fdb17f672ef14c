package entitle_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/licseal/licseal/entitle"
)

// gate is a store that counts the batches with uses.
type gate struct {
	entitle.Store
	n atomic.Int64
}

func (s *gate) Apply(ctx context.Context, b entitle.Batch) (entitle.Applied, error) {
	if len(b.Adds) > 0 {
		s.n.Add(1)
	}
	return s.Store.Apply(ctx, b)
}

func (s *gate) batches() int64 { return s.n.Load() }

// What is known to exceed a limit is refused without a batch.
func TestRefusedFromMemory(t *testing.T) {
	store := &gate{Store: entitle.NewMemory()}
	g := open(t, entitle.Text(signed(t, plan().limit("requests", 10))), &entitle.Options{Store: store, Clock: at("2026-06-01").now})
	if err := g.Use(t.Context(), "requests", 10); err != nil {
		t.Fatal(err)
	}
	limit := (*entitle.LimitError)(nil)
	if err := g.Use(t.Context(), "requests", 2); !errors.As(err, &limit) || limit.Used != 10 || limit.N != 2 {
		t.Errorf("found %v", err)
	}
	for range 100 {
		if err := g.Use(t.Context(), "nothing", 1); !errors.As(err, &limit) {
			t.Errorf("found %v", err)
		}
	}
	if n := store.batches(); n != 1 {
		t.Errorf("%d batches were written, for one use that was granted", n)
	}
	if err := g.Use(t.Context(), "requests", 1); err != nil { // with the tolerance of 10 %
		t.Error(err)
	}
}

// Uses that are asked for at the same time as some that exceed their limit, of which only
// the store knows, are written in the next batch.
func TestRefusedAmongOthers(t *testing.T) {
	store := &gate{Store: entitle.NewMemory()}
	g := open(t, entitle.Text(signed(t, plan().limit("requests", 100))), &entitle.Options{Store: store, Clock: at("2026-06-01").now})
	month := entitle.MonthOf(instant("2026-06-01"))
	if _, err := store.Store.Apply(t.Context(), entitle.Batch{Installation: installation, Writer: "another", Seq: 1, Time: instant("2026-06-01"),
		Adds: []entitle.Add{{Month: month, Name: "requests", N: 105, Limit: 110}}}); err != nil {
		t.Fatal(err)
	}
	var uses []entitle.Add
	for range 8 {
		uses = append(uses, entitle.Add{Month: month, Name: "hosts", N: 1, Limit: entitle.MaxCount}, entitle.Add{Month: month, Name: "requests", N: 2, Limit: 110})
	}
	uses = append(uses, entitle.Add{Month: month, Name: "requests", N: 1, Limit: 110}, // fits after two of 2
		entitle.Add{Month: month, Name: "requests", N: 5, Limit: entitle.MaxCount}, // is recorded
		entitle.Add{Month: month, Name: "requests", N: 1, Limit: 110})
	refused := 0
	for i, granted := range g.UseTogether(uses) {
		if want := uses[i].Name == "hosts" || i == 1 || i == 3 || i == 16 || i == 17; granted != want {
			t.Errorf("use %d, %+v: granted %v", i, uses[i], granted)
		}
		if !granted {
			refused++
		}
	}
	if n := store.batches(); n != 2 || refused != 7 {
		t.Errorf("%d batches, %d refused", n, refused)
	}
	if usage, err := store.Usage(t.Context(), installation); err != nil || usage[0].Count != 8 || usage[1].Count != 115 {
		t.Errorf("the store has %v: %v", usage, err)
	}
}

// reads is a store that counts how often the counts are read.
type reads struct {
	entitle.Store
	n atomic.Int64
}

func (s *reads) Totals(ctx context.Context, installation string, m entitle.Month) (entitle.Totals, error) {
	s.n.Add(1)
	return s.Store.Totals(ctx, installation, m)
}

// An idle guard does not read its counts, of which there may be many, and learns of those
// of others all the same.
func TestIdleGuardReadsNothing(t *testing.T) {
	store := &reads{Store: entitle.NewMemory()}
	source := entitle.Text(signed(t, plan()))
	g, other := open(t, source, &entitle.Options{Store: store, Clock: at("2026-06-01").now}), open(t, source, &entitle.Options{Store: store.Store, Clock: at("2026-06-01").now})
	g.Tick(t.Context())
	before := store.n.Load()
	for range 100 {
		g.Tick(t.Context())
	}
	if n := store.n.Load() - before; n > 0 {
		t.Errorf("the counts were read %d times", n)
	}
	if err := other.Use(t.Context(), "requests", 7); err != nil {
		t.Fatal(err)
	}
	g.Tick(t.Context())
	if limit, _ := g.Limit("requests"); limit.Used != 7 {
		t.Errorf("the uses of another guard are unknown: %+v", limit)
	}
}
