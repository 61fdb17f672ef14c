// Package sqlite opens SQLite databases: one file, no server, no cgo.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/licseal/licseal/internal/sqldb"
	_ "modernc.org/sqlite" // the driver
)

// Open opens the database in a file, and makes the file, readable by nobody
// else, if there is none. The folder must be there. Next to the file SQLite keeps
// two more while it is open, with -wal and -shm at the end of their names.
//
// What is committed is on the disk, and survives a loss of power.
func Open(ctx context.Context, path string) (*sqldb.DB, error) {
	// SQLite would take some relative paths for something else: :memory:, //host/file.
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	if err := create(path); err != nil {
		return nil, fmt.Errorf("opening the database %s: %w", path, err)
	}
	pool, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return nil, fmt.Errorf("opening the database %s: %w", path, err)
	}
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxConnections)
	if err := ping(ctx, pool); err != nil {
		pool.Close()
		return nil, fmt.Errorf("opening the database %s: %w", path, err)
	}
	return sqldb.New(pool, sqldb.SQLite), nil
}

// switchTime is how long other processes may take to switch the file to its log.
const switchTime = 10 * time.Second

// ping makes the first connection. The first process of all switches the file to a
// write-ahead log, and SQLite does not wait for that: the others are told that the
// file is locked, and try again.
func ping(ctx context.Context, pool *sql.DB) error {
	for start := time.Now(); ; {
		err := pool.PingContext(ctx)
		if sqldb.KindOf(err) != sqldb.Conflict || time.Since(start) > switchTime {
			return err
		}
		select {
		case <-time.After(5*time.Millisecond + rand.N(20*time.Millisecond)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// maxConnections: one writes at a time, the others read meanwhile.
const maxConnections = 8

// create makes the file, so that it is nobody else's from its first moment:
// SQLite would give it the permissions that the umask leaves, and gives its other
// files those of this one.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		if _, noFolder := os.Stat(filepath.Dir(path)); errors.Is(noFolder, fs.ErrNotExist) {
			return fmt.Errorf("the folder %s does not exist", filepath.Dir(path))
		}
		return errors.Unwrap(err) // which has the path once more
	}
	return f.Close()
}

// dsn returns the driver's name for a file, with what every connection is set to.
func dsn(path string) string {
	options := url.Values{
		"_txlock": {"immediate"},
		"_pragma": {
			"busy_timeout(1000)", // first: the next one may meet another process; Tx tries again
			"journal_mode(WAL)",
			"synchronous(FULL)", // what is acknowledged is on the disk
			"foreign_keys(ON)",
			"trusted_schema(OFF)",
			"journal_size_limit(16777216)",
		},
	}
	file := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: options.Encode()}
	return file.String()
}
