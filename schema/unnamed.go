package schema

import (
	"fmt"
	"slices"
	"strings"
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
func (u Unnamed) rolesOf(p licseal.Payload) (roles licseal.Roles, found bool) {
	meant, own := u.kindOf(p)
	if !own {
		return meant.Roles(), false
	}
	if roles = datesByName(p); roles == (licseal.Roles{}) {
		return Kong().Roles(), false
	}
	return roles, true
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

// kindOf returns the built-in schema that a payload was made for, or that it is a
// vendor's own kind.
func (Unnamed) kindOf(p licseal.Payload) (meant *Schema, own bool) {
	kong := Kong()
	if hasDates(p, kong.Roles()) {
		return kong, false
	}
	members, ok := memberNames(p)
	if !ok || !kong.isForeign(members) {
		return kong, false
	}
	if meant = kong.Instead(p); meant != nil {
		return meant, false
	}
	return nil, true
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

// datesByName returns the two roles of dates by the names of the members of a payload.
// Of several members that say when it begins, the latest counts, and of several that say
// when it expires, the earliest. One that cannot be read as a date counts before all
// others, so that the licence is refused. If either is missing, no role is returned.
func datesByName(p licseal.Payload) licseal.Roles {
	members, _ := memberNames(p)
	begins := strictest(p, members, beginNames, 1)
	ends := strictest(p, members, endNames, -1)
	if begins == "" || ends == "" {
		return licseal.Roles{}
	}
	return licseal.Roles{NotBefore: begins, NotAfter: ends}
}

// strictest returns the pointer of the latest of the dates with some names, or of the
// earliest if later is -1.
func strictest(p licseal.Payload, members map[string]bool, names []string, later int) (pointer string) {
	var best time.Time
	for _, name := range sortedNames(members) {
		if !isNamed(name, names) {
			continue
		}
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
