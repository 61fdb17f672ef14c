// Package storetest is the contract of [entitle.Store], as a test that every
// store passes.
package storetest

import (
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/licseal/licseal/entitle"
)

// Test holds a store against the contract. Each call of open opens the same store,
// which is empty at first, as another process would.
func Test(t *testing.T, open func(t *testing.T) entitle.Store) {
	s := &suite{open(t), open(t)}
	for _, test := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"counts", s.counts},
		{"limits", s.limits},
		{"a batch applied twice", s.replay},
		{"clock", s.clock},
		{"clocks of hosts", s.hosts},
		{"seats", s.seats},
		{"levels", s.levels},
		{"leases", s.leases},
		{"keys", s.keys},
		{"together", s.together},
		{"random changes", s.random},
	} {
		t.Run(test.name, test.run)
	}
}

// suite has one store, opened twice.
type suite struct{ a, b entitle.Store }

var (
	start    = time.Date(2026, 11, 21, 12, 0, 0, 123456789, time.UTC)
	november = entitle.MonthOf(start)
)

func (s *suite) apply(t *testing.T, store entitle.Store, b entitle.Batch) entitle.Applied {
	t.Helper()
	if b.Time.IsZero() {
		b.Time = start
	}
	applied, err := store.Apply(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if applied.Latest.Before(b.Time) {
		t.Errorf("the latest instant is %v, before %v", applied.Latest, b.Time)
	}
	applied.Latest = time.Time{} // see the test of the clock
	return applied
}

func (s *suite) usage(t *testing.T, installation string) []entitle.Usage {
	t.Helper()
	usage, err := s.b.Usage(t.Context(), installation)
	if err != nil {
		t.Fatal(err)
	}
	return usage
}

func equal(t *testing.T, want, got any) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		t.Errorf("found %+v; %+v is expected", got, want)
	}
}

func (s *suite) counts(t *testing.T) {
	equal(t, []entitle.Usage(nil), s.usage(t, "counts"))
	adds := []entitle.Add{
		{Month: november, Name: "requests", N: 5, Limit: entitle.MaxCount},
		{Month: november, Name: "hosts; DROP TABLE 'x' \"Ä\"", N: 1, Limit: 10},
		{Month: november + 1, Name: "requests", N: 0, Limit: 0},
		{Month: november - 11, Name: "requests", N: entitle.MaxCount, Limit: entitle.MaxCount},
	}
	equal(t, entitle.Applied{Granted: true, Counts: []int64{5, 1, 0, entitle.MaxCount}},
		s.apply(t, s.a, entitle.Batch{Installation: "counts", Writer: "w", Seq: 1, Adds: adds}))
	equal(t, entitle.Applied{Granted: true, Counts: []int64{7}},
		s.apply(t, s.b, entitle.Batch{Installation: "counts", Writer: "v", Seq: 1, Adds: []entitle.Add{
			{Month: november, Name: "requests", N: 2, Limit: 7}}}))
	s.apply(t, s.b, entitle.Batch{Installation: "other", Writer: "w", Seq: 1, Adds: adds[:1]})
	totals, err := s.b.Totals(t.Context(), "counts", november)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, entitle.Totals{Latest: start, Counts: map[string]int64{"requests": 7, adds[1].Name: 1}}, totals)
	var kept []entitle.Usage
	for _, u := range s.usage(t, "counts") {
		if u.Count > 0 {
			kept = append(kept, u)
		}
	}
	equal(t, []entitle.Usage{
		{Month: november - 11, Name: "requests", Count: entitle.MaxCount},
		{Month: november, Name: adds[1].Name, Count: 1},
		{Month: november, Name: "requests", Count: 7},
	}, kept)
	before, latest, err := s.a.Version(t.Context(), "counts")
	if err != nil || before == 0 || !latest.Equal(start) {
		t.Errorf("version %d at %v: %v", before, latest, err)
	}
	s.apply(t, s.b, entitle.Batch{Installation: "counts", Writer: "v", Seq: 2, Adds: adds[:1]})
	if after, _, err := s.a.Version(t.Context(), "counts"); err != nil || after == before {
		t.Errorf("version %d after %d: %v", after, before, err)
	}
	if version, latest, err := s.a.Version(t.Context(), "nobody"); err != nil || version != 0 || !latest.IsZero() {
		t.Errorf("version %d at %v: %v", version, latest, err)
	}
	totals, err = s.a.Totals(t.Context(), "nobody", november)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, entitle.Totals{Counts: map[string]int64{}}, totals)
}

