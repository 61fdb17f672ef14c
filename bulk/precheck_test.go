package bulk

import (
	"crypto/ed25519"
	"fmt"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/sign"
)

// What is known in advance is the verdict of crypto/ed25519, whatever is asked:
// about this licence or another, about this key or one that was not tried.
func TestPrechecked(t *testing.T) {
	var private []ed25519.PrivateKey
	var public []ed25519.PublicKey
	for i := range 4 {
		key := ed25519.NewKeyFromSeed(append(make([]byte, 31), byte(i)))
		private, public = append(private, key), append(public, key.Public().(ed25519.PublicKey))
	}
	var licenses []*licseal.License
	for i := range 40 {
		p, err := licseal.ParsePayload([]byte(fmt.Sprintf(`{"a":%d}`, i)))
		if err != nil {
			t.Fatal(err)
		}
		lic, err := sign.License(p, private[i%4])
		if err != nil {
			t.Fatal(err)
		}
		licenses = append(licenses, lic)
	}
	licenses[7] = nil                                                                 // one that could not be parsed
	licenses[8].Signature = licenses[12].Signature                                    // one that nobody has signed
	keys := []keyTable{{public: public[2]}, {public: public[0]}, {public: public[1]}} // 3 has no table
	for i := range keys {
		keys[i].tried.Store(worthATable)
	}
	known := precheck(licenses, keys)
	if known == nil {
		t.Fatal("nothing is known")
	}
	signatures := signaturesOf(licenses)
	for known.current = range licenses {
		for i, s := range signatures {
			for k := range public {
				want := ed25519.Verify(public[k], s.Message, s.Signature)
				if got := known.verify(public[k], s.Message, s.Signature); got != want {
					t.Fatalf("licence %d, asked while at %d, by key %d: %v, want %v", i, known.current, k, got, want)
				}
			}
		}
	}
}
