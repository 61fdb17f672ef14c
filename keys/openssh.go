package keys

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

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

// maxRounds is the largest cost of the passphrase that x/crypto/ssh takes, some
// seconds of work. ssh-keygen uses 16 unless told otherwise.
const maxRounds = 2048

// parseOpenSSH reads the bytes of a PEM block of type OPENSSH PRIVATE KEY.
func parseOpenSSH(block *pem.Block, passphrase func() ([]byte, error)) (crypto.Signer, error) {
	env, err := openEnvelope(block.Bytes)
	if err != nil {
		return nil, err
	}
	if err := checkKeyType(wireType(env.Public)); err != nil {
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
		return nil, errors.New("key is damaged: not in the format openssh-key-v1")
	}
	var env envelope
	if err := ssh.Unmarshal(rest, &env); err != nil || len(env.Rest) > 0 {
		return nil, errors.New("key is damaged: not in the format openssh-key-v1")
	}
	if env.Keys != 1 {
		return nil, fmt.Errorf("file holds %d keys: wanted one", env.Keys)
	}
	return &env, nil
}

func (e *envelope) encrypted() bool { return e.Cipher != "none" || e.KDF != "none" }

// checkProtection refuses the ciphers and costs that x/crypto/ssh cannot undo,
// before anybody is asked for a passphrase.
func (e *envelope) checkProtection() error {
	if !e.encrypted() {
		return nil
	}
	if e.Cipher != "aes256-ctr" && e.Cipher != "aes256-cbc" {
		return fmt.Errorf("key is encrypted with %s, which is not supported: ssh-keygen -p -Z aes256-ctr -f FILE encrypts it anew", quote(e.Cipher))
	}
	var options struct {
		Salt   string
		Rounds uint32
	}
	if e.KDF != "bcrypt" || ssh.Unmarshal([]byte(e.KDFOptions), &options) != nil {
		return fmt.Errorf("key is damaged: its passphrase is used in a way that is not known, %s", quote(e.KDF))
	}
	if options.Rounds > maxRounds {
		return fmt.Errorf("passphrase takes %d rounds, more than the %d allowed: ssh-keygen -p -a 16 -f FILE encrypts the key anew", options.Rounds, maxRounds)
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
		return nil, damaged(err)
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
	pub, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		return err
	}
	if !bytes.Equal(e.Public, pub.Marshal()) {
		return errMismatch
	}
	return nil
}
