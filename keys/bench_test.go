package keys_test

import (
	"bytes"
	"testing"

	"github.com/licseal/licseal/keys"
	"golang.org/x/crypto/ssh"
)

// BenchmarkParseTrusted reads the largest file of trusted keys and prints the ratio
// to the bare ssh.ParseAuthorizedKey, which looks at no point and at no duplicate.
func BenchmarkParseTrusted(b *testing.B) {
	var file []byte
	for {
		key, err := keys.Generate(keys.Ed25519)
		if err != nil {
			b.Fatal(err)
		}
		line := publicLine(b, key.Public(), "issuing 2026")
		if len(file)+len(line) > keys.MaxBytes {
			break
		}
		file = append(file, line...)
	}

	bare := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			for rest := file; len(rest) > 0; {
				var err error
				if _, _, _, rest, err = ssh.ParseAuthorizedKey(rest); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	for b.Loop() {
		if _, err := keys.ParseTrusted("trusted", file); err != nil {
			b.Fatal(err)
		}
	}
	perOp := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
	b.ReportMetric(perOp/float64(bare.NsPerOp()), "x-bare")
	b.ReportMetric(float64(bytes.Count(file, []byte("\n"))), "keys")
}
