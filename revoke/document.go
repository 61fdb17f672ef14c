package revoke

import "github.com/licseal/licseal"

// envelope is the document around the payload of a list.
var envelope = licseal.Envelope{
	Member: "revocations", Noun: "revocation list", Context: "licseal-revocations-v1\n", MaxBytes: MaxBytes,
}

// Document is a revocation list whose signature is not verified. [Verify] verifies
// it.
type Document struct {
	// Payload is what the list says, in canonical form.
	Payload licseal.Payload

	// Signature is 128 lower-case hex digits, as that of a licence.
	Signature string

	contents *Contents
}

// ParseUnverified parses a revocation list as strictly as a licence. It does not
// check the signature.
//
// An error is always a [*licseal.ParseError].
func ParseUnverified(data []byte) (*Document, error) {
	payload, signature, err := envelope.ParseUnverified(data)
	if err != nil {
		return nil, err
	}
	contents, err := readContents(payload)
	if err != nil {
		return nil, err
	}
	return &Document{payload, signature, contents}, nil
}

// String returns the list in canonical form (RFC 8785): one line without a newline
// at its end.
func (d *Document) String() string { return envelope.Text(d.Payload, d.Signature) }

// Contents returns what the list says, unverified. The caller must not change it;
// [Contents.Next] returns a copy.
func (d *Document) Contents() *Contents { return d.contents }
