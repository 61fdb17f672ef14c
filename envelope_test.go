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
