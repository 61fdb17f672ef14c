package bulk

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/ed25519table"
)

// prechecked is what is known of the signatures of a batch of licences before they
// are judged: the licence i of the batch was not made by any of the first
// tried[i] keys, or by the last of them alone.
type prechecked struct {
	keys       []keyTable
	signatures []ed25519table.Signature // OK if the last key that was tried made it
	tried      []int
	current    int // the licence that is being judged
}

// precheck verifies the signatures of a batch by the keys that have a table. It
// returns nil if there is none, and nothing is known.
func precheck(licenses []*licseal.License, keys []keyTable) *prechecked {
	open := make([]int, 0, len(licenses)) // those that no key so far has made
	for i, lic := range licenses {
		if lic != nil {
			open = append(open, i)
		}
	}
	var known *prechecked
	for k := range keys {
		if keys[k].public == nil {
			continue // verify is not asked about a key of another kind
		}
		table := keys[k].get(len(open))
		if table == nil || len(open) == 0 {
			break // package verify goes on from here
		}
		if known == nil {
			known = &prechecked{keys: keys, signatures: signaturesOf(licenses), tried: make([]int, len(licenses))}
		}
		open = known.try(table, k, open)
	}
	return known
}

func signaturesOf(licenses []*licseal.License) []ed25519table.Signature {
	signatures := make([]ed25519table.Signature, len(licenses))
	raw := make([]byte, 0, len(licenses)*ed25519.SignatureSize)
	for i, lic := range licenses {
		if lic == nil {
			continue
		}
		start := len(raw)
		raw, _ = hex.AppendDecode(raw, []byte(lic.Signature)) // the parser has seen that it is hex
		signatures[i] = ed25519table.Signature{Message: lic.Payload.Bytes(), Signature: raw[start:]}
	}
	return signatures
}

// try notes which of the open licences key k has signed, and returns those
// that stay open.
func (p *prechecked) try(table *ed25519table.Key, k int, open []int) []int {
	batch := make([]ed25519table.Signature, len(open))
	for i, license := range open {
		batch[i] = p.signatures[license]
	}
	table.VerifyAll(batch)
	stillOpen := open[:0]
	for i, license := range open {
		p.signatures[license].OK, p.tried[license] = batch[i].OK, k+1
		if !batch[i].OK {
			stillOpen = append(stillOpen, license)
		}
	}
	return stillOpen
}

// verify gives the verdict of [ed25519.Verify]: the one that is known, where the
// signature is that of the current licence, and else by asking.
func (p *prechecked) verify(public ed25519.PublicKey, message, signature []byte) bool {
	s, tried := &p.signatures[p.current], p.tried[p.current]
	if bytes.Equal(message, s.Message) && bytes.Equal(signature, s.Signature) {
		for k := range tried {
			if bytes.Equal(public, p.keys[k].public) {
				return s.OK && k == tried-1
			}
		}
	}
	return ed25519.Verify(public, message, signature)
}
