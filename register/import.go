package register

import (
	"context"
	"errors"
	"iter"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/verify"
)

// importBlock is how many licences are imported between two commits.
const importBlock = 4096

// ImportOptions say how licences are imported.
type ImportOptions struct {
	Verifier *verify.Verifier // of the licences; it says which fields are the id and the dates
	Replace  bool             // a licence replaces the newest one with its id that was imported before
}

// Import records existing licences whose signatures are good, whether or not they have
// expired. It calls skipped for each that is not imported: for its signature, because it
// is no licence, or because the register has it already, or has a living one with its id;
// the error is then [ErrKnown] or an [*AliveError]. It returns how many were imported.
func Import[K any](ctx context.Context, w *Writer, documents iter.Seq2[K, []byte], o *ImportOptions, skipped func(K, error)) (n int, err error) {
	for key, report := range bulk.Verify(ctx, documents, o.Verifier, nil) {
		err := w.importOne(report, o)
		var alive *AliveError
		var refused *refusedError
		switch {
		case errors.As(err, &refused):
			skipped(key, refused.err)
			continue
		case errors.Is(err, ErrKnown), errors.As(err, &alive):
			skipped(key, err)
			continue
		case err != nil:
			return n, err
		}
		if n++; n%importBlock == 0 {
			if err := w.Commit(); err != nil {
				return n, err
			}
		}
	}
	return n, errors.Join(w.Commit(), ctx.Err())
}

// ErrKnown means that a register has this very licence.
var ErrKnown = errors.New("the register has this licence already")

// refusedError is why a document is not imported.
type refusedError struct{ err error }

func (e *refusedError) Error() string { return e.err.Error() }

func (w *Writer) importOne(report *verify.Report, o *ImportOptions) error {
	result := report.Result()
	switch reason := report.Reason(); {
	case result == nil, reason != "" && reason != licseal.ReasonExpired && reason != licseal.ReasonNotYetValid && reason != licseal.ReasonRevoked:
		return &refusedError{report.Err()}
	}
	id, _ := result.License.Payload.ID(o.Verifier.Roles())
	known, err := w.has(id, result.License)
	if err == nil && known {
		err = ErrKnown
	}
	if err != nil {
		return err
	}
	_, err = w.Add(&Addition{
		Kind: Imported, License: result.License, Roles: o.Verifier.Roles(), Period: result.Period, Key: licseal.KeyID(result.Key.Key), Replace: o.Replace,
	})
	return err
}

// has reports whether the newest licence of an id is a licence.
func (w *Writer) has(id string, lic *licseal.License) (bool, error) {
	number, _, ok, err := w.living.find(id, w.now())
	if err != nil || !ok {
		return false, err
	}
	if err := w.Commit(); err != nil { // the other may have been added a moment ago
		return false, err
	}
	return w.isOld(number, lic)
}
