package verify_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/verify"
)

var update = flag.Bool("update", false, "write testdata/vectors anew")

const vectorsDir = "../testdata/vectors"

// A vector is a licence file and what is to be found of it, as
// testdata/README.md describes.
type vector struct {
	Why       string
	Expect    string
	Keys      []string // the values of the ed25519 and p256 lines, with their names
	Time      string
	Grace     int    // seconds
	At        string // optional: where a parse error is
	Canonical string // the canonical form of the whole licence, where the signature holds
	File      []byte
}

func (v vector) bytes() []byte {
	var b bytes.Buffer
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", key, value)
		}
	}
	line("expect", v.Expect)
	line("why", v.Why)
	for _, key := range v.Keys {
		b.WriteString(key + "\n")
	}
	line("time", v.Time)
	if v.Grace != 0 {
		line("grace", strconv.Itoa(v.Grace))
	}
	line("at", v.At)
	line("canonical", v.Canonical)
	b.WriteByte('\n')
	b.Write(v.File)
	return b.Bytes()
}

func parseVector(text []byte) (v vector, err error) {
	header, file, ok := bytes.Cut(text, []byte("\n\n"))
	if !ok {
		return v, errors.New("no blank line after the header")
	}
	v.File = file
	for line := range strings.SplitSeq(string(header), "\n") {
		key, value, ok := strings.Cut(line, ": ")
		if !ok {
			return v, fmt.Errorf("%q is no header line", line)
		}
		switch key {
		case "expect":
			v.Expect = value
		case "why":
			v.Why = value
		case "ed25519", "p256":
			v.Keys = append(v.Keys, line)
		case "time":
			v.Time = value
		case "grace":
			v.Grace, err = strconv.Atoi(value)
		case "at":
			v.At = value
		case "canonical":
			v.Canonical = value
		default:
			err = fmt.Errorf("unknown header line %q", line)
		}
		if err != nil {
			return v, err
		}
	}
	return v, nil
}

// trusted reads key lines such as
//
//	ed25519: 8a88… after=2026-01-01T00:00:00Z before=2027-01-01T00:00:00Z
func (v vector) trusted() (keys []licseal.TrustedKey, err error) {
	for _, line := range v.Keys {
		kind, rest, _ := strings.Cut(line, ": ")
		words := strings.Fields(rest)
		raw, err := hex.DecodeString(words[0])
		if err != nil {
			return nil, err
		}
		var key licseal.TrustedKey
		if kind == "ed25519" {
			key.Key = ed25519.PublicKey(raw)
		} else if key.Key, err = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw); err != nil {
			return nil, err
		}
		for _, word := range words[1:] {
			name, value, _ := strings.Cut(word, "=")
			bound, err := time.Parse(time.RFC3339Nano, value)
			switch {
			case err != nil:
				return nil, err
			case name == "after":
				key.ValidAfter = bound
			case name == "before":
				key.ValidBefore = bound
			default:
				return nil, fmt.Errorf("unknown word %q", word)
			}
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// classOf returns the class of what verify.License found, in the words of the vectors.
func classOf(result *verify.Result, err error) string {
	var (
		parseErr     *licseal.ParseError
		signatureErr *verify.SignatureError
		dateErr      *licseal.DateError
		stateErr     *verify.StateError
	)
	switch {
	case err == nil && result.State == verify.Valid:
		return "accepted"
	case err == nil:
		return strings.ReplaceAll(string(result.State), " ", "-")
	case errors.As(err, &parseErr):
		return string(parseErr.Class)
	case errors.As(err, &signatureErr):
		return "signature"
	case errors.As(err, &dateErr):
		return "date"
	case errors.As(err, &stateErr):
		return strings.ReplaceAll(string(stateErr.State), " ", "-")
	}
	return "unexpected: " + err.Error()
}

// found returns the licence that was verified, if its signature held.
func found(result *verify.Result, err error) *licseal.License {
	var refused *verify.RefusedError
	switch {
	case result != nil:
		return result.License
	case errors.As(err, &refused):
		return refused.Result.License
	}
	return nil
}

// replay judges the file of a vector and compares all that the vector says of it.
func replay(t *testing.T, v vector) {
	t.Helper()
	trusted, err := v.trusted()
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339Nano, v.Time)
	if err != nil {
		t.Fatal(err)
	}
	result, err := verify.License(v.File, trusted, &verify.Options{At: at, Grace: time.Duration(v.Grace) * time.Second})
	if got := classOf(result, err); got != v.Expect {
		t.Fatalf("got %s (%v), want %s: %s", got, err, v.Expect, v.Why)
	}
	var canonical string
	if lic := found(result, err); lic != nil {
		canonical = lic.String()
	}
	if diff := cmp.Diff(v.Canonical, canonical); diff != "" {
		t.Errorf("canonical form: -want +got\n%s", diff)
	}
	var parseErr *licseal.ParseError
	if errors.As(err, &parseErr) && parseErr.Position.String() != v.At {
		t.Errorf("at %s, want %s", parseErr.Position, v.At)
	}
}

func readVectors(t *testing.T) map[string]vector {
	t.Helper()
	files, err := filepath.Glob(vectorsDir + "/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors in %s: %v", vectorsDir, err)
	}
	vectors := make(map[string]vector)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		v, err := parseVector(text)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		vectors[strings.TrimSuffix(filepath.Base(file), ".txt")] = v
	}
	return vectors
}

