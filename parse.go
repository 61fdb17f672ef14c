package licseal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// The bounds of what is read.
const (
	// DefaultMaxBytes is the size of the largest licence document that is
	// read unless a [Parser] says otherwise.
	DefaultMaxBytes = 64 << 10

	// MaxDepth is how deeply objects and arrays may be nested in a licence
	// document. The payload is the third level of a document, so a payload
	// that is parsed alone may have two levels less.
	MaxDepth = 32
)

// payloadDepth is how many levels of a document surround the payload.
const payloadDepth = 2

// Parser parses with bounds of the caller's choice. The zero value has the
// default bounds.
type Parser struct {
	// MaxBytes is the size of the largest document that is read, and of its
	// canonical form. If zero, DefaultMaxBytes.
	MaxBytes int
}

// ParseUnverified parses a licence document strictly. It does not check the
// signature, so anyone may have written the licence. To trust its content, use
// package verify.
//
// An error is always a [*ParseError].
func ParseUnverified(data []byte) (*License, error) { return Parser{}.ParseUnverified(data) }

// ParsePayload parses a payload, an object without a document around it, as
// strictly as [ParseUnverified], which accepts every document made from it.
//
// An error is always a [*ParseError].
func ParsePayload(data []byte) (Payload, error) { return Parser{}.ParsePayload(data) }

// ParseUnverified is [ParseUnverified] with the bounds of p.
func (p Parser) ParseUnverified(data []byte) (*License, error) {
	s, err := p.newScanner(data, 0, &licenseEnvelope)
	if err != nil {
		return nil, err
	}
	defer s.close()
	doc, err := s.document()
	if err != nil {
		return nil, err
	}
	if err := p.checkCanonicalSize(doc, &licenseEnvelope); err != nil {
		return nil, err
	}
	return &License{doc.payload, doc.signature, doc.version}, nil
}

// ParsePayload is [ParsePayload] with the bounds of p.
func (p Parser) ParsePayload(data []byte) (Payload, error) {
	return p.parsePayload(data, &licenseEnvelope)
}

func (p Parser) parsePayload(data []byte, env *envelope) (Payload, error) {
	s, err := p.newScanner(data, payloadDepth, env)
	if err != nil {
		return Payload{}, err
	}
	defer s.close()
	payload, err := s.payload("")
	if err != nil {
		return Payload{}, err
	}
	if err := s.end(); err != nil {
		return Payload{}, err
	}
	if err := p.checkCanonicalSize(document{payload: payload}, env); err != nil {
		return Payload{}, err
	}
	return payload, nil
}

// envelope describes the document around a payload: its one member, and the JSON
// Pointers below it.
type envelope struct {
	noun                                  string // what messages call the document
	member                                string
	top, payload, signature, versionPlace string // JSON Pointers
	maxBytes                              int    // the default bound
}

var licenseEnvelope = envelope{
	"licence", "license",
	"/license", "/license/payload", "/license/signature", "/license/version",
	DefaultMaxBytes,
}

// document is the content of an envelope.
type document struct {
	payload   Payload
	signature string
	version   Version
}

func (p Parser) maxBytes(env *envelope) int {
	if p.MaxBytes == 0 {
		return env.maxBytes
	}
	return p.MaxBytes
}

// checkCanonicalSize refuses a document whose canonical form would be too large to
// be read again: 1e15 is shorter than 1000000000000000.
func (p Parser) checkCanonicalSize(doc document, env *envelope) error {
	size := len(doc.payload.canonical) + env.size() + len(doc.version.String()) - len(Version1.String())
	if size <= p.maxBytes(env) {
		return nil
	}
	return env.tooLarge(size, p.maxBytes(env), "in canonical form ")
}

// size is the length of a canonical document without its payload.
func (env *envelope) size() int { return envelopeSize - len("license") + len(env.member) }

func (env *envelope) tooLarge(size, limit int, form string) error {
	return &ParseError{ClassTooLarge, Position{Line: 1, Column: 1},
		fmt.Sprintf("the %s %shas %d bytes; at most %d are read", env.noun, form, size, limit)}
}

// scanner reads one document, token by token.
type scanner struct {
	decoder
	text       []byte
	outerDepth int // levels that are to be counted around the text
	env        *envelope
}

