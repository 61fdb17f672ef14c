package register

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/filelock"
	"github.com/licseal/licseal/internal/text"
	"golang.org/x/mod/sumdb/note"
)

// Writer appends to a register. Its methods may be called by several goroutines.
type Writer struct {
	dir    string
	signer note.Signer
	lock   *filelock.Lock
	now    func() time.Time

	mu        sync.Mutex // guards the fields below
	committed Checkpoint
	tree      *tree
	pack      *packWriter
	rows      []byte // of the entries that are not committed
	living    *living
	reader    *entryReader
	random    []byte // not yet used
	text      []byte // of the last record
	err       error  // the first error of a commit, after which nothing is written
}

func newWriter(dir string, signer note.Signer, c Checkpoint, t *tree) *Writer {
	return &Writer{dir: dir, signer: signer, committed: c, tree: t, pack: &packWriter{dir: dir}, reader: &entryReader{dir: dir}, now: time.Now}
}

// ErrLocked means that another process is writing to the register.
var ErrLocked = errors.New("another process is writing to this register")

// OpenWriter opens a register for appending. It waits for another writer until ctx ends
// and at most ten seconds; then the error is [ErrLocked]. What an interrupted writer has
// not committed is removed. clock tells the time of entries; if nil, [time.Now].
func OpenWriter(ctx context.Context, dir string, clock func() time.Time) (*Writer, error) {
	r := &Register{dir: dir}
	if err := r.readSettings(); err != nil {
		return nil, err
	}
	lock, err := filelock.Acquire(ctx, filepath.Join(dir, checkpointPath))
	if errors.Is(err, filelock.ErrHeld) {
		return nil, ErrLocked
	} else if err != nil {
		return nil, text.Cause(err)
	}
	w, err := openLocked(r)
	if err != nil {
		lock.Release()
		return nil, err
	}
	w.lock = lock
	if clock != nil {
		w.now = clock
	}
	return w, nil
}

// openLocked opens a register whose lock is held.
func openLocked(r *Register) (*Writer, error) {
	signer, err := r.readKey()
	if err == nil {
		err = r.readCheckpoint()
	}
	if err != nil {
		return nil, err
	}
	read := func(path string) ([]byte, error) {
		data, err := os.ReadFile(filepath.Join(r.dir, path))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, text.Cause(err))
		}
		return data, nil
	}
	tree, err := loadTree(read, r.current.Size, r.current.Root)
	if err != nil {
		return nil, &DamagedError{err}
	}
	for _, name := range []string{checkpointPath, indexPath} {
		atomicfile.RemoveLeft(filepath.Join(r.dir, name))
	}
	w := newWriter(r.dir, signer, r.current, tree)
	return w, w.openFiles()
}

// DamagedError means that the files of a register do not fit together, so that nothing can
// be appended.
type DamagedError struct{ Err error }

func (e *DamagedError) Error() string { return e.Err.Error() }

// Unwrap returns e.Err.
func (e *DamagedError) Unwrap() error { return e.Err }

// readKey reads the private key of the register.
func (r *Register) readKey() (note.Signer, error) {
	data, err := os.ReadFile(filepath.Join(r.dir, keyPath))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("the register has no private key, so it can only be read")
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", keyPath, text.Cause(err))
	}
	signer, err := note.NewSigner(strings.TrimSuffix(string(data), "\n"))
	if err != nil {
		return nil, fmt.Errorf("%s is not the private key of a register", keyPath)
	}
	if signer.Name() != r.verifier.Name() || signer.KeyHash() != r.verifier.KeyHash() {
		return nil, fmt.Errorf("%s is the private key of another register", keyPath)
	}
	return signer, nil
}

// openFiles repairs the index, and removes what an interrupted writer has left in the
// last pack.
func (w *Writer) openFiles() error {
	size := w.committed.Size
	rows, repaired, err := loadIndex(w.dir, size)
	if err != nil {
		return &DamagedError{err}
	}
	if repaired {
		if err := system.replace(filepath.Join(w.dir, indexPath), rows, 0o644); err != nil {
			return text.Cause(err)
		}
	}
	end := int64(0)
	if size%packSize != 0 {
		last := rows.row(size - 1)
		end = last.end()
	}
	w.living = newLiving(w.dir, rows)
	if err := w.pack.open(size, end); err != nil {
		return &DamagedError{fmt.Errorf("%s: %w", packPath(size), text.Cause(err))}
	}
	return nil
}

// Addition is what a caller adds to a register.
type Addition struct {
	Kind    Kind // Issued, Renewed or Imported
	License *licseal.License
	Roles   licseal.Roles  // where the payload has the id and the customer
	Period  licseal.Period // when the licence is valid; if zero, as the payload says
	Key     string         // the fingerprint of the key that signed the licence
	Plan    string         // the plan of the profile that it was made with, if any; if "", that of Old
	Row     int            // of the batch, from 1; 0 if there is none

	// Old is the licence that this one renews, if any. If the register has it as the newest
	// one of its id, it is replaced. If the id is revoked, the error is a [*RevokedError].
	Old *licseal.License

	// Replace accepts a licence whose id another one has that is alive, and records that it
	// replaces the newest one with its id. Otherwise the error is an [*AliveError].
	Replace bool
}

