// Package postgres opens PostgreSQL databases.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/licseal/licseal/internal/sqldb"
)

// Open opens the database that a URL (postgres://…) names and looks whether it
// answers. What the URL leaves out is taken from libpq's environment variables and
// password file, so that a password need not stand in it.
//
// An error never has the password.
func Open(ctx context.Context, url string) (*sqldb.DB, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, parseError(err)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 5 * time.Second
	}
	if _, ok := config.RuntimeParams["application_name"]; !ok {
		config.RuntimeParams["application_name"] = "licseal"
	}
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxConnections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := pool.PingContext(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("opening the database %s at %s: %w", config.Database, config.Host, err)
	}
	return sqldb.New(pool, sqldb.PostgreSQL), nil
}

// maxConnections leaves room for several processes in PostgreSQL's default of
// a hundred connections.
const maxConnections = 16

// parseError takes the connection string, which may hold a password, out of what
// pgx says of it.
func parseError(err error) error {
	if cause := errors.Unwrap(err); cause != nil {
		return fmt.Errorf("reading the address of the database: %v; write it as postgres://user@host/database", cause)
	}
	return errors.New("reading the address of the database: write it as postgres://user@host/database")
}
