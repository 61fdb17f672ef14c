package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/revoke"
	chain "github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

// readOrigin reads what --trust-root names: a file, or the digest of a document.
func readOrigin(root string) (*chain.Origin, error) {
	if digest, isDigest := strings.CutPrefix(root, "SHA256:"); isDigest {
		return chain.DigestOrigin(digest)
	}
	data, err := watchedFile{root, chain.MaxChainBytes}.read()
	if err != nil {
		return nil, err
	}
	return chain.ReadOrigin(data)
}

// chainKeys are the keys of the newest document of a chain. It never goes back to an
// earlier generation.
type chainKeys struct {
	origin *chain.Origin
	file   *watchedFile // nil for the documents of the origin alone
	memory *memory

	chain   *chain.Chain // in force
	trusted *[]licseal.TrustedKey
	data    []byte // what was in the file, good or bad
	refusal error  // why that cannot be used
}

func (k *chainKeys) flag() string {
	if k.file == nil {
		return "--trust-root"
	}
	return "--trust-chain"
}

func (k *chainKeys) paths() []string {
	if k.file == nil {
		return nil
	}
	return []string{k.file.path}
}

func (k *chainKeys) current() *[]licseal.TrustedKey { return k.trusted }

func (k *chainKeys) disowns(list *revoke.List) bool {
	return !k.chain.Trusts(licseal.KeyID(list.Signer().Key), list.Contents().Issued)
}

// load follows the chain, unless what is in the file and what is remembered are known.
func (k *chainKeys) load() error {
	var read func() ([]byte, error)
	var data []byte
	var readErr error
	if k.file != nil {
		data, readErr = k.file.read()
		read = func() ([]byte, error) { return data, readErr }
	}
	if k.chain != nil && readErr == nil && bytes.Equal(data, k.data) && k.memory.generation() <= k.chain.Generation() {
		return k.refusal
	}
	var next *chain.Chain
	var refusal error
	err := k.memory.update(func(m *verify.Memory) error {
		if next, refusal = m.Advance(k.origin, k.chain, read); next == nil {
			return refusal
		}
		return nil
	})
	if next != nil && (k.chain == nil || next.Generation() > k.chain.Generation()) { // even if it cannot be remembered
		trusted := next.Trusted()
		k.chain, k.trusted = next, &trusted
	}
	if err == nil {
		err = refusal
	} else {
		readErr = err // so that it is tried again
	}
	if err != nil && k.chain != nil {
		err = fmt.Errorf("the chain of trust: %w; generation %d stays in force", err, k.chain.Generation())
	}
	if readErr == nil {
		k.data, k.refusal = data, err
	}
	return err
}
