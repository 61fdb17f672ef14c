package job

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"testing"
)

// A key in memory signs on all cores; an agent or a token is asked for one signature at
// a time.
func TestSignWorkers(t *testing.T) {
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private := ed25519.NewKeyFromSeed(make([]byte, 32))
	if signWorkers(private) != 0 || signWorkers(&private) != 0 || signWorkers(p256) != 0 {
		t.Error("a key in memory is not used on all cores")
	}
	type agent struct{ ed25519.PrivateKey }
	if got := signWorkers(agent{private}); got != 1 {
		t.Errorf("%d goroutines use an agent", got)
	}
}
