//go:build unix

package sqlstore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/entitle/sqlstore"
	"github.com/licseal/licseal/internal/sqldb/postgres"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/leak"
	"github.com/licseal/licseal/internal/testenv/pgtest"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
)

// Tests run products: this test binary, told by a variable to be one.
const beProduct = "LICSEAL_TEST_BE_PRODUCT"

func TestMain(m *testing.M) {
	if text := os.Getenv(beProduct); text != "" {
		if err := runProduct(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(leak.Checked(m).Run())
}

// product is a process that uses a licence.
type product struct {
	Store   string // as licseald takes it
	Limit   int64
	Batch   bool
	Workers int
	Uses    int           // of each worker, 1 to 3 at a time; 0: one at a time, until it is killed
	Pause   time.Duration // after each use, if it is to be killed
	Base    time.Duration // from the clock of the machine to that of the test
	Ahead   time.Duration // by how much the product's clock is ahead of that of the test
	Levels  bool          // "requests" is a level: take and give back, and lease
	State   string        // its state file, if it has one
}

// noonOn returns how far noon of a day of this month is from now; 0 is the last day of the
// month before.
func noonOn(day int) time.Duration {
	now := time.Now().UTC()
	return time.Date(now.Year(), now.Month(), day, 12, 0, 0, 0, time.UTC).Sub(now)
}

// runProduct runs a product. One that is to be killed writes a byte for each use
// that is allowed; another prints how many were, at its end.
func runProduct(text string) error {
	var p product
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	ctx := context.Background()
	guard, err := p.open(ctx)
	if err != nil {
		return err
	}
	switch {
	case p.Levels && p.Uses == 0:
		return p.leaseForEver(ctx, guard)
	case p.Levels:
		return errors.Join(p.takeAndGive(ctx, guard), guard.Close())
	case p.Uses == 0:
		return p.useForEver(ctx, guard)
	}
	var group sync.WaitGroup
	allowed := make([]int64, p.Workers)
	for i := range p.Workers {
		group.Go(func() { allowed[i] = p.use(ctx, guard) })
	}
	group.Wait()
	if err := guard.Close(); err != nil {
		return err
	}
	var sum int64
	for _, n := range allowed {
		sum += n
	}
	_, err = fmt.Println(sum)
	return err
}

func (p *product) open(ctx context.Context) (*entitle.Guard, error) {
	db, err := openDB(ctx, p.Store)
	if err != nil {
		return nil, err
	}
	store, err := sqlstore.New(ctx, db)
	if err != nil {
		return nil, err
	}
	opts := &entitle.Options{
		Store: store, Batch: p.Batch, Clock: func() time.Time { return time.Now().Add(p.Base + p.Ahead) },
		MaxClockLead: 48 * time.Hour, Levels: p.levels(), Lapse: p.lapse(), StoreTimeout: time.Minute,
	}
	if p.State != "" {
		opts.StoreTimeout, opts.Remember = 200*time.Millisecond, remember(p.State)
	}
	data, err := license(p.Limit, time.Now().Add(p.Base))
	if err != nil {
		return nil, err
	}
	return entitle.Open(ctx, entitle.Text(data), trusted, opts)
}

// remember is Options.Remember of a product with a state file.
func remember(file string) func(func(*verify.Memory) error) (*verify.Memory, error) {
	return func(change func(*verify.Memory) error) (*verify.Memory, error) { return state.Update(file, change) }
}

func (p *product) use(ctx context.Context, guard *entitle.Guard) (allowed int64) {
	for range p.Uses {
		n := 1 + rand.Int64N(3)
		err := guard.Use(ctx, "requests", n)
		var limit *entitle.LimitError
		switch {
		case err == nil:
			allowed += n
		case !errors.As(err, &limit):
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	return allowed
}

func (p *product) useForEver(ctx context.Context, guard *entitle.Guard) error {
	for {
		err := guard.Use(ctx, "requests", 1)
		if p.State != "" && errors.As(err, new(*entitle.StoreError)) {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if err != nil {
			return err
		}
		if _, err := os.Stdout.Write([]byte{'.'}); err != nil {
			return err
		}
		time.Sleep(p.Pause)
	}
}

// start starts the product. Its output is complete once it has been waited for.
func (p product) start(t *testing.T) (*exec.Cmd, *output) {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	out := new(output)
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), beProduct+"="+string(text))
	c.Stdout, c.Stderr = out, os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill() })
	return c, out
}

// runTogether runs so many of the product at the same time, and returns what each has
// written.
func (p product) runTogether(t *testing.T, processes int) (texts []string) {
	t.Helper()
	var commands []*exec.Cmd
	var outputs []*output
	for range processes {
		c, out := p.start(t)
		commands, outputs = append(commands, c), append(outputs, out)
	}
	for i, c := range commands {
		if err := c.Wait(); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, outputs[i].String())
	}
	return texts
}

