//lint:file-ignore SA1019 keys that somebody has put together by hand

package pubkey

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"testing"
)

// cutDER reads what encoding/asn1 writes, of every length up to its own limit, and no
// less than all of it.
func TestCutDER(t *testing.T) {
	for _, n := range []int{0, 1, 2, 127, 128, 129, 255, 256, 257, 65535} {
		content := bytes.Repeat([]byte{7}, n)
		der, err := asn1.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		for _, after := range []string{"", "x", "xyz"} {
			got, rest, ok := cutDER(append(slices.Clone(der), after...), 0x04)
			if !ok || !bytes.Equal(got, content) || string(rest) != after {
				t.Errorf("%d bytes: %d, %q, %t", n, len(got), rest, ok)
			}
		}
		for _, short := range []int{0, 1, 2, len(der) - n, len(der) - 1} {
			if got, _, ok := cutDER(der[:min(short, len(der)-1)], 0x04); ok {
				t.Errorf("%d of %d bytes: %d", short, len(der), len(got))
			}
		}
		if _, _, ok := cutDER(der, 0x05); ok {
			t.Errorf("%d bytes: read as something else", n)
		}
	}
	long, err := asn1.Marshal(make([]byte, 65536))
	if err != nil {
		t.Fatal(err)
	}
	indefinite := []byte{4, 0x80, 0, 0}
	for name, der := range map[string][]byte{"a length of three bytes": long, "no length": indefinite, "nothing": nil, "a tag": {4}, "a length that is cut off": {4, 0x82, 1}} {
		if got, _, ok := cutDER(der, 0x04); ok {
			t.Errorf("%s: %d bytes", name, len(got))
		}
	}
}

// Object identifiers read as encoding/asn1 writes them.
func TestOIDText(t *testing.T) {
	for _, oid := range []asn1.ObjectIdentifier{
		{0, 0}, {0, 39}, {1, 0}, {1, 39}, {2, 0}, {2, 39}, {2, 40}, {2, 47}, {2, 48}, {2, 999}, {1, 2, 127}, {1, 2, 128}, {1, 2, 16383, 16384}, {1, 2, 840, 113549, 1, 1, 1}, {1, 3, 101, 112}, {1, 2, 0, 1<<31 - 1},
	} {
		der, err := asn1.Marshal(oid)
		if err != nil {
			t.Fatal(err)
		}
		content, _, ok := cutDER(der, tagOID)
		if got := oidText(content); !ok || got != oid.String() {
			t.Errorf("%v: %s", oid, got)
		}
	}
	if oidText(nil) != "" || oidText([]byte{0x80}) != "" {
		t.Error("nothing is an identifier")
	}
}

