package register

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/licseal/licseal/internal/idset"
	"github.com/licseal/licseal/internal/text"
)

// living finds the newest licence of an id, and whether it is alive: it has not expired,
// its id is not revoked, and no later entry replaces it. It has a lock of its own, so that
// nobody who looks up an id waits for the disk.
type living struct {
	mu       sync.Mutex
	dir      string
	rows     index // of the entries before the writer, until they are counted
	counted  bool
	before   idset.Set          // the newest licences of these entries that are not replaced: number + 1 by id
	added    map[idSum]int64    // the newest licences that the writer has added
	expires  map[int64]int64    // when these expire
	gone     map[idSum]struct{} // the ids that are revoked
	replaced map[int64]struct{} // the entries that the writer has replaced
	distinct bool               // the writer adds no id twice, so its licences are not kept here
	file     *os.File           // the index
}

func newLiving(dir string, rows index) *living {
	return &living{dir: dir, rows: rows, added: map[idSum]int64{}, expires: map[int64]int64{}, replaced: map[int64]struct{}{}}
}

// find returns the number of the newest licence of an id, and whether it is alive. ok is
// false if there is none.
func (l *living) find(id string, now time.Time) (number int64, alive, ok bool, err error) {
	if id == "" {
		return 0, false, false, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count()
	sum := sumID(id)
	_, revoked := l.gone[sum]
	if number, ok := l.added[sum]; ok {
		return number, !revoked && l.expires[number] > now.Unix(), true, nil
	}
	number = int64(l.before.FindSum(sum)) - 1
	if _, replaced := l.replaced[number]; number < 0 || replaced {
		return 0, false, false, nil
	}
	at, err := l.row(number)
	return number, !revoked && at.expires() > now.Unix(), true, err
}

// isRevoked reports whether an id is revoked.
func (l *living) isRevoked(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count()
	_, revoked := l.gone[sumID(id)]
	return revoked
}

func (l *living) lockedRow(number int64) (row, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.row(number)
}

// row reads a row of the index.
func (l *living) row(number int64) (at row, err error) {
	if l.file == nil {
		if l.file, err = os.Open(filepath.Join(l.dir, indexPath)); err != nil {
			return row{}, text.Cause(err)
		}
	}
	data := make([]byte, rowSize)
	if _, err := l.file.ReadAt(data, number*rowSize); err != nil {
		return row{}, fmt.Errorf("%s: %w", indexPath, text.Cause(err))
	}
	at, ok := parseRow(data, number)
	if !ok {
		return row{}, fmt.Errorf("%s: the row of entry %d is damaged", indexPath, number)
	}
	return at, nil
}

// count reads the rows, once.
func (l *living) count() {
	if l.counted {
		return
	}
	s := newStanding(l.rows)
	for number := l.rows.size() - 1; number >= 0; number-- { // the newest licence of an id wins
		at := l.rows.row(number)
		if at.hasID && at.kind.HasLicense() && !s.isReplaced(number) {
			l.before.AddSum(at.id, int(number)+1)
		}
	}
	l.counted, l.gone, l.rows = true, s.revoked, nil
}

// add counts an entry that was just added.
func (l *living) add(r *Record, number int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.ID == "" {
		return
	}
	l.count()
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
		l.added[id], l.expires[number] = number, at.expires()
	}
}

func (l *living) close() {
	if l != nil && l.file != nil {
		l.file.Close()
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
		case !at.hasID:
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

func (s *standing) isReplaced(number int64) bool { return s.replaced[number/64]>>(number%64)&1 == 1 }

func (s *standing) isRevoked(at *row) bool {
	_, revoked := s.revoked[at.id]
	return revoked && at.hasID
}

// state returns the state of a licence, and "" for an entry without a licence.
func (s *standing) state(at *row, number int64, now time.Time) State {
	switch {
	case !at.kind.HasLicense():
		return ""
	case s.isRevoked(at):
		return RevokedState
	case s.isReplaced(number):
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

// States are all states, as users see them.
var States = []State{Valid, InGrace, ExpiredState, ReplacedState, RevokedState}
