package entitle

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

// errTwoTrusts says that a guard was given two origins of its trust.
var errTwoTrusts = errors.New("trusted keys and Options.TrustRoot are mutually exclusive")

// chainError says why the chain of trust was not followed. What was known before stays in
// force.
type chainError struct{ err error }

func (e *chainError) Error() string { return "the chain of trust: " + e.err.Error() }
func (e *chainError) Unwrap() error { return e.err }

// loadTrust follows the chain of trust, if there is one, and takes its newest keys. If
// the error is a [*chainError], the chain in force stays in force. A chain that has not
// changed is not read again, and its refusal is repeated. The caller has locked g.loading.
func (g *Guard) loadTrust() error {
	if g.opts.TrustRoot == nil {
		return nil
	}
	data, readErr := g.readChain()
	current := g.chain.Load()
	if current != nil && readErr == nil && bytes.Equal(data, g.chainData) && !g.chainAhead.Swap(false) {
		return g.chainRefusal
	}
	var load func() ([]byte, error)
	if g.opts.TrustChain != nil {
		load = func() ([]byte, error) { return data, readErr }
	}
	var chain *trust.Chain
	var refusal error
	_, err := g.opts.Remember(func(m *verify.Memory) error {
		if chain, refusal = m.Advance(g.opts.TrustRoot, current, load); chain == nil {
			return refusal
		}
		return nil
	})
	if chain != nil { // even if it cannot be remembered
		g.takeChain(chain)
	}
	switch {
	case err != nil:
		return g.keepChain(err)
	case refusal != nil:
		refusal = g.keepChain(refusal)
	}
	if readErr == nil {
		g.chainData, g.chainRefusal = data, refusal
	}
	return refusal
}

// readChain returns what the source of the chain has, nil if there is no source.
func (g *Guard) readChain() ([]byte, error) {
	if g.opts.TrustChain == nil {
		return nil, nil
	}
	data, _, err := g.opts.TrustChain.Load()
	return data, err
}

// keepChain returns an error about the chain; a [*chainError] if there is one in force.
func (g *Guard) keepChain(err error) error {
	if current := g.chain.Load(); current != nil {
		return &chainError{fmt.Errorf("%w; generation %d stays in force", err, current.Generation())}
	}
	return fmt.Errorf("the chain of trust: %w", err)
}

// takeChain trusts the keys of the newest document of a chain. The revocation list is
// verified again. If its signer has lost its trust, the list is forgotten with what it
// revoked; whatever the source of the list has then, the keys are trusted at once.
func (g *Guard) takeChain(chain *trust.Chain) {
	if current := g.chain.Load(); current != nil && current.Generation() == chain.Generation() {
		return
	}
	g.chain.Store(chain)
	g.trusted = chain.Trusted()
	g.verifier, g.mustJudge = nil, true
	g.revocations.data, g.revocations.stamp = nil, nil
	if list := g.revocations.list; list != nil && !chain.Trusts(licseal.KeyID(list.Signer().Key), list.Contents().Issued) {
		g.revocations.list = nil
	}
}

// followIn remembers the trust of this guard, and notes if another process that shares
// the memory has followed the chain further.
func (g *Guard) followIn(m *verify.Memory) error {
	chain := g.chain.Load()
	if g.opts.TrustRoot != nil && chain == nil {
		return nil // the first chain is not read yet
	}
	if err := m.Follow(chain); err != nil {
		return err
	}
	if chain != nil && int64(len(m.Trust.Digests)) > chain.Generation() {
		g.chainAhead.Store(true)
	}
	return nil
}

// Trust replaces the trusted keys. The licence in use is judged by them within half
// a second, and is suspended if its key is no longer among them. It has no effect on a
// guard with [Options].TrustRoot, whose keys come from the chain.
func (g *Guard) Trust(trusted []licseal.TrustedKey) {
	if g.opts.TrustRoot != nil {
		return
	}
	g.loading.Lock()
	defer g.loading.Unlock()
	g.trusted = trusted
	g.verifier, g.mustJudge = nil, true
}
