package schema

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/licseal/licseal"
)

// Unnamed judges the payloads of signed licences if nobody has named a schema. It is the
// Fields of package verify for tools that are used without configuration; a product
// names its schema.
//
// A payload that has Kong's two dates, or most of Kong's fields, is judged as Kong's, and
// one with the fields of another built-in schema is refused: the user can name that one.
// Of any other, only the dates are judged (SPEC.md, section 5.1): a warning says so, and
// it is refused if the names of its members do not say which ones are its dates.
type Unnamed struct{}

// Roles returns the roles of Kong's payload.
func (Unnamed) Roles() licseal.Roles { return Kong().Roles() }

// RolesOf returns the roles of the members of one payload. Of a payload with the fields
// of no built-in schema, only the dates have a role, if they are found by their names;
// if not, they are Kong's.
func (u Unnamed) RolesOf(p licseal.Payload) licseal.Roles {
	roles, _ := u.rolesOf(p)
	return roles
}

// rolesOf returns the roles too, and whether they were found by the names.
func (Unnamed) rolesOf(p licseal.Payload) (roles licseal.Roles, found bool) {
	kind := kindOf(p)
	if kind.builtin != nil {
		return kind.builtin.Roles(), false
	}
	begins, ends := strictest(p, kind.begins, 1), strictest(p, kind.ends, -1)
	if begins == "" || ends == "" {
		return Kong().Roles(), false
	}
	return licseal.Roles{NotBefore: begins, NotAfter: ends}, true
}

// Judge judges a payload, as [Schema.Judge] does.
func (u Unnamed) Judge(p licseal.Payload) (warnings []licseal.Violation, refusal error) {
	roles, found := u.rolesOf(p)
	if !found {
		return Kong().Judge(p)
	}
	return []licseal.Violation{{Message: fmt.Sprintf(
		"no schema was named for these fields, so only the dates were judged, found by their names: %s and %s", roles.NotBefore, roles.NotAfter)}}, nil
}

// kind is what the names of the members of a payload say.
type kind struct {
	builtin      *Schema  // that the payload was made for; nil for a vendor's own kind
	begins, ends []string // the members that are dates by their names, sorted
}

// kinds are those of payloads seen before, by the names of their members: to compare names
// takes long, and the licences of a batch have the same ones.
var kinds struct {
	sync.Mutex
	byNames map[string]kind
}

// maxKinds is how many kinds are kept.
const maxKinds = 1000

func kindOf(p licseal.Payload) kind {
	if hasDates(p, Kong().Roles()) {
		return kind{builtin: Kong()}
	}
	members, ok := memberNames(p)
	if !ok {
		return kind{builtin: Kong()}
	}
	var key strings.Builder
	for _, name := range sortedNames(members) {
		fmt.Fprintf(&key, "%d:%s", len(name), name)
	}
	names := key.String()
	kinds.Lock()
	defer kinds.Unlock()
	k, known := kinds.byNames[names]
	if !known {
		k = newKind(p, members)
	}
	if !known && len(kinds.byNames) < maxKinds && len(names) < licseal.DefaultMaxBytes/64 {
		if kinds.byNames == nil {
			kinds.byNames = map[string]kind{}
		}
		kinds.byNames[names] = k
	}
	return k
}

func newKind(p licseal.Payload, members map[string]bool) (k kind) {
	if !Kong().isForeign(members) {
		return kind{builtin: Kong()}
	}
	k.builtin = Kong().Instead(p)
	for _, name := range sortedNames(members) {
		if isNamed(name, beginNames) {
			k.begins = append(k.begins, name)
		}
		if isNamed(name, endNames) {
			k.ends = append(k.ends, name)
		}
	}
	return k
}

func hasDates(p licseal.Payload, roles licseal.Roles) bool {
	_, begins := p.Field(roles.NotBefore)
	_, ends := p.Field(roles.NotAfter)
	return begins && ends
}

// The names of members that say when a licence begins and when it expires, as fold
// writes them. SPEC.md, section 5.1, lists them.
var (
	beginNames = []string{
		"activefrom", "begin", "begindate", "begins", "beginsat", "created", "createdat", "createdon", "creationdate", "effectivedate",
		"effectivefrom", "from", "issued", "issuedat", "issuedate", "issuedon", "notbefore", "start", "startdate", "starts", "startsat",
		"validfrom", "validsince",
	}
	endNames = []string{
		"activeuntil", "end", "enddate", "ends", "endsat", "expdate", "expiration", "expirationdate", "expire", "expires", "expiresat",
		"expireson", "expiry", "expirydate", "notafter", "until", "validthrough", "validtill", "validto", "validuntil",
	}
)

// isNamed reports whether a member has one of some names, perhaps after "license" or
// "licence".
func isNamed(name string, names []string) bool {
	folded := fold(name)
	for _, prefix := range []string{"", "license", "licence"} {
		if rest, ok := strings.CutPrefix(folded, prefix); ok && slices.Contains(names, rest) {
			return true
		}
	}
	return false
}

// strictest returns the pointer of the latest of some dates, or of the earliest if later is
// -1: if several members say when a licence begins, or expires, it must be valid by each.
// One that cannot be read as a date is returned before all others, so that the licence is
// refused. It returns "" if there are no names.
func strictest(p licseal.Payload, names []string, later int) (pointer string) {
	var best time.Time
	for _, name := range names {
		at := "/" + escape(name)
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
