package main

import (
	"cmp"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	licensesDesc = prometheus.NewDesc("licseald_licenses",
		"Stored licences, by where they are in their validity period, and by the reason for which they are refused now, empty if they are not.",
		[]string{"state", "reason"}, nil)
	nextExpiryDesc = prometheus.NewDesc("licseald_next_expiry_timestamp_seconds",
		"When the first of the stored licences expires that are not refused now.", nil, nil)
)

// Describe implements prometheus.Collector.
func (r *review) Describe(ch chan<- *prometheus.Desc) {
	ch <- licensesDesc
	ch <- nextExpiryDesc
}

// Collect implements prometheus.Collector. There is nothing before the first review.
func (r *review) Collect(ch chan<- prometheus.Metric) {
	verdicts := r.all()
	if verdicts == nil {
		return
	}
	type labels struct{ state, reason string }
	counts := map[labels]int{{"valid", ""}: 0}
	var next time.Time
	now := time.Now()
	for _, v := range verdicts {
		counts[labels{cmp.Or(string(v.state), "unknown"), string(v.reason)}]++
		if v.reason == "" && v.notAfter.After(now) && (next.IsZero() || v.notAfter.Before(next)) {
			next = v.notAfter
		}
	}
	for l, n := range counts {
		ch <- prometheus.MustNewConstMetric(licensesDesc, prometheus.GaugeValue, float64(n), l.state, l.reason)
	}
	if !next.IsZero() {
		ch <- prometheus.MustNewConstMetric(nextExpiryDesc, prometheus.GaugeValue, seconds(next))
	}
}
