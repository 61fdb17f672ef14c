package entitle

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/verify"
)

// A program has the name of its main package, if it was built with one.
func TestProductOf(t *testing.T) {
	for _, test := range []struct {
		info *debug.BuildInfo
		ok   bool
		want string
	}{
		{nil, false, ""}, {&debug.BuildInfo{Path: "example.org/shop"}, false, ""}, {&debug.BuildInfo{Path: "example.org/shop"}, true, "example.org/shop"},
		{&debug.BuildInfo{Path: "command-line-arguments"}, true, ""}, {&debug.BuildInfo{}, true, ""},
	} {
		if got := productOf(test.info, test.ok); got != test.want {
			t.Errorf("%+v: %q", test, got)
		}
	}
}

// Retry-After is a whole number of seconds, rounded up.
func TestRetryAfter(t *testing.T) {
	for retry, want := range map[time.Duration]string{0: "", 1: "1", time.Second - 1: "1", time.Second: "1", time.Second + 1: "2", time.Hour: "3600", -1: ""} {
		w := httptest.NewRecorder()
		writeProblem(w, problem{retry: retry, Status: 503})
		if got := w.Header().Get("Retry-After"); got != want {
			t.Errorf("%v: %q", retry, got)
		}
	}
}

// A limit is to be tried again when its month ends, and not in the same second.
func TestRetryOfLimit(t *testing.T) {
	s := newStill(Options{})
	for _, test := range []struct {
		reset time.Time
		want  time.Duration
	}{{time.Time{}, 0}, {january(11), 24 * time.Hour}, {january(10).Add(time.Second), time.Second}, {january(10).Add(1), time.Second}, {january(9), time.Second}} {
		if got := s.problemOf(&LimitError{Reset: test.reset}).retry; got != test.want {
			t.Errorf("%v: %v", test.reset, got)
		}
	}
}

// revocationList returns a list that revokes nothing, and its text.
func revocationList(t *testing.T, generation int64, issued, next time.Time) (*revoke.List, string) {
	t.Helper()
	c := revoke.New(issued, next)
	c.Generation = generation
	signed, err := revoke.Sign(c, stillKey)
	if err != nil {
		t.Fatal(err)
	}
	list, err := revoke.Verify([]byte(signed.String()), []licseal.TrustedKey{{Key: stillKey.Public()}})
	if err != nil {
		t.Fatal(err)
	}
	return list, signed.String()
}

// A list is due at its next update, or when it is too old, whatever is first.
func TestDueOf(t *testing.T) {
	const day = 24 * time.Hour
	list, _ := revocationList(t, 1, january(5), january(15))
	for age, want := range map[time.Duration]time.Time{0: january(15), -day: january(15), 1: january(5).Add(1), 10*day - 1: january(15).Add(-1), 10 * day: january(15), 11 * day: january(15)} {
		if got := dueOf(list, age); !got.Equal(want) {
			t.Errorf("%v: %v, not %v", age, got, want)
		}
		r := &revocations{list: list}
		if r.isStale(want.Add(-1), age) || !r.isStale(want.Add(1), age) {
			t.Errorf("%v: stale at another time than %v", age, want)
		}
	}
	if new(revocations).isStale(january(30), 1) {
		t.Error("no list is stale")
	}
}

// A list that is taken is noted once: its dates, for the store, and for what judges. The
// same list is neither verified nor, if its file has not changed, read again.
func TestLoadRevocations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "revoked.json")
	s := newStill(Options{Revocations: File(path), MaxListAge: 5 * 24 * time.Hour})
	s.trusted = []licseal.TrustedKey{{Key: stillKey.Public()}}
	changed := january(1)
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, changed, changed); err != nil {
			t.Fatal(err)
		}
	}
	load := func(what string, ok, taken bool) {
		t.Helper()
		s.verifier, s.mustJudge, s.told.at = new(verify.Verifier), false, january(1)
		err := s.loadRevocations()
		if (err == nil) != ok || s.mustJudge != taken || (s.verifier == nil) != taken || s.told.at.IsZero() != taken {
			t.Errorf("%s: taken %v, %v", what, s.mustJudge, err)
		}
	}
	load("no file", false, false)
	_, list := revocationList(t, 2, january(8), january(15))
	_, older := revocationList(t, 1, january(7), january(30))
	_, newer := revocationList(t, 3, january(9), january(30))
	write(list)
	load("a list", true, true)
	if issued, due := timeOf(s.listIssued.Load()), timeOf(s.listDue.Load()); !issued.Equal(january(8)) || !due.Equal(january(13)) {
		t.Errorf("from %v to %v", issued, due)
	}
	load("the same", true, false)
	rubbish := []byte(list)
	rubbish[0] = 'x'
	write(string(rubbish))
	load("a file with the same stamp", true, false)
	write(string(rubbish) + " ")
	load("rubbish", false, false)
	write(list)
	s.revocations.stamp = nil
	load("the same list again", true, false)
	if s.revocations.stamp == nil {
		t.Error("its stamp is not noted")
	}
	changed = january(2)
	write(older)
	load("an older one", false, false)
	changed = january(3)
	write(newer)
	load("a newer one", true, true)
	s.revocations.list = nil
	load("it was forgotten", true, true)
	s.opts.Revocations = none{os.ErrNotExist}
	s.revocations.list = nil
	if load("none", false, false); s.listDue.Load() != 0 {
		t.Error("a list that was forgotten is due")
	}
	s.opts.Revocations = nil
	load("it is not checked", true, false)
}

