package entitle_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/licseal/licseal/entitle"
)

// A machine that has lost its seat is allowed nothing, until it has it again.
func TestLostSeatAllowsNothing(t *testing.T) {
	store, c := entitle.NewMemory(), at("2026-11-21")
	source := entitle.Text(signed(t, plan().with("max_machines", 1)))
	opts := &entitle.Options{Store: store, Clock: c.now, Lapse: time.Minute}
	g := open(t, source, opts)
	if _, err := g.Bind(t.Context(), "m1"); err != nil || !g.Allows("reports") {
		t.Fatalf("%v", err)
	}
	c.set("2026-11-21T00:10:00Z")
	other := open(t, source, opts)
	seat, err := other.Bind(t.Context(), "m2") // m1 was not heard of for ten minutes
	if err != nil {
		t.Fatal(err)
	}
	g.Beat(t.Context())
	var machines *entitle.MachinesError
	if err := g.Use(t.Context(), "requests", 1); !errors.As(err, &machines) || g.Allows("reports") || g.Remaining("requests") != 0 || g.Limits()[0].Remaining != 0 {
		t.Errorf("without its seat: %v, %v", err, g.Allows("reports"))
	}
	if err := other.Use(t.Context(), "requests", 1); err != nil {
		t.Error(err)
	}
	if err := seat.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	g.Keep(t.Context())
	if err := g.Use(t.Context(), "requests", 1); err != nil {
		t.Errorf("with its seat again: %v", err)
	}
}

// A machine may be bound before there is a licence; it gets its seat with that.
func TestBindBeforeLicense(t *testing.T) {
	path := filepath.Join(t.TempDir(), "licence.json")
	g := open(t, entitle.File(path), &entitle.Options{Clock: at("2026-11-21").now, MayBeMissing: true})
	seat, err := g.Bind(t.Context(), "m1")
	if err != nil || seat.Held() {
		t.Fatalf("%v", err)
	}
	if err := g.Use(t.Context(), "requests", 1); !errors.Is(err, entitle.ErrNoLicense) {
		t.Errorf("found %v", err)
	}
	put(t, path, signed(t, plan()))
	g.Tick(t.Context())
	if err := g.Use(t.Context(), "requests", 1); err != nil || !seat.Held() {
		t.Errorf("with a licence: %v, held %v", err, seat.Held())
	}
}
