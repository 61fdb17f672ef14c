package entitle

import (
	"math"
	"math/big"
	"time"

	"github.com/licseal/licseal/internal/entitlement"
	"github.com/licseal/licseal/verify"
)

// State is what the clock and the revocation list say of the licence in use. It is
// the status of the HTTP API, whose words are fixed by its clients: Active and Grace
// are Valid ("valid") and InGrace ("in grace") in package verify.
type State string

// The states of a licence.
const (
	Missing     State = "missing"       // there is no licence
	NotYetValid State = "not yet valid" // before its creation
	Active      State = "active"        // from then until, and not including, its expiry
	Grace       State = "grace"         // from then on, for as many days as the licence says
	Expired     State = "expired"       // from then on
	Suspended   State = "suspended"     // it is revoked, or its signer is no longer trusted; its dates do not matter
)

// Good reports whether a licence in that state allows what it includes.
func (s State) Good() bool { return s == Active || s == Grace }

// license is a verified licence, ready to be asked. It does not change.
type license struct {
	result    *verify.Result
	suspended bool
	modified  time.Time // when it was put where it was found
	validated time.Time // when it was verified

	notBefore, notAfter, graceEnd int64 // see nanos
	grants                        map[string]*grant
	order                         []string
	key                           string // "" if it has none
	maxMachines                   int64
}

// grant is what a licence says of one entitlement.
type grant struct {
	name    string
	label   string
	counted bool  // is_limited
	bounded bool  // and max_uses is a number
	max     int64 // uses a month; MaxCount where there is no bound
	bound   int64 // max, and the tolerance
	counter *counter
}

func (l *license) stateAt(now int64) State {
	switch {
	case l.suspended:
		return Suspended
	case now < l.notBefore:
		return NotYetValid
	case now < l.notAfter:
		return Active
	case now < l.graceEnd:
		return Grace
	}
	return Expired
}

func (l *license) inactiveError(state State, now int64) error {
	e := &InactiveError{State: state, Expiry: l.result.NotAfter, Time: timeOf(now)}
	switch state {
	case NotYetValid:
		e.Since = l.result.NotBefore
	case Expired:
		e.Since = l.result.GraceEnd
	}
	return e
}

// nanos returns an instant as nanoseconds since 1970. A licence may end in 9999, and
// nanoseconds in 64 bits do in 2262: what is later is the last of them.
func nanos(t time.Time) int64 {
	const last = math.MaxInt64 / int64(time.Second)
	switch s := t.Unix(); {
	case s >= last:
		return math.MaxInt64
	case s <= -last:
		return math.MinInt64
	}
	return t.UnixNano()
}

func timeOf(nanos int64) time.Time { return time.Unix(0, nanos).UTC() }

// read returns a licence that can be asked what it allows.
func read(result *verify.Result, suspended bool) *license {
	// The judgement has refused what cannot be read.
	granted, _, _ := entitlement.Read(result.License.Payload)
	l := &license{
		result: result, suspended: suspended, validated: result.Time,
		notBefore: nanos(result.NotBefore), notAfter: nanos(result.NotAfter), graceEnd: nanos(result.GraceEnd),
		key: granted.Key, maxMachines: granted.Machines, order: granted.Order,
		grants: make(map[string]*grant, len(granted.Grants)),
	}
	for name, g := range granted.Grants {
		l.grants[name] = newGrant(name, g, granted.Percent)
	}
	return l
}

func newGrant(name string, granted entitlement.Grant, percent int64) *grant {
	g := &grant{name: name, label: granted.Label, counted: granted.Counted, bounded: granted.Bounded, max: MaxCount, bound: MaxCount}
	if granted.Bounded {
		g.max, g.bound = granted.Max, withTolerance(granted.Max, percent)
	}
	return g
}

// withTolerance returns the highest count that does not pass max by more than so
// many percent: max × (100 + percent) / 100, rounded down, and at most MaxCount.
func withTolerance(max, percent int64) int64 {
	bound := new(big.Int).Mul(big.NewInt(max), new(big.Int).Add(big.NewInt(100), big.NewInt(percent)))
	bound.Div(bound, big.NewInt(100))
	if !bound.IsInt64() {
		return MaxCount
	}
	return min(bound.Int64(), MaxCount)
}
