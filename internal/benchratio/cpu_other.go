//go:build !unix

package benchratio

import "time"

// CPU returns [Wall]: the processor time is not known here.
func CPU() time.Duration { return Wall() }
