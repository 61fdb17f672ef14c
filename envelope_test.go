package licseal_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/licseal/licseal"
)

var noteEnvelope = licseal.Envelope{Member: "note", Noun: "signed note", Context: "example-note-v1\n", MaxBytes: 1000}

func note(payload string) string {
	return `{"note":{"payload":` + payload + `,"signature":"` + strings.Repeat("0", 128) + `","version":"1"}}`
}

// A document in an envelope is read, and written as the same bytes.
func TestEnvelope(t *testing.T) {
	text := note(`{"a":1}`)
	payload, signature, err := noteEnvelope.ParseUnverified([]byte(" " + text))
	if err != nil {
		t.Fatal(err)
	}
	if got := noteEnvelope.Text(payload, signature); got != text {
		t.Errorf("got %s", got)
	}
	if got := string(noteEnvelope.Message(payload)); got != "example-note-v1\n"+`{"a":1}` {
		t.Errorf("what is signed: %q", got)
	}
	if got := payload.Position("/a"); got.Pointer != "/note/payload/a" || got.Column != 26 {
		t.Errorf("got %v", got)
	}
	p, err := noteEnvelope.ParsePayload([]byte(`{"a": 1.0}`))
	if err != nil || !p.Equal(payload) {
		t.Errorf("got %s, %v", p.Bytes(), err)
	}
}

// A document in an envelope is read as strictly as a licence, and has one version.
func TestEnvelopeIsStrict(t *testing.T) {
	good := note(`{"a":1}`)
	grows := `{"a":[` + strings.Repeat("1e15,", 99) + `1]}` // 17 bytes each in canonical form
	_, _, err := noteEnvelope.ParseUnverified([]byte(strings.Replace(good, `"1"`, "1", 1)))
	if want := `1:1 /note/version: the version is the number 1; a signed note has the string "1"`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	for name, tt := range map[string]struct {
		text string
		want licseal.Class
	}{
		"integer version":             {strings.Replace(good, `"1"`, "1", 1), licseal.ClassVersion},
		"another member":              {strings.Replace(good, "note", "license", 1), licseal.ClassUnknownMember},
		"unknown member":              {strings.Replace(good, `"version"`, `"x":1,"version"`, 1), licseal.ClassUnknownMember},
		"duplicate name":              {strings.Replace(good, `"a":1`, `"a":1,"a":1`, 1), licseal.ClassDuplicateName},
		"nothing":                     {"", licseal.ClassEmpty},
		"text after the end":          {good + "{}", licseal.ClassTrailingData},
		"too large":                   {good + strings.Repeat(" ", 1000), licseal.ClassTooLarge},
		"too large in canonical form": {note(grows), licseal.ClassTooLarge},
	} {
		_, _, err := noteEnvelope.ParseUnverified([]byte(tt.text))
		parse, ok := errors.AsType[*licseal.ParseError](err)
		if !ok || parse.Class != tt.want {
			t.Errorf("%s: got %v, want %s", name, err, tt.want)
		}
	}
	if _, err := noteEnvelope.ParsePayload([]byte(grows)); err == nil {
		t.Error("a payload is accepted that no document has room for")
	}
	if _, err := noteEnvelope.ParsePayload([]byte(`{"a":1} x`)); err == nil {
		t.Error("text after a payload is ignored")
	}
}

// A document with several signatures is read, written as the same bytes, and
// refused if its signatures are not as they must be.
func TestEnvelopeSignatures(t *testing.T) {
	one := `{"key":"SHA256:` + strings.Repeat("A", 43) + `","signature":"` + strings.Repeat("0", 128) + `"}`
	text := func(signatures string) string {
		return `{"note":{"payload":{"a":1},"signatures":` + signatures + `,"version":"1"}}`
	}
	for _, signatures := range []string{"[]", "[" + one + "]", "[" + one + "," + one + "]"} {
		payload, all, err := noteEnvelope.ParseSignaturesUnverified([]byte(" " + text(signatures)))
		if err != nil {
			t.Fatal(err)
		}
		if got := noteEnvelope.SignaturesText(payload, all); got != text(signatures) {
			t.Errorf("got %s", got)
		}
	}
	for most, fits := range map[int]bool{len(text("[" + one + "]")): true, len(text("["+one+"]")) - 1: false} {
		exact := noteEnvelope
		exact.MaxBytes = most
		if _, _, err := exact.ParseSignaturesUnverified([]byte(text("[" + one + "]"))); (err == nil) != fits {
			t.Errorf("at most %d bytes: %v", most, err)
		}
	}
	big := noteEnvelope
	big.MaxBytes = 1 << 20
	for name, tt := range map[string]struct {
		text string
		want licseal.Class
	}{
		"no array":           {text("{}"), licseal.ClassWrongType},
		"null":               {text("null"), licseal.ClassWrongType},
		"no object":          {text(`["a"]`), licseal.ClassWrongType},
		"one signature":      {note(`{"a":1}`), licseal.ClassUnknownMember},
		"no signatures":      {strings.Replace(text("[]"), `"signatures":[],`, "", 1), licseal.ClassMissingMember},
		"no key":             {text("[" + strings.Replace(one, `"key"`, `"kid"`, 1) + "]"), licseal.ClassUnknownMember},
		"an empty object":    {text("[{}]"), licseal.ClassMissingMember},
		"upper-case digits":  {text("[" + strings.Replace(one, "00", "AA", 1) + "]"), licseal.ClassSignatureFormat},
		"a short key":        {text("[" + strings.Replace(one, "AA", "A", 1) + "]"), licseal.ClassSignatureFormat},
		"a key with padding": {text("[" + strings.Replace(one, `A","s`, `A=","s`, 1) + "]"), licseal.ClassSignatureFormat},
		"no prefix":          {text("[" + strings.Replace(one, "SHA256:", "", 1) + "]"), licseal.ClassSignatureFormat},
		"no base64":          {text(`[{"key":"SHA256:` + strings.Repeat("!", 43) + `","signature":"` + strings.Repeat("0", 128) + `"}]`), licseal.ClassSignatureFormat},
		"an escape":          {text("[" + strings.Replace(one, "SHA", `\u0053HA`, 1) + "]"), licseal.ClassSignatureFormat},
		"too many":           {text("[" + strings.Repeat(one+",", 32) + one + "]"), licseal.ClassTooLarge},
		"truncated":          {text("[")[:40], licseal.ClassTruncated},
		"integer version":    {strings.Replace(text("[]"), `"1"`, "1", 1), licseal.ClassVersion},
	} {
		_, _, err := big.ParseSignaturesUnverified([]byte(tt.text))
		parse, ok := errors.AsType[*licseal.ParseError](err)
		if !ok || parse.Class != tt.want {
			t.Errorf("%s: got %v, want %s", name, err, tt.want)
		}
	}
	_, _, err := noteEnvelope.ParseSignaturesUnverified([]byte(strings.Replace(text("[]"), `"1"`, "1", 1)))
	if parse, ok := errors.AsType[*licseal.ParseError](err); !ok || parse.Line != 1 || parse.Column != 1 || parse.Pointer != "/note/version" {
		t.Errorf("the place of a version: %v", err)
	}
	if _, _, err := noteEnvelope.ParseSignaturesUnverified([]byte(text("[" + strings.Repeat(one+",", 9) + one + "]"))); err == nil {
		t.Error("a document that is too large is read")
	}
}
