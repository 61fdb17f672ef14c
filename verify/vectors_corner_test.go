package verify_test

import (
	"crypto/sha512"
	"encoding/hex"
	"fmt"

	"filippo.io/edwards25519"
)

// torsion are points of Ed25519's curve by their order. A verifier that multiplies by the
// cofactor does not see them; RFC 8032 allows both, and licseal requires that they matter.
var torsion = map[int]string{
	1: "0100000000000000000000000000000000000000000000000000000000000000",
	2: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	4: "0000000000000000000000000000000000000000000000000000000000000000",
	8: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
}

// addCorners adds signatures of Ed25519 on which libraries differ.
func (set vectors) addCorners() {
	digest := sha512.Sum512(ed25519Key(seed1).Seed())
	secret, err := edwards25519.NewScalar().SetBytesWithClamping(digest[:32])
	if err != nil {
		panic(err)
	}
	public := new(edwards25519.Point).ScalarBaseMult(secret)
	nonce := wideScalar([]byte("nonce"))
	commitment := new(edwards25519.Point).ScalarBaseMult(nonce)

	// corner returns a vector with a key and R, and an S that fits apart from torsion.
	corner := func(payload string, key, r []byte, nonce *edwards25519.Scalar) (vector, *edwards25519.Scalar) {
		challenge := wideScalar(r, key, []byte(jcsOf(payload)))
		s := edwards25519.NewScalar().MultiplyAdd(challenge, secret, nonce)
		d := signed(seal{line: "ed25519: " + hex.EncodeToString(key)}, payload)
		d.signature = hex.EncodeToString(r) + hex.EncodeToString(s.Bytes())
		return d.vector(), challenge
	}
	for _, order := range []int{2, 4, 8} {
		point := pointOf(torsion[order])
		name := fmt.Sprintf("ed25519-order-%d-in-", order)
		v, _ := corner(kongPayload, public.Bytes(), new(edwards25519.Point).Add(commitment, point).Bytes(), nonce)
		set.add("signature-"+name+"r", "signature", fmt.Sprintf("R has a component of order %d: a verifier must not multiply by the cofactor", order), v)
		v, _ = corner(kongPayload, public.Bytes(), point.Bytes(), edwards25519.NewScalar())
		set.add("signature-"+name+"r-alone", "signature", fmt.Sprintf("R is a point of order %d", order), v)
		set.addCornerKey(name+"the-key", order, func(payload string) (vector, *edwards25519.Scalar) {
			return corner(payload, new(edwards25519.Point).Add(public, point).Bytes(), commitment.Bytes(), nonce)
		})
	}
	v, _ := corner(kongPayload, public.Bytes(), pointOf(torsion[1]).Bytes(), edwards25519.NewScalar())
	set.holds("accepted-ed25519-r-is-neutral", "accepted", "R is the neutral element, in its one encoding", v)
	for name, r := range map[string]string{
		"y":    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"sign": "0100000000000000000000000000000000000000000000000000000000000080",
		"both": "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	} {
		raw, err := hex.DecodeString(r)
		if err != nil {
			panic(err)
		}
		v, _ := corner(kongPayload, public.Bytes(), raw, edwards25519.NewScalar())
		set.add("signature-ed25519-r-not-canonical-"+name, "signature", "R is the neutral element in another encoding than its own", v)
	}
}

// addCornerKey adds two licences of a key with a component of an order. It cancels out in
// the one, and the signature is good; in the other it does not.
func (set vectors) addCornerKey(name string, order int, corner func(payload string) (vector, *edwards25519.Scalar)) {
	added := map[bool]bool{}
	for n := 0; len(added) < 2; n++ {
		v, challenge := corner(with(fmt.Sprintf(`"n":%d`, n)))
		good := int(challenge.Bytes()[0])%order == 0 // the little-endian challenge times the point is neutral
		if added[good] {
			continue
		}
		added[good] = true
		if good {
			set.holds("accepted-"+name, "accepted", fmt.Sprintf("the key has a component of order %d, which cancels out", order), v)
		} else {
			set.add("signature-"+name, "signature", fmt.Sprintf("the key has a component of order %d, which does not cancel out", order), v)
		}
	}
}

func pointOf(digits string) *edwards25519.Point {
	raw, err := hex.DecodeString(digits)
	if err != nil {
		panic(err)
	}
	point, err := new(edwards25519.Point).SetBytes(raw)
	if err != nil {
		panic(err)
	}
	return point
}

// wideScalar returns the SHA-512 of texts modulo the order of the group.
func wideScalar(texts ...[]byte) *edwards25519.Scalar {
	digest := sha512.New()
	for _, text := range texts {
		digest.Write(text)
	}
	s, err := edwards25519.NewScalar().SetUniformBytes(digest.Sum(nil))
	if err != nil {
		panic(err)
	}
	return s
}
