package bulk

import (
	"crypto/ed25519"
	"sync/atomic"

	"github.com/licseal/licseal/internal/ed25519table"
	"github.com/licseal/licseal/internal/sig"
)

const (
	// maxTables bounds how many trusted keys get a table of half a megabyte:
	// the first in the list. The others are verified by the standard library.
	maxTables = 32

	// worthATable is how many signatures one key must have been tried on
	// before its table is made. A table costs about 30 verifications, and so
	// does, once, that of the generator; each use of it saves 0.8.
	worthATable = 64
)

// keyTables are the tables of the trusted keys, by public key. The map does not
// change.
type keyTables map[string]*keyTable

// keyTable is the table of one key, which is made once it pays.
type keyTable struct {
	tried atomic.Int64
	begun atomic.Bool
	table atomic.Pointer[ed25519table.Key]
}

// verify is what [sig.NewTables] asks for.
func (t keyTables) verify(key ed25519.PublicKey, batch []sig.Signed) bool {
	known, ok := t[string(key)]
	if !ok {
		return false
	}
	table := known.get(key, len(batch))
	if table == nil {
		return false
	}
	table.VerifyAll(batch)
	return true
}

// get returns the table to try n more signatures on, or nil if there is none yet.
// The first caller past the threshold builds the table; others proceed without it.
func (t *keyTable) get(key ed25519.PublicKey, n int) *ed25519table.Key {
	if table := t.table.Load(); table != nil {
		return table
	}
	if t.tried.Add(int64(n)) <= worthATable || !t.begun.CompareAndSwap(false, true) {
		return nil
	}
	table := ed25519table.New(key)
	t.table.Store(table)
	return table
}
