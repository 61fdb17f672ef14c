package entitle

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// Store keeps what outlives a process: how much was used, which machines hold seats,
// and the latest instant seen. [NewMemory] returns one that keeps nothing after the
// process ends, for tests and for products without limits. Package entitle/sqlstore has
// one for SQLite and PostgreSQL.
//
// A store may hold several installations, each with its own counts, machines and latest
// instant. A Store is safe for concurrent use. One that several processes can open is
// safe for use by all of them.
type Store interface {
	// Apply adds a batch to the counts, as a whole or not at all. It adds nothing,
	// and Granted is false, if a count would exceed its limit, or if Current is set
	// and a month has ended. A batch whose Seq is not greater than that of the
	// writer's last batch was applied before: it changes nothing and is granted.
	Apply(ctx context.Context, b Batch) (Applied, error)

	// Totals returns the counts of a month, and the latest instant seen.
	Totals(ctx context.Context, installation string, m Month) (Totals, error)

	// Version returns a number that changes with every batch that is applied, and the
	// latest instant seen: what Totals would return has not changed while it is the
	// same. Both are zero if there was no batch.
	Version(ctx context.Context, installation string) (version int64, latest time.Time, err error)

	// Usage returns all counts, sorted by month and then by name.
	Usage(ctx context.Context, installation string) ([]Usage, error)

	// Change changes a level or a lease. If that would exceed the limit, OK is false,
	// and nothing changes; but a holder who may not keep a lease has none then, so
	// that others may keep theirs. A key that was used before with the same change
	// changes nothing, and is OK; with another change, the error is ErrKeyReused.
	Change(ctx context.Context, c LevelChange) (Level, error)

	// Levels returns all levels, with the leases that have not lapsed.
	Levels(ctx context.Context, installation string) (map[string]int64, error)

	// Hold takes a seat for a machine, or keeps the one that it has.
	Hold(ctx context.Context, s Seat) (Held, error)

	// Release gives up the seat that a writer holds for a machine. It is not an
	// error if there is none.
	Release(ctx context.Context, installation, fingerprint, writer string) error

	// See applies [Clock.See] to the clock of an installation, and returns it.
	See(ctx context.Context, installation string, s Sighting) (Clock, error)

	// Clock returns the clock of an installation.
	Clock(ctx context.Context, installation string) (Clock, error)

	// SetClock applies [Clock.Set] to the clock of an installation, and keeps a
	// record of it. It is for a clock that was ahead by mistake, or is right although
	// nobody confirms it. No guard of the installation may be open if t is earlier
	// than the latest instant: it has seen that, and would write it again.
	SetClock(ctx context.Context, installation string, t time.Time) error
}

// Batch is what a writer adds in one transaction.
type Batch struct {
	Installation string
	Writer       string    // one process; random
	Seq          int64     // from 1, greater with every new batch of the writer
	Time         time.Time // the latest instant that the writer has seen
	Adds         []Add     // may be empty, to record Time only; no two for the same month and name

	// Current says that the uses are happening now: if the month of one of them
	// has ended by the latest instant seen, none is granted.
	Current bool
}

// LevelChange is a change of how much of a level is in use at once.
type LevelChange struct {
	Installation string
	Name         string
	Time         time.Time // the latest instant that is known
	Limit        int64     // the maximum of the level; giving back is always possible

	By  int64 // how much is taken, or given back if negative: down to 0
	Set bool  // By is the level, whatever it was

	Lease string        // if not empty, take or keep one for this holder instead
	Lapse time.Duration // of the lease; 0 or less gives it back

	// Key is that of Add, for a change that is not a lease: a lease may be asked for again
	// without one. With another Name or another change, the error is ErrKeyReused.
	Key string
}

// Level is the answer to a [LevelChange].
type Level struct {
	OK     bool
	Used   int64     // afterwards, with all leases
	Latest time.Time // the latest instant seen by any writer
}

// ErrKeyReused says that an idempotency key was used before, for something else.
var ErrKeyReused = errors.New("this idempotency key was used for something else")

// keyLife is how long an idempotency key is kept.
const keyLife = 24 * time.Hour

// Add is an increment of one count.
type Add struct {
	Month Month
	Name  string // of the entitlement
	N     int64  // at least 0
	Limit int64  // the maximum of the count; at most MaxCount

	// Key, if not empty, is an idempotency key: the increment is made once, however
	// often a batch with it is applied within a day. With another name or N, the
	// error is ErrKeyReused.
	Key string
}

// MaxCount is the maximum of every count: the largest integer that JSON keeps exactly.
// A count without a limit stops there.
const MaxCount = 1<<53 - 1

// Applied is the answer to a [Batch].
type Applied struct {
	Granted bool
	Counts  []int64   // the count of each of the adds, afterwards
	Latest  time.Time // the latest instant seen by any writer, this one included
}

// Totals are the counts of one month.
type Totals struct {
	Latest time.Time        // the latest instant seen by any writer; zero if there was none
	Counts map[string]int64 // by the name of the entitlement
}

// Usage is the count of one entitlement in one month.
type Usage struct {
	Month Month
	Name  string
	Count int64
}

// SortUsage sorts counts by month and then by name, as [Store].Usage returns them.
func SortUsage(all []Usage) {
	slices.SortFunc(all, func(a, b Usage) int {
		return cmp.Or(cmp.Compare(a.Month, b.Month), cmp.Compare(a.Name, b.Name))
	})
}

// Seat is the seat for a machine that a writer asks for.
type Seat struct {
	Installation string
	Fingerprint  string
	Writer       string
	Time         time.Time     // the latest instant that the writer has seen
	Lapse        time.Duration // how long a seat is kept after its last report
	Max          int64         // the maximum number of machines
}

// Held is the answer to a [Seat].
type Held struct {
	OK       bool
	Machines int64 // how many machines hold a seat, this one included if it does
}
