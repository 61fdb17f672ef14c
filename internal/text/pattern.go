package text

import (
	"regexp"
	"sync"
)

// Pattern returns a regular expression that is compiled when it is first used, so that
// programs start fast.
func Pattern(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
