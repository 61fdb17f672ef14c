package verify_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/verify"
)

var (
	midYear = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	newYear = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

func trustAll(key crypto.PublicKey) []licseal.TrustedKey {
	return []licseal.TrustedKey{{Key: key, Name: "test"}}
}

var trusted1 = trustAll(ed25519Key(seed1).Public())

// kinds are a licence and its trusted key for each algorithm.
func kinds() map[string]struct {
	text    string
	trusted []licseal.TrustedKey
} {
	return map[string]struct {
		text    string
		trusted []licseal.TrustedKey
	}{
		"Ed25519": {signed(sealEd25519(seed1), kongPayload).file(), trusted1},
		"P-256":   {signed(sealP256(seed1), kongPayload).file(), trustAll(p256Key(seed1).Public())},
	}
}

// Not one bit of a licence can be changed, in whatever part of the file.
func TestEveryBitIsProtected(t *testing.T) {
	for name, kind := range kinds() {
		t.Run(name, func(t *testing.T) {
			opts := &verify.Options{At: midYear}
			if _, err := verify.License([]byte(kind.text), kind.trusted, opts); err != nil {
				t.Fatal(err)
			}
			text := []byte(kind.text)
			for i := range len(text) * 8 {
				text[i/8] ^= 1 << (i % 8)
				result, err := verify.License(text, kind.trusted, opts)
				if err == nil || result != nil {
					t.Errorf("accepted with bit %d of byte %d changed: %s", i%8, i/8, text)
				}
				if refused, ok := errors.AsType[*verify.RefusedError](err); ok {
					t.Errorf("the signature holds with bit %d of byte %d changed: %v", i%8, i/8, refused)
				}
				text[i/8] ^= 1 << (i % 8)
			}
		})
	}
}

// Nobody but Kong can verify what Kong signed, and licseal does not claim to.
func TestPublishedLicences(t *testing.T) {
	files, err := filepath.Glob("../testdata/published/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no published licences: %v", err)
	}
	trusted := append(trustAll(p256Key(seed1).Public()), trusted1...)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, err = verify.License(text, trusted, &verify.Options{At: time.Date(2017, 7, 20, 12, 0, 0, 0, time.UTC)})
		if _, ok := errors.AsType[*verify.SignatureError](err); !ok {
			t.Errorf("%s: got %v, want a SignatureError", file, err)
		}
	}
}

func TestResult(t *testing.T) {
	for name, kind := range kinds() {
		t.Run(name, func(t *testing.T) {
			got, err := verify.License([]byte(kind.text), kind.trusted, &verify.Options{At: midYear.In(time.FixedZone("", 3600)), Grace: time.Hour})
			if err != nil {
				t.Fatal(err)
			}
			if got.License.String() != kind.text {
				t.Errorf("got %s", got.License)
			}
			want := &verify.Result{
				License: got.License, Key: kind.trusted[0], Time: midYear, State: verify.Valid,
				Period:   licseal.Period{NotBefore: newYear, NotAfter: newYear.AddDate(1, 0, 0)},
				GraceEnd: newYear.AddDate(1, 0, 0).Add(time.Hour),
			}
			if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b *licseal.License) bool { return a == b })); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if got.Time.Location() != time.UTC {
				t.Errorf("judged at %v, want UTC", got.Time)
			}
		})
	}
}