func (p Parser) newScanner(data []byte, outerDepth int, env *envelope) (*scanner, error) {
	if len(data) > p.maxBytes(env) {
		return nil, env.tooLarge(len(data), p.maxBytes(env), "")
	}
	// The caller may reuse data; a parsed payload must not change with it.
	text := bytes.Clone(data)
	s := getScanner(text)
	s.outerDepth, s.env = outerDepth, env
	switch {
	case bytes.HasPrefix(text, []byte("\ufeff")):
		return nil, s.errorAt(0, "", ClassByteOrderMark, "the text starts with a byte order mark (U+FEFF); save it as UTF-8 without one")
	case skipSpace(text, 0) == len(text):
		return nil, s.errorAt(0, "", ClassEmpty, "the text is empty; a %s is a JSON object with the member %q", env.noun, env.member)
	}
	return s, nil
}

// document reads the whole envelope: {"license":{"payload":…,"signature":…,"version":…}}.
func (s *scanner) document() (doc document, err error) {
	err = s.object("", []string{s.env.member}, func(string) error {
		return s.object(s.env.top, []string{"payload", "signature", "version"}, func(name string) (err error) {
			switch name {
			case "payload":
				doc.payload, err = s.payload(s.env.payload)
			case "signature":
				doc.signature, err = s.signature()
			case "version":
				doc.version, err = s.version()
			}
			return err
		})
	})
	if err != nil {
		return document{}, err
	}
	return doc, s.end()
}

// object reads an object that has exactly the members named, in any order. It
// calls member before the value of each.
func (s *scanner) object(pointer string, names []string, member func(name string) error) error {
	start, err := s.open(pointer)
	if err != nil {
		return err
	}
	var seen int // bit i: names[i] was there
	for s.PeekKind() == '"' {
		name, err := s.ReadValue()
		if err != nil {
			return s.syntaxError(err)
		}
		i := indexString(names, name)
		if i < 0 {
			return s.unknownMember(pointer, name, names)
		}
		seen |= 1 << i
		if err := member(names[i]); err != nil {
			return err
		}
	}
	if _, err := s.ReadToken(); err != nil {
		return s.syntaxError(err)
	}
	for i, name := range names {
		if seen&(1<<i) == 0 {
			return s.errorAt(start, pointer, ClassMissingMember, "member %q is missing", name)
		}
	}
	return nil
}

func indexString(names []string, text jsontext.Value) int {
	for i, name := range names {
		if isString(text, name) {
			return i
		}
	}
	return -1
}

func (s *scanner) unknownMember(pointer string, name jsontext.Value, names []string) error {
	unquoted, _ := jsontext.AppendUnquote(nil, name)
	at := int(s.InputOffset()) - len(name)
	child := string(jsontext.Pointer(pointer).AppendToken(string(unquoted)))
	return s.errorAt(at, child, ClassUnknownMember,
		"unknown member %s; only %s may stand here, spelt exactly so, because nothing outside the payload is signed", quote(unquoted), strings.Join(names, ", "))
}

// open reads the '{' of an object and returns its offset.
func (s *scanner) open(pointer string) (start int, err error) {
	if k := s.PeekKind(); k != '{' && k != 0 {
		value, err := s.ReadValue()
		if err != nil {
			return 0, s.syntaxError(err)
		}
		found := describe(value)
		if pointer == "" { // the whole file may be a secret, given by mistake
			found = describeKind(value)
		}
		return 0, s.errorAt(int(s.InputOffset())-len(value), pointer, ClassWrongType, "found %s; an object is expected", found)
	}
	if _, err := s.ReadToken(); err != nil {
		return 0, s.syntaxError(err)
	}
	return int(s.InputOffset()) - 1, nil
}

// payload reads an object with any members and canonicalizes it.
func (s *scanner) payload(pointer string) (Payload, error) {
	start, err := s.open(pointer)
	if err != nil {
		return Payload{}, err
	}
	for depth := s.StackDepth(); s.StackDepth() >= depth; {
		if err := s.token(); err != nil {
			return Payload{}, err
		}
	}
	text := s.text[start:s.InputOffset()]
	canonical, err := canonicalize(text)
	if err != nil {
		return Payload{}, s.syntaxError(err)
	}
	return Payload{canonical, source{s.text, start, pointer}}, nil
}

// token reads one token inside a payload and checks what jsontext does not: the
// bound on depth, and that no number would be rounded.
func (s *scanner) token() error {
	token, err := s.ReadToken()
	if err != nil {
		return s.syntaxError(err)
	}
	if token.Kind() == '0' {
		number := lastNumber(s.text[:s.InputOffset()])
		if class, detail := checkNumber(number); class != "" {
			return s.errorAt(int(s.InputOffset())-len(number), string(s.StackPointer()), class, "%s", detail)
		}
		return nil
	}
	if s.StackDepth()+s.outerDepth > MaxDepth {
		return s.errorAt(int(s.InputOffset())-1, string(s.StackPointer()), ClassTooDeep,
			"objects and arrays are nested deeper than %d levels, the document's own included", MaxDepth)
	}
	return nil
}

