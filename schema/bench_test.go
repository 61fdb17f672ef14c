package schema_test

import (
	"crypto/ed25519"
	"errors"
	"testing"
	"time"

	"github.com/licseal/licseal/schema"
)

// reportRatio reports the time of one operation as a multiple of the time of one
// bare ed25519.Verify over the same bytes, measured in the same run.
func reportRatio(b *testing.B, message []byte) {
	b.Helper()
	perOp := b.Elapsed() / time.Duration(b.N)
	b.StopTimer()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	signature := ed25519.Sign(private, message)
	const rounds = 2000
	start := time.Now()
	for range rounds {
		if !ed25519.Verify(public, message, signature) {
			b.Fatal("the signature does not hold")
		}
	}
	b.ReportMetric(float64(perOp)/float64(time.Since(start)/rounds), "×Verify")
}

func BenchmarkValidate(b *testing.B) {
	vendor, err := schema.Compile("vendor", schema.Kong().JSON())
	if err != nil {
		b.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		schema *schema.Schema
	}{{"kong", schema.Kong()}, {"vendor", vendor}} {
		b.Run(test.name, func(b *testing.B) {
			p := mustParse(b, kongWith("", ""))
			b.ReportAllocs()
			for b.Loop() {
				if err := test.schema.Validate(p); err != nil {
					b.Fatal(err)
				}
			}
			reportRatio(b, p.Bytes())
		})
	}
}

func BenchmarkValidateBroken(b *testing.B) {
	p := mustParse(b, kongWith("customer", "1"))
	b.ReportAllocs()
	for b.Loop() {
		var broken *schema.Error
		if err := schema.Kong().Validate(p); !errors.As(err, &broken) {
			b.Fatal(err)
		}
	}
	reportRatio(b, p.Bytes())
}

func BenchmarkCompile(b *testing.B) {
	text := schema.Kong().JSON()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := schema.Compile("vendor", text); err != nil {
			b.Fatal(err)
		}
	}
	reportRatio(b, mustParse(b, kongWith("", "")).Bytes())
}