// What is remembered: what the store knows of the time, and not what only this host shows.
func TestRememberedTime(t *testing.T) {
	var m verify.Memory
	s := newStill(Options{Remember: func(change func(*verify.Memory) error) (*verify.Memory, error) {
		err := change(&m)
		return &m, err
	}})
	s.sharedLead.Store(nanos(january(8)) - s.clock.ran)
	if err := s.rememberNow(); err != nil || !m.Latest.Equal(january(8)) || s.remembered.Load() != nanos(january(10)) {
		t.Errorf("it is %v: %v", m.Latest, err)
	}
	m.Latest = january(9)
	if err := s.rememberNow(); err != nil || !m.Latest.Equal(january(9)) || s.shared() != nanos(january(9)) {
		t.Errorf("another process knows more: %v, %v", m.Latest, err)
	}
	list, _ := revocationList(t, 1, january(10), january(20)) // the clocks may differ a little
	s.clock.shown = nanos(january(10).Add(-verify.DefaultMaxClockSkew))
	s.lead.Store(noTime)
	if err := s.remember(list); err != nil || !m.Latest.Equal(january(10)) {
		t.Errorf("with a list, it is %v: %v", m.Latest, err)
	}
	m.Lead, m.Used, m.Unwritten = verify.Lead{Sum: 5}, []verify.Mark{mark("a", "2026-01", 1)}, []verify.Mark{mark("b", "2026-01", 1)}
	m.Latest = january(20)
	if err := s.recall(); err != nil || s.recalled.Sum != 5 || s.shared() != nanos(january(20)) {
		t.Errorf("recalled: %v at %v", err, timeOf(s.shared()))
	}
	if diff := cmp.Diff([][]verify.Mark{m.Used, m.Unwritten}, [][]verify.Mark{s.lastMarks, s.lastLost}); diff != "" {
		t.Error(diff)
	}
}

// A new licence replaces the one in use if it is good, or if neither is.
func TestMayReplace(t *testing.T) {
	good, late, early := licensed(t, "A-1"), licensed(t, "A-2"), licensed(t, "A-3")
	late.notBefore, early.graceEnd = nanos(january(11)), nanos(january(9))
	early.notAfter = early.graceEnd
	for i, test := range []struct {
		current, next *license
		want          State // of the error; "" if it may
	}{{nil, good, ""}, {nil, late, ""}, {good, good, ""}, {good, late, NotYetValid}, {good, early, Expired}, {late, good, ""}, {late, early, ""}, {early, late, ""}} {
		s := newStill(Options{})
		s.current.Store(test.current)
		err := s.mayReplace(test.next, s.now())
		if inactive, _ := err.(*InactiveError); (err == nil) != (test.want == "") || err != nil && inactive.State != test.want {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// A licence keeps the counters and the time of the one before, if that is the same.
func TestGive(t *testing.T) {
	s := newStill(Options{})
	first, again, other, dated := licensed(t, "A-1", upTo("n", 5), free("free")), licensed(t, "A-1", anyNumber("n")), licensed(t, "A-2", upTo("n", 7), upTo("m", 1)), licensed(t, "A-2")
	s.give(first, nanos(january(10)))
	c := s.counter("n")
	if !first.modified.Equal(january(10)) || first.grants["n"].counter != c || !c.bounded.Load() || s.counter("free") != nil {
		t.Errorf("%+v", first)
	}
	s.give(again, nanos(january(11)))
	if !again.modified.Equal(january(10)) || again.grants["n"].counter != c || c.bounded.Load() {
		t.Errorf("again: %+v", again)
	}
	s.give(other, nanos(january(12)))
	if !other.modified.Equal(january(12)) || other.grants["n"].counter != c || !c.bounded.Load() || s.counter("m") == nil {
		t.Errorf("another: %+v", other)
	}
	dated.modified = january(2)
	if s.give(dated, nanos(january(13))); !dated.modified.Equal(january(2)) || s.current.Load() != dated {
		t.Errorf("with a time: %+v", dated)
	}
}
