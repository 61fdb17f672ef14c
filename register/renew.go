package register

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
)

// renewBlock is how many licences are renewed between two commits.
const renewBlock = 1024

// RenewOptions say how the licences in a register are renewed.
type RenewOptions struct {
	Verifier *verify.Verifier // of the old licences; it says which field is the id
	Key      crypto.Signer    // signs the new ones

	// Change returns the payload of the new licence. It may not change the id.
	Change func(old *licseal.License) (licseal.Payload, error)

	// Until, if not nil, is a checkpoint of the register: entries that were recorded after
	// it are rejected with a [*LaterError], unless their ids are among Confirmed.
	Until     *Checkpoint
	Confirmed map[string]bool
}

// LaterError means that a licence was recorded after the checkpoint up to which licences
// are trusted.
type LaterError struct {
	Number int64
	Time   time.Time
}

func (e *LaterError) Error() string {
	return fmt.Sprintf("was recorded after the checkpoint, at %s", e.Time.Format(time.RFC3339))
}

// Renew renews the living licences that a filter wants. Each new licence replaces the old
// one, and is on the disk before renewed is called for it. A licence that is not renewed is
// passed to rejected: its signature is not good, it has no id, it was recorded after the
// checkpoint, or it has no good new payload. r must have been opened after the writer.
//
// With a checkpoint, the register is verified first: the error is an [*InconsistentError]
// if it does not begin with what the checkpoint says.
func (w *Writer) Renew(ctx context.Context, r *Register, f Filter, o *RenewOptions, renewed func(*licseal.License) error, rejected func(*Item, error)) error {
	if o.Until != nil {
		if err := r.Verify(ctx, *o.Until); err != nil {
			return err
		}
	}
	f.States = []State{Valid, InGrace}
	var failed error
	block := &renewals{writer: w, written: renewed}
	for item, report := range bulk.Verify(ctx, texts(r.Select(f, w.now()), &failed), o.Verifier, nil) {
		lic, err := o.renew(&item, report)
		if err == nil {
			err = block.add(&item, report.Result().License, lic, o)
		}
		switch refused := (*refusedError)(nil); {
		case errors.As(err, &refused):
			rejected(&item, refused.err)
		case err != nil:
			return err
		}
	}
	return errors.Join(failed, block.flush(), ctx.Err())
}

// texts returns the licences of items, and keeps the error that ends them.
func texts(items iter.Seq2[Item, error], failed *error) iter.Seq2[Item, []byte] {
	return func(yield func(Item, []byte) bool) {
		for item, err := range items {
			if err != nil {
				*failed = err
				return
			}
			if !yield(item, []byte(item.License)) {
				return
			}
		}
	}
}

// renew returns the licence that replaces one. The error is a *refusedError.
func (o *RenewOptions) renew(item *Item, report *verify.Report) (*licseal.License, error) {
	switch reason := report.Reason(); {
	case report.Result() == nil, reason != "" && reason != licseal.ReasonExpired && reason != licseal.ReasonNotYetValid:
		return nil, &refusedError{report.Err()}
	case item.ID == "":
		return nil, &refusedError{errors.New("the licence has no id, so nothing can replace it")}
	case o.Until != nil && item.Number >= o.Until.Size && !o.Confirmed[item.ID]:
		return nil, &refusedError{&LaterError{item.Number, item.Time}}
	}
	payload, err := o.Change(report.Result().License)
	if err != nil {
		return nil, &refusedError{err}
	}
	if id, _ := payload.ID(o.Verifier.Roles()); id != item.ID {
		return nil, &refusedError{fmt.Errorf("a renewal keeps the id, and this one would change it to %q", id)}
	}
	lic, err := sign.License(payload, o.Key)
	if err != nil {
		return nil, fmt.Errorf("entry %d: %w", item.Number, err)
	}
	return lic, nil
}

// renewals are recorded, and will be written when they are on the disk.
type renewals struct {
	writer  *Writer
	waiting []*licseal.License
	written func(*licseal.License) error
}

func (b *renewals) add(item *Item, old, lic *licseal.License, o *RenewOptions) error {
	_, err := b.writer.Add(&Addition{
		Kind: Renewed, License: lic, Roles: o.Verifier.Roles(), Key: licseal.KeyID(o.Key.Public()), Plan: item.Plan, Old: old,
	})
	if errors.As(err, new(*AliveError)) {
		return &refusedError{err}
	} else if err != nil {
		return err
	}
	if b.waiting = append(b.waiting, lic); len(b.waiting) < renewBlock {
		return nil
	}
	return b.flush()
}

// flush makes the licences safe on the disk, and then passes them on.
func (b *renewals) flush() error {
	if err := b.writer.Commit(); err != nil {
		return err
	}
	for _, lic := range b.waiting {
		if err := b.written(lic); err != nil {
			return err
		}
	}
	b.waiting = b.waiting[:0]
	return nil
}
