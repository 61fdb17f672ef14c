package entitle_test

import (
	"crypto/ed25519"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
)

// list returns a signed revocation list that revokes one licence.
func list(t *testing.T, generation int64, id string) []byte {
	t.Helper()
	return listFor(t, "2026-11-20", "2026-12-20", generation, id)
}

func listFor(t *testing.T, issued, next string, generation int64, id string) []byte {
	t.Helper()
	r := revoke.New(instant(issued), instant(next))
	r.Generation = generation
	if err := r.RevokeLicense(id, "not paid"); err != nil {
		t.Fatal(err)
	}
	signed, err := revoke.Sign(r, vendorKey)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(signed.String())
}

// A licence that a list names is suspended, whatever its dates, and is good again
// once a newer list no longer names it. An older list does not bring it back.
func TestSuspended(t *testing.T) {
	path := filepath.Join(t.TempDir(), "revoked.json")
	put(t, path, list(t, 1, "somebody else's"))
	c, heard := at("2026-11-21"), new(events)
	g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Clock: c.now, Revocations: entitle.File(path), Notify: heard.notify, MaxClockLead: 30 * day})
	expect := func(state entitle.State, kinds ...entitle.EventKind) {
		t.Helper()
		heard.take()
		g.Tick(t.Context())
		if got := g.Status().State; got != state || g.Allows("reports") != state.Good() {
			t.Errorf("the licence is %q, not %q", got, state)
		}
		if diff := cmp.Diff(kinds, heard.take()); diff != "" {
			t.Error(diff)
		}
	}
	expect(entitle.Active)
	put(t, path, list(t, 2, "A-1"))
	expect(entitle.Suspended, entitle.StateChanged)
	var state *entitle.InactiveError
	if err := g.Use(t.Context(), "requests", 1); !errors.As(err, &state) || state.State != entitle.Suspended {
		t.Errorf("a suspended licence is used: %v", err)
	}
	put(t, path, list(t, 1, "somebody else's"))
	expect(entitle.Suspended, entitle.LoadFailed)
	put(t, path, []byte("{}"))
	expect(entitle.Suspended, entitle.LoadFailed)
	put(t, path, list(t, 3, "somebody else's"))
	expect(entitle.Active, entitle.LoadWorks, entitle.StateChanged)
	if err := g.Status().LoadErr; err != nil {
		t.Error(err)
	}
	// A list that turns stale takes nothing away, and is not kept quiet.
	c.set("2026-12-20")
	expect(entitle.Active, entitle.LoadFailed)
	var listErr *revoke.Error
	if err := g.Status().LoadErr; !errors.As(err, &listErr) || listErr.Reason != revoke.Stale {
		t.Errorf("the list is stale: %v", err)
	}
	// A key that is trusted no longer suspends what it signed.
	other := ed25519.NewKeyFromSeed([]byte("another key, of 32 bytes exactly"))
	g.Trust([]licseal.TrustedKey{{Key: other.Public()}})
	expect(entitle.Suspended, entitle.LoadFailed, entitle.StateChanged)
}

// A key that is revoked suspends what it signed.
func TestKeyRevoked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "revoked.json")
	put(t, path, list(t, 1, "somebody else's"))
	licenseKey := ed25519.NewKeyFromSeed([]byte("another key, of 32 bytes exactly"))
	vendors, err := licseal.ParseUnverified(signed(t, plan()))
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(vendors.Payload, licenseKey)
	if err != nil {
		t.Fatal(err)
	}
	both := append(slices.Clone(trusted), licseal.TrustedKey{Key: licenseKey.Public()})
	g, err := entitle.Open(t.Context(), entitle.Text([]byte(lic.String())), both,
		&entitle.Options{Clock: at("2026-11-21").now, Revocations: entitle.File(path)})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	r := revoke.New(instant("2026-11-20"), instant("2026-12-20"))
	r.Generation = 2
	if err := r.RevokeKey(revoke.Key{ID: licseal.KeyID(licenseKey.Public())}); err != nil {
		t.Fatal(err)
	}
	signed, err := revoke.Sign(r, vendorKey)
	if err != nil {
		t.Fatal(err)
	}
	put(t, path, []byte(signed.String()))
	g.Tick(t.Context())
	if state := g.Status().State; state != entitle.Suspended || g.Allows("reports") {
		t.Errorf("the licence is %q", state)
	}
}

func TestOpenNeedsItsRevocations(t *testing.T) {
	var listErr *revoke.Error
	source := entitle.Text(signed(t, plan()))
	missing := entitle.File(filepath.Join(t.TempDir(), "none"))
	forged := forge(list(t, 1, "A-1"))
	for _, missingLicense := range []bool{false, true} {
		opts := &entitle.Options{Clock: at("2026-11-21").now, MayBeMissing: missingLicense}
		opts.Revocations = missing
		if _, err := entitle.Open(t.Context(), source, trusted, opts); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("without a list: %v", err)
		}
		opts.Revocations = entitle.Text(forged)
		if _, err := entitle.Open(t.Context(), source, trusted, opts); !errors.As(err, &listErr) || listErr.Reason != revoke.Forged {
			t.Errorf("with a forged list: %v", err)
		}
		opts.Revocations, opts.Clock = entitle.Text(list(t, 1, "A-2")), at("2026-12-20").now
		if _, err := entitle.Open(t.Context(), source, trusted, opts); !errors.As(err, &listErr) || listErr.Reason != revoke.Stale {
			t.Errorf("with a stale list: %v", err)
		}
	}
	// A clock set back makes a stale list no fresh one.
	store := entitle.NewMemory()
	if err := store.SetClock(t.Context(), installation, instant("2026-12-20")); err != nil {
		t.Fatal(err)
	}
	opts := &entitle.Options{Clock: at("2026-11-21").now, Store: store, Revocations: entitle.Text(list(t, 1, "A-2"))}
	if _, err := entitle.Open(t.Context(), source, trusted, opts); !errors.As(err, &listErr) || listErr.Reason != revoke.Stale {
		t.Errorf("with the clock set back: %v", err)
	}
	g := open(t, source, &entitle.Options{Clock: at("2026-11-21").now, Revocations: entitle.Text(list(t, 1, "A-1"))})
	if status := g.Status(); status.State != entitle.Suspended || status.NotAfter != instant("2027-01-01") {
		t.Errorf("it opens as %q until %v", status.State, status.NotAfter)
	}
}

