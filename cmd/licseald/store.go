package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/licseal/licseal/admin/sqlstore"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/sqldb"
	"github.com/licseal/licseal/internal/sqldb/dump"
	"github.com/licseal/licseal/internal/sqldb/postgres"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/urfave/cli/v2"
)

// sqliteFile returns the file of a store that is one, and "" for others. The error is
// about a store of no known kind.
func sqliteFile(name string) (string, error) {
	if name == "sqlite::memory:" {
		return "", usagef("--store %s: use --ephemeral to keep licences in memory only", name)
	}
	if file, ok := strings.CutPrefix(name, "sqlite:"); ok && file != "" {
		return file, nil
	}
	if strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://") {
		return "", nil
	}
	return "", usagef("--store is neither sqlite:FILE nor postgres://USER@HOST/DATABASE")
}

// openDatabase opens what --store names. The options are for SQLite.
func openDatabase(ctx context.Context, name string, o sqlite.Options) (*sqldb.DB, error) {
	file, err := sqliteFile(name)
	if err != nil {
		return nil, err
	}
	if file == "" {
		return postgres.Open(ctx, name)
	}
	o.Empty = func(ctx context.Context, pool *sql.DB) (bool, error) { return dump.Empty(ctx, pool, sqldb.SQLite) }
	db, err := sqlite.OpenWith(ctx, file, o)
	return db, withRemedy(err, name)
}

// requireStore returns an error if a file is there, but is no store. It changes nothing,
// while opening the file would.
func requireStore(ctx context.Context, name string) error {
	file, err := sqliteFile(name)
	if err != nil || file == "" {
		return err
	}
	info, err := os.Stat(file)
	switch {
	case err != nil || info.Size() == 0:
		return nil // opening it says so, and changes nothing
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a store: it is not a file", file)
	}
	copied, err := sqlite.OpenCopy(ctx, file, false)
	if err != nil {
		return withRemedy(err, name)
	}
	defer copied.Close()
	stores, err := sqldb.Migrations(ctx, copied, sqldb.SQLite)
	switch {
	case sqldb.KindOf(err) == sqldb.Corrupt:
		return withRemedy(fmt.Errorf("reading %s: %w", file, err), name)
	case err == nil && stores["licenses"] == 0:
		return fmt.Errorf("%s is not a store of licseald", file)
	}
	return nil // or an error that opening it tells better
}

// warnOfPassword is for the action of --store.
func warnOfPassword(c *cli.Context, name string) error {
	if hasPassword(name) && c.Command.Name != c.App.Name { // the server has a log
		fmt.Fprintln(c.App.ErrWriter, "warning: "+passwordWarning)
	}
	return nil
}

const passwordWarning = "--store has a password, which others on this machine can see; use PGPASSWORD or ~/.pgpass"

func hasPassword(name string) bool {
	u, err := url.Parse(name)
	if err != nil {
		return strings.Contains(name, "password=")
	}
	_, set := u.User.Password()
	return set || u.Query().Has("password")
}

// waitForStore is openStore, and tries again for a while if a server does not answer yet.
func (s *server) waitForStore(ctx context.Context, name string, o sqlite.Options, limit time.Duration) (*sqldb.DB, *sqlstore.Store, error) {
	last := ""
	for start := time.Now(); ; {
		db, store, err := openStore(ctx, name, o)
		isServer := !strings.HasPrefix(name, "sqlite:")
		if !isServer || err == nil || errors.Is(err, postgres.ErrAddress) || time.Since(start) >= limit || ctx.Err() != nil || sqldb.KindOf(err) != sqldb.Unavailable {
			return db, store, err
		}
		if err.Error() != last {
			last = err.Error()
			s.log.Warn("waiting for the store", "error", last)
		}
		pause(ctx, time.Second)
	}
}

// withRemedy adds what to do about a database that is not what it was.
func withRemedy(err error, name string) error {
	switch {
	case errors.Is(err, sqlite.ErrForeignLog):
		file := strings.TrimPrefix(name, "sqlite:")
		err = fault.WithHint(err, "nothing was changed; this is what a copy that was put back after a crash looks like")
		err = fault.WithHint(err, "to use the copy: licseald restore --store %s %s", name, file)
		return fault.WithHint(err, "to use a backup: licseald restore --store %s BACKUP", name)
	case errors.Is(err, sqlite.ErrLost):
		err = fault.WithHint(err, "to use a backup: licseald restore --store %s BACKUP", name)
		return fault.WithHint(err, "to start with an empty store: licseald --new-store")
	case sqldb.KindOf(err) == sqldb.Corrupt:
		return fault.WithHint(err, "to use a backup: licseald restore --store %s BACKUP", name)
	case sqldb.KindOf(err) == sqldb.Denied:
		return fault.WithHint(err, "run 'licseald migrate' as the owner of the tables, and grant this role what docs/licseald.md lists")
	}
	return err
}

// openStore opens the database and the records in it.
func openStore(ctx context.Context, name string, o sqlite.Options) (*sqldb.DB, *sqlstore.Store, error) {
	db, err := openDatabase(ctx, name, o)
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlstore.New(ctx, db)
	if err != nil {
		db.Close()
		return nil, nil, withRemedy(fmt.Errorf("opening the store: %w", err), name)
	}
	return db, store, nil
}
