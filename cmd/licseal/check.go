package main

import (
	"slices"
	"strings"

	"github.com/licseal/licseal/internal/checkreport"
	"github.com/licseal/licseal/internal/fault"
	"github.com/urfave/cli/v2"
)

func checkCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "pre-flight: will a licence hold, and what is to be mended",
		UsageText: "licseal check (-t KEYS | --no-signature) [flags] [FILE|FOLDER…]",
		Description: `Judges licences before a rollout: document, signature, fields, dates, and what you
demand of them. Reports everything that is found, with a stable code, the place,
and what to do; ends with the exit code of the first licence that fails. What is
no licence is diagnosed: curly quotes, base64, a Secret, an Admin API record, ….

  licseal check -t vendor.key.pub --require 'dataplanes>=4' licence.json
  licseal check --no-signature --effective --admin-url http://localhost:8001
  kubectl get secret,konglicense -o yaml | licseal check --no-signature --namespace-dump -
  licseal check -t vendor.key.pub --fix -o licence.json pasted.txt

By default a licence fails with less than 30 days left and is warned of with less
than 90, as a gateway does; any --grace counts as time left. Only --admin-url opens
a network connection; a token for it is read from --token-file or KONG_ADMIN_TOKEN.
Licence keys and signatures are masked unless --show-secrets is given.

--require takes FIELD=VALUE, FIELD!=VALUE, FIELD>=VALUE (also >, <=, <; a number or
a date), 'FIELD in A,B', or FIELD, which must be there. --policy reads all of this
from a YAML file with the members min_remaining, warn_remaining, grace, zone,
schema and require; flags win, requirements add up.

--format json is described by 'licseal schema check-report'; github, junit, sarif
and prometheus are what those tools read.`,
		Flags: append([]cli.Flag{
			trustFlag,
			&cli.BoolFlag{Name: "no-signature", Usage: "do not check the signature; every output says so"},
			&cli.StringFlag{Name: "at", Usage: "judge as of `TIME`, a date or an RFC 3339 time (default: now)"},
			&cli.StringFlag{Name: "grace", Usage: "accept a licence for this `LENGTH` of time after it expires, as 30d"},
			issuerFlag,
			revocationsFlag,
			maxListAgeFlag,
			stateFlag,
			maxClockSkewFlag,
			&cli.StringFlag{Name: "min-remaining", Usage: "fail if less than this `LENGTH` of time is left (default: 30d; 0d for none)"},
			&cli.StringFlag{Name: "warn-remaining", Usage: "warn if less than this `LENGTH` of time is left (default: 90d; 0d for none)"},
			&cli.StringSliceFlag{Name: "require", KeepSpace: true, Usage: "demand a `FIELD`: FIELD=VALUE, FIELD>=VALUE, 'FIELD in A,B' (repeatable)"},
			&cli.StringFlag{Name: "zone", Usage: "the time `ZONE` in which a date begins, as Europe/Berlin (default: UTC)"},
			&cli.StringFlag{Name: "policy", Usage: "read what is demanded from the YAML `FILE`", TakesFile: true},
			schemaFlag,
			&cli.BoolFlag{Name: "effective", Usage: "find the licence that a gateway here would use"},
			&cli.StringFlag{Name: "root", Usage: "with --effective: look for files under this `FOLDER`, such as a mounted image", TakesFile: true},
			&cli.StringFlag{Name: "admin-url", Usage: "with --effective: ask the Admin API at this `URL` too"},
			&cli.StringFlag{Name: "namespace-dump", Usage: "check the licences in `FILE`, which 'kubectl get secret,konglicense -o yaml' wrote", TakesFile: true},
			&cli.BoolFlag{Name: "fix", Usage: "with -o: write the repaired licence in canonical form, and check that"},
			outputFlag,
			forceFlag,
			&cli.StringFlag{Name: "format", Usage: "report as `FORMAT`: " + strings.Join(checkreport.Formats(), ", ") + " (default: text)"},
			jsonFlag,
			&cli.StringFlag{Name: "report", Usage: "write the report to `FILE`, whole, in place of what was there", TakesFile: true},
			&cli.BoolFlag{Name: "show-secrets", Usage: "do not mask licence keys and signatures"},
		}, checkConnectionFlags...),
		Action: checkAction,
	}
}

func checkAction(c *cli.Context) error {
	if err := checkModes(c); err != nil {
		return err
	}
	if err := checkStdin(inputNames(c)...); err != nil {
		return err
	}
	if err := checkReportName(c); err != nil {
		return err
	}
	checker, options, err := newChecker(c)
	if err != nil {
		return err
	}
	p := &preflight{c: c, checker: checker, options: options}
	switch {
	case c.Bool("effective"):
		err = p.effective()
	case c.String("namespace-dump") != "":
		err = p.namespaceDump(c.String("namespace-dump"))
	case c.Bool("fix"):
		err = p.fix()
	default:
		err = p.files()
	}
	if err == nil {
		err = p.close()
	}
	if err == nil && p.summary.Exit != exitOK {
		err = fault.Reported(fault.ReasonOfExit(p.summary.Exit))
	}
	return err
}

// checkModes refuses flags that mean nothing together, lest one of them is
// dropped in silence.
func checkModes(c *cli.Context) error {
	for _, rule := range []struct{ flag, needs string }{
		{"root", "effective"}, {"admin-url", "effective"},
		{"workspace", "admin-url"}, {"token-file", "admin-url"}, {"ca", "admin-url"}, {"cert", "admin-url"}, {"cert-key", "admin-url"}, {"timeout", "admin-url"},
		{"fix", "o"}, {"o", "fix"}, {"force", "fix"},
	} {
		if c.IsSet(rule.flag) && !c.IsSet(rule.needs) {
			return usagef("%s means something only with %s", dashed(rule.flag), dashed(rule.needs))
		}
	}
	for _, flag := range []string{"issuer", "revocations", "max-list-age", "state", "max-clock-skew"} {
		if c.IsSet(flag) && c.Bool("no-signature") {
			return usagef("--%s means nothing with --no-signature: it is about who signed", flag)
		}
	}
	modes := 0
	for _, mode := range []string{"effective", "namespace-dump", "fix"} {
		if c.IsSet(mode) {
			modes++
		}
	}
	switch {
	case modes > 1:
		return usagef("--effective, --namespace-dump and --fix do not go together")
	case c.NArg() > 0 && (c.Bool("effective") || c.IsSet("namespace-dump")):
		return usagef("with --effective and --namespace-dump there is no other FILE")
	case c.Bool("no-signature") && len(c.StringSlice("t")) > 0:
		return usagef("-t and --no-signature contradict each other")
	case c.Bool("json") && c.IsSet("format") && c.String("format") != "json":
		return usagef("--json and --format %s contradict each other", c.String("format"))
	}
	if format := formatOf(c); !slices.Contains(checkreport.Formats(), format) {
		return usagef("--format %q: the formats are %s", format, strings.Join(checkreport.Formats(), ", "))
	}
	return nil
}

func dashed(flag string) string {
	if len(flag) == 1 {
		return "-" + flag
	}
	return "--" + flag
}
