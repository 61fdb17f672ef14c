package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// Row reads the first row of a query into dest. On SQLite, the statement stays prepared.
// The error is sql.ErrNoRows if there is none.
//
// The context bounds the wait for a connection. On PostgreSQL, its deadline also bounds the
// query. On SQLite nothing does: nobody else keeps a reader waiting, and watching over it
// would take longer than reading a row.
func (db *DB) Row(ctx context.Context, query string, args []any, dest ...any) error {
	if db.row != nil {
		if err := db.rowOfDriver(ctx, query, args, dest...); !errors.Is(err, driver.ErrBadConn) {
			return err
		}
	}
	if db.Dialect != SQLite {
		return db.QueryRowContext(ctx, query, args...).Scan(dest...)
	}
	select {
	case db.readers <- struct{}{}:
		defer func() { <-db.readers }()
	case <-ctx.Done():
		return ctx.Err()
	}
	ctx = context.WithoutCancel(ctx)
	statement, err := db.prepared(ctx, query)
	if err != nil {
		return err
	}
	return statement.QueryRowContext(ctx, args...).Scan(dest...)
}

// rowOfDriver is Row without database/sql, which starts two goroutines for each query.
func (db *DB) rowOfDriver(ctx context.Context, query string, args []any, dest ...any) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	return conn.Raw(func(conn any) error { return db.row(conn, deadline, query, args, dest...) })
}

// prepared returns a prepared statement, which is kept.
func (db *DB) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if statement, ok := db.statements.Load(query); ok {
		return statement.(*sql.Stmt), nil
	}
	statement, err := db.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	kept, isKept := db.statements.LoadOrStore(query, statement)
	if isKept {
		statement.Close()
	}
	return kept.(*sql.Stmt), nil
}

// In returns a statement for a transaction. On SQLite, it stays prepared after it.
func (db *DB) In(ctx context.Context, tx *sql.Tx, query string) (*sql.Stmt, error) {
	if db.Dialect != SQLite {
		return tx.PrepareContext(ctx, query)
	}
	statement, err := db.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return tx.StmtContext(ctx, statement), nil
}
