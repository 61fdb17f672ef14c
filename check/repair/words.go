package repair

import (
	"github.com/licseal/licseal/internal/text"
)

// quote returns the beginning of a value in quotes, for Fault.Values.
func quote(value string) string { return text.Quote(value) }
