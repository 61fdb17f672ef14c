package verify_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/sig"
	"github.com/licseal/licseal/verify"
)

// Tables are asked about exactly what is signed, for each Ed25519 key in turn, and
// their verdict is taken.
func TestOptionsTables(t *testing.T) {
	text := signed(sealEd25519(seed1), kongPayload).file()
	lic, err := licseal.ParseUnverified([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	type question struct {
		key                byte // the first byte
		message, signature string
	}
	ask := func(seed byte) question {
		return question{ed25519Key(seed).Public().(ed25519.PublicKey)[0], string(lic.Payload.Bytes()), lic.Signature}
	}
	trusted := slices.Concat(trustAll(ed25519Key(seed2).Public()), trustAll(p256Key(seed1).Public()), trusted1)
	for _, tt := range []struct {
		name   string
		known  bool
		answer func(ed25519.PublicKey, []byte, []byte) bool
		signer int // in trusted, or −1
		want   []question
	}{
		{"no table", false, nil, 2, []question{ask(seed2), ask(seed1)}},
		{"the same", true, ed25519.Verify, 2, []question{ask(seed2), ask(seed1)}},
		{"never", true, func(ed25519.PublicKey, []byte, []byte) bool { return false }, -1, []question{ask(seed2), ask(seed1)}},
		{"always", true, func(ed25519.PublicKey, []byte, []byte) bool { return true }, 0, []question{ask(seed2)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []question
			tables := sig.NewTables(func(public ed25519.PublicKey, batch []sig.Signed) bool {
				for i, s := range batch {
					got = append(got, question{public[0], string(s.Message), hex.EncodeToString(s.Signature[:])})
					if tt.known {
						batch[i].OK = tt.answer(public, s.Message, s.Signature[:])
					}
				}
				return tt.known
			})
			v, err := verify.New(trusted, &verify.Options{At: midYear, Tables: tables})
			if err != nil {
				t.Fatal(err)
			}
			one := func() *verify.Report { return v.Report([]byte(text)) }
			many := func() *verify.Report { return &v.Reports([][]byte{[]byte(text)})[0] }
			for how, judge := range map[string]func() *verify.Report{"one": one, "many": many} {
				report := judge()
				if refused := report.Reason() == licseal.ReasonSignature; refused != (tt.signer < 0) {
					t.Errorf("%s: got %v", how, report.Err())
				}
				if result := report.Result(); result != nil && !trusted[tt.signer].Key.(ed25519.PublicKey).Equal(result.Key.Key) {
					t.Errorf("%s: signed by %s", how, licseal.KeyID(result.Key.Key))
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("%s: asked %q, want %q", how, got, tt.want)
				}
				got = nil
			}
		})
	}
}

// Tables that are empty are those of crypto/ed25519.
func TestEmptyTables(t *testing.T) {
	v, err := verify.New(trusted1, &verify.Options{At: midYear, Tables: new(sig.Tables)})
	if err != nil {
		t.Fatal(err)
	}
	good := signed(sealEd25519(seed1), kongPayload).file()
	forged := signed(sealEd25519(seed2), kongPayload).file()
	for i, want := range []licseal.Reason{"", licseal.ReasonSignature, licseal.ReasonParse} {
		reports := v.Reports([][]byte{[]byte(good), []byte(forged), []byte("{}")})
		if got := reports[i].Reason(); got != want {
			t.Errorf("document %d: got %q, want %q", i, got, want)
		}
	}
}
