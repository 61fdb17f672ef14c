package job

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/internal/idset"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

// Renewal says which licences a job renews, in place of the rows of a batch.
type Renewal struct {
	Chooser  Chooser
	Verifier *verify.Verifier // of the old licences; it says which fields are the id and the dates

	// Change returns the payload of the new licence as of a moment. It must keep the id.
	// It is called by many goroutines.
	Change    func(old *licseal.License, at time.Time) (licseal.Payload, error)
	UsesToday bool     // Change depends on the day
	Settings  []string // what decides what Change does

	// What the new payloads must look like, as in [bulk.PayloadOptions].
	Schema         *schema.Schema
	AllowOddID     bool
	AllowShortTerm bool
}

// Chooser chooses the licences to renew.
type Chooser interface {
	// Moment returns what Licenses needs to choose the same licences again later.
	Moment(now time.Time) Moment

	// Licenses returns the licences that were to be renewed at a moment: the same ones, in
	// the same order, whenever it is called, and whatever was renewed since.
	Licenses(ctx context.Context, m Moment) iter.Seq2[Old, []byte]

	// Err returns the error that ended Licenses before its end, or nil.
	Err() error

	// LeftOut counts the licences that Licenses did not choose.
	LeftOut() LeftOut

	Name() string       // for errors: where the licences are
	Settings() []string // what decides which licences are chosen
}

// Moment is a moment at which licences were chosen.
type Moment struct {
	Time    time.Time `json:"time"`
	Entries int64     `json:"entries,omitempty"` // how many a register had
}

// Old is the place of a licence to renew.
type Old struct {
	Name string // for messages
	Err  error  // if not nil, why it is not renewed: it is rejected
}

// LeftOut counts licences that are not renewed, and that is as it should be.
type LeftOut struct {
	Revoked int // they are revoked
	Renewed int // a later licence has extended or replaced them already
	Expired int // they are not accepted any more
	NotDue  int // they expire later than what was asked for
	Later   int // they were recorded after the checkpoint
}

// renewSource makes payloads of licences to renew.
type renewSource struct {
	ctx    context.Context
	o      *Renewal
	shard  Shard
	moment Moment
	at     time.Time // whose day is today
	digest lineSum   // of all licences that were chosen
}

func (s *renewSource) payloads() iter.Seq2[*place, bulk.Row] {
	return bulk.Payloads(s.ctx, s.licenses(), &bulk.PayloadOptions{
		Schema: s.o.Schema, AllowOddID: s.o.AllowOddID, AllowShortTerm: s.o.AllowShortTerm, Roles: s.roles(),
		Parse: s.payload, Number: s.shard.row,
	})
}

// licenses returns the old licences of the shard.
func (s *renewSource) licenses() iter.Seq2[*place, []byte] {
	return func(yield func(*place, []byte) bool) {
		n := 0
		for old, text := range s.o.Chooser.Licenses(s.ctx, s.moment) {
			if s.ctx.Err() != nil {
				return
			}
			n++
			s.digest.add(string(text))
			if !s.shard.Has(n) {
				continue
			}
			p := &place{row: n, name: old.Name, text: text, err: old.Err}
			if p.err != nil {
				text = nil
			}
			if !yield(p, text) {
				return
			}
		}
	}
}

// payload returns the payload of a renewal.
func (s *renewSource) payload(text []byte) (licseal.Payload, error) {
	if len(text) == 0 {
		return licseal.Payload{}, rows.ErrUnreadable // the place has the error
	}
	report := s.o.Verifier.Report(text)
	if !Renewable(report) {
		return licseal.Payload{}, report.Err()
	}
	old := report.Result().License
	payload, err := s.o.Change(old, s.at)
	if err != nil {
		return payload, err
	}
	was, hadID := old.Payload.ID(s.roles())
	if is, hasID := payload.ID(s.roles()); is != was || hasID != hadID {
		return payload, &RefusedError{fmt.Errorf("a renewal keeps the id, and this one would change it to %q", is)}
	}
	return payload, nil
}

// Renewable reports whether a licence can be renewed: a trusted key has signed it, and it
// is not refused for more than its dates.
func Renewable(report *verify.Report) bool {
	switch report.Reason() {
	case "", licseal.ReasonExpired, licseal.ReasonNotYetValid:
		return report.Result() != nil
	}
	return false
}

func (s *renewSource) err() error {
	if err := s.o.Chooser.Err(); err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	return nil
}

func (s *renewSource) name() string         { return s.o.Chooser.Name() }
func (s *renewSource) sum() string          { return s.digest.String() }
func (s *renewSource) roles() licseal.Roles { return s.o.Verifier.Roles().WithDefaults() }
func (s *renewSource) made() []string       { return nil }
func (s *renewSource) usesToday() bool      { return s.o.UsesToday }

func (s *renewSource) settings() []string {
	all := append([]string{"renewal"}, s.o.Settings...)
	return append(all, s.o.Chooser.Settings()...)
}

func (s *renewSource) begin(now time.Time) start {
	m := s.o.Chooser.Moment(now)
	return start{Moment: &m}
}

// start makes today the day of the moment. Only a complete file may be of another day.
func (s *renewSource) start(begun start, today string) {
	s.moment, s.at = *begun.Moment, begun.Moment.Time
	if day, err := time.Parse(time.DateOnly, today); err == nil && today != s.at.UTC().Format(time.DateOnly) {
		s.at = day
	}
}

func (s *renewSource) asWritten(_ *place, row bulk.Row, _ licseal.Payload) bulk.Row { return row }

// checkComplete checks a complete file of renewals: it has licences by this key, and those
// of everything that is still to be renewed are among them.
func (s *signer) checkComplete() error {
	var written idset.Set
	n := 0
	for line, report := range bulk.Verify(s.ctx, completeLines(s.work.file), s.verifier, nil) {
		n++
		part, err := parsePartLine(line.text)
		switch {
		case report.Result() != nil:
			s.signed.Kept++
			written.Add(report.Result().License.Payload.Bytes(), n)
		case !s.isPart || err != nil:
			return about(s.work.path, problem(Exists, "the file exists, and its line %d is not a licence by this key", n))
		case part.Reject != nil:
			if err := s.rejects.add(part.Reject); err != nil {
				return err
			}
		}
	}
	for p, row := range s.source.payloads() {
		if rowErr(p, row) == nil && written.Find(row.Payload.Bytes()) == 0 {
			return about(s.work.path, problem(Exists, "the file exists, and lacks the renewal of %s; name another file", p.name))
		}
	}
	return s.inputEnd()
}
