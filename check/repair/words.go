package repair

import (
	"regexp"
	"sync"

	"github.com/licseal/licseal/internal/text"
)

// lazy compiles a pattern when it is first used, so that programs which import this
// package without using it start as fast as before.
func lazy(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// quote returns the beginning of a value in quotes, for Fault.Values.
func quote(value string) string { return text.Quote(value) }
