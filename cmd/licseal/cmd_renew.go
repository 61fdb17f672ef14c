package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/register"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

func renewCommand() *cli.Command {
	return &cli.Command{
		Name:      "renew",
		Usage:     "renew a licence with a new expiry",
		UsageText: "licseal renew OLD --extend LENGTH|--expires DATE -k KEY [flags]\n       licseal renew --batch [FILE|FOLDER…] -t KEYS -k KEY [flags]",
		Description: `Takes the fields of the licence OLD, sets today's creation date, the new expiry,
and the fields that --set names, without those that --unset names, and signs the
result. With -t, the old licence
is verified first: it may have expired, but a trusted key must have signed it,
and with --revocations it must not be revoked. A warning is printed if the same
keys or list would refuse the new licence.

  licseal renew old.json --extend +1y -t trusted.keys -k vendor.key \
    -o new.json
  licseal renew old.json --expires +1y -t trusted.keys -k vendor.key \
    -o new.json

--extend counts from the expiry of the old licence, --expires from the creation
date: today, or what --created gives. Both expiries and the days gained are
printed. A new licence that would expire earlier than the old one is not signed
unless --allow-shorten is given. 'licseal sign --help' says how lengths of time
are written.

The license_key is kept unless --set license_key=… changes it; revoking
one of the two licences by its key then revokes both.

With --register, the new licence is recorded before it is written, as one that
replaces OLD. If the register has another licence of the same id that is still
alive, such as an earlier renewal of OLD, --replace is needed. An id that is revoked
there is not renewed.

--batch renews many licences, and prints the new ones, one a line: those in files,
folders and NDJSON files, or, if none are named, those in the register. --expiring,
--issued-by and --customer choose some of them. -t is required. Of several licences
with the same id, the one that expires last is renewed. Licences that are revoked or
have expired are left out, and, with --expiring, those that were extended before the
old one has expired: running the same command twice renews nothing twice. --resume,
--rejects and --shard do what they do in 'licseal sign --batch'.

  licseal renew --batch archive/ --expiring 60d -t trusted.keys \
    -k vendor.key --extend +1y -o renewed.ndjson

After a key was stolen, --keep-expiry and --recorded-before with a checkpoint from
before the theft reissue what the key signed: what was recorded later is rejected
until --confirm names its id.

  licseal renew --batch --register issued --issued-by old.key.pub \
    -t old.key.pub -k new.key --keep-expiry \
    --recorded-before checkpoint.txt -o reissued.ndjson`,
		Flags: append([]cli.Flag{
			keyFlag,
			passphraseFileFlag,
			trustFlag,
			&cli.StringFlag{Name: "extend", Usage: "expire this `LENGTH` of time after the old licence: +1y, +6mo, +90d or @month-end"},
			expiresFlag,
			&cli.StringFlag{Name: "created", Value: "today", Usage: "creation `DATE`: 2026-01-31, an RFC 3339 time, or today"},
			&cli.StringSliceFlag{Name: "set", KeepSpace: true, Usage: "set a field: `NAME=VALUE` (repeatable)"},
			unsetFlag,
			revocationsFlag,
			schemaFlag,
			oddIDFlag,
			shortTermFlag,
			&cli.BoolFlag{Name: "allow-shorten", Usage: "accept an expiry earlier than that of the old licence"},
			registerFlag, replaceFlag,
			&cli.BoolFlag{Name: "keep-expiry", Usage: "keep the expiry of the old licence"},
			outputFlag,
			forceFlag,
		}, batchRenewFlags()...),
		Action: renew,
	}
}

func renew(c *cli.Context) error {
	switch {
	case c.String("k") == "":
		return withHint(usagef("'licseal renew' needs a private key"), "licseal renew OLD --extend +1y -k vendor.key")
	case c.IsSet("extend") && c.IsSet("expires"):
		return withHint(usagef("--extend and --expires are mutually exclusive"), "--extend +1y counts from the old expiry, --expires +1y from today")
	case c.Bool("keep-expiry") && (c.IsSet("extend") || c.IsSet("expires")):
		return usagef("--keep-expiry excludes --extend and --expires")
	case !c.IsSet("expires") && !c.IsSet("extend") && !c.Bool("keep-expiry"):
		return withHint(usagef("'licseal renew' needs the new expiry"), "--extend +1y counts from the old expiry, --expires +1y from today")
	case c.IsSet("revocations") && !c.IsSet("t"):
		return usagef("--revocations needs the keys to verify the list with: -t KEYS")
	}
	if err := checkRenewBatch(c); err != nil {
		return err
	}
	if c.Bool("batch") {
		return renewBatch(c)
	}
	return renewOne(c)
}

func renewOne(c *cli.Context) error {
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
	old, err := oldLicense(file, rules, verifier)
	if err != nil {
		return err
	}
	payload, err := carryOut(c, plan, old.Payload, rules)
	if errors.As(err, new(*licseal.DateError)) && c.IsSet("extend") {
		err = withHint(err, "--expires +1y counts from today")
	}
	var gain string
	if err == nil {
		gain, err = compareExpiries(c, old.Payload, payload, rules.Roles())
	}
	if err != nil {
		return about(displayName(file), err)
	}
	check := func(lic *licseal.License) {
		if verifier != nil {
			warnRefused(lic, verifier)
		}
	}
	if err := issue(c, payload, register.Addition{Kind: register.Renewed, Roles: rules.Roles(), Old: old}, check); err != nil {
		return err
	}
	note("%s", gain)
	return nil
}

// compareExpiries returns a line with both expiries, and refuses to shorten a licence unless that is
// asked for. The dates of the new payload can be read.
func compareExpiries(c *cli.Context, old, renewed licseal.Payload, roles licseal.Roles) (string, error) {
	before, err := old.Period(roles, nil)
	after, newErr := renewed.Period(roles, nil)
	if err != nil || newErr != nil {
		return "the expiry of the old licence cannot be read, so the two were not compared", nil
	}
	was, is := before.NotAfter, after.NotAfter
	if is.Before(was) && !c.Bool("allow-shorten") {
		err := usagef("the new licence would expire at %s, %s earlier than the old one, at %s", instant(is), daysText(wholeDays(was, is)), instant(was))
		return "", withHint(err, "--allow-shorten signs it all the same; --extend +1y counts from the old expiry")
	}
	return fmt.Sprintf("expires at %s, %s; the old licence: %s", instant(is), gainText(was, is), instant(was)), nil
}

// gainText returns how much later a licence expires.
func gainText(was, is time.Time) string {
	switch {
	case is.Equal(was):
		return "at the same time"
	case is.Before(was):
		return daysText(wholeDays(was, is)) + " earlier"
	}
	return daysText(wholeDays(is, was)) + " later"
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

// oldLicense reads the licence to renew, and verifies it if v is not nil. Licences
// outside their validity period are renewed, too.
func oldLicense(file string, rules *schema.Schema, v *verify.Verifier) (*licseal.License, error) {
	data, err := readDocument(file, aLicence)
	if err != nil {
		return nil, about(displayName(file), err)
	}
	if v == nil {
		lic, err := licseal.ParseUnverified(data)
		if err != nil {
			return nil, about(displayName(file), err)
		}
		warn("%s was not verified; use -t KEYS to verify it before it is renewed", displayName(file))
		return lic, nil
	}
	report := v.Report(data)
	result := report.Result()
	switch report.Reason() {
	case "", licseal.ReasonExpired, licseal.ReasonNotYetValid:
		return result.License, nil
	}
	err = report.Err()
	if result != nil {
		err = hintSchema(err, rules, result.License.Payload)
	}
	return nil, about(displayName(file), err)
}
