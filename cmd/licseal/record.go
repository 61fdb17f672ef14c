package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/register"
	"github.com/urfave/cli/v2"
)

// registerFlag names the register in which a command records licences, or reads them.
var registerFlag = &cli.StringFlag{Name: "register", Usage: "the register of everything issued, the folder `DIR` ('none' for no register)", TakesFile: true, Category: edits}

// replaceFlag accepts a second licence of an id.
var replaceFlag = &cli.BoolFlag{Name: "replace", Usage: "with a register: accept an id whose licence is still alive, and replace that one"}

// hasRegister reports whether the command records licences.
func hasRegister(c *cli.Context) bool {
	return c.String("register") != "" && c.String("register") != noRegister
}

// noRegister stands for no register, where the profile names one.
const noRegister = "none"

// openWriter opens the register of --register for appending.
func openWriter(c *cli.Context) (*register.Writer, error) {
	dir := c.String("register")
	if err := outsideRegister(c, dir); err != nil {
		return nil, err
	}
	w, err := register.OpenWriter(c.Context, dir, now)
	return w, registerError(dir, err)
}

// outsideRegister refuses to write a result into the folder of the register.
func outsideRegister(c *cli.Context, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	for _, f := range filesOf(c) {
		path, err := filepath.Abs(f.path)
		if err == nil && f.flag != "--register" && f.isWritten() && strings.HasPrefix(path, dir+string(filepath.Separator)) {
			return usagef("%s is in the folder of the register", f)
		}
	}
	return nil
}

// registerError adds the folder and a hint to an error of a register.
func registerError(dir string, err error) error {
	var alive *register.AliveError
	var damaged *register.DamagedError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled): // which says nothing about the register
		return about(dir, errors.New("interrupted"))
	case errors.As(err, &alive):
		err = fault.Because(licseal.ReasonRequirement, err)
		err = withHint(err, "--replace signs it all the same, and records that it replaces the other one")
		return withHint(err, "'licseal register show --register %s %s' shows the other one", dir, alive.ID)
	case errors.As(err, new(*register.RevokedError)):
		return withHint(fault.Because(licseal.ReasonRevoked, err), "'licseal revoke remove' takes the id off the list")
	case errors.Is(err, register.ErrLocked):
		return withHint(about(dir, err), "only one can write at a time; wait until the other one ends")
	case errors.Is(err, register.ErrNoRegister):
		return withHint(about(dir, err), "'licseal register new %s' makes one", dir)
	case errors.As(err, &damaged), errors.As(err, new(*register.EntryError)), errors.As(err, new(*register.FileError)):
		return withHint(about(dir, err), "continue from a copy: 'licseal register new --help'")
	}
	return about(dir, err)
}

// record records a licence, before it leaves. It does nothing without a register.
func record(c *cli.Context, a register.Addition) error {
	if !hasRegister(c) {
		return nil
	}
	if err := checkResult(c); err != nil {
		return err
	}
	w, err := openWriter(c)
	if err != nil {
		return err
	}
	a.Plan, a.Replace = c.String("plan"), c.Bool("replace")
	_, err = w.Add(&a)
	if err == nil {
		err = w.Commit()
	}
	return registerError(c.String("register"), errors.Join(err, w.Close()))
}

// checkResult refuses what [writeResult] would refuse, before a licence is recorded.
func checkResult(c *cli.Context) error {
	path := c.String("o")
	if path == "" || path == "-" {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return about(path, errIsDir)
	case err == nil && info.Mode().IsRegular() && !c.Bool("force"):
		return about(path, withHint(errors.New("the file exists, and was kept"), "--force overwrites it"))
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return about(path, noFolder(path, err))
	}
	return nil
}

// recordedHint adds to the error of writing a licence that it is recorded.
func recordedHint(c *cli.Context, p licseal.Payload, roles licseal.Roles, err error) error {
	id, ok := p.ID(roles)
	if err == nil || !hasRegister(c) || !ok {
		return err
	}
	return withHint(err, "the licence is in the register; 'licseal register show --register %s --newest %s' prints it", c.String("register"), text.Escape(id))
}

// knownToRegister refuses ids that no licence in the register has, unless --unknown is
// given.
func knownToRegister(c *cli.Context, ids []string) error {
	if !hasRegister(c) || c.Bool("unknown") || len(ids) == 0 {
		return nil
	}
	r, err := register.Open(c.String("register"))
	if err != nil {
		return registerError(c.String("register"), err)
	}
	unknown, err := r.Unknown(ids)
	if err != nil {
		return registerError(r.Dir(), err)
	}
	if len(unknown) == 0 {
		return nil
	}
	err = withHint(unknownID(r, unknown[0]), "--unknown revokes it all the same")
	if more := len(unknown) - 1; more > 0 {
		err = withHint(err, "and %s", plural(more, "more id"))
	}
	return err
}

// recordMarks records that licences and signing keys were put on a revocation list, or
// taken off it. like has what they have in common.
func recordMarks(c *cli.Context, ids, signers []string, like register.Mark) error {
	if !hasRegister(c) {
		return nil
	}
	w, err := openWriter(c)
	if err != nil {
		return err
	}
	key, license := like, like
	license.CreatedAfter = time.Time{} // it is about keys
	for _, license.ID = range ids {
		err = errors.Join(err, w.Mark(license))
	}
	for _, key.SigningKey = range signers {
		err = errors.Join(err, w.Mark(key))
	}
	if err == nil {
		err = w.Commit()
	}
	return registerError(c.String("register"), errors.Join(err, w.Close()))
}
