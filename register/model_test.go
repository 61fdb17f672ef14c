package register_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/register"
)

// Over any sequence of licences, renewals and revocations, of writers that commit and
// writers that do not, a register says what a list of everything that happened says.
func TestModel(t *testing.T) {
	for seed := range testenv.Rounds(5, 200) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			m := &model{T: t, rand: rand.New(rand.NewPCG(uint64(seed), 1)), dir: create(t), now: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)}
			for range 15 {
				m.now = m.now.Add(time.Duration(m.rand.IntN(20*24)) * time.Hour)
				m.writer()
				m.compare()
			}
		})
	}
}

type model struct {
	*testing.T
	rand        *rand.Rand
	dir         string
	now         time.Time
	entries     []happened
	committed   int
	checkpoints []register.Checkpoint
}

// happened is an entry. A revocation has no licence.
type happened struct {
	kind     register.Kind
	id       string
	license  *licseal.License
	expires  time.Time
	replaces int // -1 for none
}

func (m *model) id() string { return fmt.Sprintf("LS-%d", m.rand.IntN(6)) }

// writer makes some changes, and commits them or not.
func (m *model) writer() {
	if m.rand.IntN(4) == 0 { // it is made again
		if err := os.Remove(filepath.Join(m.dir, "index")); err != nil && !errors.Is(err, os.ErrNotExist) {
			m.Fatal(err)
		}
	}
	w, err := register.OpenWriter(context.Background(), m.dir, func() time.Time { return m.now })
	if err != nil {
		m.Fatal(err)
	}
	for range m.rand.IntN(12) {
		switch m.rand.IntN(6) {
		case 0:
			m.mark(w)
		case 1:
			m.commit(w)
		default:
			m.add(w)
		}
	}
	if m.rand.IntN(3) > 0 {
		m.commit(w)
	}
	m.entries = m.entries[:m.committed]
	if err := w.Close(); err != nil {
		m.Fatal(err)
	}
}

func (m *model) commit(w *register.Writer) {
	if err := w.Commit(); err != nil {
		m.Fatal(err)
	}
	m.committed = len(m.entries)
}

// mark revokes an id or restores it.
func (m *model) mark(w *register.Writer) {
	h := happened{kind: register.Revoked, id: m.id(), replaces: -1}
	if m.isRevoked(h.id) || m.rand.IntN(4) == 0 {
		h.kind = register.Restored
	}
	if err := w.Mark(register.Mark{Kind: h.kind, ID: h.id, Key: fingerprint}); err != nil {
		m.Fatal(err)
	}
	m.entries = append(m.entries, h)
}

// add issues or renews a licence, or tries to.
func (m *model) add(w *register.Writer) {
	id := m.id()
	lic := license(m, id, m.now.AddDate(0, 0, 1+m.rand.IntN(60)).Format(time.DateOnly))
	period, err := lic.Payload.Period(licseal.Roles{}.WithDefaults(), nil)
	if err != nil {
		m.Fatal(err)
	}
	a := &register.Addition{Kind: register.Issued, License: lic, Key: fingerprint, Replace: m.rand.IntN(4) == 0}
	if old := m.some(id); old != nil && m.rand.IntN(2) == 0 {
		a.Kind, a.Old = register.Renewed, old
	}
	h := happened{kind: a.Kind, id: id, license: lic, expires: period.NotAfter, replaces: -1}
	newest := m.newest(id)
	isAlive := newest >= 0 && !m.isRevoked(id) && m.entries[newest].expires.After(m.now)
	isOld := newest >= 0 && newest < m.committed && a.Old != nil && m.entries[newest].license.String() == a.Old.String()
	if newest >= 0 && (a.Replace || isOld) {
		h.replaces = newest
	}
	number, err := w.Add(a)
	if a.Old != nil && m.isRevoked(id) {
		if revoked := (*register.RevokedError)(nil); !errors.As(err, &revoked) || revoked.ID != id {
			m.Errorf("%s is revoked, and renewed: %v", id, err)
		}
		return
	}
	if isAlive && h.replaces < 0 {
		if alive := (*register.AliveError)(nil); !errors.As(err, &alive) || int(alive.Number) != newest || alive.ID != id {
			m.Errorf("entry %d is alive: %v", newest, err)
		}
		return
	}
	if err != nil || int(number) != len(m.entries) {
		m.Fatalf("entry %d, want %d: %v", number, len(m.entries), err)
	}
	m.entries = append(m.entries, h)
}

