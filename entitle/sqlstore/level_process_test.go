//go:build unix

package sqlstore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/internal/testenv"
)

// lapse is the least that a guard takes.
const lapse = 2 * time.Second

// lapse is short where it is waited for, and elsewhere so long that a busy machine does not
// reach it.
func (p *product) lapse() time.Duration {
	if p.Uses == 0 {
		return lapse
	}
	return time.Hour
}

func (p *product) levels() []string {
	if p.Levels {
		return []string{"requests"}
	}
	return nil
}

// takeAndGive takes and gives back, or leases and releases. It prints when it was sure to
// have how many.
func (p *product) takeAndGive(ctx context.Context, guard *entitle.Guard) error {
	var group sync.WaitGroup
	var mu sync.Mutex
	var failed error
	out := bufio.NewWriter(os.Stdout)
	for i := range p.Workers {
		group.Go(func() {
			for range p.Uses {
				line, err := takeOnce(ctx, guard, i%2 == 0)
				mu.Lock()
				failed = errors.Join(failed, err)
				out.WriteString(line)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return errors.Join(failed, out.Flush())
}

func takeOnce(ctx context.Context, guard *entitle.Guard, isLease bool) (line string, err error) {
	n := 1 + rand.Int64N(3)
	give := func() error { return guard.Give(ctx, "requests", n) }
	if isLease {
		n = 1
		lease, leaseErr := guard.Lease(ctx, "requests")
		if err = leaseErr; err == nil {
			give = func() error { return lease.Release(ctx) }
		}
	} else {
		err = guard.Take(ctx, "requests", n)
	}
	if errors.As(err, new(*entitle.LimitError)) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	from := time.Now()
	time.Sleep(rand.N(3 * time.Millisecond))
	line = fmt.Sprintln(from.UnixNano(), time.Now().UnixNano(), n)
	return line, give()
}

// leaseForEver takes three leases, says so, and waits to be killed.
func (p *product) leaseForEver(ctx context.Context, guard *entitle.Guard) error {
	for range 3 {
		if _, err := guard.Lease(ctx, "requests"); err != nil {
			return err
		}
	}
	fmt.Println("leased")
	time.Sleep(time.Hour)
	return nil
}

// Whatever several processes take, give back and lease at the same time, they never have
// more together than the licence allows, and nothing is left of it. What a killed process
// has leased is free after the lapse.
func TestLevelProcesses(t *testing.T) {
	onEach(t, func(t *testing.T, store string) {
		const bound = 5 // 5, and its 10 % rounded down
		processes := 3
		if strings.HasPrefix(store, "sqlite:") {
			processes = 2
		}
		p := product{Store: store, Limit: bound, Workers: 4, Uses: testenv.Rounds(25, 100), Levels: true}
		var held []change
		for _, text := range p.runTogether(t, processes) {
			held = append(held, changes(t, text)...)
		}
		if most := mostOf(held); most > bound || most < 2 || len(held) < 20 {
			t.Errorf("in %d changes, at most %d of %d were in use at once", len(held), most, bound)
		}
		killLeased(t, p)
	})
}

// killLeased kills a process with three leases.
func killLeased(t *testing.T, p product) {
	_, usage := openStore(t, p.Store)
	left := func() int64 {
		levels, err := usage.Levels(t.Context(), installation)
		if err != nil {
			t.Fatal(err)
		}
		return levels["requests"]
	}
	if n := left(); n != 0 {
		t.Errorf("%d are left of what was given back", n)
	}
	p.Uses = 0
	c, out := p.start(t)
	waitForOutput(t, out)
	guard := openGuard(t, p.Limit, &entitle.Options{Store: usage, Levels: p.levels(), Lapse: lapse, StoreTimeout: time.Minute})
	c.Process.Kill()
	c.Wait()
	killed := time.Now()
	testenv.WaitUntil(t, "the leases lapse", func() bool { return guard.Take(t.Context(), "requests", 5) == nil })
	t.Logf("free %v after the process was killed, with a lapse of %v", time.Since(killed).Round(10*time.Millisecond), lapse)
}

// change is of how many are in use.
type change struct{ at, by int64 }

func changes(t *testing.T, text string) (all []change) {
	t.Helper()
	for line := range strings.Lines(text) {
		var from, to, n int64
		if _, err := fmt.Sscan(line, &from, &to, &n); err != nil {
			t.Fatal(err)
		}
		all = append(all, change{from, n}, change{to, -n})
	}
	return all
}

// mostOf returns how many were in use at once at most.
func mostOf(all []change) (most int64) {
	slices.SortFunc(all, func(a, b change) int { return int(a.at - b.at) })
	var now int64
	for _, c := range all {
		now += c.by
		most = max(most, now)
	}
	return most
}
