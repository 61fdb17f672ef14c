package keys

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

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// Agent returns a signer whose private key stays in an SSH agent
// (draft-ietf-sshm-ssh-agent), be it OpenSSH's or whatever speaks its protocol: a
// hardware token, a bridge to a key service. name is the fingerprint of the key,
// as ssh-add -l prints it, or its comment, as far as only one key has it.
//
// conn is a connection to the agent, and must stay open for as long as the
// signer is used. The signer implements [crypto.MessageSigner]: an agent hashes
// what it signs by itself, so a digest is signed by none.
func Agent(conn io.ReadWriter, name string) (crypto.Signer, error) {
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
	public, err := parseWire(found.Blob)
	if err != nil {
		return nil, err
	}
	return &agentSigner{client, found, public}, nil
}

// findHeld returns the key of an agent that a name is that of.
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
			return nil, fmt.Errorf("two keys in the agent have the comment %s: name one by its fingerprint, %s or %s",
				quote(name), ssh.FingerprintSHA256(found), ssh.FingerprintSHA256(key))
		}
		found = key
	}
	if found == nil {
		return nil, fmt.Errorf("no key %s in the agent, which holds %d: ssh-add -l lists them", quote(name), len(held))
	}
	return found, nil
}

// checkHeld refuses the keys of an agent that make signatures of another format.
func checkHeld(key *agent.Key) error {
	keyType := key.Type()
	switch {
	case strings.HasPrefix(keyType, "sk-"):
		return fmt.Errorf("key type %s is not supported: a FIDO key signs a counter along with the message, so its signature is no licence signature", quote(keyType))
	case strings.HasSuffix(keyType, "-cert-v01@openssh.com"):
		return fmt.Errorf("key type %s is not supported: name the key itself, not its certificate", quote(keyType))
	}
	return checkKeyType(keyType)
}

// agentSigner signs with a key that an agent holds.
type agentSigner struct {
	client agent.Agent
	key    *agent.Key
	public crypto.PublicKey
}

func (s *agentSigner) Public() crypto.PublicKey { return s.public }

// Sign signs a message with an Ed25519 key. With any other key it is an error,
// because it is given a digest.
func (s *agentSigner) Sign(rand io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	if opts.HashFunc() != 0 {
		return nil, errors.New("an agent signs whole messages, and was given a digest")
	}
	return s.SignMessage(rand, message, opts)
}

// SignMessage signs a message as the type of the key has it: with Ed25519, or with
// ECDSA over the SHA-256. The signature is that of crypto/ed25519 and crypto/ecdsa.
func (s *agentSigner) SignMessage(_ io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	if err := s.checkHash(opts.HashFunc()); err != nil {
		return nil, err
	}
	signature, err := s.client.Sign(s.key, message)
	if err != nil {
		return nil, fmt.Errorf("the agent did not sign with %s: %w: was it locked, or the signature not confirmed?", ssh.FingerprintSHA256(s.key), err)
	}
	if signature.Format != s.key.Type() {
		return nil, fmt.Errorf("the agent signed in the format %s: wanted %s", quote(signature.Format), s.key.Type())
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
