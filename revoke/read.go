package revoke

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/jsonread"
)

// payloadText is the payload of a list in JSON.
type payloadText struct {
	Generation int64
	Issued     string
	Keys       map[string]keyText // nil if missing
	Licenses   licensesText
	NextUpdate string
	Salt       string
}

// read reads the payload of a list.
func (t *payloadText) read(r *jsonread.Reader) error {
	return r.Object(func(name string) error {
		switch name {
		case "generation":
			return r.Int(&t.Generation)
		case "issued":
			return r.String(&t.Issued)
		case "keys":
			t.Keys = map[string]keyText{}
			if r.PeekKind() == 'n' {
				t.Keys = nil
			}
			return r.Object(func(id string) (err error) {
				t.Keys[id], err = readKey(r)
				return err
			})
		case "licenses":
			return t.Licenses.read(r)
		case "next_update":
			return r.String(&t.NextUpdate)
		case "salt":
			return r.String(&t.Salt)
		}
		return r.Unknown()
	})
}

// keyText keeps the raw values, because a decoded null would look like a missing
// member.
type keyText struct {
	From   jsontext.Value
	Reason jsontext.Value
}

func readKey(r *jsonread.Reader) (t keyText, err error) {
	err = r.Object(func(name string) error {
		switch name {
		case "from":
			return r.Value(&t.From)
		case "reason":
			return r.Value(&t.Reason)
		}
		return r.Unknown()
	})
	return t, err
}

func (t keyText) key(id, place string) (Key, error) {
	if t.Reason.Kind() != '"' || t.From != nil && t.From.Kind() != '"' {
		return Key{}, jsonread.Faultf(place, "a revoked signing key has a string \"reason\", and may have a string \"from\"")
	}
	reason, _ := jsontext.AppendUnquote(nil, t.Reason)
	key := Key{ID: id, Reason: string(reason)}
	if t.From == nil {
		return key, nil
	}
	from, _ := jsontext.AppendUnquote(nil, t.From)
	var err error
	key.From, err = jsonread.Time(place+"/from", string(from))
	return key, err
}

// licensesText is the object of revoked licences: reasons by hash.
type licensesText map[licenseHash]string

// read reads the object directly into hashes and shared reasons, which
// take a third of the memory of the strings.
func (l *licensesText) read(d *jsonread.Reader) error {
	if d.PeekKind() != '{' {
		return jsonread.Faultf("/licenses", "an object of reasons by hash is expected")
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	*l = licensesText{}
	reasons := make(map[string]string) // most licences share one of a few reasons
	for d.PeekKind() == '"' {
		if err := l.readOne(d, reasons); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

func (l licensesText) readOne(d *jsonread.Reader, reasons map[string]string) error {
	name, err := d.ReadToken()
	if err != nil {
		return err
	}
	text := name.String()
	fault := func(detail string) error {
		return jsonread.Faultf(string(jsontext.Pointer("/licenses").AppendToken(text)), "%s", detail)
	}
	var hash licenseHash
	if !isLowerHex(text, len(hash)) {
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

// readContents reads the payload of a list.
func readContents(p licseal.Payload) (*Contents, error) {
	var text payloadText
	err := jsonread.Read(p.Bytes(), text.read)
	var c *Contents
	if err == nil {
		c, err = text.contents()
	}
	if err != nil {
		pointer, detail := jsonread.Place(err)
		if kind := (*jsonread.Error)(nil); errors.As(err, &kind) {
			pointer, detail = kind.Pointer, describeKind(kind)
		}
		return nil, &licseal.ParseError{Class: licseal.ClassRevocations, Position: p.Position(pointer), Detail: detail}
	}
	return c, nil
}

func describeKind(err *jsonread.Error) string {
	if err.Kind == 0 {
		return "a revocation list has no such member"
	}
	return fmt.Sprintf("found %s, which does not belong here", kindName(err.Kind))
}

func kindName(kind jsontext.Kind) string {
	switch kind {
	case '"':
		return "a string"
	case '0':
		return "a number that is out of range or not an integer"
	case '{':
		return "an object"
	case '[':
		return "an array"
	}
	return kind.String()
}

func (t *payloadText) contents() (*Contents, error) {
	c := &Contents{Generation: t.Generation, keys: map[string]Key{}, licenses: t.Licenses, salt: t.Salt}
	switch {
	case t.Generation < 1:
		return nil, jsonread.Faultf("/generation", "the generation of a revocation list is an integer, 1 or greater")
	case !isLowerHex(t.Salt, saltSize):
		return nil, jsonread.Faultf("/salt", "the salt of a revocation list is 32 lower-case hex digits")
	case t.Licenses == nil:
		return nil, jsonread.Faultf("/licenses", "the object of revoked licences is missing")
	case t.Keys == nil:
		return nil, jsonread.Faultf("/keys", "the object of revoked signing keys is missing")
	}
	var err error
	if c.Issued, err = jsonread.Time("/issued", t.Issued); err != nil {
		return nil, err
	}
	if c.NextUpdate, err = jsonread.Time("/next_update", t.NextUpdate); err != nil {
		return nil, err
	}
	if !c.Issued.Before(c.NextUpdate) {
		return nil, jsonread.Faultf("/next_update", "the next update must come after the issue of the list")
	}
	for _, id := range slices.Sorted(maps.Keys(t.Keys)) {
		place := string(jsontext.Pointer("/keys").AppendToken(id))
		key, err := t.Keys[id].key(id, place)
		if err != nil {
			return nil, err
		}
		if err := c.RevokeKey(key); err != nil {
			return nil, jsonread.Faultf(place, "%v", err)
		}
	}
	return c, nil
}

// isLowerHex reports whether text is size bytes in lower-case hex digits.
func isLowerHex(text string, size int) bool {
	for _, c := range []byte(text) {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f') {
			return false
		}
	}
	return len(text) == 2*size
}

// isKeyID reports whether text is a fingerprint as licseal.KeyID returns it.
func isKeyID(text string) bool {
	digest, isFingerprint := strings.CutPrefix(text, "SHA256:")
	decoded, err := base64.RawStdEncoding.Strict().DecodeString(digest)
	return isFingerprint && err == nil && len(decoded) == 32 && len(digest) == 43 // the decoder skips line breaks
}