// What was seen is remembered for the next start: an older list is not taken then
// either, nor is an earlier time.
func TestRemember(t *testing.T) {
	file := filepath.Join(t.TempDir(), "licence.state")
	if err := state.Create(file, verify.Memory{}); err != nil {
		t.Fatal(err)
	}
	c := at("2026-11-25")
	opts := func(generation int64) *entitle.Options {
		return &entitle.Options{
			Clock: c.now, Revocations: entitle.Text(list(t, generation, "A-2")), MaxClockLead: 7 * day,
			Remember: func(change func(*verify.Memory) error) (*verify.Memory, error) { return state.Update(file, change) },
		}
	}
	source := entitle.Text(signed(t, plan()))
	g := open(t, source, opts(2))
	c.set("2026-12-01")
	g.Close()
	var listErr *revoke.Error
	if _, err := entitle.Open(t.Context(), source, trusted, opts(1)); !errors.As(err, &listErr) || listErr.Reason != revoke.Replayed {
		t.Errorf("an older list: %v", err)
	}
	c.set("2026-11-28")
	g = open(t, source, opts(3))
	if status := g.Status(); !status.Time.Equal(instant("2026-12-01")) || status.ClockBehind != 3*24*time.Hour {
		t.Errorf("it is %v, %v behind", status.Time, status.ClockBehind)
	}
	if err := os.WriteFile(file, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	var damaged *state.DamagedError
	if _, err := entitle.Open(t.Context(), source, trusted, opts(3)); !errors.As(err, &damaged) {
		t.Errorf("a damaged state: %v", err)
	}
}

// What is remembered counts from the start, with or without a revocation list.
func TestRememberAtOpen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "licence.state")
	if err := state.Create(file, verify.Memory{Latest: instant("2027-02-01")}); err != nil {
		t.Fatal(err)
	}
	opts := &entitle.Options{Clock: at("2026-11-21").now,
		Remember: func(change func(*verify.Memory) error) (*verify.Memory, error) { return state.Update(file, change) }}
	source := entitle.Text(signed(t, plan()))
	if g := open(t, source, opts); g.Allows("reports") {
		t.Error("an expired licence is good again with the clock set back")
	}
	put(t, file, []byte("x"))
	var damaged *state.DamagedError
	if _, err := entitle.Open(t.Context(), source, trusted, opts); !errors.As(err, &damaged) {
		t.Errorf("a damaged state: %v", err)
	}
}

// A state file that is damaged while the guard is open is no fault of the store, and
// stays in the status until it is mended.
func TestRememberFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "licence.state")
	if err := state.Create(file, verify.Memory{}); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, heard := at("2026-11-25"), new(events)
	g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Clock: c.now, Notify: heard.notify,
		Remember: func(change func(*verify.Memory) error) (*verify.Memory, error) { return state.Update(file, change) }})
	put(t, file, []byte("x"))
	c.set("2026-11-26")
	var damaged *state.DamagedError
	for range 3 {
		g.Tick(t.Context())
		if status := g.Status(); !errors.As(status.RememberErr, &damaged) || status.StoreErr != nil || status.LoadErr != nil {
			t.Errorf("%v, store: %v, source: %v", status.RememberErr, status.StoreErr, status.LoadErr)
		}
	}
	if diff := cmp.Diff([]entitle.EventKind{entitle.RememberFailed}, heard.take()); diff != "" {
		t.Error(diff)
	}
	put(t, file, good)
	g.Tick(t.Context())
	if diff := cmp.Diff([]entitle.EventKind{entitle.RememberWorks}, heard.take()); diff != "" || g.Status().RememberErr != nil {
		t.Error(diff, g.Status().RememberErr)
	}
	if m, err := state.Read(file); err != nil || !m.Latest.Equal(instant("2026-11-26")) {
		t.Errorf("an idle guard has remembered %+v: %v", m, err)
	}
	put(t, file, []byte("x"))
	var failed *entitle.StoreError
	if err := g.Close(); !errors.As(err, &damaged) || errors.As(err, &failed) {
		t.Errorf("Close: %v", err)
	}
}

// A list that takes the place of another is read, even if both have the same size and the
// same time stamp, as on a file system whose clock is not that of the machine.
func TestListWithTheSameStamp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "revoked.json")
	replace := func(list []byte) {
		t.Helper()
		put(t, path, list)
		hour := time.Now().Add(-time.Hour).Truncate(time.Hour)
		if err := os.Chtimes(path, hour, hour); err != nil {
			t.Fatal(err)
		}
	}
	replace(list(t, 1, "A-0"))
	c := at("2026-11-21")
	g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Clock: c.now, Revocations: entitle.File(path)})
	g.Tick(t.Context()) // which remembers the stamp
	replace(list(t, 2, "A-1"))
	g.Tick(t.Context())
	if state := g.Status().State; state != entitle.Suspended {
		t.Errorf("the licence is %q, not %q", state, entitle.Suspended)
	}
}
