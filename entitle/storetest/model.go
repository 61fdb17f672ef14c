package storetest

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/licseal/licseal/entitle"
)

// random makes random changes to the store, by either of two processes. Each answer, and
// what is there afterwards, is what a model says.
func (s *suite) random(t *testing.T) {
	const changes = 600
	m := &model{t: t, suite: s, rand: rand.New(rand.NewPCG(3, 4)), latest: start, seqs: map[string]int64{}, seen: map[string]int{}}
	s.apply(t, s.a, entitle.Batch{Installation: installation, Writer: "first", Seq: 1})
	for range changes {
		m.latest = m.latest.Add(time.Duration(max(0, m.rand.IntN(90)-60)) * time.Minute)
		m.step()
		if t.Failed() {
			return
		}
	}
	m.compareAll()
	for _, what := range []string{"granted", "refused", "repeated", "key", "key reused", "seat", "no seat", "level", "no level", "lease", "no lease"} {
		if m.seen[what] < 3 {
			t.Errorf("%s: only %d times", what, m.seen[what])
		}
	}
}

const installation = "random"

// model knows everything that ever happened. What holds now is found by reading it all.
type model struct {
	t *testing.T
	*suite
	rand   *rand.Rand
	latest time.Time
	seqs   map[string]int64 // of each writer's last batch that was granted
	last   []entitle.Batch  // those that were granted
	adds   []entitle.Add
	keys   []keyed
	seats  []seated
	levels []entitle.LevelChange // Time is the latest instant then
	seen   map[string]int
}

type keyed struct {
	key, name string
	n         int64
	set       bool // n is the level, and not what is added to it
	at        time.Time
}

type seated struct {
	fingerprint, writer string
	until               time.Time // zero if it was released
}

const seatLapse = time.Hour

func (m *model) store() entitle.Store {
	if m.rand.IntN(2) == 0 {
		return m.a
	}
	return m.b
}

// now is the latest instant, or one that is earlier and changes nothing.
func (m *model) now() time.Time { return m.latest.Add(-time.Duration(m.rand.IntN(3)) * time.Hour) }

func pick[T any](m *model, values ...T) T { return values[m.rand.IntN(len(values))] }

func (m *model) step() {
	m.tell()
	switch n := m.rand.IntN(10); {
	case n < 4:
		m.batch()
	case n < 5:
		m.repeat()
	case n < 7:
		m.seat()
	case n < 9:
		m.level()
	default:
		m.compareAll()
	}
}

// tell tells the store which time it is.
func (m *model) tell() {
	m.seqs["clock"]++
	applied, err := m.store().Apply(m.t.Context(), entitle.Batch{Installation: installation, Writer: "clock", Seq: m.seqs["clock"], Time: m.latest})
	if err != nil || !applied.Latest.Equal(m.latest) {
		m.t.Fatalf("the latest instant is %v, want %v: %v", applied.Latest, m.latest, err)
	}
}

func (m *model) count(month entitle.Month, name string) (n int64) {
	for _, a := range m.adds {
		if a.Month == month && a.Name == name {
			n += a.N
		}
	}
	return n
}

// used returns the last use of a key that still counts.
func (m *model) used(key string) *keyed {
	for _, k := range slices.Backward(m.keys) {
		if key != "" && k.key == key && m.latest.Sub(k.at) <= 24*time.Hour {
			return &k
		}
	}
	return nil
}

func (m *model) key() string { return pick(m, "", "", "", "k1", "k2", "k3", "k4", "k5") }

