// Package agent signs with keys that an SSH agent holds.
package agent

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"

	"github.com/licseal/licseal/internal/pubkey"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// Signer returns a signer whose private key stays in an SSH agent
// (draft-ietf-sshm-ssh-agent): that of OpenSSH, or any program that speaks its
// protocol, such as one for a hardware token or a key service. name is the
// fingerprint of the key, as ssh-add -l prints it, or its comment if no other key
// has the same comment.
//
// conn is a connection to the agent, and must stay open as long as the signer is
// used. The signer implements [crypto.MessageSigner]. An agent hashes the message
// itself, so Sign refuses a digest.
func Signer(conn io.ReadWriter, name string) (crypto.Signer, error) {
	client := agent.NewClient(conn)
	held, err := client.List()
	if err != nil {
		return nil, fmt.Errorf("asking the agent for its keys: %w", err)
	}
	if len(held) == 0 {
		return nil, errors.New("the agent holds no keys, or is locked: ssh-add FILE adds one, ssh-add -X unlocks it")
	}
	found, err := findHeld(held, name)
	if err != nil {
		return nil, err
	}
	if err := checkHeld(found); err != nil {
		return nil, err
	}
	public, err := pubkey.Parse(found.Blob)
	if err != nil {
		return nil, err
	}
	return &agentSigner{client, found, public}, nil
}

// findHeld returns the key with a fingerprint or a comment.
func findHeld(held []*agent.Key, name string) (*agent.Key, error) {
	var found *agent.Key
	for _, key := range held {
		if ssh.FingerprintSHA256(key) == name {
			return key, nil
		}
		if key.Comment != name {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("two keys in the agent have the comment %q: name one by its fingerprint, %s or %s",
				name, ssh.FingerprintSHA256(found), ssh.FingerprintSHA256(key))
		}
		found = key
	}
	if found == nil {
		return nil, fmt.Errorf("no key %q in the agent, which holds %d: ssh-add -l lists them", name, len(held))
	}
	return found, nil
}

// checkHeld refuses the keys whose signatures are not those of a licence.
func checkHeld(key *agent.Key) error {
	keyType := key.Type()
	switch {
	case strings.HasPrefix(keyType, "sk-"):
		return fmt.Errorf("key type %q is not supported: a FIDO key signs more than the message, so it cannot sign a licence", keyType)
	case strings.HasSuffix(keyType, "-cert-v01@openssh.com"):
		return fmt.Errorf("key type %q is not supported: name the key itself, not its certificate", keyType)
	}
	return pubkey.CheckType(keyType)
}

// agentSigner signs with a key that an agent holds.
type agentSigner struct {
	client agent.Agent
	key    *agent.Key
	public crypto.PublicKey
}

func (s *agentSigner) Public() crypto.PublicKey { return s.public }

// Sign signs a message with an Ed25519 key. With any other key it is an error:
// crypto.Signer passes a digest then.
func (s *agentSigner) Sign(rand io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	if opts.HashFunc() != 0 {
		return nil, errors.New("an agent signs whole messages: it was given a digest")
	}
	return s.SignMessage(rand, message, opts)
}

// SignMessage signs a message with Ed25519, or with ECDSA over its SHA-256. The
// signature has the form that crypto/ed25519 and crypto/ecdsa give it.
func (s *agentSigner) SignMessage(_ io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	if err := s.checkHash(opts.HashFunc()); err != nil {
		return nil, err
	}
	signature, err := s.client.Sign(s.key, message)
	if err != nil {
		return nil, fmt.Errorf("the agent did not sign with %s: %w: was it locked, or the signature not confirmed?", ssh.FingerprintSHA256(s.key), err)
	}
	if signature.Format != s.key.Type() {
		return nil, fmt.Errorf("the agent signed in the format %q: expected %s", signature.Format, s.key.Type())
	}
	if _, isEd25519 := s.public.(ed25519.PublicKey); isEd25519 {
		return signature.Blob, nil
	}
	// RFC 5656 section 3.1.2
	var rs struct{ R, S *big.Int }
	if err := ssh.Unmarshal(signature.Blob, &rs); err != nil {
		return nil, fmt.Errorf("the signature of the agent is damaged: %v", err)
	}
	return asn1.Marshal(rs)
}

func (s *agentSigner) checkHash(hash crypto.Hash) error {
	want := crypto.Hash(0)
	if _, isECDSA := s.public.(*ecdsa.PublicKey); isECDSA {
		want = crypto.SHA256
	}
	if hash != want {
		return fmt.Errorf("a key of type %s does not sign with the hash %v", s.key.Type(), hash)
	}
	return nil
}
