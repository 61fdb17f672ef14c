package main

import (
	"strings"

	"github.com/licseal/licseal"
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

// readChain follows the chain in a file, or the origin's own if there is no file. It
// never goes back to an earlier generation.
func readChain(origin *chain.Origin, path string) keyReader {
	var files []watchedFile
	if path != "" {
		files = []watchedFile{{path, chain.MaxChainBytes}}
	}
	return keyReader{files, func(contents [][]byte, seen *verify.Memory) ([]licseal.TrustedKey, error) {
		before, err := seen.Trust.Chain()
		if err != nil {
			return nil, err
		}
		known, err := origin.Known(before)
		if err == nil && len(contents) > 0 {
			known, err = origin.Follow(known, contents[0])
		}
		switch {
		case err != nil:
			return nil, err
		case known == nil:
			return nil, usagef("--trust-root gives a digest, and there is no document: --trust-chain FILE has the documents")
		}
		return known.Trusted(), seen.Follow(known)
	}}
}