func (s *suite) limits(t *testing.T) {
	seq := int64(0)
	add := func(name string, n, limit int64) entitle.Add {
		return entitle.Add{Month: november, Name: name, N: n, Limit: limit}
	}
	tests := []struct {
		adds    []entitle.Add
		granted bool
		counts  []int64
	}{
		{[]entitle.Add{add("a", 11, 10)}, false, []int64{0}},
		{[]entitle.Add{add("a", 10, 10)}, true, []int64{10}},
		{[]entitle.Add{add("a", 1, 10)}, false, []int64{10}},
		{[]entitle.Add{add("b", 1, 10), add("a", 1, 10), add("c", 1, 10)}, false, []int64{0, 10, 0}}, // all or none
		{[]entitle.Add{add("a", 1, 11)}, true, []int64{11}},
		{[]entitle.Add{add("a", 0, 5)}, true, []int64{11}}, // nothing fits everywhere
		{[]entitle.Add{add("b", 1, 1), add("a", 1, 12)}, true, []int64{1, 12}},
		{[]entitle.Add{add("a", entitle.MaxCount, entitle.MaxCount)}, false, []int64{12}},
		{[]entitle.Add{add("a", 128*entitle.MaxCount, entitle.MaxCount)}, false, []int64{12}},
	}
	for i, test := range tests {
		seq++
		got := s.apply(t, s.a, entitle.Batch{Installation: "limits", Writer: "w", Seq: seq, Adds: test.adds})
		if want := (entitle.Applied{Granted: test.granted, Counts: test.counts}); !reflect.DeepEqual(want, got) {
			t.Errorf("batch %d: found %+v; %+v is expected", i, got, want)
		}
	}
}

// A writer that does not know whether a batch was written tries it again.
func (s *suite) replay(t *testing.T) {
	b := entitle.Batch{Installation: "replay", Writer: "w", Seq: 1, Adds: []entitle.Add{
		{Month: november, Name: "requests", N: 5, Limit: 6}}}
	for _, store := range []entitle.Store{s.a, s.a, s.b} {
		equal(t, entitle.Applied{Granted: true, Counts: []int64{5}}, s.apply(t, store, b))
	}
	b.Seq = 2 // refused, so it is not taken for one that was applied
	for range 2 {
		equal(t, entitle.Applied{Counts: []int64{5}}, s.apply(t, s.a, b))
	}
	b.Adds[0].N = 1
	for range 2 {
		equal(t, entitle.Applied{Granted: true, Counts: []int64{6}}, s.apply(t, s.a, b))
	}
	b.Writer, b.Adds[0].Limit = "v", 7 // another writer's numbers are its own
	equal(t, entitle.Applied{Granted: true, Counts: []int64{7}}, s.apply(t, s.a, b))
}

