package main

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/checkreport"
	"github.com/licseal/licseal/schema"
	"github.com/urfave/cli/v2"
)

func formatOf(c *cli.Context) string {
	switch {
	case c.Bool("json"):
		return "json"
	case c.IsSet("format"):
		return c.String("format")
	}
	return "text"
}

// fileNames returns the files to check, standard input if none is named.
func fileNames(c *cli.Context) []string {
	switch {
	case c.Bool("effective"), c.IsSet("admin-url"), c.IsSet("namespace-dump"), c.IsSet("variable"):
		return nil
	case c.NArg() == 0:
		return []string{"-"}
	}
	return c.Args().Slice()
}

// inputNames returns all that is read.
func inputNames(c *cli.Context) []string {
	names := slices.Concat(fileNames(c), c.StringSlice("t"))
	for _, flag := range []string{"policy", "namespace-dump", "token-file", "revocations", "trust-root", "trust-chain"} {
		if c.IsSet(flag) {
			names = append(names, c.String(flag))
		}
	}
	return names
}

// checkFlags refuses flags that have no effect, or that contradict each other.
func checkFlags(c *cli.Context) error {
	for _, rule := range []struct{ flag, needs string }{
		{"root", "effective"},
		{"workspace", "admin-url"}, {"token-file", "admin-url"}, {"ca", "admin-url"}, {"cert", "admin-url"}, {"cert-key", "admin-url"}, {"timeout", "admin-url"},
		{"fix", "o"}, {"o", "fix"}, {"force", "fix"},
	} {
		if c.IsSet(rule.flag) && !c.IsSet(rule.needs) {
			return usagef("%s requires %s", dashed(rule.flag), dashed(rule.needs))
		}
	}
	for _, flag := range []string{"trust-root", "trust-chain", "issuer", "revocations", "max-list-age", "state", "max-clock-skew"} {
		if c.IsSet(flag) && c.Bool("no-signature") {
			return usagef("--%s and --no-signature are mutually exclusive: it is about who signed", flag)
		}
	}
	modes := 0
	for _, mode := range []string{"effective", "namespace-dump", "variable", "fix"} {
		if c.IsSet(mode) {
			modes++
		}
	}
	switch {
	case c.IsSet("admin-url") && (modes > 1 || modes == 1 && !c.Bool("effective")):
		return usagef("--admin-url excludes --namespace-dump, --variable and --fix")
	case c.Bool("effective") && len(c.StringSlice("admin-url")) > 1:
		return withHint(usagef("--effective asks one Admin API: give one --admin-url"), "without --effective, several can be checked")
	case modes > 1:
		return usagef("--effective, --namespace-dump, --variable and --fix are mutually exclusive")
	case c.NArg() > 0 && (c.Bool("effective") || c.IsSet("admin-url") || c.IsSet("namespace-dump") || c.IsSet("variable")):
		return usagef("--effective, --admin-url, --namespace-dump and --variable take no FILE")
	case c.IsSet("variable") && c.String("variable") == "":
		return usagef("--variable is empty")
	case c.Bool("no-signature") && len(c.StringSlice("t")) > 0:
		return usagef("-t and --no-signature are mutually exclusive")
	case c.Bool("json") && c.IsSet("format") && c.String("format") != "json":
		return usagef("--json and --format %s are mutually exclusive", c.String("format"))
	}
	if format := formatOf(c); !slices.Contains(checkreport.Formats(), format) {
		return usagef("--format %q: the formats are %s", format, strings.Join(checkreport.Formats(), ", "))
	}
	if err := checkStdin(inputNames(c)...); err != nil {
		return err
	}
	return checkReport(c)
}

func dashed(flag string) string {
	if len(flag) == 1 {
		return "-" + flag
	}
	return "--" + flag
}

