package entitle_test

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/verify"
)

// Every instant around the dates, with each kind of entitlement.
func TestStates(t *testing.T) {
	tests := []struct {
		at   string
		want entitle.State
	}{
		{"2025-12-31T23:59:59.999999999Z", entitle.NotYetValid},
		{"2026-01-01T00:00:00Z", entitle.Active},
		{"2026-01-01T01:00:00+01:00", entitle.Active},
		{"2026-12-31T23:59:59.999999999Z", entitle.Active},
		{"2027-01-01T00:00:00Z", entitle.Grace},
		{"2027-01-10T23:59:59.999999999Z", entitle.Grace},
		{"2027-01-11T00:00:00Z", entitle.Expired},
		{"2262-01-01T00:00:00Z", entitle.Expired},
	}
	for _, batch := range []bool{false, true} {
		for _, test := range tests {
			t.Run(fmt.Sprintf("%s %v", test.at, batch), func(t *testing.T) {
				g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Clock: at(test.at).now, Batch: batch})
				if got := g.Status().State; got != test.want {
					t.Fatalf("the state is %q, not %q", got, test.want)
				}
				good := test.want == entitle.Active || test.want == entitle.Grace
				for name, included := range map[string]bool{
					"requests": true, "hosts": true, "reports": true, "logs": true, "nothing": false, "Requests": false, "": false,
				} {
					allowed := good && included
					if got := g.Allows(name); got != allowed {
						t.Errorf("Allows(%q) = %v", name, got)
					}
					if err := g.Use(t.Context(), name, 1); (err == nil) != allowed {
						t.Errorf("Use(%q): %v", name, err)
					} else if state := (*entitle.InactiveError)(nil); !good && (!errors.As(err, &state) || state.State != test.want) {
						t.Errorf("Use(%q): %v, %q is expected", name, err, test.want)
					}
					if got := g.Remaining(name); (got > 0) != allowed {
						t.Errorf("Remaining(%q) = %d", name, got)
					}
				}
			})
		}
	}
}

// A limit, with its tolerance, below, at and above: how much may be used, and
// how much must be used before it counts as reached.
func TestLimits(t *testing.T) {
	tests := []struct {
		max, percent int64
		bound        int64 // the last count that is allowed
	}{
		{900, 10, 990},
		{900, 0, 900},
		{900, 100, 1800},
		{1, 0, 1},
		{1, 99, 1},
		{1, 100, 2},
		{3, 33, 3},
		{3, 34, 4},
		{9, 10, 9},
		{10, 10, 11},
		{0, 10, 0},
		{0, 1000000, 0},
	}
	for _, test := range tests {
		for _, batch := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d %d%% %v", test.max, test.percent, batch), func(t *testing.T) {
				source := entitle.Text(signed(t, plan().limit("requests", test.max).with("delay_max_uses_perc", test.percent)))
				g := open(t, source, &entitle.Options{Clock: at("2026-11-21").now, Batch: batch})
				if got := g.Remaining("requests"); got != test.bound {
					t.Errorf("Remaining = %d, not %d", got, test.bound)
				}
				if err := g.Use(t.Context(), "requests", test.bound+1); !isLimit(err) {
					t.Errorf("one more than there is: %v", err)
				}
				if limit := g.Limits()[0]; limit.Reached != (test.bound == 0) {
					t.Errorf("at the beginning: %+v", limit)
				}
				if test.bound > 0 {
					if err := g.Use(t.Context(), "requests", test.bound); err != nil {
						t.Errorf("all there is: %v", err)
					}
				}
				if limit := g.Limits()[0]; !limit.Reached || limit.Used != test.bound || limit.Remaining != 0 {
					t.Errorf("at the limit: %+v", limit)
				}
				err := g.Use(t.Context(), "requests", 1)
				want := &entitle.LimitError{Name: "requests", Limit: test.bound, Used: test.bound, N: 1, Reset: instant("2026-12-01")}
				var got *entitle.LimitError
				if !errors.As(err, &got) {
					t.Fatalf("past the limit: %v", err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
				// What has happened already is counted all the same.
				if err := g.Record(t.Context(), "requests", 1); err != nil {
					t.Error(err)
				}
				if limit := g.Limits()[0]; !limit.Reached || limit.Used != test.bound+1 || limit.Remaining != 0 {
					t.Errorf("past the limit: %+v", limit)
				}
			})
		}
	}
}

func isLimit(err error) bool {
	var limit *entitle.LimitError
	return errors.As(err, &limit)
}

