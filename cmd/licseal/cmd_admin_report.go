package main

import (
	"errors"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/adminview"
	"github.com/licseal/licseal/internal/fault"
	"github.com/urfave/cli/v2"
)

func adminReportCommand() *cli.Command {
	return &cli.Command{
		Name:      "report",
		Usage:     "compare the usage report with the licence",
		UsageText: "licseal admin report --url URL [flags] [FILE]",
		Description: `Compares administrators with admin_seats and connected data planes with dataplanes,
of the active licence or of the licence in FILE. If that has entitlements, compares the
requests of the newest month with monitored_monthly_requests. If more is used than the
licence allows, the exit code is 9. The signature of the licence is not checked;
'licseal verify' does that.

--json prints one object: report (as the server gave it, in one shape), license_key,
about_this_license, usage[{name, used, allowed}], exceeded.`,
		Flags:  adminFlags(schemaFlag, jsonFlag),
		Action: adminReport,
	}
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
	judged := adminview.NewReport(report, lic, rules.Roles())
	if c.Bool("json") {
		err = printJSON(c, judged)
	} else {
		err = show(c, judged.Text(barWidth()))
	}
	if err != nil {
		return err
	}
	return fault.Because(licseal.ReasonRequirement, judged.Err())
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

// barWidth returns the width of the longest bar, 0 if standard output is not a
// terminal.
func barWidth() int {
	const others = 26 // of the month and the number
	return max(0, min(terminalWidth()-others, 50))
}
