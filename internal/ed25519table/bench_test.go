package ed25519table_test

import (
	"bytes"
	"crypto/ed25519"
	"testing"

	"github.com/licseal/licseal/internal/benchratio"
	"github.com/licseal/licseal/internal/ed25519table"
	"github.com/licseal/licseal/internal/sig"
)

func BenchmarkVerify(b *testing.B) {
	private := ed25519.NewKeyFromSeed(make([]byte, 32))
	public := private.Public().(ed25519.PublicKey)
	message := bytes.Repeat([]byte{'m'}, 266)
	signature := ed25519.Sign(private, message)
	key := ed25519table.New(public)
	bare := func() {
		if !ed25519.Verify(public, message, signature) {
			b.Fatal("refused")
		}
	}
	b.Run("one", func(b *testing.B) {
		benchratio.Run(b, bare, func() {
			if !key.Verify(message, signature) {
				b.Fatal("refused")
			}
		})
	})
	b.Run("64", func(b *testing.B) {
		all := make([]sig.Signed, 64)
		for i := range all {
			all[i] = sig.Signed{Message: message, Signature: [sig.Size]byte(signature)}
		}
		bare64 := func() {
			for range all {
				bare()
			}
		}
		benchratio.Run(b, bare64, func() { key.VerifyAll(all) })
	})
	b.Run("table", func(b *testing.B) { benchratio.Run(b, bare, func() { ed25519table.New(public) }) })
}
