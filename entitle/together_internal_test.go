package entitle

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What the answer of the store is to a caller that waits for it.
func TestCountAtOnce(t *testing.T) {
	broken := &StoreError{errors.New("broken")}
	limited := func(used int64) error {
		return &LimitError{Name: "n", Limit: 10, Used: used, N: 3, Reset: january(31).AddDate(0, 0, 1)}
	}
	next := january(31).AddDate(0, 0, 1)
	for _, test := range []struct {
		name    string
		grant   *grant
		used, n int64
		answer  *answer // of the store; nil if it is not asked
		asked   int64   // for how many
		want    error
	}{
		{"granted", upTo("n", 10), 0, 3, &answer{granted: true}, 3, nil}, {"the last", upTo("n", 10), 7, 3, &answer{granted: true}, 3, nil},
		{"one more", upTo("n", 10), 8, 3, nil, 0, limited(8)}, {"refused", upTo("n", 10), 0, 3, &answer{count: 8, latest: january(31)}, 3, limited(8)},
		{"in the next month", upTo("n", 10), 0, 3, &answer{count: 8, latest: next}, 3, errLaterMonth}, {"granted in the next month", upTo("n", 10), 0, 3, &answer{granted: true, latest: next}, 3, nil},
		{"in the last instant", upTo("n", 10), 0, 3, &answer{count: 8, latest: next.Add(-1)}, 3, limited(8)}, {"broken", upTo("n", 10), 0, 3, &answer{granted: true, err: broken}, 3, broken},
		{"any number", anyNumber("n"), 5, 3, &answer{granted: true}, 3, nil}, {"what is left", anyNumber("n"), MaxCount - 2, 3, &answer{granted: true}, 2, nil}, {"one is left", anyNumber("n"), MaxCount - 1, 3, &answer{granted: true}, 1, nil},
		{"nothing is left", anyNumber("n"), MaxCount, 3, nil, 0, nil}, {"filled by others", anyNumber("n"), 5, 3, &answer{latest: january(10)}, 3, nil}, {"filled in the month before", anyNumber("n"), 5, 3, &answer{latest: next}, 3, errLaterMonth},
	} {
		s := newStill(Options{})
		s.has(t, test.grant)
		s.counter("n").current.Load().used.Store(test.used)
		var asked int64
		if test.answer != nil {
			go func() {
				r := <-s.requests
				asked = r.add.N
				r.done <- *test.answer
			}()
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		err := s.countAtOnce(ctx, test.grant, s.now(), test.n, test.grant.bound)
		cancel()
		if diff := cmp.Diff(test.want, err, cmp.Comparer(func(a, b error) bool { return a == nil && b == nil || a != nil && b != nil && a.Error() == b.Error() })); diff != "" || asked != test.asked {
			t.Errorf("%s: asked for %d: %s", test.name, asked, diff)
		}
	}
}

// A caller that waits goes away when it wants to, when the store takes too long, and when
// the guard is closed.
func TestCountAtOnceGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStill(Options{StoreTimeout: time.Second})
		s.has(t, upTo("n", 10))
		closed := make(chan struct{})
		s.done = closed
		call := func(ctx context.Context) error {
			return s.countAtOnce(ctx, s.current.Load().grants["n"], s.now(), 1, 10)
		}
		gone, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		start := time.Now()
		if err := call(gone); err != context.DeadlineExceeded || time.Since(start) != time.Second/2 {
			t.Errorf("it wants to: %v", err)
		}
		for _, served := range []bool{false, true} {
			start, received := time.Now(), make(chan bool)
			if served {
				go func() {
					<-s.requests
					close(received)
				}()
			}
			if err := call(t.Context()); !isStore(err) || err.Error() != "the store of usage cannot be used: it did not answer within 1s: context deadline exceeded" || time.Since(start) != time.Second {
				t.Errorf("served %v: %v", served, err)
			}
			if served {
				<-received
			}
		}
		c := s.counter("n")
		c.current.Load().used.Store(10)
		c.refused.Store(time.Now().UnixNano())
		want, stop := context.WithCancel(t.Context())
		stop()
		if err := call(want); err != context.Canceled {
			t.Errorf("it is refused, and does not wait: %v", err)
		}
		c.current.Load().used.Store(0)
		close(closed)
		if err := call(t.Context()); err != ErrClosed {
			t.Errorf("closed: %v", err)
		}
	})
}

