package entitle_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/entitle"
)

// An advisory guard allows what it would refuse, counts it, and says so: once for each
// reason, in the status, and by the count.
func TestAdvisory(t *testing.T) {
	for _, batch := range []bool{false, true} {
		c, heard, store := at("2026-11-21"), new(events), &locked{Store: entitle.NewMemory()}
		g := open(t, entitle.Text(signed(t, plan().limit("requests", 10).with("max_machines", 0))), &entitle.Options{
			Clock: c.now, Store: store, Batch: batch, Advisory: true, Notify: heard.notify, Levels: []string{"hosts"}, MaxClockLead: 100 * day,
		})
		expect := func(what string, ok bool, used int64, kinds ...entitle.EventKind) {
			t.Helper()
			if limit := g.Limits()[0]; !ok || limit.Used != used {
				t.Errorf("batch %v, %s: allowed %v, %+v", batch, what, ok, limit)
			}
			if diff := cmp.Diff(kinds, heard.take()); diff != "" {
				t.Errorf("batch %v, %s: %s", batch, what, diff)
			}
		}
		use := func(name string, n int64) bool { return g.Use(t.Context(), name, n) == nil }
		expect("within the limit", use("requests", 11), 11)
		expect("past the limit", use("requests", 2), 13, entitle.WouldRefuse)
		expect("past the limit again", use("requests", 1), 14)
		expect("once", g.UseOnce(t.Context(), "k", "requests", 1) == nil, 15)
		expect("not included", use("none", 1) && g.Allows("none"), 15, entitle.WouldRefuse)
		expect("a limit of nothing", g.Allows("nothing"), 15, entitle.WouldRefuse)
		_, err := g.Bind(t.Context(), "m1")
		expect("no seat", err == nil && g.Allows("reports"), 15, entitle.WouldRefuse, entitle.WouldRefuse)
		failed, works := []entitle.EventKind{entitle.WouldRefuse}, []entitle.EventKind(nil)
		if !batch { // in which each use is written
			failed, works = []entitle.EventKind{entitle.StoreFailed, entitle.WouldRefuse}, []entitle.EventKind{entitle.StoreWorks}
		}
		store.isLocked.Store(true)
		expect("the store is locked", use("requests", 1), 16, failed...)
		store.isLocked.Store(false)
		g.Tick(t.Context())
		expect("the store works", true, 16, works...)
		if usage, err := store.Usage(t.Context(), installation); err != nil || usage[0].Count != 16 {
			t.Errorf("batch %v: the store has %v: %v", batch, usage, err)
		}
		// Mistakes stay errors.
		if g.Use(t.Context(), "hosts", 1) == nil || g.Take(t.Context(), "none", 0) == nil {
			t.Error("a mistake is allowed")
		}
		c.set("2027-02-01")
		g.Tick(t.Context())
		heard.take()
		expect("expired", use("requests", 3) && g.Allows("reports"), 3, entitle.WouldRefuse, entitle.WouldRefuse)
		status := g.Status()
		text, err := json.Marshal(status)
		if err != nil || !status.Advisory || status.Advised < 9 || !strings.Contains(string(text), `"advisory":true,"advised":`) {
			t.Errorf("%s, %v", text, err)
		}
		g.Close()
		if err := g.Use(t.Context(), "requests", 1); !errors.Is(err, entitle.ErrClosed) || g.Allows("reports") {
			t.Errorf("closed: %v", err)
		}
	}
}

// Levels go above their limit, and leases are given out.
func TestAdvisoryLevels(t *testing.T) {
	g := open(t, levels(t), &entitle.Options{Clock: at("2026-11-21").now, Advisory: true, Levels: []string{"requests"}})
	if err := errors.Join(g.Take(t.Context(), "requests", 20), g.Set(t.Context(), "requests", 30), g.Give(t.Context(), "requests", 1)); err != nil {
		t.Error(err)
	}
	if limit, _ := g.Limit("requests"); limit.Used != 29 || limit.Remaining != 0 || !limit.Reached {
		t.Errorf("%+v", limit)
	}
	if _, err := g.Lease(t.Context(), "requests"); err != nil {
		t.Error(err)
	}
	if status := g.Status(); status.Advised != 3 {
		t.Errorf("%d were advised", status.Advised)
	}
}
