package verify_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/benchratio"
	"github.com/licseal/licseal/verify"
)

var benchOptions = &verify.Options{At: midYear}

// run verifies a licence that must be accepted.
func run(tb testing.TB, text []byte, trusted []licseal.TrustedKey) func() {
	return func() {
		if _, err := verify.License(text, trusted, benchOptions); err != nil {
			tb.Fatal(err)
		}
	}
}

func BenchmarkLicense(b *testing.B) {
	message := []byte(kongPayload)
	ed := signed(sealEd25519(seed1), kongPayload)
	edKey := ed25519Key(seed1).Public().(ed25519.PublicKey)
	edSignature := ed.sign(message)
	bareEd25519 := func() {
		if !ed25519.Verify(edKey, message, edSignature) {
			b.Fatal("the signature does not hold")
		}
	}
	p256 := signed(sealP256(seed1), kongPayload)
	p256Public := &p256Key(seed1).PublicKey
	der := derOf(p256.sign(message))
	bareP256 := func() {
		digest := sha256.Sum256(message)
		if !ecdsa.VerifyASN1(p256Public, digest[:], der) {
			b.Fatal("the signature does not hold")
		}
	}
	b.Run("Ed25519/canonical", func(b *testing.B) { benchratio.Run(b, bareEd25519, run(b, []byte(ed.file()), trusted1)) })
	b.Run("Ed25519/indented", func(b *testing.B) { benchratio.Run(b, bareEd25519, run(b, indented(b, ed.file()), trusted1)) })
	b.Run("P-256/canonical", func(b *testing.B) { benchratio.Run(b, bareP256, run(b, []byte(p256.file()), trustAll(p256Public))) })
	b.Run("P-256/indented", func(b *testing.B) {
		benchratio.Run(b, bareP256, run(b, indented(b, p256.file()), trustAll(p256Public)))
	})
	b.Run("parse", func(b *testing.B) {
		text := []byte(ed.file())
		benchratio.Run(b, bareEd25519, func() {
			if _, err := licseal.ParseUnverified(text); err != nil {
				b.Fatal(err)
			}
		})
	})
}

// A licence is verified with few allocations, whatever the machine.
func TestAllocations(t *testing.T) {
	if benchratio.Race {
		t.Skip("the race detector allocates")
	}
	ed, p256 := signed(sealEd25519(seed1), kongPayload).file(), signed(sealP256(seed1), kongPayload).file()
	p256Public := &p256Key(seed1).PublicKey
	digest, der := sha256.Sum256([]byte(kongPayload)), derOf(sealP256(seed1).sign([]byte(kongPayload)))
	bareP256 := testing.AllocsPerRun(100, func() { ecdsa.VerifyASN1(p256Public, digest[:], der) })
	for _, tt := range []struct {
		name    string
		text    []byte
		trusted []licseal.TrustedKey
		most    float64
	}{
		{"Ed25519, canonical", []byte(ed), trusted1, 6},
		{"Ed25519, indented", indented(t, ed), trusted1, 6},
		{"P-256, canonical", []byte(p256), trustAll(p256Public), 20 + bareP256},
	} {
		if got := testing.AllocsPerRun(100, run(t, tt.text, tt.trusted)); got > tt.most {
			t.Errorf("%s: %v allocations, want at most %v", tt.name, got, tt.most)
		} else {
			t.Logf("%s: %v allocations", tt.name, got)
		}
	}
}
