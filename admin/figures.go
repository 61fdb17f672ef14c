package admin

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"github.com/go-json-experiment/json"
)

// Figures are what a product states about itself in its report.
type Figures struct {
	Counters   []Counter // requests by month
	DBVersion  string    // such as "postgres 15.3"; if empty, the handler's own
	Version    string    // of the product; if empty, the handler's own
	RBACUsers  int64
	Services   int64
	Workspaces int64

	// If empty, the values of this machine are used. The report has only the hash
	// of the host name.
	Cores           int
	Hostname, Uname string

	// These are not in a report of Kong Gateway 2.7 to 3.4.
	Routes, Consumers int64
	Deployment        *DeploymentInfo // if nil, traditional
	Plugins           *PluginsCount   // if nil, none
}

// Reporter returns the figures of a product. Products that embed a handler implement
// it.
type Reporter interface {
	Figures(ctx context.Context) (Figures, error)
}

// ParseFigures returns the figures in a report of either shape, such as that of a gateway.
// All members may be missing. Those that say who reports, about which licence and when are
// ignored: kong_version, license_key, license, timestamp and checksum. Unknown members and
// negative counts are errors.
func ParseFigures(data []byte) (Figures, error) {
	var r Report
	if err := json.Unmarshal(data, &r, json.RejectUnknownMembers(true)); err != nil {
		return Figures{}, fmt.Errorf("it is not a report, such as {\"rbac_users\": 3}: %w", err)
	}
	f := Figures{
		Counters: r.Counters, DBVersion: r.DBVersion,
		RBACUsers: r.RBACUsers, Services: r.ServicesCount, Workspaces: r.WorkspacesCount,
		Cores: r.SystemInfo.Cores, Hostname: r.SystemInfo.Hostname, Uname: r.SystemInfo.Uname,
		Routes: orZero(r.RoutesCount), Consumers: orZero(r.ConsumersCount),
		Deployment: r.DeploymentInfo, Plugins: r.PluginsCount,
	}
	return f, f.checkCounts()
}

func orZero(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// checkCounts returns an error about a count that is negative.
func (f *Figures) checkCounts() error {
	counts := map[string]int64{
		"rbac_users": f.RBACUsers, "services_count": f.Services, "workspaces_count": f.Workspaces,
		"cores": int64(f.Cores), "routes_count": f.Routes, "consumers_count": f.Consumers,
	}
	if f.Deployment != nil {
		counts["connected_dp_count"] = f.Deployment.ConnectedDPCount
	}
	for _, c := range f.Counters {
		counts["request_count of "+printable(c.Bucket)] = c.RequestCount
	}
	for name, n := range counts {
		if n < 0 {
			return fmt.Errorf("%s is %d; expected a count", name, n)
		}
	}
	return nil
}

// setDefaults replaces what is missing by what the handler knows about itself.
func (f *Figures) setDefaults(o *Options) {
	if f.Version == "" {
		f.Version = o.Version
	}
	if f.DBVersion == "" {
		f.DBVersion = o.DBVersion
	}
	if f.Cores == 0 {
		f.Cores = runtime.NumCPU()
	}
	if f.Hostname == "" {
		f.Hostname, _ = os.Hostname()
	}
	if f.Uname == "" {
		f.Uname = runtime.GOOS + " " + runtime.GOARCH
	}
	if f.Deployment == nil {
		f.Deployment = &DeploymentInfo{Type: "traditional"}
	}
	var plugins PluginsCount // others may have the same pointer
	if f.Plugins != nil {
		plugins = *f.Plugins
	}
	for _, tier := range []*map[string]int64{&plugins.Tiers.Free, &plugins.Tiers.Enterprise, &plugins.Tiers.Custom} {
		if *tier == nil {
			*tier = map[string]int64{} // {} rather than null
		}
	}
	f.Plugins = &plugins
}
