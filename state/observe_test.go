package state_test

import (
	"crypto/ed25519"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/trust"
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
		m, err := state.Observe(path, &test.options, nil)
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
	if m, err := state.Observe(path, &verify.Options{}, nil); err != nil || m.Latest.Before(before) {
		t.Errorf("%v, %v", m, err)
	}
	missing := filepath.Join(t.TempDir(), "missing")
	for _, o := range []verify.Options{{}, {At: start}} {
		if _, err := state.Observe(missing, &o, nil); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a missing file: %v", err)
		}
	}
}

// chainText returns a chain of generations that trust no key.
func chainText(t *testing.T, generations int) []byte {
	t.Helper()
	root := ed25519.NewKeyFromSeed([]byte("0123456789abcdef0123456789abcdef"))
	contents := trust.Contents{Generation: 1, Issued: start, Threshold: 1, Roots: []trust.Root{{Key: root.Public(), Name: "checksum: the safe"}}}
	var prev *trust.Document
	var text []byte
	for range generations {
		d, err := trust.New(&contents)
		if err == nil {
			d, err = trust.Sign(prev, d, root)
		}
		if err != nil {
			t.Fatal(err)
		}
		text, prev = append(text, d.String()+"\n"...), d
		contents.Generation, contents.Previous, contents.Issued = contents.Generation+1, d.Digest(), contents.Issued.Add(time.Second)
	}
	return text
}

func chainOf(t *testing.T, generations int) *trust.Chain {
	t.Helper()
	origin, err := trust.ReadOrigin(chainText(t, generations))
	if err != nil {
		t.Fatal(err)
	}
	c, err := origin.Known(nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A chain of trust is recorded, unless the instant of judgement was chosen, and other
// trust is refused from then on.
func TestObserveTrust(t *testing.T) {
	path := create(t, verify.Memory{Latest: start})
	options := verify.Options{Clock: func() time.Time { return start }}
	chosen := verify.Options{At: start}
	for _, test := range []struct {
		options verify.Options
		chain   *trust.Chain
		want    int
		refused bool
	}{
		{chosen, chainOf(t, 1), 0, false},
		{options, nil, 0, false},
		{options, chainOf(t, 2), 2, false},
		{options, chainOf(t, 1), 2, false},
		{chosen, chainOf(t, 3), 2, false},
		{options, nil, 2, true},
		{chosen, nil, 2, true},
	} {
		_, err := state.Observe(path, &test.options, test.chain)
		if refused := errors.As(err, new(*trust.Error)); refused != test.refused || !refused && err != nil {
			t.Errorf("%v: %v", test, err)
		}
		m, err := state.Read(path)
		if err != nil || len(m.Trust.Digests) != test.want {
			t.Errorf("%v: %v, generation %d is recorded", test, err, len(m.Trust.Digests))
		}
	}
}

// A forgotten list and a chain come back as they were written, and a chain that does
// not hold together is damage.
func TestTrustFile(t *testing.T) {
	want := verify.Memory{Latest: start, List: revoke.Seen{NotBefore: start}, Trust: chainOf(t, 3).Seen()}
	got, err := state.Read(create(t, want))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	want.Trust.Digests = want.Trust.Digests[1:]
	if _, err := state.Read(create(t, want)); !errors.As(err, new(*state.DamagedError)) {
		t.Errorf("a digest is missing: %v", err)
	}
}
