package ed25519table_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/hex"
	"math/big"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/edwards25519"
	"github.com/licseal/licseal/internal/ed25519table"
	"github.com/licseal/licseal/internal/sig"
)

// A tester compares verdicts with those of crypto/ed25519, and keeps the tables of
// the keys that it has met.
type tester struct {
	keys             map[string]*ed25519table.Key
	accepted, judged int
}

func newTester() *tester { return &tester{keys: make(map[string]*ed25519table.Key)} }

func (x *tester) key(public []byte) *ed25519table.Key {
	if x.keys[string(public)] == nil {
		if len(x.keys) > 64 {
			clear(x.keys) // half a megabyte each
		}
		x.keys[string(public)] = ed25519table.New(public)
	}
	return x.keys[string(public)]
}

// agree fails unless both give the same verdict, which it returns.
func (x *tester) agree(tb testing.TB, public, message, signature []byte) bool {
	tb.Helper()
	want := ed25519.Verify(public, message, signature)
	if got := x.key(public).Verify(message, signature); got != want {
		tb.Errorf("got %v, crypto/ed25519 says %v: key %x, message %x, signature %x", got, want, public, message, signature)
	}
	x.judged++
	if want {
		x.accepted++
	}
	return want
}

// Go's own vectors: RFC 8032's, and their like for messages up to 1023 bytes.
func TestSignInput(t *testing.T) {
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(strings.TrimSpace(string(goroot)), "src/crypto/ed25519/testdata/sign.input.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	x := newTester()
	for lines := bufio.NewScanner(z); lines.Scan(); {
		fields := strings.Split(lines.Text(), ":")
		public, _ := hex.DecodeString(fields[1])
		message, _ := hex.DecodeString(fields[2])
		signature, _ := hex.DecodeString(fields[3])
		signature = signature[:ed25519.SignatureSize] // the message follows it
		if !x.agree(t, public, message, signature) {
			t.Errorf("refused: %s", lines.Text())
		}
		signature[x.judged%64] ^= 1 << (x.judged % 8)
		x.agree(t, public, message, signature)
	}
	t.Logf("%d of %d accepted", x.accepted, x.judged)
	if x.accepted < 100 {
		t.Errorf("only %d vectors were read", x.accepted)
	}
}

func mustHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// strangePoints are encodings that implementations have disagreed on: all points
// of small order, also in encodings that are not canonical, fields elements that are
// not reduced, and no points at all.
func strangePoints() [][]byte {
	var all [][]byte
	for _, s := range []string{
		"0100000000000000000000000000000000000000000000000000000000000000", // order 1
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 2
		"0000000000000000000000000000000000000000000000000000000000000000", // order 4
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 1, y = p+1
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 4, y = p
		"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p+3
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p+18
		"0200000000000000000000000000000000000000000000000000000000000000", // no point
		"0300000000000000000000000000000000000000000000000000000000000000",
	} {
		b := mustHex(s)
		all = append(all, b)
		negative := slices.Clone(b)
		negative[31] |= 0x80
		all = append(all, negative)
	}
	return all
}

// torsion returns the points of small order that have a canonical encoding.
func torsion(tb testing.TB) []*edwards25519.Point {
	var points []*edwards25519.Point
	for _, b := range strangePoints() {
		p, err := new(edwards25519.Point).SetBytes(b)
		if err == nil && bytes.Equal(p.Bytes(), b) && new(edwards25519.Point).MultByCofactor(p).Equal(edwards25519.NewIdentityPoint()) == 1 {
			points = append(points, p)
		}
	}
	if len(points) != 8 {
		tb.Fatalf("%d points of small order, want 8", len(points))
	}
	return points
}

func challenge(r, public, message []byte) *edwards25519.Scalar {
	h := sha512.Sum512(slices.Concat(r, public, message))
	k, _ := new(edwards25519.Scalar).SetUniformBytes(h[:])
	return k
}

func randomScalar(random *rand.ChaCha8) *edwards25519.Scalar {
	var b [64]byte
	random.Read(b[:])
	s, _ := new(edwards25519.Scalar).SetUniformBytes(b[:])
	return s
}

// Keys and commitments with a part of small order: verifiers with a cofactor
// accept all of these, crypto/ed25519 about one in eight.
func TestTorsion(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	points := torsion(t)
	x := newTester()
	const rounds = 20
	for range rounds {
		secret, nonce := randomScalar(random), randomScalar(random)
		for _, ta := range points {
			a := new(edwards25519.Point).ScalarBaseMult(secret)
			public := a.Add(a, ta).Bytes()
			for _, tr := range points {
				r := new(edwards25519.Point).ScalarBaseMult(nonce)
				commitment := r.Add(r, tr).Bytes()
				message := mustHex("7b7d")
				s := new(edwards25519.Scalar).MultiplyAdd(challenge(commitment, public, message), secret, nonce)
				x.agree(t, public, message, slices.Concat(commitment, s.Bytes()))
			}
		}
	}
	t.Logf("%d of %d accepted", x.accepted, x.judged)
	if x.accepted == 0 || x.accepted == x.judged {
		t.Error("these cases prove nothing")
	}
}

// Strange keys and commitments, in all pairs, with scalars that hold for some.
func TestStrangeEncodings(t *testing.T) {
	random := rand.NewChaCha8([32]byte{2})
	x := newTester()
	for _, public := range strangePoints() {
		for _, r := range strangePoints() {
			for i := range 6 {
				message := []byte{byte(i)}
				for _, s := range []*edwards25519.Scalar{new(edwards25519.Scalar), randomScalar(random)} {
					x.agree(t, public, message, slices.Concat(r, s.Bytes()))
					// What holds for a key of small order: R = [S]B, or [S]B less a point of small order.
					sb := new(edwards25519.Point).ScalarBaseMult(s)
					x.agree(t, public, message, slices.Concat(sb.Bytes(), s.Bytes()))
					if a, err := new(edwards25519.Point).SetBytes(public); err == nil {
						x.agree(t, public, message, slices.Concat(sb.Subtract(sb, a).Bytes(), s.Bytes()))
					}
				}
			}
		}
	}
	t.Logf("%d of %d accepted", x.accepted, x.judged)
	if x.accepted == 0 || x.accepted == x.judged {
		t.Error("these cases prove nothing")
	}
}

// order is the order of the group.
var order, _ = new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)