// some returns a licence with an id, nil if there is none.
func (m *model) some(id string) *licseal.License {
	var all []*licseal.License
	for _, h := range m.entries {
		if h.id == id && h.license != nil {
			all = append(all, h.license)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[m.rand.IntN(len(all))]
}

// newest returns the newest licence with an id that none replaces, -1 if there is none.
func (m *model) newest(id string) int {
	for i, h := range slices.Backward(m.entries) {
		if h.id == id && h.license != nil && !m.isReplaced(i) {
			return i
		}
	}
	return -1
}

func (m *model) isReplaced(number int) bool {
	return slices.ContainsFunc(m.entries, func(h happened) bool { return h.replaces == number })
}

func (m *model) isRevoked(id string) (revoked bool) {
	for _, h := range m.entries {
		if h.id == id && h.license == nil {
			revoked = h.kind == register.Revoked
		}
	}
	return revoked
}

func (m *model) state(number int) register.State {
	switch h := m.entries[number]; {
	case h.license == nil:
		return ""
	case m.isRevoked(h.id):
		return register.RevokedState
	case m.isReplaced(number):
		return register.ReplacedState
	case !h.expires.After(m.now):
		return register.ExpiredState
	}
	return register.Valid
}

// said is what both say of an entry.
type said struct {
	Number  int
	Kind    register.Kind
	ID      string
	State   register.State
	License string
	Old     int
}

// all returns what the model says of the entries that are wanted.
func (m *model) all(wanted func(number int) bool) (all []said) {
	for i, h := range m.entries {
		if !wanted(i) {
			continue
		}
		s := said{i, h.kind, h.id, m.state(i), "", h.replaces}
		if h.license != nil {
			s.License = h.license.String()
		}
		all = append(all, s)
	}
	return all
}

func saidOf(e register.Item) said {
	old := -1
	if e.HasReplaces {
		old = int(e.Replaces)
	}
	return said{int(e.Number), e.Kind, e.ID, e.State, e.License, old}
}

// compare asks the register everything.
func (m *model) compare() {
	r := open(m, m.dir)
	if err := r.Verify(context.Background(), m.checkpoints...); err != nil {
		m.Fatal(err)
	}
	m.checkpoints = append(m.checkpoints, r.Checkpoint())
	isLicense := func(i int) bool { return m.entries[i].license != nil }
	soon := m.now.AddDate(0, 0, 20)
	for name, q := range map[string]struct {
		filter register.Filter
		wanted func(int) bool
	}{
		"all":      {register.Filter{}, isLicense},
		"expired":  {register.Filter{States: []register.State{register.ExpiredState}}, func(i int) bool { return m.state(i) == register.ExpiredState }},
		"expiring": {register.Filter{Expiring: soon}, func(i int) bool { return m.state(i).Alive() && m.entries[i].expires.Before(soon) }},
		"customer": {register.Filter{Customer: "of ls-3"}, func(i int) bool { return isLicense(i) && m.entries[i].id == "LS-3" }},
	} {
		var got []said
		for e, err := range r.Select(m.Context(), q.filter, m.now) {
			if err != nil {
				m.Fatal(err)
			}
			got = append(got, saidOf(e))
		}
		if diff := cmp.Diff(m.all(q.wanted), got); diff != "" {
			m.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	id := m.id()
	items, err := r.History(id, m.now)
	if err != nil {
		m.Fatal(err)
	}
	var got []said
	for _, item := range items {
		got = append(got, saidOf(item))
	}
	if diff := cmp.Diff(m.all(func(i int) bool { return m.entries[i].id == id }), got); diff != "" {
		m.Errorf("the history of %s (-want +got):\n%s", id, diff)
	}
}
