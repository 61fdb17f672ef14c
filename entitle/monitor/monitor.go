// Package monitor shows a guard of package entitle to Prometheus. It is a package of its
// own so that a product without Prometheus carries no client of it.
package monitor

import (
	"time"

	"github.com/licseal/licseal/entitle"
	"github.com/prometheus/client_golang/prometheus"
)

// collector reads a guard at each scrape.
type collector struct {
	guard *entitle.Guard
	descs map[string]*prometheus.Desc
}

// New returns a collector over a guard. The names of its metrics begin with a prefix, such
// as "acme_licence", followed by _state, _expiry_timestamp_seconds and others.
func New(guard *entitle.Guard, prefix string) prometheus.Collector {
	c := &collector{guard, make(map[string]*prometheus.Desc)}
	for _, m := range []struct {
		name, help string
		labels     []string
	}{
		{"state", "1 for the state in which the entitlement licence is, 0 for the others.", []string{"state"}},
		{"expiry_timestamp_seconds", "When the entitlement licence expires, without its grace.", nil},
		{"grace_end_timestamp_seconds", "When the grace of the entitlement licence ends.", nil},
		{"used", "Uses of an entitlement in this month, or how much of a level is in use.", []string{"name"}},
		{"limit", "Uses of an entitlement that the licence allows a month, or at once, without its tolerance.", []string{"name"}},
		{"remaining", "How many more uses are allowed now, with the tolerance.", []string{"name"}},
		{"reached", "1 if one more use would be refused.", []string{"name"}},
		{"revocation_list_due_timestamp_seconds", "When the revocation list is due.", nil},
		{"clock_behind_seconds", "How far the clock of this host is behind the time of the installation.", nil},
		{"advised_total", "Calls that were allowed although they would be refused: the guard only advises.", nil},
		{"failing", "1 for what fails now: load, store, remember or clock; 0 for the others.", []string{"what"}},
	} {
		c.descs[m.name] = prometheus.NewDesc(prefix+"_"+m.name, m.help, m.labels, nil)
	}
	return c
}

// Describe implements [prometheus.Collector].
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, desc := range c.descs {
		ch <- desc
	}
}

// Collect implements [prometheus.Collector].
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(name string, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(c.descs[name], prometheus.GaugeValue, value, labels...)
	}
	status := c.guard.Status()
	for _, state := range []entitle.State{entitle.Missing, entitle.NotYetValid, entitle.Active, entitle.Grace, entitle.Expired, entitle.Suspended} {
		gauge("state", number(state == status.State), string(state))
	}
	for name, t := range map[string]time.Time{
		"expiry_timestamp_seconds": status.NotAfter, "grace_end_timestamp_seconds": status.GraceEnd,
		"revocation_list_due_timestamp_seconds": status.ListDue,
	} {
		if !t.IsZero() {
			gauge(name, float64(t.UnixMilli())/1000)
		}
	}
	gauge("clock_behind_seconds", status.ClockBehind.Seconds())
	if status.Advisory {
		ch <- prometheus.MustNewConstMetric(c.descs["advised_total"], prometheus.CounterValue, float64(status.Advised))
	}
	for what, err := range map[string]error{"load": status.LoadErr, "store": status.StoreErr, "remember": status.RememberErr, "clock": status.ClockErr} {
		gauge("failing", number(err != nil), what)
	}
	for _, limit := range c.guard.Limits() {
		if limit.Counted {
			gauge("used", float64(limit.Used), limit.Name)
		}
		if limit.Bounded {
			gauge("limit", float64(limit.Max), limit.Name)
			gauge("remaining", float64(limit.Remaining), limit.Name)
			gauge("reached", number(limit.Reached), limit.Name)
		}
	}
}

func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
