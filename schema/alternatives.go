package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/licseal/licseal"
)

// alternatives returns the faults of the branch that was probably meant, or else one
// fault that lists what the branches allow.
func (j *judge) alternatives(e *jsonschema.ValidationError, keyword string) []fault {
	pointer := unescapeLocation(e.InstanceLocation)
	branches := make([][]fault, len(e.Causes))
	for i, cause := range e.Causes {
		branches[i] = j.faults(cause)
	}
	if meant := meantBranch(branches, pointer); meant != nil {
		return meant
	}
	v := licseal.Violation{Position: at(pointer), Keyword: keyword, Allowed: joinAllowed(branches, pointer)}
	if v.Allowed != "" {
		v.Message = "; " + v.Allowed + " is expected"
		return []fault{{Violation: v}}
	}
	nearest := slices.MinFunc(branches, func(a, b []fault) int { return cmp.Compare(len(a), len(b)) })[0]
	v.Message = fmt.Sprintf(", which matches none of the %d forms that the schema allows; the closest one fails at %s: %s",
		len(branches), quote(nearest.Pointer), j.message(nearest))
	return []fault{{Violation: v}}
}

// meantBranch returns the only branch whose kind of value was found: first by
// the type of the value, then by its constants.
func meantBranch(branches [][]fault, pointer string) []fault {
	for _, tells := range []func(fault) bool{
		func(f fault) bool { return f.Pointer == pointer && f.Keyword == "type" },
		func(f fault) bool {
			return f.Pointer == pointer && f.Allowed != "" || f.Keyword == "const" || f.Keyword == "enum"
		},
	} {
		var left [][]fault
		for _, branch := range branches {
			if !slices.ContainsFunc(branch, tells) {
				left = append(left, branch)
			}
		}
		if len(left) == 1 {
			return left[0]
		}
	}
	return nil
}

// joinAllowed lists what the branches allow; "" unless each has exactly one fault,
// about the value itself.
func joinAllowed(branches [][]fault, pointer string) string {
	var all []string
	for _, branch := range branches {
		if len(branch) != 1 || branch[0].Pointer != pointer || branch[0].Allowed == "" {
			return ""
		}
		if !slices.Contains(all, branch[0].Allowed) {
			all = append(all, branch[0].Allowed)
		}
	}
	return strings.Join(all, " or ")
}
