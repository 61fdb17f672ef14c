// Package datename finds the dates of a payload by the names of its members, for tools
// that are used without configuration (SPEC.md, section 5.1).
package datename

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/jsonread"
)

// The names of members that say when a licence begins and when it expires, as fold
// writes them. SPEC.md, section 5.1, lists them.
var (
	// BeginNames say when a licence begins.
	BeginNames = []string{
		"activefrom", "begin", "begindate", "begins", "beginsat", "created", "createdat", "createdon", "creationdate", "effectivedate",
		"effectivefrom", "from", "issued", "issuedat", "issuedate", "issuedon", "notbefore", "start", "startdate", "starts", "startsat",
		"validfrom", "validsince",
	}
	// EndNames say when it expires.
	EndNames = []string{
		"activeuntil", "end", "enddate", "ends", "endsat", "expdate", "expiration", "expirationdate", "expire", "expires", "expiresat",
		"expireson", "expiry", "expirydate", "notafter", "until", "validthrough", "validtill", "validto", "validuntil",
	}
)

// Fold returns a name without its joints, in lower case.
func Fold(name string) string { return strings.ToLower(withoutJoints.Replace(name)) }

var withoutJoints = strings.NewReplacer("-", "", "_", "", " ", "")

// Named is which members of a payload are dates by their names, sorted.
type Named struct{ Begins, Ends []string }

// Of returns the members of a payload that are dates by their names.
func Of(p licseal.Payload) (n Named) {
	jsonread.Read(p.Bytes(), func(r *jsonread.Reader) error { // without an error, since a payload was parsed before
		return r.Object(func(name string) error {
			n.Add(name)
			return r.SkipValue()
		})
	})
	return n // in the order of the canonical form, which is sorted
}

// Add adds a member if it is a date by its name.
func (n *Named) Add(name string) {
	if IsNamed(name, BeginNames) {
		n.Begins = append(n.Begins, name)
	}
	if IsNamed(name, EndNames) {
		n.Ends = append(n.Ends, name)
	}
}

// Roles returns which members are the dates of a payload, and whether there are both. If
// several say when a licence begins, or expires, it must be valid by each.
func (n *Named) Roles(p licseal.Payload) (roles licseal.Roles, found bool) {
	roles = licseal.Roles{NotBefore: strictest(p, n.Begins, 1), NotAfter: strictest(p, n.Ends, -1)}
	if roles.NotBefore == "" || roles.NotAfter == "" {
		return licseal.Roles{}, false
	}
	return roles, true
}

// Warning is what a reader must tell its caller who has judged a payload by these roles
// alone.
func Warning(roles licseal.Roles) licseal.Violation {
	return licseal.Violation{Message: fmt.Sprintf(
		"no schema was named for these fields, so only the dates were judged, found by their names: %s and %s", roles.NotBefore, roles.NotAfter)}
}

// IsNamed reports whether a member has one of some names, perhaps after "license" or
// "licence".
func IsNamed(name string, names []string) bool {
	folded := Fold(name)
	for _, prefix := range []string{"", "license", "licence"} {
		if rest, ok := strings.CutPrefix(folded, prefix); ok && slices.Contains(names, rest) {
			return true
		}
	}
	return false
}

// strictest returns the pointer of the latest of some dates, or of the earliest if later is
// -1. One that cannot be read as a date is returned before all others, so that the licence
// is refused. It returns "" if there are no names.
func strictest(p licseal.Payload, names []string, later int) (pointer string) {
	var best time.Time
	for _, name := range names {
		at := "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		value, _ := p.Text(at)
		date, err := licseal.ParseDate(value, nil)
		if err != nil {
			return at
		}
		if pointer == "" || date.Compare(best) == later {
			pointer, best = at, date
		}
	}
	return pointer
}
