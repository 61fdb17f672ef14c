//go:build unix

package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
)

// heard are the errors of one kind of events.
type heard struct {
	kind entitle.EventKind
	mu   sync.Mutex
	errs []error
}

func (h *heard) notify(e entitle.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e.Kind == h.kind {
		h.errs = append(h.errs, e.Err)
	}
}

func (h *heard) take() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	err := errors.Join(h.errs...)
	h.errs = nil
	return err
}

func newState(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "product.state")
	if err := state.Create(file, verify.Memory{}); err != nil {
		t.Fatal(err)
	}
	return file
}

// lockStore locks a store as another program does, until unlock is called.
func lockStore(t *testing.T, name string) (unlock func()) {
	t.Helper()
	db, _ := openStore(t, name)
	var tx *sql.Tx
	testenv.WaitUntil(t, "the store is locked", func() bool {
		var err error
		if tx, err = db.BeginTx(context.Background(), nil); err != nil {
			return false
		}
		if strings.HasPrefix(name, "sqlite:") {
			return true // every transaction begins as a writer
		}
		_, err = tx.Exec(`LOCK TABLE entitle_installations IN ACCESS EXCLUSIVE MODE`)
		return err == nil
	})
	return func() {
		if err := errors.Join(tx.Rollback(), db.Close()); err != nil {
			t.Error(err)
		}
	}
}

// sumOf returns how many uses are remembered as unwritten.
func sumOf(t *testing.T, file string) (sum int64) {
	t.Helper()
	m, err := state.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, mark := range m.Unwritten {
		sum += mark.Count
	}
	return sum
}

// Somebody locks the store, uses the licence in batches until it refuses, kills the product,
// and does it again. What is given back is at most a tenth of what remained, once in the
// month: the next start says how much it was, and later products write at once what would
// exceed it.
func TestLockAndKill(t *testing.T) {
	onEach(t, func(t *testing.T, store string) {
		t.Parallel()
		const limit, bound = 10000, 11000
		file, base := newState(t), noonOn(10)
		p := product{Store: store, Limit: limit, Batch: true, Pause: time.Millisecond, State: file, Base: base}
		var given, most int64
		for round := range 3 {
			before := counted(t, store)
			c, out := p.start(t)
			waitForOutput(t, out)
			unlock := lockStore(t, store)
			written := counted(t, store) - before
			if round == 0 {
				most = (bound - written) / 10
			}
			testenv.WaitUntil(t, "the product is refused, and its unwritten uses are remembered", func() bool {
				allowed := int64(len(out.String()))
				time.Sleep(700 * time.Millisecond)
				return int64(len(out.String())) == allowed && sumOf(t, file) >= given+allowed-written
			})
			c.Process.Kill()
			c.Wait()
			unlock()
			waitForServer(t, store)
			given += max(0, int64(len(out.String()))-written) // one may be counted that was under way
			if got := counted(t, store) - before; got != written {
				t.Errorf("round %d: the locked store had %d uses, and has %d", round, written, got)
			}
			if given != most {
				t.Errorf("round %d: %d are given back, of %d", round, given, most)
			}
			h := &heard{kind: entitle.UsageUnwritten}
			db, usage := openStore(t, store)
			guard := openGuard(t, limit, &entitle.Options{
				Store: usage, Remember: remember(file), Notify: h.notify, Clock: func() time.Time { return time.Now().Add(base) },
			})
			var unwritten *entitle.UnwrittenError
			// Each round, one use may have failed although it was counted in memory.
			if err := h.take(); !errors.As(err, &unwritten) || unwritten.N < given || unwritten.N > given+int64(round) {
				t.Errorf("round %d: %d are given back, and the next start says: %v", round, given, err)
			}
			if err := errors.Join(guard.Close(), db.Close()); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("%d of %d are given back, and %d are counted", given, most, counted(t, store))
	})
}
