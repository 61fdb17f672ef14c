package bulk_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
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

// outcome is what a verdict says, in words.
func outcome(result *verify.Result, err error, unknown *schema.Error) string {
	text := fmt.Sprintf("%v / %T", err, err)
	if result != nil {
		text += fmt.Sprintf(" / %s %s %s %s", result.Key.Name, result.State, result.Time, result.License)
	}
	if unknown != nil {
		text += " / unknown: " + unknown.Error()
	}
	return text
}

// single judges one licence by the packages that judge one.
func single(document []byte, trusted []licseal.TrustedKey, opts *bulk.VerifyOptions) string {
	result, err := verify.License(document, trusted, &opts.Options)
	var refused *verify.RefusedError
	if errors.As(err, &refused) {
		result = refused.Result
	}
	if result == nil || opts.Schema == nil {
		return outcome(result, err, nil)
	}
	schemaErr := opts.Schema.Validate(result.License.Payload)
	var broken *schema.Error
	switch {
	case schemaErr == nil:
		return outcome(result, err, nil)
	case opts.AllowUnknown && errors.As(schemaErr, &broken) && broken.UnknownOnly():
		return outcome(result, err, broken)
	}
	return outcome(result, schemaErr, nil)
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

// Whatever the licence and the keys, the verdict is that of package verify and the
// schema, before and after the tables are made.
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
	options := map[string]bulk.VerifyOptions{
		"no schema": {},
		"schema":    {Schema: schema.Kong()},
		"tolerant":  {Schema: schema.Kong(), AllowUnknown: true},
		"grace":     {Options: verify.Options{Grace: 24 * time.Hour * 10}},
		"small":     {Options: verify.Options{MaxBytes: 500}},
	}
	for listName, trusted := range lists {
		for optsName, opts := range options {
			if testing.Short() && (listName == "many" || optsName == "grace" || optsName == "small") {
				continue // with the race detector, each verification takes long
			}
			t.Run(listName+"/"+optsName, func(t *testing.T) {
				opts.Time = midYear
				want := map[string]int{}
				wants := make([]string, len(documents))
				for i, document := range documents {
					wants[i] = single(document, trusted, &opts)
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
				verdicts, err := bulk.Verify(context.Background(), all, trusted, &opts)
				if err != nil {
					t.Fatal(err)
				}
				n := 0
				for i, v := range verdicts {
					if i != n%len(documents) {
						t.Fatalf("verdict %d is for document %d", n, i)
					}
					if got := outcome(v.Result, v.Err, v.Unknown); got != wants[i] {
						t.Errorf("%s\n got %s\nwant %s", documents[i], got, wants[i])
					}
					want[wants[i]]++
					n++
				}
				if n != rounds*len(documents) || len(want) < 20 {
					t.Errorf("%d verdicts of %d kinds", n, len(want))
				}
			})
		}
	}
}

// What no licence can be judged by is said before any is.
func TestVerifyRefusesOptions(t *testing.T) {
	for want, f := range map[string]func() (any, error){
		"no trusted keys were given, so no signature can be verified": func() (any, error) {
			return bulk.Verify(context.Background(), slices.All([][]byte{}), nil, nil)
		},
		"the grace is negative: -1ns": func() (any, error) {
			return bulk.Verify(context.Background(), slices.All([][]byte{}), trust(testKey(1)), &bulk.VerifyOptions{Options: verify.Options{Grace: -1}})
		},
		`trusted key "x" (ed25519.PublicKey) is neither a whole Ed25519 key nor an ECDSA key on P-256`: func() (any, error) {
			return bulk.Verify(context.Background(), slices.All([][]byte{}), []licseal.TrustedKey{{Name: "x", Key: ed25519.PublicKey{1}}}, nil)
		},
	} {
		if _, err := f(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// A licence is judged at the time of the run where no other is given, and all at the same.
func TestVerifyNow(t *testing.T) {
	text := strings.Replace(payloadText(1), "2027-01-01", "9999-12-31", 1)
	documents := slices.Repeat([][]byte{[]byte(signed(t, text, testKey(1)))}, 300)
	verdicts, err := bulk.Verify(context.Background(), slices.All(documents), trust(testKey(1)), nil)
	if err != nil {
		t.Fatal(err)
	}
	times := map[time.Time]bool{}
	before := time.Now()
	for _, v := range verdicts {
		if v.Err != nil {
			t.Fatal(v.Err)
		}
		times[v.Result.Time] = true
	}
	for at := range maps.Keys(times) {
		if len(times) != 1 || at.Before(before.Add(-time.Second)) || at.After(time.Now()) {
			t.Errorf("judged at %v", times)
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
		opts := &bulk.VerifyOptions{Options: verify.Options{Time: midYear, Roles: roles}, Schema: rules}
		verdicts, err := bulk.Verify(context.Background(), slices.All([][]byte{document}), trust(testKey(1)), opts)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range verdicts {
			if got := v.Err; want == "" && got != nil || want != "" && (got == nil || got.Error() != want) {
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
	options := &bulk.VerifyOptions{
		Options: verify.Options{Time: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)},
		Schema:  schema.Kong(),
	}
	sorted := func(yield func(string, []byte) bool) {
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if !yield(name, files[name]) {
				return
			}
		}
	}
	verdicts, err := bulk.Verify(context.Background(), sorted, trusted, options)
	if err != nil {
		fmt.Println(err)
		return
	}
	for name, verdict := range verdicts {
		if verdict.Err != nil {
			fmt.Println(name, "is refused:", verdict.Err)
			continue
		}
		fmt.Println(name, "is", verdict.Result.State)
	}
	// Output:
	// customer.json is valid
	// forged.json is refused: the one trusted key did not make this signature
}
