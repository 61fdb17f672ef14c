// Package sign makes licences: it signs a payload with any [crypto.Signer], such
// as a key from a file, an SSH agent, a hardware token or a cloud service.
//
// The key decides the algorithm: Ed25519 (RFC 8032) or ECDSA on P-256 with
// SHA-256 (FIPS 186-5). SPEC.md section 4 says how each signature is written.
package sign

import (
	"crypto"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/sig"
)

// KeyError says that a key is of a kind that cannot sign licences.
type KeyError = sig.KeyError

// License signs the canonical bytes of a payload and returns the licence.
//
// The public half of key is an ed25519.PublicKey, or an *ecdsa.PublicKey on
// P-256; any other is a [*KeyError]. Ed25519 signatures are deterministic: the
// same payload and key always give the same licence. A signature from a signer
// that is not a plain private key in memory is verified before it is returned.
//
// License does not look at the fields of the payload; packages schema and
// verify do.
func License(p licseal.Payload, key crypto.Signer) (*licseal.License, error) {
	signature, err := sig.Sign(p.Bytes(), key)
	if err != nil {
		return nil, err
	}
	return &licseal.License{Payload: p, Signature: signature}, nil
}
