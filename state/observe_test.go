package state_test

import (
	"crypto/ed25519"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
)

// listIssued returns a verified list of a generation.
func listIssued(t *testing.T, generation int64, issued time.Time) *revoke.List {
	t.Helper()
	key := ed25519.NewKeyFromSeed([]byte("0123456789abcdef0123456789abcdef"))
	contents := revoke.New(issued, issued.AddDate(0, 1, 0))
	contents.Generation = generation
	document, err := revoke.Sign(contents, key)
	if err != nil {
		t.Fatal(err)
	}
	list, err := revoke.Verify([]byte(document.String()), []licseal.TrustedKey{{Key: key.Public()}})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// The file records the clock and the list, unless the clock is behind the list or the
// instant of judgement was chosen. An older list is an error, whatever the instant.
func TestObserve(t *testing.T) {
	seen := verify.Memory{Latest: start, List: listIssued(t, 5, start.AddDate(0, 0, -1)).Seen()}
	later, newer, older := start.Add(time.Hour), listIssued(t, 6, start), listIssued(t, 4, start)
	future := listIssued(t, 7, start.AddDate(0, 1, 0))
	for _, test := range []struct {
		name       string
		options    verify.Options
		latest     time.Time
		generation int64
		refused    bool
	}{
		{"the clock", verify.Options{}, later, 5, false},
		{"a newer list", verify.Options{Revocations: newer}, later, 6, false},
		{"an older list", verify.Options{Revocations: older}, start, 5, true},
		{"a list from the future", verify.Options{Revocations: future}, start, 5, false},
		{"a list from the future, within the skew", verify.Options{Revocations: future, MaxClockSkew: 60 * 24 * time.Hour}, start.AddDate(0, 1, 0), 7, false},
		{"a chosen instant", verify.Options{At: later.AddDate(1, 0, 0)}, start, 5, false},
		{"a chosen instant, a newer list", verify.Options{At: later.AddDate(1, 0, 0), Revocations: newer}, start, 5, false},
		{"a chosen instant, an older list", verify.Options{At: later.AddDate(1, 0, 0), Revocations: older}, start, 5, true},
	} {
		path := create(t, seen)
		before, _ := os.ReadFile(path)
		test.options.Clock = func() time.Time { return later }
		m, err := state.Observe(path, &test.options)
		if refused := errors.As(err, new(*revoke.Error)); refused != test.refused || !refused && err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		read, readErr := state.Read(path)
		if readErr != nil {
			t.Fatal(readErr)
		}
		if !read.Latest.Equal(test.latest) || read.List.Generation != test.generation {
			t.Errorf("%s: the file says %v and generation %d", test.name, read.Latest, read.List.Generation)
		}
		if after, _ := os.ReadFile(path); !test.options.At.IsZero() && string(after) != string(before) {
			t.Errorf("%s: the file has changed", test.name)
		}
		if test.refused != (m == nil) || m != nil && (!m.Latest.Equal(test.latest) || m.List.Generation != test.generation) {
			t.Errorf("%s: returned %v", test.name, m)
		}
	}
}

// Without a Clock, the clock is that of the machine. A missing file is an error.
func TestObserveMachineClock(t *testing.T) {
	path, before := create(t, verify.Memory{}), time.Now()
	if m, err := state.Observe(path, &verify.Options{}); err != nil || m.Latest.Before(before) {
		t.Errorf("%v, %v", m, err)
	}
	missing := filepath.Join(t.TempDir(), "missing")
	for _, o := range []verify.Options{{}, {At: start}} {
		if _, err := state.Observe(missing, &o); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a missing file: %v", err)
		}
	}
}
