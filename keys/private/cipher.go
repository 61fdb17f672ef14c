package private

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20"
	//lint:ignore SA1019 chacha20-poly1305@openssh.com is not the AEAD of RFC 8439
	"golang.org/x/crypto/poly1305"
)

// maxRounds is the largest cost of a passphrase that is accepted, some seconds of
// work. The default of ssh-keygen is 16.
const maxRounds = 2048

// protection is how the private part of a key file is encrypted.
type protection struct {
	encryption
	salt   []byte
	rounds int
}

// encryption is a cipher of OpenSSH. Sizes are in bytes.
type encryption struct {
	keySize, ivSize, tagSize int
	open                     func(key, iv, data, tag []byte) ([]byte, error)
}

// encryptions are the ciphers that are read. ssh-keygen -Z chooses one.
var encryptions = map[string]encryption{
	"aes128-ctr":                    {16, aes.BlockSize, 0, openCTR},
	"aes192-ctr":                    {24, aes.BlockSize, 0, openCTR},
	"aes256-ctr":                    {32, aes.BlockSize, 0, openCTR},
	"aes128-cbc":                    {16, aes.BlockSize, 0, openCBC},
	"aes192-cbc":                    {24, aes.BlockSize, 0, openCBC},
	"aes256-cbc":                    {32, aes.BlockSize, 0, openCBC},
	"aes128-gcm@openssh.com":        {16, 12, 16, openGCM},
	"aes256-gcm@openssh.com":        {32, 12, 16, openGCM},
	"chacha20-poly1305@openssh.com": {64, 0, 16, openChaCha20Poly1305},
}

// protection returns how the private part is encrypted. It is an error, before
// anyone is asked for a passphrase, if it cannot be decrypted.
func (e *envelope) protection() (*protection, error) {
	p := &protection{}
	ok := false
	if p.encryption, ok = encryptions[e.cipher]; !ok {
		return nil, unknownCipher(e.cipher)
	}
	if e.kdf != "bcrypt" {
		return nil, errors.New("key is damaged: its passphrase is used in an unknown way, not with bcrypt")
	}
	r := reader{e.kdfOptions}
	p.salt = r.field()
	rounds := r.number()
	if r.rest == nil || len(r.rest) > 0 || len(p.salt) == 0 || rounds == 0 ||
		len(e.tag) != p.tagSize || len(e.private) == 0 || len(e.private)%p.blockSize() != 0 {
		return nil, errFormat
	}
	if rounds > maxRounds {
		return nil, fmt.Errorf("passphrase takes %d rounds, more than the %d allowed: ssh-keygen -p -a 16 -f FILE encrypts the key again", rounds, maxRounds)
	}
	p.rounds = int(rounds)
	return p, nil
}

// blockSize is what the length of the private part is a multiple of.
func (e *encryption) blockSize() int {
	if e.ivSize == 0 {
		return 8
	}
	return aes.BlockSize
}

// unknownCipher returns the error for a cipher that is not read. It is named if it
// is one of OpenSSH.
func unknownCipher(name string) error {
	const remedy = "ssh-keygen -p -Z aes256-ctr -f FILE encrypts it again"
	if name == "3des-cbc" {
		return fmt.Errorf("key is encrypted with %s, which is not supported: %s", name, remedy)
	}
	return errors.New("key is encrypted with an unknown cipher: " + remedy)
}

// decrypt returns the private part, decrypted with the passphrase. A passphrase that
// is found to be wrong is an error, [ErrWrongPassphrase].
func (p *protection) decrypt(passphrase, private, tag []byte) ([]byte, error) {
	derived, err := bcryptKey(passphrase, p.salt, p.rounds, p.keySize+p.ivSize)
	if err != nil {
		return nil, err
	}
	return p.open(derived[:p.keySize], derived[p.keySize:], private, tag)
}

func openCTR(key, iv, data, _ []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	plain := make([]byte, len(data))
	cipher.NewCTR(block, iv).XORKeyStream(plain, data)
	return plain, nil
}

func openCBC(key, iv, data, _ []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	plain := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, data)
	return plain, nil
}

func openGCM(key, iv, data, tag []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, iv, append(data[:len(data):len(data)], tag...), nil)
	if err != nil {
		return nil, ErrWrongPassphrase
	}
	return plain, nil
}

// openChaCha20Poly1305 decrypts with chacha20-poly1305@openssh.com
// (PROTOCOL.chacha20poly1305 in the sources of OpenSSH), as the packet number 0. The
// second half of the key is for the lengths of packets, which a file has not.
func openChaCha20Poly1305(key, _, data, tag []byte) ([]byte, error) {
	nonce := make([]byte, chacha20.NonceSize)
	c, err := chacha20.NewUnauthenticatedCipher(key[:chacha20.KeySize], nonce)
	if err != nil {
		return nil, err
	}
	var authKey [32]byte
	c.XORKeyStream(authKey[:], authKey[:])
	if !poly1305.Verify((*[poly1305.TagSize]byte)(tag), data, &authKey) {
		return nil, ErrWrongPassphrase
	}
	c.SetCounter(1)
	plain := make([]byte, len(data))
	c.XORKeyStream(plain, data)
	return plain, nil
}
