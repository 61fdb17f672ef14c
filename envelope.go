package licseal

import "slices"

// Envelope describes a kind of signed document that is not a licence, such as a
// revocation list. Such a document is read as strictly as a licence:
//
//	{"MEMBER":{"payload":{…},"signature":"<128 hex digits>","version":"1"}}
type Envelope struct {
	// Member is the name of the document's one member.
	Member string

	// Noun is what messages call the document.
	Noun string

	// Context is the line that precedes the canonical payload in what is
	// signed, newline included. A licence's payload begins with '{', so a
	// signature of the one is never a signature of the other.
	Context string

	// MaxBytes is the size of the largest document that is read, and of its
	// canonical form.
	MaxBytes int
}

// ParseUnverified parses a document and returns its payload and its signature,
// which is not checked.
//
// An error is always a [*ParseError].
func (e Envelope) ParseUnverified(data []byte) (p Payload, signature string, err error) {
	env := e.envelope()
	s, err := Parser{}.newScanner(data, 0, env)
	if err != nil {
		return Payload{}, "", err
	}
	doc, err := s.document() // s is not closed: its tokenizer grew with the document and is not worth keeping
	if err != nil {
		return Payload{}, "", err
	}
	if doc.version != Version1 {
		return Payload{}, "", s.errorAt(0, env.versionPlace, ClassVersion, "the version is the number 1; a %s has the string \"1\"", e.Noun)
	}
	if err := (Parser{}).checkCanonicalSize(doc, env); err != nil {
		return Payload{}, "", err
	}
	return doc.payload, doc.signature, nil
}

// ParsePayload parses a payload, an object that is not in a document yet.
// ParseUnverified accepts every document that is made from it.
//
// An error is always a [*ParseError].
func (e Envelope) ParsePayload(data []byte) (Payload, error) {
	return Parser{}.parsePayload(data, e.envelope())
}

// Text returns the document with a payload and its signature, 128 lower-case hex
// digits, in canonical form (RFC 8785): one line without a newline at its end.
func (e Envelope) Text(p Payload, signature string) string {
	return e.envelope().text(document{payload: p, signature: signature})
}

// Message returns what is signed for a payload: the context, then the payload in
// canonical form.
func (e Envelope) Message(p Payload) []byte {
	return slices.Concat([]byte(e.Context), p.Bytes())
}

func (e Envelope) envelope() *envelope {
	top := "/" + e.Member
	return &envelope{e.Noun, e.Member, top, top + "/payload", top + "/signature", top + "/version", e.MaxBytes}
}
