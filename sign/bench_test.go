package sign_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/benchratio"
	"github.com/licseal/licseal/sign"
)

func BenchmarkLicense(b *testing.B) {
	message, parsed, edKey, p256 := []byte(payloadText), payload(b), ed25519Key(), p256Key(b)
	bareEd25519 := func() { ed25519.Sign(edKey, message) }
	bareP256 := func() {
		digest := sha256.Sum256(message)
		if _, err := p256.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("Ed25519", func(b *testing.B) { benchratio.Run(b, bareEd25519, run(b, parsed, edKey)) })
	b.Run("Ed25519/parse and sign", func(b *testing.B) {
		benchratio.Run(b, bareEd25519, func() {
			p, err := licseal.ParsePayload(message)
			if err != nil {
				b.Fatal(err)
			}
			run(b, p, edKey)()
		})
	})
	b.Run("P-256", func(b *testing.B) { benchratio.Run(b, bareP256, run(b, parsed, p256)) })
}

func run(tb testing.TB, p licseal.Payload, key crypto.Signer) func() {
	return func() {
		if _, err := sign.License(p, key); err != nil {
			tb.Fatal(err)
		}
	}
}

// A licence is signed with few allocations, whatever the machine.
func TestAllocations(t *testing.T) {
	if benchratio.Race {
		t.Skip("the race detector allocates")
	}
	const most = 6
	if got := testing.AllocsPerRun(100, run(t, payload(t), ed25519Key())); got > most {
		t.Errorf("%v allocations, want at most %v", got, most)
	}
}