func (s *scanner) signature() (string, error) { return s.signatureAt(s.env.signature) }

func (s *scanner) signatureAt(pointer string) (string, error) {
	value, at, err := s.value(pointer, '"', "a string of 128 hex digits")
	if err != nil {
		return "", err
	}
	digits := string(value[1 : len(value)-1])
	for i := range len(digits) {
		if c := digits[i]; !('0' <= c && c <= '9' || 'a' <= c && c <= 'f') {
			c, _ := utf8.DecodeRuneInString(digits[i:])
			return "", s.errorAt(at+1+i, pointer, ClassSignatureFormat, "the signature has %+q as character %d; only the hex digits 0-9 and a-f, in lower case, may stand there", c, i+1)
		}
	}
	if len(digits) != signatureHexSize {
		return "", s.errorAt(at, pointer, ClassSignatureFormat, "the signature has %d hex digits; it must have %d", len(digits), signatureHexSize)
	}
	return digits, nil
}

func (s *scanner) version() (Version, error) {
	k := s.PeekKind()
	value, err := s.ReadValue()
	switch {
	case err != nil:
		return 0, s.syntaxError(err)
	case k == '"' && isString(value, "1"):
		return Version1, nil
	case string(value) == "1":
		return Version1Integer, nil
	}
	return 0, s.errorAt(int(s.InputOffset())-len(value), s.env.versionPlace, ClassVersion, "the version is %s; this program reads \"1\"", describe(value))
}

// value reads a value that must be of one kind, and returns its offset too.
func (s *scanner) value(pointer string, kind jsontext.Kind, want string) (jsontext.Value, int, error) {
	k := s.PeekKind()
	value, err := s.ReadValue()
	if err != nil {
		return nil, 0, s.syntaxError(err)
	}
	at := int(s.InputOffset()) - len(value)
	if k != kind {
		return nil, 0, s.errorAt(at, pointer, ClassWrongType, "found %s; %s is expected", describe(value), want)
	}
	return value, at, nil
}

// end checks that only white space follows.
func (s *scanner) end() error {
	at := int(s.InputOffset())
	if _, err := s.ReadToken(); err == io.EOF {
		return nil
	}
	at = skipSpace(s.text, at)
	return s.errorAt(at, "", ClassTrailingData, "more text follows the end of the JSON value: %s", quote(s.text[at:]))
}

func (s *scanner) errorAt(offset int, pointer string, class Class, format string, args ...any) error {
	pos := positionAt(s.text, offset)
	pos.Pointer = pointer
	return &ParseError{class, pos, fmt.Sprintf(format, args...)}
}

// syntaxError returns an error of the tokenizer with its class and position.
func (s *scanner) syntaxError(err error) error {
	at, pointer := int(s.InputOffset()), string(s.StackPointer())
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		at, pointer, err = int(syntactic.ByteOffset), string(syntactic.JSONPointer), syntactic.Err
	}
	rest := s.text[min(at, len(s.text)):]
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return s.errorAt(at, pointer, ClassDuplicateName, "member %s is there twice; keep one of them", quote([]byte(jsontext.Pointer(pointer).LastToken())))
	case errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF:
		return s.errorAt(len(s.text), pointer, ClassTruncated, "the text ends before the JSON value does; was it copied in full?")
	case startsInvalid(rest):
		return s.errorAt(at, pointer, ClassInvalidUTF8, "byte 0x%02x is not UTF-8; save the text as UTF-8", rest[0])
	case isSurrogateEscape(rest) && strings.HasSuffix(err.Error(), "in string"):
		return s.errorAt(at, pointer, ClassLoneSurrogate, "the escape %s is half of a surrogate pair; write the whole character", rest[:6])
	}
	return s.errorAt(at, pointer, ClassSyntax, "not JSON: %s", err)
}

// startsInvalid reports whether text begins with bytes that are not UTF-8.
func startsInvalid(text []byte) bool {
	r, size := utf8.DecodeRune(text)
	return r == utf8.RuneError && size == 1
}

// isSurrogateEscape reports whether text begins with one of the escapes \uD800 to \uDFFF.
func isSurrogateEscape(text []byte) bool {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return false
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return err == nil && utf16.IsSurrogate(rune(unit))
}
