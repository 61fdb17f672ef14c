package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"aead.dev/minisign"
	"aidanwoods.dev/go-paseto"
	jose "github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"github.com/keygen-sh/keygen-go/v3"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
	"github.com/secure-systems-lab/go-securesystemslib/cjson"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"golang.org/x/mod/sumdb/note"
)

// payload is what all of them sign: a licence payload of 266 bytes.
const payload = `{"admin_seats":"5","customer":"Example Company, Incorporated, Dept of Examples","dataplanes":"2","license_creation_date":"2026-01-01","license_expiration_date":"2027-01-01","license_key":"LS-0000001","product_subscription":"Konnect Enterprise","support_plan":"None"}`

var (
	private = ed25519.NewKeyFromSeed([]byte("0123456789abcdef0123456789abcdef"))
	public  = private.Public().(ed25519.PublicKey)
	at      = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
)

// peer is a module that signs and verifies. Both begin and end with what is stored
// or sent: sign takes the payload and returns the signed text, verify takes that and
// returns an error unless it is genuine.
type peer struct {
	name   string
	sign   func() ([]byte, error) // nil if it only verifies
	verify func(signed []byte) error
	signed []byte // what verify takes, where there is no sign
	note   string // what it does besides
}

var errRefused = errors.New("refused")

func ok(is bool) error {
	if is {
		return nil
	}
	return errRefused
}

// bareSign and bareVerify are what everything is measured beside.
func bareSign() ([]byte, error) { return ed25519.Sign(private, []byte(payload)), nil }

func bareVerify(signature []byte) error {
	return ok(ed25519.Verify(public, []byte(payload), signature))
}

func peers() []peer {
	return []peer{
		licsealPeer(), keygenPeer(), dssePeer(), jwtPeer(), josePeer(), jwxPeer(), pasetoPeer(), cjsonPeer(), minisignPeer(), notePeer(),
	}
}

func licsealPeer() peer {
	trusted := []licseal.TrustedKey{{Key: public, Name: "vendor"}}
	opts := &verify.Options{At: at}
	return peer{
		name: "licseal",
		sign: func() ([]byte, error) {
			p, err := licseal.ParsePayload([]byte(payload))
			if err != nil {
				return nil, err
			}
			lic, err := sign.License(p, private)
			if err != nil {
				return nil, err
			}
			return []byte(lic.String()), nil
		},
		verify: func(signed []byte) error {
			_, err := verify.License(signed, trusted, opts)
			return err
		},
		note: "strict parsing, canonical form, dates",
	}
}

// keygenPeer verifies a licence file as keygen.sh makes it; only its server signs.
func keygenPeer() peer {
	keygen.PublicKey = hex.EncodeToString(public)
	enc := base64.StdEncoding.EncodeToString([]byte(payload))
	cert, err := json.Marshal(map[string]string{
		"enc": enc, "sig": base64.StdEncoding.EncodeToString(ed25519.Sign(private, []byte("license/"+enc))), "alg": "base64+ed25519",
	})
	if err != nil {
		panic(err)
	}
	return peer{
		name:   "keygen-go LicenseFile",
		signed: []byte("-----BEGIN LICENSE FILE-----\n" + base64.StdEncoding.EncodeToString(cert) + "\n-----END LICENSE FILE-----\n"),
		verify: func(signed []byte) error { return (&keygen.LicenseFile{Certificate: string(signed)}).Verify() },
		note:   "payload not parsed",
	}
}

// dsseKey is a key in the form that package dsse takes.
type dsseKey struct{}

func (dsseKey) Sign(_ context.Context, data []byte) ([]byte, error) {
	return ed25519.Sign(private, data), nil
}
func (dsseKey) Verify(_ context.Context, data, signature []byte) error {
	return ok(ed25519.Verify(public, data, signature))
}
func (dsseKey) KeyID() (string, error)   { return "vendor", nil }
func (dsseKey) Public() crypto.PublicKey { return public }

func dssePeer() peer {
	signer, err := dsse.NewEnvelopeSigner(dsseKey{})
	if err != nil {
		panic(err)
	}
	verifier, err := dsse.NewEnvelopeVerifier(dsseKey{})
	if err != nil {
		panic(err)
	}
	return peer{
		name: "DSSE envelope",
		sign: func() ([]byte, error) {
			envelope, err := signer.SignPayload(context.Background(), "application/json", []byte(payload))
			if err != nil {
				return nil, err
			}
			return json.Marshal(envelope)
		},
		verify: func(signed []byte) error {
			var envelope dsse.Envelope
			if err := json.Unmarshal(signed, &envelope); err != nil {
				return err
			}
			_, err := verifier.Verify(context.Background(), &envelope)
			return err
		},
		note: "payload not parsed",
	}
}

func jwtPeer() peer {
	var claims jwt.MapClaims
	if err := json.Unmarshal([]byte(payload), &claims); err != nil {
		panic(err)
	}
	key := func(*jwt.Token) (any, error) { return public, nil }
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"EdDSA"}))
	return peer{
		name: "golang-jwt",
		sign: func() ([]byte, error) {
			text, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims).SignedString(private)
			return []byte(text), err
		},
		verify: func(signed []byte) error {
			_, err := parser.Parse(string(signed), key)
			return err
		},
	}
}

