package entitle

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Store keeps what outlives a process: how much was used, which machines hold
// the licence, and the latest instant that was seen. [NewMemory] returns one
// that does not, for tests and for products that have no limits; package
// entitle/sqlstore has one for SQLite and PostgreSQL.
//
// A store may hold several installations; each has its own counts, machines and
// latest instant. A Store is safe for concurrent use, also by several processes
// if it is one for that.
type Store interface {
	// Apply adds to the counts, all of a batch or none of it. It adds nothing,
	// and Granted is false, where a count would pass its limit, or where
	// Current says that it comes too late. A batch whose
	// Seq is not above that of the writer's last one was applied before: it
	// changes nothing and is granted.
	Apply(ctx context.Context, b Batch) (Applied, error)

	// Totals returns the counts of a month, and the latest instant seen.
	Totals(ctx context.Context, installation string, m Month) (Totals, error)

	// Usage returns every count there is, by month and then by name.
	Usage(ctx context.Context, installation string) ([]Usage, error)

	// Hold takes a place for a machine, or keeps the one that it has.
	Hold(ctx context.Context, s Seat) (Held, error)

	// Release gives up what a writer holds for a machine. It is no error if
	// that is nothing.
	Release(ctx context.Context, installation, fingerprint, writer string) error

	// ForgetClock sets the latest instant seen to t, even if that is
	// earlier: after a clock was ahead by mistake. No guard on the installation
	// may be open: it has seen that instant, and would write it again.
	ForgetClock(ctx context.Context, installation string, t time.Time) error
}

// Batch is what one writer adds at once.
type Batch struct {
	Installation string
	Writer       string    // one process; random
	Seq          int64     // from 1, rising with every new batch of the writer
	Time         time.Time // the latest instant that the writer has seen
	Adds         []Add     // may be empty, to keep Time only; no two for the same month and name

	// Current says that the adds are of this moment: where the latest instant
	// seen lies in a later month than one of them, none is granted.
	Current bool
}

// Add is an increment of one count.
type Add struct {
	Month Month
	Name  string // of the entitlement
	N     int64  // at least 0
	Limit int64  // what the count may reach; at most MaxCount
}

// MaxCount is the highest count there is: the largest integer that JSON keeps
// exactly. A count that has no limit stops there.
const MaxCount = 1<<53 - 1

// Applied is the answer to a [Batch].
type Applied struct {
	Granted bool
	Counts  []int64   // for each of the adds, the count after it, or as it is if none was granted
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

// SortUsage sorts counts by month, and then by name, as [Store].Usage returns
// them.
func SortUsage(all []Usage) {
	slices.SortFunc(all, func(a, b Usage) int {
		return cmp.Or(cmp.Compare(a.Month, b.Month), cmp.Compare(a.Name, b.Name))
	})
}

// Seat is a place for a machine, as one writer asks for it.
type Seat struct {
	Installation string
	Fingerprint  string
	Writer       string
	Time         time.Time     // the latest instant that the writer has seen
	Lapse        time.Duration // after how long without a word a seat is free again
	Max          int64         // how many machines there may be
}

// Held is the answer to a [Seat].
type Held struct {
	OK       bool
	Machines int64 // how many machines hold a seat, this one included if it does
}
