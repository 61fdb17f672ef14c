package register

import (
	"crypto"
	"errors"
	"fmt"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/bulk/job"
)

// Batch records the licences of a batch in a register: a [job.Recorder].
type Batch struct {
	writer *Writer
	o      BatchOptions
	key    string
}

// BatchOptions say what the licences of a batch have in common.
type BatchOptions struct {
	Kind    Kind // Issued or Renewed
	Roles   licseal.Roles
	Key     crypto.PublicKey // of the key that signs
	Plan    string           // as in Addition
	Replace bool             // as in Addition

	// Resume takes a licence with the same payload and key that is in the register and
	// may not have been written. Otherwise its row is rejected if the licence is alive.
	Resume bool
}

// NewBatch returns what records a batch. No two licences of the batch may have the same
// id, and nothing else may be added to the register until the batch ends.
func (w *Writer) NewBatch(o BatchOptions) *Batch {
	w.living.mu.Lock()
	defer w.living.mu.Unlock()
	w.living.distinct = true
	o.Roles = o.Roles.WithDefaults()
	return &Batch{w, o, licseal.KeyID(o.Key)}
}

// Name returns the origin of the register.
func (b *Batch) Name() string { return b.writer.committed.Origin }

// Check is what [job.Recorder] asks for.
func (b *Batch) Check(r *bulk.Row) (known *licseal.License, err error) {
	id, ok := r.Payload.ID(b.o.Roles)
	if !ok {
		return nil, nil
	}
	number, alive, ok, err := b.writer.living.find(id, b.writer.now())
	if err != nil || !ok {
		return nil, err
	}
	if b.o.Resume {
		if known, err := b.known(number, r.Payload); known != nil || err != nil {
			return known, err
		}
	}
	if r.Old != nil {
		return nil, b.checkOld(id, number, alive, r.Old)
	}
	if alive && !b.o.Replace {
		return nil, &job.RefusedError{Err: &AliveError{id, number}}
	}
	return nil, nil
}

// checkOld refuses to renew a licence that is revoked, or that a living one has replaced,
// which were not so when it was chosen.
func (b *Batch) checkOld(id string, newest int64, alive bool, old *licseal.License) error {
	if b.writer.living.isRevoked(id) {
		return &job.RefusedError{Err: &RevokedError{id}}
	}
	if !alive {
		return nil
	}
	e, err := b.entry(newest)
	if err == nil && e.License != old.String() {
		return &job.RefusedError{Err: fmt.Errorf("the licence that is renewed is not the newest one with its id: that is entry %d", newest)}
	}
	return err
}

// entry returns an entry that was there before the batch. It does not wait for a commit.
func (b *Batch) entry(number int64) (*Entry, error) {
	at, err := b.writer.living.lockedRow(number)
	if err != nil {
		return nil, err
	}
	return b.writer.reader.read(&at, number)
}

// known returns the licence of an entry if it is the one that the payload would become.
func (b *Batch) known(number int64, p licseal.Payload) (*licseal.License, error) {
	at, err := b.writer.living.lockedRow(number)
	if err != nil {
		return nil, err
	}
	if int(at.license) < len(p.Bytes()) || at.key != keyTag(b.key) {
		return nil, nil
	}
	e, err := b.writer.reader.read(&at, number)
	if err != nil {
		return nil, err
	}
	lic, err := licseal.ParseUnverified([]byte(e.License)) // the digest was compared
	if err != nil {
		return nil, &EntryError{number, packPath(number), err}
	}
	if e.Key != b.key || !lic.Payload.Equal(p) {
		return nil, nil
	}
	return lic, nil
}

// Add is what [job.Recorder] asks for.
func (b *Batch) Add(row int, r *bulk.Row) error {
	_, err := b.writer.Add(&Addition{
		Kind: b.o.Kind, License: r.License, Old: r.Old, Roles: b.o.Roles, Period: r.Period, Key: b.key, Plan: b.o.Plan, Row: row, Replace: b.o.Replace,
	})
	if alive := (*AliveError)(nil); errors.As(err, &alive) {
		return fmt.Errorf("row %d: %w", row, err)
	}
	return err
}

// Commit is what [job.Recorder] asks for.
func (b *Batch) Commit() error { return b.writer.Commit() }
