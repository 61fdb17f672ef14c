package entitle

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What a store keeps with the key of a change: stores that are on a disk have it for a day,
// so it stays the same from release to release.
func TestChangeOnce(t *testing.T) {
	type kept struct {
		Key string
		N   int64
	}
	for _, test := range []struct {
		change LevelChange
		want   kept
	}{
		{LevelChange{By: 5, Key: "k"}, kept{"k", 5}}, {LevelChange{By: -5, Key: "k"}, kept{"k", -5}}, {LevelChange{By: 5, Set: true, Key: "k"}, kept{"k", 1<<54 + 5}},
		{LevelChange{By: 5}, kept{"", 5}}, {LevelChange{By: 1, Lease: "l", Key: "k"}, kept{}},
	} {
		if key, n := test.change.Once(); (kept{key, n}) != test.want {
			t.Errorf("%+v: %q, %d", test.change, key, n)
		}
	}
}

// What has lapsed is forgotten, and does not fill the memory.
func TestMemoryForgets(t *testing.T) {
	m := NewMemory().(*memory)
	hold := func(fingerprint string, at time.Duration, most int64) Held {
		t.Helper()
		held, err := m.Hold(t.Context(), Seat{Installation: "here", Fingerprint: fingerprint, Writer: "w", Time: january(1).Add(at), Lapse: time.Minute, Max: most})
		if err != nil {
			t.Fatal(err)
		}
		return held
	}
	in := m.get("here")
	hold("m1", 0, 5)
	hold("m2", 1, 5)
	if held := hold("m3", time.Minute, 5); held != (Held{true, 2}) || len(in.seats) != 2 {
		t.Errorf("m1 has lapsed: %+v, %v", held, in.seats)
	}
	if held := hold("m3", time.Minute, 1); held != (Held{false, 1}) || len(in.seats) != 1 {
		t.Errorf("m3 has none: %+v, %v", held, in.seats)
	}
	change := func(c LevelChange, want bool) {
		t.Helper()
		c.Installation, c.Name = "here", "seats"
		level, err := m.Change(t.Context(), c)
		if err != nil || level.OK != want {
			t.Errorf("%+v: %+v, %v", c, level, err)
		}
	}
	change(LevelChange{Lease: "a", Lapse: 1, Limit: 1}, true)
	change(LevelChange{Lease: "b", Lapse: 1, Limit: 1}, false)
	change(LevelChange{By: 1, Limit: 1}, false)
	change(LevelChange{Lease: "b", Lapse: 0, Limit: 1}, true)
	change(LevelChange{Lease: "a", Lapse: -1, Limit: 1}, true)
	change(LevelChange{By: 1, Limit: 1}, true)
	if len(in.levels.leases) != 0 {
		t.Errorf("leases that were given back: %v", in.levels.leases)
	}
	if isUsed, err := in.once("k", "seats", 1); isUsed || err != nil {
		t.Errorf("a new key: %v, %v", isUsed, err)
	}
	in.keep("", "seats", 1)
	in.keep("k", "seats", 1)
	for _, test := range []struct {
		key, name string
		n         int64
		used      bool
		err       error
	}{{"", "seats", 1, false, nil}, {"k", "seats", 1, true, nil}, {"k", "seats", 2, true, ErrKeyReused}, {"k", "hosts", 1, true, ErrKeyReused}, {"other", "seats", 1, false, nil}} {
		if isUsed, err := in.once(test.key, test.name, test.n); isUsed != test.used || err != test.err {
			t.Errorf("%+v: %v, %v", test, isUsed, err)
		}
	}
	if diff := cmp.Diff(1, len(in.levels.keys)); diff != "" {
		t.Error(diff)
	}
	in.see(in.clock.Latest.Add(keyLife))
	in.once("other", "seats", 1)
	if len(in.levels.keys) != 1 {
		t.Error("a key is kept for a day")
	}
	in.see(in.clock.Latest.Add(1))
	in.once("other", "seats", 1)
	if len(in.levels.keys) != 0 {
		t.Error("a key is forgotten after a day")
	}
}
