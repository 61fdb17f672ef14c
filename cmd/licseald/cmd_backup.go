package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/sqldb"
	"github.com/licseal/licseal/internal/sqldb/dump"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/urfave/cli/v2"
)

func backupCommand() *cli.Command {
	return &cli.Command{
		Name:      "backup",
		Usage:     "write everything in a store to a file, while servers use it",
		UsageText: "licseald backup [--store STORE] FILE",
		Description: `The records, the history and the usage of entitlements are written as one state of
the store, with a checksum. 'licseald restore' brings them into any store, SQLite or
PostgreSQL. FILE must not exist; - is standard output. For PostgreSQL, a role that may
only SELECT is enough.`,
		Flags:  []cli.Flag{storeFlag()},
		Action: backUp,
	}
}

func backUp(c *cli.Context) error {
	path, err := oneFile(c)
	if err != nil {
		return err
	}
	if err := requireStore(c.Context, c.String("store")); err != nil {
		return err
	}
	db, err := openDatabase(c.Context, c.String("store"), sqlite.Options{Existing: true})
	if err != nil {
		return err
	}
	defer db.Close()
	var counts dump.Counts
	err = dump.Snapshot(c.Context, db, func(tx *sql.Tx) error {
		source, err := dump.Of(c.Context, tx, db.Dialect)
		if err != nil {
			return err
		}
		counts, err = writeBackup(path, c.App.Writer, source, db.Dialect)
		return err
	})
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s exists already and was not replaced", path)
	case err != nil:
		return withRemedy(fmt.Errorf("backing up the store: %w", err), c.String("store"))
	}
	_, err = fmt.Fprintf(c.App.ErrWriter, "backed up to %s: %s\n", path, describe(counts))
	return err
}

// oneFile returns the only argument of a command.
func oneFile(c *cli.Context) (string, error) {
	switch c.NArg() {
	case 0:
		return "", usagef("FILE is missing")
	case 1:
		if c.Args().First() == "" {
			return "", usagef("FILE is empty")
		}
		return c.Args().First(), noEmptyFlags(c)
	}
	return "", usagef("unexpected argument %q; put flags before FILE", c.Args().Get(1))
}

// writeBackup writes a source to a new file, or to standard output if path is "-".
func writeBackup(path string, stdout io.Writer, s dump.Source, d sqldb.Dialect) (counts dump.Counts, err error) {
	write := func(w io.Writer) error {
		counts, err = dump.Write(w, s, time.Now(), d.String())
		return err
	}
	if path == "-" {
		err = write(stdout)
		return counts, err
	}
	err = atomicfile.CreateWith(path, 0o600, write)
	return counts, err
}

// describe says what a store has.
func describe(c dump.Counts) string {
	return fmt.Sprintf("licences: %d, changes in the history: %d", c["licenses"], c["licenses_history"])
}

// backUpBefore writes what is in a store to a new file, before it is replaced.
func backUpBefore(ctx context.Context, tx *sql.Tx, d sqldb.Dialect, path string) error {
	source, err := dump.Of(ctx, tx, d)
	if err != nil {
		return err
	}
	if _, err = writeBackup(path, nil, source, d); err != nil {
		return fmt.Errorf("backing up the store to %s: %w", path, err)
	}
	return nil
}
