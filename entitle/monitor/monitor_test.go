package monitor_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/entitle/monitor"
	"github.com/licseal/licseal/sign"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// licence returns a licence with entitlements, and who may have signed it.
func licence(t *testing.T) (entitle.Source, []licseal.TrustedKey) {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	payload, err := licseal.ParsePayload([]byte(`{"created":"2026-01-01T00:00:00.000Z","expiry":"2027-01-01T00:00:00.000Z","customer_name":"Example Company, Inc","id":"A-1","policy":null,
		"delay_expiry_days":10,"delay_max_uses_perc":10,"max_machines":1,"ordered_entitlements_keys":["requests","hosts","reports"],
		"entitlements":{"requests":{"is_limited":true,"max_uses":10,"name":"Requests"},"hosts":{"is_limited":true,"max_uses":"unlimited","name":"Hosts"},"reports":{"is_limited":false,"max_uses":null,"name":"Reports"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(payload, key)
	if err != nil {
		t.Fatal(err)
	}
	return entitle.Text([]byte(lic.String())), []licseal.TrustedKey{{Key: key.Public(), Name: "vendor"}}
}

// scraped returns what Prometheus reads of a guard, from the second line on.
func scraped(guard *entitle.Guard) string {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(monitor.New(guard, "acme"))
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	return "\n" + w.Body.String()
}

// A guard is shown as it is: its state, its dates, and every entitlement.
func TestCollector(t *testing.T) {
	source, trusted := licence(t)
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	guard, err := entitle.Open(t.Context(), source, trusted,
		&entitle.Options{Clock: func() time.Time { return now }, Levels: []string{"hosts"}})
	if err != nil {
		t.Fatal(err)
	}
	defer guard.Close()
	if err := guard.Use(t.Context(), "requests", 11); err != nil {
		t.Fatal(err)
	}
	if err := guard.Take(t.Context(), "hosts", 3); err != nil {
		t.Fatal(err)
	}
	now = now.AddDate(0, 0, -1)
	const want = `
# HELP acme_clock_behind_seconds How far the clock of this host is behind the time of the installation.
# TYPE acme_clock_behind_seconds gauge
acme_clock_behind_seconds 86400
# HELP acme_expiry_timestamp_seconds When the entitlement licence expires, without its grace.
# TYPE acme_expiry_timestamp_seconds gauge
acme_expiry_timestamp_seconds 1.7987616e+09
# HELP acme_limit Uses of an entitlement that the licence allows a month, or at once, without its tolerance.
# TYPE acme_limit gauge
acme_limit{name="requests"} 10
# HELP acme_reached 1 if one more use would be refused.
# TYPE acme_reached gauge
acme_reached{name="requests"} 1
# HELP acme_remaining How many more uses are allowed now, with the tolerance.
# TYPE acme_remaining gauge
acme_remaining{name="requests"} 0
# HELP acme_used Uses of an entitlement in this month, or how much of a level is in use.
# TYPE acme_used gauge
acme_used{name="hosts"} 3
acme_used{name="requests"} 11
acme_state{state="active"} 1
acme_state{state="grace"} 0
acme_state{state="missing"} 0
acme_failing{what="clock"} 0
acme_failing{what="store"} 0
`
	got := scraped(guard)
	for line := range strings.Lines(strings.TrimPrefix(want, "\n")) {
		if !strings.Contains(got, "\n"+line) {
			t.Errorf("%s is missing in %s", line, got)
		}
	}
	for name, n := range map[string]int{"state": 6, "failing": 4, "grace_end_timestamp_seconds": 1, "revocation_list_due_timestamp_seconds": 0, "used": 2, "limit": 1, "advised_total": 0} {
		if found := strings.Count(got, "\nacme_"+name+"{") + strings.Count(got, "\nacme_"+name+" "); found != n {
			t.Errorf("%d series of %s, not %d", found, name, n)
		}
	}
}

// disk is a store that may be full.
type disk struct {
	entitle.Store
	full atomic.Bool
}

func (d *disk) Apply(ctx context.Context, b entitle.Batch) (entitle.Applied, error) {
	if d.full.Load() {
		return entitle.Applied{}, errors.New("the disk is full")
	}
	return d.Store.Apply(ctx, b)
}

// A guard that only advises says how often it did so, and what fails has a name.
func TestCollectorOfTrouble(t *testing.T) {
	store := &disk{Store: entitle.NewMemory()}
	source, trusted := licence(t)
	guard, err := entitle.Open(t.Context(), source, trusted, &entitle.Options{
		Clock: func() time.Time { return time.Date(2027, 1, 5, 0, 0, 0, 0, time.UTC) }, Store: store, Advisory: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer guard.Close()
	store.full.Store(true)
	for range 3 {
		if err := guard.Use(t.Context(), "none", 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := guard.Use(t.Context(), "requests", 5); err != nil { // which the store does not take
		t.Fatal(err)
	}
	got := scraped(guard)
	for _, want := range []string{
		`advised_total 4`, `state{state="grace"} 1`, `state{state="active"} 0`, `failing{what="store"} 1`, `failing{what="load"} 0`,
		`reached{name="requests"} 0`, `remaining{name="requests"} 6`,
	} {
		if !strings.Contains(got, "\nacme_"+want+"\n") {
			t.Errorf("%s is missing in %s", want, got)
		}
	}
}
