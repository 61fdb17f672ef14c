package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/text"
	"github.com/urfave/cli/v2"
)

func adminReportCommand() *cli.Command {
	return &cli.Command{
		Name:      "report",
		Usage:     "show the usage report, and judge it against the licence",
		UsageText: "licseal admin report --url URL [flags] [FILE]",
		Description: `Compares administrators with admin_seats and connected data planes with dataplanes,
of the active licence or of the licence in FILE; where more is used than the
licence allows, the exit code is 9. The licence's signature is not checked;
'licseal verify' does that.

--json prints one object: report (as the server gave it, in one shape), license_key,
about_this_license, usage[{name, used, allowed}], exceeded.`,
		Flags:  adminFlags(schemaFlag, jsonFlag),
		Action: adminReport,
	}
}

// judgedReport is a report beside the licence that it is held against.
type judgedReport struct {
	Report   *admin.Report `json:"report"`
	Key      string        `json:"license_key,omitempty"`
	IsAbout  bool          `json:"about_this_license"`
	Usage    []admin.Usage `json:"usage"`
	Exceeded bool          `json:"exceeded"`
}

func adminReport(c *cli.Context) error {
	if c.NArg() > 1 {
		return usagef("'licseal admin report' takes one file, not %d", c.NArg())
	}
	rules, err := payloadSchema(c)
	if err != nil {
		return err
	}
	client, err := newAdminClient(c, nil)
	if err != nil {
		return err
	}
	report, err := client.Report(c.Context)
	if err != nil {
		return adminError(err)
	}
	lic, err := reportedLicence(c, client)
	if err != nil {
		return err
	}
	j := judgeReport(report, lic, rules.Roles())
	if c.Bool("json") {
		err = printJSON(c, j)
	} else {
		err = show(c, j.text(lic != nil, barWidth()))
	}
	if err == nil && j.Exceeded {
		err = fault.Because(licseal.ReasonRequirement, j.exceeded())
	}
	return err
}

// reportedLicence returns the licence in the file that was named, or the active
// one; nil if there is none.
func reportedLicence(c *cli.Context, client *admin.Client) (*licseal.License, error) {
	if c.NArg() == 1 {
		return readLicense(c.Args().First())
	}
	record, err := client.Active(c.Context)
	if errors.Is(err, admin.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, adminError(err)
	}
	lic, err := licseal.ParseUnverified([]byte(record.Payload))
	return lic, about("the active licence "+record.ID, err)
}

func judgeReport(report *admin.Report, lic *licseal.License, roles licseal.Roles) judgedReport {
	j := judgedReport{Report: report, Usage: []admin.Usage{}}
	if lic == nil {
		return j
	}
	j.Key, _ = lic.Payload.Text(roles.WithDefaults().ID)
	j.IsAbout = report.IsAbout(j.Key)
	for _, usage := range report.Usage(lic.Payload) {
		j.Usage = append(j.Usage, usage)
		j.Exceeded = j.Exceeded || usage.Exceeded()
	}
	return j
}

func (j *judgedReport) exceeded() error {
	var errs []error
	for _, usage := range j.Usage {
		if usage.Exceeded() {
			errs = append(errs, fmt.Errorf("%s: %d are used, and the licence allows %d", usage.Name, usage.Used, usage.Allowed))
		}
	}
	return errors.Join(errs...)
}

// text shows a report as a table; with a width, months have bars.
func (j *judgedReport) text(licensed bool, width int) text.Line {
	var table text.Table
	r := j.Report
	line := func(name, format string, args ...any) {
		table.Row(name, text.Sprintf(format, args...))
	}
	line("gateway", "%s, %s", orDash(r.KongVersion), orDash(r.DBVersion))
	switch {
	case !licensed:
		line("licence", "none is stored")
	case j.IsAbout:
		line("licence", "%s (UNVERIFIED)", orDash(j.Key))
	default:
		line("licence", "%s (UNVERIFIED; the report names another: %s)", orDash(j.Key), orDash(r.Key()))
	}
	for _, usage := range j.Usage {
		verdict := "ok"
		if usage.Exceeded() {
			verdict = "EXCEEDED"
		}
		line(usage.Name, "%d of %d, %s", usage.Used, usage.Allowed, verdict)
	}
	if r.DeploymentInfo != nil {
		line("deployment", "%s, %d data planes", orDash(r.DeploymentInfo.Type), r.DeploymentInfo.ConnectedDPCount)
	}
	line("services", "%d", r.ServicesCount)
	line("workspaces", "%d", r.WorkspacesCount)
	line("machine", "%s, %d cores", orDash(r.SystemInfo.Uname), r.SystemInfo.Cores)
	line("requests", "%d", r.Counters.Total())
	return text.Join([]text.Line{table.Line(), countersText(r.Counters, width)}, "")
}

// countersText shows requests by month, one a line.
func countersText(counters admin.Counters, width int) text.Line {
	most := int64(1)
	for _, counter := range counters {
		most = max(most, counter.RequestCount)
	}
	var b text.Block
	for _, counter := range counters {
		bar := ""
		if width > 0 {
			bar = " " + strings.Repeat("█", int(float64(max(counter.RequestCount, 0))/float64(most)*float64(width)))
		}
		b.Printf("  %-8s %12d%s\n", counter.Bucket, counter.RequestCount, strings.TrimRight(bar, " "))
	}
	return b.Line()
}

// barWidth returns the width of the longest bar, 0 if standard output is not a
// terminal.
func barWidth() int {
	const others = 26 // of the month and the number
	return max(0, min(terminalWidth()-others, 50))
}
