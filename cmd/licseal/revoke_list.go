package main

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/licseal/licseal/internal/profile"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

// listFlag holds the list that the environment or the profile names, for a command line
// that does not name one.
var listFlag = &cli.StringFlag{Name: "list", Usage: "the list, `FILE`", Hidden: true, TakesFile: true, Category: edits}

// namesList reports whether the first argument of a command of 'licseal revoke' is the
// file of the list. If ids may follow, it is if the file exists, or could be no id.
func namesList(c *cli.Context) bool {
	first := c.Args().First()
	if name := c.Command.Name; first == "" || name == "new" || name == "renew" {
		return first != ""
	}
	_, err := os.Stat(first)
	return err == nil || first == "-" || strings.ContainsAny(first, `/\`) || filepath.Ext(first) == ".json"
}

// listAndIDs returns the list that a command takes, and the ids after it.
func listAndIDs(c *cli.Context) (path string, ids []string, err error) {
	if c.IsSet("list") {
		return c.String("list"), c.Args().Slice(), nil
	}
	path = c.Args().First()
	switch {
	case path == "":
		return "", nil, usagef("'licseal revoke %s' needs the file of the list", c.Command.Name)
	case path == "-" && c.Command.Name != "show":
		return "", nil, usagef("'licseal revoke %s' needs a file, not standard input", c.Command.Name)
	}
	return path, c.Args().Tail(), nil
}

func onlyList(c *cli.Context) (string, error) {
	path, ids, err := listAndIDs(c)
	if err == nil && len(ids) > 0 {
		err = usagef("'licseal revoke %s' takes one file, the list, not %d", c.Command.Name, c.NArg())
	}
	return path, err
}

// listTimes returns when a list is issued, now, and when the next one is due.
func listTimes(c *cli.Context) (issued, next time.Time, err error) {
	length, err := lengthFlag(c, "next-update")
	if err == nil && length < time.Second {
		err = usagef("--next-update: the shortest length is one second")
	}
	issued = now().UTC().Truncate(time.Second)
	return issued, issued.Add(length), err
}

// observeList has the list of an approved profile remembered, so that an older one
// cannot take its place.
func observeList(c *cli.Context, path string, data []byte) error {
	s := settingsOf(c)
	if s.approval == nil || !s.fromProfile("list") {
		return nil
	}
	trusted, err := loadTrusted(c)
	if err != nil {
		return err
	}
	list, err := revoke.Verify(data, trusted)
	if err != nil {
		return hintForged(path, listError(path, err))
	}
	memory := profile.UserStore().StateFile(s.profile.Path)
	_, err = state.Observe(memory, &verify.Options{Clock: now, Revocations: list}, nil)
	return ofList(path, stateError(memory, err))
}