// kill kills the product, and returns how many uses it was allowed.
func kill(t *testing.T, store string, c *exec.Cmd, out *output) (allowed int64) {
	t.Helper()
	c.Process.Kill()
	c.Wait()
	waitForServer(t, store)
	return int64(len(out.String()))
}

// output is what a product wrote, and how much of it there was when.
type output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	marks []mark
}

type mark struct {
	at time.Time
	n  int
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(b)
	o.marks = append(o.marks, mark{time.Now(), o.text.Len()})
	return len(b), nil
}

// before returns how much was written before an instant.
func (o *output) before(t time.Time) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, m := range o.marks {
		if m.at.Before(t) {
			n = m.n
		}
	}
	return n
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func openDB(ctx context.Context, store string) (*sqlstore.DB, error) {
	if file, ok := strings.CutPrefix(store, "sqlite:"); ok {
		return sqlite.Open(ctx, file)
	}
	return postgres.Open(ctx, store)
}

// openStore opens a store until the end of the test, or until the database is closed.
func openStore(t *testing.T, name string) (*sqlstore.DB, *sqlstore.Store) {
	t.Helper()
	db, err := openDB(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	store, err := sqlstore.New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return db, store
}

// openGuard opens a guard over a licence that is good now, until the end of the test.
func openGuard(t *testing.T, limit int64, opts *entitle.Options) *entitle.Guard {
	t.Helper()
	data, err := license(limit, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	guard, err := entitle.Open(t.Context(), entitle.Text(data), trusted, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { guard.Close() })
	return guard
}

// counted returns what the store has, of all months: one may end while a test runs.
func counted(t *testing.T, name string) (sum int64) {
	t.Helper()
	db, store := openStore(t, name)
	defer db.Close()
	usage, err := store.Usage(t.Context(), installation)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range usage {
		sum += u.Count
	}
	return sum
}

// onEach runs a test on a new SQLite file and on a new PostgreSQL database.
func onEach(t *testing.T, test func(t *testing.T, store string)) {
	t.Run("SQLite", func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "usage.db")) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, pgtest.Database(t)) })
}

// waitForServer waits until PostgreSQL has nothing left to do for clients that are
// gone: it may commit what a killed one sent last after that one has ended.
func waitForServer(t *testing.T, store string) {
	t.Helper()
	if strings.HasPrefix(store, "sqlite:") {
		return
	}
	db, _ := openStore(t, store)
	defer db.Close()
	testenv.WaitUntil(t, "no client that was killed is connected", func() bool {
		var others int
		err := db.QueryRow(`SELECT COUNT(*) FROM pg_stat_activity
			WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`).Scan(&others)
		if err != nil {
			t.Fatal(err)
		}
		return others == 0
	})
}

func waitForOutput(t *testing.T, out *output) {
	t.Helper()
	testenv.WaitUntil(t, "the product uses the licence", func() bool { return len(out.String()) > 0 })
}

// reached returns when so much was written.
func (o *output) reached(n int) time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range o.marks {
		if m.n >= n {
			return m.at
		}
	}
	return o.marks[len(o.marks)-1].at
}
