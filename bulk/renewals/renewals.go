// Package renewals chooses which licences in files are to be renewed.
package renewals

import (
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"os"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/bulk/documents"
	"github.com/licseal/licseal/bulk/job"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/verify"
)

// Options say which licences are chosen: of several with the same id the one that expires
// last, if it has not expired, is not revoked, and is what the other options ask for.
type Options struct {
	Files    []string         // files, folders and patterns, as [documents.Finder.All] takes them
	Verifier *verify.Verifier // of the licences; it says which fields are the id and the customer
	Customer string           // a part of the customer's name, in any case
	Key      string           // the fingerprint of the key that signed, or its start

	// Within, if not 0, wants only licences that expire within it, and no licence that has
	// extended another one which would not have expired yet: that was renewed a short time
	// ago.
	Within time.Duration

	// Standing, if not nil, says what a register of a size said of a licence.
	Standing func(entries int64, id string, lic *licseal.License, at time.Time) (Standing, error)
	Entries  int64 // the size of the register now
}

// Standing is what a register says of a licence.
type Standing int

// The standings.
const (
	Newest   Standing = iota // it is the newest with its id, or not known
	Replaced                 // a later one is alive
	Revoked
)

// Chooser chooses licences: a [job.Chooser].
type Chooser struct {
	o     Options
	roles licseal.Roles
	left  job.LeftOut
	err   error
}

// New returns what chooses licences in files. It reads them twice, so it refuses standard
// input and pipes.
func New(o Options) (*Chooser, error) {
	for _, name := range o.Files {
		info, err := os.Stat(name)
		switch {
		case name == "-" || err == nil && !info.IsDir() && !info.Mode().IsRegular():
			return nil, fmt.Errorf("%s: is read twice, so it must be a file or a folder", name)
		case err != nil && !strings.ContainsAny(name, "*?["):
			return nil, fmt.Errorf("%s: %w", name, text.Cause(err))
		}
	}
	return &Chooser{o: o, roles: o.Verifier.Roles().WithDefaults()}, nil
}

// Name returns the names of the files.
func (c *Chooser) Name() string { return strings.Join(c.o.Files, ", ") }

// Err returns the error that ended Licenses early, or nil.
func (c *Chooser) Err() error { return c.err }

// LeftOut counts the licences that were not chosen, and that is as it should be.
func (c *Chooser) LeftOut() job.LeftOut { return c.left }

// Settings returns what decides which licences are chosen.
func (c *Chooser) Settings() []string {
	return []string{"files", c.o.Customer, c.o.Key, c.o.Within.String()}
}

// Moment returns the time, and the size of the register.
func (c *Chooser) Moment(now time.Time) job.Moment {
	return job.Moment{Time: now, Entries: c.o.Entries}
}

// Licenses returns the licences that were to be renewed at a moment, and what cannot be
// read or has no good signature. All files are read before the first licence is returned.
func (c *Chooser) Licenses(ctx context.Context, m job.Moment) iter.Seq2[job.Old, []byte] {
	return func(yield func(job.Old, []byte) bool) {
		chosen := c.choose(ctx, m)
		if c.err != nil || ctx.Err() != nil {
			return
		}
		n := 0
		for d, text := range c.texts() {
			if wanted := chosen.has(n); wanted && !yield(job.Old{Name: d.Name(), Err: d.Err}, text) {
				return
			}
			n++
		}
	}
}

func (c *Chooser) texts() iter.Seq2[documents.Document, []byte] {
	return (&documents.Finder{}).Texts(c.o.Files)
}

// choose reads all documents, and returns which of them are chosen, by their number.
func (c *Chooser) choose(ctx context.Context, m job.Moment) *set {
	s := &survey{c: c, m: m, chosen: new(set), byID: map[idSum]int{}}
	n := 0
	for d, report := range bulk.Verify(ctx, c.texts(), c.o.Verifier, nil) {
		s.look(n, d, report)
		n++
	}
	s.decide()
	return s.chosen
}