// A refusal waits if another one was less than five milliseconds ago.
func TestPace(t *testing.T) {
	for _, test := range []struct {
		name   string
		before time.Duration // ago
		waits  bool
	}{{"long ago", time.Hour, false}, {"at the limit", refusalPause, false}, {"sooner", refusalPause - 1, true}, {"now", 0, true}, {"later, by another clock", -1, false}} {
		synctest.Test(t, func(t *testing.T) {
			c, start := new(counter), time.Now()
			c.refused.Store(start.Add(-test.before).UnixNano())
			err := c.pace(t.Context())
			if took := time.Since(start); err != nil || took != map[bool]time.Duration{true: refusalPause}[test.waits] || c.refused.Load() != start.UnixNano() {
				t.Errorf("%s: it took %v, %v", test.name, took, err)
			}
			gone, cancel := context.WithCancel(t.Context())
			cancel()
			c.refused.Store(time.Now().UnixNano())
			if err := c.pace(gone); err != context.Canceled {
				t.Errorf("gone: %v", err)
			}
		})
	}
}

// Requests that wait are taken together, up to a number.
func TestOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStill(Options{})
		for range maxTogether + 1 {
			go func() { s.requests <- new(request) }()
		}
		synctest.Wait()
		for i, want := range []int{maxTogether, 3, 1} {
			if got := len(s.others([]*request{new(request)})); got != want {
				t.Errorf("%d: %d together, not %d", i, got, want)
			}
		}
	})
}

// asked returns requests, each for so many of an entitlement.
func asked(adds ...Add) (all []*request) {
	for _, add := range adds {
		if add.Month == 0 {
			add.Month = MonthOf(january(1))
		}
		all = append(all, &request{add, make(chan answer, 2)})
	}
	return all
}

// answered returns what each request was answered; "none" if it was not.
func answered(all []*request) (words []string) {
	for _, r := range all {
		word := "none"
		for len(r.done) > 0 {
			switch a := <-r.done; {
			case word != "none":
				word = "twice"
			case a.err != nil:
				word = a.err.Error()
			case a.granted:
				word = "granted"
			default:
				word = "refused at " + string(rune('0'+a.count))
			}
		}
		words = append(words, word)
	}
	return words
}

