package bulk

import (
	"crypto/ed25519"
	"sync/atomic"

	"github.com/licseal/licseal/internal/ed25519table"
)

const (
	// maxTables bounds how many trusted keys get a table of half a megabyte:
	// the first in the list. The others are verified by the standard library.
	maxTables = 32

	// worthATable is how many signatures one key must have been tried on
	// before its table is made. A table costs about 30 verifications, as does,
	// once, that of the generator; each use of it saves 0.8.
	worthATable = 64
)

// keyTable is the table of a trusted key, which is made once it will pay.
type keyTable struct {
	public ed25519.PublicKey // nil if it never gets one
	tried  atomic.Int64
	begun  atomic.Bool
	table  atomic.Pointer[ed25519table.Key]
}

// get returns the table to try n more signatures on, or nil while there is none. The
// caller who finds it worth its while makes it; the others do not wait for that.
func (t *keyTable) get(n int) *ed25519table.Key {
	if t.public == nil {
		return nil
	}
	if table := t.table.Load(); table != nil {
		return table
	}
	if t.tried.Add(int64(n)) <= worthATable || !t.begun.CompareAndSwap(false, true) {
		return nil
	}
	table := ed25519table.New(t.public)
	t.table.Store(table)
	return table
}
