package admin

import (
	"strconv"

	"github.com/licseal/licseal"
)

// Usage compares how much of something is used, according to a report, with what a
// licence allows.
type Usage struct {
	Name    string `json:"name"` // as the licence calls it: admin_seats, dataplanes
	Used    int64  `json:"used"`
	Allowed int64  `json:"allowed"`
}

// Exceeded reports whether more is used than allowed.
func (u Usage) Exceeded() bool { return u.Used > u.Allowed }

// Usage compares the report with what a licence payload limits: administrators with
// admin_seats, and connected data planes with dataplanes, of a licence of Kong's; the
// requests of the newest month with monitored_monthly_requests, of one with entitlements.
// The payload is not verified here; only package verify makes it trusted.
func (r *Report) Usage(p licseal.Payload) []Usage {
	var all []Usage
	add := func(name string, used int64, limit string) {
		if allowed, err := strconv.ParseInt(limit, 10, 64); err == nil {
			all = append(all, Usage{name, used, allowed})
		}
	}
	seats, _ := p.Text("/admin_seats")
	add("admin_seats", r.RBACUsers, seats)
	if r.DeploymentInfo != nil {
		planes, _ := p.Text("/dataplanes")
		add("dataplanes", r.DeploymentInfo.ConnectedDPCount, planes)
	}
	const requests = "monitored_monthly_requests"
	if limited, _ := p.Field("/entitlements/" + requests + "/is_limited"); string(limited) == "true" {
		limit, _ := p.Field("/entitlements/" + requests + "/max_uses")
		add(requests, r.Counters.newest(), string(limit)) // no number if unlimited
	}
	return all
}

// newest returns the requests of the newest month, 0 if there is none.
func (c Counters) newest() int64 {
	var newest Counter
	for _, counter := range c {
		if counter.Bucket != "UNKNOWN" && counter.Bucket > newest.Bucket {
			newest = counter
		}
	}
	return newest.RequestCount
}

// IsAbout reports whether the report names a licence key, in plain text or hashed.
func (r *Report) IsAbout(key string) bool { return r.Key() == key || r.Key() == Hash(key) }
