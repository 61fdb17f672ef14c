package vectors

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"io/fs"
	"math/big"
	"testing"

	project "github.com/c2sp/wycheproof"

	"github.com/licseal/licseal/internal/sig"
)

// The verdict on every P-256 vector of Project Wycheproof is the vector's, but that
// a good signature with a high s is refused, and is said to have one.
func TestP256(t *testing.T) {
	const least = 250 // vectors in the file
	data, err := fs.ReadFile(project.TestVectors, "ecdsa_secp256r1_sha256_p1363_test.json")
	if err != nil {
		t.Fatal(err)
	}
	file := decode[struct {
		TestGroups []struct {
			PublicKey struct{ Uncompressed string }
			Tests     []struct {
				TcID                      int
				Comment, Msg, Sig, Result string
			}
		}
	}](t, data)
	counts := make(map[string]int)
	for _, group := range file.TestGroups {
		key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), unhex(t, group.PublicKey.Uncompressed))
		if err != nil {
			t.Fatal(err)
		}
		if !sig.Usable(key) {
			t.Errorf("the key %s is not usable", group.PublicKey.Uncompressed)
		}
		for _, test := range group.Tests {
			message, signature := unhex(t, test.Msg), unhex(t, test.Sig)
			want := p256Verdict(t, test.Result, signature)
			counts[want]++
			accepted, high := sig.Verify(key, message, signature), sig.HasHighS(key, message, signature)
			if accepted != (want == "accepted") || high != (want == "high s") {
				t.Errorf("%d (%s): Verify says %v, HasHighS %v; want %s", test.TcID, test.Comment, accepted, high, want)
			}
		}
	}
	t.Logf("%v", counts)
	if total := counts["accepted"] + counts["high s"] + counts["refused"]; total < least || counts["accepted"] == 0 || counts["high s"] == 0 || counts["refused"] == 0 {
		t.Errorf("the file shows too little: %v", counts)
	}
}

// p256Verdict returns "accepted", "high s" or "refused" for a vector's result.
func p256Verdict(t *testing.T, result string, signature []byte) string {
	t.Helper()
	switch result {
	case "invalid":
		return "refused"
	case "valid":
		half := new(big.Int).Rsh(elliptic.P256().Params().N, 1)
		if new(big.Int).SetBytes(signature[sig.Size/2:]).Cmp(half) > 0 {
			return "high s"
		}
		return "accepted"
	}
	t.Fatalf("the result %q is unknown", result)
	return ""
}