func josePeer() peer {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: private}, nil)
	if err != nil {
		panic(err)
	}
	return peer{
		name: "go-jose JWS",
		sign: func() ([]byte, error) {
			signed, err := signer.Sign([]byte(payload))
			if err != nil {
				return nil, err
			}
			text, err := signed.CompactSerialize()
			return []byte(text), err
		},
		verify: func(signed []byte) error {
			parsed, err := jose.ParseSignedCompact(string(signed), []jose.SignatureAlgorithm{jose.EdDSA})
			if err != nil {
				return err
			}
			_, err = parsed.Verify(public)
			return err
		},
		note: "payload not parsed",
	}
}

func jwxPeer() peer {
	return peer{
		name:   "jwx JWS",
		sign:   func() ([]byte, error) { return jws.Sign([]byte(payload), jws.WithKey(jwa.EdDSA(), private)) },
		verify: func(signed []byte) error { _, err := jws.Verify(signed, jws.WithKey(jwa.EdDSA(), public)); return err },
		note:   "payload not parsed",
	}
}

func pasetoPeer() peer {
	secret, err := paseto.NewV4AsymmetricSecretKeyFromBytes(private)
	if err != nil {
		panic(err)
	}
	token, err := paseto.NewTokenFromClaimsJSON([]byte(payload), nil)
	if err != nil {
		panic(err)
	}
	parser := paseto.NewParserWithoutExpiryCheck()
	return peer{
		name: "go-paseto v4.public",
		sign: func() ([]byte, error) { return []byte(token.V4Sign(secret, nil)), nil },
		verify: func(signed []byte) error {
			_, err := parser.ParseV4Public(secret.Public(), string(signed), nil)
			return err
		},
	}
}

// cjsonPeer signs the canonical JSON of The Update Framework.
func cjsonPeer() peer {
	type document struct {
		Signed    map[string]any `json:"signed"`
		Signature string         `json:"signature"`
	}
	return peer{
		name: "TUF-style canonical JSON",
		sign: func() ([]byte, error) {
			var d document
			if err := json.Unmarshal([]byte(payload), &d.Signed); err != nil {
				return nil, err
			}
			message, err := cjson.EncodeCanonical(d.Signed)
			if err != nil {
				return nil, err
			}
			d.Signature = hex.EncodeToString(ed25519.Sign(private, message))
			return json.Marshal(d)
		},
		verify: func(signed []byte) error {
			var d document
			if err := json.Unmarshal(signed, &d); err != nil {
				return err
			}
			message, err := cjson.EncodeCanonical(d.Signed)
			if err != nil {
				return err
			}
			signature, err := hex.DecodeString(d.Signature)
			if err != nil {
				return err
			}
			return ok(ed25519.Verify(public, message, signature))
		},
	}
}

func minisignPeer() peer {
	key, secret, err := minisign.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{1}, 1000)))
	if err != nil {
		panic(err)
	}
	// The message and its signature are two files; they are one text here.
	const separator = "\n--\n"
	return peer{
		name: "aead.dev/minisign",
		sign: func() ([]byte, error) {
			return append([]byte(payload+separator), minisign.Sign(secret, []byte(payload))...), nil
		},
		verify: func(signed []byte) error {
			message, signature, _ := bytes.Cut(signed, []byte(separator))
			return ok(minisign.Verify(key, message, signature))
		},
		note: "two signatures, payload not parsed",
	}
}

func notePeer() peer {
	secret, key, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{1}, 1000)), "vendor")
	if err != nil {
		panic(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		panic(err)
	}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		panic(err)
	}
	list := note.VerifierList(verifier)
	return peer{
		name:   "x/mod sumdb/note",
		sign:   func() ([]byte, error) { return note.Sign(&note.Note{Text: payload + "\n"}, signer) },
		verify: func(signed []byte) error { _, err := note.Open(signed, list); return err },
		note:   "payload not parsed",
	}
}

// tamper returns a signed text with one character of the payload, or of what holds
// it, changed.
func tamper(signed []byte) []byte {
	text := string(signed)
	if strings.Contains(text, "LS-0000001") {
		return []byte(strings.Replace(text, "LS-0000001", "LS-0000002", 1))
	}
	changed := bytes.Clone(signed)
	for i := len(changed) / 3; ; i++ {
		if c := changed[i]; c >= 'a' && c < 'z' && c != '\n' {
			changed[i]++
			return changed
		}
	}
}

// check fails unless a peer accepts what it signed, and refuses what was changed.
func (p *peer) check() error {
	if p.sign != nil {
		var err error
		if p.signed, err = p.sign(); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	if err := p.verify(p.signed); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	if p.verify(tamper(p.signed)) == nil {
		return fmt.Errorf("%s accepts a changed text", p.name)
	}
	return nil
}
