package main

import (
	"errors"
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
	issuerFlag = &cli.StringFlag{Name: "issuer", Usage: "require a key whose issuer matches `PATTERN`, as *@vendor.example"}

	revocationsFlag = &cli.StringFlag{Name: "revocations", Usage: "refuse what the signed revocation list in `FILE` names", TakesFile: true, Category: reads}

	maxListAgeFlag = &cli.StringFlag{Name: "max-list-age", Usage: "refuse a revocation list that was issued more than this `LENGTH` of time ago, as 30d"}

	stateFlag = &cli.StringFlag{Name: "state", Usage: "remember in `FILE` the latest time and the newest revocation list seen", TakesFile: true, Category: edits}

	maxClockSkewFlag = &cli.StringFlag{Name: "max-clock-skew", Usage: "let the clock be behind what was seen by this `LENGTH` of time (default: 24h)"}
)

// watch takes what verify is asked to hold a licence against beside its keys: a
// revocation list, the clock, an issuer.
func (j *judge) watch(c *cli.Context) (err error) {
	path := c.String("revocations")
	switch {
	case c.IsSet("max-list-age") && path == "":
		return usagef("--max-list-age needs the list: --revocations FILE")
	case c.IsSet("max-clock-skew") && path == "" && c.String("state") == "":
		return usagef("--max-clock-skew needs something to hold the clock against: --state FILE or --revocations FILE")
	}
	j.options.Issuer, j.state = c.String("issuer"), c.String("state")
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

// checkList refuses a revocation list that cannot be used now, once and not for each
// licence.
func (j *judge) checkList(path string) error {
	return hintClock(ofList(path, j.CheckList()), j.state)
}

// remember holds the list against what the state file remembers, and writes there
// what is new. A time that was chosen with --at is no clock: the file is read for
// the list alone, and not written.
func (j *judge) remember() (err error) {
	options := &j.options
	var m *verify.Memory
	if options.At.IsZero() {
		m, err = state.Update(j.state, j.observe)
	} else if m, err = state.Read(j.state); err == nil {
		err = j.observe(m)
	}
	if err != nil || !options.At.IsZero() {
		return stateError(j.state, err)
	}
	options.Floor = m.Floor()
	if m.List.Generation > 0 && options.Revocations == nil {
		warn("%s has seen a revocation list, of generation %d, and none was given: nothing is revoked", j.state, m.List.Generation)
	}
	return nil
}

// observe remembers the clock and the list. A list that was issued ahead of the
// clock is not remembered, and no error yet: each licence is held against its issue
// after it was looked up in the list.
func (j *judge) observe(m *verify.Memory) error {
	err := m.Observe(time.Now(), j.options.Revocations, j.options.MaxClockSkew)
	if errors.As(err, new(*verify.ClockError)) {
		return nil
	}
	return err
}

// stateError says what is to be done about an error of a state file.
func stateError(path string, err error) error {
	var damaged *state.DamagedError
	var list *revoke.Error
	switch {
	case err == nil, errors.As(err, &list):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return withHint(about(path, errors.New("there is no such state file")), "'licseal state new %s' makes it, once", path)
	case errors.As(err, &damaged):
		return withHint(about(path, err), "find out what happened to it; then remove it, and 'licseal state new %s' starts anew", path)
	}
	return hintClock(about(path, cause(err)), path)
}

// hintClock says what to do about a clock that is wrong.
func hintClock(err error, statePath string) error {
	var clock *verify.ClockError
	if !errors.As(err, &clock) {
		return err
	}
	err = withHint(err, "set the clock of this machine")
	if statePath != "" && clock.Known == verify.KnownFromMemory {
		err = withHint(err, "if it is right now and was ahead before, 'licseal state reset %s' forgets the later time", statePath)
	}
	if clock.Known == verify.KnownFromLicense {
		err = withHint(err, "if the clock is right, the licence is made to begin later")
	}
	return err
}

// lengthFlag returns the length of time that a flag gives, or 0. Where a length
// of zero was given it is the shortest one, because zero stands for no flag.
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

// loadRevocations reads a revocation list and verifies it. Whatever is wrong with
// it, no licence was judged.
func loadRevocations(path string, trusted []licseal.TrustedKey) (*revoke.List, error) {
	data, err := readFile(path, revoke.MaxBytes)
	if err != nil {
		return nil, listError(path, err)
	}
	list, err := revoke.Verify(data, trusted)
	if err != nil {
		return nil, listError(path, err)
	}
	return list, nil
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