func TestToleranceIsExact(t *testing.T) {
	const most = entitle.MaxCount
	tests := []struct{ max, percent, want int64 }{
		{900, 10, 990},
		{most, 0, most},
		{most - 1, 0, most - 1},
		{most, 1000000, most},            // no overflow
		{100, 15, 115},                   // 114 in doubles
		{most / 2, 50, 6755399441055742}, // …742.5, rounded down
		{most / 2, 1, 4548635623644199},  // …199.95
		{most / 2, 10, 4953959590107544}, // …544.5
	}
	for _, test := range tests {
		if got := entitle.WithTolerance(test.max, test.percent); got != test.want {
			t.Errorf("%d and %d%%: %d, not %d", test.max, test.percent, got, test.want)
		}
	}
}

func TestUseRefusesNonsense(t *testing.T) {
	g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Clock: at("2026-11-21").now})
	for _, n := range []int64{0, -1, -1 << 63, entitle.MaxCount + 1, 1<<63 - 1} {
		if err := g.Use(t.Context(), "requests", n); err == nil {
			t.Errorf("%d uses were counted", n)
		}
	}
	if used := g.Limits()[0].Used; used != 0 {
		t.Errorf("%d are used", used)
	}
}

func TestLimitsInOrder(t *testing.T) {
	g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Clock: at("2026-11-21").now})
	for _, name := range []string{"requests", "hosts", "reports"} {
		if err := g.Use(t.Context(), name, 5); err != nil {
			t.Error(err)
		}
	}
	want := []entitle.Limit{
		{Name: "requests", Label: "Requests", Counted: true, Bounded: true, Max: 900, Used: 5, Remaining: 985},
		{Name: "hosts", Label: "Hosts", Counted: true, Used: 5, Remaining: entitle.Unlimited},
		{Name: "reports", Label: "Reports", Remaining: entitle.Unlimited},
		{Name: "logs", Label: "Logs", Remaining: entitle.Unlimited},
		{Name: "nothing", Label: "Nothing", Counted: true, Bounded: true, Reached: true},
	}
	if diff := cmp.Diff(want, g.Limits()); diff != "" {
		t.Error(diff)
	}
}

// A licence that expires while the process runs stops allowing at that instant.
func TestExpiresWhileRunning(t *testing.T) {
	c, heard := at("2027-01-10T23:59:59.999999999Z"), new(events)
	g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Clock: c.now, Notify: heard.notify})
	if !g.Allows("reports") {
		t.Error("it is in grace")
	}
	c.set("2027-01-11")
	if g.Allows("reports") || g.Use(t.Context(), "requests", 1) == nil || g.Remaining("hosts") != 0 {
		t.Error("it has expired")
	}
	g.Tick(t.Context())
	if diff := cmp.Diff([]entitle.EventKind{entitle.StateChanged}, heard.take()); diff != "" {
		t.Error(diff)
	}
	// A clock set back makes it good no more.
	c.set("2026-06-01")
	if status := g.Status(); g.Allows("reports") || status.State != entitle.Expired || status.ClockBehind != 224*24*time.Hour {
		t.Errorf("the clock was set back: %q, %v behind", status.State, status.ClockBehind)
	}
	g.Tick(t.Context())
	g.Tick(t.Context())
	if diff := cmp.Diff([]entitle.EventKind{entitle.ClockBehind}, heard.take()); diff != "" {
		t.Error(diff)
	}
}

// Of what was refused nothing is allowed again, by however little the clock is set
// back.
func TestRefusedStaysRefused(t *testing.T) {
	const before, after = "2027-01-10T23:59:59.9999Z", "2027-01-11T00:00:00Z"
	for name, ask := range map[string]func(*entitle.Guard) bool{
		"Allows": func(g *entitle.Guard) bool { return g.Allows("reports") },
		"Use":    func(g *entitle.Guard) bool { return g.Use(t.Context(), "reports", 1) == nil },
	} {
		c := at(before)
		g, err := entitle.OpenStill(entitle.Text(signed(t, plan())), trusted, &entitle.Options{Clock: c.now})
		if err != nil {
			t.Fatal(err)
		}
		for i, step := range []string{before, after, before} {
			c.set(step)
			if ask(g) != (i == 0) {
				t.Errorf("%s, step %d: it is %v", name, i, i != 0)
			}
		}
	}
}

