// Package postgres opens PostgreSQL databases.
package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/licseal/licseal/internal/sqldb"
)

// modeOption is the option of a URL that says how queries are sent.
const modeOption = "default_query_exec_mode"

// Open opens the database that a URL (postgres://…) names, and checks that it answers.
// What the URL leaves out is taken from libpq's environment variables and password file,
// so that it need not contain a password. Errors never contain the password.
//
// No statement is prepared, because a pooler such as PgBouncer may send the next query
// over another connection. The option default_query_exec_mode=cache_statement of the URL
// is for databases without a pooler.
func Open(ctx context.Context, url string) (*sqldb.DB, error) {
	config, err := configOf(url)
	if err != nil {
		return nil, err
	}
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxConnections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := pool.PingContext(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("opening the database %s at %s: %w", config.Database, config.Host, err)
	}
	return sqldb.NewWithRow(pool, sqldb.PostgreSQL, row), nil
}

// configOf returns what a URL says, with defaults for what it leaves out.
func configOf(url string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, parseError(err)
	}
	if !strings.Contains(url, modeOption) {
		config.DefaultQueryExecMode = pgx.QueryExecModeExec
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 5 * time.Second
	}
	if _, ok := config.RuntimeParams["application_name"]; !ok {
		config.RuntimeParams["application_name"] = "licseal"
	}
	return config, nil
}

// row is a sqldb.RowFunc. The deadline is that of the socket, so that no goroutine has to
// watch over a context. When it has passed, pgx closes the connection and asks the server
// to cancel the query.
func row(conn any, deadline time.Time, query string, args []any, dest ...any) error {
	c := conn.(*stdlib.Conn).Conn()
	socket := c.PgConn().Conn()
	if err := socket.SetDeadline(deadline); err != nil {
		return driver.ErrBadConn
	}
	err := c.QueryRow(context.Background(), query, args...).Scan(dest...)
	if pgconn.SafeToRetry(err) {
		return driver.ErrBadConn
	}
	if !c.IsClosed() {
		socket.SetDeadline(time.Time{}) // if that fails, so does the next use
	}
	return err
}

// ErrAddress is in the error about a URL that is not one of a database.
var ErrAddress = errors.New("reading the address of the database")

// maxConnections leaves room for several processes in PostgreSQL's default of
// a hundred connections.
const maxConnections = 16

// parseError removes the connection string, which may contain a password, from an error
// of pgx.
func parseError(err error) error {
	if cause := errors.Unwrap(err); cause != nil {
		return fmt.Errorf("%w: %v; write it as postgres://user@host/database", ErrAddress, cause)
	}
	return fmt.Errorf("%w: write it as postgres://user@host/database", ErrAddress)
}
