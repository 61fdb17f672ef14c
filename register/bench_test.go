package register_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/register"
)

// What one licence of a batch costs, with a share of a commit.
func BenchmarkAdd(b *testing.B) {
	dir := create(b)
	w, err := register.OpenWriter(context.Background(), dir, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	batch := w.NewBatch(register.BatchOptions{Kind: register.Issued, Key: signingKey.Public()})
	rows := make([]bulk.Row, 2048)
	for i := range rows {
		rows[i].License = license(b, fmt.Sprint(i), "2199-01-01")
		period, err := rows[i].License.Payload.Period(licseal.Roles{}, nil)
		if err != nil {
			b.Fatal(err)
		}
		rows[i].Period, rows[i].Payload = period, rows[i].License.Payload
	}
	n := 0
	for b.Loop() {
		row := &rows[n%len(rows)]
		if _, err := batch.Check(row); err != nil {
			b.Fatal(err)
		}
		if err := batch.Add(n+1, row); err != nil {
			b.Fatal(err)
		}
		if n++; n%len(rows) == 0 {
			if err := batch.Commit(); err != nil {
				b.Fatal(err)
			}
		}
	}
}
