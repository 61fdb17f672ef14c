package licseal

import (
	"strconv"
	"strings"
)

// KeySignature is one of several signatures of a document, and the key that is said
// to have made it.
type KeySignature struct {
	Key       string // the key's fingerprint, as [KeyID] returns it
	Signature string // 128 lower-case hex digits
}

// maxSignatures is the greatest number of signatures that are read.
const maxSignatures = 32

// ParseSignaturesUnverified parses a document with any number of signatures, up to
// 32, instead of one. It does not check them:
//
//	{"MEMBER":{"payload":{…},"signatures":[{"key":"SHA256:…","signature":"<128 hex digits>"}…],"version":"1"}}
//
// An error is always a [*ParseError].
func (e Envelope) ParseSignaturesUnverified(data []byte) (Payload, []KeySignature, error) {
	env := e.envelope()
	s, err := Parser{}.newScanner(data, 0, env)
	if err != nil {
		return Payload{}, nil, err
	}
	defer s.close()
	var doc document
	var signatures []KeySignature
	err = s.object("", []string{env.member}, func(string) error {
		return s.object(env.top, []string{"payload", "signatures", "version"}, func(name string) (err error) {
			switch name {
			case "payload":
				doc.payload, err = s.payload(env.payload)
			case "signatures":
				signatures, err = s.signatures(env.top + "/signatures")
			case "version":
				doc.version, err = s.version()
			}
			return err
		})
	})
	if err == nil {
		err = s.end()
	}
	if err != nil {
		return Payload{}, nil, err
	}
	if doc.version != Version1 {
		return Payload{}, nil, s.errorAt(0, env.versionPlace, ClassVersion, "the version is the number 1; a %s has the string \"1\"", e.Noun)
	}
	if size := len(e.SignaturesText(Payload{}, signatures)) - len("{}") + len(doc.payload.Bytes()); size > e.MaxBytes {
		return Payload{}, nil, env.tooLarge(size, e.MaxBytes, "in canonical form ")
	}
	return doc.payload, signatures, nil
}

// SignaturesText returns the document with a payload and its signatures, in
// canonical form (RFC 8785) and the order given: one line without a newline at its
// end. [Envelope.ParseSignaturesUnverified] reads it.
func (e Envelope) SignaturesText(p Payload, signatures []KeySignature) string {
	var b strings.Builder
	b.Grow(len(p.Bytes()) + 256*len(signatures) + 64)
	b.WriteString(`{"` + e.Member + `":{"payload":`)
	b.Write(p.Bytes())
	b.WriteString(`,"signatures":[`)
	for i, s := range signatures {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"key":"`)
		b.WriteString(s.Key)
		b.WriteString(`","signature":"`)
		b.WriteString(s.Signature)
		b.WriteString(`"}`)
	}
	b.WriteString(`],"version":"1"}}`)
	return b.String()
}

// signatures reads an array of signatures.
func (s *scanner) signatures(pointer string) ([]KeySignature, error) {
	if k := s.PeekKind(); k != '[' {
		_, _, err := s.value(pointer, '[', "an array of signatures")
		return nil, err
	}
	if _, err := s.ReadToken(); err != nil {
		return nil, s.syntaxError(err)
	}
	var all []KeySignature
	for s.PeekKind() != ']' && s.PeekKind() != 0 {
		if len(all) == maxSignatures {
			return nil, s.errorAt(int(s.InputOffset()), pointer, ClassTooLarge, "there are more than %d signatures", maxSignatures)
		}
		one, err := s.keySignature(pointer, len(all))
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	if _, err := s.ReadToken(); err != nil {
		return nil, s.syntaxError(err)
	}
	return all, nil
}

// keySignature reads the i-th signature of an array.
func (s *scanner) keySignature(array string, i int) (one KeySignature, err error) {
	pointer := array + "/" + strconv.Itoa(i)
	err = s.object(pointer, []string{"key", "signature"}, func(name string) (err error) {
		if name == "key" {
			one.Key, err = s.keyID(pointer + "/key")
			return err
		}
		one.Signature, err = s.signatureAt(pointer + "/signature")
		return err
	})
	return one, err
}

// keyID reads the fingerprint of a key. It is written without escapes.
func (s *scanner) keyID(pointer string) (string, error) {
	value, at, err := s.value(pointer, '"', "the fingerprint of a key")
	if err != nil {
		return "", err
	}
	id := string(value[1 : len(value)-1])
	if !isKeyID(id) {
		return "", s.errorAt(at, pointer, ClassSignatureFormat, "found %s; the fingerprint of a key is expected, such as SHA256:bbXpuKG6…, with 43 characters after the colon", describe(value))
	}
	return id, nil
}