// Nil options are the zero options: now, and no grace.
func TestZeroOptions(t *testing.T) {
	between := func(from, until time.Duration) []byte {
		now := time.Now().UTC()
		return []byte(signed(sealEd25519(seed1), `{`+dates(now.Add(from).Format(time.RFC3339), now.Add(until).Format(time.RFC3339))+`}`).file())
	}
	for _, opts := range []*verify.Options{nil, {}} {
		if result, err := verify.License(between(-time.Hour, time.Hour), trusted1, opts); err != nil || result.State != verify.Valid {
			t.Errorf("valid now: %v", err)
		}
		for state, text := range map[verify.State][]byte{
			verify.Expired:     between(-2*time.Hour, -time.Hour),
			verify.NotYetValid: between(time.Hour, 2*time.Hour),
		} {
			_, err := verify.License(text, trusted1, opts)
			if stateErr, ok := errors.AsType[*verify.StateError](err); !ok || stateErr.State != state {
				t.Errorf("got %v, want %s", err, state)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	text := []byte(signed(sealEd25519(seed1), kongPayload).file())
	noDates := []byte(signed(sealEd25519(seed1), `{"license_creation_date":"2026-01-01"}`).file())
	period := licseal.Period{NotBefore: newYear, NotAfter: newYear.AddDate(1, 0, 0)}
	const day = 24 * time.Hour
	tests := []struct {
		name    string
		text    []byte
		opts    verify.Options
		state   verify.State
		period  licseal.Period
		message string
	}{
		{"not yet valid", text, verify.Options{At: newYear.Add(-time.Second)}, verify.NotYetValid, period,
			"not yet valid: valid from 2026-01-01T00:00:00Z, and it is 2025-12-31T23:59:59Z"},
		{"expired", text, verify.Options{At: period.NotAfter}, verify.Expired, period,
			"expired at 2027-01-01T00:00:00Z, and it is 2027-01-01T00:00:00Z"},
		{"past the grace", text, verify.Options{At: period.NotAfter.Add(30 * day), Grace: 30 * day}, verify.Expired, period,
			"expired at 2027-01-01T00:00:00Z, its grace ended at 2027-01-31T00:00:00Z, and it is 2027-01-31T00:00:00Z"},
		{"no expiration", noDates, verify.Options{At: midYear}, "", licseal.Period{},
			"1:23 /license/payload/license_expiration_date: the date is missing; a licence states when it begins and when it expires"},
		{"a role without a field", text, verify.Options{At: midYear, Roles: licseal.Roles{NotBefore: "/created"}}, "", licseal.Period{},
			"1:23 /license/payload/created: the date is missing; a licence states when it begins and when it expires"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			result, err := verify.License(tt.text, trusted1, &tt.opts)
			if result != nil {
				t.Error("a result came with the error")
			}
			refused, ok := errors.AsType[*verify.RefusedError](err)
			if !ok {
				t.Fatalf("got %v, want a RefusedError", err)
			}
			if diff := cmp.Diff(tt.message, err.Error()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			got := refused.Result
			if got.State != tt.state || got.Period != tt.period || got.License.String() != string(tt.text) || got.Key.Name != "test" || got.Time != tt.opts.At {
				t.Errorf("it carries %+v", got)
			}
		})
	}
}

// What no key has signed is refused, and nothing of it is handed out: not in
// the error's fields, and not in its text.
func TestSignatureErrorCarriesNothing(t *testing.T) {
	forged := strings.Replace(signed(sealEd25519(seed1), kongPayload).file(), "Example Company, Inc", "Mallory", 1)
	forged = strings.Replace(forged, "2027-01-01", "2025-01-01", 1) // reversed dates, and expired
	tests := []struct {
		name    string
		trusted []licseal.TrustedKey
		want    string
	}{
		{"one key", trusted1, "the signature does not match the trusted key"},
		{"two keys", append(trustAll(p256Key(seed1).Public()), trusted1...), "the signature matches none of the 2 trusted keys"},
		{"two keys, one with a window", append(trustAll(p256Key(seed1).Public()), licseal.TrustedKey{Key: trusted1[0].Key, ValidAfter: newYear}), "the signature matches none of the 2 trusted keys"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			result, err := verify.License([]byte(forged), tt.trusted, &verify.Options{At: midYear})
			signatureErr, ok := errors.AsType[*verify.SignatureError](err)
			if !ok || result != nil {
				t.Fatalf("got %v, %v, want a SignatureError", result, err)
			}
			if diff := cmp.Diff(tt.want, signatureErr.Error()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if _, ok := errors.AsType[*verify.RefusedError](err); ok {
				t.Error("it is a RefusedError too")
			}
		})
	}
}

func TestHighSIsExplained(t *testing.T) {
	v := makeVectors()["signature-malleable-p256"]
	_, err := verify.License(v.File, trustAll(p256Key(seed1).Public()), &verify.Options{At: midYear})
	want := "the signature has a high s; the program that made the licence must write n−s instead"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestKeyWindows(t *testing.T) {
	text := []byte(signed(sealEd25519(seed1), kongPayload).file())
	key := func(after, before time.Time) licseal.TrustedKey {
		return licseal.TrustedKey{Key: ed25519Key(seed1).Public(), Name: "ops", ValidAfter: after, ValidBefore: before}
	}
	var none time.Time
	next, previous := newYear.Add(1), newYear.Add(-1)
	tests := []struct {
		name string
		keys []licseal.TrustedKey
		want string // the error; "" for none
	}{
		{"no bounds", []licseal.TrustedKey{key(none, none)}, ""},
		{"from that instant on", []licseal.TrustedKey{key(newYear, none)}, ""},
		{"from the next on", []licseal.TrustedKey{key(next, none)}, `the key "ops" is trusted for licences created from 2026-01-01T00:00:00Z on; this one was created at 2026-01-01T00:00:00Z`},
		{"until the next", []licseal.TrustedKey{key(none, next)}, ""},
		{"until that instant", []licseal.TrustedKey{key(none, newYear)}, `the key "ops" is trusted for licences created before 2026-01-01T00:00:00Z; this one was created at 2026-01-01T00:00:00Z`},
		{"listed twice, the second fits", []licseal.TrustedKey{key(none, previous), key(newYear, none)}, ""},
		{"listed twice, none fits", []licseal.TrustedKey{key(none, newYear), key(next, none)}, `the key "ops" is trusted for licences created before 2026-01-01T00:00:00Z; this one was created at 2026-01-01T00:00:00Z`},
		{"another key fits", []licseal.TrustedKey{key(none, newYear), {Key: ed25519Key(seed2).Public()}}, `the key "ops" is trusted for licences created before 2026-01-01T00:00:00Z; this one was created at 2026-01-01T00:00:00Z`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// The creation decides, not the instant of judgement.
			result, err := verify.License(text, tt.keys, &verify.Options{At: midYear})
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if _, ok := errors.AsType[*verify.SignatureError](err); !ok || err.Error() != tt.want || result != nil {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestKeyWindowWithoutDates(t *testing.T) {
	text := []byte(signed(sealEd25519(seed1), `{"license_expiration_date":"2027-01-01"}`).file())
	keys := []licseal.TrustedKey{{Key: ed25519Key(seed1).Public(), ValidBefore: midYear}}
	_, err := verify.License(text, keys, &verify.Options{At: midYear})
	if _, ok := errors.AsType[*verify.SignatureError](err); !ok {
		t.Errorf("got %v, want a SignatureError", err)
	}
}

// What the caller passed is at fault, not the licence: an error that is none of
// the refusals. A key that verifies nothing is never skipped, even where another
// key made the signature.
func TestUnusableArguments(t *testing.T) {
	text := []byte(signed(sealEd25519(seed1), kongPayload).file())
	also := func(key crypto.PublicKey) []licseal.TrustedKey {
		return append(trustAll(ed25519Key(seed1).Public()), trustAll(key)...)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := p256Key(seed1)
	tests := []struct {
		name    string
		trusted []licseal.TrustedKey
		opts    verify.Options
		key     bool // a KeyError is expected
		want    string
	}{
		{"no keys", nil, verify.Options{}, false, "no trusted keys were given, so no signature can be verified"},
		{"negative grace", trusted1, verify.Options{Grace: -1}, false, "the grace is negative: -1ns"},
		{"negative skew", trusted1, verify.Options{MaxClockSkew: -1}, false, "the clock skew is negative: -1ns"},
		{"negative age", trusted1, verify.Options{MaxListAge: -1}, false, "the age of a revocation list is negative: -1ns"},
		{"no key in an entry", also(nil), verify.Options{}, true, `trusted key "test" (<nil>) is neither a whole Ed25519 key nor an ECDSA key on P-256`},
		{"a short Ed25519 key", also(ed25519.PublicKey(make([]byte, 31))), verify.Options{}, true, ""},
		{"an empty Ed25519 key", also(ed25519.PublicKey(nil)), verify.Options{}, true, ""},
		{"a long Ed25519 key", also(ed25519.PublicKey(make([]byte, 64))), verify.Options{}, true, ""},
		{"an Ed25519 private key", also(ed25519Key(seed1)), verify.Options{}, true, ""},
		{"an RSA key", also(&rsa.PublicKey{N: big.NewInt(3233), E: 17}), verify.Options{}, true, `trusted key "test" (*rsa.PublicKey) is neither a whole Ed25519 key nor an ECDSA key on P-256`},
		{"a P-384 key", also(p384.Public()), verify.Options{}, true, ""},
		{"a nil ECDSA key", also((*ecdsa.PublicKey)(nil)), verify.Options{}, true, ""},
		{"an empty ECDSA key", also(&ecdsa.PublicKey{}), verify.Options{}, true, ""},
		{"a P-256 key without a point", also(&ecdsa.PublicKey{Curve: elliptic.P256()}), verify.Options{}, true, ""},
		//lint:ignore SA1019 only by hand can such a key be made
		{"a P-256 key off the curve", trustAll(&ecdsa.PublicKey{Curve: elliptic.P256(), X: good.X, Y: good.X}), verify.Options{}, true, ""},
		{"an ECDSA key by value", also(good.PublicKey), verify.Options{}, true, ""},
		{"bytes", also([]byte("key")), verify.Options{}, true, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.opts.At = midYear
			result, err := verify.License(text, tt.trusted, &tt.opts)
			if err == nil || result != nil {
				t.Fatalf("got %v, %v, want an error", result, err)
			}
			if tt.want != "" && err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if _, ok := errors.AsType[*licseal.TrustedKeyError](err); ok != tt.key {
				t.Errorf("got %T", err)
			}
			if class := classOf(nil, err); !strings.HasPrefix(class, "unexpected") {
				t.Errorf("it looks like a refusal: %s", class)
			}
		})
	}
	if _, err := verify.License(text, nil, nil); !errors.Is(err, licseal.ErrNoTrustedKeys) {
		t.Errorf("got %v, want ErrNoTrustedKeys", err)
	}
}

func TestOptions(t *testing.T) {
	text := []byte(signed(sealEd25519(seed1), `{"terms":{"from":"2026-07-01","to":"2026-07-02"}}`).file())
	tokyo := time.FixedZone("Tokyo", 9*3600)
	opts := verify.Options{
		At:       time.Date(2026, 7, 1, 14, 59, 59, 0, time.UTC),
		Roles:    licseal.Roles{NotBefore: "/terms/from", NotAfter: "/terms/to"},
		Location: tokyo,
		MaxBytes: len(text),
	}
	if result, err := verify.License(text, trusted1, &opts); err != nil || result.NotAfter != time.Date(2026, 7, 1, 15, 0, 0, 0, time.UTC) {
		t.Errorf("got %v, %v", result, err)
	}
	opts.At = opts.At.Add(time.Second)
	if _, err := verify.License(text, trusted1, &opts); classOf(nil, err) != "expired" {
		t.Errorf("got %v, want expired", err)
	}
	opts.MaxBytes--
	if _, err := verify.License(text, trusted1, &opts); classOf(nil, err) != "too-large" {
		t.Errorf("got %v, want too-large", err)
	}
}

// Of several reasons to refuse, the one judged first is given: parsing, then
// the signature, then the key's window, then the dates.
func TestOrderOfJudgement(t *testing.T) {
	reversed := signed(sealEd25519(seed1), `{`+dates("2027-01-01", "2026-01-01")+`}`).file()
	otherKey := trustAll(ed25519Key(seed2).Public())
	windowed := []licseal.TrustedKey{{Key: ed25519Key(seed1).Public(), ValidBefore: newYear}}
	late := &verify.Options{At: newYear.AddDate(10, 0, 0)}
	for _, tt := range []struct {
		name, text string
		trusted    []licseal.TrustedKey
		want       string
	}{
		{"parsing", reversed + "x", otherKey, "trailing-data"},
		{"signature", reversed, otherKey, "signature"},
		{"window", signed(sealEd25519(seed1), kongPayload).file(), windowed, "signature"},
		{"dates", reversed, trusted1, "date"},
	} {
		result, err := verify.License([]byte(tt.text), tt.trusted, late)
		if got := classOf(result, err); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}
