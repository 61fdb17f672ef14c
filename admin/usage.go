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

// Usage compares the report with a licence payload of Kong's: administrators with
// admin_seats, and connected data planes with dataplanes, if both state a number. The
// payload is not verified here; only package verify makes it trusted.
func (r *Report) Usage(p licseal.Payload) []Usage {
	var all []Usage
	add := func(name string, used int64) {
		text, _ := p.Text("/" + name)
		if allowed, err := strconv.ParseInt(text, 10, 64); err == nil {
			all = append(all, Usage{name, used, allowed})
		}
	}
	add("admin_seats", r.RBACUsers)
	if r.DeploymentInfo != nil {
		add("dataplanes", r.DeploymentInfo.ConnectedDPCount)
	}
	return all
}

// IsAbout reports whether the report names a licence key, in plain text or hashed.
func (r *Report) IsAbout(key string) bool { return r.Key() == key || r.Key() == Hash(key) }