// survey is what was found in a first reading of the files.
type survey struct {
	c      *Chooser
	m      job.Moment
	chosen *set
	byID   map[idSum]int // indexes of found
	found  []licence
}

// idSum is the start of the SHA-256 of an id.
type idSum [16]byte

// licence is the newest licence of an id.
type licence struct {
	number    int // of the document
	created   time.Time
	expires   time.Time // the expiration date
	ends      time.Time // when its grace has passed
	before    time.Time // when the one ends that expires before it, if there is one
	fits      bool      // the customer and the key are those asked for
	isRevoked bool
	replaced  bool // a later one in the register is alive
}

// look notes one document. What is not a licence, or has no good signature, is chosen, so
// that it is rejected with the reason.
func (s *survey) look(n int, d documents.Document, report *verify.Report) {
	result, reason := report.Result(), report.Reason()
	if d.Err != nil || !job.Renewable(report) && (result == nil || reason != licseal.ReasonRevoked) {
		s.chosen.add(n)
		return
	}
	id, ok := result.License.Payload.ID(s.c.roles)
	l := licence{number: n, created: result.Period.NotBefore, expires: result.Period.NotAfter, ends: s.ends(result), isRevoked: reason == licseal.ReasonRevoked, fits: s.fits(result)}
	s.ask(id, result.License, &l)
	sum := idSum(sumOf(id))
	at, known := s.byID[sum]
	if !ok || !known {
		s.found = append(s.found, l)
		if ok {
			s.byID[sum] = len(s.found) - 1
		}
		return
	}
	s.found[at] = newest(s.found[at], l)
}

func sumOf(id string) []byte {
	sum := sha256.Sum256([]byte(id))
	return sum[:16]
}

// ask asks the register about a licence.
func (s *survey) ask(id string, lic *licseal.License, l *licence) {
	if s.c.o.Standing == nil || s.c.err != nil {
		return
	}
	standing, err := s.c.o.Standing(s.m.Entries, id, lic, s.m.Time)
	s.c.err = err
	l.isRevoked = l.isRevoked || standing == Revoked
	l.replaced = standing == Replaced
}

func (s *survey) ends(result *verify.Result) time.Time {
	grace, _ := result.License.Payload.Grace(s.c.roles)
	return result.Period.NotAfter.Add(grace)
}

func (s *survey) fits(result *verify.Result) bool {
	customer, _ := result.License.Payload.Text(s.c.roles.Customer)
	return strings.Contains(strings.ToLower(customer), strings.ToLower(s.c.o.Customer)) &&
		strings.HasPrefix(licseal.KeyID(result.Key.Key), s.c.o.Key)
}

// newest returns the newer of two licences with the same id.
func newest(a, b licence) licence {
	switch order := a.expires.Compare(b.expires); {
	case order == 0 && !b.created.After(a.created):
		return a // the same one again, or an older one that was signed again
	case order == 0:
		b.before = a.before
		return b
	case order > 0:
		a, b = b, a
	}
	if b.before.Before(a.ends) {
		b.before = a.ends
	}
	return b
}

// decide chooses among the licences that were found.
func (s *survey) decide() {
	left, within := &s.c.left, s.c.o.Within
	for _, l := range s.found {
		switch {
		case !l.fits:
		case l.isRevoked:
			left.Revoked++
		case l.replaced:
			left.Renewed++
		case !l.ends.After(s.m.Time):
			left.Expired++
		case within != 0 && !l.expires.Before(s.m.Time.Add(within)):
			left.NotDue++
		case within != 0 && l.before.After(s.m.Time):
			left.Renewed++
		default:
			s.chosen.add(l.number)
		}
	}
}

// set is a set of numbers.
type set struct{ words []uint64 }

func (s *set) add(n int) {
	for n/64 >= len(s.words) {
		s.words = append(s.words, 0)
	}
	s.words[n/64] |= 1 << (n % 64)
}

func (s *set) has(n int) bool { return n/64 < len(s.words) && s.words[n/64]>>(n%64)&1 == 1 }

var _ job.Chooser = (*Chooser)(nil)
