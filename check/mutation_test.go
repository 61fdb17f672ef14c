package check_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
)

// vendor is a key pair that everybody knows.
var vendor = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))

func vendorKeys() []licseal.TrustedKey {
	return []licseal.TrustedKey{{Key: vendor.Public().(ed25519.PublicKey), Name: "vendor"}}
}

// signed returns a licence with these fields in place of the usual ones.
func signed(t testing.TB, fields ...string) string {
	t.Helper()
	text := `{"admin_seats":"5","customer":"Example Company, Inc","dataplanes":"4","license_creation_date":"2026-01-01",` +
		`"license_expiration_date":"2027-01-01","license_key":"00141000017ODj3AAG_a1V41000004wT0OEAU","product_subscription":"Konnect Enterprise","support_plan":"None"}`
	for i := 0; i+1 < len(fields); i += 2 {
		text = string(bytes.Replace([]byte(text), []byte(fields[i]), []byte(fields[i+1]), 1))
	}
	p, err := licseal.ParsePayload([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(p, vendor)
	if err != nil {
		t.Fatal(err)
	}
	return lic.String()
}

var midYear = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func newChecker(t testing.TB, change func(*check.Options)) *check.Checker {
	t.Helper()
	o := check.Options{Trusted: vendorKeys(), Verify: verify.Options{At: midYear}}
	if change != nil {
		change(&o)
	}
	c, err := check.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// mutate changes a text in one to four places.
func mutate(r *rand.Rand, text []byte, others [][]byte) []byte {
	b := bytes.Clone(text)
	pieces := []string{`"`, "“", "”", "{", "}", "[", "]", ",", ":", `\`, `\"`, "\n", "\r\n", "\ufeff", "\u00a0", "\x00", "\xff", "'", "=", "&quot;", "> ", "license", "payload", "signature", "1", "0", "9", " ", "data:", "kind: Secret\n", "eyJ", `\u0000`, `\ud800`}
	for range 1 + r.IntN(4) {
		i := r.IntN(len(b) + 1)
		j := min(len(b), i+r.IntN(12))
		switch r.IntN(7) {
		case 0: // insert
			b = append(b[:i:i], append([]byte(pieces[r.IntN(len(pieces))]), b[i:]...)...)
		case 1: // delete
			b = append(b[:i:i], b[j:]...)
		case 2: // flip a bit
			if i < len(b) {
				b[i] ^= 1 << r.IntN(8)
			}
		case 3: // repeat
			b = append(b[:j:j], b[i:]...)
		case 4: // another digit or letter
			if i < len(b) {
				b[i] = "0123456789abcdefABCDEFxyz"[r.IntN(25)]
			}
		case 5: // the end of another text
			other := others[r.IntN(len(others))]
			b = append(b[:i:i], other[r.IntN(len(other)+1):]...)
		case 6: // cut
			b = b[:i]
		}
	}
	return b
}

// Property: no text makes the checker panic, and what it accepts, or brings out
// of a text, is a licence that verify accepts.
func TestMutations(t *testing.T) {
	const parts = 4
	rounds := testenv.Rounds(1000, 100_000/parts+1000)
	licence := signed(t)
	texts := [][]byte{[]byte(licence), []byte(indented(licence)), []byte(signed(t, "2027-01-01", "2026-02-01"))}
	for _, b := range brokenTexts {
		texts = append(texts, []byte(b.make(licence)))
	}
	for _, k := range kindTexts {
		texts = append(texts, []byte(k.make(licence)))
	}
	for part := range parts {
		t.Run(fmt.Sprint(part), func(t *testing.T) {
			t.Parallel()
			c := newChecker(t, nil)
			r := rand.New(rand.NewPCG(uint64(part), 4))
			accepted, repaired := 0, 0
			for range rounds {
				text := texts[r.IntN(len(texts))]
				if r.IntN(2) == 0 {
					text = texts[r.IntN(3)] // near to a good one
				}
				text = mutate(r, text, texts)
				result := c.License("mutation", text)
				if result.License != nil {
					holds(t, result, text)
					repaired++
				}
				if result.OK() {
					accepted++
					if _, err := verify.License(text, vendorKeys(), &verify.Options{At: midYear}); err != nil {
						t.Fatalf("accepted, but verify says %v:\n%q", err, text)
					}
				}
			}
			if accepted == 0 || repaired <= accepted {
				t.Errorf("the mutations are too wild to show anything: %d accepted, %d read", accepted, repaired)
			}
		})
	}
}

// holds checks that what was brought out of a text is signed.
func holds(t *testing.T, result *check.Result, text []byte) {
	t.Helper()
	verified, err := verify.License(result.Canonical(), vendorKeys(), &verify.Options{At: midYear})
	var lic *licseal.License
	switch e := err.(type) {
	case nil:
		lic = verified.License
	case *verify.RefusedError:
		lic = e.Result.License
	default:
		t.Fatalf("brought out, but verify says %v:\n%q", err, text)
	}
	if !lic.Payload.Equal(result.License.Payload) || result.Key == nil || result.Signature != check.SignatureGood {
		t.Fatalf("the result is not what was verified:\n%q", text)
	}
}

// Property: without keys nothing panics, and every result says that the
// signature was not checked.
func FuzzLicense(f *testing.F) {
	names, _ := filepath.Glob(brokenDir + "/*.txt")
	if len(names) == 0 {
		f.Fatal("no seeds")
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		_, text, _ := bytes.Cut(data, []byte("\n\n"))
		f.Add(text)
	}
	c, err := check.New(check.Options{NoSignature: true, Verify: verify.Options{At: midYear}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r := c.License("fuzz", text)
		if (r.License != nil) != (r.Signature == check.SignatureNotChecked) || r.Signature == check.SignatureGood {
			t.Errorf("signature %s", r.Signature)
		}
		if r.License == nil && r.OK() {
			t.Error("no licence, and no error")
		}
	})
}
