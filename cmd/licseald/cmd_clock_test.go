//go:build unix

package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/entitle/sqlstore"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
)

// The time of a product's store is shown, accepted and reset, and each change is recorded.
func TestClockCommand(t *testing.T) {
	name := filepath.Join(t.TempDir(), "usage.db")
	db, err := sqlite.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if text := fails(t, "clock", "show", "--store", "sqlite:"+name); !strings.Contains(text, "no product has used") {
		t.Error(text)
	}
	store, err := sqlstore.New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	see := func(host, shown string) {
		t.Helper()
		at, err := time.Parse(time.DateOnly, shown)
		if err == nil {
			_, err = store.See(t.Context(), "shop", entitle.Sighting{Host: entitle.Host{Name: host}, Shown: at, MaxLead: 24 * time.Hour})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	see("good", "2026-11-21")
	see("bad\x1b[31m", "2099-01-01")
	clock := func(command string, flags ...string) string {
		return output(t, append([]string{"clock", command, "--store", "sqlite:" + name, "--installation", "shop"}, flags...)...)
	}
	expect := func(text, pattern string) {
		t.Helper()
		if !regexp.MustCompile(pattern).MatchString(text) {
			t.Errorf("%s\ndoes not match %s", text, pattern)
		}
	}
	shown := clock("show")
	expect(shown, `(?m)^time: 2026-11-21T00:00:00Z$`)
	expect(shown, `(?m)^bad\S*31m +2099-01-01T00:00:00Z +2026-11-21T00:00:00Z +2026-11-21T00:00:00Z$`)
	if strings.Contains(shown, "\x1b") {
		t.Error("the name of a host moves the terminal")
	}
	if text := fails(t, "clock", "show", "--store", "sqlite:"+name); !strings.Contains(text, `the store has "shop": give one with --installation`) {
		t.Error(text)
	}
	expect(clock("accept"), `(?s)^time: 2099-01-01T00:00:00Z\n.*set from 2026-11-21T00:00:00Z to 2099-01-01T00:00:00Z\n$`)
	expect(clock("reset", "--at", "2026-11-22"), `(?s)^time: 2026-11-22T00:00:00Z\n.*to 2099.*from 2099-01-01T00:00:00Z to 2026-11-22T00:00:00Z\n$`)
	if text := fails(t, "clock", "accept", "--store", "sqlite:"+name, "--installation", "shop"); !strings.Contains(text, "no host has shown") {
		t.Error(text)
	}
	if text := fails(t, "clock", "reset", "--at", "soon", "--store", "sqlite:"+name, "--installation", "shop"); !strings.Contains(text, "--at") {
		t.Error(text)
	}
}
