//go:build unix

package sqlstore_test

import (
	"path/filepath"
	"testing"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/entitle/sqlstore"
	"github.com/licseal/licseal/entitle/storetest"
	"github.com/licseal/licseal/internal/sqldb/postgres"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/licseal/licseal/internal/testenv/pgtest"
)

func newStore(t *testing.T, db *sqlstore.DB, err error) entitle.Store {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	store, err := sqlstore.New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestSQLite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "usage.db")
	storetest.Test(t, func(t *testing.T) entitle.Store {
		db, err := sqlite.Open(t.Context(), file)
		return newStore(t, db, err)
	})
}

func TestPostgreSQL(t *testing.T) {
	url := pgtest.Database(t)
	storetest.Test(t, func(t *testing.T) entitle.Store {
		db, err := postgres.Open(t.Context(), url)
		return newStore(t, db, err)
	})
}
