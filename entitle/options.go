package entitle

import (
	"time"

	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

// Options says how a guard works. The zero value, like nil, is the strictest.
type Options struct {
	// Store keeps what outlives the process. If nil, nothing does.
	Store Store

	// Installation is the name under which usage, machines and the clock
	// are kept in the store. All processes with the same name count together. If
	// empty, [Product].
	Installation string

	// Batch counts in memory and writes every half second, instead of writing
	// each use before it is allowed. The package documentation says what that
	// may lose.
	Batch bool

	// Levels are the names of entitlements of which so many may be in use at once,
	// such as monitored hosts, instead of so many a month: see [Guard.Take]. The
	// licence does not say which they are.
	Levels []string

	// MaxUnwritten is how much of what remains of a limit may be used with Batch
	// before it is written, in percent. More is written at once, and fails if the
	// store does. A process that is killed while its store is locked gains no more than
	// that in a month, if Remember keeps what was unwritten: as many fewer may be later.
	// If zero, 10; 100 sets no such limit.
	MaxUnwritten int64

	// MayBeMissing lets a guard open without a licence, in the state
	// Missing, which allows nothing.
	MayBeMissing bool

	// AllowOlder lets a licence replace one with the same id that was created later
	// and was in force in this installation, such as one with fewer entitlements.
	AllowOlder bool

	// TrustRoot, if not nil, is where the trust of the guard begins, in place of the
	// trusted keys that Open is given, which must be nil. It comes with the product.
	TrustRoot *trust.Origin

	// TrustChain is the source of the chain that begins with TrustRoot, such as
	// [File]. It may come from anywhere. If it is missing or refused, what was
	// known before stays in force, and Status reports it.
	TrustChain Source

	// Revocations is the source of a signed revocation list, such as [File]. If
	// nil, revocation is not checked. Otherwise a list is required: if it is
	// missing, forged or stale, Open fails. If that happens while the guard is
	// open, the list in use stays, no other licence is taken, and Status reports
	// it. A list whose signer has lost the trust of the chain is forgotten with what
	// it revoked; until there is another, no other licence is taken.
	Revocations Source

	// MaxListAge is how long after its issue the list is used. If zero, it is
	// used until its next update.
	MaxListAge time.Duration

	// Remember, if not nil, keeps the latest instant, the newest revocation list
	// and the chain of trust for the next start, in addition to the store. Without it, an older
	// list or chain is refused only while the guard is open. It changes what is
	// remembered and returns the result, as package state does:
	//
	//	Remember: func(change func(*verify.Memory) error) (*verify.Memory, error) {
	//		return state.Update("licence.state", change)
	//	}
	Remember func(change func(*verify.Memory) error) (*verify.Memory, error)

	// Issuer is a pattern that one of the principals of the signing key must
	// match, such as "*@vendor.example". If empty, any trusted key will do.
	Issuer string

	// Lapse is how long a machine that does not report keeps its seat. If zero,
	// ten minutes; at least two seconds.
	Lapse time.Duration

	// StoreTimeout is how long a call may take because of the store, with its wait for
	// other calls. If zero, five seconds.
	StoreTimeout time.Duration

	// Advisory lets a product that must never stop go on: what would be refused is
	// allowed, counted as far as possible, and reported. Nothing is refused because
	// of the licence, of a limit or of the store. Open still fails for a licence that
	// is not one.
	Advisory bool

	// WarnAt are the percentages of a limit, tolerance included, at which an event
	// warns. If nil, 80 and 100; if empty, there is no warning.
	WarnAt []int64

	// WarnBefore is how long before the end of the licence, of its grace and of the
	// revocation list an event warns. If nil, 30 days, 7 days and one day; if empty,
	// there is no warning. One that is more than half of the whole time is ignored.
	WarnBefore []time.Duration

	// Notify, if not nil, is called for background events, one at a time. It may
	// call Status and Limits, but nothing that counts, writes, loads or closes.
	// It must return quickly: what reports the event waits for it, and that may
	// be the writing of usage.
	Notify func(Event)

	// Clock is the clock of the machine. If nil, time.Now.
	Clock func() time.Time

	// MaxClockLead is how far the clock of a host may be ahead of the time of the
	// installation. If it is further ahead, only the processes on that host go by it,
	// until another host confirms it, or the host has been the only one for 24 hours of
	// running. What no other host confirms moves the time of the installation ahead by
	// no more than this in 24 hours. If zero, one day.
	MaxClockLead time.Duration

	// Host is the name of the machine, whose processes share a clock. If empty, the
	// machine is known by its host name and by what its kernel got when it started.
	Host string

	// Uptime is a clock that nobody can set: how long something has been running.
	// If nil, the monotonic reading of Clock's times. If they have none either, a
	// clock that is held still is not noticed.
	Uptime func() time.Duration
}

// Event is something that happened in the background.
type Event struct {
	Kind  EventKind
	State State // of the licence, after the event
	Err   error // what went wrong; nil if nothing did
}

// EventKind is a stable word for what happened.
type EventKind string

// The kinds of events.
const (
	Loaded         EventKind = "loaded"          // another licence is in use
	LoadFailed     EventKind = "load failed"     // the source has changed, and is not used: Err says why
	LoadWorks      EventKind = "load works"      // after a failure, the source has the licence in use again
	StateChanged   EventKind = "state changed"   // for example, the licence has expired
	ClockBehind    EventKind = "clock behind"    // the clock was set back or held still; the guard's time goes on without it
	ClockAhead     EventKind = "clock ahead"     // hosts are ahead by more than Options.MaxClockLead: Err has a *ClockLeadError for each
	LimitNear      EventKind = "limit near"      // so much of a limit is used: Err is a *NearError
	EndNear        EventKind = "end near"        // the licence, its grace or the list ends soon: Err is an *EndError
	WouldRefuse    EventKind = "would refuse"    // Options.Advisory has allowed what would be refused: Err says why
	StoreFailed    EventKind = "store failed"    // usage could not be written; it is kept and written later
	StoreWorks     EventKind = "store works"     // after a failure, usage is written again
	UsageRestored  EventKind = "usage restored"  // the store had lost uses, which are counted again: Err has a *UsageLostError for each entitlement
	UsageUnwritten EventKind = "usage unwritten" // processes before this one have left uses unwritten: Err has an *UnwrittenError for each entitlement
	RememberFailed EventKind = "remember failed" // Options.Remember failed; it is tried again
	RememberWorks  EventKind = "remember works"  // after a failure, Options.Remember works again
	SeatLost       EventKind = "seat lost"       // other machines have taken this machine's seat: Err is a *MachinesError
	LeaseLost      EventKind = "lease lost"      // a lease has lapsed, or the licence allows fewer: Err says why
)
