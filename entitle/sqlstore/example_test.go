package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/entitle/sqlstore"
	_ "modernc.org/sqlite" // any driver will do
)

// A product brings the driver that it has. For SQLite, these settings let several
// processes share the file, and what is counted survive a loss of power.
func ExampleNew() {
	dir, err := os.MkdirTemp("", "usage")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	pool, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "usage.db")+
		"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	ctx := context.Background()
	store, err := sqlstore.New(ctx, sqlstore.NewDB(pool, sqlstore.SQLite))
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := license(900, time.Now())
	if err != nil {
		fmt.Println(err)
		return
	}
	guard, err := entitle.Open(ctx, entitle.Text(data), trusted, &entitle.Options{Store: store, Batch: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 3 {
		if err := guard.Use(ctx, "requests", 1); err != nil {
			fmt.Println(err)
		}
	}
	if err := guard.Close(); err != nil { // writes what is not yet written
		fmt.Println(err)
	}
	usage, err := store.Usage(ctx, entitle.Product())
	if err != nil {
		fmt.Println(err)
	}
	for _, u := range usage {
		fmt.Println(u.Name, u.Count)
	}
	// Output: requests 3
}
