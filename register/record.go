package register

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Kind says what an entry records.
type Kind string

// The kinds of entries. The first three record a licence.
const (
	Issued    Kind = "issued"
	Renewed   Kind = "renewed"
	Imported  Kind = "imported"
	Revoked   Kind = "revoked"   // an id or a signing key was put on a revocation list
	Restored  Kind = "restored"  // it was taken off a revocation list
	Continued Kind = "continued" // the first entry of a register that follows another one
)

// kinds are all kinds. Their order is that of the numbers in the index.
var kinds = []Kind{Issued, Renewed, Imported, Revoked, Restored, Continued}

// HasLicense reports whether entries of the kind record a licence.
func (k Kind) HasLicense() bool { return k == Issued || k == Renewed || k == Imported }

// revokes reports whether entries of the kind say what was revoked, or no longer is.
func (k Kind) revokes() bool { return k == Revoked || k == Restored }

// Record is what an entry says. Entries of a kind that records a licence have Digest,
// Key, NotBefore and NotAfter; the others have no licence.
type Record struct {
	Kind Kind
	Time time.Time // when it was recorded, in whole seconds

	ID        string   // of the licence; "" if it has none
	Digest    [32]byte // the SHA-256 of the licence in canonical form
	Key       string   // the fingerprint of the key that signed the licence or the list
	NotBefore time.Time
	NotAfter  time.Time
	GraceDays int    // the grace that the licence states
	Customer  string // as the licence has it
	Plan      string // the plan of the profile that the licence was made with
	Row       int    // of the batch, from 1; 0 if there was none

	Replaces    int64 // the number of the entry that this one replaces, if HasReplaces
	HasReplaces bool

	Reason string // for Revoked, what the list says

	// SigningKey is the fingerprint of the key that was revoked or restored, if that is
	// not a licence. It is revoked for licences created at CreatedAfter or later; if zero,
	// for all.
	SigningKey   string
	CreatedAfter time.Time

	After string // for Continued, the checkpoint of the earlier register

	Random [16]byte // so that nobody can test guessed records against the log
}

// contextLine begins what is hashed to an entry of the log.
const contextLine = "licseal-register-entry-v1\n"

// sum returns the entry of the log for the text of a record.
func sum(record []byte) [32]byte {
	h := sha256.New()
	h.Write([]byte(contextLine))
	h.Write(record)
	return [32]byte(h.Sum(nil))
}

// encode appends the context line and the record, and returns the record and its entry.
func (r *Record) encode(b []byte) (whole, record []byte, entry [32]byte) {
	whole = r.appendTo(append(b, contextLine...))
	return whole, whole[len(b)+len(contextLine):], sha256.Sum256(whole[len(b):])
}

// appendTo appends the record in canonical form (RFC 8785).
func (r *Record) appendTo(b []byte) []byte {
	start := len(b)
	text := func(name, value string) {
		if value != "" {
			b, _ = jsontext.AppendQuote(appendName(b, name), value) // replaces what is not UTF-8
		}
	}
	number := func(name string, value int64, present bool) {
		if present {
			b = strconv.AppendInt(appendName(b, name), value, 10)
		}
	}
	licensed := r.Kind.HasLicense()
	text("after", r.After)
	if !r.CreatedAfter.IsZero() {
		b = appendTime(appendName(b, "created_after"), r.CreatedAfter)
	}
	text("customer", r.Customer)
	number("grace_days", int64(r.GraceDays), r.GraceDays != 0)
	text("id", r.ID)
	text("key", r.Key)
	text("kind", string(r.Kind))
	if licensed {
		b = appendHex(appendName(b, "license"), r.Digest[:])
		b = appendTime(appendName(b, "not_after"), r.NotAfter)
		b = appendTime(appendName(b, "not_before"), r.NotBefore)
	}
	text("plan", r.Plan)
	b = appendHex(appendName(b, "random"), r.Random[:])
	text("reason", r.Reason)
	number("replaces", r.Replaces, r.HasReplaces)
	number("row", int64(r.Row), r.Row != 0)
	text("signing_key", r.SigningKey)
	b = appendTime(appendName(b, "time"), r.Time)
	b[start] = '{'
	return append(b, '}')
}

