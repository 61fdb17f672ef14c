package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/licseal/licseal/admin/sqlstore"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/sqldb"
	"github.com/licseal/licseal/internal/sqldb/dump"
	"github.com/licseal/licseal/internal/sqldb/postgres"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
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
