package main

import (
	"strings"

	"github.com/licseal/licseal/internal/checkreport"
	"github.com/urfave/cli/v2"
)

func checkCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "pre-flight: will a licence hold, and what to fix if not",
		UsageText: "licseal check (-t KEYS | --no-signature) [flags] [FILE|FOLDER…]",
		Description: `Judges licences before a rollout: document, signature, fields, dates, and your own
requirements. Reports all findings, each with a stable code, its place and what to
do, and ends with the exit code of the first licence that fails.

A file that is not a licence is diagnosed, and repaired if the repair is
unambiguous: curly quotes, base64, a Secret, the answer of a secrets manager, an
Admin API record and many more. --fix writes the repaired licence.

  licseal check -t vendor.key.pub --require 'dataplanes>=4' licence.json
  licseal check --no-signature --effective --admin-url http://localhost:8001
  kubectl get secret,konglicense -o yaml |
    licseal check --no-signature --namespace-dump -
  licseal check -t vendor.key.pub --fix -o licence.json pasted.txt

By default a licence fails with less than 30 days left, and there is a warning with
less than 90, as in a gateway; of a short licence, a quarter and half of its own
length. Any --grace counts as time left. Only --admin-url
opens a network connection; a token for it is read from --token-file or
KONG_ADMIN_TOKEN. Licence keys and signatures are masked.

--require takes FIELD=VALUE, FIELD!=VALUE, FIELD>=VALUE (also >, <=, <; a number or
a date), 'FIELD in A,B', or FIELD, which must exist. --policy reads all of this
from a YAML file with the members min_remaining, warn_remaining, grace, zone,
schema and require; flags win, requirements add up. Without --schema, the licence
in the Secret kong-mesh-license is judged by the schema kong-mesh.

--format json is described by 'licseal schema check-report'; github, junit, sarif
and prometheus are what those tools read; html is a page about a fleet: a folder, a
dump, or several --admin-url, with what is used of what the licences allow. It has
the names of customers; it needs no network and no script.

  licseal check -t vendor.key.pub --format html --report fleet.html \
    --admin-url https://eu.example:8444 --admin-url https://us.example:8444`,
		Flags: append([]cli.Flag{
			trustFlag, trustRootFlag, trustChainFlag,
			&cli.BoolFlag{Name: "no-signature", Usage: "skip the check of the signature; every output says so"},
			&cli.StringFlag{Name: "at", Usage: "judge as of `TIME`, a date or an RFC 3339 time (default: now)"},
			&cli.StringFlag{Name: "grace", Usage: "accept a licence for this `LENGTH` of time after it expires, as 30d"},
			issuerFlag,
			revocationsFlag,
			maxListAgeFlag,
			stateFlag,
			maxClockSkewFlag,
			&cli.StringFlag{Name: "min-remaining", Usage: "fail if less than this `LENGTH` of time is left (default: 30d, or a quarter of the licence; 0d for none)"},
			&cli.StringFlag{Name: "warn-remaining", Usage: "warn if less than this `LENGTH` of time is left (default: 90d, or half of the licence; 0d for none)"},
			&cli.StringSliceFlag{Name: "require", KeepSpace: true, Usage: "require a `FIELD`: FIELD=VALUE, FIELD>=VALUE, 'FIELD in A,B' (repeatable)"},
			&cli.StringFlag{Name: "zone", Usage: "the time `ZONE` in which a date begins, as Europe/Berlin (default: UTC)"},
			&cli.StringFlag{Name: "policy", Usage: "read the requirements from the YAML `FILE`", TakesFile: true, Category: reads},
			schemaFlag,
			&cli.BoolFlag{Name: "effective", Usage: "find the licence that a gateway here would use"},
			&cli.StringFlag{Name: "root", Usage: "with --effective: look for files in this `FOLDER`, such as a mounted image", TakesFile: true, Category: reads},
			&cli.StringSliceFlag{Name: "admin-url", KeepSpace: true, Usage: "check the licences of the Admin API at this `URL` (repeatable; one with --effective)"},
			&cli.StringFlag{Name: "namespace-dump", Usage: "check the licences in `FILE` from 'kubectl get secret,konglicense -o yaml'", TakesFile: true, Category: reads},
			&cli.StringFlag{Name: "variable", Usage: "check the licence in the variable `NAME`, which is base64 if NAME ends with BASE64 or B64"},
			&cli.BoolFlag{Name: "fix", Usage: "with -o: write the repaired licence in canonical form, and check it"},
			outputFlag,
			forceFlag,
			&cli.StringFlag{Name: "format", Usage: "report as `FORMAT`: " + strings.Join(checkreport.Formats(), ", ") + " (default: text)"},
			jsonFlag,
			&cli.StringFlag{Name: "report", Usage: "write the report to `FILE`, which is replaced", TakesFile: true, Category: writes},
			&cli.StringFlag{Name: "report-name", Usage: "with --format prometheus: `NAME` of the report, its label in all series (default: the name of FILE)"},
			&cli.BoolFlag{Name: "show-secrets", Usage: "do not mask licence keys and signatures"},
		}, connectionFlags[1:]...),
		Action: checkAction,
	}
}

func checkAction(c *cli.Context) error {
	if err := checkFlags(c); err != nil {
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
	case c.IsSet("admin-url"):
		err = p.gateways(c.StringSlice("admin-url"))
	case c.String("namespace-dump") != "":
		err = p.namespaceDump(c.String("namespace-dump"))
	case c.String("variable") != "":
		err = p.variable(c.String("variable"))
	case c.Bool("fix"):
		err = p.fix()
	default:
		err = p.files()
	}
	if err != nil {
		return err
	}
	return p.close()
}
