package entitle

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

// What a change makes of a level, and whether that is less.
func TestLevelAfter(t *testing.T) {
	for _, test := range []struct {
		change LevelChange
		before int64
		after  int64
		isLess bool
	}{
		{LevelChange{By: 2}, 3, 5, false},
		{LevelChange{By: 0}, 3, 3, true},
		{LevelChange{By: -2}, 3, 1, true},
		{LevelChange{By: -3}, 3, 0, true},
		{LevelChange{By: -4}, 3, 0, true},
		{LevelChange{By: 2, Set: true}, 3, 2, true},
		{LevelChange{By: 3, Set: true}, 3, 3, true},
		{LevelChange{By: 4, Set: true}, 3, 4, false},
		{LevelChange{By: 0, Set: true}, 0, 0, true},
	} {
		if after, isLess := test.change.After(test.before); after != test.after || isLess != test.isLess {
			t.Errorf("%+v of %d: %d, %t", test.change, test.before, after, isLess)
		}
	}
}

// A guard that only advises allows what is refused, and no mistake of its caller.
func TestIsRefusal(t *testing.T) {
	for _, err := range []error{
		&StoreError{errors.New("broken")}, ErrNoLicense, &LimitError{}, &InactiveError{}, &NotIncludedError{}, &MachinesError{},
	} {
		if !isRefusal(err) || !isRefusal(fmt.Errorf("wrapped: %w", err)) {
			t.Errorf("%v: no refusal", err)
		}
	}
	for _, err := range []error{&LevelError{}, ErrKeyReused, ErrClosed, context.Canceled, errors.New("0 cannot be taken")} {
		if isRefusal(err) {
			t.Errorf("%v: a refusal", err)
		}
	}
}
