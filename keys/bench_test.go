package keys_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/keys/internal/keytest"
	"github.com/licseal/licseal/keys/private"
	"golang.org/x/crypto/ssh"
)

// BenchmarkParseTrusted reads the largest file of trusted keys and prints the ratio
// to the bare ssh.ParseAuthorizedKey, which looks at no point and at no duplicate.
func BenchmarkParseTrusted(b *testing.B) {
	var file []byte
	for {
		key, err := private.Generate(private.Ed25519)
		if err != nil {
			b.Fatal(err)
		}
		line := keytest.PublicLine(b, key.Public(), "issuing 2026")
		if len(file)+len(line) > keys.MaxBytes {
			break
		}
		file = append(file, line...)
	}

	var bare, ours time.Duration
	for b.Loop() {
		start := time.Now()
		for rest := file; len(rest) > 0; {
			var err error
			if _, _, _, rest, err = ssh.ParseAuthorizedKey(rest); err != nil {
				b.Fatal(err)
			}
		}
		middle := time.Now()
		if _, err := keys.ParseTrusted("trusted", file); err != nil {
			b.Fatal(err)
		}
		bare += middle.Sub(start)
		ours += time.Since(middle)
	}
	b.ReportMetric(float64(ours)/float64(bare), "x-bare")
	b.ReportMetric(ours.Seconds()*1e3/float64(b.N), "ms-ours")
	b.ReportMetric(float64(bytes.Count(file, []byte("\n"))), "keys")
}