// What requests add up to: the sum has the limit that the tightest of them would find.
func TestMergeRequests(t *testing.T) {
	month := MonthOf(january(1))
	for _, test := range []struct {
		name string
		adds []Add
		want []Add
	}{
		{"one", []Add{{Name: "a", N: 2, Limit: 5}}, []Add{{month, "a", 2, 5, ""}}},
		{"two", []Add{{Name: "a", N: 2, Limit: 5}, {Name: "a", N: 1, Limit: 5}}, []Add{{month, "a", 3, 5, ""}}},
		{"the first is tighter", []Add{{Name: "a", N: 2, Limit: 5}, {Name: "a", N: 1, Limit: 9}}, []Add{{month, "a", 3, 6, ""}}},
		{"the second is tighter", []Add{{Name: "a", N: 2, Limit: 9}, {Name: "a", N: 1, Limit: 4}}, []Add{{month, "a", 3, 4, ""}}},
		{"of two months", []Add{{Name: "a", N: 2, Limit: 5}, {Name: "a", N: 1, Limit: 5, Month: month + 1}}, []Add{{month, "a", 2, 5, ""}, {month + 1, "a", 1, 5, ""}}},
		{"of two names", []Add{{Name: "a", N: 2, Limit: 5}, {Name: "b", N: 1, Limit: 5}, {Name: "b", N: 4, Limit: 5}}, []Add{{month, "a", 2, 5, ""}, {month, "b", 5, 5, ""}}},
	} {
		if diff := cmp.Diff(test.want, merge(asked(test.adds...))); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

// Which requests are refused when a batch of all was: those that do not fit, in their order.
func TestRefuseRequests(t *testing.T) {
	for _, test := range []struct {
		name   string
		adds   []Add
		counts []int64
		latest time.Time
		want   []string
	}{
		{"past the limit", []Add{{Name: "a", N: 2, Limit: 5}, {Name: "a", N: 2, Limit: 5}, {Name: "a", N: 1, Limit: 5}}, []int64{2}, january(31), []string{"none", "refused at 4", "none"}},
		{"the last fits", []Add{{Name: "a", N: 3, Limit: 5}}, []int64{2}, january(31), []string{"none"}},
		{"one more", []Add{{Name: "a", N: 4, Limit: 5}}, []int64{2}, january(31), []string{"refused at 2"}},
		{"another count", []Add{{Name: "a", N: 4, Limit: 5}, {Name: "b", N: 4, Limit: 5}}, []int64{2, 1}, january(31), []string{"refused at 2", "none"}},
		{"the month has ended", []Add{{Name: "a", N: 1, Limit: 5}}, []int64{2}, january(31).AddDate(0, 0, 1), []string{"refused at 2"}},
		{"it is its last instant", []Add{{Name: "a", N: 1, Limit: 5}}, []int64{2}, january(31).AddDate(0, 0, 1).Add(-1), []string{"none"}},
	} {
		all := asked(test.adds...)
		rest := refuse(all, merge(all), Applied{Counts: test.counts, Latest: test.latest})
		left := 0
		for _, word := range test.want {
			if word == "none" {
				left++
			}
		}
		if diff := cmp.Diff(test.want, answered(all)); diff != "" || len(rest) != left {
			t.Errorf("%s: %s, %d are left", test.name, diff, len(rest))
		}
	}
}

// Every request is answered once, whatever the store says, in as few batches as possible.
func TestWriteTogether(t *testing.T) {
	a, b := Add{Name: "a", N: 1, Limit: 5}, Add{Name: "b", N: 2, Limit: 5}
	for _, test := range []struct {
		name    string
		adds    []Add
		store   []Applied // its answers, one after the other
		err     error
		want    []string
		batches int
	}{
		{"none", nil, nil, nil, nil, 0},
		{"granted", []Add{a, b, a}, []Applied{{Granted: true, Counts: []int64{2, 2}}}, nil, []string{"granted", "granted", "granted"}, 1},
		{"broken", []Add{a, b}, []Applied{{}}, errors.New("broken"), []string{"the store of usage cannot be used: broken", "the store of usage cannot be used: broken"}, 1},
		{"one is refused", []Add{a, b}, []Applied{{Counts: []int64{5, 0}}, {Granted: true, Counts: []int64{2}}}, nil, []string{"refused at 5", "granted"}, 2},
		{"all are refused", []Add{a, b}, []Applied{{Counts: []int64{5, 4}}}, nil, []string{"refused at 5", "refused at 4"}, 1},
		{"the store has fewer now", []Add{b, a, a}, []Applied{{Counts: []int64{1, 3}}, {Granted: true, Counts: []int64{2}}}, nil, []string{"refused at 1", "granted", "granted"}, 2},
		{"and again", []Add{b, a}, []Applied{{Counts: []int64{1, 3}}, {Counts: []int64{3}}}, nil, []string{"refused at 1", "refused at 3"}, 2},
	} {
		store := newAnswers()
		s := newStill(Options{Store: store})
		s.has(t, upTo("a", 5), upTo("b", 5))
		n := 0
		store.apply = func(Batch) (Applied, error) {
			n++
			if n > len(test.store) {
				return Applied{}, errors.New("one batch too many")
			}
			return test.store[n-1], test.err
		}
		all := asked(test.adds...)
		s.writeTogether(all)
		if diff := cmp.Diff(test.want, answered(all)); diff != "" || n != test.batches {
			t.Errorf("%s, in %d batches: %s", test.name, n, diff)
		}
	}
}

// What was used in each month, whatever else the store has.
func TestMonthsOfStore(t *testing.T) {
	month := MonthOf(january(1))
	for i, test := range []struct{ store, want []Usage }{
		{[]Usage{}, nil}, {[]Usage{{month, "other", 5}}, nil}, {[]Usage{{month, "n", 0}}, nil},
		{[]Usage{{month, "n", 1}}, []Usage{{month, "n", 1}}}, {[]Usage{{month - 1, "n", 1}}, []Usage{{month - 1, "n", 1}, {month, "n", 0}}},
		{[]Usage{{month - 3, "n", 0}, {month - 2, "other", 7}, {month - 2, "n", 2}, {month - 1, "n", 0}, {month, "n", 1}}, []Usage{{month - 2, "n", 2}, {month - 1, "n", 0}, {month, "n", 1}}},
		{[]Usage{{month - 2, "n", 1}, {month, "other", 3}, {month, "n", 4}}, []Usage{{month - 2, "n", 1}, {month - 1, "n", 0}, {month, "n", 4}}},
	} {
		store := newAnswers()
		store.usage = test.store
		s := newStill(Options{Store: store})
		got, err := s.Monthly(t.Context(), "n")
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%d: %s, %v", i, diff, err)
		}
	}
	store := newAnswers()
	store.err = errors.New("broken")
	if got, err := newStill(Options{Store: store}).Monthly(t.Context(), "n"); got != nil || !isStore(err) {
		t.Errorf("broken: %v, %v", got, err)
	}
}
