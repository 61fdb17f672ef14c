package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/entitle"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func newMetrics(store admin.Store, roles licseal.Roles) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "licseald_http_requests_total", Help: "Requests answered, by method, route and status.",
		}, []string{"method", "route", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "licseald_http_request_duration_seconds", Help: "Time to answer a request, by method, route and status.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 3, 9),
		}, []string{"method", "route", "status"}),
	}
	m.registry.MustRegister(m.requests, m.duration, newLicenceCollector(store, roles),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// observe counts a request. Unknown methods and paths have no label of their own:
// clients could create labels without end.
func (m *metrics) observe(method, path string, status int, took time.Duration) {
	method, route := knownMethod(method), knownRoute(path)
	code := strconv.Itoa(status)
	m.requests.WithLabelValues(method, route, code).Inc()
	m.duration.WithLabelValues(method, route, code).Observe(took.Seconds())
}

func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

func knownRoute(path string) string {
	path = strings.TrimSuffix(path, "/")
	switch {
	case path == "":
		return "/"
	case strings.HasPrefix(path, "/licenses/"):
		return "/licenses/{id}"
	case strings.HasPrefix(path, entitle.EntitlementsPath+"/"):
		return entitle.EntitlementsPath + "/"
	case slices.Contains(routes, path):
		return path
	}
	return "other"
}

var routes = []string{"/licenses", "/license/report", "/schemas/licenses/validate", "/status", "/metrics", entitle.LicensePath, entitle.EntitlementsPath, entitle.OpenAPIPath}

// licenceCollector reads the active licence at each scrape, since other processes may
// change it.
type licenceCollector struct {
	store      admin.Store
	roles      licseal.Roles
	expiration *prometheus.Desc
	failures   prometheus.Counter
}

// The names, and what they mean, are those of Kong Gateway's Prometheus plugin: the
// expiration is given less 24 hours.
func newLicenceCollector(store admin.Store, roles licseal.Roles) *licenceCollector {
	return &licenceCollector{
		store: store, roles: roles,
		expiration: prometheus.NewDesc("kong_enterprise_license_expiration",
			"Unix time at which the active licence expires, less 24 hours, as in a gateway.", nil, nil),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "kong_enterprise_license_errors", Help: "Failures to read the active licence.",
		}),
	}
}

// Describe implements prometheus.Collector.
func (c *licenceCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.expiration
	c.failures.Describe(ch)
}

// Collect implements prometheus.Collector.
func (c *licenceCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	expiration, err := c.activeExpiration(ctx)
	switch {
	case err == nil:
		ch <- prometheus.MustNewConstMetric(c.expiration, prometheus.GaugeValue, float64(expiration.Add(-24*time.Hour).Unix()))
	case !errors.Is(err, admin.ErrNotFound):
		c.failures.Inc()
	}
	c.failures.Collect(ch)
}

func (c *licenceCollector) activeExpiration(ctx context.Context) (time.Time, error) {
	record, err := c.store.Newest(ctx)
	if err != nil {
		return time.Time{}, err
	}
	lic, err := licseal.ParseUnverified([]byte(record.Payload)) // the check func verified it
	if err != nil {
		return time.Time{}, err
	}
	period, err := lic.Payload.Period(c.roles, nil)
	return period.NotAfter, err
}
