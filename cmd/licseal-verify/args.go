package main

import (
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/internal/timespan"
)

// helpText is a Line, since it is the program's own.
var helpText = text.Sprintf(`licseal-verify: verify licences, offline

usage: licseal-verify -t KEYS [flags] [FILE…]
       licseal-verify --trust-root TRUST [--trust-chain CHAIN] [flags] [FILE…]
       licseal-verify --new-state STATE

Judges each licence by signature, revocation and dates, as 'licseal verify'
does, and ends with the exit code of the first that is refused. It knows no
schemas: no other field is judged.

  -t KEYS               a file of trusted public keys (repeatable)
  --trust-root TRUST    trust the chain that begins with the document in this
                        file, or SHA256:… of it
  --trust-chain CHAIN   follow the chain of trust in this file
  --at TIME             judge as of a date or an RFC 3339 time (default: now)
  --grace LENGTH        accept a licence for this long after it expires, as 30d
  --issuer PATTERN      require a key whose issuer matches, as *@vendor.example
  --revocations LIST    refuse what is on the revocation list in this file
  --max-list-age LENGTH refuse a revocation list older than this
  --state STATE         record the latest time, list and chain seen in this file
  --max-clock-skew LENGTH
                        tolerate a clock that is slow by this (default: 24h)
  --id POINTER          the member that is the licence's id, as /license_key
  --not-before POINTER  the member that is its creation date
  --not-after POINTER   the member that is its expiration date
  --grace-days POINTER  the member that grants a grace, in days
  --json                print a JSON object a line for each licence
  --new-state STATE     create the file for --state, once
  --version             print the version, and what the program was built from
  --help

Without the pointers, a licence is read as Kong's, or by the names of its dates
if it has not Kong's. '-' or no FILE is standard input.

exit codes: 0 accepted, 1 could not be done, 2 wrong usage, 3 not a licence, 4 a
date or the id is missing or wrong, 5 no trusted key made this signature, 6 not
yet valid, 7 expired, 8 revoked, 9 another issuer`)

// options is what a command line says.
type options struct {
	files, keys                []string
	trustRoot, trustChain      string
	issuer, revocations, state string
	newState                   string
	roles                      licseal.Roles
	at                         time.Time
	grace, maxListAge, maxSkew time.Duration
	json, help, chosenAt       bool
	version                    bool
}

// parseArgs reads a command line. Flags and files may come in any order; a flag is given
// once, unless it is repeatable.
func parseArgs(args []string) (*options, error) {
	o := new(options)
	seen := map[string]bool{}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			o.files = append(o.files, args...)
			args = nil
			continue
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			o.files = append(o.files, arg)
			continue
		}
		name, value, hasValue := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
		if seen[name] && name != "t" {
			return nil, fault.Usage("--%s is given twice", name)
		}
		seen[name] = true
		if set := o.switchOf(name); set != nil && !hasValue {
			*set = true
			continue
		}
		if !hasValue && len(args) > 0 {
			value, hasValue, args = args[0], true, args[1:]
		}
		if err := o.set(name, value); err != nil {
			return nil, err
		}
		if !hasValue || value == "" {
			return nil, fault.Usage("--%s needs a value", name)
		}
	}
	if len(o.files) == 0 && o.newState == "" && !o.version {
		o.files = []string{"-"}
	}
	return o, o.check()
}

// switchOf returns what a flag without a value sets, or nil.
func (o *options) switchOf(name string) *bool {
	return map[string]*bool{"json": &o.json, "help": &o.help, "h": &o.help, "version": &o.version}[name]
}

func (o *options) set(name, value string) (err error) {
	switch name {
	case "t":
		o.keys = append(o.keys, value)
		return nil
	case "at":
		o.at, err = licseal.ParseDate(value, nil)
		if err != nil || o.at.IsZero() {
			return fault.Usage("--at %q is not a time; write it as 2027-12-31 or 2027-12-31T12:00:00Z", value)
		}
		o.chosenAt = true
		return nil
	case "grace":
		return setLength(&o.grace, name, value, 0)
	case "max-list-age": // a length of zero is the shortest one: 0 is no flag
		return setLength(&o.maxListAge, name, value, 1)
	case "max-clock-skew":
		return setLength(&o.maxSkew, name, value, 1)
	}
	to := map[string]*string{
		"trust-root": &o.trustRoot, "trust-chain": &o.trustChain, "issuer": &o.issuer, "revocations": &o.revocations,
		"state": &o.state, "new-state": &o.newState, "id": &o.roles.ID, "not-before": &o.roles.NotBefore,
		"not-after": &o.roles.NotAfter, "grace-days": &o.roles.GraceDays,
	}[name]
	if to == nil {
		return fault.Usage("unknown flag --%s; 'licseal-verify --help' lists them", name)
	}
	*to = value
	return nil
}

func setLength(to *time.Duration, name, value string, least time.Duration) error {
	d, err := timespan.Parse(value)
	if err != nil {
		return fault.Usage("--%s: %w", name, err)
	}
	*to = max(d, least)
	return nil
}

// check refuses flags that do not go together.
func (o *options) check() error {
	stdin := 0
	for _, name := range append([]string{o.revocations, o.trustRoot, o.trustChain}, append(o.keys, o.files...)...) {
		if name == "-" {
			stdin++
		}
	}
	for _, pointer := range []string{o.roles.ID, o.roles.NotBefore, o.roles.NotAfter, o.roles.GraceDays} {
		if pointer != "" && pointer[0] != '/' {
			return fault.Usage("%q is not a JSON Pointer, such as /license_key", pointer)
		}
	}
	switch {
	case o.version && len(o.files) > 0:
		return fault.Usage("--version takes no files")
	case o.help || o.version || o.newState != "":
		return nil
	case stdin > 1:
		return fault.Usage("standard input can be read only once, but is named %d times; a missing FILE counts, too", stdin)
	case o.trustChain != "" && o.trustRoot == "":
		return fault.Usage("--trust-chain requires --trust-root")
	case o.trustRoot != "" && len(o.keys) > 0:
		return fault.Usage("-t and --trust-root are mutually exclusive")
	case o.trustRoot == "" && len(o.keys) == 0:
		return fault.WithHint(fault.Usage("'licseal-verify' needs the public keys to trust"), "licseal-verify -t vendor.key.pub FILE")
	case o.maxListAge > 0 && o.revocations == "":
		return fault.Usage("--max-list-age requires --revocations FILE")
	case o.maxSkew > 0 && o.revocations == "" && o.state == "":
		return fault.Usage("--max-clock-skew requires --state FILE or --revocations FILE")
	}
	return nil
}
