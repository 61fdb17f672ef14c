package admin

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Unlicensed is the license_key in the report of a server without a licence.
const Unlicensed = "UNLICENSED"

// Report is the answer to GET /license/report, in the shape of Kong Gateway 2.7 to 3.4 or
// in that of 3.5 and newer. Both are read, and a handler writes the one that fits its
// version. Members that only the second has are nil in the first.
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

// ReportLicense is the active licence, in a report of Kong Gateway 3.5 and newer.
type ReportLicense struct {
	LicenseKey            string `json:"license_key"`
	LicenseExpirationDate string `json:"license_expiration_date"` // may be unpadded: 2017-7-20
}

// DeploymentInfo is how a server is deployed.
type DeploymentInfo struct {
	Type             string `json:"type"` // traditional, hybrid or dbless
	ConnectedDPCount int64  `json:"connected_dp_count,omitempty"`
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

// Hash returns the SHA-256 of a licence key or a host name in hex digits, as reports
// contain it. It tells whether two texts are equal, without revealing texts that
// cannot be guessed.
func Hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
