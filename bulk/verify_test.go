package bulk_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
)

func signed(tb testing.TB, text string, key crypto.Signer) string {
	tb.Helper()
	p, err := licseal.ParsePayload([]byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	lic, err := sign.License(p, key)
	if err != nil {
		tb.Fatal(err)
	}
	return lic.String()
}

// outcome is what a report says, in words.
func outcome(r *verify.Report) string {
	text := fmt.Sprintf("%s: %v / %T %v", r.Reason(), r.Err(), r.Err(), r.Warnings())
	for _, o := range r.Outcomes() {
		text += fmt.Sprintf(" / %s %s %v", o.Stage, o.Reason, o.Err)
	}
	if result := r.Result(); result != nil {
		text += fmt.Sprintf(" / %s %s %s %s", result.Key.Name, result.State, result.Time, result.License)
	}
	return text
}

// mixture returns documents of every kind, signed by the keys in turns.
func mixture(tb testing.TB, keys []crypto.Signer) [][]byte {
	var all [][]byte
	add := func(text string) { all = append(all, []byte(text)) }
	for i, key := range keys {
		text := payloadText(i)
		good := signed(tb, text, key)
		add(good)
		add(strings.Replace(good, "Example", "Exbmple", 1))
		add(strings.Replace(good, `"signature":"`, `"signature":"0`, 1))
		add(strings.Replace(good, `"payload":`, ` "payload" : `, 1))
		add(signed(tb, strings.Replace(text, `2027-01-01`, `2026-02-01`, 1), key))                  // expired
		add(signed(tb, strings.Replace(text, `2027-01-01`, `2026-06-30`, 1), key))                  // in grace
		add(signed(tb, strings.Replace(text, `2026-01-01`, `2026-12-01`, 1), key))                  // not yet valid
		add(signed(tb, strings.Replace(text, `2026-01-01`, `never`, 1), key))                       // no date
		add(signed(tb, strings.Replace(text, `"support_plan":"None"`, `"support_plan":5`, 1), key)) // breaks the schema
		add(signed(tb, strings.Replace(text, `}`, `,"z":1}`, 1), key))                              // unknown member
	}
	vectors, err := filepath.Glob("../testdata/vectors/*.txt")
	if err != nil || len(vectors) < 50 {
		tb.Fatalf("%d vectors: %v", len(vectors), err)
	}
	for _, name := range vectors {
		text, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		_, document, _ := strings.Cut(string(text), "\n\n")
		add(document)
	}
	return all
}

// Whatever the licence and the keys, the report is that of package verify for one
// licence, before and after the tables are made.
func TestVerifyAgrees(t *testing.T) {
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	first, second, third := testKey(1), testKey(2), testKey(3)
	key := func(k crypto.Signer, name string) licseal.TrustedKey {
		return licseal.TrustedKey{Key: k.Public(), Name: name}
	}
	windowed := key(second, "second, for a time")
	windowed.ValidAfter = time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	notAPoint := licseal.TrustedKey{Key: ed25519.PublicKey(append([]byte{2}, make([]byte, 31)...)), Name: "no point"}
	lists := map[string][]licseal.TrustedKey{
		"one":      {key(first, "first")},
		"other":    {key(third, "third")},
		"several":  {key(third, "third"), key(p256, "p256"), key(second, "second"), key(first, "first")},
		"p256":     {key(p256, "p256"), key(first, "first")},
		"twice":    {key(first, "first"), windowed, key(second, "second"), key(first, "first again")},
		"no point": {notAPoint, key(first, "first")},
		"many":     slices.Concat(slices.Repeat([]licseal.TrustedKey{key(third, "third")}, 33), trust(first)),
	}
	documents := mixture(t, []crypto.Signer{first, second, p256})
	vendor, err := schema.Compile("own", schema.Kong().JSON())
	if err != nil {
		t.Fatal(err)
	}
	options := map[string]verify.Options{
		"no schema": {},
		"schema":    {Fields: schema.Kong()},
		"vendor":    {Fields: vendor},
		"grace":     {Grace: 24 * time.Hour * 10},
		"small":     {MaxBytes: 500},
	}
	for listName, trusted := range lists {
		for optsName, opts := range options {
			if testing.Short() && (listName == "many" || optsName == "grace" || optsName == "small") {
				continue // with the race detector, each verification takes long
			}
			t.Run(listName+"/"+optsName, func(t *testing.T) {
				opts.At = midYear
				one, err := verify.New(trusted, &opts)
				if err != nil {
					t.Fatal(err)
				}
				want := map[string]int{}
				wants := make([]string, len(documents))
				for i, document := range documents {
					wants[i] = outcome(one.Report(document))
				}
				rounds := 3
				if testing.Short() {
					rounds = 1
				}
				all := func(yield func(int, []byte) bool) {
					for range rounds {
						for i, document := range documents {
							if !yield(i, document) {
								return
							}
						}
					}
				}
				many, err := bulk.NewVerifier(trusted, &opts)
				if err != nil {
					t.Fatal(err)
				}
				n := 0
				for i, r := range bulk.Verify(context.Background(), all, many, nil) {
					if i != n%len(documents) {
						t.Fatalf("report %d is for document %d", n, i)
					}
					if got := outcome(r); got != wants[i] {
						t.Errorf("%s\n got %s\nwant %s", documents[i], got, wants[i])
					}
					want[wants[i]]++
					n++
				}
				if n != rounds*len(documents) || len(want) < 20 {
					t.Errorf("%d reports of %d kinds", n, len(want))
				}
			})
		}
	}
}

// What no licence can be judged by is said before any is.
func TestVerifyRefusesOptions(t *testing.T) {
	for want, f := range map[string]func() (any, error){
		"no trusted keys were given, so no signature can be verified": func() (any, error) {
			return bulk.NewVerifier(nil, nil)
		},
		"the grace is negative: -1ns": func() (any, error) {
			return bulk.NewVerifier(trust(testKey(1)), &verify.Options{Grace: -1})
		},
		`trusted key "x" (ed25519.PublicKey) is neither a whole Ed25519 key nor an ECDSA key on P-256`: func() (any, error) {
			return bulk.NewVerifier([]licseal.TrustedKey{{Name: "x", Key: ed25519.PublicKey{1}}}, nil)
		},
	} {
		if _, err := f(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// The licences of one run are all judged by one reading of the clock, and the
// next run reads it again.
func TestVerifyNow(t *testing.T) {
	text := strings.Replace(payloadText(1), "2027-01-01", "9999-12-31", 1)
	documents := slices.Repeat([][]byte{[]byte(signed(t, text, testKey(1)))}, 300)
	ticks := 0
	clock := func() time.Time { ticks++; return midYear.Add(time.Duration(ticks) * time.Hour) }
	v, err := bulk.NewVerifier(trust(testKey(1)), &verify.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	for run := 1; run <= 2; run++ {
		want := midYear.Add(time.Duration(run) * time.Hour)
		for _, r := range bulk.Verify(context.Background(), slices.All(documents), v, nil) {
			if r.Err() != nil || !r.Result().Time.Equal(want) {
				t.Fatalf("run %d: %v at %v, want %v", run, r.Err(), r.Result().Time, want)
			}
		}
	}
}

// The schema says which fields hold the dates and the grace, unless the caller does.
func TestVerifyRoles(t *testing.T) {
	rules, err := schema.Compile("own", []byte(`{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
		"properties":{"id":{"type":"string"},"from":{"type":"string"},"until":{"type":"string"},"end":{"type":"string"}},
		"x-licseal":{"roles":{"id":"/id","not_before":"/from","not_after":"/until"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	document := []byte(signed(t, `{"end":"2026-02-01","from":"2026-01-01","id":"1","until":"2027-01-01"}`, testKey(1)))
	for roles, want := range map[licseal.Roles]string{
		{}:                 "",
		{NotAfter: "/end"}: "expired at 2026-02-01T00:00:00Z, and it is 2026-07-01T00:00:00Z",
	} {
		v, err := bulk.NewVerifier(trust(testKey(1)), &verify.Options{At: midYear, Roles: roles, Fields: rules})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range bulk.Verify(context.Background(), slices.All([][]byte{document}), v, nil) {
			if got := r.Err(); want == "" && got != nil || want != "" && (got == nil || got.Error() != want) {
				t.Errorf("%+v: got %v, want %q", roles, got, want)
			}
		}
	}
}

func ExampleVerify() {
	key := ed25519.NewKeyFromSeed([]byte("0123456789abcdef0123456789abcdef"))
	payload, err := licseal.ParsePayload([]byte(payloadText(1)))
	if err != nil {
		fmt.Println(err)
		return
	}
	lic, err := sign.License(payload, key)
	if err != nil {
		fmt.Println(err)
		return
	}
	files := map[string][]byte{
		"customer.json": []byte(lic.String()),
		"forged.json":   []byte(strings.Replace(lic.String(), `"5"`, `"9"`, 1)),
	}
	trusted := []licseal.TrustedKey{{Key: key.Public(), Name: "vendor@example"}}
	verifier, err := bulk.NewVerifier(trusted, &verify.Options{
		At:     time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC),
		Fields: schema.Kong(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	sorted := func(yield func(string, []byte) bool) {
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if !yield(name, files[name]) {
				return
			}
		}
	}
	for name, report := range bulk.Verify(context.Background(), sorted, verifier, nil) {
		if err := report.Err(); err != nil {
			fmt.Println(name, "is refused:", err)
			continue
		}
		fmt.Println(name, "is", report.Result().State)
	}
	// Output:
	// customer.json is valid
	// forged.json is refused: the signature does not match the trusted key
}
