package bulk_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/internal/benchratio"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
)

var midYear = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

// payloadText is a Kong payload of 266 bytes.
func payloadText(n int) string {
	return fmt.Sprintf(`{"admin_seats":"5","customer":"Example Company, Incorporated, Dept of Examples","dataplanes":"2","license_creation_date":"2026-01-01","license_expiration_date":"2027-01-01","license_key":"LS-%07d","product_subscription":"Konnect Enterprise","support_plan":"None"}`, n)
}

func testKey(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func trust(keys ...ed25519.PrivateKey) []licseal.TrustedKey {
	var trusted []licseal.TrustedKey
	for i, key := range keys {
		trusted = append(trusted, licseal.TrustedKey{Key: key.Public(), Name: fmt.Sprint("key ", i+1)})
	}
	return trusted
}

func payloads(n int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		all[i] = []byte(payloadText(i))
	}
	return all
}

func licenses(tb testing.TB, n int, key ed25519.PrivateKey) [][]byte {
	all := payloads(n)
	for i := range all {
		p, err := licseal.ParsePayload(all[i])
		if err != nil {
			tb.Fatal(err)
		}
		lic, err := sign.License(p, key)
		if err != nil {
			tb.Fatal(err)
		}
		all[i] = []byte(lic.String())
	}
	return all
}

// A pass is over benchSize items, in parts that alternate with bare operations. Parts
// are larger for two cores, which need some items to get going.
const (
	benchSize = 10_240
	onePart   = 256
	twoPart   = 2560
)

// compare measures passes over benchSize items and single bare operations. pass begins a
// pass, and returns what does the items from one index to another.
//
// It reports the cost of an item on one core as a multiple of the bare operation
// (x-bare), how many times as many items two cores do as one core (x-two-cores), and how
// many items two cores do, relative to the bare operations of one core times two
// (x-bare-two-cores). They are medians over the parts, so what happens once in a pass,
// such as making a table, is not in them.
func compare(b *testing.B, bare func(), pass func(workers int) (part func(from, to int))) {
	var ones, twos []float64
	for b.Loop() {
		ones = append(ones, onOneCore(func() []float64 { return ratios(benchratio.CPU, onePart, bare, pass(1)) })...)
		twos = append(twos, ratios(benchratio.Wall, twoPart, bare, pass(2))...)
	}
	one, two := benchratio.Median(ones), benchratio.Median(twos)
	b.ReportMetric(one, "x-bare")
	b.ReportMetric(one/two, "x-two-cores")
	b.ReportMetric(1/(2*two), "x-bare-two-cores")
}

// ratios returns, for each part of a pass, the time of one item on a clock as a multiple
// of the bare operation.
func ratios(clock func() time.Duration, size int, bare func(), part func(from, to int)) []float64 {
	const share = 10 // times fewer bare operations than items
	var all []float64
	for from := 0; from < benchSize; from += size {
		n := size / share / 2 * 2
		_, ratio := benchratio.Turn(clock, n, bare, func() { part(from, from+size) })
		all = append(all, ratio*float64(n)/float64(size))
	}
	return all
}

// onOneCore calls f with one core for all of it, the garbage collector included.
func onOneCore(f func() []float64) []float64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	return f()
}

func count[K, V any](seq iter.Seq2[K, V]) int {
	n := 0
	for range seq {
		n++
	}
	return n
}

func BenchmarkVerify(b *testing.B) {
	key := testKey(1)
	documents := licenses(b, benchSize, key)
	message := []byte(payloadText(0))
	signature := ed25519.Sign(key, message)
	public := key.Public().(ed25519.PublicKey)
	bare := func() {
		if !ed25519.Verify(public, message, signature) {
			b.Fatal("refused")
		}
	}
	for name, fields := range map[string]verify.Fields{"no schema": nil, "schema": schema.Kong()} {
		b.Run(name, func(b *testing.B) {
			compare(b, bare, func(workers int) func(from, to int) {
				v, err := bulk.NewVerifier(trust(key), &verify.Options{At: midYear, Fields: fields})
				if err != nil {
					b.Fatal(err)
				}
				return func(from, to int) {
					for i, r := range bulk.Verify(context.Background(), slices.All(documents[from:to]), v, &bulk.VerifyOptions{Workers: workers}) {
						if err := r.Err(); err != nil {
							b.Fatal(from+i, err)
						}
					}
				}
			})
		})
	}
}

func BenchmarkSign(b *testing.B) {
	key := testKey(1)
	texts := payloads(benchSize)
	bare := func() { ed25519.Sign(key, texts[0]) }
	for name, rules := range map[string]*schema.Schema{"no schema": nil, "schema": schema.Kong()} {
		b.Run(name, func(b *testing.B) {
			compare(b, bare, func(workers int) func(from, to int) {
				return func(from, to int) {
					rows := bulk.Payloads(context.Background(), slices.All(texts[from:to]), &bulk.PayloadOptions{Schema: rules, Workers: workers})
					if n := count(bulk.Sign(context.Background(), rows, key, &bulk.SignOptions{Workers: workers})); n != to-from {
						b.Fatal(n)
					}
				}
			})
		})
	}
}

// A verifier that is kept judges one licence at a time of a key that it has seen.
func BenchmarkVerifierKept(b *testing.B) {
	key := testKey(1)
	document := licenses(b, 1, key)[0]
	message := []byte(payloadText(0))
	signature := ed25519.Sign(key, message)
	public := key.Public().(ed25519.PublicKey)
	v, err := bulk.NewVerifier(trust(key), &verify.Options{At: midYear})
	if err != nil {
		b.Fatal(err)
	}
	judge := func() {
		if err := v.Report(document).Err(); err != nil {
			b.Fatal(err)
		}
	}
	for range 100 {
		judge() // the table is made
	}
	benchratio.Run(b, func() {
		if !ed25519.Verify(public, message, signature) {
			b.Fatal("refused")
		}
	}, judge)
}