// What time it is, the store knows of an idle guard, and other guards from the store.
func TestClockOfOthers(t *testing.T) {
	store, ahead, c := entitle.NewMemory(), at("2026-11-21"), at("2026-11-21")
	source := entitle.Text(signed(t, plan()))
	a := open(t, source, &entitle.Options{Store: store, Clock: ahead.now})
	b := open(t, source, &entitle.Options{Store: store, Clock: c.now, Batch: true})
	ahead.set("2026-11-22")
	a.Tick(t.Context())
	totals, err := store.Totals(t.Context(), installation, month("2026-11"))
	if err != nil || !totals.Latest.Equal(instant("2026-11-22")) {
		t.Errorf("the store has %v: %v", totals.Latest, err)
	}
	b.Tick(t.Context())
	if status := b.Status(); !status.Time.Equal(instant("2026-11-22")) {
		t.Errorf("the other guard has %v", status.Time)
	}
}

// The clock that was seen outlives the process, and so does the month.
func TestClockSetBackBetweenRuns(t *testing.T) {
	source, store := entitle.Text(signed(t, plan())), entitle.NewMemory()
	c := at("2026-11-30T12:00:00Z")
	opts := &entitle.Options{Clock: c.now, Store: store}
	g := open(t, source, opts)
	if err := g.Use(t.Context(), "requests", 990); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	c.set("2026-10-15")
	g = open(t, source, opts)
	if err := g.Use(t.Context(), "requests", 1); !isLimit(err) {
		t.Errorf("an old month was opened again: %v", err)
	}
	if got := g.Status(); !got.Time.Equal(instant("2026-11-30T12:00:00Z")) || got.ClockBehind == 0 {
		t.Errorf("it is %v, %v behind", got.Time, got.ClockBehind)
	}
	g.Close()
	if err := store.SetClock(t.Context(), installation, instant("2026-10-15")); err != nil {
		t.Fatal(err)
	}
	g = open(t, source, opts)
	if err := g.Use(t.Context(), "requests", 1); err != nil {
		t.Errorf("the clock was forgotten, as when it was wrong: %v", err)
	}
	usage, err := store.Usage(t.Context(), installation)
	if err != nil {
		t.Fatal(err)
	}
	want := []entitle.Usage{{month("2026-10"), "requests", 1}, {month("2026-11"), "requests", 990}}
	if diff := cmp.Diff(want, usage); diff != "" {
		t.Error(diff)
	}
}

func month(text string) entitle.Month {
	m, err := entitle.ParseMonth(text)
	if err != nil {
		panic(err)
	}
	return m
}

