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

const benchSize = 10_000

// compare measures passes over benchSize items and bare operations, in turns.
// It reports the cost of an item on one core as a multiple of the bare operation
// (x-bare): the median of the ratios within one turn, so that both sides meet the
// same noise. It also reports how many times as many two cores do as one core
// (x-two-cores), and the cost relative to what two cores would do of the bare operation, if the
// second gave as much as the first (x-bare-two-cores): of the fastest turn of each,
// because whatever else the machine does takes from two cores more than from one.
func compare(b *testing.B, bare func(n int), pass func(workers int)) {
	const share = 10 // of the items are done bare
	var ratios, bares, ones, twos []float64
	for b.Loop() {
		bareTime := timeOf(func() { bare(benchSize / share / 2) })
		one := onOneCore(func() { pass(1) })
		bareTime += timeOf(func() { bare(benchSize / share / 2) })
		two := timeOf(func() { pass(2) })
		ratios = append(ratios, float64(one)/float64(bareTime*share))
		bares = append(bares, float64(bareTime*share))
		ones, twos = append(ones, float64(one)), append(twos, float64(two))
	}
	b.ReportMetric(median(ratios), "x-bare")
	b.ReportMetric(slices.Min(ones)/slices.Min(twos), "x-two-cores")
	b.ReportMetric(slices.Min(bares)/2/slices.Min(twos), "x-bare-two-cores")
}

// onOneCore measures f with one core for all of it, the garbage collector included.
func onOneCore(f func()) time.Duration {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	return timeOf(f)
}

func timeOf(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
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
	bare := func(n int) {
		for range n {
			if !ed25519.Verify(public, message, signature) {
				b.Fatal("refused")
			}
		}
	}
	for name, fields := range map[string]verify.Fields{"no schema": nil, "schema": schema.Kong()} {
		b.Run(name, func(b *testing.B) {
			compare(b, bare, func(workers int) {
				v, err := bulk.NewVerifier(trust(key), &verify.Options{At: midYear, Fields: fields})
				if err != nil {
					b.Fatal(err)
				}
				for i, r := range bulk.Verify(context.Background(), slices.All(documents), v, &bulk.VerifyOptions{Workers: workers}) {
					if err := r.Err(); err != nil {
						b.Fatal(i, err)
					}
				}
			})
		})
	}
}

func BenchmarkSign(b *testing.B) {
	key := testKey(1)
	texts := payloads(benchSize)
	bare := func(n int) {
		for i := range n {
			ed25519.Sign(key, texts[i])
		}
	}
	for name, rules := range map[string]*schema.Schema{"no schema": nil, "schema": schema.Kong()} {
		b.Run(name, func(b *testing.B) {
			compare(b, bare, func(workers int) {
				rows := bulk.Payloads(context.Background(), slices.All(texts), &bulk.PayloadOptions{Schema: rules, Workers: workers})
				if n := count(bulk.Sign(context.Background(), rows, key, &bulk.SignOptions{Workers: workers})); n != benchSize {
					b.Fatal(n)
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
