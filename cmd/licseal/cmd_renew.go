package main

import (
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

func renewCommand() *cli.Command {
	return &cli.Command{
		Name:      "renew",
		Usage:     "renew a licence with a new expiry",
		UsageText: "licseal renew OLD --expires DATE -k KEY [flags]",
		Description: `Takes the fields of the licence OLD, sets today's creation date, the new expiry,
and the fields that --set names, without those that --unset names, and signs the
result. With -t, the old licence
is verified first: it may have expired, but a trusted key must have signed it,
and with --revocations it must not be revoked. A warning is printed if the same
keys or list would refuse the new licence.

  licseal renew old.json --expires +365d -t trusted.keys -k vendor.key \
    -o new.json

An expiry of +365d counts from the creation date: today, or what --created
gives. The license_key is kept unless --set license_key=… changes it; revoking
one of the two licences by its key then revokes both.`,
		Flags: []cli.Flag{
			keyFlag,
			passphraseFileFlag,
			trustFlag,
			&cli.StringFlag{Name: "expires", Usage: "expiration `DATE`: 2027-12-31, an RFC 3339 time, or +365d"},
			&cli.StringFlag{Name: "created", Value: "today", Usage: "creation `DATE`: 2026-01-31, an RFC 3339 time, or today"},
			&cli.StringSliceFlag{Name: "set", KeepSpace: true, Usage: "set a field: `NAME=VALUE` (repeatable)"},
			unsetFlag,
			revocationsFlag,
			schemaFlag,
			oddIDFlag,
			outputFlag,
			forceFlag,
		},
		Action: renew,
	}
}

func renew(c *cli.Context) error {
	switch {
	case c.String("k") == "":
		return withHint(usagef("'licseal renew' needs a private key"), "licseal renew OLD --expires +365d -k vendor.key")
	case !c.IsSet("expires"):
		return withHint(usagef("'licseal renew' needs the new expiry"), "licseal renew OLD --expires +365d -k vendor.key")
	case c.IsSet("revocations") && !c.IsSet("t"):
		return usagef("--revocations needs the keys to verify the list with: -t KEYS")
	}
	file, err := oneFile(c)
	if err != nil {
		return err
	}
	if err := checkStdin(append(c.StringSlice("t"), file, c.String("k"), c.String("passphrase-file"), c.String("revocations"))...); err != nil {
		return err
	}
	rules, err := payloadSchema(c)
	if err != nil {
		return err
	}
	plan, err := readPlan(c)
	if err != nil {
		return err
	}
	plan.Complete = true
	verifier, err := renewalVerifier(c, rules)
	if err != nil {
		return err
	}
	old, err := oldPayload(file, rules, verifier)
	if err != nil {
		return err
	}
	payload, err := carryOut(c, plan, old, rules)
	if err != nil {
		return about(displayName(file), err)
	}
	lic, err := signWith(c, payload)
	if err != nil {
		return err
	}
	if verifier != nil {
		warnRefused(lic, verifier)
	}
	return writeResult(c, lic.String())
}

// warnRefused warns if the same keys and revocation list refuse the new licence. It
// is no error: verifiers may get other keys or another list before the licence.
func warnRefused(lic *licseal.License, v *verify.Verifier) {
	report := v.Report([]byte(lic.String()))
	switch report.Reason() {
	case licseal.ReasonSignature, licseal.ReasonRevoked:
		warn("with -t and --revocations as given here, the new licence is refused: %v", report.Err())
	}
}

// renewalVerifier returns what verifies the old licence, nil without -t.
func renewalVerifier(c *cli.Context, rules *schema.Schema) (*verify.Verifier, error) {
	if !c.IsSet("t") {
		return nil, nil
	}
	trusted, err := loadTrusted(c)
	if err != nil {
		return nil, err
	}
	options := &verify.Options{Roles: rules.Roles(), Clock: now}
	if list := c.String("revocations"); list != "" {
		if options.Revocations, err = loadRevocations(list, trusted); err != nil {
			return nil, err
		}
	}
	return verify.New(trusted, options)
}

// oldPayload reads the licence to renew, and verifies it if v is not nil. Licences
// outside their validity period are renewed, too.
func oldPayload(file string, rules *schema.Schema, v *verify.Verifier) (licseal.Payload, error) {
	data, err := readDocument(file)
	if err != nil {
		return licseal.Payload{}, about(displayName(file), err)
	}
	if v == nil {
		lic, err := licseal.ParseUnverified(data)
		if err != nil {
			return licseal.Payload{}, about(displayName(file), err)
		}
		warn("%s was not verified; use -t KEYS to verify it before it is renewed", displayName(file))
		return lic.Payload, nil
	}
	report := v.Report(data)
	result := report.Result()
	switch report.Reason() {
	case "", licseal.ReasonExpired, licseal.ReasonNotYetValid:
		return result.License.Payload, nil
	}
	err = report.Err()
	if result != nil {
		err = hintSchema(err, rules, result.License.Payload)
	}
	return licseal.Payload{}, about(displayName(file), err)
}
