package schema_test

import (
	"crypto/ed25519"
	"errors"
	"testing"

	"github.com/licseal/licseal/internal/benchratio"
	"github.com/licseal/licseal/schema"
)

// runBesideVerify measures an operation next to ed25519.Verify over a message.
func runBesideVerify(b *testing.B, message []byte, full func()) {
	b.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	signature := ed25519.Sign(private, message)
	benchratio.Run(b, func() {
		if !ed25519.Verify(public, message, signature) {
			b.Fatal("the signature does not match")
		}
	}, full)
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
			runBesideVerify(b, p.Bytes(), func() {
				if err := test.schema.Validate(p); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

func BenchmarkValidateBroken(b *testing.B) {
	p := mustParse(b, kongWith("customer", "1"))
	runBesideVerify(b, p.Bytes(), func() {
		var broken *schema.Error
		if err := schema.Kong().Validate(p); !errors.As(err, &broken) {
			b.Fatal(err)
		}
	})
}

func BenchmarkCompile(b *testing.B) {
	text := schema.Kong().JSON()
	runBesideVerify(b, mustParse(b, kongWith("", "")).Bytes(), func() {
		if _, err := schema.Compile("vendor", text); err != nil {
			b.Fatal(err)
		}
	})
}
