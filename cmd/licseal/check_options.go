package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
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

// newChecker makes what judges, from the policy file and from flags.
func newChecker(c *cli.Context) (*check.Checker, *check.Options, error) {
	policy, err := loadPolicy(c)
	if err != nil {
		return nil, nil, err
	}
	options, err := policyOptions(c, policy)
	if err != nil {
		return nil, nil, err
	}
	if options.Verify.At, err = instantOf(c, options.Verify.Location); err != nil {
		return nil, nil, err
	}
	options.ShowSecrets = c.Bool("show-secrets")
	options.NoSignature = c.Bool("no-signature")
	if !options.NoSignature {
		if len(c.StringSlice("t")) == 0 {
			return nil, nil, withHint(usagef("'licseal check' needs the public keys to trust, or --no-signature"),
				"licseal check -t vendor.key.pub FILE; a licence that Kong issued can only be checked with --no-signature")
		}
		if options.Trusted, err = loadTrusted(c); err != nil {
			return nil, nil, err
		}
		watcher := &judge{trusted: options.Trusted, options: options.Verify}
		if err := watcher.watch(c); err != nil {
			return nil, nil, err
		}
		options.Verify = watcher.options
	}
	checker, err := check.New(*options)
	return checker, options, err
}

// loadPolicy reads the policy file, and puts the flags in its place that say
// something else.
func loadPolicy(c *cli.Context) (*check.PolicyFile, error) {
	file := new(check.PolicyFile)
	if name := c.String("policy"); name != "" {
		data, err := readFile(name, check.MaxPolicyBytes)
		if err != nil {
			return nil, about(displayName(name), err)
		}
		if file, err = check.ParsePolicyFile(data); err != nil {
			return nil, about(displayName(name), err)
		}
	}
	if name := c.String("policy"); name != "" && name != "-" && !c.IsSet("schema") {
		file.Schema = besideFile(file.Schema, name)
	}
	if _, err := loadZone(file.Zone); err != nil && !c.IsSet("zone") {
		return nil, about(c.String("policy"), fmt.Errorf("zone: %q is not a time zone that is known here; write it as Europe/Berlin or UTC", file.Zone))
	}
	for flag, member := range map[string]*string{
		"min-remaining": &file.MinRemaining, "warn-remaining": &file.WarnRemaining, "grace": &file.Grace, "zone": &file.Zone, "schema": &file.Schema,
	} {
		if c.IsSet(flag) || *member == "" {
			*member = c.String(flag)
		}
	}
	file.Require = append(file.Require, c.StringSlice("require")...)
	return file, nil
}

// besideFile returns the schema that a policy file names: a built-in one, or a file
// whose place is relative to that of the policy.
func besideFile(schemaName, policy string) string {
	if _, err := schema.Builtin(schemaName); err == nil || schemaName == "" || filepath.IsAbs(schemaName) {
		return schemaName
	}
	return filepath.Join(filepath.Dir(policy), schemaName)
}

func policyOptions(c *cli.Context, file *check.PolicyFile) (*check.Options, error) {
	rules, err := loadSchema(file.Schema)
	if err != nil {
		return nil, err
	}
	o := &check.Options{Schema: rules, Verify: verify.Options{}}
	for _, length := range []struct {
		flag, text string
		target     *time.Duration
	}{
		{"--min-remaining", file.MinRemaining, &o.Policy.MinRemaining},
		{"--warn-remaining", file.WarnRemaining, &o.Policy.WarnRemaining},
		{"--grace", file.Grace, &o.Verify.Grace},
	} {
		if length.text == "" {
			continue
		}
		if *length.target, err = check.ParseLength(length.text); err != nil {
			return nil, usagef("%s: %v", length.flag, err)
		}
		if *length.target == 0 && length.flag != "--grace" {
			*length.target = -1 // none at all, which is not the default
		}
	}
	if file.Zone != "" {
		if o.Verify.Location, err = loadZone(file.Zone); err != nil {
			return nil, err
		}
	}
	for _, text := range file.Require {
		r, err := check.ParseRequirement(text)
		if err != nil {
			return nil, usagef("--require %v", err)
		}
		o.Policy.Require = append(o.Policy.Require, r)
	}
	return o, nil
}

// loadZone finds a time zone. "Local" would mean another one on each machine.
func loadZone(name string) (*time.Location, error) {
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, usagef("--zone %q is not a time zone that is known here; write it as Europe/Berlin or UTC", name)
	}
	return loc, nil
}
