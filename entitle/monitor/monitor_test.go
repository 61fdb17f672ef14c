package monitor_test

import (
	"crypto/ed25519"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/entitle/monitor"
	"github.com/licseal/licseal/sign"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// A guard is shown as it is: its state, its dates, and every entitlement.
func TestCollector(t *testing.T) {
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
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	guard, err := entitle.Open(t.Context(), entitle.Text([]byte(lic.String())), []licseal.TrustedKey{{Key: key.Public(), Name: "vendor"}},
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
`
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(monitor.New(guard, "acme"))
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	got := "\n" + w.Body.String()
	for line := range strings.Lines(strings.TrimPrefix(want, "\n")) {
		if !strings.Contains(got, "\n"+line) {
			t.Errorf("%s is missing in %s", line, got)
		}
	}
	for name, n := range map[string]int{"state": 6, "failing": 4, "grace_end_timestamp_seconds": 1, "revocation_list_due_timestamp_seconds": 0, "used": 2, "limit": 1} {
		if found := strings.Count(got, "\nacme_"+name+"{") + strings.Count(got, "\nacme_"+name+" "); found != n {
			t.Errorf("%d series of %s, not %d", found, name, n)
		}
	}
}
