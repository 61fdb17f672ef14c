//go:build unix

package sqlstore_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/internal/testenv"
)

// machine is one with an installation id that another has, too.
type machine struct {
	*entitle.Guard
	restored *heard
	stop     func()
}

// startMachine starts a product that has taken its seat. Its licence is good for one machine
// and 110 uses.
func startMachine(t *testing.T, host, store, stateFile string) *machine {
	t.Helper()
	base := noonOn(10)
	db, usage := openStore(t, store)
	m := &machine{restored: &heard{kind: entitle.UsageRestored}}
	opts := &entitle.Options{Store: usage, Host: host, Notify: m.restored.notify, Clock: func() time.Time { return time.Now().Add(base) }}
	if stateFile != "" {
		opts.Remember = remember(stateFile)
	}
	data, err := license(100, time.Now().Add(base))
	if err != nil {
		t.Fatal(err)
	}
	if m.Guard, err = entitle.Open(t.Context(), entitle.Text(data), trusted, opts); err != nil {
		t.Fatal(err)
	}
	m.stop = func() {
		if err := errors.Join(m.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	}
	if err := m.bind(t, "installation 1"); err != nil {
		t.Fatalf("on %s: %v", host, err)
	}
	return m
}

func (m *machine) bind(t *testing.T, installationID string) error {
	t.Helper()
	id, err := entitle.Fingerprint(installationID)
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Bind(t.Context(), id.Fingerprint)
	return err
}

// useAll uses what is left, one at a time.
func (m *machine) useAll(t *testing.T) (n int64) {
	t.Helper()
	for ; n < 1000; n++ {
		err := m.Use(t.Context(), "requests", 1)
		if errors.As(err, new(*entitle.LimitError)) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func (m *machine) use(t *testing.T, n int64) {
	t.Helper()
	if err := m.Use(t.Context(), "requests", n); err != nil {
		t.Fatal(err)
	}
}

// Two clones of a machine on one store have one seat, which nobody notices, and one count,
// which stops them together. A machine with an id of its own gets no seat.
func TestClonesOfOneStore(t *testing.T) {
	onEach(t, func(t *testing.T, store string) {
		a, b := startMachine(t, "a", store, ""), startMachine(t, "b", store, "")
		defer a.stop()
		defer b.stop()
		a.use(t, 50)
		b.use(t, 50)
		if n := a.useAll(t) + b.useAll(t); n != 10 {
			t.Errorf("beside 100, %d uses of 110 were allowed", n)
		}
		if err := b.bind(t, "installation 2"); !errors.As(err, new(*entitle.MachinesError)) {
			t.Errorf("a second machine: %v", err)
		}
	})
}

// Two clones with a copy of the store each count for themselves, and neither is noticed.
func TestClonesOfTwoStores(t *testing.T) {
	file := filepath.Join(t.TempDir(), "usage.db")
	a := startMachine(t, "a", "sqlite:"+file, "")
	a.use(t, 50)
	a.stop()
	clone := copyFiles(t, file)
	for host, file := range map[string]string{"a": file, "b": clone} {
		m := startMachine(t, host, "sqlite:"+file, "")
		if n, err := m.useAll(t), m.restored.take(); n != 60 || err != nil {
			t.Errorf("on %s, after 50 uses, %d were allowed, and it noticed %v", host, n, err)
		}
		m.stop()
	}
}

// A clone with a copy of the state file and a new store begins with the count of the state
// file, which is an event, and then counts for itself. Clones with a store each and one state
// file have the higher count from their next start on.
func TestClonesOfAStateFile(t *testing.T) {
	folder, stateFile := t.TempDir(), newState(t)
	stores := []string{"sqlite:" + filepath.Join(folder, "a.db"), "sqlite:" + filepath.Join(folder, "b.db")}
	a := startMachine(t, "a", stores[0], stateFile)
	a.use(t, 50)
	a.stop()
	b := startMachine(t, "b", stores[1], copyFiles(t, stateFile))
	var lost *entitle.UsageLostError
	if err := b.restored.take(); !errors.As(err, &lost) || lost.Found != 0 || lost.Known != 50 {
		t.Errorf("with a new store: %v", err)
	}
	if n := b.useAll(t); n != 60 {
		t.Errorf("with the state file of 50 uses, %d were allowed", n)
	}
	b.stop()
	b = startMachine(t, "b", stores[1], stateFile) // that of a
	if err := b.restored.take(); err != nil {
		t.Errorf("with a higher count of its own: %v", err)
	}
	b.stop()
	a = startMachine(t, "a", stores[0], stateFile)
	if err := a.restored.take(); !errors.As(err, &lost) || lost.Found != 50 || lost.Known != 110 {
		t.Errorf("with the state file of both: %v", err)
	}
	if n := a.useAll(t); n != 0 {
		t.Errorf("with the state file of 110 uses, %d were allowed", n)
	}
	a.stop()
}

// copyFiles copies a file, and those of a database next to it, into another folder.
func copyFiles(t *testing.T, file string) string {
	t.Helper()
	folder := t.TempDir()
	all, err := filepath.Glob(file + "*")
	if err != nil || len(all) == 0 {
		t.Fatalf("%s: %v", file, err)
	}
	for _, name := range all {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		testenv.WriteFile(t, filepath.Join(folder, filepath.Base(name)), data)
	}
	return filepath.Join(folder, filepath.Base(file))
}
