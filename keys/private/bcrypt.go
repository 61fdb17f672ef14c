package private

import (
	"crypto/sha512"
	"encoding/binary"

	//lint:ignore SA1019 bcrypt is built on it
	"golang.org/x/crypto/blowfish"
)

// bcryptKey derives a key of size bytes from a passphrase: bcrypt_pbkdf(3) of
// OpenBSD, by which OpenSSH encrypts key files.
func bcryptKey(passphrase, salt []byte, rounds, size int) ([]byte, error) {
	const blockSize = 32
	blocks := (size + blockSize - 1) / blockSize
	key := make([]byte, blocks*blockSize)
	password := sha512.Sum512(passphrase)
	for block := range blocks {
		salted := sha512.Sum512(binary.BigEndian.AppendUint32(append([]byte(nil), salt...), uint32(block+1)))
		hash, err := bcryptHash(password[:], salted[:])
		if err != nil {
			return nil, err
		}
		sum := hash
		for range rounds - 1 {
			salted = sha512.Sum512(hash[:])
			if hash, err = bcryptHash(password[:], salted[:]); err != nil {
				return nil, err
			}
			for i := range sum {
				sum[i] ^= hash[i]
			}
		}
		for i, b := range sum { // the blocks are interleaved
			key[i*blocks+block] = b
		}
	}
	return key[:size], nil
}

// bcryptHash is the hash of bcrypt_pbkdf: bcrypt with 64 rounds, a longer text, and
// words in little-endian order.
func bcryptHash(password, salt []byte) (hash [32]byte, err error) {
	const rounds = 64
	c, err := blowfish.NewSaltedCipher(password, salt)
	if err != nil {
		return hash, err
	}
	for range rounds {
		blowfish.ExpandKey(salt, c)
		blowfish.ExpandKey(password, c)
	}
	copy(hash[:], "OxychromaticBlowfishSwatDynamite")
	for i := 0; i < len(hash); i += blowfish.BlockSize {
		block := hash[i : i+blowfish.BlockSize]
		for range rounds {
			c.Encrypt(block, block)
		}
	}
	for i := 0; i < len(hash); i += 4 {
		word := hash[i : i+4]
		binary.LittleEndian.PutUint32(word, binary.BigEndian.Uint32(word))
	}
	return hash, nil
}
