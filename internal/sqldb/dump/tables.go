// Package dump reads and replaces everything that licseald keeps in a database, whatever
// the dialect. It writes dumps: text files that can be restored into any database.
package dump

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/licseal/licseal/internal/sqldb"
)

// table is a table that is dumped. The columns are those that the database has.
type table struct {
	name  string
	store string // the name under which it is migrated
	keys  []key  // the primary key, by which rows are ordered
	one   bool   // it has one row, which writers lock; the row is changed, never removed
}

type key struct {
	column string
	isText bool
}

// tables are all of them, in the order in which their writers lock them.
var tables = []table{
	{name: "licenses_clock", store: "licenses", keys: []key{{"one", false}}, one: true},
	{name: "licenses", store: "licenses", keys: []key{{"id", true}}},
	{name: "licenses_history", store: "licenses", keys: []key{{"number", false}}},
	{name: "entitle_installations", store: "entitle", keys: []key{{"installation", true}}},
	{name: "entitle_writers", store: "entitle", keys: []key{{"installation", true}, {"writer", true}}},
	{name: "entitle_usage", store: "entitle", keys: []key{{"installation", true}, {"month", true}, {"name", true}}},
	{name: "entitle_levels", store: "entitle", keys: []key{{"installation", true}, {"name", true}}},
	{name: "entitle_leases", store: "entitle", keys: []key{{"installation", true}, {"name", true}, {"holder", true}}},
	{name: "entitle_keys", store: "entitle", keys: []key{{"installation", true}, {"once", true}}},
	{name: "entitle_seats", store: "entitle", keys: []key{{"installation", true}, {"fingerprint", true}, {"writer", true}}},
}

func tableOf(name string) (table, bool) {
	for _, t := range tables {
		if t.name == name {
			return t, true
		}
	}
	return table{}, false
}

// querier is a pool, a connection or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Empty reports whether nothing was ever stored in a database.
func Empty(ctx context.Context, q querier, d sqldb.Dialect) (bool, error) {
	done, err := sqldb.Migrations(ctx, q, d)
	if err != nil {
		return false, err
	}
	for _, t := range tables {
		if done[t.store] == 0 || t.one {
			continue
		}
		var filled bool
		if err := q.QueryRowContext(ctx, fmt.Sprintf(`SELECT EXISTS (SELECT 1 FROM %s)`, t.name)).Scan(&filled); err != nil || filled {
			return false, err
		}
	}
	return true, nil
}