// Each month has a count of its own, none is lost, and a new licence goes on
// with the same.
func TestMonths(t *testing.T) {
	for _, batch := range []bool{false, true} {
		t.Run(fmt.Sprint(batch), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "licence.json")
			put(t, path, signed(t, plan()))
			c, store := at("2026-11-30T23:59:59.999Z"), entitle.NewMemory()
			g := open(t, entitle.File(path), &entitle.Options{Clock: c.now, Store: store, Batch: batch})
			use := func(n int64) {
				t.Helper()
				if err := g.Use(t.Context(), "requests", n); err != nil {
					t.Error(err)
				}
			}
			use(990)
			c.set("2026-12-01")
			use(7)
			if got := g.Remaining("requests"); got != 983 {
				t.Errorf("in the new month, %d remain", got)
			}
			put(t, path, signed(t, plan().with("id", "A-2").limit("requests", 1000)))
			if err := g.Reload(t.Context()); err != nil {
				t.Error(err)
			}
			if got := g.Remaining("requests"); got != 1093 {
				t.Errorf("with the new licence, %d remain", got)
			}
			c.set("2027-01-05") // in grace
			if got := g.Remaining("requests"); got != 1100 {
				t.Errorf("in the new year, %d remain", got)
			}
			use(1)
			if err := g.Close(); err != nil {
				t.Error(err)
			}
			usage, err := store.Usage(t.Context(), installation)
			if err != nil {
				t.Fatal(err)
			}
			want := []entitle.Usage{
				{month("2026-11"), "requests", 990}, {month("2026-12"), "requests", 7}, {month("2027-01"), "requests", 1},
			}
			if diff := cmp.Diff(want, usage); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A bad new file never replaces a good licence, and never goes unmentioned.
func TestReload(t *testing.T) {
	path := filepath.Join(t.TempDir(), "licence.json")
	put(t, path, signed(t, plan()))
	c, heard := at("2026-11-21"), new(events)
	g := open(t, entitle.File(path), &entitle.Options{Clock: c.now, Notify: heard.notify})
	forged := forge(signed(t, plan().with("customer_name", "Other")))
	for name, data := range map[string][]byte{
		"empty":         nil,
		"half":          signed(t, plan())[:200],
		"forged":        forged,
		"expired":       signed(t, plan().with("expiry", "2026-02-01T00:00:00.000Z")),
		"not yet valid": signed(t, plan().with("created", "2026-12-24T00:00:00.000Z")),
		"unordered":     signed(t, plan().with("ordered_entitlements_keys", []string{"requests"})),
		"of another kind": signed(t, object{"customer": "x", "license_key": "K",
			"license_creation_date": "2026-01-01", "license_expiration_date": "2027-01-01"}),
		"no number": signed(t, plan().with("max_machines", "2")),
	} {
		put(t, path, data)
		g.Tick(t.Context())
		g.Tick(t.Context())
		if diff := cmp.Diff([]entitle.EventKind{entitle.LoadFailed}, heard.take()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		status := g.Status()
		if status.State != entitle.Active || !g.Allows("reports") || status.LoadErr == nil ||
			!strings.HasPrefix(status.LoadErr.Error(), path+": ") || g.Reload(t.Context()) == nil {
			t.Errorf("%s: %q, %v", name, status.State, status.LoadErr)
		}
	}
	put(t, path, signed(t, plan())) // as it was
	g.Tick(t.Context())
	if diff := cmp.Diff([]entitle.EventKind{entitle.LoadWorks}, heard.take()); diff != "" || g.Status().LoadErr != nil {
		t.Error(diff)
	}
	put(t, path, signed(t, plan().with("customer_name", "New")))
	g.Tick(t.Context())
	if diff := cmp.Diff([]entitle.EventKind{entitle.Loaded}, heard.take()); diff != "" {
		t.Error(diff)
	}
	if name, _ := g.Status().License.Payload.Text("/customer_name"); name != "New" || g.Status().LoadErr != nil {
		t.Errorf("the licence is %s's: %v", name, g.Status().LoadErr)
	}
	// One that is not yet valid comes into use when it is.
	put(t, path, signed(t, plan().with("customer_name", "Next").with("created", "2026-12-24T00:00:00.000Z")))
	g.Tick(t.Context())
	c.set("2026-12-24")
	g.Tick(t.Context())
	if name, _ := g.Status().License.Payload.Text("/customer_name"); name != "Next" {
		t.Errorf("the licence is %s's", name)
	}
}

// What is wrong is told once, and not each second for as long as it is.
func TestToldOnce(t *testing.T) {
	dir := t.TempDir()
	path, revoked := filepath.Join(dir, "licence.json"), filepath.Join(dir, "revoked.json")
	put(t, path, signed(t, plan()))
	put(t, revoked, list(t, 1, "A-2"))
	c, heard := at("2026-11-21"), new(events)
	g := open(t, entitle.File(path), &entitle.Options{Clock: c.now, Notify: heard.notify, Revocations: entitle.File(revoked), MaxClockLead: 30 * day})
	for _, step := range []struct{ day, expiry string }{
		{"2026-11-21", "2026-02-01"}, // the file is expired
		{"2026-11-22", "2026-03-01"}, // another one
		{"2026-12-20", "2026-03-01"}, // the list is stale
	} {
		put(t, path, signed(t, plan().with("expiry", step.expiry+"T00:00:00.000Z")))
		for second := range 5 {
			c.set(fmt.Sprintf("%sT12:00:%02dZ", step.day, second))
			g.Tick(t.Context())
		}
		if diff := cmp.Diff([]entitle.EventKind{entitle.LoadFailed}, heard.take()); diff != "" {
			t.Errorf("%+v: %s", step, diff)
		}
		if err := g.Status().LoadErr; err == nil || !strings.Contains(err.Error(), "12:00:04Z") {
			t.Errorf("the status is of then: %v", err)
		}
	}
}

// A guard that is behind others learns it at its next use: it opens no old month.
func TestMonthEndedElsewhere(t *testing.T) {
	for _, record := range []bool{false, true} {
		store, c, ahead := entitle.NewMemory(), at("2026-11-30T23:00:00Z"), at("2026-12-01T00:10:00Z")
		source := entitle.Text(signed(t, plan()))
		b := open(t, source, &entitle.Options{Store: store, Clock: c.now})
		a := open(t, source, &entitle.Options{Store: store, Clock: ahead.now})
		use := b.Use
		if record {
			use = b.Record
		}
		if err := errors.Join(a.Use(t.Context(), "requests", 1), use(t.Context(), "requests", 5)); err != nil {
			t.Fatal(err)
		}
		usage, err := store.Usage(t.Context(), installation)
		if diff := cmp.Diff([]entitle.Usage{{Month: month("2026-12"), Name: "requests", Count: 6}}, usage); diff != "" || err != nil {
			t.Error(diff, err)
		}
		var limit *entitle.LimitError
		if err := b.Use(t.Context(), "requests", 985); !errors.As(err, &limit) || limit.Used != 6 || limit.Reset != instant("2027-01-01") {
			t.Errorf("past the limit: %v", err)
		}
	}
	// The licence has expired meanwhile.
	store, c := entitle.NewMemory(), at("2026-11-30T23:00:00Z")
	b := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Store: store, Clock: c.now})
	open(t, entitle.Text(signed(t, plan())), &entitle.Options{Store: store, Clock: at("2027-02-01").now, MaxClockLead: 100 * day})
	var state *entitle.InactiveError
	if err := b.Use(t.Context(), "requests", 1); !errors.As(err, &state) || state.State != entitle.Expired {
		t.Errorf("an expired licence was used: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	none := entitle.File(filepath.Join(t.TempDir(), "none"))
	forged := forge(signed(t, plan()))
	var (
		signature *verify.SignatureError
		parse     *licseal.ParseError
		field     *entitle.FieldError
	)
	tests := []struct {
		name   string
		source entitle.Source
		is     func(error) bool
	}{
		{"no file", none, func(err error) bool { return errors.Is(err, fs.ErrNotExist) }},
		{"a folder", entitle.File(t.TempDir()), func(err error) bool { return err != nil }},
		{"forged", entitle.Text(forged), func(err error) bool { return errors.As(err, &signature) }},
		{"no licence", entitle.Text([]byte("x")), func(err error) bool { return errors.As(err, &parse) }},
		{"a field", entitle.Text(signed(t, plan().limit("requests", "many"))), func(err error) bool {
			return errors.As(err, &field) && field.Violations[0].Pointer == "/license/payload/entitlements/requests/max_uses"
		}},
	}
	for _, test := range tests {
		if g, err := entitle.Open(t.Context(), test.source, trusted, nil); g != nil || !test.is(err) {
			t.Errorf("%s: %v", test.name, err)
		}
		// Only the first of them is a licence that is not there yet.
		g, err := entitle.Open(t.Context(), test.source, trusted, &entitle.Options{MayBeMissing: true})
		if (g != nil) != (test.name == "no file") {
			t.Errorf("%s, which may be missing: %v", test.name, err)
		}
		if g != nil {
			if g.Status().State != entitle.Missing || g.Allows("reports") || g.Limits() != nil || g.Use(t.Context(), "reports", 1) == nil {
				t.Errorf("without a licence: %+v", g.Status())
			}
			g.Close()
		}
	}
}

// A name that a database may refuse would keep all others from being counted.
func TestNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"a\x00b": false, "a\nb": false, "a\x7fb": false, "": false, strings.Repeat("é", 201): false,
		strings.Repeat("é", 200): true, "Anfragen je Monat": true,
	} {
		p := plan().with("ordered_entitlements_keys", []string{name})
		p["entitlements"] = object{name: object{"is_limited": true, "max_uses": 5, "name": "x"}}
		g, err := entitle.Open(t.Context(), entitle.Text(signed(t, p)), trusted, &entitle.Options{Clock: at("2026-11-21").now})
		var field *entitle.FieldError
		if (err == nil) != ok || !ok && !errors.As(err, &field) {
			t.Errorf("%q: %v", name, err)
		}
		if g != nil {
			g.Close()
		}
	}
}

func TestIssuer(t *testing.T) {
	source := entitle.Text(signed(t, plan()))
	var issuer *verify.IssuerError
	if _, err := entitle.Open(t.Context(), source, trusted, &entitle.Options{Issuer: "*@vendor.example", Clock: at("2026-11-21").now}); !errors.As(err, &issuer) {
		t.Errorf("a key without an issuer: %v", err)
	}
	keys := []licseal.TrustedKey{{Key: vendorKey.Public(), Principals: []string{"licences@vendor.example"}}}
	g, err := entitle.Open(t.Context(), source, keys, &entitle.Options{Issuer: "*@vendor.example", Clock: at("2026-11-21").now})
	if err != nil {
		t.Fatal(err)
	}
	g.Close()
}

func TestClosed(t *testing.T) {
	g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Clock: at("2026-11-21").now, Batch: true})
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if g.Allows("reports") || !errors.Is(g.Use(t.Context(), "requests", 1), entitle.ErrClosed) ||
		!errors.Is(g.Reload(t.Context()), entitle.ErrClosed) || !errors.Is(g.Close(), entitle.ErrClosed) {
		t.Error("it still answers")
	}
}
