package entitle_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal/entitle"
)

// Two machines may hold the licence, however many processes each has; a third
// may once one is released, or has not been heard of for too long.
func TestBind(t *testing.T) {
	store, c := entitle.NewMemory(), at("2026-11-21T12:00:00Z")
	source := entitle.Text(signed(t, plan()))
	heard := new(events)
	guard := func() *entitle.Guard {
		return open(t, source, &entitle.Options{Store: store, Clock: c.now, Notify: heard.notify, Lapse: time.Hour})
	}
	a, b, other := guard(), guard(), guard()
	bind := func(g *entitle.Guard, fingerprint string, ok bool) *entitle.Binding {
		t.Helper()
		binding, err := g.Bind(t.Context(), fingerprint)
		var machines *entitle.MachinesError
		if ok && (err != nil || !binding.Held()) || !ok && (!errors.As(err, &machines) || machines.Max != 2 || binding != nil) {
			t.Errorf("%s: %v", fingerprint, err)
		}
		return binding
	}
	first := bind(a, "m1", true)
	again := bind(a, "m1", true) // the same process
	bind(b, "m1", true)          // another process of the machine
	second := bind(b, "m2", true)
	bind(other, "m3", false)
	for _, binding := range []*entitle.Binding{first, again} {
		if err := binding.Release(t.Context()); err != nil || binding.Held() {
			t.Error(err)
		}
		bind(other, "m3", false)
	}
	b.Close() // releases m1 and m2
	if second.Held() {
		t.Error("the seat is held by a closed guard")
	}
	third := bind(other, "m3", true)
	bind(a, "m1", true)
	// m3 is not heard of for an hour, as when its machine sleeps, and m4 comes.
	c.set("2026-11-21T13:00:00Z")
	late := guard()
	bind(late, "m4", true)
	bind(late, "m5", true)
	heard.take()
	if !third.Held() {
		t.Error("m3 cannot know yet")
	}
	other.Beat(t.Context())
	if diff := cmp.Diff([]entitle.EventKind{entitle.SeatLost}, heard.take()); diff != "" || third.Held() {
		t.Errorf("m3 has lost its seat: %s", diff)
	}
	late.Close()
	other.Tick(t.Context()) // it goes on asking
	if !third.Held() {
		t.Error("there is room again")
	}
}

// A machine keeps its seat for as long as its guard is open.
func TestSeatIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := &entitle.Options{Store: entitle.NewMemory(), Clock: later, Lapse: time.Second} // which is two
		source := entitle.Text(signed(t, plan().with("max_machines", 1)))
		a, b := open(t, source, opts), open(t, source, opts)
		binding, err := a.Bind(t.Context(), "m1")
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			time.Sleep(1700 * time.Millisecond)
			if _, err := b.Bind(t.Context(), "m2"); err == nil || !binding.Held() {
				t.Fatalf("another machine has the seat: %v", err)
			}
		}
	})
}

// A machine that is bound twice by one process keeps its seat until both are
// released.
func TestBindTwice(t *testing.T) {
	opts := &entitle.Options{Store: entitle.NewMemory(), Clock: at("2026-11-21").now}
	source := entitle.Text(signed(t, plan().with("max_machines", 1)))
	a, b := open(t, source, opts), open(t, source, opts)
	var bindings []*entitle.Binding
	for range 2 {
		binding, err := a.Bind(t.Context(), "m1")
		if err != nil {
			t.Fatal(err)
		}
		bindings = append(bindings, binding)
	}
	for i, binding := range bindings {
		if err := binding.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Bind(t.Context(), "m2"); (err == nil) != (i == 1) {
			t.Errorf("after %d were released: %v", i+1, err)
		}
	}
}

func TestBindRefuses(t *testing.T) {
	c := at("2026-11-21")
	g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Clock: c.now})
	for _, fingerprint := range []string{"", string(make([]byte, 201))} {
		if _, err := g.Bind(t.Context(), fingerprint); err == nil {
			t.Errorf("%q was bound", fingerprint)
		}
	}
	c.set("2027-01-11")
	var state *entitle.InactiveError
	if _, err := g.Bind(t.Context(), "m1"); !errors.As(err, &state) {
		t.Errorf("an expired licence: %v", err)
	}
	none := open(t, entitle.Text(signed(t, plan().with("max_machines", 0))), &entitle.Options{Clock: at("2026-11-21").now})
	var machines *entitle.MachinesError
	if _, err := none.Bind(t.Context(), "m1"); !errors.As(err, &machines) {
		t.Errorf("a licence for no machine: %v", err)
	}
}

func TestFingerprint(t *testing.T) {
	files, containers := *entitle.MachineIDFiles, *entitle.ContainerFiles
	t.Cleanup(func() { *entitle.MachineIDFiles, *entitle.ContainerFiles = files, containers })
	for _, variable := range entitle.ContainerVariables {
		t.Setenv(variable, "")
	}
	dir := t.TempDir()
	id, marker := filepath.Join(dir, "machine-id"), filepath.Join(dir, "container")
	*entitle.MachineIDFiles, *entitle.ContainerFiles = []string{id}, []string{marker}

	fingerprint := func(installation, madeOf string) string {
		t.Helper()
		m, err := entitle.Fingerprint(installation)
		if madeOf == "" {
			if !errors.Is(err, entitle.ErrNoMachineID) {
				t.Errorf("%+v, %v", m, err)
			}
			return ""
		}
		if err != nil || m.MadeOf != madeOf || len(m.Fingerprint) != 64 {
			t.Errorf("%+v, %v", m, err)
		}
		return m.Fingerprint
	}
	fingerprint("", "")
	for _, text := range []string{
		"", "uninitialized\n", "short\n", strings.Repeat("0", 32), strings.Repeat("f", 32), "00000000-0000-0000-0000-000000000000",
		"0123456789abcdef0123456789abcdeg", "0123456789abcdef0123456789abcdef0", "01234567-89ab-cdef-0123456789abcdef", "0123456789-abcdef0123456789abcdef",
		"03000200-0400-0500-0006-000700080009", strings.Repeat("ab", 16),
	} {
		if err := os.WriteFile(id, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		fingerprint("", "")
	}
	if err := os.WriteFile(id, []byte("6F9619FF-8B86-D011-B42D-00CF4FC964FF\n"), 0o644); err != nil { // of another system
		t.Fatal(err)
	}
	fingerprint("", id)
	const text = "0123456789abcdef0123456789abcdef"
	if err := os.WriteFile(id, []byte(text+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	machine, installed := fingerprint("", id), fingerprint("I-1", "installation id")
	if machine != fingerprint("", id) || installed != fingerprint("I-1", "installation id") {
		t.Error("it does not stay the same")
	}
	if machine == installed || installed == fingerprint("I-2", "installation id") || machine == fingerprint(text, "installation id") {
		t.Error("two are the same")
	}
	// In a container, the id may be one that all containers of an image share.
	if err := os.WriteFile(marker, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	fingerprint("", "")
	if fingerprint("I-1", "installation id") != installed {
		t.Error("the installation has moved into a container, and is another now")
	}
	if err := os.Remove(marker); err != nil {
		t.Fatal(err)
	}
	for _, variable := range entitle.ContainerVariables {
		t.Setenv(variable, "x")
		fingerprint("", "")
		t.Setenv(variable, "")
	}
	fingerprint("", id)
}
