package trust_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
)

// The documents of these tests are written apart from the code that they test: as
// text, in canonical form.

// pair is a key pair. Every third is ECDSA on P-256, the others are Ed25519.
type pair int

// material is what is made of a pair once.
type material struct {
	signer   crypto.Signer
	wire     []byte
	text, id string
}

var materials sync.Map // of *material, by pair

func (p pair) material() *material {
	if m, ok := materials.Load(p); ok {
		return m.(*material)
	}
	m := &material{signer: p.newSigner()}
	m.wire = wireOf(m.signer)
	m.text = base64.StdEncoding.EncodeToString(m.wire)
	digest := sha256.Sum256(m.wire)
	m.id = "SHA256:" + base64.RawStdEncoding.EncodeToString(digest[:])
	materials.Store(p, m)
	return m
}

func (p pair) signer() crypto.Signer { return p.material().signer }
func (p pair) wire() []byte          { return slices.Clone(p.material().wire) }
func (p pair) text() string          { return p.material().text }
func (p pair) id() string            { return p.material().id }

func (p pair) newSigner() crypto.Signer {
	seed := slices.Repeat([]byte{byte(p)}, 32)
	if p%3 != 0 {
		return ed25519.NewKeyFromSeed(seed)
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed)
	if err != nil {
		panic(err)
	}
	return key
}

func wireOf(signer crypto.Signer) []byte {
	parts := [][]byte{[]byte("ssh-ed25519")}
	switch public := signer.Public().(type) {
	case ed25519.PublicKey:
		parts = append(parts, public)
	case *ecdsa.PublicKey:
		point, _ := public.Bytes()
		parts = [][]byte{[]byte("ecdsa-sha2-nistp256"), []byte("nistp256"), point}
	}
	var wire []byte
	for _, part := range parts {
		wire = append(binary.BigEndian.AppendUint32(wire, uint32(len(part))), part...)
	}
	return wire
}

// keyOf returns the text of an Ed25519 key, from its 32 bytes.
func keyOf(raw []byte) string {
	return base64.StdEncoding.EncodeToString(append([]byte("\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20"), raw...))
}

// sign returns a signature in hex digits. It is the same each time (RFC 8032, RFC 6979).
func (p pair) sign(message string) string {
	key, ok := p.signer().(*ecdsa.PrivateKey)
	if !ok {
		return hex.EncodeToString(ed25519.Sign(p.signer().(ed25519.PrivateKey), []byte(message)))
	}
	digest := sha256.Sum256([]byte(message))
	der, err := key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		panic(err)
	}
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &rs); err != nil {
		panic(err)
	}
	n := elliptic.P256().Params().N
	if rs.S.Cmp(new(big.Int).Rsh(n, 1)) > 0 {
		rs.S.Sub(n, rs.S)
	}
	return fmt.Sprintf("%064x%064x", rs.R, rs.S)
}

const noContext = "none"

// draft is a document in the making.
type draft struct {
	generation int
	issued     int // days since the beginning of 2026
	previous   string
	threshold  int
	roots      []pair
	keys       []pair
	signers    []pair
	broken     int    // how many of the signatures are not good
	context    string // "" is the right one
	payload    func(string) string
	document   func(string) string
}

func (d *draft) text() (payload string) {
	var keys, roots []string
	for _, p := range d.keys {
		keys = append(keys, `{"issuers":["licences@vendor.example"],"key":"`+p.text()+`"}`)
	}
	for _, p := range d.roots {
		roots = append(roots, `{"key":"`+p.text()+`"}`)
	}
	previous := ""
	if d.previous != "" {
		previous = `"previous":"` + d.previous + `",`
	}
	payload = fmt.Sprintf(`{"generation":%d,"issued":"%s","keys":[%s],%s"roots":{"keys":[%s],"threshold":%d}}`,
		d.generation, day(d.issued), strings.Join(keys, ","), previous, strings.Join(roots, ","), d.threshold)
	if d.payload != nil {
		payload = d.payload(payload)
	}
	return payload
}

func (d *draft) message() string {
	switch d.context {
	case "":
	case noContext:
		return d.text()
	default:
		return d.context + d.text()
	}
	return "licseal-trust-v1\n" + d.text()
}

func (d *draft) digest() string {
	digest := sha256.Sum256([]byte("licseal-trust-v1\n" + d.text())) // whatever was signed
	return hex.EncodeToString(digest[:])
}

// String returns the document, in canonical form if the signers are sorted.
func (d *draft) String() string {
	var signatures []string
	for i, p := range d.signers {
		message := d.message()
		if i < d.broken {
			message += " "
		}
		signatures = append(signatures, `{"key":"`+p.id()+`","signature":"`+p.sign(message)+`"}`)
	}
	text := `{"trust":{"payload":` + d.text() + `,"signatures":[` + strings.Join(signatures, ",") + `],"version":"1"}}`
	if d.document != nil {
		text = d.document(text)
	}
	return text
}

func day(n int) string { return start.AddDate(0, 0, n).Format("2006-01-02T15:04:05Z") }

func lines(drafts []*draft) string {
	var b strings.Builder
	for _, d := range drafts {
		b.WriteString(d.String() + "\n")
	}
	return b.String()
}
