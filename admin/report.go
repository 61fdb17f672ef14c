package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"runtime"

	"github.com/licseal/licseal"
)

// Unlicensed is the license_key in the report of a server without a licence.
const Unlicensed = "UNLICENSED"

// Report is the answer to GET /license/report. The format of Kong Gateway 2.7 to 3.4
// is read and written; that of 3.15 is read. Members that only the second has are nil
// in the first.
type Report struct {
	Counters        Counters   `json:"counters"`
	DBVersion       string     `json:"db_version"`
	KongVersion     string     `json:"kong_version"`
	LicenseKey      string     `json:"license_key"` // hashed, or Unlicensed
	RBACUsers       int64      `json:"rbac_users"`
	ServicesCount   int64      `json:"services_count"`
	SystemInfo      SystemInfo `json:"system_info"`
	WorkspacesCount int64      `json:"workspaces_count"`

	Checksum       string          `json:"checksum,omitempty"`
	Timestamp      json.RawMessage `json:"timestamp,omitempty"` // a number or a string
	License        *ReportLicense  `json:"license,omitempty"`
	DeploymentInfo *DeploymentInfo `json:"deployment_info,omitempty"`
	RoutesCount    *int64          `json:"routes_count,omitempty"`
	ConsumersCount *int64          `json:"consumers_count,omitempty"`
	PluginsCount   *PluginsCount   `json:"plugins_count,omitempty"`
}

// Counter is the number of requests in a month.
type Counter struct {
	Bucket       string `json:"bucket"` // YYYY-MM, or UNKNOWN
	RequestCount int64  `json:"request_count"`
}

// Counters are requests by month.
type Counters []Counter

// UnmarshalJSON decodes a list, or an object with the list as member "buckets".
func (c *Counters) UnmarshalJSON(data []byte) error {
	var list []Counter
	if len(data) > 0 && data[0] == '{' {
		var object struct {
			Buckets []Counter `json:"buckets"`
		}
		if err := json.Unmarshal(data, &object); err != nil {
			return err
		}
		list = object.Buckets
	} else if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	*c = list
	return nil
}

// Total returns the sum of all counters.
func (c Counters) Total() int64 {
	var total int64
	for _, counter := range c {
		total += counter.RequestCount
	}
	return total
}

// SystemInfo describes the machine of a server.
type SystemInfo struct {
	Cores    int    `json:"cores"`
	Hostname string `json:"hostname"` // hashed
	Uname    string `json:"uname"`
}

// ReportLicense is the active licence, in a report of Kong Gateway 3.15.
type ReportLicense struct {
	LicenseKey            string `json:"license_key"`
	LicenseExpirationDate string `json:"license_expiration_date"` // may be unpadded: 2017-7-20
}

// DeploymentInfo is how a server is deployed.
type DeploymentInfo struct {
	Type             string `json:"type"` // traditional, hybrid or dbless
	ConnectedDPCount int64  `json:"connected_dp_count"`
}

// PluginsCount is how often each plugin is used.
type PluginsCount struct {
	Tiers struct {
		Free       map[string]int64 `json:"free"`
		Enterprise map[string]int64 `json:"enterprise"`
		Custom     map[string]int64 `json:"custom"`
	} `json:"tiers"`
	UniqueRouteLambdas int64 `json:"unique_route_lambdas"`
	UniqueRouteKafkas  int64 `json:"unique_route_kafkas"`
}

// Key returns the report's license_key, whichever of the two places it is in.
func (r *Report) Key() string {
	if r.LicenseKey == "" && r.License != nil {
		return r.License.LicenseKey
	}
	return r.LicenseKey
}

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

	// Deployment is left out of the report if nil.
	Deployment *DeploymentInfo
}

// Reporter returns the figures of a product. Products that embed a handler implement
// it.
type Reporter interface {
	Figures(ctx context.Context) (Figures, error)
}

// report returns the report of the server.
func (h *handler) report(ctx context.Context) (*Report, error) {
	var figures Figures
	if h.options.Reporter != nil {
		var err error
		if figures, err = h.options.Reporter.Figures(ctx); err != nil {
			return nil, err
		}
	}
	figures.setDefaults(&h.options)
	key, err := h.activeKey(ctx)
	if err != nil {
		return nil, err
	}
	return &Report{
		Counters:        append(Counters{}, figures.Counters...), // [] rather than null
		DBVersion:       figures.DBVersion,
		KongVersion:     figures.Version,
		LicenseKey:      key,
		RBACUsers:       figures.RBACUsers,
		ServicesCount:   figures.Services,
		SystemInfo:      SystemInfo{figures.Cores, Hash(figures.Hostname), figures.Uname},
		WorkspacesCount: figures.Workspaces,
		DeploymentInfo:  figures.Deployment,
	}, nil
}

// activeKey returns the hashed id of the active licence, or Unlicensed.
func (h *handler) activeKey(ctx context.Context) (string, error) {
	record, err := h.store.Newest(ctx)
	if errors.Is(err, ErrNotFound) {
		return Unlicensed, nil
	}
	if err != nil {
		return "", err
	}
	lic, err := licseal.ParseUnverified([]byte(record.Payload))
	if err != nil { // the check func accepts other documents
		return Hash(record.Payload), nil
	}
	id, _ := lic.Payload.Text(h.options.Roles.WithDefaults().ID)
	return Hash(id), nil
}

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
}

// Hash returns the SHA-256 of a licence key or a host name in hex digits, as reports
// contain it. It tells whether two texts are equal, without revealing texts that
// cannot be guessed.
func Hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
