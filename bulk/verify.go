package bulk

import (
	"context"
	"crypto/ed25519"
	"crypto/fips140"
	"errors"
	"iter"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/ordered"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

// VerifyOptions says how licences are judged. The zero value, like nil, is the
// strictest reading of everything but the schema.
type VerifyOptions struct {
	// Options are those of package verify. If its Time is zero, all licences
	// are judged at the time when the sequence is begun. Fields that its Roles
	// do not name are those of Schema, and else Kong's.
	verify.Options

	// Schema is what the payloads must look like. If nil, their fields are
	// not checked, but for the dates.
	Schema *schema.Schema

	// AllowUnknown makes members that Schema does not know a remark in
	// Verdict.Unknown, in place of a refusal: a licence may be newer than
	// this program's schema.
	AllowUnknown bool

	// Workers is how many goroutines verify. If zero, runtime.GOMAXPROCS(0).
	Workers int
}

// Verdict is the judgement of one licence document.
type Verdict struct {
	// Result is what was verified, also where it is refused: nil unless the
	// signature is good.
	Result *verify.Result

	// Err says why the licence is refused; it is nil if it is accepted. It is
	// an error of [verify.License] or, judged after revocation and before the
	// dates, one of [schema.Schema.Validate].
	Err error

	// Unknown lists the members that the schema does not know, if
	// VerifyOptions.AllowUnknown is set and there are any.
	Unknown *schema.Error
}

// Verify judges licence documents as [verify.License] and
// [schema.Schema.Validate] do. opts may be nil. The error says what no licence
// can be judged by, such as [verify.ErrNoTrustedKeys].
func Verify[K any](ctx context.Context, documents iter.Seq2[K, []byte], trusted []licseal.TrustedKey, opts *VerifyOptions) (iter.Seq2[K, Verdict], error) {
	v, err := newVerifier(trusted, opts)
	if err != nil {
		return nil, err
	}
	return func(yield func(K, Verdict) bool) {
		v := v.begin()
		work := func(documents []item[K, []byte], verdicts []item[K, Verdict]) []item[K, Verdict] {
			for i, verdict := range v.judge(len(documents), func(i int) []byte { return documents[i].value }) {
				verdicts = append(verdicts, item[K, Verdict]{documents[i].key, verdict})
			}
			return verdicts
		}
		size := func(i item[K, []byte]) int { return len(i.value) }
		each(ordered.Map(ctx, pack(documents), size, ordered.Options{Workers: v.opts.Workers}, work), yield)
	}, nil
}

// verifier judges batches of documents. Several goroutines use one.
type verifier struct {
	trusted []licseal.TrustedKey
	opts    VerifyOptions
	tables  []keyTable // of each trusted key
}

func newVerifier(trusted []licseal.TrustedKey, opts *VerifyOptions) (*verifier, error) {
	if opts == nil {
		opts = &VerifyOptions{}
	}
	v := &verifier{trusted: trusted, opts: *opts}
	if v.opts.Schema != nil {
		v.opts.Roles = mergeRoles(v.opts.Roles, v.opts.Schema.Roles())
	}
	// The options and keys are looked at before the document.
	_, err := verify.License(nil, trusted, &v.opts.Options)
	if parse := (*licseal.ParseError)(nil); !errors.As(err, &parse) {
		return nil, err
	}
	return v, nil
}

// begin returns a verifier for one run.
func (v verifier) begin() *verifier {
	if v.opts.Time.IsZero() {
		v.opts.Time = time.Now()
	}
	v.tables = make([]keyTable, len(v.trusted))
	tables := 0
	for i := range v.trusted {
		key, isEd25519 := v.trusted[i].Key.(ed25519.PublicKey)
		// A FIPS 140 module must do all cryptography where that is asked for.
		if isEd25519 && tables < maxTables && v.opts.Ed25519 == nil && !fips140.Enabled() {
			v.tables[i].public = key
			tables++
		}
	}
	return &v
}

// judge returns a verdict for each of n documents.
func (v *verifier) judge(n int, document func(i int) []byte) []Verdict {
	verdicts := make([]Verdict, n)
	licenses := make([]*licseal.License, n)
	parser := licseal.Parser{MaxBytes: v.opts.MaxBytes}
	for i := range n {
		licenses[i], verdicts[i].Err = parser.ParseUnverified(document(i))
	}
	opts := v.opts.Options
	known := precheck(licenses, v.tables)
	if known != nil {
		opts.Ed25519 = known.verify
	}
	for i, lic := range licenses {
		if lic == nil {
			continue
		}
		if known != nil {
			known.current = i
		}
		verdicts[i] = v.conclude(verify.Parsed(lic, v.trusted, &opts))
	}
	return verdicts
}

// conclude adds the judgement of the fields to that of package verify.
func (v *verifier) conclude(result *verify.Result, err error) Verdict {
	verdict := Verdict{Result: result, Err: err}
	var refused *verify.RefusedError
	if errors.As(err, &refused) {
		verdict.Result = refused.Result
	}
	if v.opts.Schema == nil || verdict.Result == nil || err != nil && isRevocation(refused) {
		return verdict
	}
	schemaErr := v.opts.Schema.Validate(verdict.Result.License.Payload)
	if e := (*schema.Error)(nil); v.opts.AllowUnknown && errors.As(schemaErr, &e) && e.UnknownOnly() {
		verdict.Unknown = e
	} else if schemaErr != nil {
		verdict.Err = schemaErr
	}
	return verdict
}

// isRevocation reports whether a refusal is for revocation, which is judged
// before the fields.
func isRevocation(refused *verify.RefusedError) bool {
	var revoked *verify.RevokedError
	var noID *verify.NoIDError
	return errors.As(refused.Err, &revoked) || errors.As(refused.Err, &noID)
}
