package dump

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/licseal/licseal/internal/sqldb"
)

// Row is a row of a table. Its values are int64, string or nil.
type Row struct {
	Table   string
	Columns []string
	Values  []any
}

// Source is everything that licseald keeps in a database, or has kept in a dump.
type Source struct {
	// Migrations are how many migrations each store had.
	Migrations map[string]int

	// Rows are the rows of one table after the other. They may be read several times.
	// The last may come with an error: then the source is not whole.
	Rows iter.Seq2[Row, error]
}

// Counts are how many rows each table has.
type Counts map[string]int64

// ErrNoTables means that a database was never used by licseald.
var ErrNoTables = errors.New("it has no tables of licseald")

// Count reads a source to its end, and returns an error if it is not whole.
func (s Source) Count() (Counts, error) {
	counts := make(Counts)
	for row, err := range s.Rows {
		if err != nil {
			return nil, err
		}
		counts[row.Table]++
	}
	return counts, nil
}

// Snapshot calls f with a transaction that sees one state of the database, while others
// go on writing.
func Snapshot(ctx context.Context, db *sqldb.DB, f func(tx *sql.Tx) error) error {
	options := &sql.TxOptions{ReadOnly: true}
	if db.Dialect == sqldb.PostgreSQL {
		options.Isolation = sql.LevelRepeatableRead
	}
	tx, err := db.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return f(tx)
}

// Of returns what is in a database. The querier should be a transaction.
func Of(ctx context.Context, q querier, d sqldb.Dialect) (Source, error) {
	done, err := sqldb.Migrations(ctx, q, d)
	if err != nil {
		return Source{}, err
	}
	if done["licenses"] == 0 {
		return Source{}, ErrNoTables
	}
	return Source{done, func(yield func(Row, error) bool) {
		for _, t := range tables {
			if done[t.store] > 0 && !eachRow(ctx, q, t.query(d), t.name, yield) {
				return
			}
		}
	}}, nil
}

// query returns the query for all rows. Databases order texts in their own ways, unless
// they are asked for the order of their bytes.
func (t table) query(d sqldb.Dialect) string {
	columns := make([]string, len(t.keys))
	for i, k := range t.keys {
		columns[i] = k.column
		if k.isText && d == sqldb.PostgreSQL {
			columns[i] += ` COLLATE "C"`
		}
	}
	return fmt.Sprintf(`SELECT * FROM %s ORDER BY %s`, t.name, strings.Join(columns, ", "))
}

// eachRow yields the rows of a query. It returns false if that ended early.
func eachRow(ctx context.Context, q querier, query, table string, yield func(Row, error) bool) bool {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		yield(Row{}, err)
		return false
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		yield(Row{}, err)
		return false
	}
	for rows.Next() {
		row := Row{Table: table, Columns: columns, Values: make([]any, len(columns))}
		targets := make([]any, len(columns))
		for i := range targets {
			targets[i] = &row.Values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			yield(Row{}, err)
			return false
		}
		if !yield(row, nil) {
			return false
		}
	}
	if err := rows.Err(); err != nil {
		yield(Row{}, err)
		return false
	}
	return true
}
