package private

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/binary"
	"encoding/pem"
	"errors"

	"github.com/licseal/licseal/internal/pubkey"
)

// parseOpenSSH reads the bytes of a PEM block of type OPENSSH PRIVATE KEY. The
// format is PROTOCOL.key in the sources of OpenSSH.
func parseOpenSSH(block *pem.Block, passphrase func() ([]byte, error)) (crypto.Signer, error) {
	env, err := openEnvelope(block.Bytes)
	if err != nil {
		return nil, err
	}
	if err := pubkey.CheckType(pubkey.Type(env.public)); err != nil {
		return nil, err
	}
	private, err := env.open(passphrase)
	if err != nil {
		return nil, err
	}
	key, err := parsePrivatePart(private)
	if err != nil {
		return nil, err
	}
	_, wire, err := pubkey.Marshal(key.Public())
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(wire, env.public) {
		return nil, errMismatch
	}
	return key, nil
}

// parsePrivatePart reads the private part of a key file, after its check numbers.
// It states the public half too; a wrong one is refused, as by ssh-keygen.
func parsePrivatePart(data []byte) (crypto.Signer, error) {
	r := reader{data}
	var key crypto.Signer
	var err error
	switch string(r.field()) {
	case pubkey.TypeEd25519:
		public, private := r.field(), r.field()
		key, err = checkEd25519Pair(ed25519.PrivateKey(private))
		if err == nil && !bytes.Equal(public, private[ed25519.SeedSize:]) {
			err = errMismatch
		}
	case pubkey.TypeP256:
		curve, point, scalar := r.field(), r.field(), r.field()
		if string(curve) != pubkey.CurveP256 {
			return nil, errFormat
		}
		key, err = parseP256(point, scalar)
	default:
		return nil, errFormat
	}
	if err != nil {
		return nil, err
	}
	_ = r.field() // the comment
	return key, r.checkPadding()
}

// parseP256 reads a private key on P-256: its uncompressed point, and its scalar as
// an mpint (RFC 4251 section 5), which has a zero in front if its first bit is set.
func parseP256(point, scalar []byte) (crypto.Signer, error) {
	const size = 32
	if len(scalar) > 1 && scalar[0] == 0 && scalar[1]&0x80 != 0 {
		scalar = scalar[1:]
	} else if len(scalar) == 0 || scalar[0] == 0 || scalar[0]&0x80 != 0 {
		return nil, errFormat
	}
	if len(scalar) > size {
		return nil, errScalar
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), append(make([]byte, size-len(scalar)), scalar...))
	if err != nil {
		return nil, errScalar
	}
	own, err := key.PublicKey.Bytes()
	if err != nil {
		return nil, errScalar
	}
	if !bytes.Equal(own, point) {
		return nil, errMismatch
	}
	return key, nil
}

var errFormat = errors.New("key is damaged: not in the format openssh-key-v1")

// reader reads what a key file holds, in SSH's wire format. When the data is cut
// short, it has no more, and rest is nil.
type reader struct{ rest []byte }

// field reads a string.
func (r *reader) field() []byte {
	field, rest, ok := pubkey.Cut(r.rest)
	if !ok {
		r.rest = nil
		return nil
	}
	r.rest = rest
	return field
}

// number reads a uint32.
func (r *reader) number() uint32 {
	if len(r.rest) < 4 {
		r.rest = nil
		return 0
	}
	n := binary.BigEndian.Uint32(r.rest)
	r.rest = r.rest[4:]
	return n
}

// checkPadding refuses what is left, unless it is the padding 1, 2, 3 and so on.
func (r *reader) checkPadding() error {
	if r.rest == nil {
		return errFormat
	}
	for i, b := range r.rest {
		if int(b) != i+1 {
			return errFormat
		}
	}
	return nil
}