// Which algorithms sign licences, and what the others are called.
func TestAlgorithms(t *testing.T) {
	null := asn1.RawValue{FullBytes: []byte{5, 0}}
	curve := func(oid ...int) asn1.RawValue {
		der, err := asn1.Marshal(asn1.ObjectIdentifier(oid))
		if err != nil {
			t.Fatal(err)
		}
		return asn1.RawValue{FullBytes: der}
	}
	const only = " is not supported: expected an Ed25519 key, or ECDSA on P-256"
	ec := asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	for _, test := range []struct {
		algorithm  asn1.ObjectIdentifier
		parameters asn1.RawValue
		want       string
	}{
		{asn1.ObjectIdentifier{1, 3, 101, 112}, asn1.RawValue{}, ""},
		{asn1.ObjectIdentifier{1, 3, 101, 112}, null, ""},
		{ec, curve(1, 2, 840, 10045, 3, 1, 7), ""},
		{ec, null, "ECDSA on a curve without a name" + only},
		{ec, asn1.RawValue{}, "ECDSA on a curve without a name" + only},
		{ec, curve(1, 3, 132, 0, 10), "ECDSA on secp256k1" + only},
		{ec, curve(1, 3, 132, 0, 33), "ECDSA on P-224" + only},
		{ec, curve(1, 3, 132, 0, 34), "ECDSA on P-384" + only},
		{ec, curve(1, 3, 132, 0, 35), "ECDSA on P-521" + only},
		{ec, curve(1, 3, 36, 3, 3, 2, 8, 1, 1, 7), "ECDSA on brainpoolP256r1" + only},
		{ec, curve(1, 3, 132, 0, 99), "ECDSA on curve 1.3.132.0.99" + only},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}, null, "RSA" + only},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}, null, "RSA-PSS" + only},
		{asn1.ObjectIdentifier{1, 2, 840, 10040, 4, 1}, null, "DSA" + only},
		{asn1.ObjectIdentifier{1, 3, 101, 110}, null, "X25519" + only},
		{asn1.ObjectIdentifier{1, 3, 101, 111}, null, "X448" + only},
		{asn1.ObjectIdentifier{1, 3, 101, 113}, null, "Ed448" + only},
		{asn1.ObjectIdentifier{1, 2, 3}, curve(1, 2, 840, 10045, 3, 1, 7), "algorithm 1.2.3" + only},
	} {
		a := pkix.AlgorithmIdentifier{Algorithm: test.algorithm, Parameters: test.parameters}
		if err := CheckAlgorithm(a); message(err) != test.want {
			t.Errorf("%v: %v, want %s", test.algorithm, err, test.want)
		}
		// The same in a SubjectPublicKeyInfo whose key is of no use.
		if test.parameters.FullBytes == nil {
			continue
		}
		der, err := asn1.Marshal(struct {
			Algorithm pkix.AlgorithmIdentifier
			Key       asn1.BitString
		}{a, asn1.BitString{Bytes: []byte{1}, BitLength: 8}})
		if err != nil {
			t.Fatal(err)
		}
		want := test.want
		if want == "" {
			want = errContent.Error()
		}
		if _, err := ParseSPKI(der); message(err) != want {
			t.Errorf("%v: %v, want %s", test.algorithm, err, want)
		}
		if _, err := ParseSPKI(append(der, 0)); message(err) != errTrailing.Error() {
			t.Errorf("%v, and a byte: %v", test.algorithm, err)
		}
	}
	if err := CheckCurve(asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}); err != nil {
		t.Error(err)
	}
	if err := CheckCurve(asn1.ObjectIdentifier{1, 3, 132, 0, 34}); message(err) != "ECDSA on P-384"+only {
		t.Error(err)
	}
	raw := ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey)
	if got, err := ParseSPKI(raw); err != errContent {
		t.Errorf("32 bytes that are no DER: %v, %v", got, err)
	}
	if got, err := ParseSPKI(append(slices.Clone(ed25519Prefix), raw[:31]...)); err != errContent {
		t.Errorf("a byte less: %v, %v", got, err)
	}
	for _, der := range [][]byte{nil, {0x30}, {0x30, 0}, {0x30, 2, 0x30, 0}, {0x30, 2, 6, 0}, {0x30, 4, 0x30, 2, 5, 0}} {
		if _, err := ParseSPKI(der); err != errContent {
			t.Errorf("%x: %v", der, err)
		}
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Both kinds of keys in SSH's form, and every way in which that can be damaged.
func TestWire(t *testing.T) {
	ed := ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey)
	// The base point of P-256.
	params := elliptic.P256().Params()
	point := append([]byte{4}, append(params.Gx.FillBytes(make([]byte, 32)), params.Gy.FillBytes(make([]byte, 32))...)...)
	ec, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		t.Fatal(err)
	}
	edType, edWire, err := Marshal(ed)
	if err != nil || edType != TypeEd25519 {
		t.Fatal(edType, err)
	}
	ecType, ecWire, err := Marshal(ec)
	if err != nil || ecType != TypeP256 {
		t.Fatal(ecType, err)
	}
	if got, err := Parse(edWire); err != nil || !ed.Equal(got) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := Parse(ecWire); err != nil || !ec.Equal(got) {
		t.Errorf("%v, %v", got, err)
	}
	wire := func(fields ...string) (w []byte) {
		for _, f := range fields {
			w = appendStrings(w, []byte(f))
		}
		return w
	}
	off := slices.Clone(point)
	off[64] ^= 1
	const unknown = "unknown key type: expected ssh-ed25519 or ecdsa-sha2-nistp256"
	const short, after = "key is damaged: cut short", "key is damaged: bytes after its end"
	const curve = "key is damaged: its curve is not the one of its type"
	for name, test := range map[string]struct {
		wire []byte
		want string
	}{
		"nothing":                {nil, unknown},
		"no type":                {wire("x"), unknown},
		"a type that is cut off": {edWire[:10], unknown},
		"RSA":                    {wire("ssh-rsa", "x"), "key type ssh-rsa is not supported: expected ssh-ed25519 or ecdsa-sha2-nistp256"},
		"no point":               {wire(TypeEd25519), short},
		"a byte less":            {edWire[:len(edWire)-1], short},
		"a byte more":            {append(slices.Clone(edWire), 0), after},
		"31 bytes":               {wire(TypeEd25519, string(ed[:31])), "an Ed25519 public key has 32 bytes, this one 31"},
		"33 bytes":               {wire(TypeEd25519, string(ed)+"x"), "an Ed25519 public key has 32 bytes, this one 33"},
		"small order":            {wire(TypeEd25519, string(make([]byte, 32))), "key is a point of small order: an Ed25519 signature under it proves nothing"},
		"no curve":               {wire(TypeP256), curve},
		"another curve":          {wire(TypeP256, "nistp384", string(point)), curve},
		"no point of P-256":      {wire(TypeP256, CurveP256), short},
		"P-256 and more":         {append(slices.Clone(ecWire), 0), after},
		"off the curve":          {wire(TypeP256, CurveP256, string(off)), errOffCurve.Error()},
		"compressed":             {wire(TypeP256, CurveP256, string(append([]byte{3}, point[1:33]...))), errOffCurve.Error()},
		"the other's":            {wire(TypeP256, string(ed)), curve},
	} {
		if got, err := Parse(test.wire); got != nil || message(err) != test.want {
			t.Errorf("%s: %v, %v; want %s", name, got, err, test.want)
		}
	}
	for at := range ecWire {
		if got, err := Parse(ecWire[:at]); err == nil {
			t.Errorf("the first %d bytes are %v", at, got)
		}
	}
	if Type(edWire) != TypeEd25519 || Type(ecWire) != TypeP256 || Type(wire("ssh-rsa")) != "ssh-rsa" || Type(wire("x")) != "" || Type(nil) != "" {
		t.Error("another type")
	}
	if field, rest, ok := Cut([]byte("\x00\x00\x00\x02abc")); string(field) != "ab" || string(rest) != "c" || !ok || cap(field) != 2 {
		t.Errorf("%q, %q, %t", field, rest, ok)
	}
}

