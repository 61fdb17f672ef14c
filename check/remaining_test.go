package check

import (
	"testing"
	"time"
)

// By default a licence needs a part of its own length, and no more than a gateway warns of.
func TestDefaultRemaining(t *testing.T) {
	tests := []struct {
		policy           Policy
		length           time.Duration
		required, wished time.Duration
	}{
		{Policy{}, 365 * day, 30 * day, 90 * day},
		{Policy{}, 120 * day, 30 * day, 60 * day},
		{Policy{}, 90 * day, 22 * day, 45 * day},
		{Policy{}, 30 * day, 7 * day, 15 * day}, // a fresh trial passes
		{Policy{}, 2 * day, 12 * time.Hour, day},
		{Policy{MinRemaining: 60 * day, WarnRemaining: 80 * day}, 30 * day, 60 * day, 80 * day},
		{Policy{MinRemaining: -1, WarnRemaining: -1}, 30 * day, -1, -1},
	}
	for _, test := range tests {
		required, wished := test.policy.minRemaining(test.length), test.policy.warnRemaining(test.length)
		if required != test.required || wished != test.wished {
			t.Errorf("%v of %+v: got %v and %v, want %v and %v", test.length, test.policy, required, wished, test.required, test.wished)
		}
	}
}
