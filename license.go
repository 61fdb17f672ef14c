package licseal

import "strings"

// License is a licence document: the object under "license".
//
// A License from [ParseUnverified] has the right shape and nothing more. Only
// package verify checks the signature.
type License struct {
	// Payload is what the signature covers.
	Payload Payload

	// Signature is 128 lower-case hex digits: the 64 bytes that
	// SPEC.md defines for each kind of key.
	Signature string

	// Version is the version member, kept as it was read.
	Version Version
}

// Version is the version member of a licence document. There is one version, which
// existing documents write in two ways.
type Version uint8

const (
	// Version1 is the string "1": what licseal writes.
	Version1 Version = iota
	// Version1Integer is the integer 1: read, and written back unchanged.
	Version1Integer
)

// String returns the JSON text of the version member.
func (v Version) String() string {
	if v == Version1Integer {
		return `1`
	}
	return `"1"`
}

// String returns the licence in canonical form (RFC 8785): one line with no
// newline at its end. It is both the content of a licence file and the payload
// string that the Admin API takes.
func (l *License) String() string {
	return licenseEnvelope.text(document{l.Payload, l.Signature, l.Version})
}

// text returns a document in canonical form.
func (env *envelope) text(doc document) string {
	var b strings.Builder
	b.Grow(len(doc.payload.canonical) + env.size())
	b.WriteString(`{"`)
	b.WriteString(env.member)
	b.WriteString(`":{"payload":`)
	b.Write(doc.payload.Bytes())
	b.WriteString(`,"signature":"`)
	b.WriteString(doc.signature)
	b.WriteString(`","version":`)
	b.WriteString(doc.version.String())
	b.WriteString(`}}`)
	return b.String()
}

// MarshalText returns the bytes of [License.String].
func (l *License) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// envelopeSize is the length of a canonical licence without its payload.
const envelopeSize = len(`{"license":{"payload":,"signature":"","version":"1"}}`) + signatureHexSize

// signatureHexSize is the length of every signature, in hex digits.
const signatureHexSize = 128
