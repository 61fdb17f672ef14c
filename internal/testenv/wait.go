package testenv

import (
	"testing"
	"time"
)

// Patience is how long tests wait for what should happen soon. Only a test that fails
// waits that long, so it is long enough for a machine that is busy with other work.
const Patience = 2 * time.Minute

// WaitUntil waits until a condition holds, which the text describes. The test fails if
// that takes longer than Patience.
func WaitUntil(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(Patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
