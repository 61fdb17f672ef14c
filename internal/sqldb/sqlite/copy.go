package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/licseal/licseal/internal/sqldb"
)

// OpenCopy opens a file to read it, and changes neither it nor a log that it may have.
// If alone, the log is ignored.
func OpenCopy(ctx context.Context, path string, alone bool) (*sqldb.DB, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	options := url.Values{"mode": {"ro"}}
	if alone || size(absolute+"-wal") == 0 {
		options.Set("immutable", "1")
	}
	pool, err := sql.Open("sqlite", fileURL(absolute, options))
	if err == nil {
		if err = pool.PingContext(ctx); err != nil {
			pool.Close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("opening the database %s: %w", absolute, err)
	}
	return sqldb.New(pool, sqldb.SQLite), nil
}
