package licseal

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// RevocationList is a revocation list with its signature: the object under
// "revocations" in
//
//	{"revocations":{"payload":{…},"signature":"…","version":"1"}}
//
// One that came from [ParseRevocationsUnverified] has the right shape and nothing
// more. Only package verify says whether its signature holds.
type RevocationList struct {
	// Payload is what the list says, in canonical form. Its signature covers
	// RevocationsContext and then these bytes.
	Payload Payload

	// Signature is 128 lower-case hex digits, as that of a licence.
	Signature string

	contents *Revocations
}

var revocationsEnvelope = envelope{
	"revocation list", "revocations",
	"/revocations", "/revocations/payload", "/revocations/signature", "/revocations/version",
	MaxRevocationsBytes,
}

// NewRevocationList puts a payload that [Revocations.Payload] made and its
// signature together.
func NewRevocationList(p Payload, signature string) (*RevocationList, error) {
	return Parser{}.ParseRevocationsUnverified([]byte(revocationsEnvelope.text(document{payload: p, signature: signature})))
}

// String returns the list in canonical form (RFC 8785): one line with no newline
// at its end.
func (l *RevocationList) String() string {
	return revocationsEnvelope.text(document{payload: l.Payload, signature: l.Signature})
}

// Revocations returns what the list says, unverified. The caller must not change
// it; [Revocations.Next] makes a copy.
func (l *RevocationList) Revocations() *Revocations { return l.contents }

// ParseRevocationsUnverified parses a revocation list, as strictly as a licence.
// It does not look at the signature. A list is read up to [MaxRevocationsBytes].
//
// An error is always a [*ParseError].
func ParseRevocationsUnverified(data []byte) (*RevocationList, error) {
	return Parser{}.ParseRevocationsUnverified(data)
}

// ParseRevocationsUnverified is [ParseRevocationsUnverified] with the bounds of p.
func (p Parser) ParseRevocationsUnverified(data []byte) (*RevocationList, error) {
	s, err := p.newScanner(data, 0, &revocationsEnvelope)
	if err != nil {
		return nil, err
	}
	doc, err := s.document() // the tokenizer has grown with the list, and is not kept
	if err != nil {
		return nil, err
	}
	if doc.version != Version1 {
		return nil, s.errorAt(0, s.env.versionPlace, ClassVersion, "the version is the number 1; a revocation list has the string \"1\"")
	}
	if err := p.checkCanonicalSize(doc, s.env); err != nil {
		return nil, err
	}
	contents, err := readRevocations(doc.payload)
	if err != nil {
		return nil, err
	}
	return &RevocationList{doc.payload, doc.signature, contents}, nil
}

// revocationsText is the payload of a revocation list as it stands in JSON.
type revocationsText struct {
	Generation int64                     `json:"generation"`
	Issued     string                    `json:"issued"`
	Keys       map[string]revokedKeyText `json:"keys"`
	Licenses   revokedLicenses           `json:"licenses"`
	NextUpdate string                    `json:"next_update"`
	Salt       string                    `json:"salt"`
}

// revokedKeyText keeps the values as they stand, because null would be taken for
// a member that is not there.
type revokedKeyText struct {
	From   jsontext.Value `json:"from"`
	Reason jsontext.Value `json:"reason"`
}

func (t revokedKeyText) key(id, place string) (RevokedKey, error) {
	if t.Reason.Kind() != '"' || t.From != nil && t.From.Kind() != '"' {
		return RevokedKey{}, contentError(place, "a revoked signing key has a string \"reason\", and may have a string \"from\"")
	}
	reason, _ := jsontext.AppendUnquote(nil, t.Reason)
	key := RevokedKey{ID: id, Reason: string(reason)}
	if t.From == nil {
		return key, nil
	}
	from, _ := jsontext.AppendUnquote(nil, t.From)
	var err error
	key.From, err = listTime(place+"/from", string(from))
	return key, err
}

// revokedLicenses is the object of revoked licences: reasons by hash.
type revokedLicenses map[licenseHash]string