func (m *model) batch() {
	b := entitle.Batch{Installation: installation, Writer: pick(m, "v", "w"), Time: m.now(), Current: m.rand.IntN(3) == 0}
	b.Seq = m.seqs[b.Writer] + 1 + m.rand.Int64N(2)
	for _, name := range []string{"requests", "exports", "é'\""}[m.rand.IntN(3):] {
		month := entitle.MonthOf(m.latest) - entitle.Month(m.rand.IntN(3)/2)
		b.Adds = append(b.Adds, entitle.Add{Month: month, Name: name, N: m.rand.Int64N(5), Limit: pick[int64](m, 20, 60, entitle.MaxCount)})
	}
	b.Adds[0].Key = m.key()
	if m.wrong(b.Adds[0].Key, b.Adds[0].Name, b.Adds[0].N, false) {
		_, err := m.store().Apply(m.t.Context(), b)
		m.isReused(err)
		return
	}
	want := entitle.Applied{Granted: true, Counts: make([]int64, len(b.Adds))}
	adds := slices.Clone(b.Adds)
	for i, a := range adds {
		if m.used(a.Key) != nil {
			adds[i].N = 0
			m.seen["key"]++
			continue
		}
		tooLate := b.Current && a.Month < entitle.MonthOf(m.latest)
		if tooMuch := a.N > 0 && m.count(a.Month, a.Name)+a.N > a.Limit; tooMuch || tooLate {
			want.Granted = false
		}
	}
	m.seen[map[bool]string{true: "granted", false: "refused"}[want.Granted]]++
	if want.Granted {
		m.adds, m.last, m.seqs[b.Writer] = append(m.adds, adds...), append(m.last, b), b.Seq
		if a := b.Adds[0]; a.Key != "" && m.used(a.Key) == nil {
			m.keys = append(m.keys, keyed{a.Key, a.Name, a.N, false, m.latest})
		}
	}
	m.expectCounts(b, want)
}

// expectCounts applies a batch, and compares the answer.
func (m *model) expectCounts(b entitle.Batch, want entitle.Applied) {
	m.t.Helper()
	for i, a := range b.Adds {
		want.Counts[i] = m.count(a.Month, a.Name)
	}
	want.Latest = m.latest
	got, err := m.store().Apply(m.t.Context(), b)
	if err != nil {
		m.t.Fatal(err)
	}
	got.Latest = got.Latest.UTC()
	equal(m.t, want, got)
}

// repeat applies a batch again whose answer was lost.
func (m *model) repeat() {
	if len(m.last) == 0 {
		return
	}
	m.seen["repeated"]++
	b := pick(m, m.last...)
	m.expectCounts(b, entitle.Applied{Granted: true, Counts: make([]int64, len(b.Adds))})
}

// wrong reports whether a key was used for something else.
func (m *model) wrong(key, name string, n int64, set bool) bool {
	used := m.used(key)
	return used != nil && (used.name != name || used.n != n || used.set != set)
}

func (m *model) isReused(err error) {
	m.t.Helper()
	m.seen["key reused"]++
	if !errors.Is(err, entitle.ErrKeyReused) {
		m.t.Errorf("a key that was used for something else: %v", err)
	}
}

func (m *model) seat() {
	fingerprint, writer := pick(m, "m1", "m2", "m3", "m4"), pick(m, "v", "w")
	if m.rand.IntN(4) == 0 {
		m.seats = append(m.seats, seated{fingerprint, writer, time.Time{}})
		if err := m.store().Release(m.t.Context(), installation, fingerprint, writer); err != nil {
			m.t.Error(err)
		}
		return
	}
	now := map[[2]string]time.Time{}
	for _, s := range m.seats {
		now[[2]string{s.fingerprint, s.writer}] = s.until
	}
	others := map[string]bool{}
	for s, until := range now {
		if until.After(m.latest) && s[0] != fingerprint {
			others[s[0]] = true
		}
	}
	want := entitle.Held{OK: len(others) < 2, Machines: int64(len(others))}
	until := time.Time{} // who gets none has none
	if want.OK {
		want.Machines++
		until = m.latest.Add(seatLapse)
	}
	m.seats = append(m.seats, seated{fingerprint, writer, until})
	m.seen[map[bool]string{true: "seat", false: "no seat"}[want.OK]]++
	got, err := m.store().Hold(m.t.Context(), entitle.Seat{Installation: installation, Fingerprint: fingerprint, Writer: writer, Time: m.now(), Lapse: seatLapse, Max: 2})
	if err != nil {
		m.t.Fatal(err)
	}
	equal(m.t, want, got)
}

