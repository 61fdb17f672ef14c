package licseal

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"
	"weak"
)

// A pointer of 200 bytes and a value of 60 are shown whole, longer ones are cut.
func TestTextsInMessagesAreCut(t *testing.T) {
	for _, tt := range []struct{ name, got, want string }{
		{"pointer", Position{Pointer: "/" + strings.Repeat("a", 199)}.String(), "/" + strings.Repeat("a", 199)},
		{"longer pointer", Position{Pointer: "/" + strings.Repeat("a", 200)}.String(), `"/` + strings.Repeat("a", 199) + `…"`},
		{"pointer to be quoted", Position{Pointer: strings.Repeat("a", 199) + "\x1b"}.String(), `"` + strings.Repeat("a", 199) + `\x1b"`},
		{"pointer cut in a character", Position{Pointer: strings.Repeat("a", 199) + "é"}.String(), `"` + strings.Repeat("a", 199) + `…"`},
		{"value", quote([]byte(strings.Repeat("a", 60))), `"` + strings.Repeat("a", 60) + `"`},
		{"longer value", quote([]byte(strings.Repeat("a", 61))), `"` + strings.Repeat("a", 60) + `"…`},
		{"value cut in a character", quote([]byte(strings.Repeat("a", 59) + "éé")), `"` + strings.Repeat("a", 59) + `"…`},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, tt.got, tt.want)
		}
	}
}

// An offset outside of a text has the position of the end that is nearer.
func TestPositionAt(t *testing.T) {
	text := []byte("é\nbc\n\n")
	for offset, want := range map[int]string{-1: "1:1", 0: "1:1", 2: "1:2", 3: "2:1", 5: "2:3", 6: "3:1", 7: "4:1", 8: "4:1"} {
		if got := positionAt(text, offset).String(); got != want {
			t.Errorf("%d: got %s, want %s", offset, got, want)
		}
	}
}

// A grace period is a whole number of days, of at most a hundred years. With an error
// comes none.
func TestGrace(t *testing.T) {
	for _, tt := range []struct {
		text, role string
		want       time.Duration
		err        string
	}{
		{`{"grace":5}`, "", 0, ""},
		{`{"grace":0}`, "/grace", 0, ""},
		{`{"grace":1}`, "/grace", 24 * time.Hour, ""},
		{`{"grace":36500}`, "/grace", 36500 * 24 * time.Hour, ""},
		{`{"grace":36501}`, "/grace", 0, "1:10 /grace: found the number 36501"},
		{`{"grace":-1}`, "/grace", 0, "1:10 /grace: found the number -1"},
		{`{"grace":1.5}`, "/grace", 0, "1:10 /grace: found the number 1.5"},
		{`{"grace":""}`, "/grace", 0, `1:10 /grace: found the string ""`},
		{`{"grace":"5"}`, "/grace", 0, `1:10 /grace: found the string "5"`},
		{`{}`, "/grace", 0, "1:1 /grace: the days of grace are missing; write 0 for none"},
	} {
		got, err := mustParse(t, tt.text).Grace(Roles{GraceDays: tt.role})
		var dateErr *DateError
		switch {
		case got != tt.want:
			t.Errorf("%s: got %s, want %s", tt.text, got, tt.want)
		case tt.err == "" && err != nil:
			t.Errorf("%s: %v", tt.text, err)
		case tt.err != "" && (!errors.As(err, &dateErr) || !strings.HasPrefix(err.Error(), tt.err)):
			t.Errorf("%s: got %v, want %s", tt.text, err, tt.err)
		}
	}
}

