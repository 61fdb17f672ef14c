package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/adminview"
	"github.com/urfave/cli/v2"
)

func adminPushCommand() *cli.Command {
	return &cli.Command{
		Name:      "push",
		Usage:     "make a licence the active one, with the fewest calls",
		UsageText: "licseal admin push --url URL -t KEYS [flags] [FILE]",
		Description: `Does nothing if the licence is already active. Updates the record that holds it, or
one with the same key; otherwise adds a record. Prints how the licence differs from
the one that was active. A licence that is replaced or removed is saved in the
folder --backup; 'licseal admin put --as-is ID FILE' restores it.

--json prints one object: call (none, create or update), dry_run, id, updated_at,
was_active, changes[{pointer, a, b}], removed[], backups[].`,
		Flags: writeFlags(
			&cli.BoolFlag{Name: "dry-run", Usage: "print what would be done, and change nothing"},
			&cli.BoolFlag{Name: "prune", Usage: "delete all other licences"},
			backupFlag,
		),
		Action: adminPush,
	}
}

func adminPush(c *cli.Context) error {
	file, err := oneFile(c)
	if err != nil {
		return err
	}
	lic, err := judgedLicence(c, file)
	if err != nil {
		return err
	}
	rules, err := payloadSchema(c)
	if err != nil {
		return err
	}
	client, err := newAdminClient(c, alreadyJudged)
	if err != nil {
		return err
	}
	p := &adminview.Push{License: lic, DryRun: c.Bool("dry-run"), Roles: rules.Roles()}
	p.Plan, p.Active, err = client.Push(c.Context, lic.String(), admin.PushOptions{
		Roles: p.Roles, Prune: c.Bool("prune"), DryRun: p.DryRun,
		Backup: backupTo(c, &p.Backups),
	})
	if err != nil {
		return adminError(err)
	}
	if c.Bool("json") {
		return printJSON(c, p.JSON())
	}
	return show(c, p.Text())
}

var backupFlag = &cli.StringFlag{Name: "backup", Value: "licence-backup", Usage: "save what is replaced or deleted in the folder `DIR`", TakesFile: true, Category: writes}

// backupTo returns a func that saves licences in --backup, and adds the files to made
// unless that is nil.
func backupTo(c *cli.Context, made *[]string) func(admin.Record) error {
	return func(record admin.Record) error {
		path, err := backUp(c.String("backup"), record)
		if err == nil && made != nil && !slices.Contains(*made, path) {
			*made = append(*made, path)
		}
		return err
	}
}

// backUp saves a licence in a folder that only this user can read.
func backUp(dir string, record admin.Record) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(dir, fmt.Sprintf("%s-%d.json", filepath.Base(record.ID), record.UpdatedAt))
	err := createFile(path, []byte(record.Payload), 0o600)
	if errors.Is(err, fs.ErrExist) { // from an earlier attempt, which failed later
		if kept, readErr := os.ReadFile(path); readErr == nil && bytes.Equal(kept, []byte(record.Payload)) {
			return path, nil
		}
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return path, nil
}
