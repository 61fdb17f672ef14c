package storetest

import (
	"errors"
	"testing"

	"github.com/licseal/licseal/admin"
)

// A change with versions is made only if the record has one of them.
func testMatch(t *testing.T, f *fixture) {
	ctx := t.Context()
	a := f.write(t, 1, "a", admin.IfAbsent)
	b := f.write(t, 1, "b", admin.Always)
	stale, now := a.Version(), b.Version()
	put := func(n int, payload string, condition admin.Condition, match ...string) error {
		_, err := f.Write(ctx, admin.Write{ID: id(n), Payload: payload, If: condition, Match: match, Who: "tester"})
		return err
	}
	remove := func(n int, match ...string) error { return f.Delete(ctx, id(n), "tester", match...) }
	for name, err := range map[string]error{
		"a stale version":                  put(1, "c", admin.Always, stale),
		"a stale version, present":         put(1, "c", admin.IfPresent, stale),
		"a part of the version":            put(1, "c", admin.Always, now[1:], now[:len(now)-1]),
		"of another record":                put(2, "c", admin.Always, now),
		"any version of what is not there": put(2, "c", admin.IfPresent, "*"),
		"deleting a stale version":         remove(1, stale),
		"deleting what is not there":       remove(2, "*"),
	} {
		if !errors.Is(err, admin.ErrMismatch) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := f.Get(ctx, id(1)); got != b || err != nil {
		t.Errorf("then there is %v, %v", got, err)
	}
	if err := put(1, "c", admin.IfPresent, stale, now); err != nil {
		t.Errorf("one of two versions: %v", err)
	}
	if err := put(1, "d", admin.Always, "*"); err != nil {
		t.Errorf("any version: %v", err)
	}
	if err := remove(1, now); !errors.Is(err, admin.ErrMismatch) {
		t.Errorf("deleting the version before: %v", err)
	}
	d, err := f.Get(ctx, id(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := remove(1, d.Version()); err != nil {
		t.Errorf("deleting it: %v", err)
	}
}