// What a program may give for a key, and is none.
func TestCheckRefuses(t *testing.T) {
	ed := ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey)
	p256, p384 := elliptic.P256(), elliptic.P384()
	params := p256.Params()
	const only = " is not supported: expected an Ed25519 key, or ECDSA on P-256"
	const incomplete = "ECDSA key is incomplete: it has no point"
	for name, test := range map[string]struct {
		key  any
		want string
	}{
		"Ed25519":        {ed, ""},
		"short":          {ed[:31], "an Ed25519 public key has 32 bytes, this one 31"},
		"private":        {ed25519.NewKeyFromSeed(make([]byte, 32)), "ed25519.PrivateKey" + only},
		"nothing":        {nil, "<nil>" + only},
		"no key":         {(*ecdsa.PublicKey)(nil), incomplete},
		"no curve":       {&ecdsa.PublicKey{X: params.Gx, Y: params.Gy}, incomplete},
		"no x":           {&ecdsa.PublicKey{Curve: p256, Y: params.Gy}, incomplete},
		"no y":           {&ecdsa.PublicKey{Curve: p256, X: params.Gx}, incomplete},
		"P-256":          {&ecdsa.PublicKey{Curve: p256, X: params.Gx, Y: params.Gy}, ""},
		"P-384":          {&ecdsa.PublicKey{Curve: p384, X: p384.Params().Gx, Y: p384.Params().Gy}, "ECDSA on P-384" + only},
		"off the curve":  {&ecdsa.PublicKey{Curve: p256, X: params.Gx, Y: params.Gx}, errOffCurve.Error()},
		"negative":       {&ecdsa.PublicKey{Curve: p256, X: big.NewInt(-1), Y: params.Gy}, errOffCurve.Error()},
		"an ECDSA value": {ecdsa.PublicKey{}, "ecdsa.PublicKey" + only},
	} {
		if err := Check(test.key); message(err) != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
		_, _, wireErr := Marshal(test.key)
		_, pemErr := MarshalPEM(test.key)
		if message(wireErr) != test.want || message(pemErr) != test.want {
			t.Errorf("%s: written, %v, %v; want %s", name, wireErr, pemErr, test.want)
		}
	}
}