// find passes over values of every kind, with white space and escapes anywhere.
func TestFindPassesOver(t *testing.T) {
	values := []string{`""`, `"a"`, `"\""`, `"\\"`, `"\\\""`, `"a\"b\"c"`, `"\"}"`, `"a\\\\"`, `"\\\\\""`, `"]"`, `"[{"`,
		`0`, `-1.5e+3`, `true`, `null`, `{}`, `[]`, `[[],{}]`, `{"b":"}","c":["]"]}`, `{"b":{"c":{"\"":"\\"}}}`, "[\t1\r\n,\n2 ]", `{ "b" : [ "\"," ] }`}
	for _, space := range []string{"", " ", "\n", "\t", "\r", "\r\n \t"} {
		for _, value := range values {
			around := func(parts ...string) string { return space + strings.Join(parts, space) + space }
			object := around("{", `"x"`, ":", value, ",", `"\"y"`, ":", value, ",", `"z"`, ":", value, "}")
			array := around("[", value, ",", `"y"`, ",", value, "]")
			for _, tt := range []struct{ text, pointer, want string }{
				{object, "/x", value}, {object, `/"y`, value}, {object, "/z", value}, {object, "/w", ""}, {object, "", strings.TrimSpace(object)},
				{array, "/0", value}, {array, "/1", `"y"`}, {array, "/2", value}, {array, "/3", ""}, {array, "/4", ""},
				{value, "", value}, {space + value, "", value},
			} {
				start, end, ok := find([]byte(tt.text), tt.pointer)
				if got := tt.text[start:end]; got != tt.want || ok != (tt.want != "") {
					t.Errorf("%s in %q: got %q, %v, want %q", tt.pointer, tt.text, got, ok, tt.want)
				}
			}
		}
	}
}

// What is kept for the next document does not keep this one in memory.
func TestScannerKeepsNoText(t *testing.T) {
	text := []byte(`{"secret":[1,` + strings.Repeat(`"a",`, 5000) + `1]}`)
	s, err := Parser{}.newScanner(text, 0, &licenseEnvelope)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.payload(""); err != nil {
		t.Fatal(err)
	}
	kept := weak.Make(&s.text[0])
	s.close()
	runtime.GC()
	if kept.Value() != nil {
		t.Error("the text is still in memory")
	}
	runtime.KeepAlive(s)
}

// A message about a signature counts its characters from 1.
func TestSignatureMessages(t *testing.T) {
	good := strings.Repeat("0", signatureHexSize)
	for signature, want := range map[string]string{
		"g" + good[1:]:     `the signature has 'g' as character 1; only`,
		good[1:] + "G":     `the signature has 'G' as character 128; only`,
		"a/" + good[2:]:    `the signature has '/' as character 2; only`,
		"9:" + good[2:]:    `the signature has ':' as character 2; only`,
		"f`" + good[2:]:    "the signature has '`' as character 2; only",
		"é" + good[2:]:     `the signature has '\u00e9' as character 1; only`,
		good[1:]:           "the signature has 127 hex digits; it must have 128",
		good + "0":         "the signature has 129 hex digits; it must have 128",
		"":                 "the signature has 0 hex digits; it must have 128",
		"0123456789abcdef": "the signature has 16 hex digits; it must have 128",
	} {
		_, err := ParseUnverified([]byte(`{"license":{"payload":{},"signature":"` + signature + `","version":"1"}}`))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", signature, err, want)
		}
	}
}

// Documents of all kinds may be nested as deeply as each other.
func TestDepthOfEnvelopes(t *testing.T) {
	e := Envelope{Member: "note", Noun: "note", MaxBytes: 1000}
	for depth, ok := range map[int]bool{MaxDepth - 2: true, MaxDepth - 1: false} {
		payload := strings.Repeat(`{"a":`, depth-1) + `{}` + strings.Repeat(`}`, depth-1)
		parsers := map[string]func() error{
			"a payload": func() error { _, err := e.ParsePayload([]byte(payload)); return err },
			"a document": func() error {
				_, _, err := e.ParseUnverified([]byte(`{"note":{"payload":` + payload + `,"signature":"` + strings.Repeat("0", 128) + `","version":"1"}}`))
				return err
			},
			"a document with signatures": func() error {
				_, _, err := e.ParseSignaturesUnverified([]byte(`{"note":{"payload":` + payload + `,"signatures":[],"version":"1"}}`))
				return err
			},
		}
		for name, parse := range parsers {
			var parseErr *ParseError
			if err := parse(); (err == nil) != ok || err != nil && (!errors.As(err, &parseErr) || parseErr.Class != ClassTooDeep) {
				t.Errorf("%s of %d levels: %v", name, depth, err)
			}
		}
	}
}

// A file that is no licence may be a secret, given by mistake: its text is not repeated.
func TestTopIsNotRepeated(t *testing.T) {
	for text, want := range map[string]string{
		`"topsecret"`:                "1:1: found a string; an object is expected",
		`12345`:                      "1:1: found a number; an object is expected",
		`{"license":"not a secret"}`: `1:12 /license: found the string "not a secret"; an object is expected`,
		`{"license":12345}`:          "1:12 /license: found the number 12345; an object is expected",
	} {
		if _, err := ParseUnverified([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
