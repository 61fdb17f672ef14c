package verify_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/decode"
	"github.com/licseal/licseal/verify"
)

// These are mistakes that licence software has made, each shown to be a mistake
// that is not made here. testdata/vectors has more of each kind.
func TestMistakes(t *testing.T) {
	opts := &verify.Options{At: midYear}
	plain := signed(sealEd25519(seed1), kongPayload)
	refuse := func(t *testing.T, want, text string, keys []licseal.TrustedKey) {
		t.Helper()
		result, err := verify.License([]byte(text), keys, opts)
		if got := classOf(result, err); got != want {
			t.Errorf("got %s (%v), want %s: %s", got, err, want, text)
		}
	}
	replace := func(old, new string) string { return strings.Replace(plain.file(), old, new, 1) }

	t.Run("fields outside the signature are trusted", func(t *testing.T) {
		refuse(t, "unknown-member", replace(`{"license"`, `{"license_expiration_date":"2099-01-01","license"`), trusted1)
		refuse(t, "unknown-member", replace(`"version"`, `"expires":"2099-01-01","version"`), trusted1)
		refuse(t, "signature", replace(`{"admin_seats"`, `{"a":1,"admin_seats"`), trusted1)
		result, err := verify.License([]byte(plain.file()), trusted1, opts)
		if err != nil || string(result.License.Payload.Bytes()) != plain.message {
			t.Errorf("what is handed out is not what was signed: %v", err)
		}
	})
	t.Run("the licensee supplies the key", func(t *testing.T) {
		own := signed(sealEd25519(seed2), kongPayload)
		public := strings.TrimPrefix(own.line, "ed25519: ")
		refuse(t, "signature", own.file(), trusted1)
		refuse(t, "unknown-member", strings.Replace(own.file(), `"version"`, `"key":"`+public+`","version"`, 1), trusted1)
		withKey := signed(sealEd25519(seed2), strings.Replace(kongPayload, `{`, `{"public_key":"`+public+`",`, 1))
		refuse(t, "signature", withKey.file(), trusted1)
		if _, err := verify.License([]byte(own.file()), nil, opts); !errors.Is(err, licseal.ErrNoTrustedKeys) {
			t.Errorf("got %v, want ErrNoTrustedKeys", err)
		}
	})
	t.Run("algorithm confusion", func(t *testing.T) {
		p256 := signed(sealP256(seed1), kongPayload)
		refuse(t, "signature", p256.file(), trusted1)
		refuse(t, "signature", plain.file(), trustAll(p256Key(seed1).Public()))
		refuse(t, "unknown-member", replace(`"version"`, `"alg":"none","version"`), trusted1)
	})
	t.Run("duplicate or case-variant names", func(t *testing.T) {
		refuse(t, "duplicate-name", replace(`"admin_seats":"5"`, `"admin_seats":"5","admin_seats":"500"`), trusted1)
		refuse(t, "duplicate-name", replace(`"admin_seats":"5"`, `"admin_seats":"5","admin_\u0073eats":"500"`), trusted1)
		refuse(t, "unknown-member", replace(`"signature"`, `"ſignature"`), trusted1)
		// An expired licence with a date that a lenient decoder takes instead.
		expired := signed(sealEd25519(seed1), `{`+dates("2024-01-01", "2025-01-01")+`,"LICENSE_EXPIRATION_DATE":"2099-01-01","licenſe_expiration_date":"2099-01-01"}`)
		refuse(t, "expired", expired.file(), trusted1)
		var decoded struct {
			Until string `json:"license_expiration_date"`
		}
		if err := json.Unmarshal([]byte(expired.payload), &decoded); err != nil || decoded.Until != "2099-01-01" {
			t.Errorf("encoding/json no longer makes the mistake, which this test should show: %q, %v", decoded.Until, err)
		}
		payload, err := licseal.ParsePayload([]byte(expired.payload))
		if err != nil || decode.Payload(payload, &decoded) == nil {
			t.Errorf("decode takes names in another case: %q, %v", decoded.Until, err)
		}
	})
	t.Run("canonicalization collisions", func(t *testing.T) {
		for number, reason := range map[string]string{"9007199254740993": "number-range", "1e400": "number-range", "0.10000000000000001": "number-precision"} {
			payload, err := licseal.ParsePayload([]byte(with(`"n":` + number)))
			if parseErr, ok := errors.AsType[*licseal.ParseError](err); !ok || string(parseErr.Class) != reason {
				t.Errorf("%s became %s, %v", number, payload.Bytes(), err)
			}
		}
		// Names and values that would run together without delimiters.
		joined := signed(sealEd25519(seed1), with(`"ab":"c"`))
		joined.payload = with(`"a":"bc"`)
		refuse(t, "signature", joined.file(), trusted1)
	})
	t.Run("malleable signatures", func(t *testing.T) {
		all := makeVectors()
		refuse(t, "signature", string(all["signature-malleable-p256"].File), trustAll(p256Key(seed1).Public()))
		refuse(t, "signature", string(all["signature-malleable-ed25519"].File), trusted1)
		for _, other := range []string{strings.ToUpper(plain.hex()), plain.hex() + "00", plain.hex() + " ", "0x" + plain.hex()} {
			refuse(t, "signature-format", replace(plain.hex(), other), trusted1)
		}
	})
	t.Run("dates that fail open", func(t *testing.T) {
		for _, until := range []string{`null`, `""`, `"never"`, `0`, `"2027-02-30"`, `false`, `[]`} {
			refuse(t, "date", signed(sealEd25519(seed1), `{"license_creation_date":"2026-01-01","license_expiration_date":`+until+`}`).file(), trusted1)
		}
		refuse(t, "date", signed(sealEd25519(seed1), `{"license_creation_date":"2026-01-01"}`).file(), trusted1)
		refuse(t, "date", signed(sealEd25519(seed1), `{"license_expiration_date":"2027-01-01"}`).file(), trusted1)
	})
	t.Run("an unsigned file passes when it is also expired", func(t *testing.T) {
		for _, at := range []time.Time{midYear, midYear.AddDate(5, 0, 0), midYear.AddDate(-5, 0, 0)} {
			forged := replace(plain.hex(), hex.EncodeToString(make([]byte, 64)))
			result, err := verify.License([]byte(forged), trusted1, &verify.Options{At: at, Grace: 10000 * time.Hour})
			if _, ok := errors.AsType[*verify.SignatureError](err); !ok || result != nil {
				t.Errorf("at %v: got %v, want a SignatureError", at, err)
			}
		}
	})
	t.Run("hostile input panics", func(t *testing.T) {
		text := plain.file()
		for i := range text {
			if _, err := verify.License([]byte(text[:i]), trusted1, opts); err == nil {
				t.Errorf("accepted when cut off at %d", i)
			}
			if _, err := verify.License([]byte(text[i+1:]), trusted1, opts); err == nil {
				t.Errorf("accepted from %d on", i+1)
			}
		}
		refuse(t, "too-deep", replace(`"5"`, strings.Repeat("[", 20000)+strings.Repeat("]", 20000)), trusted1)
		refuse(t, "too-large", replace(`"5"`, `"`+strings.Repeat("5", 10<<20)+`"`), trusted1)
	})
}

// Whatever the bytes, verifying them ends in a licence with a good signature, in
// this key's hand, or in an error.
func FuzzLicense(f *testing.F) {
	for _, v := range makeVectors() {
		f.Add(v.File)
	}
	keys := append(trustAll(p256Key(seed1).Public()), trusted1...)
	f.Fuzz(func(t *testing.T, text []byte) {
		result, err := verify.License(text, keys, &verify.Options{At: midYear})
		if (result == nil) == (err == nil) {
			t.Fatalf("got %v and %v", result, err)
		}
		if strings.HasPrefix(classOf(result, err), "unexpected") {
			t.Fatalf("%q: an error of no class: %v", text, err)
		}
	})
}
