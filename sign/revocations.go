package sign

import (
	"crypto"
	"fmt"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/sig"
	"github.com/licseal/licseal/revoke"
)

// Revocations signs a revocation list. The key is as for [License]. A list that
// revokes its own signer, from an instant at or before its issue, would not be
// believed by anyone, and is refused.
func Revocations(r *revoke.Contents, key crypto.Signer) (*revoke.Document, error) {
	payload, err := r.Payload()
	if err != nil {
		return nil, err
	}
	signature, err := sig.Sign(revoke.Message(payload), key)
	if err != nil {
		return nil, err
	}
	id := licseal.KeyID(key.Public())
	if revoked, ok := r.Key(id); ok && !r.Issued.Before(revoked.From) {
		return nil, fmt.Errorf("the list revokes the key that is to sign it, %s: sign it with another trusted key", id)
	}
	return revoke.NewDocument(payload, signature)
}
