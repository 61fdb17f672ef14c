package adminview

import (
	"errors"
	"fmt"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/text"
)

// Report is a usage report and what the licence allows. As JSON, it is what 'licseal admin
// report --json' prints.
type Report struct {
	Report   *admin.Report `json:"report"`
	Key      string        `json:"license_key,omitempty"`
	IsAbout  bool          `json:"about_this_license"`
	Usage    []admin.Usage `json:"usage"`
	Exceeded bool          `json:"exceeded"`

	licensed bool
}

// NewReport compares a report with a licence, nil if none is stored.
func NewReport(report *admin.Report, lic *licseal.License, roles licseal.Roles) *Report {
	r := &Report{Report: report, Usage: []admin.Usage{}}
	if lic == nil {
		return r
	}
	r.licensed = true
	r.Key, _ = lic.Payload.Text(roles.WithDefaults().ID)
	r.IsAbout = report.IsAbout(r.Key)
	for _, usage := range report.Usage(lic.Payload) {
		r.Usage = append(r.Usage, usage)
		r.Exceeded = r.Exceeded || usage.Exceeded()
	}
	return r
}

// Err returns what exceeds the licence, and nil if nothing does.
func (r *Report) Err() error {
	var errs []error
	for _, usage := range r.Usage {
		if usage.Exceeded() {
			errs = append(errs, fmt.Errorf("%s: %d are used, and the licence allows %d", usage.Name, usage.Used, usage.Allowed))
		}
	}
	return errors.Join(errs...)
}

// Text shows the report as a table. If width is not 0, months have bars of at most that
// many columns.
func (r *Report) Text(width int) text.Line {
	var table text.Table
	row := func(name, format string, args ...any) { table.Row(name, text.Sprintf(format, args...)) }
	report := r.Report
	row("gateway", "%s, %s", orDash(report.KongVersion), orDash(report.DBVersion))
	switch {
	case !r.licensed:
		row("licence", "none is stored")
	case r.IsAbout:
		row("licence", "%s (UNVERIFIED)", orDash(r.Key))
	default:
		row("licence", "%s (UNVERIFIED; the report names another: %s)", orDash(r.Key), orDash(report.Key()))
	}
	for _, usage := range r.Usage {
		verdict := "ok"
		if usage.Exceeded() {
			verdict = "EXCEEDED"
		}
		row(usage.Name, "%d of %d, %s", usage.Used, usage.Allowed, verdict)
	}
	if d := report.DeploymentInfo; d != nil {
		row("deployment", "%s, %d data planes", orDash(d.Type), d.ConnectedDPCount)
	}
	row("services", "%d", report.ServicesCount)
	row("workspaces", "%d", report.WorkspacesCount)
	row("machine", "%s, %d cores", orDash(report.SystemInfo.Uname), report.SystemInfo.Cores)
	row("requests", "%d", report.Counters.Total())
	return text.Join([]text.Line{table.Line(), Months(report.Counters, width)}, "")
}

// Months shows requests by month, one a line.
func Months(counters admin.Counters, width int) text.Line {
	most := int64(1)
	for _, counter := range counters {
		most = max(most, counter.RequestCount)
	}
	var b text.Block
	for _, counter := range counters {
		bar := ""
		if share := float64(max(counter.RequestCount, 0)) / float64(most); width > 0 {
			bar = " " + strings.Repeat("█", int(share*float64(width)))
		}
		b.Printf("  %-8s %12d%s\n", counter.Bucket, counter.RequestCount, strings.TrimRight(bar, " "))
	}
	return b.Line()
}
