package entitle

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What becomes of a use with a key: it is asked for again in the next month if its month
// has ended, whether or not it is limited.
func TestUseOnce(t *testing.T) {
	month, next := MonthOf(january(1)), january(31).AddDate(0, 0, 1)
	limited := &LimitError{Name: "n", Limit: 10, Used: 8, N: 3, Reset: next}
	for _, test := range []struct {
		name   string
		grant  *grant
		n      int64
		closed bool
		store  []Applied // its answers
		want   error
		months []Month // of the batches
	}{
		{"granted", upTo("n", 10), 3, false, []Applied{{Granted: true, Counts: []int64{3}}}, nil, []Month{month}}, {"refused", upTo("n", 10), 3, false, []Applied{{Counts: []int64{8}, Latest: next.Add(-1)}}, limited, []Month{month}},
		{"in the next month", upTo("n", 10), 3, false, []Applied{{Counts: []int64{8}, Latest: next}, {Granted: true, Counts: []int64{3}, Latest: next}}, nil, []Month{month, month + 1}},
		{"any number", anyNumber("n"), 3, false, []Applied{{Granted: true, Counts: []int64{3}}}, nil, []Month{month}}, {"past the largest count", anyNumber("n"), 3, false, []Applied{{Counts: []int64{MaxCount}, Latest: january(31)}}, nil, []Month{month}},
		{"any number in the next month", anyNumber("n"), 3, false, []Applied{{Counts: []int64{8}, Latest: next}, {Granted: true, Counts: []int64{3}, Latest: next}}, nil, []Month{month, month + 1}},
		{"not counted", free("n"), 3, false, nil, nil, nil}, {"closed", upTo("n", 10), 3, true, nil, ErrClosed, nil}, {"none", upTo("n", 10), 0, false, nil, errors.New("0 uses cannot be counted; ask for at least 1"), nil},
	} {
		store := newAnswers()
		s := newStill(Options{Store: store, MaxClockLead: 1000 * time.Hour})
		l := licensed(t, "A-1", test.grant)
		l.notAfter = nanos(next.AddDate(1, 0, 0))
		s.give(l, s.now())
		s.closed.Store(test.closed)
		var months []Month
		store.apply = func(b Batch) (Applied, error) {
			months = append(months, b.Adds[0].Month)
			if want := (Add{b.Adds[0].Month, "n", test.n, test.grant.bound, "key"}); b.Adds[0] != want || len(b.Adds) != 1 || !b.Current || len(months) > len(test.store) {
				return Applied{}, fmt.Errorf("%+v is asked for", b)
			}
			return test.store[len(months)-1], nil
		}
		err := s.UseOnce(t.Context(), "key", "n", test.n)
		if diff := cmp.Diff(test.months, months); diff != "" || fmt.Sprint(err) != fmt.Sprint(test.want) {
			t.Errorf("%s: %v, %s", test.name, err, diff)
		}
	}
	s := newStill(Options{})
	s.has(t, upTo("n", 10))
	if err := s.UseOnce(t.Context(), "key", "none", 1); !errors.As(err, new(*NotIncludedError)) {
		t.Errorf("not included: %v", err)
	}
}
