package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/licseal/licseal/admin/sqlstore"
	"github.com/licseal/licseal/internal/sqldb"
	"github.com/licseal/licseal/internal/sqldb/postgres"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
)

// openDatabase opens what --store names.
func openDatabase(ctx context.Context, name string) (*sqldb.DB, error) {
	if name == "sqlite::memory:" {
		return nil, usagef("--store %s: use --ephemeral to keep licences in memory only", name)
	}
	if file, ok := strings.CutPrefix(name, "sqlite:"); ok && file != "" {
		return sqlite.Open(ctx, file)
	}
	if strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://") {
		return postgres.Open(ctx, name)
	}
	return nil, usagef("--store is neither sqlite:FILE nor postgres://USER@HOST/DATABASE")
}

// openStore opens the database and the records in it.
func openStore(ctx context.Context, name string) (*sqldb.DB, *sqlstore.Store, error) {
	db, err := openDatabase(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlstore.New(ctx, db)
	if err != nil {
		db.Close()
		return nil, nil, fmt.Errorf("opening the store: %w", err)
	}
	return db, store, nil
}
