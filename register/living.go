package register

import (
	"time"

	"github.com/licseal/licseal/internal/idset"
)

// living finds the licence of an id that is alive: it has not expired, its id is not
// revoked, and no later entry replaces it.
type living struct {
	rows    index // of the entries before the writer, until they are counted
	counted bool

	before   idset.Set          // the living licences of these entries: number + 1 by id
	added    map[idSum]holder   // the licences that the writer has added
	gone     map[idSum]struct{} // the ids that are revoked
	replaced map[int64]struct{} // the entries that the writer has replaced
	distinct bool               // the writer adds no id twice, so added and replaced are not kept
}

// holder is a licence that has an id.
type holder struct {
	number  int64
	expires int64
}

func newLiving(rows index) *living {
	return &living{rows: rows, added: map[idSum]holder{}, replaced: map[int64]struct{}{}}
}

// find returns the number of the living licence of an id.
func (l *living) find(id string, now time.Time) (number int64, ok bool) {
	if id == "" {
		return 0, false
	}
	l.count(now)
	sum := sumID(id)
	if _, revoked := l.gone[sum]; revoked {
		return 0, false
	}
	if h, ok := l.added[sum]; ok && h.expires > now.Unix() {
		return h.number, true
	}
	number = int64(l.before.FindSum(sum)) - 1
	_, replaced := l.replaced[number]
	return number, number >= 0 && !replaced
}

// count finds the living licences among the rows, once.
func (l *living) count(now time.Time) {
	if l.counted {
		return
	}
	s := newStanding(l.rows)
	for number := l.rows.size() - 1; number >= 0; number-- { // the newest licence of an id wins
		at := l.rows.row(number)
		if at.hasID && s.state(&at, number, now).Alive() {
			l.before.AddSum(at.id, int(number)+1)
		}
	}
	l.counted, l.gone, l.rows = true, s.revoked, nil
}

// add counts an entry that was just added.
func (l *living) add(r *Record, number int64) {
	if !l.counted || r.ID == "" {
		return
	}
	id := sumID(r.ID)
	switch {
	case r.Kind == Revoked:
		l.gone[id] = struct{}{}
	case r.Kind == Restored:
		delete(l.gone, id)
	case r.Kind.HasLicense() && !l.distinct:
		if r.HasReplaces {
			l.replaced[r.Replaces] = struct{}{}
		}
		at := newRow(r, line{}, 0, [32]byte{})
		l.added[id] = holder{number, at.expires()}
	}
}

// State is what became of a licence.
type State string

// The states of licences. Of several that apply, the first is the state.
const (
	RevokedState  State = "revoked"
	ReplacedState State = "replaced"
	ExpiredState  State = "expired"
	InGrace       State = "in-grace"
	Valid         State = "valid" // or not yet valid
)

// standing is what later entries say about earlier ones.
type standing struct {
	revoked  map[idSum]struct{}
	replaced []uint64 // a bit for each entry
}

func newStanding(rows index) *standing {
	s := &standing{map[idSum]struct{}{}, make([]uint64, rows.size()/64+1)}
	for number := range rows.size() {
		at := rows.row(number)
		switch {
		case at.kind == Revoked:
			s.revoked[at.id] = struct{}{}
		case at.kind == Restored:
			delete(s.revoked, at.id)
		}
		if n := at.replaces; n >= 0 && n < number {
			s.replaced[n/64] |= 1 << (n % 64)
		}
	}
	return s
}

// state returns the state of a licence, and "" for an entry without a licence.
func (s *standing) state(at *row, number int64, now time.Time) State {
	_, revoked := s.revoked[at.id]
	switch {
	case !at.kind.HasLicense():
		return ""
	case revoked && at.hasID:
		return RevokedState
	case s.replaced[number/64]>>(number%64)&1 == 1:
		return ReplacedState
	case at.expires() <= now.Unix():
		return ExpiredState
	case at.notAfter <= now.Unix():
		return InGrace
	}
	return Valid
}

// Alive reports whether the licence is still accepted, now or later.
func (s State) Alive() bool { return s == Valid || s == InGrace }