// Add adds a licence. It is not safe on the disk before [Writer.Commit]. The result is the
// number of the entry.
func (w *Writer) Add(a *Addition) (int64, error) {
	record, err := a.record()
	if err != nil {
		return 0, err
	}
	canonical := []byte(a.License.String())
	record.Digest = sha256.Sum256(canonical)
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	if err := w.replace(a, record, now); err != nil {
		return 0, err
	}
	number := w.tree.size
	if err := w.add(record, canonical, now); err != nil {
		return 0, err
	}
	w.living.add(record, number)
	return number, nil
}

// RevokedError means that a licence cannot be renewed, because its id is revoked, and the
// new one has the same.
type RevokedError struct{ ID string }

func (e *RevokedError) Error() string { return fmt.Sprintf("the id %q is revoked", e.ID) }

// replace finds the licence that an addition replaces, or refuses the addition.
func (w *Writer) replace(a *Addition, record *Record, now time.Time) error {
	if a.Old != nil && record.ID != "" && w.living.isRevoked(record.ID) {
		return &RevokedError{record.ID}
	}
	other, alive, ok, err := w.living.find(record.ID, now)
	if err != nil || !ok {
		return err
	}
	may := a.Replace
	if !may && a.Old != nil {
		old, err := w.committedEntry(other)
		if err != nil {
			return err
		}
		if may = old != nil && old.License == a.Old.String(); may && record.Plan == "" {
			record.Plan = old.Plan
		}
	}
	switch {
	case may:
		record.Replaces, record.HasReplaces = other, true
	case alive:
		return &AliveError{record.ID, other}
	}
	return nil
}

// isOld reports whether an entry has a licence.
func (w *Writer) isOld(number int64, old *licseal.License) (bool, error) {
	e, err := w.committedEntry(number)
	return e != nil && e.License == old.String(), err
}

// committedEntry returns an entry, nil if it was added a moment ago and is not committed.
func (w *Writer) committedEntry(number int64) (*Entry, error) {
	if number >= w.committed.Size {
		return nil, nil
	}
	at, err := w.living.lockedRow(number)
	if err != nil {
		return nil, err
	}
	return w.reader.read(&at, number)
}

// AliveError means that a licence has the id of another one, which has not expired and was
// neither revoked nor replaced.
type AliveError struct {
	ID     string
	Number int64 // of the entry that has the other one
}

func (e *AliveError) Error() string {
	return fmt.Sprintf("the register has a licence with the id %q that is still alive, entry %d", e.ID, e.Number)
}

// record returns the record of an addition, without what is known later.
func (a *Addition) record() (*Record, error) {
	p, roles := a.License.Payload, a.Roles.WithDefaults()
	period := a.Period
	var err error
	if period == (licseal.Period{}) {
		if period, err = p.Period(roles, nil); err != nil {
			return nil, err
		}
	}
	grace, err := p.Grace(roles)
	if err != nil {
		return nil, err
	}
	r := &Record{
		Kind: a.Kind, Key: a.Key, NotBefore: period.NotBefore, NotAfter: period.NotAfter,
		GraceDays: int(grace / (24 * time.Hour)), Plan: a.Plan, Row: a.Row,
	}
	r.ID, _ = p.ID(roles)
	r.Customer, _ = p.Text(roles.Customer)
	return r, nil
}

// Mark is what was put on a revocation list, or taken off it.
type Mark struct {
	Kind Kind   // Revoked or Restored
	Key  string // the fingerprint of the key that signs the list

	// Exactly one of these is set.
	ID         string // of a licence
	SigningKey string // the fingerprint of a key

	CreatedAfter time.Time // of a key: as in Record
	Reason       string    // for Revoked
}

// Mark records what was put on a revocation list, or taken off it.
func (w *Writer) Mark(m Mark) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	record := &Record{Kind: m.Kind, ID: m.ID, SigningKey: m.SigningKey, CreatedAfter: m.CreatedAfter, Reason: m.Reason, Key: m.Key}
	if err := record.check(); err != nil || !m.Kind.revokes() {
		return cmp.Or(err, errors.New("is not a revocation"))
	}
	if err := w.add(record, nil, w.now()); err != nil {
		return err
	}
	w.living.add(record, w.tree.size-1)
	return nil
}

// add adds an entry. Only the caller of create has no index of living licences.
func (w *Writer) add(r *Record, license []byte, now time.Time) error {
	if w.err != nil {
		return w.err
	}
	r.Time = now.UTC().Truncate(time.Second)
	w.fillRandom(r.Random[:])
	var l line
	var entry [32]byte
	w.text, l.record, entry = r.encode(w.text[:0])
	l.license = license
	if l.size() > maxLine {
		return fmt.Errorf("the record has %d bytes; at most %d can be recorded", l.size(), maxLine)
	}
	offset, err := w.pack.add(w.tree.size, l)
	if err != nil {
		w.err = fmt.Errorf("writing %s: %w", packPath(w.tree.size), text.Cause(err))
		return w.err
	}
	at := newRow(r, l, offset, entry)
	w.rows = at.appendTo(w.rows, w.tree.size)
	w.tree.add(entry)
	return nil
}

// fillRandom fills b with random bytes, of which many are made at once.
func (w *Writer) fillRandom(b []byte) {
	if len(w.random) < len(b) {
		w.random = make([]byte, 4096)
		rand.Read(w.random) // never fails
	}
	copy(b, w.random)
	w.random = w.random[len(b):]
}

// Len returns the number of entries, with those that are not committed.
func (w *Writer) Len() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tree.size
}

// Close releases the register. What was not committed is removed.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.pack.close()
	w.living.close()
	w.reader.close()
	w.err = errors.New("the register was closed")
	w.lock.Release()
	return text.Cause(err)
}
