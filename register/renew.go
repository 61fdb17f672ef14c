package register

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/licseal/licseal/bulk/job"
)

// RenewOptions say which licences in a register are renewed: the living ones that a filter
// wants, unless a later one has extended them already.
type RenewOptions struct {
	Filter Filter        // Customer, Plan and Key
	Within time.Duration // if not 0, only those that expire within it

	// Until, if not nil, is a checkpoint of the register: entries that were recorded after
	// it are rejected with a [*LaterError], unless their ids are among Confirm. The register
	// is verified first: the error is an [*InconsistentError] if it does not begin with what
	// the checkpoint says.
	Until   *Checkpoint
	Confirm []string

	// Shards chooses the same licences whichever other shards of a job have run today, by
	// what the register said at Until: what was recorded later is left out.
	Shards bool
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

// Renewals chooses the licences in a register that are to be renewed: a [job.Chooser].
type Renewals struct {
	r         *Register
	o         RenewOptions
	left      job.LeftOut
	later     int
	confirmed map[string]bool // the ids that were confirmed, and whether that was needed
	err       error
}

// Renewals returns what chooses the licences to renew.
func (r *Register) Renewals(o RenewOptions) *Renewals {
	c := &Renewals{r: r, o: o, confirmed: map[string]bool{}}
	for _, id := range o.Confirm {
		c.confirmed[id] = false
	}
	return c
}

// Name returns the folder of the register.
func (c *Renewals) Name() string { return c.r.dir }

// Err returns the error that ended Licenses early, or nil.
func (c *Renewals) Err() error { return c.err }

// LeftOut counts the licences that were not chosen, and that is as it should be.
func (c *Renewals) LeftOut() job.LeftOut { return c.left }

// Later returns how many licences were rejected because they were recorded after the
// checkpoint.
func (c *Renewals) Later() int { return c.later }

// Unused returns the ids in Confirm that no licence needed to be renewed.
func (c *Renewals) Unused() (ids []string) {
	for _, id := range c.o.Confirm {
		if !c.confirmed[id] && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// Settings returns what decides which licences are chosen.
func (c *Renewals) Settings() []string {
	o := c.o
	all := []string{"register " + c.r.current.Origin, o.Filter.Customer, o.Filter.Plan, o.Filter.Key, o.Within.String(), fmt.Sprint(o.Shards)}
	if o.Until != nil {
		all = append(all, o.Until.String())
	}
	return append(all, o.Confirm...)
}

// Moment returns the size of the register, and the time. For shards, it is the same for all
// of them.
func (c *Renewals) Moment(now time.Time) job.Moment {
	if c.o.Shards {
		return job.Moment{Time: now.UTC().Truncate(24 * time.Hour), Entries: c.o.Until.Size}
	}
	return job.Moment{Time: now, Entries: c.r.current.Size}
}

// Licenses returns the licences that were to be renewed at a moment, by what the register
// said then.
func (c *Renewals) Licenses(ctx context.Context, m job.Moment) iter.Seq2[job.Old, []byte] {
	return func(yield func(job.Old, []byte) bool) {
		rows, err := c.open(ctx, m)
		if err != nil {
			c.err = err
			return
		}
		reader := &entryReader{dir: c.r.dir}
		defer reader.close()
		p := &past{rows: rows[:m.Entries*rowSize], at: m.Time}
		p.standing = newStanding(p.rows)
		for number := range m.Entries {
			at := rows.row(number)
			if !p.due(&at, number, c.o.Within) || ctx.Err() != nil {
				continue
			}
			e, err := reader.read(&at, number)
			if err != nil {
				c.err = err
				return
			}
			if old, ok := c.choose(p, &at, e); ok && !yield(old, []byte(e.License)) {
				return
			}
		}
		if c.o.Shards {
			c.left.Later += int(c.r.current.Size - m.Entries)
		}
	}
}

// open reads the index, and verifies the register if there is a checkpoint.
func (c *Renewals) open(ctx context.Context, m job.Moment) (index, error) {
	if c.o.Until != nil {
		if err := c.r.Verify(ctx, *c.o.Until); err != nil {
			return nil, err
		}
	}
	if m.Entries < 0 || m.Entries > c.r.current.Size {
		return nil, errors.New("the register is shorter than it was when the job began")
	}
	return c.r.index()
}

// choose decides whether a licence that is due is renewed.
func (c *Renewals) choose(p *past, at *row, e *Entry) (old job.Old, ok bool) {
	if !c.o.Filter.wantsEntry(e) {
		return old, false
	}
	switch {
	case p.standing.isRevoked(at):
		c.left.Revoked++
		return old, false
	case c.o.Within != 0 && p.isExtended(at):
		c.left.Renewed++
		return old, false
	}
	old.Name = fmt.Sprintf("entry %d, %s", e.Number, e.ID)
	switch later := c.o.Until != nil && e.Number >= c.o.Until.Size; {
	case e.ID == "":
		old.Err = &job.RefusedError{Err: errors.New("the licence has no id, so nothing can replace it")}
	case later:
		if _, ok := c.confirmed[e.ID]; ok {
			c.confirmed[e.ID] = true
			break
		}
		c.later++
		old.Err = &job.RefusedError{Err: &LaterError{e.Number, e.Time}}
	}
	return old, true
}

// past is what a register said at an earlier moment.
type past struct {
	rows     index
	standing *standing
	at       time.Time
}

// due reports whether a licence would be due if it were not revoked: no later one replaces
// it, it has not expired, and it expires within a length of time, if that is not 0.
func (p *past) due(at *row, number int64, within time.Duration) bool {
	return at.kind.HasLicense() && !p.standing.isReplaced(number) && at.expires() > p.at.Unix() &&
		(within == 0 || at.notAfter < p.at.Add(within).Unix())
}

// isExtended reports whether a licence has extended another one that would not have expired
// yet. Then it was renewed a short time ago, and is not due again until that one would have
// expired. Licences that only replace another one, with the same expiry, are skipped.
func (p *past) isExtended(at *row) bool {
	for older := *at; older.replaces >= 0 && older.replaces < p.rows.size(); {
		newer := older
		older = p.rows.row(newer.replaces)
		if older.notAfter < newer.notAfter {
			return older.expires() > p.at.Unix()
		}
		if older.replaces >= newer.replaces { // the index is wrong
			return false
		}
	}
	return false
}
