package keys_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"math/big"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/keys/internal/keytest"
)

// What is not a sound public key of the two kinds is not written.
func TestMarshalPublicRefuses(t *testing.T) {
	const wanted = " is not supported: expected an Ed25519 key, or ECDSA on P-256"
	//lint:ignore SA1019 no other way makes a key off the curve
	offCurve := &ecdsa.PublicKey{Curve: elliptic.P256(), X: big.NewInt(1), Y: big.NewInt(1)}
	noCurve := *offCurve
	noCurve.Curve = nil
	for _, test := range []struct {
		key  crypto.PublicKey
		want string
	}{
		{nil, "<nil>" + wanted},
		{&keytest.RSAKey(t).PublicKey, "*rsa.PublicKey" + wanted},
		{&keytest.OtherCurve(t, elliptic.P384()).PublicKey, "ECDSA on P-384" + wanted},
		{(*ecdsa.PublicKey)(nil), "ECDSA key is incomplete: it has no point"},
		{&ecdsa.PublicKey{}, "ECDSA key is incomplete: it has no point"},
		{&ecdsa.PublicKey{Curve: elliptic.P256()}, "ECDSA key is incomplete: it has no point"},
		{&noCurve, "ECDSA key is incomplete: it has no point"},
		{offCurve, "key is damaged: not a point on the curve P-256"},
		{ed25519.PublicKey("short"), "an Ed25519 public key has 32 bytes, this one 5"},
		{keytest.EdKey(1), "ed25519.PrivateKey" + wanted},
	} {
		_, err := keys.MarshalPublic(test.key, "")
		keytest.CheckSame(t, test.want, keytest.Message(err))
		_, err = keys.MarshalPublicPEM(test.key)
		keytest.CheckSame(t, test.want, keytest.Message(err))
		keytest.CheckSame(t, "", licseal.KeyID(test.key))
	}
}