func TestVectors(t *testing.T) {
	vectors := readVectors(t)
	for _, name := range slices.Sorted(maps.Keys(vectors)) {
		t.Run(name, func(t *testing.T) { replay(t, vectors[name]) })
	}
}

// The sizes are tested here, so that no files of 64 KiB need to be kept:
// testdata/README.md tells how to make them.
func TestVectorsOfSize(t *testing.T) {
	padded := readVectors(t)["accepted-ed25519"]
	padded.File = append(padded.File, bytes.Repeat([]byte(" "), 65536-len(padded.File))...)
	t.Run("65536 bytes", func(t *testing.T) { replay(t, padded) })
	padded.File = append(padded.File, ' ')
	padded.Expect, padded.At, padded.Canonical = "too-large", "1:1", ""
	t.Run("65537 bytes", func(t *testing.T) { replay(t, padded) })

	// 1e15 is written with four characters and becomes sixteen.
	numbers := "[" + strings.TrimSuffix(strings.Repeat("1e15,", 5000), ",") + "]"
	grown := signed(sealEd25519(seed1), `{"n":`+numbers+`}`).vector()
	grown.Expect, grown.At, grown.Canonical = "too-large", "1:1", ""
	t.Run("larger in canonical form", func(t *testing.T) { replay(t, grown) })
}

// The files are what the generator makes, no more and no less.
func TestVectorsAreCurrent(t *testing.T) {
	made := makeVectors()
	if *update {
		writeVectors(t, made)
	}
	if diff := cmp.Diff(made, readVectors(t)); diff != "" {
		t.Errorf("go test ./verify -run TestVectorsAreCurrent -update makes other vectors: -made +stored\n%s", diff)
	}
}

func writeVectors(t *testing.T, made map[string]vector) {
	t.Helper()
	old, err := filepath.Glob(vectorsDir + "/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range old {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	for name, v := range made {
		if err := os.WriteFile(filepath.Join(vectorsDir, name+".txt"), v.bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Every class of refusal has its vector.
func TestVectorsCoverEveryReason(t *testing.T) {
	seen := map[string]bool{
		string(licseal.ClassTooLarge):    true, // see TestVectorsOfSize
		string(licseal.ClassRevocations): true, // of no licence
		string(licseal.ClassTrust):       true, // of no licence
	}
	for _, v := range readVectors(t) {
		seen[v.Expect] = true
	}
	want := append(reasons(t), "accepted", "in-grace", "not-yet-valid", "expired", "date", "signature")
	for _, reason := range want {
		if !seen[reason] {
			t.Errorf("no vector expects %q", reason)
		}
	}
}

// reasons returns the values of all Class constants in errors.go.
func reasons(t *testing.T) (values []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if ok && fmt.Sprint(spec.Type) == "Class" {
			value, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			values = append(values, value)
		}
		return true
	})
	if len(values) < 10 {
		t.Fatalf("found only the reasons %q", values)
	}
	return values
}
