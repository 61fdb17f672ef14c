package bulk

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/fips140"
	"crypto/rand"
	"os"
	"os/exec"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/sig"
)

func trustedKeys(n int) (trusted []licseal.TrustedKey) {
	for i := range n {
		key := ed25519.NewKeyFromSeed(append(make([]byte, 31), byte(i)))
		trusted = append(trusted, licseal.TrustedKey{Key: key.Public()})
	}
	return trusted
}

// What tables take is bounded. Keys of another kind take none of the places, and
// a key that is listed twice takes one.
func TestTablesAreBounded(t *testing.T) {
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	trusted := append([]licseal.TrustedKey{{Key: p256.Public()}}, trustedKeys(maxTables+3)...)
	trusted = append(trusted, trusted...)
	if got := len(tablesFor(trusted)); got != maxTables {
		t.Errorf("%d keys get a table, want %d", got, maxTables)
	}
}

// A table is made once enough signatures of its key were tried, and then gives
// the verdicts of crypto/ed25519.
func TestTableIsMade(t *testing.T) {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	public := private.Public().(ed25519.PublicKey)
	tables := tablesFor([]licseal.TrustedKey{{Key: public}})
	message := []byte("message")
	batch := func() []sig.Signed {
		good := [sig.Size]byte(ed25519.Sign(private, message))
		bad := good
		bad[5] ^= 1
		return []sig.Signed{{Message: message, Signature: good}, {Message: message, Signature: bad, OK: true}}
	}
	asked := 0
	for ; asked <= worthATable/2 && !tables.verify(public, batch()); asked++ {
	}
	if want := worthATable / 2; asked != want {
		t.Errorf("the table was made after %d batches of two, want %d", asked, want)
	}
	if !tables[string(public)].begun.Load() {
		t.Error("another goroutine would make the table again")
	}
	got := batch()
	if !tables.verify(public, got) || !got[0].OK || got[1].OK {
		t.Errorf("got %v, %v, want true and false", got[0].OK, got[1].OK)
	}
	if tables.verify(ed25519.PublicKey(make([]byte, 32)), batch()) {
		t.Error("a key that is not trusted has a table")
	}
}

// If FIPS 140 is required, its module does all cryptography.
func TestNoTablesWithFIPS140(t *testing.T) {
	const asked = "LICSEAL_TEST_FIPS140"
	if os.Getenv(asked) != "" {
		if !fips140.Enabled() {
			t.Fatal("GODEBUG=fips140=on has no effect")
		}
		if tables := newTables(trustedKeys(1)); tables != nil {
			t.Fatal("there are tables")
		}
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestNoTablesWithFIPS140$")
	cmd.Env = append(os.Environ(), "GODEBUG=fips140=on", asked+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("in FIPS 140 mode: %v: %s", err, out)
	}
}