// UnmarshalJSONFrom reads the object straight into hashes and shared reasons,
// a third of what the strings would take.
func (l *revokedLicenses) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != '{' {
		return contentError("/licenses", "an object of reasons by hash is expected")
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	*l = revokedLicenses{}
	reasons := make(map[string]string) // most licences share one of a few
	for d.PeekKind() == '"' {
		if err := l.readOne(d, reasons); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

func (l revokedLicenses) readOne(d *jsontext.Decoder, reasons map[string]string) error {
	name, err := d.ReadToken()
	if err != nil {
		return err
	}
	text := name.String()
	fault := func(detail string) error {
		return contentError(string(jsontext.Pointer("/licenses").AppendToken(text)), detail)
	}
	var hash licenseHash
	if !isLowerHex([]byte(text), len(hash)) {
		return fault("a revoked licence is named by 64 lower-case hex digits")
	}
	hex.Decode(hash[:], []byte(text))
	if d.PeekKind() != '"' {
		return fault("the reason must be a string")
	}
	value, err := d.ReadToken()
	if err != nil {
		return err
	}
	reason := value.String()
	if _, known := reasons[reason]; !known {
		if err := checkReason(reason); err != nil {
			return fault(err.Error())
		}
		reasons[reason] = reason
	}
	l[hash] = reasons[reason]
	return nil
}

// placedError is a fault in the payload of a revocation list.
type placedError struct{ pointer, detail string }

func (e *placedError) Error() string { return e.detail }

func contentError(pointer, detail string) error { return &placedError{pointer, detail} }

// readRevocations reads the payload of a list.
func readRevocations(p Payload) (*Revocations, error) {
	var text revocationsText
	// The payload was parsed before: a second look for duplicate names, which
	// takes half of the time, would find none.
	err := json.Unmarshal(p.Bytes(), &text, json.RejectUnknownMembers(true), jsontext.AllowDuplicateNames(true))
	var r *Revocations
	if err == nil {
		r, err = text.revocations()
	}
	if err != nil {
		pointer, detail := "", err.Error()
		var placed *placedError
		var semantic *json.SemanticError
		switch {
		case errors.As(err, &placed):
			pointer, detail = placed.pointer, placed.detail
		case errors.As(err, &semantic):
			pointer, detail = string(semantic.JSONPointer), describeSemantic(semantic)
		}
		return nil, &ParseError{ClassRevocations, p.Position(pointer), detail}
	}
	return r, nil
}

func describeSemantic(err *json.SemanticError) string {
	if errors.Is(err, json.ErrUnknownName) {
		return "a revocation list has no such member"
	}
	return fmt.Sprintf("found %s, which is not what a revocation list has here", kindName(err.JSONKind))
}

func kindName(kind jsontext.Kind) string {
	switch kind {
	case '"':
		return "a string"
	case '0':
		return "a number that is out of range or no integer"
	case '{':
		return "an object"
	case '[':
		return "an array"
	}
	return kind.String()
}

// saltSize is the length of a salt, in bytes.
const saltSize = 16

func (t *revocationsText) revocations() (*Revocations, error) {
	r := &Revocations{Generation: t.Generation, keys: map[string]RevokedKey{}, licenses: t.Licenses, salt: t.Salt}
	switch {
	case t.Generation < 1:
		return nil, contentError("/generation", "the generation of a revocation list is an integer from 1 on")
	case !isLowerHex([]byte(t.Salt), saltSize):
		return nil, contentError("/salt", "the salt of a revocation list is 32 lower-case hex digits")
	case t.Licenses == nil:
		return nil, contentError("/licenses", "the object of revoked licences is missing")
	case t.Keys == nil:
		return nil, contentError("/keys", "the object of revoked signing keys is missing")
	}
	var err error
	if r.Issued, err = listTime("/issued", t.Issued); err != nil {
		return nil, err
	}
	if r.NextUpdate, err = listTime("/next_update", t.NextUpdate); err != nil {
		return nil, err
	}
	if !r.Issued.Before(r.NextUpdate) {
		return nil, contentError("/next_update", "the next update must come after the issue of the list")
	}
	for id, text := range t.Keys {
		place := string(jsontext.Pointer("/keys").AppendToken(id))
		key, err := text.key(id, place)
		if err != nil {
			return nil, err
		}
		if err := r.RevokeKey(key); err != nil {
			return nil, contentError(place, err.Error())
		}
	}
	return r, nil
}

// listTime reads a time of a list: RFC 3339, in UTC and whole seconds.
func listTime(pointer, text string) (time.Time, error) {
	t, err := parseTime(text)
	if err != nil || formatTime(t) != text || t.IsZero() {
		return time.Time{}, contentError(pointer, fmt.Sprintf("%s is not a time; write it as \"2027-12-31T12:00:00Z\"", quote([]byte(text))))
	}
	return t, nil
}

// isLowerHex reports whether text is size bytes in lower-case hex digits.
func isLowerHex(text []byte, size int) bool {
	for _, c := range text {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f') {
			return false
		}
	}
	return len(text) == 2*size
}

// isKeyID reports whether text is a fingerprint as [KeyID] writes it.
func isKeyID(text string) bool {
	digest, isFingerprint := strings.CutPrefix(text, "SHA256:")
	decoded, err := base64.RawStdEncoding.Strict().DecodeString(digest)
	return isFingerprint && err == nil && len(decoded) == 32
}
