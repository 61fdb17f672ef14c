// Package entitlement reads the entitlement payload: what packages schema and
// entitle both have to know about it.
package entitlement

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/licseal/licseal"
)

// Where the fields of the payload are, as JSON Pointers.
const (
	Created  = "/created"
	Expiry   = "/expiry"
	Order    = "/ordered_entitlements_keys"
	Granted  = "/entitlements"
	Days     = "/delay_expiry_days"
	Percent  = "/delay_max_uses_perc"
	Machines = "/max_machines"
	ID       = "/id"
	Key      = "/key"
)

// Roles says which fields of the payload mean what.
var Roles = licseal.Roles{
	ID: ID, Customer: "/customer_name", Product: "/policy",
	NotBefore: Created, NotAfter: Expiry, GraceDays: Days,
}

// TimeLayout is how the payload writes an instant: RFC 3339 in UTC, with milliseconds.
const TimeLayout = "2006-01-02T15:04:05.000Z"

// FormatTime writes an instant as the payload does.
func FormatTime(t time.Time) string { return t.UTC().Format(TimeLayout) }

// Fault is one thing that is wrong with a payload.
type Fault struct {
	Pointer string // JSON Pointer into the payload
	Detail  string // what must hold of the value there
}

// CrossFaults returns where the fields of a payload do not fit together. It
// looks at no more than that: a field that is missing, or of the wrong type, is
// passed over.
func CrossFaults(p licseal.Payload) []Fault {
	return append(periodFaults(p), orderFaults(p)...)
}

func periodFaults(p licseal.Payload) []Fault {
	created, expiry := instant(p, Created), instant(p, Expiry)
	if created.IsZero() || expiry.IsZero() || created.Before(expiry) {
		return nil
	}
	return []Fault{{Expiry, "it must lie after the creation, " + FormatTime(created)}}
}

func instant(p licseal.Payload, pointer string) time.Time {
	text, _ := p.Text(pointer)
	t, err := licseal.ParseDate(text, nil)
	if err != nil {
		return time.Time{}
	}
	return t
}

// orderFaults holds the list of names against the entitlements: each in it once.
func orderFaults(p licseal.Payload) []Fault {
	var order []*string // nil for null
	granted := Names(p)
	list, ok := p.Field(Order)
	if !ok || granted == nil || json.Unmarshal(list, &order) != nil || order == nil || slices.Contains(order, nil) {
		return nil
	}
	var faults []Fault
	listed := make(map[string]bool)
	for i, name := range order {
		name := *name
		at := Order + "/" + strconv.Itoa(i)
		if _, found := slices.BinarySearch(granted, name); !found {
			faults = append(faults, Fault{at, "there is no entitlement of that name; correct it, or take it out of the list"})
		} else if listed[name] {
			faults = append(faults, Fault{at, "that name is in the list twice; keep one of them"})
		}
		listed[name] = true
	}
	for _, name := range granted {
		if !listed[name] {
			faults = append(faults, Fault{Order, fmt.Sprintf("the entitlement %q is missing in it; add it where it is to be shown", name)})
		}
	}
	return faults
}

// Names returns the names of a payload's entitlements, sorted; nil if it has none.
func Names(p licseal.Payload) []string {
	object, ok := p.Field(Granted)
	var granted map[string]jsontext.Value
	if !ok || json.Unmarshal(object, &granted) != nil || granted == nil {
		return nil
	}
	names := make([]string, 0, len(granted))
	for name := range granted {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
