package dump

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/licseal/licseal/internal/sqldb"
)

// Replace replaces everything that licseald keeps in a database by a source. The
// database must have all migrations. Until the transaction ends, others read what was
// there before, and nobody else writes. The first error of before, which is called with
// the database locked, ends it.
func Replace(ctx context.Context, tx *sql.Tx, d sqldb.Dialect, s Source, before func() error) (Counts, error) {
	have, err := sqldb.Migrations(ctx, tx, d)
	if err != nil {
		return nil, err
	}
	for store, n := range s.Migrations {
		if n > have[store] {
			return nil, fmt.Errorf("the backup was made by a newer version of this program, which has migration %d of %s", n, store)
		}
	}
	if err := lockTables(ctx, tx, d); err != nil {
		return nil, err
	}
	if err := before(); err != nil {
		return nil, err
	}
	enable, err := disableTriggers(ctx, tx, d)
	if err != nil {
		return nil, err
	}
	for _, t := range slices.Backward(tables) {
		if t.one {
			continue
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+t.name); err != nil {
			return nil, err
		}
	}
	counts, err := insertAll(ctx, tx, s)
	if err != nil {
		return nil, err
	}
	return counts, enable()
}

// lockTables keeps others from writing. A transaction on SQLite does so anyway.
func lockTables(ctx context.Context, tx *sql.Tx, d sqldb.Dialect) error {
	if d == sqldb.SQLite {
		return nil
	}
	for _, t := range tables {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(`LOCK TABLE %s IN EXCLUSIVE MODE`, t.name)); err != nil {
			return err
		}
	}
	return nil
}

// disableTriggers disables those that protect the history. The func that it returns
// enables them again; so does the end of a transaction that is rolled back.
func disableTriggers(ctx context.Context, tx *sql.Tx, d sqldb.Dialect) (enable func() error, err error) {
	var before, after []string
	for _, t := range tables {
		if d == sqldb.PostgreSQL {
			before = append(before, fmt.Sprintf(`ALTER TABLE %s DISABLE TRIGGER USER`, t.name))
			after = append(after, fmt.Sprintf(`ALTER TABLE %s ENABLE TRIGGER USER`, t.name))
			continue
		}
		names, texts, err := triggers(ctx, tx, t)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			before = append(before, `DROP TRIGGER `+name)
		}
		after = append(after, texts...)
	}
	if err := execAll(ctx, tx, before); err != nil {
		return nil, err
	}
	return func() error { return execAll(ctx, tx, after) }, nil
}

// triggers returns the triggers of a table in SQLite.
func triggers(ctx context.Context, tx *sql.Tx, t table) (names, texts []string, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = $1`, t.name)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, nil, err
		}
		names, texts = append(names, name), append(texts, text)
	}
	return names, texts, rows.Err()
}

func execAll(ctx context.Context, tx *sql.Tx, statements []string) error {
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// insertAll inserts all rows of a source.
func insertAll(ctx context.Context, tx *sql.Tx, s Source) (Counts, error) {
	counts := make(Counts)
	columns := make(map[string][]string) // by table
	for row, err := range s.Rows {
		if err != nil {
			return nil, err
		}
		t, ok := tableOf(row.Table)
		if !ok {
			return nil, fmt.Errorf("there is no table %q", row.Table)
		}
		if columns[t.name] == nil {
			if columns[t.name], err = columnsOf(ctx, tx, t); err != nil {
				return nil, err
			}
		}
		for _, column := range row.Columns {
			if !slices.Contains(columns[t.name], column) {
				return nil, fmt.Errorf("the table %s has no column %q", t.name, column)
			}
		}
		if t.one {
			row = row.withColumns(columns[t.name])
		}
		if _, err := tx.ExecContext(ctx, t.insert(row.Columns), row.Values...); err != nil {
			return nil, fmt.Errorf("row %d of %s: %w", counts[t.name]+1, t.name, err)
		}
		counts[t.name]++
	}
	for _, t := range tables {
		if t.one && counts[t.name] != 1 {
			return nil, fmt.Errorf("the backup has %d rows of %s instead of one", counts[t.name], t.name)
		}
	}
	return counts, nil
}

// withColumns adds those columns that a row lacks, as null. The one row of a table is
// changed, and must not keep what it had in columns that an older backup does not have.
func (r Row) withColumns(columns []string) Row {
	r.Columns, r.Values = slices.Clone(r.Columns), slices.Clone(r.Values)
	for _, column := range columns {
		if !slices.Contains(r.Columns, column) {
			r.Columns, r.Values = append(r.Columns, column), append(r.Values, nil)
		}
	}
	return r
}

func columnsOf(ctx context.Context, tx *sql.Tx, t table) ([]string, error) {
	rows, err := tx.QueryContext(ctx, `SELECT * FROM `+t.name+` LIMIT 0`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return rows.Columns()
}

// insert returns the statement that inserts a row of columns that the table has.
func (t table) insert(columns []string) string {
	places, changes := make([]string, len(columns)), make([]string, len(columns))
	for i, column := range columns {
		places[i] = fmt.Sprintf("$%d", i+1)
		changes[i] = fmt.Sprintf("%s = excluded.%s", column, column)
	}
	statement := fmt.Sprintf(`INSERT INTO %s (%s) VALUES (%s)`, t.name, strings.Join(columns, ", "), strings.Join(places, ", "))
	if t.one {
		statement += fmt.Sprintf(` ON CONFLICT (%s) DO UPDATE SET %s`, t.keys[0].column, strings.Join(changes, ", "))
	}
	return statement
}
