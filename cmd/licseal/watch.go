package main

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

var (
	issuerFlag = &cli.StringFlag{Name: "issuer", Usage: "require a key of an `ISSUER`, such as *@vendor.example"}

	revocationsFlag = &cli.StringFlag{Name: "revocations", Usage: "refuse what is on the signed revocation list in `FILE`", TakesFile: true, Category: reads}

	maxListAgeFlag = &cli.StringFlag{Name: "max-list-age", Usage: "refuse a revocation list older than this `LENGTH` of time, such as 30d"}

	stateFlag = &cli.StringFlag{Name: "state", Usage: "record the latest time, list and chain of trust seen in `FILE`", TakesFile: true, Category: edits}

	maxClockSkewFlag = &cli.StringFlag{Name: "max-clock-skew", Usage: "tolerate a clock that is slow by this `LENGTH` of time (default: 24h)"}
)

// watch reads what a licence is compared with, other than its keys: a revocation list, the
// state, an issuer.
func (j *judge) watch(c *cli.Context) (err error) {
	path := c.String("revocations")
	switch {
	case c.IsSet("max-list-age") && path == "":
		return usagef("--max-list-age requires --revocations FILE")
	case c.IsSet("max-clock-skew") && path == "" && c.String("state") == "":
		return usagef("--max-clock-skew requires --state FILE or --revocations FILE")
	}
	j.options.Issuer, j.list, j.state = c.String("issuer"), path, c.String("state")
	if j.options.MaxListAge, err = lengthFlag(c, "max-list-age"); err != nil {
		return err
	}
	if j.options.MaxClockSkew, err = lengthFlag(c, "max-clock-skew"); err != nil {
		return err
	}
	if path != "" {
		if j.options.Revocations, err = loadRevocations(path, j.trusted); err != nil {
			return err
		}
	}
	if j.state != "" {
		return ofList(path, j.remember())
	}
	return nil
}

// remember compares the clock and the list with the state file, which records both unless
// --at is given.
func (j *judge) remember() error {
	options := &j.options
	m, err := state.Observe(j.state, options, j.chain)
	if err != nil || !options.At.IsZero() {
		return stateError(j.state, err)
	}
	options.Floor = m.Floor()
	if m.List.Generation > 0 && options.Revocations == nil {
		warn("%s has seen a revocation list (generation %d), but no list was given; revocation is not checked", j.state, m.List.Generation)
	}
	return nil
}

// stateError adds what to do about an error of a state file.
func stateError(path string, err error) error {
	var damaged *state.DamagedError
	var list *revoke.Error
	switch {
	case err == nil, errors.As(err, &list):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return withHint(about(path, errors.New("the state file does not exist")), "create it once: 'licseal state new %s'", path)
	case errors.As(err, &damaged):
		return withHint(about(path, err), "find out what happened to it; then delete it and run 'licseal state new %s'", path)
	}
	return hintTrust(hintClock(about(path, cause(err)), path))
}

// hintClock adds what to do about a clock that is wrong.
func hintClock(err error, statePath string) error {
	var clock *verify.ClockError
	if !errors.As(err, &clock) {
		return err
	}
	err = withHint(err, "set the clock of this machine")
	if statePath != "" && clock.Known == verify.KnownFromMemory {
		err = withHint(err, "if the clock is right and was fast before, run 'licseal state reset %s'", statePath)
	}
	if clock.Known == verify.KnownFromLicense {
		err = withHint(err, "if the clock is right, the licence is not meant to be used yet")
	}
	return err
}

// lengthFlag returns the length of time of a flag, 0 if it is not given. A length of zero is
// returned as the shortest one, because 0 stands for no flag.
func lengthFlag(c *cli.Context, name string) (time.Duration, error) {
	if c.String(name) == "" {
		return 0, nil
	}
	d, err := parseLength(c.String(name))
	if err != nil {
		return 0, flagError(name, err)
	}
	return max(d, 1), nil
}

func flagError(name string, err error) error {
	return usagef("--%s: %w", name, fault.Of(err).Err)
}

// loadRevocations reads and verifies a revocation list.
func loadRevocations(path string, trusted []licseal.TrustedKey) (*revoke.List, error) {
	data, err := readFile(path, revoke.MaxBytes)
	if err != nil {
		return nil, listError(path, err)
	}
	list, err := revoke.Verify(data, trusted)
	if err != nil {
		return nil, hintForged(path, listError(path, err))
	}
	return list, nil
}

// nameList names the revocation list in the refusal of a licence that is about the list.
func (j *judge) nameList(err error) error {
	if list := (*revoke.Error)(nil); errors.As(err, &list) {
		return fault.Because(licseal.ReasonRevocationList, fmt.Errorf("%s: %w", displayName(j.list), fault.Of(err).Err))
	}
	return err
}

// ofList names the file of the list in an error that is about one; nil stays nil.
func ofList(path string, err error) error {
	if list := (*revoke.Error)(nil); errors.As(err, &list) {
		return listError(path, err)
	}
	return err
}

// listError says that an error, of the file or of its text, is about a revocation list.
func listError(path string, err error) error {
	return fault.About(displayName(path), fault.Because(licseal.ReasonRevocationList, err))
}