// The latest instant never runs backwards, unless it is forgotten.
func (s *suite) clock(t *testing.T) {
	latest := func(want time.Time) {
		t.Helper()
		totals, err := s.b.Totals(t.Context(), "clock", november)
		if err != nil || !totals.Latest.Equal(want) {
			t.Errorf("the latest is %v, not %v: %v", totals.Latest, want, err)
		}
	}
	seq := int64(0)
	see := func(at time.Time) {
		seq++
		s.apply(t, s.a, entitle.Batch{Installation: "clock", Writer: "w", Seq: seq, Time: at})
	}
	see(start)
	latest(start)
	see(start.Add(-time.Hour))
	latest(start)
	see(start.Add(1))
	latest(start.Add(1))
	// A batch of this moment that comes after the month has ended is not granted,
	// and is told why; one of a month that has ended is, and so is one tried again.
	add := []entitle.Add{{Month: november - 1, Name: "requests", N: 1, Limit: 5}}
	for i, want := range []entitle.Applied{
		{Granted: false, Counts: []int64{0}, Latest: start.Add(1)},
		{Granted: true, Counts: []int64{1}, Latest: start.Add(1)},
		{Granted: true, Counts: []int64{1}, Latest: start.Add(1)},
	} {
		b := entitle.Batch{Installation: "clock", Writer: "late", Seq: 1, Time: start.Add(-time.Hour), Adds: add, Current: i != 1}
		got, err := s.a.Apply(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, want, got)
	}
	hold := entitle.Seat{Installation: "clock", Fingerprint: "f", Writer: "w", Time: start.Add(time.Hour), Lapse: time.Minute, Max: 1}
	if _, err := s.a.Hold(t.Context(), hold); err != nil {
		t.Fatal(err)
	}
	latest(start.Add(time.Hour))
	for _, at := range []time.Time{start.Add(-time.Hour), start} {
		if err := s.a.SetClock(t.Context(), "clock", at); err != nil {
			t.Fatal(err)
		}
		latest(at)
	}
	see(start.Add(time.Minute)) // a writer goes on
	latest(start.Add(time.Minute))
	// A seat that was heard of in a future that is forgotten lapses like others.
	hold.Fingerprint, hold.Time = "g", start.Add(time.Minute)
	if held, err := s.a.Hold(t.Context(), hold); err != nil || !held.OK {
		t.Errorf("the seat of the future stays: %+v, %v", held, err)
	}
}

