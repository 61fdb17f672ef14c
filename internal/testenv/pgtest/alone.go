//go:build unix

package pgtest

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/licseal/licseal/internal/testenv"
)

// WaitAlone waits until nobody else is connected to a database: until what processes had
// begun that were killed is carried out or undone.
func WaitAlone(t testing.TB, databaseURL string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testenv.Patience)
	defer cancel()
	pool, err := sql.Open("pgx", databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	for others := 1; others > 0; time.Sleep(5 * time.Millisecond) {
		if err := pool.QueryRowContext(ctx, `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`).Scan(&others); err != nil {
			t.Fatalf("others are still connected: %v", err)
		}
	}
}
