package entitle

import (
	"time"

	"github.com/go-json-experiment/json"

	"github.com/licseal/licseal/internal/entitlement"
)

// Limit returns what the licence grants of one entitlement, and how much of it is used.
// ok is false if the licence does not include it, or none is installed.
func (g *Guard) Limit(name string) (limit Limit, ok bool) {
	l := g.current.Load()
	if l == nil || l.grants[name] == nil {
		return Limit{}, false
	}
	return g.limitOf(l, l.grants[name], g.now()), true
}

// unlimited is what a licence says where there is no bound.
const unlimited = "unlimited"

// MarshalJSON returns the limit as the API shows it: is_limited and max_uses are those of
// the licence, and remaining is a number or "unlimited".
func (l Limit) MarshalJSON() ([]byte, error) {
	wire := struct {
		Name      string `json:"name"`
		Label     string `json:"label"`
		Level     bool   `json:"level"`
		IsLimited bool   `json:"is_limited"`
		Max       any    `json:"max_uses"`
		Used      int64  `json:"used"`
		Remaining any    `json:"remaining"`
		Reached   bool   `json:"reached"`
	}{l.Name, l.Label, l.Level, l.Counted, nil, l.Used, l.Remaining, l.Reached}
	switch {
	case l.Bounded:
		wire.Max = l.Max
	case l.Counted:
		wire.Max = unlimited
	}
	if l.Remaining == Unlimited {
		wire.Remaining = unlimited
	}
	return json.Marshal(wire)
}

// MarshalJSON returns the status for programs: the state and its dates, and what is wrong.
func (s Status) MarshalJSON() ([]byte, error) {
	wire := struct {
		State       State             `json:"status"`
		Time        string            `json:"time"`
		Created     string            `json:"created,omitzero"`
		Expiry      string            `json:"expiry,omitzero"`
		GraceEnd    string            `json:"grace_end,omitzero"`
		ListDue     string            `json:"revocation_list_due,omitzero"`
		Advisory    bool              `json:"advisory,omitzero"`
		Advised     int64             `json:"advised,omitzero"`
		ClockBehind float64           `json:"clock_behind_seconds"`
		Errors      map[string]string `json:"errors,omitempty"`
	}{State: s.State, Time: wireTime(s.Time), ClockBehind: s.ClockBehind.Seconds(), Advisory: s.Advisory, Advised: s.Advised, Errors: map[string]string{}}
	if s.License != nil {
		wire.Created, wire.Expiry, wire.GraceEnd = wireTime(s.NotBefore), wireTime(s.NotAfter), wireTime(s.GraceEnd)
	}
	if !s.ListDue.IsZero() {
		wire.ListDue = wireTime(s.ListDue)
	}
	for name, err := range map[string]error{"clock": s.ClockErr, "load": s.LoadErr, "store": s.StoreErr, "remember": s.RememberErr} {
		if err != nil {
			wire.Errors[name] = err.Error()
		}
	}
	return json.Marshal(wire, json.Deterministic(true))
}

func wireTime(t time.Time) string { return entitlement.FormatTime(t.Truncate(time.Millisecond)) }
