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

// reviewLabels are the labels of a count of verdicts.
type reviewLabels struct{ state, reason string }

// Collect implements prometheus.Collector. There is nothing before the first review.
func (r *review) Collect(ch chan<- prometheus.Metric) {
	counts, next := r.count(time.Now())
	for l, n := range counts {
		ch <- prometheus.MustNewConstMetric(licensesDesc, prometheus.GaugeValue, float64(n), l.state, l.reason)
	}
	if !next.IsZero() {
		ch <- prometheus.MustNewConstMetric(nextExpiryDesc, prometheus.GaugeValue, seconds(next))
	}
}

// count counts the verdicts, and returns when the first good licence expires, zero if none
// does. It returns nil before the first review.
func (r *review) count(now time.Time) (counts map[reviewLabels]int, next time.Time) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.verdicts == nil {
		return nil, time.Time{}
	}
	counts = map[reviewLabels]int{{"valid", ""}: 0}
	for _, v := range r.verdicts {
		counts[reviewLabels{cmp.Or(string(v.state), "unknown"), string(v.reason)}]++
		if v.reason == "" && v.notAfter.After(now) && (next.IsZero() || v.notAfter.Before(next)) {
			next = v.notAfter
		}
	}
	return counts, next
}
