package trust

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/jsonread"
	"github.com/licseal/licseal/internal/pubkey"
)

// payloadText is the payload of a document in JSON. Optional members are raw values,
// because a decoded null would look like a missing member. So are keys and roots, because
// most of them are those of the document before.
type payloadText struct {
	Generation int64
	Issued     string
	Keys       []jsontext.Value // nil if missing
	Previous   jsontext.Value
	Roots      []jsontext.Value
	Threshold  int64
}

type keyText struct {
	Before  jsontext.Value
	From    jsontext.Value
	Issuers []string // nil if missing
	Key     string
	Name    jsontext.Value
}

type rootText struct {
	Key  string
	Name jsontext.Value
}

func (t *payloadText) read(r *jsonread.Reader) error {
	return r.Object(func(name string) error {
		switch name {
		case "generation":
			return r.Int(&t.Generation)
		case "issued":
			return r.String(&t.Issued)
		case "keys":
			return readValues(r, &t.Keys)
		case "previous":
			return r.Value(&t.Previous)
		case "roots":
			return r.Object(func(name string) error {
				switch name {
				case "keys":
					return readValues(r, &t.Roots)
				case "threshold":
					return r.Int(&t.Threshold)
				}
				return r.Unknown()
			})
		}
		return r.Unknown()
	})
}

// readValues reads an array whose elements are read later.
func readValues(r *jsonread.Reader, to *[]jsontext.Value) error {
	return r.Array(func() { *to = []jsontext.Value{} }, func() error {
		var value jsontext.Value
		err := r.Value(&value)
		*to = append(*to, value)
		return err
	})
}

func (t *rootText) read(r *jsonread.Reader) error {
	return r.Object(func(name string) error {
		switch name {
		case "key":
			return r.String(&t.Key)
		case "name":
			return r.Value(&t.Name)
		}
		return r.Unknown()
	})
}

func (t *keyText) read(r *jsonread.Reader) error {
	return r.Object(func(name string) error {
		switch name {
		case "before":
			return r.Value(&t.Before)
		case "from":
			return r.Value(&t.From)
		case "issuers":
			return r.Array(func() { t.Issuers = []string{} }, func() error {
				var issuer string
				err := r.String(&issuer)
				t.Issuers = append(t.Issuers, issuer)
				return err
			})
		case "key":
			return r.String(&t.Key)
		case "name":
			return r.Value(&t.Name)
		}
		return r.Unknown()
	})
}

// content is a payload that was read, with the fingerprints of its keys.
type content struct {
	Contents
	rootIDs, keyIDs []string
}

// readContents reads the payload of a document.
func readContents(p licseal.Payload, cache keyCache) (*content, error) {
	var text payloadText
	err := unmarshal("", p.Bytes(), text.read)
	var c *content
	if err == nil {
		c, err = text.content(cache)
	}
	if err != nil {
		pointer, detail := jsonread.Place(err)
		return nil, &licseal.ParseError{Class: licseal.ClassTrust, Position: p.Position(pointer), Detail: detail}
	}
	return c, nil
}

// unmarshal reads the value at a place in the payload. Duplicate names were refused when
// the payload was parsed.
func unmarshal(place string, data []byte, read func(*jsonread.Reader) error) error {
	err := jsonread.Read(data, read)
	var kind *jsonread.Error
	if !errors.As(err, &kind) {
		return err
	}
	if kind.Kind == 0 {
		return jsonread.Faultf(place+kind.Pointer, "a trust document has no such member")
	}
	return jsonread.Faultf(place+kind.Pointer, "this value has the wrong type")
}

func (t *payloadText) content(cache keyCache) (*content, error) {
	c := new(content)
	if err := t.readHead(&c.Contents); err != nil {
		return nil, err
	}
	if err := t.readRoots(c, cache); err != nil {
		return nil, err
	}
	return c, t.readKeys(c, cache)
}

func (t *payloadText) readHead(c *Contents) (err error) {
	if t.Generation < 1 || t.Generation > MaxGenerations {
		return jsonread.Faultf("/generation", "the generation of a trust document is an integer from 1 to %d", MaxGenerations)
	}
	c.Generation = t.Generation
	if c.Issued, err = jsonread.Time("/issued", t.Issued); err != nil {
		return err
	}
	if c.Previous, err = optional("/previous", t.Previous); err != nil {
		return err
	}
	switch {
	case c.Generation == 1 && t.Previous != nil:
		return jsonread.Faultf("/previous", "generation 1 has no document before it")
	case c.Generation > 1 && !isDigest(c.Previous):
		return jsonread.Faultf("/previous", "the digest of the document before is expected, 64 lower-case hex digits")
	}
	return nil
}

func (t *payloadText) readRoots(c *content, cache keyCache) error {
	roots := t.Roots
	if len(roots) < 1 || len(roots) > MaxRoots {
		return jsonread.Faultf("/roots/keys", "a trust document has from 1 to %d roots", MaxRoots)
	}
	if t.Threshold < 1 || t.Threshold > int64(len(roots)) {
		return jsonread.Faultf("/roots/threshold", "the threshold is an integer from 1 to the number of roots, %d", len(roots))
	}
	c.Threshold = int(t.Threshold)
	c.Roots, c.rootIDs = make([]Root, 0, len(roots)), make([]string, 0, len(roots))
	seen := make(map[string]bool, len(roots))
	for i, value := range roots {
		root, err := readOnce(cache.roots, value, "/roots/keys", i, seen, readRoot)
		if err != nil {
			return err
		}
		c.Roots = append(c.Roots, Root{root.Key, root.Name})
		c.rootIDs = append(c.rootIDs, root.id)
	}
	return nil
}

