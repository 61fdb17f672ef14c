package entitle

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/entitlement"
	"github.com/licseal/licseal/verify"
)

// State is what the clock and the revocations say of a licence.
type State string

// The states of a licence.
const (
	Missing     State = "missing"       // there is none
	NotYetValid State = "not yet valid" // before it was created
	Active      State = "active"        // from then until, and not including, its expiry
	Grace       State = "grace"         // from then on, for as many days as the licence says
	Expired     State = "expired"       // from then on
	Suspended   State = "suspended"     // revoked, whatever the dates say
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

func (l *license) stateError(state State, now int64) error {
	e := &StateError{State: state, Expiry: l.result.NotAfter, Time: timeOf(now)}
	switch state {
	case NotYetValid:
		e.Since = l.result.NotBefore
	case Expired:
		e.Since = l.result.GraceEnd
	}
	return e
}

// nanos returns an instant as nanoseconds since 1970, or the nearest that there
// is: a licence may end in 9999, and nanoseconds do in 2262.
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

// judge verifies a licence document at an instant. The caller has locked
// g.loading.
func (g *Guard) judge(data []byte, now time.Time) (*license, error) {
	result, err := verify.License(data, g.trusted, &verify.Options{
		At: now, Roles: entitlement.Roles, Issuer: g.opts.Issuer,
		Revocations: g.revocations.list, MaxListAge: g.opts.MaxListAge,
	})
	var (
		refused *verify.RefusedError
		state   *verify.StateError
		revoked *verify.RevokedError
	)
	suspended := errors.As(err, &refused) && errors.As(err, &revoked)
	if suspended || errors.As(err, &refused) && errors.As(err, &state) {
		result, err = refused.Result, nil // the dates are judged again on every call
	}
	if err != nil {
		return nil, err
	}
	if suspended {
		if err := readPeriod(result); err != nil {
			return nil, err
		}
	}
	l, err := read(result)
	if err != nil {
		return nil, err
	}
	l.suspended, l.validated = suspended, now
	return l, nil
}

// readPeriod reads the dates of a licence that was refused before they were
// looked at.
func readPeriod(result *verify.Result) error {
	p := result.License.Payload
	period, err := p.Period(entitlement.Roles, nil)
	if err != nil {
		return err
	}
	grace, err := p.Grace(entitlement.Roles)
	if err != nil {
		return err
	}
	result.Period, result.GraceEnd = period, period.NotAfter.Add(grace)
	return nil
}

// read takes from a verified payload what is asked again and again.
func read(result *verify.Result) (*license, error) {
	p := result.License.Payload
	for _, fault := range entitlement.CrossFaults(p) {
		return nil, &FieldError{p.Position(fault.Pointer), fault.Detail}
	}
	l := &license{
		result:    result,
		notBefore: nanos(result.NotBefore), notAfter: nanos(result.NotAfter), graceEnd: nanos(result.GraceEnd),
		grants: make(map[string]*grant),
	}
	l.key, _ = p.Text(entitlement.Key)
	percent, err := wholeNumber(p, entitlement.Percent)
	if err != nil {
		return nil, err
	}
	if l.maxMachines, err = wholeNumber(p, entitlement.Machines); err != nil {
		return nil, err
	}
	if list, ok := p.Field(entitlement.Order); !ok || json.Unmarshal(list, &l.order) != nil {
		return nil, &FieldError{p.Position(entitlement.Order), "an array of names is expected"}
	}
	names := entitlement.Names(p)
	if names == nil {
		return nil, &FieldError{p.Position(entitlement.Granted), "an object is expected"}
	}
	for _, name := range names {
		if n := utf8.RuneCountInString(name); n < 1 || n > 200 || strings.ContainsFunc(name, isControl) {
			// A store that cannot keep one count would keep none of a batch.
			at := jsontext.Pointer(entitlement.Granted).AppendToken(name)
			return nil, &FieldError{p.Position(string(at)), "a name has 1 to 200 characters, none of them a control character"}
		}
		if l.grants[name], err = readGrant(p, name, percent); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func isControl(r rune) bool { return r < ' ' || r == '\x7f' }

func readGrant(p licseal.Payload, name string, percent int64) (*grant, error) {
	at := string(jsontext.Pointer(entitlement.Granted).AppendToken(name))
	limited, _ := p.Field(at + "/is_limited")
	max, _ := p.Field(at + "/max_uses")
	g := &grant{name: name, max: MaxCount, bound: MaxCount}
	g.label, _ = p.Text(at + "/name")
	switch string(limited) {
	case "true":
		g.counted = true
	case "false":
		if s := string(max); s != "null" && s != `"null"` {
			return nil, &FieldError{p.Position(at + "/max_uses"), "what is not limited has null here"}
		}
		return g, nil
	default:
		return nil, &FieldError{p.Position(at + "/is_limited"), "true or false is expected"}
	}
	if string(max) == `"unlimited"` {
		return g, nil
	}
	n, err := wholeNumber(p, at+"/max_uses")
	if err != nil {
		return nil, err
	}
	g.bounded, g.max, g.bound = true, n, withTolerance(n, percent)
	return g, nil
}

// withTolerance returns the highest count that does not pass max by more than so
// many percent: max × (100 + percent) / 100, rounded down, and at most MaxCount.
func withTolerance(max, percent int64) int64 {
	bound := new(big.Int).Mul(big.NewInt(max), new(big.Int).Add(big.NewInt(100), big.NewInt(percent)))
	bound.Div(bound, big.NewInt(100))
	if !bound.IsInt64() || bound.Int64() > MaxCount {
		return MaxCount
	}
	return bound.Int64()
}

func wholeNumber(p licseal.Payload, pointer string) (int64, error) {
	value, _ := p.Field(pointer)
	n, err := strconv.ParseInt(string(value), 10, 64) // canonical JSON writes every integer so
	if err != nil || n < 0 {
		return 0, &FieldError{p.Position(pointer), "a whole number, of at least 0, is expected"}
	}
	return n, nil
}
