package trust

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/licseal/licseal"
)

// envelope is the document around the payload.
var envelope = licseal.Envelope{
	Member: "trust", Noun: "trust document", Context: "licseal-trust-v1\n", MaxBytes: MaxBytes,
}

// Document is a trust document. Its signatures are not verified: [Chain] does.
type Document struct {
	content    *content
	payload    licseal.Payload
	message    []byte                 // that is signed
	signatures []licseal.KeySignature // sorted by key
	digest     string
}

// New returns a document without signatures.
func New(c *Contents) (*Document, error) {
	payload, err := c.Payload()
	if err != nil {
		return nil, err
	}
	return newDocument(payload, nil, newKeyCache())
}

// ParseUnverified parses a document as strictly as a licence. It does not check the
// signatures, which may be missing.
//
// An error is always a [*licseal.ParseError].
func ParseUnverified(data []byte) (*Document, error) { return parse(data, newKeyCache()) }

func parse(data []byte, cache keyCache) (*Document, error) {
	payload, signatures, err := envelope.ParseSignaturesUnverified(data)
	if err != nil {
		return nil, err
	}
	return newDocument(payload, signatures, cache)
}

func newDocument(payload licseal.Payload, signatures []licseal.KeySignature, cache keyCache) (*Document, error) {
	content, err := readContents(payload, cache)
	if err != nil {
		return nil, err
	}
	message := envelope.Message(payload)
	digest := sha256.Sum256(message)
	sortByKey(signatures)
	return &Document{content, payload.WithoutPositions(), message, signatures, hex.EncodeToString(digest[:])}, nil
}

// sortByKey sorts signatures, and keeps those of one key in order. There are few.
func sortByKey(signatures []licseal.KeySignature) {
	for i := range signatures {
		for j := i; j > 0 && signatures[j].Key < signatures[j-1].Key; j-- {
			signatures[j], signatures[j-1] = signatures[j-1], signatures[j]
		}
	}
}

// String returns the document in canonical form, with its signatures sorted by key:
// one line without a newline at its end.
func (d *Document) String() string { return envelope.SignaturesText(d.payload, d.signatures) }

// Digest returns the SHA-256 of what is signed, in lower-case hex digits. The same
// document has the same digest whoever has signed it.
func (d *Document) Digest() string { return d.digest }

// Contents returns what the document says. The caller must not change it.
func (d *Document) Contents() *Contents { return &d.content.Contents }

// Signers returns the fingerprints of the keys that are said to have signed, sorted.
func (d *Document) Signers() []string {
	var ids []string
	for _, s := range d.signatures {
		ids = append(ids, s.Key)
	}
	return ids
}