func (t *payloadText) readKeys(c *content, cache keyCache) error {
	if t.Keys == nil || len(t.Keys) > MaxKeys {
		return jsonread.Faultf("/keys", "an array of at most %d keys is expected", MaxKeys)
	}
	seen := make(map[string]bool, len(t.Keys))
	c.Keys, c.keyIDs = make([]licseal.TrustedKey, 0, len(t.Keys)), make([]string, 0, len(t.Keys))
	for i, value := range t.Keys {
		key, err := readOnce(cache.keys, value, "/keys", i, seen, readTrusted)
		if err != nil {
			return err
		}
		c.Keys = append(c.Keys, key.TrustedKey)
		c.keyIDs = append(c.keyIDs, key.id)
	}
	return nil
}

// readRoot reads a root, of which only the key and the name are set.
func readRoot(value jsontext.Value, place string) (root readKey, err error) {
	var text rootText
	if err = unmarshal(place, value, text.read); err != nil {
		return root, err
	}
	if root, err = parseKey(text.Key, place); err != nil {
		return root, err
	}
	root.Name, err = readName(place+"/name", text.Name)
	return root, err
}

// readTrusted reads a key for licences.
func readTrusted(value jsontext.Value, place string) (key readKey, err error) {
	var t keyText
	if err = unmarshal(place, value, t.read); err != nil {
		return key, err
	}
	if key, err = parseKey(t.Key, place); err != nil {
		return key, err
	}
	if key.Name, err = readName(place+"/name", t.Name); err != nil {
		return key, err
	}
	if key.ValidAfter, err = optionalTime(place+"/from", t.From); err != nil {
		return key, err
	}
	if key.ValidBefore, err = optionalTime(place+"/before", t.Before); err != nil {
		return key, err
	}
	if t.From != nil && t.Before != nil && !key.ValidAfter.Before(key.ValidBefore) {
		return key, jsonread.Faultf(place+"/before", "it must be later than \"from\"")
	}
	if t.Issuers == nil || len(t.Issuers) > maxIssuers {
		return key, jsonread.Faultf(place+"/issuers", "an array of at most %d issuers is expected", maxIssuers)
	}
	for i, issuer := range t.Issuers {
		if !isIssuer(issuer) {
			return key, jsonread.Faultf(fmt.Sprintf("%s/issuers/%d", place, i), "an issuer is a name of at most %d printable ASCII characters, without blanks, quotes, commas, '*', '?' and '!'", maxText)
		}
	}
	key.Principals = t.Issuers
	return key, nil
}

// isIssuer reports whether a text can be the name of an issuer in a file of trusted
// keys too, and is not a pattern there.
func isIssuer(s string) bool {
	odd := func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`",*?!'\#`, r) }
	return s != "" && len(s) <= maxText && !strings.ContainsFunc(s, odd)
}

// readName reads an optional name, which is one line that prints.
func readName(pointer string, value jsontext.Value) (string, error) {
	name, err := optional(pointer, value)
	if err != nil {
		return "", err
	}
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	if value != nil && name == "" || len(name) > maxText || strings.ContainsFunc(name, unprintable) {
		return "", jsonread.Faultf(pointer, "a name is one line of 1 to %d bytes that print", maxText)
	}
	return name, nil
}

// optional returns the text of a string that may be missing.
func optional(pointer string, value jsontext.Value) (string, error) {
	if value == nil {
		return "", nil
	}
	if value.Kind() != '"' {
		return "", jsonread.Faultf(pointer, "a string is expected")
	}
	text, _ := jsontext.AppendUnquote(nil, value)
	return string(text), nil
}

func optionalTime(pointer string, value jsontext.Value) (time.Time, error) {
	text, err := optional(pointer, value)
	if err != nil || value == nil {
		return time.Time{}, err
	}
	return jsonread.Time(pointer, text)
}

// isDigest reports whether text is the digest of a document.
func isDigest(text string) bool {
	return len(text) == 64 && strings.Trim(text, "0123456789abcdef") == ""
}

// keyCache holds the keys and roots that were read, by their text: the documents of a
// chain repeat them.
type keyCache struct{ roots, keys map[string]readKey }

func newKeyCache() keyCache { return keyCache{map[string]readKey{}, map[string]readKey{}} }

type readKey struct {
	licseal.TrustedKey
	id string // its fingerprint
}

// readOnce reads the i-th key of an array, unless its text is known. It must not be among
// those seen.
func readOnce(read map[string]readKey, value jsontext.Value, array string, i int, seen map[string]bool, parse func(jsontext.Value, string) (readKey, error)) (readKey, error) {
	key, known := read[string(value)]
	if !known {
		var err error
		if key, err = parse(value, fmt.Sprintf("%s/%d", array, i)); err != nil {
			return key, err
		}
		read[string(value)] = key
	}
	if seen[key.id] {
		return key, jsonread.Faultf(fmt.Sprintf("%s/%d/key", array, i), "the key %s is there twice", key.id)
	}
	seen[key.id] = true
	return key, nil
}

// parseKey reads a public key at a place, the member "key" of an object.
func parseKey(text, place string) (key readKey, err error) {
	wire, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(text) != base64.StdEncoding.EncodedLen(len(wire)) {
		return key, jsonread.Faultf(place+"/key", "a public key is expected: the base64 of its SSH wire form")
	}
	if key.Key, err = pubkey.Parse(wire); err != nil {
		return key, jsonread.Faultf(place+"/key", "%v", err)
	}
	key.id = licseal.KeyID(key.Key)
	return key, nil
}
