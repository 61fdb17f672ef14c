// Package ed25519table verifies many Ed25519 signatures (RFC 8032) by one public
// key, several times as fast as crypto/ed25519 does, and with its verdict on every
// input.
//
// It computes what the standard library computes, R' = [S]B − [k]A, and compares
// the same bytes. It is faster because multiples of A and B are looked up in
// tables instead of being computed, and because signatures share the one
// division that brings a point into its final form. There is no randomness in it, and
// no sum over several signatures: those algebraic batches accept signatures that
// the standard library refuses.
//
// Time and memory access depend on the input. That is right for what is public,
// as keys, messages and signatures are; nothing secret may ever come near it.
package ed25519table

import (
	"crypto/ed25519"
	"crypto/sha512"
	"slices"
	"sync"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"

	"github.com/licseal/licseal/internal/sig"
)

const (
	// windows is how many digits of 8 bits a scalar has.
	windows = 32

	// multiples is how many multiples of a point a window holds: those by 1
	// to 128. Digits are signed, and a point is negated for free.
	multiples = 128
)

// Key is a public key with its table. Several goroutines may use one at the same
// time.
type Key struct {
	public [ed25519.PublicKeySize]byte
	table  *table // nil if public is no point: it verifies nothing
}

// New makes the table of a public key of 32 bytes, in the time of about 30
// verifications by crypto/ed25519; it then holds half a megabyte. Like
// crypto/ed25519, it takes any 32 bytes; those that are no point verify nothing.
func New(public ed25519.PublicKey) *Key {
	k := &Key{public: [ed25519.PublicKeySize]byte(public)}
	if a, err := new(edwards25519.Point).SetBytes(public); err == nil {
		k.table = newTable(a)
	}
	return k
}

// Verify reports what crypto/ed25519's Verify reports.
func (k *Key) Verify(message, signature []byte) bool {
	if len(signature) != sig.Size {
		return false
	}
	one := []sig.Signed{{Message: message, Signature: [sig.Size]byte(signature)}}
	k.VerifyAll(one)
	return one[0].OK
}

// Batch is how many signatures are verified together: they share one division, and each
// part of a table while it is in the fastest cache.
const Batch = 256

// workspace is what the verification of a batch needs in addition to the signatures. For
// a signature that no R fits, its numbers have no meaning.
type workspace struct {
	bigS, challenges [Batch]scalar
	points           [Batch]projective
	zs, inverses     [Batch]field.Element
}

// workspaces keeps them for reuse: they have 94 KB each.
var workspaces = sync.Pool{New: func() any { return new(workspace) }}

// VerifyAll sets OK in each signature to what crypto/ed25519's Verify reports.
func (k *Key) VerifyAll(signatures []sig.Signed) {
	w := workspaces.Get().(*workspace)
	defer workspaces.Put(w)
	for batch := range slices.Chunk(signatures, Batch) {
		k.verifyBatch(w, batch)
	}
}

func (k *Key) verifyBatch(w *workspace, signatures []sig.Signed) {
	n := len(signatures)
	for i := range signatures {
		signatures[i].OK = k.scalars(&w.bigS[i], &w.challenges[i], &signatures[i])
		w.points[i].setIdentity()
	}
	if k.table != nil {
		addMultiples(w.points[:n], baseTable(), w.bigS[:n], false)
		addMultiples(w.points[:n], k.table, w.challenges[:n], true)
	}
	for i := range signatures {
		w.zs[i] = w.points[i].z
	}
	invert(w.inverses[:n], w.zs[:n])
	for i := range signatures {
		s := &signatures[i]
		s.OK = s.OK && w.points[i].encode(&w.inverses[i]) == [32]byte(s.Signature[:32])
	}
}

// scalars computes S and k of a signature, whose R must then be equal to R'. It reports
// false, and leaves both alone, if no R would do.
func (k *Key) scalars(bigS, challenge *scalar, s *sig.Signed) bool {
	if k.table == nil {
		return false
	}
	parsed, err := new(edwards25519.Scalar).SetCanonicalBytes(s.Signature[32:])
	if err != nil {
		return false // S is not below the group order
	}
	h := sha512.New()
	h.Write(s.Signature[:32])
	h.Write(k.public[:])
	h.Write(s.Message)
	var digest [sha512.Size]byte
	hashed, err := new(edwards25519.Scalar).SetUniformBytes(h.Sum(digest[:0]))
	if err != nil {
		return false // it has 64 bytes, always
	}
	*bigS, *challenge = digits(parsed), digits(hashed)
	return true
}

// scalar is a scalar as 32 digits from −128 to 127, the lowest first.
type scalar [windows]int16

// digits returns the digits of a scalar. The group order is below 2^253, so that the
// highest digit is small.
func digits(s *edwards25519.Scalar) (d scalar) {
	carry := int16(0)
	for i, b := range s.Bytes() {
		d[i] = int16(b) + carry
		carry = 0
		if d[i] >= multiples {
			d[i] -= 2 * multiples
			carry = 1
		}
	}
	return d
}

// table holds, in window i at index j, the multiple of a point by (j+1)·256^i.
type table [windows][multiples]affine

// affine is a point (x, y) in the form that addition needs.
type affine struct {
	yPlusX, yMinusX, xy2d field.Element // y+x, y−x, 2dxy
}

// baseTable returns the table of the generator B.
var baseTable = sync.OnceValue(func() *table { return newTable(edwards25519.NewGeneratorPoint()) })

func newTable(p *edwards25519.Point) *table {
	points := make([]edwards25519.Point, windows*multiples)
	first := new(edwards25519.Point).Set(p)
	for i := range windows {
		window := points[i*multiples : (i+1)*multiples]
		window[0].Set(first)
		for j := 1; j < multiples; j++ {
			window[j].Add(&window[j-1], first)
		}
		first.Double(&window[multiples-1])
	}
	return toAffine(points)
}

func toAffine(points []edwards25519.Point) *table {
	zs, inverses := make([]field.Element, len(points)), make([]field.Element, len(points))
	for i := range points {
		_, _, z, _ := points[i].ExtendedCoordinates()
		zs[i] = *z
	}
	invert(inverses, zs)
	d2 := twiceD()
	t := new(table)
	for i := range points {
		var x, y field.Element
		px, py, _, _ := points[i].ExtendedCoordinates()
		x.Multiply(px, &inverses[i])
		y.Multiply(py, &inverses[i])
		entry := &t[i/multiples][i%multiples]
		entry.yPlusX.Add(&y, &x)
		entry.yMinusX.Subtract(&y, &x)
		entry.xy2d.Multiply(&x, &y)
		entry.xy2d.Multiply(&entry.xy2d, d2)
	}
	return t
}

// twiceD returns 2d, where d = −121665/121666 is the constant of the curve
// (RFC 8032, section 5.1).
func twiceD() *field.Element {
	one := new(field.Element).One()
	d2 := new(field.Element).Invert(new(field.Element).Mult32(one, 121666))
	d2.Mult32(d2, 2*121665)
	return d2.Negate(d2)
}

// invert sets inverses[i] to 1/zs[i] with one inversion for all. No z may be zero.
func invert(inverses, zs []field.Element) {
	if len(zs) == 0 {
		return
	}
	product := new(field.Element).One()
	for i := range zs {
		inverses[i] = *product // of all before i
		product.Multiply(product, &zs[i])
	}
	product.Invert(product)
	for i := len(zs) - 1; i >= 0; i-- {
		inverses[i].Multiply(&inverses[i], product)
		product.Multiply(product, &zs[i])
	}
}
