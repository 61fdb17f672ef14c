package entitle

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
)

// still is a guard that does nothing by itself. Its clock is set by hand, and it notes
// what it would report.
type still struct {
	*Guard
	clock reading
	mu    sync.Mutex
	heard []Event
}

// newStill returns such a guard on 10 January 2026, a second after it was opened.
func newStill(opts Options) *still {
	s := &still{clock: reading{nanos(january(10)), int64(time.Second)}}
	opts.Installation = "here"
	opts.Notify = func(e Event) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.heard = append(s.heard, e)
	}
	s.Guard = newGuard(Text(nil), nil, &opts)
	s.read = func() reading { return s.clock }
	return s
}

// run lets time pass, by both clocks.
func (s *still) run(d time.Duration) {
	s.clock.shown += int64(d)
	s.clock.ran += int64(d)
}

// kinds returns the kinds of the events so far, and forgets them.
func (s *still) kinds() (all []EventKind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.heard {
		all = append(all, e.Kind)
	}
	s.heard = nil
	return all
}

// january returns the beginning of a day.
func january(day int) time.Time { return time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC) }

var stillKey = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

// licensed returns a licence for January 2026 with two days of grace, and grants.
func licensed(t testing.TB, id string, grants ...*grant) *license {
	t.Helper()
	text, err := json.Marshal(map[string]string{"id": id})
	if err != nil {
		t.Fatal(err)
	}
	p, err := licseal.ParsePayload(text)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := sign.License(p, stillKey)
	if err != nil {
		t.Fatal(err)
	}
	from, until, end := january(1), january(29), january(31)
	l := &license{
		result: &verify.Result{License: signed, Key: licseal.TrustedKey{Key: stillKey.Public()}, Time: from,
			Period: licseal.Period{NotBefore: from, NotAfter: until}, GraceEnd: end},
		validated: from, notBefore: nanos(from), notAfter: nanos(until), graceEnd: nanos(end),
		grants: make(map[string]*grant), maxMachines: 1,
	}
	for _, g := range grants {
		l.grants[g.name] = g
		l.order = append(l.order, g.name)
	}
	return l
}

// upTo is a grant of so many, without a tolerance.
func upTo(name string, max int64) *grant {
	return &grant{name: name, counted: true, bounded: true, max: max, bound: max}
}

// anyNumber is a grant that is counted and not limited.
func anyNumber(name string) *grant {
	return &grant{name: name, counted: true, max: MaxCount, bound: MaxCount}
}

// free is a grant that is not counted.
func free(name string) *grant { return &grant{name: name, max: MaxCount, bound: MaxCount} }

// has puts a licence in use.
func (s *still) has(t testing.TB, grants ...*grant) {
	t.Helper()
	s.give(licensed(t, "A-1", grants...), s.now())
}

// answers is a store whose calls a test answers, or counts.
type answers struct {
	Store
	mu    sync.Mutex // guards this block
	err   error      // of every call, or of those with the name
	named string
	calls map[string]int

	apply func(Batch) (Applied, error)
	see   func(Sighting) (Clock, error)
	usage []Usage
}

func newAnswers() *answers { return &answers{Store: NewMemory(), calls: make(map[string]int)} }

// called notes a call.
func (a *answers) called(name string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls[name]++
	if a.named != "" && a.named != name {
		return nil
	}
	return a.err
}

func (a *answers) Apply(ctx context.Context, b Batch) (Applied, error) {
	if err := a.called("Apply"); err != nil {
		return Applied{}, err
	}
	if a.apply != nil {
		return a.apply(b)
	}
	return a.Store.Apply(ctx, b)
}

func (a *answers) Version(ctx context.Context, installation string) (int64, time.Time, error) {
	if err := a.called("Version"); err != nil {
		return 0, time.Time{}, err
	}
	return a.Store.Version(ctx, installation)
}

func (a *answers) Totals(ctx context.Context, installation string, m Month) (Totals, error) {
	if err := a.called("Totals"); err != nil {
		return Totals{}, err
	}
	return a.Store.Totals(ctx, installation, m)
}

func (a *answers) See(ctx context.Context, installation string, s Sighting) (Clock, error) {
	if err := a.called("See"); err != nil {
		return Clock{}, err
	}
	if a.see != nil {
		return a.see(s)
	}
	return a.Store.See(ctx, installation, s)
}

func (a *answers) Change(ctx context.Context, c LevelChange) (Level, error) {
	if err := a.called("Change"); err != nil {
		return Level{}, err
	}
	return a.Store.Change(ctx, c)
}

func (a *answers) Levels(ctx context.Context, installation string) (map[string]int64, error) {
	if err := a.called("Levels"); err != nil {
		return nil, err
	}
	return a.Store.Levels(ctx, installation)
}

func (a *answers) Usage(ctx context.Context, installation string) ([]Usage, error) {
	if err := a.called("Usage"); err != nil || a.usage != nil {
		return a.usage, err
	}
	return a.Store.Usage(ctx, installation)
}

func (a *answers) Hold(ctx context.Context, s Seat) (Held, error) {
	if err := a.called("Hold"); err != nil {
		return Held{}, err
	}
	return a.Store.Hold(ctx, s)
}

func (a *answers) Release(ctx context.Context, installation, fingerprint, writer string) error {
	if err := a.called("Release"); err != nil {
		return err
	}
	return a.Store.Release(ctx, installation, fingerprint, writer)
}

// fails makes every call fail from now on.
func (a *answers) fails(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.err = err
}

// took returns how often the store was called, by the name of the call, and forgets it.
func (a *answers) took() map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	calls := a.calls
	a.calls = make(map[string]int)
	return calls
}
