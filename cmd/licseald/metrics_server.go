package main

import (
	"crypto/x509"
	"runtime"
	"time"

	"github.com/licseal/licseal/internal/buildinfo"
	"github.com/prometheus/client_golang/prometheus"
)

// serverCollector reports what the files of a server are now.
type serverCollector struct{ *server }

var (
	buildDesc = prometheus.NewDesc("licseald_build_info",
		"Always 1; the labels say which licseald this is.", []string{"version", "go"}, nil)
	reloadFailuresDesc = prometheus.NewDesc("licseald_reload_failures_total",
		"Changed files that could not be used.", nil, nil)
	reloadFailingDesc = prometheus.NewDesc("licseald_reload_failing",
		"Settings whose files cannot be used now, so that their previous content is in force.", nil, nil)
	certificateDesc = prometheus.NewDesc("licseald_certificate_expiry_timestamp_seconds",
		"When the certificate of the server expires, and the first of the CAs of its clients.", []string{"certificate"}, nil)
)

// Describe implements prometheus.Collector.
func (c serverCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		buildDesc, reloadFailuresDesc, reloadFailingDesc, certificateDesc,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c serverCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	gauge(buildDesc, 1, buildinfo.Version(), runtime.Version())
	if c.failures != nil {
		ch <- prometheus.MustNewConstMetric(reloadFailuresDesc, prometheus.CounterValue, float64(c.failures.total.Load()))
		gauge(reloadFailingDesc, float64(c.failures.now.Load()))
	}
	if c.certificate != nil {
		if leaf, err := x509.ParseCertificate(c.certificate.get().Certificate[0]); err == nil {
			gauge(certificateDesc, seconds(leaf.NotAfter), "server")
		}
	}
	if c.access.clients != nil {
		var first time.Time
		for _, ca := range c.access.clients.get().authorities {
			if first.IsZero() || ca.NotAfter.Before(first) {
				first = ca.NotAfter
			}
		}
		gauge(certificateDesc, seconds(first), "client-ca")
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
