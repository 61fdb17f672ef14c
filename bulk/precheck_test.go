package bulk

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/fips140"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"slices"
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
		for k := range public { // another signature of the same text
			if known.verify(public[k], signatures[known.current].Message, signatures[(known.current+4)%40].Signature) {
				t.Fatalf("licence %d: the signature of another is good", known.current)
			}
		}
	}
}

// A key that has no table because it is of another kind keeps no other from having one.
func TestPrecheckMixedKeys(t *testing.T) {
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private := ed25519.NewKeyFromSeed(make([]byte, 32))
	p, err := licseal.ParsePayload([]byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(p, private)
	if err != nil {
		t.Fatal(err)
	}
	v, err := newVerifier([]licseal.TrustedKey{{Key: p256.Public()}, {Key: private.Public()}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	licenses := slices.Repeat([]*licseal.License{lic}, worthATable+1)
	if known := precheck(licenses, v.begin().tables); known == nil || !known.signatures[0].OK {
		t.Error("no table was made")
	}
}

// tablesOf returns how many of n trusted keys may get a table.
func tablesOf(t *testing.T, n int) (tables int) {
	var trusted []licseal.TrustedKey
	for i := range n {
		key := ed25519.NewKeyFromSeed(append(make([]byte, 31), byte(i)))
		trusted = append(trusted, licseal.TrustedKey{Key: key.Public()})
	}
	v, err := newVerifier(trusted, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := v.begin().tables
	for i := range all {
		if all[i].public != nil {
			tables++
		}
	}
	return tables
}

// What tables take is bounded, and where FIPS 140 is asked for, its module does it all.
func TestTables(t *testing.T) {
	want := maxTables
	if fips140.Enabled() {
		want = 0
	}
	if got := tablesOf(t, maxTables+3); got != want {
		t.Errorf("%d keys get a table, want %d", got, want)
	}
	if fips140.Enabled() {
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestTables$")
	cmd.Env = append(os.Environ(), "GODEBUG=fips140=on")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("in FIPS 140 mode: %v: %s", err, out)
	}
}

// Every role that the caller leaves open is the schema's.
func TestMergeRoles(t *testing.T) {
	rules := licseal.Roles{ID: "/a", Customer: "/b", Product: "/c", NotBefore: "/d", NotAfter: "/e", GraceDays: "/f"}
	if got := mergeRoles(licseal.Roles{}, rules); got != rules {
		t.Errorf("got %+v", got)
	}
	if got := mergeRoles(rules, licseal.Roles{GraceDays: "/x", ID: "/y"}); got != rules {
		t.Errorf("got %+v", got)
	}
}
