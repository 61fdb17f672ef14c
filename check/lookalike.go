package check

import (
	"maps"
	"slices"
	"strings"

	"github.com/licseal/licseal/internal/text"
)

// lookAlike matches names of variables that people write in place of KONG_LICENSE_DATA
// and KONG_LICENSE_PATH.
var lookAlike = text.Pattern(`^(?:KONG|KONGHQ|KING)_*(?:EE_|ENTERPRISE_|GATEWAY_)?LI[CS]EN[CS]ES?(?:_*(?:DATA|DATE|PATH|FILE|JSON|KEY|STRING|TEXT|CONTENTS?|INLINE))?$`)

// lookAlikes returns the variables that are set under a name that a gateway does not read,
// and that looks like one that it reads.
func lookAlikes(variables map[string]string) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		switch plain := strings.ToUpper(strings.ReplaceAll(name, "-", "_")); {
		case name == DataVariable, name == PathVariable:
		case lookAlike().MatchString(plain), isNear(plain, DataVariable), isNear(plain, PathVariable):
			names = append(names, name)
		}
	}
	return names
}

// isNear reports whether two names differ in one character that was added, left out or
// replaced, or in two that were swapped.
func isNear(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	start := 0
	for start < len(a) && a[start] == b[start] {
		start++
	}
	end := 0
	for end < len(a)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	restA, restB := a[start:len(a)-end], b[start:len(b)-end]
	swapped := len(restA) == 2 && len(restB) == 2 && restA[0] == restB[1] && restA[1] == restB[0]
	return len(restB) <= 1 || swapped // a is not the longer one
}
