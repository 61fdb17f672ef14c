package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/licseal/licseal"
)

// report returns the error that lists the faults, each once, in the order of their
// places. If there are too many, it keeps the most serious ones.
func (j *judge) report(name string, faults []fault) error {
	faults = dropConsequences(faults)
	slices.SortStableFunc(faults, func(a, b fault) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.Pointer, b.Pointer),
			cmp.Compare(a.Keyword, b.Keyword), cmp.Compare(a.Message, b.Message))
	})
	faults = slices.CompactFunc(faults, func(a, b fault) bool { return a.Pointer == b.Pointer && a.Message == b.Message })
	omitted := max(0, len(faults)-maxViolations)
	faults = j.suggest(faults[:len(faults)-omitted])
	e := &Error{Schema: name, Violations: make([]licseal.Violation, len(faults)), Omitted: omitted}
	for i, f := range faults {
		f.Value, f.Message = j.found(f), j.message(f)
		f.Position = j.doc.Position(f.Pointer)
		e.Violations[i] = f.Violation
	}
	slices.SortStableFunc(e.Violations, func(a, b licseal.Violation) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Pointer, b.Pointer))
	})
	return e
}

// rank is lower for a fault that is reported first if there are too many: what
// [Schema.Judge] refuses must not be left out for what it only warns of.
func (f fault) rank() int {
	switch {
	case !f.UnknownMember:
		return 0
	case f.object != "":
		return 1
	}
	return 2
}

// dropConsequences drops members that are not evaluated if another fault of the same
// object explains that.
func dropConsequences(faults []fault) []fault {
	return slices.DeleteFunc(slices.Clone(faults), func(f fault) bool {
		return f.consequence && slices.ContainsFunc(faults, func(g fault) bool {
			return !g.consequence && !g.UnknownMember && (g.Pointer == f.object || strings.HasPrefix(g.Pointer, f.object+"/"))
		})
	})
}

// suggest finds what misspelt members were meant to be. If that member is missing,
// the two faults become one, which is not a mere unknown member.
func (j *judge) suggest(faults []fault) []fault {
	missing := make(map[string]bool) // pointers of members that must be there
	unknown := make(map[string][]*fault)
	for i, f := range faults {
		switch {
		case f.absent:
			missing[f.Pointer] = true
		case f.UnknownMember:
			unknown[f.object] = append(unknown[f.object], &faults[i])
		}
	}
	merged := make(map[string]bool)
	for object, members := range unknown {
		meant := j.meant(object, members)
		for _, f := range members {
			f.DidYouMean = meant[f.member]
			pointer := object + "/" + escape(f.DidYouMean)
			switch {
			case f.DidYouMean == "":
			case missing[pointer]:
				f.Keyword, f.UnknownMember = "required", false
				f.Message += fmt.Sprintf("; did you mean %s, which is missing?", quote(f.DidYouMean))
				merged[pointer] = true
			default:
				f.Message += fmt.Sprintf("; did you mean %s?", quote(f.DidYouMean))
			}
		}
	}
	return slices.DeleteFunc(faults, func(f fault) bool { return f.absent && merged[f.Pointer] })
}

// meant pairs the unknown members of an object with members that it lacks and
// that a schema describes there.
func (j *judge) meant(object string, unknown []*fault) map[string]string {
	present := j.members(object)
	lacking := make(map[string]bool)
	var misspelt []string
	for _, f := range unknown {
		misspelt = append(misspelt, f.member)
		for name := range j.knownBy(f.schema) {
			if _, ok := present[name]; !ok {
				lacking[name] = true
			}
		}
	}
	return pairUp(misspelt, sortedNames(lacking))
}
