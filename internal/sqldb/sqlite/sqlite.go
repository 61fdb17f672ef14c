// Package sqlite opens SQLite databases: one file, no server, no cgo.
//
// A database FILE has up to four files next to it: FILE-wal and FILE-shm, which SQLite
// keeps while FILE is open; FILE.lock, which processes share while they have FILE open;
// and FILE-marker, which says what FILE is expected to be when it is opened again.
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

	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/filelock"
	"github.com/licseal/licseal/internal/sqldb"
	_ "modernc.org/sqlite" // the driver
)

// Options say how a database is opened. The zero value creates a missing file.
type Options struct {
	// Existing opens the file to read it: a missing one is an error.
	Existing bool

	// Empty reports whether nothing was ever stored in a database. It is called until
	// something was, and that is remembered in the marker: a database that is empty
	// later has been lost. If nil, an empty database is always accepted.
	Empty func(context.Context, *sql.DB) (bool, error)

	// New accepts that a database is empty that was not.
	New bool

	// Lock is the lock of the file, if the caller has it alone. The caller releases it
	// after it has closed the database.
	Lock *filelock.Lock
}

// Open opens the database in a file. If there is none, it creates the file, readable
// by nobody else. The folder must exist.
//
// What is committed is on the disk, and survives a loss of power. A commit after which
// the file or its log is no longer the one that was opened is an error that wraps
// sqldb.ErrReplaced.
//
// The errors are [ErrForeignLog] and [ErrLost] if the file is not what it was when it
// was last open. Then no file is changed.
func Open(ctx context.Context, path string) (*sqldb.DB, error) {
	return OpenWith(ctx, path, Options{})
}

// OpenWith is [Open] with options.
func OpenWith(ctx context.Context, path string, o Options) (*sqldb.DB, error) {
	// SQLite would take some relative paths for something else: :memory:, //host/file.
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	db, err := open(ctx, path, o)
	if err != nil {
		return nil, fmt.Errorf("opening the database %s: %w", path, err)
	}
	return db, nil
}

func open(ctx context.Context, path string, o Options) (*sqldb.DB, error) {
	f := &file{name: path, path: path, empty: o.Empty}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		f.path = target // where SQLite keeps the other files
	}
	if _, err := os.Stat(filepath.Dir(f.path)); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the folder %s does not exist", filepath.Dir(f.path))
	}
	if _, err := os.Stat(f.path + "-wal"); o.Existing && errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(f.path); err != nil {
			return nil, cause(err)
		}
	}
	if o.Lock == nil {
		lock, err := filelock.AcquireShared(ctx, f.path)
		if errors.Is(err, filelock.ErrHeld) {
			return nil, errors.New("the database is being restored")
		}
		if err != nil {
			return nil, err
		}
		f.lock = lock
	}
	if err := f.start(ctx, o); err != nil {
		f.release()
		return nil, err
	}
	return sqldb.NewGuarded(f.pool, sqldb.SQLite, f), nil
}

// newPool returns a pool of connections to a file, and makes the first of them.
func newPool(ctx context.Context, path string) (*sql.DB, error) {
	pool, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxConnections)
	if err := ping(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

// switchTime is how long other processes may take to switch the file to its log.
const switchTime = 10 * time.Second

// ping makes the first connection. The first process of all switches the file to a
// write-ahead log. SQLite does not wait for that: other processes get an error that the
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

// create creates the file, so that it is nobody else's from its first moment:
// SQLite would give it the permissions that the umask leaves, and gives its other
// files those of this one.
func create(path string) error {
	f, err := atomicfile.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return cause(err)
	}
	return f.Close()
}

// cause returns an error about a file without the name of the file.
func cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}

// dsn returns the driver's name for a file, with the settings of every connection.
func dsn(path string) string {
	return fileURL(path, url.Values{
		"_txlock": {"immediate"},
		"_pragma": {
			"busy_timeout(1000)", // first: the next one may meet another process; Tx tries again
			"journal_mode(WAL)",
			"synchronous(FULL)",     // what is acknowledged is on the disk
			"wal_autocheckpoint(0)", // only file.checkpoint moves the log into the file
			"foreign_keys(ON)",
			"trusted_schema(OFF)",
			"journal_size_limit(16777216)",
		},
	})
}

func fileURL(path string, options url.Values) string {
	file := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: options.Encode()}
	return file.String()
}
