package bulk

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/idset"
	"github.com/licseal/licseal/internal/ordered"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/sign"
)

// PayloadOptions says which payloads may be signed. The zero value, like nil,
// asks for dates that can be read and for ids that are all different.
type PayloadOptions struct {
	// Schema is what the payloads must look like. If nil, their fields are
	// not checked, but for the dates.
	Schema *schema.Schema

	// Roles says which fields hold the id and the dates. Fields that it does not
	// name are those of Schema, and else Kong's.
	Roles licseal.Roles

	// AllowDuplicates accepts payloads of one id.
	AllowDuplicates bool

	// Number returns the number that a DuplicateError has for payload i of the
	// sequence, counted from 0. If nil, i+1.
	Number func(i int) int

	// Parse reads a payload from a text; several goroutines call it. Of a
	// payload that comes with an error, the id is looked at. If nil,
	// licseal.ParsePayload.
	Parse func(text []byte) (licseal.Payload, error)

	// Workers is how many goroutines work. If zero, runtime.GOMAXPROCS(0).
	Workers int
}

// Row is a payload on its way to a licence.
type Row struct {
	Payload licseal.Payload
	Period  licseal.Period   // when the licence will be valid
	License *licseal.License // nil until Sign has made it

	// Err says why there will be no licence: the text is no payload, breaks its
	// schema or has no usable dates, its id is that of an earlier row (a
	// [*DuplicateError]), or the key failed (a [*SignError]). If several
	// reasons apply, it is made by [errors.Join].
	Err error
}

// DuplicateError says that a payload has the id of an earlier one. Two licences
// of one id could not be told apart, or revoked apart.
type DuplicateError struct {
	Pointer string // the field that holds the id
	ID      string
	Row     int // the earlier payload's place in the sequence, from 1, or its PayloadOptions.Number
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("%s: %q is already the id of row %d", e.Pointer, e.ID, e.Row)
}

// SignError says that a key has failed to sign. Unlike other errors of a row, it
// is not the fault of the row.
type SignError struct {
	Err error // of [sign.License]
}

func (e *SignError) Error() string { return e.Err.Error() }

// Unwrap returns e.Err.
func (e *SignError) Unwrap() error { return e.Err }

// Payloads reads the payloads to sign, and checks them. opts may be nil.
//
// To find duplicates, it keeps 16 bytes of a hash for each payload, in a table
// that is between three and six parts in eight full: 21 to 43 MB for a million.
func Payloads[K any](ctx context.Context, texts iter.Seq2[K, []byte], opts *PayloadOptions) iter.Seq2[K, Row] {
	if opts == nil {
		opts = &PayloadOptions{}
	}
	r := newReader(opts)
	return func(yield func(K, Row) bool) {
		work := func(texts []item[K, []byte], rows []item[K, Row]) []item[K, Row] {
			for _, text := range texts {
				rows = append(rows, item[K, Row]{text.key, r.read(text.value)})
			}
			return rows
		}
		size := func(i item[K, []byte]) int { return len(i.value) }
		rows := ordered.Map(ctx, pack(texts), size, ordered.Options{Workers: opts.Workers}, work)
		if opts.AllowDuplicates {
			each(rows, yield)
			return
		}
		seen, i := new(idset.Set), 0
		each(rows, func(key K, row Row) bool {
			r.checkID(seen, &row, r.number(i))
			i++
			return yield(key, row)
		})
	}
}

// reader reads payloads.
type reader struct {
	parse  func([]byte) (licseal.Payload, error)
	number func(int) int
	rules  *schema.Schema
	roles  licseal.Roles
}

func newReader(opts *PayloadOptions) *reader {
	r := &reader{parse: opts.Parse, number: opts.Number, rules: opts.Schema, roles: opts.Roles}
	if r.parse == nil {
		r.parse = licseal.ParsePayload
	}
	if r.number == nil {
		r.number = func(i int) int { return i + 1 }
	}
	if r.rules != nil {
		r.roles = r.roles.Or(r.rules.Roles())
	}
	r.roles = r.roles.WithDefaults()
	return r
}

func (r *reader) read(text []byte) (row Row) {
	if row.Payload, row.Err = r.parse(text); row.Err != nil {
		return row
	}
	if r.rules != nil {
		row.Err = r.rules.Validate(row.Payload)
	}
	var err error
	if row.Period, err = row.Payload.Period(r.roles, nil); err != nil && !violates(row.Err, err) {
		row.Err = join(row.Err, err)
	}
	return row
}

// violates reports whether a schema's error is about the field of a date's, too.
func violates(schemaErr, dateErr error) bool {
	var broken *schema.Error
	var date *licseal.DateError
	return errors.As(schemaErr, &broken) && errors.As(dateErr, &date) &&
		slices.ContainsFunc(broken.Violations, func(v licseal.Violation) bool { return v.Pointer == date.Pointer })
}

// join joins two errors, of which the first may be nil.
func join(a, b error) error {
	if a == nil {
		return b
	}
	return errors.Join(a, b)
}

// checkID refuses an id that was seen before. A payload without one passes:
// whether it must have one is the schema's business. A row that is refused
// anyway leaves its id to others.
func (r *reader) checkID(seen *idset.Set, row *Row, n int) {
	id, ok := row.Payload.Field(r.roles.ID)
	if !ok {
		return
	}
	var first int
	if row.Err == nil {
		first = seen.Add(id, n)
	} else {
		first = seen.Find(id)
	}
	if first == n || first == 0 {
		return
	}
	text, isText := row.Payload.Text(r.roles.ID)
	if !isText {
		text = string(id)
	}
	row.Err = join(row.Err, &DuplicateError{r.roles.ID, text, first})
}

// SignOptions says how payloads are signed. The zero value, like nil, is right
// for keys that are in this computer's memory.
type SignOptions struct {
	// Workers is how many goroutines use the key at the same time; most
	// agents and tokens take one. If zero, runtime.GOMAXPROCS(0).
	Workers int
}

// Sign makes licences of the rows that are in order, as [sign.License] does, and
// passes the others on. opts may be nil. A row that has a licence already keeps it.
func Sign[K any](ctx context.Context, rows iter.Seq2[K, Row], key crypto.Signer, opts *SignOptions) iter.Seq2[K, Row] {
	if opts == nil {
		opts = &SignOptions{}
	}
	work := func(rows, signed []item[K, Row]) []item[K, Row] {
		for i := range rows {
			signRow(&rows[i].value, key)
		}
		return append(signed, rows...)
	}
	size := func(i item[K, Row]) int { return len(i.value.Payload.Bytes()) }
	return func(yield func(K, Row) bool) {
		each(ordered.Map(ctx, pack(rows), size, ordered.Options{Workers: opts.Workers}, work), yield)
	}
}

func signRow(row *Row, key crypto.Signer) {
	if row.Err != nil || row.License != nil {
		return
	}
	lic, err := sign.License(row.Payload, key)
	if err != nil {
		row.Err = &SignError{err}
		return
	}
	row.License = lic
}
