package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/verdict"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

func verifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "verify a licence: signature, fields, dates",
		UsageText: "licseal verify -t KEYS [flags] [FILE…]",
		Description: `Judges each licence in this order: document, signature, revocation, fields, dates,
issuer. Prints one line for each, which begins with 'ok' or with a stable word for the
reason of the refusal, and ends with the exit code of the first one that is refused. A date without a time is its first instant in UTC; a licence expires at
that instant. With --schema entitlement, the grace that the licence grants is added
to --grace.

  licseal verify -t vendor.key.pub licence.json

If --schema names none, a licence most of whose fields are not Kong's is judged by its
signature and dates alone, which are found by the names of its fields; a warning says
so. One whose dates are not found is refused, and any if there is a revocation list.

In place of -t, --trust-root gives the first document of a signed chain of trusted
keys, and --trust-chain a file with the later ones; see 'licseal trust'. A chain that
is refused or missing is a warning: what was known before stays in force.

With --revocations, a licence or a signing key on the list is refused, and so is
every licence if the list is missing, forged or stale. --state FILE records the
latest time and the newest list ever seen: a clock that was set back and an older
list are errors. 'licseal state new FILE' creates it. With --at, it is only read.

--json prints one JSON object a line for each licence that is judged, and nothing if
the keys, the list or the state cannot be used: file, ok, exit, state, time,
not_before, not_after, grace_end, days_left, key{id,name,issuers}, payload,
warnings, reason, error, violations. It has fields of the licence only if the signature is
good.

--batch verifies many licences on all cores: the lines of NDJSON files or of standard
input, all files in folders, and quoted patterns. Prints one line for each and a
summary, and ends with the worst exit code: that of the refusal judged first.

  licseal verify -t vendor.key.pub --batch licences.ndjson archive/ 'old/*.json'`,
		Flags: append([]cli.Flag{
			trustFlag, trustRootFlag, trustChainFlag,
			&cli.StringFlag{Name: "at", Usage: "judge as of `TIME`, a date or an RFC 3339 time (default: now)"},
			&cli.StringFlag{Name: "grace", Usage: "accept a licence for this `LENGTH` of time after it expires, such as 30d"},
			issuerFlag,
			revocationsFlag,
			maxListAgeFlag,
			stateFlag,
			maxClockSkewFlag,
			schemaFlag, strictFlag,
			jsonFlag,
		}, batchVerifyFlags...),
		Action: verifyFiles,
	}
}

var jsonFlag = &cli.BoolFlag{Name: "json", Usage: "print JSON, for programs"}

func verifyFiles(c *cli.Context) error {
	files := c.Args().Slice()
	if len(files) == 0 {
		files = []string{"-"}
	}
	if err := checkStdin(append(slices.Concat(files, c.StringSlice("t")), c.String("revocations"), c.String("trust-root"), c.String("trust-chain"))...); err != nil {
		return err
	}
	switch {
	case c.Bool("batch"):
		return verifyBatch(c, files)
	case c.IsSet("shard"):
		return usagef("--shard requires --batch")
	}
	j, err := newJudge(c)
	if err != nil {
		return err
	}
	var refused error // the first
	for _, file := range files {
		v := j.judge(file)
		if err := printVerdict(c, v); err != nil {
			return err
		}
		if refused == nil && v.Err != nil {
			refused = fault.Reported(fault.Of(v.Err).Reason)
		}
	}
	return refused
}

// judge judges all licences of one command line.
type judge struct {
	*verify.Verifier
	trusted []licseal.TrustedKey
	chain   *trust.Chain // the trusted keys come from; nil for -t
	refusal error        // why the file of the chain was not followed any further
	rules   *schema.Schema
	options verify.Options
	others  []string // what to say about keys that are for other purposes
	list    string   // the file of the revocation list; "" if there is none
	state   string   // the state file; "" if there is none
}

func newJudge(c *cli.Context) (*judge, error) {
	rules, err := payloadSchema(c)
	if err != nil {
		return nil, err
	}
	j := &judge{rules: rules, options: verify.Options{Fields: fieldsOf(c, rules), Clock: now}}
	if j.options.At, err = instantOf(c, nil); err != nil {
		return nil, err
	}
	if grace := c.String("grace"); grace != "" {
		if j.options.Grace, err = parseLength(grace); err != nil {
			return nil, fmt.Errorf("--grace: %w", err)
		}
	}
	if err = j.loadTrust(c); err != nil {
		return nil, err
	}
	if j.refusal != nil {
		warn("%v", j.refusal)
	}
	if err := j.watch(c); err != nil {
		return nil, err
	}
	if j.Verifier, err = bulk.NewVerifier(j.trusted, &j.options); err != nil {
		return nil, err
	}
	return j, nil
}

func (j *judge) judge(file string) verdict.Verdict {
	data, err := readArmored(file)
	if err != nil {
		return j.hint(verdict.Verdict{File: displayName(file), Err: err})
	}
	return j.hint(verdict.Of(displayName(file), 0, j.Report(data)))
}

// hint adds to a refusal what to do about it.
func (j *judge) hint(v verdict.Verdict) verdict.Verdict {
	v.Err = hintClock(j.nameList(v.Err), j.state)
	if errors.As(v.Err, new(*verify.SignatureError)) {
		for _, other := range j.others {
			v.Err = withHint(v.Err, "%s", other)
		}
	}
	if v.Result != nil {
		v.Err = hintSchema(v.Err, j.rules, v.Result.License.Payload)
	}
	v.Err = j.nextStep(v)
	return v
}

// printVerdict writes an accepted licence, and all JSON, to standard output, a refusal
// and the warnings to standard error.
func printVerdict(c *cli.Context, v verdict.Verdict) error {
	for _, warning := range v.Warnings {
		warn("%s: %s", v.Name(), warning.String())
	}
	if v.Err != nil {
		complain(about(v.File, v.Err))
	}
	if c.Bool("json") {
		return say(c, "%s", v.JSON())
	}
	if v.Err == nil {
		return say(c, "%s", v.Accepted(resultsAreColored()))
	}
	return nil
}
