package licseal

import (
	"bytes"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gowebpki/jcs"
)

// addSeeds adds the files of all vectors, or the payloads in them, to a corpus.
func addSeeds(f *testing.F, add func(text []byte)) {
	files, err := filepath.Glob("testdata/vectors/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatalf("no vectors: %v", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		_, file, _ := bytes.Cut(text, []byte("\n\n"))
		add(file)
	}
}

func addPayloadSeeds(f *testing.F, add func(text []byte)) {
	addSeeds(f, func(text []byte) {
		if lic, err := ParseUnverified(text); err == nil {
			add(lic.Payload.Bytes())
		}
	})
	for _, tt := range canonicalForms {
		add([]byte(tt.text))
	}
}

// What is accepted, written again, is accepted with the same bytes, and an
// independent implementation of RFC 8785 writes it the same.
func FuzzParse(f *testing.F) {
	addSeeds(f, func(text []byte) { f.Add(text) })
	f.Fuzz(func(t *testing.T, text []byte) {
		lic, err := ParseUnverified(text)
		if err != nil {
			if lic != nil {
				t.Fatal("a licence came with an error")
			}
			return
		}
		written := lic.String()
		again, err := ParseUnverified([]byte(written))
		if err != nil {
			t.Fatalf("%q is accepted, but written as %q not: %v", text, written, err)
		}
		if again.String() != written || !again.Payload.Equal(lic.Payload) || again.Signature != lic.Signature {
			t.Fatalf("%q is written as %q, then as %q", text, written, again)
		}
		if oracle, err := jcs.Transform(text); err != nil || string(oracle) != written {
			t.Fatalf("%q is written as %q, by gowebpki/jcs as %q, %v", text, written, oracle, err)
		}
	})
}

// The canonical form has exactly the value of what was parsed, so payloads with
// the same canonical form have the same value.
func FuzzCanonicalInjective(f *testing.F) {
	addPayloadSeeds(f, func(text []byte) { f.Add(text) })
	f.Fuzz(func(t *testing.T, text []byte) {
		payload, err := ParsePayload(text)
		if err != nil {
			return
		}
		if diff := cmp.Diff(exactValue(t, text), exactValue(t, payload.Bytes())); diff != "" {
			t.Fatalf("%q has the canonical form %q: -want +got\n%s", text, payload.Bytes(), diff)
		}
	})
}

// exactValue decodes JSON with the standard library, and its numbers exactly.
func exactValue(t *testing.T, text []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		t.Fatalf("encoding/json refuses %q: %v", text, err)
	}
	return exact(v)
}

func exact(v any) any {
	switch v := v.(type) {
	case json.Number:
		mantissa, _, _ := strings.Cut(strings.ToLower(v.String()), "e")
		if strings.Trim(mantissa, "-.0") == "" {
			return "0" // with an exponent that may be too large for big.Rat
		}
		r, ok := new(big.Rat).SetString(v.String())
		if !ok {
			return "not a number: " + v.String()
		}
		return r.RatString()
	case []any:
		for i := range v {
			v[i] = exact(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = exact(v[name])
		}
	}
	return v
}

// What is seen to be canonical is what canonicalizing it gives.
func FuzzPlainlyCanonical(f *testing.F) {
	addPayloadSeeds(f, func(text []byte) { f.Add(text) })
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := ParsePayload(text); err != nil {
			return
		}
		text = bytes.TrimSpace(text)
		if !isPlainlyCanonical(text) {
			return
		}
		if oracle, err := jcs.Transform(text); err != nil || !bytes.Equal(oracle, text) {
			t.Fatalf("%q is taken for canonical, which is %q, %v", text, oracle, err)
		}
	})
}

// Looking for any pointer in any payload ends, and finds what the standard
// library's decoder finds.
func FuzzField(f *testing.F) {
	addPayloadSeeds(f, func(text []byte) { f.Add(text, "/license_key") })
	f.Add([]byte(`{"a":[{"b~/c":1}]}`), "/a/0/b~0~1c")
	f.Fuzz(func(t *testing.T, text []byte, pointer string) {
		payload, err := ParsePayload(text)
		if err != nil {
			return
		}
		value, ok := payload.Field(pointer)
		position := payload.Position(pointer)
		if position.Line < 1 || position.Column < 1 || position.Pointer != pointer {
			t.Fatalf("%q in %q is at %+v", pointer, text, position)
		}
		want, wantOK := lookUp(exactValue(t, text), pointer)
		if ok != wantOK {
			t.Fatalf("%q in %q: %q, %v, want %v", pointer, text, value, ok, want)
		}
		if ok && !cmp.Equal(exactValue(t, value), want) {
			t.Fatalf("%q in %q: %q, want %v", pointer, text, value, want)
		}
	})
}

// lookUp follows a JSON Pointer (RFC 6901) through a decoded value.
func lookUp(v any, pointer string) (any, bool) {
	if pointer == "" {
		return v, true
	}
	tokens := strings.Split(pointer, "/")
	if tokens[0] != "" {
		return nil, false
	}
	for _, token := range tokens[1:] {
		if strings.Contains(strings.NewReplacer("~0", "", "~1", "").Replace(token), "~") {
			return nil, false
		}
		name := strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		var ok bool
		switch parent := v.(type) {
		case map[string]any:
			v, ok = parent[name]
		case []any:
			i, err := strconv.Atoi(name)
			if ok = err == nil && strconv.Itoa(i) == name && i >= 0 && i < len(parent); ok {
				v = parent[i]
			}
		}
		if !ok {
			return nil, false
		}
	}
	return v, true
}