// checkReport refuses a file that would be standard output, and metrics without a name:
// those of two licences from standard input would be the same series.
func checkReport(c *cli.Context) error {
	metrics := formatOf(c) == "prometheus"
	switch {
	case c.String("report") == "-":
		return usagef("without --report, the report goes to standard output")
	case c.IsSet("report-name") && !metrics:
		return usagef("--report-name requires --format prometheus")
	case c.IsSet("report-name") && c.String("report-name") == "":
		return usagef("--report-name is empty")
	case metrics && reportName(c) == stdinName:
		return usagef("metrics about standard input need a name: --report-name NAME, or --report FILE")
	}
	return nil
}

// newChecker makes a checker from the policy file and the flags.
func newChecker(c *cli.Context) (*check.Checker, *check.Options, error) {
	options, err := policyOptions(c)
	if err != nil {
		return nil, nil, err
	}
	options.Verify.Clock = now
	if options.Verify.At, err = instantOf(c, options.Verify.Location); err != nil {
		return nil, nil, err
	}
	options.ShowSecrets = c.Bool("show-secrets")
	options.NoSignature = c.Bool("no-signature")
	if !options.NoSignature {
		if len(c.StringSlice("t")) == 0 && c.String("trust-root") == "" {
			return nil, nil, withHint(usagef("'licseal check' needs the public keys to trust, or --no-signature"),
				"licseal check -t vendor.key.pub FILE; a licence that Kong issued can only be checked with --no-signature")
		}
		watcher := &judge{options: options.Verify}
		if err := watcher.loadTrust(c); err != nil {
			return nil, nil, err
		}
		options.Trusted, options.ChainRefused = watcher.trusted, watcher.refusal
		if err := watcher.watch(c); err != nil {
			return nil, nil, err
		}
		options.Verify = watcher.options
	}
	checker, err := check.New(*options)
	return checker, options, err
}

// policyOptions returns what the policy file states, and the flags in its place if they
// are given.
func policyOptions(c *cli.Context) (*check.Options, error) {
	file := new(check.PolicyFile)
	name := c.String("policy")
	if name != "" {
		data, err := readFile(name, check.MaxPolicyBytes)
		if err != nil {
			return nil, about(displayName(name), err)
		}
		if file, err = check.ParsePolicyFile(data); err != nil {
			return nil, about(displayName(name), err)
		}
		file.Schema = relativeSchema(file.Schema, name)
	}
	for flag, member := range map[string]*string{
		"min-remaining": &file.MinRemaining, "warn-remaining": &file.WarnRemaining, "grace": &file.Grace, "zone": &file.Zone, "schema": &file.Schema,
	} {
		if _, isSetting := settingsOf(c).from[flag]; isSetting && *member != "" {
			continue // the policy was named on the command line
		}
		if c.IsSet(flag) {
			*member = c.String(flag)
		}
	}
	if err := checkPolicyFlags(c); err != nil {
		return nil, err
	}
	file.Require = append(file.Require, c.StringSlice("require")...)
	options := new(check.Options)
	if err := file.Apply(options); err != nil {
		return nil, about(displayName(name), err)
	}
	if file.Schema == "" {
		return options, nil
	}
	var err error
	options.Schema, err = loadSchema(c, file.Schema)
	return options, err
}

// checkPolicyFlags refuses values of flags that cannot be read.
func checkPolicyFlags(c *cli.Context) error {
	for _, flag := range []string{"min-remaining", "warn-remaining", "grace"} {
		if !c.IsSet(flag) {
			continue
		}
		if _, err := check.ParseLength(c.String(flag)); err != nil {
			return usagef("--%s: %v", flag, err)
		}
	}
	if c.IsSet("zone") {
		if _, err := check.LoadZone(c.String("zone")); err != nil {
			return usagef("--zone %v", err)
		}
	}
	for _, text := range c.StringSlice("require") {
		if _, err := check.ParseRequirement(text); err != nil {
			return usagef("--require %v", err)
		}
	}
	return nil
}

// relativeSchema returns the schema that a policy file names: a built-in one, or a file
// relative to the policy's folder.
func relativeSchema(schemaName, policy string) string {
	if _, err := schema.Builtin(schemaName); err == nil || schemaName == "" || policy == "-" || filepath.IsAbs(schemaName) {
		return schemaName
	}
	return filepath.Join(filepath.Dir(policy), schemaName)
}