func littleEndian(n *big.Int) []byte {
	b := n.FillBytes(make([]byte, 32))
	slices.Reverse(b)
	return b
}

func fromLittleEndian(b []byte) *big.Int {
	b = slices.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}

// S, and S plus a multiple of the order: only the first is below it.
func TestHighS(t *testing.T) {
	random := rand.NewChaCha8([32]byte{3})
	x := newTester()
	for range 50 {
		var seed [ed25519.SeedSize]byte
		random.Read(seed[:])
		private := ed25519.NewKeyFromSeed(seed[:])
		public := private.Public().(ed25519.PublicKey)
		signature := ed25519.Sign(private, seed[:])
		s := fromLittleEndian(signature[32:])
		for s.BitLen() <= 256 {
			copy(signature[32:], littleEndian(s))
			if x.agree(t, public, seed[:], signature) != (s.Cmp(order) < 0) {
				t.Errorf("S = %d is judged wrongly", s)
			}
			s.Add(s, order)
		}
		for _, edge := range []*big.Int{new(big.Int), big.NewInt(1), new(big.Int).Sub(order, big.NewInt(1)), order, new(big.Int).Add(order, big.NewInt(1)), new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))} {
			copy(signature[32:], littleEndian(edge))
			x.agree(t, public, seed[:], signature)
		}
	}
}

func TestLengths(t *testing.T) {
	private := ed25519.NewKeyFromSeed(make([]byte, 32))
	public := private.Public().(ed25519.PublicKey)
	signature := ed25519.Sign(private, nil)
	x := newTester()
	for _, s := range [][]byte{nil, {}, signature[:32], signature[:63], append(slices.Clone(signature), 0), make([]byte, 64), signature} {
		x.agree(t, public, nil, s)
	}
}

// All of a batch are judged as each by itself is, whatever the size and the order.
func TestVerifyAll(t *testing.T) {
	random := rand.New(rand.NewChaCha8([32]byte{4}))
	private := ed25519.NewKeyFromSeed(make([]byte, 32))
	public := private.Public().(ed25519.PublicKey)
	key := ed25519table.New(public)
	for _, size := range []int{0, 1, 2, 255, 256, 257, 512, 513, 600} {
		all := make([]sig.Signed, size)
		for i := range all {
			message := []byte{byte(i)}
			signature := ed25519.Sign(private, message)
			switch random.IntN(4) {
			case 0:
				signature[random.IntN(64)] ^= 1 << random.IntN(8)
			case 1:
				clear(signature[random.IntN(64):])
			}
			all[i] = sig.Signed{Message: message, Signature: [sig.Size]byte(signature), OK: random.IntN(2) == 0}
		}
		key.VerifyAll(all)
		for i, s := range all {
			if want := ed25519.Verify(public, s.Message, s.Signature[:]); s.OK != want {
				t.Errorf("%d of %d: got %v, want %v", i, size, s.OK, want)
			}
		}
	}
}

// The verdict on any key, message and signature is that of crypto/ed25519.
func FuzzVerify(f *testing.F) {
	private := ed25519.NewKeyFromSeed(make([]byte, 32))
	public := private.Public().(ed25519.PublicKey)
	for _, message := range []string{"", "{}", "licence"} {
		f.Add([]byte(public), []byte(message), ed25519.Sign(private, []byte(message)))
	}
	for _, a := range strangePoints() {
		for _, r := range strangePoints()[:4] {
			f.Add(a, []byte("{}"), slices.Concat(r, make([]byte, 32)))
		}
	}
	f.Fuzz(func(t *testing.T, public, message, signature []byte) {
		if len(public) != ed25519.PublicKeySize {
			return // both panic
		}
		newTester().agree(t, public, message, signature)
		// A signature that holds, by a key made from the input, and what is near it.
		private := ed25519.NewKeyFromSeed(public)
		valid := ed25519.Sign(private, message)
		x := newTester()
		if !x.agree(t, private.Public().(ed25519.PublicKey), message, valid) {
			t.Error("a good signature is refused")
		}
		for i, b := range signature[:min(len(signature), len(valid))] {
			valid[i] ^= b
		}
		x.agree(t, private.Public().(ed25519.PublicKey), message, valid)
	})
}
