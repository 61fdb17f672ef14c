package main

import (
	"errors"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

func renewCommand() *cli.Command {
	return &cli.Command{
		Name:      "renew",
		Usage:     "renew a licence with a new expiry",
		UsageText: "licseal renew OLD --expires DATE -k KEY [flags]",
		Description: `Takes the fields of the licence OLD, sets today's creation date, the new expiry, and
the fields that --set names, and signs the result. With -t, the old licence is
verified first: it may have expired, but a trusted key must have signed it, and with
--revocations it must not be revoked. A warning is printed if the same keys or list
would refuse the new licence.

  licseal renew old.json --expires +365d -t trusted.keys -k vendor.key -o new.json

An expiry of +365d counts from the creation date: today, or what --created gives. The
license_key is kept unless --set license_key=… changes it; revoking one of the two
licences by its key then revokes both.`,
		Flags: []cli.Flag{
			keyFlag,
			passphraseFileFlag,
			trustFlag,
			&cli.StringFlag{Name: "expires", Usage: "set the expiration `DATE`: 2027-12-31, an RFC 3339 time, or +365d"},
			&cli.StringFlag{Name: "created", Value: "today", Usage: "set the creation `DATE`: 2026-01-31, an RFC 3339 time, or today"},
			&cli.StringSliceFlag{Name: "set", KeepSpace: true, Usage: "set a field: `NAME=VALUE` (repeatable)"},
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
	rules, err := loadSchema(c.String("schema"))
	if err != nil {
		return err
	}
	plan, err := readPlan(c)
	if err != nil {
		return err
	}
	plan.Complete = true
	trusted, options, err := renewalTrust(c, rules)
	if err != nil {
		return err
	}
	old, err := oldPayload(file, rules, trusted, options)
	if err != nil {
		return err
	}
	payload, err := carryOut(c, plan, old, rules)
	if err != nil {
		return about(displayName(file), err)
	}
	key, err := loadPrivate(c, c.String("k"))
	if err != nil {
		return err
	}
	lic, err := sign.License(payload, key)
	if err != nil {
		return err
	}
	if trusted != nil {
		warnRefused(lic, trusted, options)
	}
	return writeResult(c, lic.String())
}

// warnRefused warns if the same keys and revocation list refuse the new licence. It
// is no error: verifiers may get other keys or another list before the licence.
func warnRefused(lic *licseal.License, trusted []licseal.TrustedKey, options *verify.Options) {
	_, err := verify.License([]byte(lic.String()), trusted, options)
	if errors.As(err, new(*verify.SignatureError)) || errors.As(err, new(*verify.RevokedError)) {
		warn("with -t and --revocations as given here, the new licence is refused: %v", err)
	}
}

// renewalTrust returns the keys and options to verify the old licence with. The
// keys are nil without -t.
func renewalTrust(c *cli.Context, rules *schema.Schema) (trusted []licseal.TrustedKey, options *verify.Options, err error) {
	options = &verify.Options{Roles: rules.Roles()}
	if !c.IsSet("t") {
		return nil, options, nil
	}
	if trusted, err = loadTrusted(c); err != nil {
		return nil, nil, err
	}
	if list := c.String("revocations"); list != "" {
		options.Revocations, err = loadRevocations(list, trusted)
	}
	return trusted, options, err
}

// oldPayload reads the licence to renew. It verifies it if trusted is not nil; the
// licence may be outside its validity period.
func oldPayload(file string, rules *schema.Schema, trusted []licseal.TrustedKey, options *verify.Options) (licseal.Payload, error) {
	data, err := readDocument(file)
	if err != nil {
		return licseal.Payload{}, about(displayName(file), err)
	}
	if trusted == nil {
		lic, err := licseal.ParseUnverified(data)
		if err != nil {
			return licseal.Payload{}, about(displayName(file), err)
		}
		warn("%s was not verified; use -t KEYS to verify it before it is renewed", displayName(file))
		return lic.Payload, nil
	}
	result, err := verify.License(data, trusted, options)
	var refused *verify.RefusedError
	var state *verify.StateError
	if errors.As(err, &refused) && errors.As(err, &state) {
		result, err = refused.Result, nil // expired licences are renewed, too
	}
	if err != nil && refused != nil {
		err = hintSchema(err, rules, refused.Result.License.Payload)
	}
	if err != nil {
		return licseal.Payload{}, about(displayName(file), err)
	}
	return result.License.Payload, nil
}
