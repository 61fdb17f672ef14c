package entitle_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/entitle"
)

// warned returns what was warned of, in words.
func (e *events) warned() (words []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, event := range e.all {
		var near *entitle.NearError
		var end *entitle.EndError
		switch {
		case errors.As(event.Err, &near):
			words = append(words, fmt.Sprintf("%s %d%%", near.Name, near.Percent))
		case errors.As(event.Err, &end):
			words = append(words, fmt.Sprintf("%s %v", end.What, end.Before))
		}
	}
	e.all = nil
	return words
}

// Each step to the end of something is warned of once, and again when it begins anew.
func TestWarnings(t *testing.T) {
	dir := t.TempDir()
	licence, revoked := filepath.Join(dir, "licence.json"), filepath.Join(dir, "revoked.json")
	put(t, licence, signed(t, plan()))
	put(t, revoked, listFor(t, "2026-11-20", "2026-12-20", 1, "A-2"))
	c, heard := bothAt("2026-11-21"), &events{warnings: true}
	g := open(t, entitle.File(licence), c.options(entitle.Options{Notify: heard.notify, Revocations: entitle.File(revoked), MaxClockLead: 100 * day}))
	expect := func(want ...string) {
		t.Helper()
		g.Tick(t.Context())
		g.Tick(t.Context())
		if diff := cmp.Diff(want, heard.warned()); diff != "" {
			t.Errorf("on %v: %s", c.now(), diff)
		}
	}
	use := func(n int64) {
		t.Helper()
		if err := g.Use(t.Context(), "requests", n); err != nil {
			t.Fatal(err)
		}
	}
	to := func(day string) {
		at := instant(day)
		c.run(at.Sub(c.now()), at.Sub(c.now()))
	}
	expect()
	use(791)
	expect()
	use(1)
	expect("requests 80%")
	use(198)
	expect("requests 100%")
	to("2026-12-02") // another month, and less than 30 days
	use(1)
	expect("the licence 720h0m0s")
	use(800)
	expect("requests 80%")
	to("2026-12-14")
	expect("the revocation list 168h0m0s") // 30 days are more than half of its time
	put(t, revoked, listFor(t, "2026-12-14", "2027-02-20", 2, "A-2"))
	to("2026-12-26")
	expect("the licence 168h0m0s")
	to("2026-12-31T12:00:00Z")
	expect("the licence 24h0m0s")
	to("2027-01-02")
	expect() // of its ten days of grace, 7 are more than half
	to("2027-01-10T01:00:00Z")
	expect("the grace of the licence 24h0m0s")
	put(t, licence, signed(t, plan().with("created", "2026-12-01T00:00:00.000Z").with("expiry", "2027-02-20T00:00:00.000Z")))
	expect()
	to("2027-01-22")
	expect("the licence 720h0m0s", "the revocation list 720h0m0s")
	if due := g.Status().ListDue; !due.Equal(instant("2027-02-20")) {
		t.Errorf("the list is due at %v", due)
	}
}

// The steps can be set, and left out.
func TestWarningsAreOptions(t *testing.T) {
	for _, test := range []struct {
		at     []int64
		before []time.Duration
		want   []string
	}{
		{[]int64{}, []time.Duration{}, nil},
		{[]int64{50}, []time.Duration{60 * day}, []string{"requests 50%", "the licence 1440h0m0s"}},
		{nil, []time.Duration{10 * day}, []string{"requests 80%"}},
	} {
		heard := &events{warnings: true}
		g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Clock: at("2026-11-21").now, Notify: heard.notify, WarnAt: test.at, WarnBefore: test.before})
		if err := g.Use(t.Context(), "requests", 900); err != nil {
			t.Fatal(err)
		}
		g.Tick(t.Context())
		if diff := cmp.Diff(test.want, heard.warned()); diff != "" {
			t.Errorf("%+v: %s", test, diff)
		}
	}
}
