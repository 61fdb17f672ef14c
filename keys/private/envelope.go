package private

import (
	"bytes"
	"fmt"
)

// envelope is an OpenSSH private key file around its private part, which may be
// encrypted.
type envelope struct {
	cipher     string
	kdf        string
	kdfOptions []byte
	public     []byte
	private    []byte
	tag        []byte // authenticates private, if the cipher does
}

func openEnvelope(data []byte) (*envelope, error) {
	data, ok := bytes.CutPrefix(data, []byte("openssh-key-v1\x00"))
	if !ok {
		return nil, errFormat
	}
	r := reader{data}
	e := &envelope{cipher: string(r.field()), kdf: string(r.field()), kdfOptions: r.field()}
	keys := r.number()
	e.public, e.private = r.field(), r.field()
	e.tag = r.rest
	if r.rest == nil {
		return nil, errFormat
	}
	if keys != 1 {
		return nil, fmt.Errorf("file holds %d keys: expected one", keys)
	}
	return e, nil
}

// open returns the private part without its check numbers, decrypted.
func (e *envelope) open(passphrase func() ([]byte, error)) ([]byte, error) {
	if e.cipher == "none" && e.kdf == "none" {
		if len(e.tag) > 0 || len(e.private)%8 != 0 {
			return nil, errFormat
		}
		private, ok := cutCheck(e.private)
		if !ok {
			return nil, errFormat
		}
		return private, nil
	}
	p, err := e.protection()
	if err != nil {
		return nil, err
	}
	secret, err := askPassphrase(passphrase)
	if err != nil {
		return nil, err
	}
	plain, err := p.decrypt(secret, e.private, e.tag)
	if err != nil {
		return nil, err
	}
	private, ok := cutCheck(plain)
	if !ok {
		return nil, ErrWrongPassphrase
	}
	return private, nil
}

// cutCheck cuts off the two check numbers, which are the same after decryption with
// the right passphrase.
func cutCheck(private []byte) (rest []byte, ok bool) {
	if len(private) < 8 || !bytes.Equal(private[:4], private[4:8]) {
		return nil, false
	}
	return private[8:], true
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