// appendName appends a comma, which the first name of an object loses, and a name.
func appendName(b []byte, name string) []byte {
	return append(append(append(b, `,"`...), name...), `":`...)
}

func appendHex(b, data []byte) []byte {
	return append(hex.AppendEncode(append(b, '"'), data), '"')
}

func appendTime(b []byte, t time.Time) []byte {
	return append(inRange(t).AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}

// inRange returns an instant in UTC, and the nearest that RFC 3339 can write for one that
// is a few hours outside of the years 0 to 9999.
func inRange(t time.Time) time.Time {
	t = t.UTC()
	switch {
	case t.Year() < 0:
		return time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	case t.Year() > 9999:
		return time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	}
	return t
}

// wireRecord has the members of a record.
type wireRecord struct {
	After        string     `json:"after"`
	CreatedAfter time.Time  `json:"created_after"`
	Customer     string     `json:"customer"`
	GraceDays    int        `json:"grace_days"`
	ID           string     `json:"id"`
	Key          string     `json:"key"`
	Kind         Kind       `json:"kind"`
	License      string     `json:"license"`
	NotAfter     *time.Time `json:"not_after"`
	NotBefore    *time.Time `json:"not_before"`
	Plan         string     `json:"plan"`
	Random       string     `json:"random"`
	Reason       string     `json:"reason"`
	Replaces     *int64     `json:"replaces"`
	Row          int        `json:"row"`
	SigningKey   string     `json:"signing_key"`
	Time         time.Time  `json:"time"`
}

// parseRecord reads the text of a record, which must be in canonical form.
func parseRecord(text []byte) (*Record, error) {
	var w wireRecord
	if err := json.Unmarshal(text, &w); err != nil {
		return nil, errors.New("is not a record")
	}
	if !slices.Contains(kinds, w.Kind) {
		return nil, fmt.Errorf("has the unknown kind %q", w.Kind)
	}
	r := &Record{
		Kind: w.Kind, Time: w.Time, ID: w.ID, Key: w.Key, GraceDays: w.GraceDays, Customer: w.Customer,
		Plan: w.Plan, Row: w.Row, Reason: w.Reason, After: w.After,
		SigningKey: w.SigningKey, CreatedAfter: w.CreatedAfter,
	}
	if w.Replaces != nil {
		r.Replaces, r.HasReplaces = *w.Replaces, true
	}
	err := decodeHex(r.Random[:], w.Random)
	if r.Kind.HasLicense() && w.NotBefore != nil && w.NotAfter != nil {
		r.NotBefore, r.NotAfter = *w.NotBefore, *w.NotAfter
		err = errors.Join(err, decodeHex(r.Digest[:], w.License))
	}
	if err != nil || !bytes.Equal(r.appendTo(nil), text) {
		return nil, errors.New("is not a record in canonical form")
	}
	return r, r.check()
}

// check returns an error if the record lacks what its kind needs.
func (r *Record) check() error {
	switch {
	case r.Replaces < 0, r.Row < 0, r.GraceDays < 0:
		return errors.New("has a number below 0")
	case r.Kind.revokes() && (r.ID == "") == (r.SigningKey == ""):
		return errors.New("does not name one licence or one signing key")
	case !r.Kind.revokes() && r.SigningKey != "":
		return errors.New("names a signing key, and revokes nothing")
	case !r.CreatedAfter.IsZero() && (r.Kind != Revoked || r.SigningKey == ""):
		return errors.New("has the time of a revoked signing key, and names none")
	case r.Kind == Continued && r.After == "":
		return errors.New("names no checkpoint")
	}
	return nil
}

func decodeHex(into []byte, text string) error {
	if len(text) != 2*len(into) {
		return errors.New("has the wrong length")
	}
	_, err := hex.Decode(into, []byte(text))
	return err
}
