package schema

import (
	"fmt"
	"strings"
	"sync"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/datename"
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
	if roles, found = kind.dates.Roles(p); !found {
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
	return []licseal.Violation{datename.Warning(roles)}, nil
}

// kind is what the names of the members of a payload say.
type kind struct {
	builtin *Schema        // that the payload was made for; nil for a vendor's own kind
	dates   datename.Named // the members that are dates by their names
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
		k.dates.Add(name)
	}
	return k
}

func hasDates(p licseal.Payload, roles licseal.Roles) bool {
	_, begins := p.Field(roles.NotBefore)
	_, ends := p.Field(roles.NotAfter)
	return begins && ends
}
