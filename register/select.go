package register

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/xrash/smetrics"
)

// Item is an entry, and what became of its licence.
type Item struct {
	Entry
	State State // "" for an entry without a licence
}

// Filter says which licences are wanted. The zero value wants all.
type Filter struct {
	Customer string    // a part of the customer's name, in any case
	Plan     string    // the name of the plan
	Key      string    // the fingerprint of the key that signed, or a part of its start
	States   []State   // any of these
	Expiring time.Time // alive, and expires before this

	// Under, if not nil, is a checkpoint that has the entries. [Register.Verify] tells
	// whether it is one of this register.
	Under *Checkpoint
}

// Select returns the licences that a filter wants, in the order of their entries. If ctx
// ends, so does the sequence, with its error.
func (r *Register) Select(ctx context.Context, f Filter, now time.Time) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		rows, err := r.index()
		if err != nil {
			yield(Item{}, err)
			return
		}
		reader := &entryReader{dir: r.dir}
		defer reader.close()
		s := newStanding(rows)
		for number := range rows.size() {
			at := rows.row(number)
			state := s.state(&at, number, now)
			if err := ctx.Err(); err != nil {
				yield(Item{}, err)
				return
			}
			if state == "" || !f.wantsRow(&at, state, number) {
				continue
			}
			e, err := reader.read(&at, number)
			if err != nil {
				yield(Item{}, err)
				return
			}
			if f.wantsEntry(e) && !yield(Item{*e, state}, nil) {
				return
			}
		}
	}
}

// wantsRow reports what the index alone can decide.
func (f *Filter) wantsRow(at *row, state State, number int64) bool {
	if !f.Expiring.IsZero() && !(state.Alive() && at.notAfter < f.Expiring.Unix()) {
		return false
	}
	return (f.Under == nil || number < f.Under.Size) && (len(f.States) == 0 || slices.Contains(f.States, state))
}

func (f *Filter) wantsEntry(e *Entry) bool {
	return (f.Customer == "" || strings.Contains(strings.ToLower(e.Customer), strings.ToLower(f.Customer))) &&
		(f.Plan == "" || f.Plan == e.Plan) && strings.HasPrefix(e.Key, f.Key)
}

// History returns all entries that have an id, in their order. The fingerprint of a
// signing key counts as the id of the entries that revoke or restore it.
func (r *Register) History(id string, now time.Time) ([]Item, error) {
	rows, err := r.index()
	if err != nil {
		return nil, err
	}
	reader := &entryReader{dir: r.dir}
	defer reader.close()
	s, sum := newStanding(rows), sumID(id)
	var items []Item
	for number := range rows.size() {
		at := rows.row(number)
		if at.hasID && at.id != sum || !at.hasID && !at.kind.revokes() {
			continue
		}
		e, err := reader.read(&at, number)
		if err != nil {
			return nil, err
		}
		if id != "" && (e.ID == id || e.SigningKey == id) {
			items = append(items, Item{*e, s.state(&at, number, now)})
		}
	}
	return items, nil
}

// revokedKeys returns the entries that revoke signing keys that were not restored later.
func (r *Register) revokedKeys() (revoked []*Entry, err error) {
	rows, err := r.index()
	if err != nil {
		return nil, err
	}
	reader := &entryReader{dir: r.dir}
	defer reader.close()
	for number := range rows.size() {
		at := rows.row(number)
		if at.hasID || !at.kind.revokes() {
			continue
		}
		e, err := reader.read(&at, number)
		if err != nil {
			return nil, err
		}
		revoked = slices.DeleteFunc(revoked, func(old *Entry) bool { return old.SigningKey == e.SigningKey })
		if e.Kind == Revoked {
			revoked = append(revoked, e)
		}
	}
	return revoked, nil
}

// Nearest returns at most n ids of the register that are most like an id that it does not
// have.
func (r *Register) Nearest(id string, n int) ([]string, error) {
	packs := &packReader{dir: r.dir}
	defer packs.close()
	type candidate struct {
		id    string
		score float64
	}
	var best []candidate
	for number := range r.current.Size {
		l, _, err := packs.read()
		if err != nil {
			return nil, err
		}
		record, err := parseRecord(l.record)
		if err != nil {
			return nil, &EntryError{number, packPath(number), err}
		}
		score := smetrics.JaroWinkler(strings.ToLower(id), strings.ToLower(record.ID), 0.7, 4)
		const alike = 0.85 // below that, they are different words
		if record.ID == "" || score < alike || slices.ContainsFunc(best, func(c candidate) bool { return c.id == record.ID }) {
			continue
		}
		best = append(best, candidate{record.ID, score})
		slices.SortStableFunc(best, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
		best = best[:min(n, len(best))]
	}
	var ids []string
	for _, c := range best {
		ids = append(ids, c.id)
	}
	return ids, nil
}

// Unknown returns those of the ids that no licence in the register has.
func (r *Register) Unknown(ids []string) ([]string, error) {
	rows, err := r.index()
	if err != nil {
		return nil, err
	}
	wanted := make(map[idSum]bool, len(ids))
	for _, id := range ids {
		wanted[sumID(id)] = false
	}
	for number := range rows.size() {
		at := rows.row(number)
		if _, ok := wanted[at.id]; ok && at.hasID && at.kind.HasLicense() {
			wanted[at.id] = true
		}
	}
	var unknown []string
	for _, id := range ids {
		if !wanted[sumID(id)] {
			unknown = append(unknown, id)
		}
	}
	return unknown, nil
}
