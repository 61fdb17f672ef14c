package bulk

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/idset"
	"github.com/licseal/licseal/internal/ordered"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/sign"
)

// PayloadOptions say which payloads may be signed. The zero value, like nil,
// requires dates that can be read and are more than a day apart, and ids that are unique
// and can be typed.
type PayloadOptions struct {
	// Schema is what the payloads must look like. If nil, only the dates and the
	// ids are checked.
	Schema *schema.Schema

	// Roles name the fields that have the id and the dates. Fields that are not
	// named are those of Schema, or else Kong's.
	Roles licseal.Roles

	// AllowDuplicates accepts several payloads with the same id.
	AllowDuplicates bool

	// AllowOddID accepts ids that nobody could type to revoke the licence; see
	// [licseal.CheckID].
	AllowOddID bool

	// AllowShortTerm accepts licences that are valid for a day or less; see
	// [edit.CheckTerm].
	AllowShortTerm bool

	// Number returns the number of payload i of the sequence, from 0, for a
	// DuplicateError. It is called by many goroutines. If nil, i+1.
	Number func(i int) int

	// Parse reads a payload from a text. It is called by many goroutines. If it
	// returns a payload and an error, the id of that payload is checked too. If
	// nil, licseal.ParsePayload.
	Parse func(text []byte) (licseal.Payload, error)

	// ParseNumbered does the same, if it is not nil, for payloads that depend on their
	// number too; see Number.
	ParseNumbered func(number int, text []byte) (licseal.Payload, error)

	// Workers is how many goroutines work. If zero, runtime.GOMAXPROCS(0).
	Workers int
}

// Row is a payload on its way to a licence.
type Row struct {
	Payload licseal.Payload
	Period  licseal.Period   // when the licence will be valid
	License *licseal.License // nil until Sign has made it
	Old     *licseal.License // the licence that this one renews, if any and if a caller has set it

	// Err is why there is no licence: the text is not a payload, violates its
	// schema or has no usable dates, it would be valid for a day or less (an
	// [*edit.ShortTermError]), its id cannot be typed (a [*licseal.IDError]) or is
	// that of an earlier row (a [*DuplicateError]), or the key has failed (a
	// [*SignError]). Several errors are joined by [errors.Join].
	Err error
}

// DuplicateError means that a payload has the id of an earlier one. Two licences
// with the same id could only be revoked together.
type DuplicateError struct {
	Pointer string // the field that holds the id
	ID      string
	Row     int // the number of the earlier payload, from 1, or as PayloadOptions.Number returns it
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("%s: %q is already the id of row %d", e.Pointer, e.ID, e.Row)
}

// SignError means that the key has failed to sign. Unlike other errors of a row, it
// is not caused by the row.
type SignError struct {
	Err error // of [sign.License]
}

func (e *SignError) Error() string { return e.Err.Error() }

// Unwrap returns e.Err.
func (e *SignError) Unwrap() error { return e.Err }

// Payloads reads and checks the payloads to sign. opts may be nil.
//
// To find duplicates, it keeps a hash of each id: 21 to 43 MB for a million.
func Payloads[K any](ctx context.Context, texts iter.Seq2[K, []byte], opts *PayloadOptions) iter.Seq2[K, Row] {
	if opts == nil {
		opts = &PayloadOptions{}
	}
	r := newReader(opts)
	return func(yield func(K, Row) bool) {
		work := func(texts []item[K, []byte], rows []item[K, Row]) []item[K, Row] {
			for _, text := range texts {
				rows = append(rows, item[K, Row]{key: text.key, value: r.read(r.number(text.index), text.value)})
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
	parse  func(int, []byte) (licseal.Payload, error)
	number func(int) int
	rules  *schema.Schema
	roles  licseal.Roles
	oddID  bool // any id is accepted
	short  bool // any term is accepted
}

func newReader(opts *PayloadOptions) *reader {
	r := &reader{parse: opts.ParseNumbered, number: opts.Number, rules: opts.Schema, roles: opts.Roles, oddID: opts.AllowOddID, short: opts.AllowShortTerm}
	if r.parse == nil {
		parse := opts.Parse
		if parse == nil {
			parse = licseal.ParsePayload
		}
		r.parse = func(_ int, text []byte) (licseal.Payload, error) { return parse(text) }
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

func (r *reader) read(number int, text []byte) (row Row) {
	if row.Payload, row.Err = r.parse(number, text); row.Err != nil {
		return row
	}
	if r.rules != nil {
		row.Err = r.rules.Validate(row.Payload)
	}
	var id *licseal.IDError
	if err := row.Payload.CheckID(r.roles); !r.oddID && errors.As(err, &id) && !violates(row.Err, id.Pointer) {
		row.Err = join(row.Err, err)
	}
	var date *licseal.DateError
	var err error
	if row.Period, err = row.Payload.Period(r.roles, nil); errors.As(err, &date) && !violates(row.Err, date.Pointer) {
		row.Err = join(row.Err, err)
	}
	if err == nil && !r.short {
		if err := edit.CheckTerm(row.Payload, r.roles, row.Period); err != nil {
			row.Err = join(row.Err, err)
		}
	}
	return row
}

// violates reports whether a schema's error is about a field.
func violates(schemaErr error, pointer string) bool {
	var broken *schema.Error
	return errors.As(schemaErr, &broken) &&
		slices.ContainsFunc(broken.Violations, func(v licseal.Violation) bool { return v.Pointer == pointer })
}

// join joins two errors, of which the first may be nil.
func join(a, b error) error {
	if a == nil {
		return b
	}
	return errors.Join(a, b)
}

// checkID rejects an id that an earlier row has. A payload without an id passes:
// the schema decides whether that is an error. A row that is rejected anyway does
// not take its id.
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

// SignOptions say how payloads are signed. The zero value, like nil, is for keys in
// memory.
type SignOptions struct {
	// Workers is how many goroutines use the key at the same time. Most agents
	// and tokens require 1. If zero, runtime.GOMAXPROCS(0).
	Workers int
}

// Sign signs the rows that have no error, as [sign.License] does. Rows with an error
// or with a licence are returned as they are. opts may be nil.
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
