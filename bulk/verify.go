package bulk

import (
	"context"
	"crypto/ed25519"
	"crypto/fips140"
	"iter"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/ed25519table"
	"github.com/licseal/licseal/internal/ordered"
	"github.com/licseal/licseal/internal/sig"
	"github.com/licseal/licseal/verify"
)

// NewVerifier returns a verifier with the verdicts of [verify.New] that is
// several times as fast for licences of a key that it has seen before. A product
// or server that judges many licences keeps one. It takes half a megabyte for each
// of the first 32 Ed25519 keys in use. options may be nil.
//
// If a FIPS 140 module must do all cryptography, the verifier is that of package
// verify.
func NewVerifier(trusted []licseal.TrustedKey, options *verify.Options) (*verify.Verifier, error) {
	var o verify.Options
	if options != nil {
		o = *options
	}
	o.Tables = newTables(trusted)
	return verify.New(trusted, &o)
}

func newTables(trusted []licseal.TrustedKey) *sig.Tables {
	if fips140.Enabled() {
		return nil
	}
	return sig.NewTables(tablesFor(trusted).verify)
}

func tablesFor(trusted []licseal.TrustedKey) keyTables {
	tables := make(keyTables)
	for _, t := range trusted {
		if key, ok := t.Key.(ed25519.PublicKey); ok && len(tables) < maxTables {
			tables[string(key)] = new(keyTable)
		}
	}
	return tables
}

// VerifyOptions says how a stream of licences is verified. The zero value, like
// nil, uses all cores.
type VerifyOptions struct {
	// Workers is how many goroutines verify. If zero, runtime.GOMAXPROCS(0).
	Workers int
}

// Verify judges licence documents as [verify.Verifier.Report] does, all of them
// at the instant when the sequence is begun. options may be nil. With a verifier
// that [NewVerifier] made, licences that share a key are judged several times as
// fast as one by one.
func Verify[K any](ctx context.Context, documents iter.Seq2[K, []byte], v *verify.Verifier, options *VerifyOptions) iter.Seq2[K, *verify.Report] {
	if options == nil {
		options = &VerifyOptions{}
	}
	return func(yield func(K, *verify.Report) bool) {
		v := v.Freeze()
		work := func(documents []item[K, []byte], reports []item[K, *verify.Report]) []item[K, *verify.Report] {
			texts := make([][]byte, len(documents))
			for i, d := range documents {
				texts[i] = d.value
			}
			judged := v.Reports(texts)
			for i, d := range documents {
				reports = append(reports, item[K, *verify.Report]{key: d.key, value: &judged[i]})
			}
			return reports
		}
		size := func(i item[K, []byte]) int { return len(i.value) }
		batches := ordered.Options{Workers: options.Workers, Batch: ed25519table.Batch}
		each(ordered.Map(ctx, pack(documents), size, batches, work), yield)
	}
}