// A store keeps all of the clock, as Clock.See and Clock.Set say.
func (s *suite) hosts(t *testing.T) {
	var want entitle.Clock
	for i, step := range []struct {
		host  string
		shown time.Duration
	}{{"a", 0}, {"b", time.Hour}, {"c", 1000 * time.Hour}, {"a", time.Minute}, {"b", 23 * time.Hour}, {"c", 2000 * time.Hour}} {
		sighting := entitle.Sighting{Host: entitle.Host{Name: step.host}, Shown: start.Add(step.shown), MaxLead: 24 * time.Hour, Issued: start.Add(-time.Hour)}
		want.See(sighting)
		got, err := []entitle.Store{s.a, s.b}[i%2].See(t.Context(), "hosts", sighting)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, want, got)
		if got, err = s.b.Clock(t.Context(), "hosts"); err != nil {
			t.Fatal(err)
		}
		equal(t, want, got)
	}
	if err := s.b.SetClock(t.Context(), "hosts", start.Add(-2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	clock, err := s.a.Clock(t.Context(), "hosts")
	if err != nil || !clock.Latest.Equal(start.Add(-time.Hour)) || len(clock.Hosts) != 0 || len(clock.Changes) != 1 || !clock.Changes[0].From.Equal(want.Latest) {
		t.Errorf("after it was set: %+v, %v", clock, err)
	}
	if clock, err = s.a.Clock(t.Context(), "never seen"); err != nil || !clock.Latest.IsZero() {
		t.Errorf("found %+v, %v", clock, err)
	}
}

func (s *suite) seats(t *testing.T) {
	hold := func(store entitle.Store, fingerprint, writer string, at time.Duration) entitle.Held {
		t.Helper()
		held, err := store.Hold(t.Context(), entitle.Seat{
			Installation: "seats", Fingerprint: fingerprint, Writer: writer, Time: start.Add(at), Lapse: time.Minute, Max: 2,
		})
		if err != nil {
			t.Fatal(err)
		}
		return held
	}
	release := func(fingerprint, writer string) {
		t.Helper()
		if err := s.a.Release(t.Context(), "seats", fingerprint, writer); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, entitle.Held{OK: true, Machines: 1}, hold(s.a, "m1", "w", 0))
	equal(t, entitle.Held{OK: true, Machines: 1}, hold(s.b, "m1", "v", 0)) // the same machine
	equal(t, entitle.Held{OK: true, Machines: 2}, hold(s.b, "m2", "u", 0))
	equal(t, entitle.Held{Machines: 2}, hold(s.a, "m3", "x", 0))
	release("m1", "w") // m1's other process has it still
	equal(t, entitle.Held{Machines: 2}, hold(s.a, "m3", "x", 0))
	release("m1", "v")
	release("m1", "v")
	equal(t, entitle.Held{OK: true, Machines: 2}, hold(s.a, "m3", "x", 0))
	equal(t, entitle.Held{Machines: 2}, hold(s.a, "m1", "w", time.Minute-1))
	equal(t, entitle.Held{OK: true, Machines: 2}, hold(s.a, "m3", "x", time.Minute-1))
	// m2 has not been heard of for a minute: its seat is free.
	equal(t, entitle.Held{OK: true, Machines: 2}, hold(s.a, "m1", "w", time.Minute))
	equal(t, entitle.Held{Machines: 2}, hold(s.b, "m2", "u", time.Minute))
	// A clock set back frees nothing.
	equal(t, entitle.Held{Machines: 2}, hold(s.b, "m2", "u", -time.Hour))
	// Of fewer seats, who may not keep one has none then, and the other may keep its own.
	fewer := func(fingerprint, writer string, most int64) entitle.Held {
		t.Helper()
		held, err := s.a.Hold(t.Context(), entitle.Seat{
			Installation: "seats", Fingerprint: fingerprint, Writer: writer, Time: start.Add(time.Minute), Lapse: time.Minute, Max: most,
		})
		if err != nil {
			t.Fatal(err)
		}
		return held
	}
	equal(t, entitle.Held{Machines: 1}, fewer("m1", "w", 1))
	equal(t, entitle.Held{OK: true, Machines: 1}, fewer("m3", "x", 1))
	equal(t, entitle.Held{}, fewer("m3", "x", 0))
}

// Many add at once, up to a limit that all share: the sum granted is the sum
// counted, and never passes the limit.
func (s *suite) together(t *testing.T) {
	const limit, writers, each = 100, 8, 20
	var (
		group    sync.WaitGroup
		mu       sync.Mutex
		granted  int64
		machines int
	)
	for i := range writers {
		store := s.a
		if i%2 == 1 {
			store = s.b
		}
		writer := fmt.Sprint("w", i)
		group.Go(func() {
			for seq := range int64(each) {
				n := 1 + (seq+int64(i))%3
				applied, err := store.Apply(t.Context(), entitle.Batch{Installation: "together", Writer: writer, Seq: seq + 1, Time: start,
					Adds: []entitle.Add{{Month: november, Name: "requests", N: n, Limit: limit}}})
				if err != nil || applied.Counts[0] > limit {
					t.Errorf("%+v, %v", applied, err)
				}
				mu.Lock()
				if applied.Granted {
					granted += n
				}
				mu.Unlock()
			}
			held, err := store.Hold(t.Context(), entitle.Seat{
				Installation: "together", Fingerprint: writer, Writer: writer, Time: start, Lapse: time.Minute, Max: 3})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if held.OK {
				machines++
			}
		})
	}
	group.Wait()
	equal(t, []entitle.Usage{{Month: november, Name: "requests", Count: granted}}, s.usage(t, "together"))
	if granted != limit || machines != 3 {
		t.Errorf("%d of %d were granted, to %d machines of 3", granted, limit, machines)
	}
}
