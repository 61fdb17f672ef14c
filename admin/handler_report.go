package admin

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/licseal/licseal"
)

func (h *handler) getReport(r *http.Request) (answer, error) {
	report, err := h.report(r.Context())
	if err != nil {
		return answer{}, err
	}
	if isBefore3_5(report.KongVersion) {
		report.License, report.DeploymentInfo, report.PluginsCount, report.RoutesCount, report.ConsumersCount = nil, nil, nil, nil, nil
		return ok(report)
	}
	return ok(newShape(report, time.Now()))
}

// isBefore3_5 reports whether a version is older than the second shape of reports.
func isBefore3_5(version string) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	return err1 == nil && err2 == nil && (major < 3 || major == 3 && minor < 5)
}

// shapedReport is a report in the shape of Kong Gateway 3.5 and newer.
type shapedReport struct {
	*Report
	Counters   shapedCounters `json:"counters"`              // in place of the list
	LicenseKey string         `json:"license_key,omitempty"` // in place of the report's: it is in license
}

type shapedCounters struct {
	Buckets       Counters `json:"buckets"`
	TotalRequests int64    `json:"total_requests"`
}

// newShape returns a report with its time, and a checksum, which is the hash of the same
// report without one.
func newShape(report *Report, now time.Time) shapedReport {
	r := shapedReport{Report: report, Counters: shapedCounters{report.Counters, report.Counters.Total()}}
	report.Timestamp = strconv.AppendInt(nil, now.Unix(), 10)
	report.Checksum = Hash(string(encodeJSON(r)))
	return r
}

// report returns the report of the server, with the members of both shapes but checksum
// and timestamp.
func (h *handler) report(ctx context.Context) (*Report, error) {
	var figures Figures
	if h.options.Reporter != nil {
		var err error
		if figures, err = h.options.Reporter.Figures(ctx); err != nil {
			return nil, err
		}
	}
	figures.setDefaults(&h.options)
	key, expires, err := h.active(ctx)
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
		License:         &ReportLicense{LicenseKey: key, LicenseExpirationDate: expires},
		DeploymentInfo:  figures.Deployment,
		RoutesCount:     &figures.Routes,
		ConsumersCount:  &figures.Consumers,
		PluginsCount:    figures.Plugins,
	}, nil
}

// unlicensedUntil is the date in the report of a gateway without a licence.
const unlicensedUntil = "2017-7-20"

// active returns the hashed id of the active licence, or Unlicensed, and when it expires.
func (h *handler) active(ctx context.Context) (key, expires string, err error) {
	record, err := h.store.Newest(ctx)
	if errors.Is(err, ErrNotFound) {
		return Unlicensed, unlicensedUntil, nil
	}
	if err != nil {
		return "", "", err
	}
	lic, err := licseal.ParseUnverified([]byte(record.Payload))
	if err != nil { // the check func accepts other documents
		return Hash(record.Payload), "", nil
	}
	roles := h.options.Roles.WithDefaults()
	id, _ := lic.Payload.Text(roles.ID)
	expires, _ = lic.Payload.Text(roles.NotAfter)
	return Hash(id), expires, nil
}