// taken returns a level without leases, and its leases but that of a holder.
func (m *model) taken(name, but string) (taken, leased int64) {
	until := map[string]time.Time{}
	for _, c := range m.levels {
		switch {
		case c.Name != name:
		case c.Lease != "":
			until[c.Lease] = c.Time.Add(c.Lapse)
		case c.Set:
			taken = c.By
		default:
			taken = max(0, taken+c.By)
		}
	}
	for holder, end := range until {
		if holder != but && end.After(m.latest) {
			leased++
		}
	}
	return taken, leased
}

func (m *model) level() {
	c := entitle.LevelChange{Installation: installation, Name: pick(m, "hosts", "seats"), Time: m.now(), Limit: pick[int64](m, 3, 6)}
	switch m.rand.IntN(3) {
	case 0:
		c.Lease, c.Lapse = pick(m, "x", "y", "z", "u"), pick(m, 0, 30*time.Minute, 2*time.Hour)
	case 1:
		c.By, c.Set, c.Key = m.rand.Int64N(8), true, m.key()
	default:
		c.By, c.Key = m.rand.Int64N(7)-3, m.key()
	}
	if m.wrong(c.Key, c.Name, c.By, c.Set) {
		_, err := m.store().Change(m.t.Context(), c)
		m.isReused(err)
		return
	}
	ok, name := true, "level"
	taken, leased := m.taken(c.Name, c.Lease)
	switch {
	case m.used(c.Key) != nil:
		m.seen["key"]++
	case c.Lease != "":
		name = "lease"
		ok = c.Lapse == 0 || taken+leased < c.Limit
		if !ok { // who gets none has none
			c.Lapse = 0
		}
		m.note(c)
		if !ok {
			c.Lapse = time.Minute
		}
	default:
		after := c.By
		if !c.Set {
			after = max(0, taken+c.By)
		}
		if ok = after <= taken || after+leased <= c.Limit; ok {
			m.note(c)
		}
	}
	m.seen[map[bool]string{true: name, false: "no " + name}[ok]]++
	taken, leased = m.taken(c.Name, "")
	got, err := m.store().Change(m.t.Context(), c)
	if err != nil {
		m.t.Fatal(err)
	}
	got.Latest = got.Latest.UTC()
	equal(m.t, entitle.Level{OK: ok, Used: taken + leased, Latest: m.latest}, got)
}

func (m *model) note(c entitle.LevelChange) {
	c.Time = m.latest
	m.levels = append(m.levels, c)
	if c.Key != "" {
		m.keys = append(m.keys, keyed{c.Key, c.Name, c.By, c.Set, m.latest})
	}
}

// compareAll compares all counts and levels.
func (m *model) compareAll() {
	var want []entitle.Usage
	for _, a := range m.adds {
		u := entitle.Usage{Month: a.Month, Name: a.Name, Count: m.count(a.Month, a.Name)}
		if u.Count > 0 && !slices.Contains(want, u) {
			want = append(want, u)
		}
	}
	entitle.SortUsage(want)
	got, err := m.store().Usage(m.t.Context(), installation)
	if err != nil {
		m.t.Fatal(err)
	}
	equal(m.t, want, slices.DeleteFunc(got, func(u entitle.Usage) bool { return u.Count == 0 }))
	levels := map[string]int64{}
	for _, name := range []string{"hosts", "seats"} {
		if taken, leased := m.taken(name, ""); taken+leased > 0 {
			levels[name] = taken + leased
		}
	}
	there, err := m.store().Levels(m.t.Context(), installation)
	if err != nil {
		m.t.Fatal(err)
	}
	maps.DeleteFunc(there, func(_ string, n int64) bool { return n == 0 })
	equal(m.t, fmt.Sprint(levels), fmt.Sprint(there))
	totals, err := m.store().Totals(m.t.Context(), installation, entitle.MonthOf(m.latest))
	if err != nil || !totals.Latest.Equal(m.latest) {
		m.t.Errorf("the latest instant is %v, want %v: %v", totals.Latest, m.latest, err)
	}
}
