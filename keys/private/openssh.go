package private

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/licseal/licseal/keys/internal/pubkey"
	"golang.org/x/crypto/ssh"
)

// envelope is an OpenSSH private key file around its private part, which may be
// encrypted: PROTOCOL.key in the sources of OpenSSH.
type envelope struct {
	Cipher     string
	KDF        string
	KDFOptions string
	Keys       uint32
	Public     []byte
	Private    []byte
	Rest       []byte `ssh:"rest"`
}

// tagSizes are the ciphers that append an authentication tag to the private part,
// and its size in bytes.
var tagSizes = map[string]int{
	"aes128-gcm@openssh.com":        16,
	"aes256-gcm@openssh.com":        16,
	"chacha20-poly1305@openssh.com": 16,
}

// maxRounds is the largest cost of the passphrase that x/crypto/ssh accepts, some
// seconds of work. The default of ssh-keygen is 16.
const maxRounds = 2048

// parseOpenSSH reads the bytes of a PEM block of type OPENSSH PRIVATE KEY.
func parseOpenSSH(block *pem.Block, passphrase func() ([]byte, error)) (crypto.Signer, error) {
	env, err := openEnvelope(block.Bytes)
	if err != nil {
		return nil, err
	}
	if err := pubkey.CheckType(pubkey.Type(env.Public)); err != nil {
		return nil, err
	}
	if err := env.checkProtection(); err != nil {
		return nil, err
	}
	parsed, err := env.decode(pem.EncodeToMemory(block), passphrase)
	if err != nil {
		return nil, err
	}
	key, err := checkPair(parsed)
	if err != nil {
		return nil, err
	}
	if err := env.checkPublic(key); err != nil {
		return nil, err
	}
	return key, nil
}

func openEnvelope(data []byte) (*envelope, error) {
	rest, ok := bytes.CutPrefix(data, []byte("openssh-key-v1\x00"))
	if !ok {
		return nil, errEnvelope
	}
	var env envelope
	if err := ssh.Unmarshal(rest, &env); err != nil || len(env.Rest) != tagSizes[env.Cipher] {
		return nil, errEnvelope
	}
	if env.Keys != 1 {
		return nil, fmt.Errorf("file holds %d keys: expected one", env.Keys)
	}
	return &env, nil
}

var errEnvelope = errors.New("key is damaged: not in the format openssh-key-v1")

func (e *envelope) encrypted() bool { return e.Cipher != "none" || e.KDF != "none" }

// checkProtection refuses the ciphers and costs that x/crypto/ssh cannot decrypt,
// before anyone is asked for a passphrase.
func (e *envelope) checkProtection() error {
	if !e.encrypted() {
		return nil
	}
	switch e.Cipher {
	case "aes256-ctr", "aes256-cbc":
	case "aes128-ctr", "aes192-ctr", "aes128-cbc", "aes192-cbc", "3des-cbc",
		"aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com":
		return fmt.Errorf("key is encrypted with %s, which is not supported: ssh-keygen -p -Z aes256-ctr -f FILE encrypts it again", e.Cipher)
	default:
		return errors.New("key is encrypted with an unknown cipher: ssh-keygen -p -Z aes256-ctr -f FILE encrypts it again")
	}
	var options struct {
		Salt   string
		Rounds uint32
	}
	if e.KDF != "bcrypt" || ssh.Unmarshal([]byte(e.KDFOptions), &options) != nil {
		return errors.New("key is damaged: its passphrase is used in an unknown way, not with bcrypt")
	}
	if options.Rounds > maxRounds {
		return fmt.Errorf("passphrase takes %d rounds, more than the %d allowed: ssh-keygen -p -a 16 -f FILE encrypts the key again", options.Rounds, maxRounds)
	}
	return nil
}

// decode returns the private key in file, the PEM text of e.
func (e *envelope) decode(file []byte, passphrase func() ([]byte, error)) (any, error) {
	var key any
	var err error
	if e.encrypted() {
		secret, asked := askPassphrase(passphrase)
		if asked != nil {
			return nil, asked
		}
		key, err = ssh.ParseRawPrivateKeyWithPassphrase(file, secret)
	} else {
		key, err = ssh.ParseRawPrivateKey(file)
	}
	switch {
	case err == x509.IncorrectPasswordError:
		return nil, ErrWrongPassphrase
	case err != nil:
		return nil, errPrivateContent
	}
	return key, nil
}

func askPassphrase(passphrase func() ([]byte, error)) ([]byte, error) {
	if passphrase == nil {
		return nil, ErrPassphraseRequired
	}
	secret, err := passphrase()
	if err != nil {
		return nil, fmt.Errorf("reading the passphrase: %w", err)
	}
	if len(secret) == 0 {
		return nil, ErrWrongPassphrase // no key is encrypted with an empty one
	}
	return secret, nil
}

// checkPublic compares the public half that the envelope states with the one that
// belongs to key.
func (e *envelope) checkPublic(key crypto.Signer) error {
	_, wire, err := pubkey.Marshal(key.Public())
	if err != nil {
		return err
	}
	if !bytes.Equal(e.Public, wire) {
		return errMismatch
	}
	return nil
}
