// Package trust reads, verifies, makes and signs a chain of trust documents: the
// keys that licences are verified with, as the vendor's root keys vouch for them.
//
// A verifier is given the first document, the anchor, when it is built. From then on
// a file that comes from anywhere tells it of new keys: each document in it is signed
// by enough roots of the one before, and of its own. [Open] and [Chain.Extend] follow
// such a chain; [Chain.Trusted] returns the keys for package verify.
//
// Roots sign trust documents only, and never licences or revocation lists.
package trust

import (
	"crypto"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/jsonread"
	"github.com/licseal/licseal/internal/pubkey"
)

// The bounds of what is read.
const (
	MaxBytes       = 64 << 10 // of a document, as read and in canonical form
	MaxChainBytes  = 8 << 20  // of a chain
	MaxGenerations = 1000     // of a chain
	MaxRoots       = 16       // of a document
	MaxKeys        = 100      // of a document
	MaxChainKeys   = 4096     // different keys of a chain, roots included
	maxIssuers     = 16       // of a key
	maxText        = 200      // bytes of a name or an issuer
)

// Contents is what a trust document says.
type Contents struct {
	// Generation is 1 for the anchor, and one more in each document that follows.
	Generation int64

	// Issued is when the document was made, in whole seconds. It is compared with
	// that of the document before, and never with a clock.
	Issued time.Time

	// Previous is the digest of the document before; "" in generation 1.
	Previous string

	// Threshold is how many different roots must sign.
	Threshold int
	Roots     []Root

	// Keys are the keys that sign licences and revocation lists.
	Keys []licseal.TrustedKey
}

// Root is a key that signs trust documents.
type Root struct {
	Key  crypto.PublicKey // as in [licseal.TrustedKey]
	Name string           // whose key it is, for people; may be empty
}

// Payload returns the payload of a document that says this, in canonical form. What
// cannot be read back is a [*licseal.ParseError].
func (c *Contents) Payload() (licseal.Payload, error) {
	b := fmt.Appendf(nil, `{"generation":%d,"issued":%s,"keys":[`, c.Generation, quoted(jsonread.FormatTime(c.Issued)))
	for i, key := range c.Keys {
		if b = separate(b, i); !key.ValidBefore.IsZero() {
			b = fmt.Appendf(b, `"before":%s,`, quoted(jsonread.FormatTime(key.ValidBefore)))
		}
		if !key.ValidAfter.IsZero() {
			b = fmt.Appendf(b, `"from":%s,`, quoted(jsonread.FormatTime(key.ValidAfter)))
		}
		b = append(b, `"issuers":[`...)
		for i, issuer := range key.Principals {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, quoted(issuer)...)
		}
		b = append(b, ']', ',')
		var err error
		if b, err = appendKey(b, key.Key, key.Name); err != nil {
			return licseal.Payload{}, err
		}
	}
	b = append(b, ']')
	if c.Previous != "" {
		b = fmt.Appendf(b, `,"previous":%s`, quoted(c.Previous))
	}
	b = append(b, `,"roots":{"keys":[`...)
	for i, root := range c.Roots {
		var err error
		if b, err = appendKey(separate(b, i), root.Key, root.Name); err != nil {
			return licseal.Payload{}, err
		}
	}
	p, err := envelope.ParsePayload(fmt.Appendf(b, `],"threshold":%d}}`, c.Threshold))
	if err != nil {
		return licseal.Payload{}, err
	}
	p = p.WithoutPositions()
	_, err = readContents(p, newKeyCache())
	return p, err
}

// separate begins the i-th object of an array.
func separate(b []byte, i int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return append(b, '{')
}

// appendKey appends the members of a key, and ends its object.
func appendKey(b []byte, key crypto.PublicKey, name string) ([]byte, error) {
	_, wire, err := pubkey.Marshal(key)
	if err != nil {
		return nil, err
	}
	b = fmt.Appendf(b, `"key":%s`, quoted(base64.StdEncoding.EncodeToString(wire)))
	if name != "" {
		b = fmt.Appendf(b, `,"name":%s`, quoted(name))
	}
	return append(b, '}'), nil
}

func quoted(s string) []byte {
	b, _ := jsontext.AppendQuote(nil, s) // what is not UTF-8 is refused when it is read back
	return b
}

// Next returns what the document after d would say if nothing but its place changed. It
// is issued at an instant, but at least one second after d.
func (d *Document) Next(issued time.Time) *Contents {
	c := d.content.Contents
	c.Generation, c.Previous = c.Generation+1, d.digest
	c.Roots, c.Keys = slices.Clone(c.Roots), slices.Clone(c.Keys)
	if c.Issued = c.Issued.Add(time.Second); issued.After(c.Issued) {
		c.Issued = issued.UTC().Truncate(time.Second)
	}
	return &c
}
