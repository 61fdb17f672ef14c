package conformance

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/keys"
)

// This file makes testdata/vectors.json and its compressed copy from the files in
// testdata, and adds what is too large for a file, or needs roles, or a chain.

var update = flag.Bool("update", false, "write testdata/vectors.json again")

const (
	testdata   = "../../testdata"
	published  = testdata + "/vectors.json"
	compressed = "vectors.json.gz"
)

// stored is a file of testdata: its header lines, and what follows them.
type stored struct {
	header map[string][]string
	lines  []string // the header lines with keys
	file   []byte
}

func (s *stored) get(key string) string { return strings.Join(s.header[key], "\n") }

func readStored(t *testing.T, folder string) map[string]stored {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(testdata, folder, "*.txt"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no vectors in %s: %v", folder, err)
	}
	all := map[string]stored{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		header, file, _ := bytes.Cut(data, []byte("\n\n"))
		s := stored{header: map[string][]string{}, file: append([]byte{}, file...)}
		for line := range strings.SplitSeq(string(header), "\n") {
			key, value, _ := strings.Cut(line, ": ")
			s.header[key] = append(s.header[key], value)
			if key == "ed25519" || key == "p256" {
				s.lines = append(s.lines, line)
			}
		}
		all[strings.TrimSuffix(filepath.Base(path), ".txt")] = s
	}
	return all
}

// trustedFile returns key lines of testdata as a file of trusted keys.
func trustedFile(t *testing.T, lines []string) string {
	t.Helper()
	var b strings.Builder
	for _, line := range lines {
		kind, rest, _ := strings.Cut(line, ": ")
		words := strings.Fields(rest)
		raw, err := hex.DecodeString(words[0])
		if err != nil {
			t.Fatal(err)
		}
		var public any = ed25519.PublicKey(raw)
		if kind == "p256" {
			if public, err = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw); err != nil {
				t.Fatal(err)
			}
		}
		text, err := keys.MarshalPublic(public, "")
		if err != nil {
			t.Fatal(err)
		}
		var options []string
		for _, word := range words[1:] {
			name, value, _ := strings.Cut(word, "=")
			bound, err := time.Parse(time.RFC3339, value)
			if err != nil || bound.Nanosecond() != 0 {
				t.Fatalf("%s: the bound cannot be written in a file of trusted keys: %v", line, err)
			}
			options = append(options, fmt.Sprintf("valid-%s=%q", name, bound.UTC().Format("20060102150405Z")))
		}
		b.WriteString("vendor ")
		if len(options) > 0 {
			b.WriteString(strings.Join(options, ",") + " ")
		}
		b.Write(text)
	}
	return b.String()
}

// expectOf returns the answer for a word of testdata.
func expectOf(part, word string, canonical string) Answer {
	switch word {
	case "accepted", "in-grace":
		answer := Answer{Class: word}
		if canonical != "" {
			answer.Digest = digestOf(canonical)
		}
		return answer
	case "date", "no-id":
		return Answer{Reason: "schema", Class: word}
	case "signature", "expired", "not-yet-valid", "revoked":
		return Answer{Reason: word, Class: word}
	case "key-revoked":
		return Answer{Reason: "revoked", Class: word}
	}
	return Answer{Reason: map[string]string{"licence": "parse", "revocations": "revocation-list", "trust": "trust"}[part], Class: word}
}

// digestOf returns the digest of the payload in a licence in canonical form.
func digestOf(canonical string) string {
	_, rest, _ := strings.Cut(canonical, `"payload":`)
	payload := rest[:strings.LastIndex(rest, `,"signature":"`)]
	digest := sha256.Sum256([]byte(payload))
	return hex.EncodeToString(digest[:])
}

// groupOf returns what a vector is about.
func groupOf(part, name, word string) string {
	is := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(name, part) })
	}
	if part != "licence" {
		switch {
		case word == "accepted":
			return map[string]string{"revocations": "list-accepted", "trust": "chain-accepted"}[part]
		case slices.Contains([]string{"duplicate-name", "version", "empty", "missing-member", "signature-format", "too-large", "trailing-data", "truncated", "unknown-member"}, word):
			return "text" // one word of section 2 each
		}
		return word
	}
	switch {
	case is("zone", "rfc3339", "date-offset", "date-no-offset"):
		return "zones"
	case is("key-window"):
		return "key-windows"
	case is("second-key", "wrong-keys", "of-the-other-kind"):
		return "several-keys"
	case is("grace"):
		return "grace"
	case is("p256"):
		return "p256"
	case is("state-"):
		return "period"
	case is("accepted-numbers"):
		return "numbers"
	case is("accepted-strings", "normalized", "accepted-sorting", "accepted-literals", "accepted-escaped"):
		return "unicode"
	case word == "accepted":
		return "form"
	}
	return word
}

func licences(t *testing.T) (all []Vector) {
	for name, s := range readStored(t, "vectors") {
		grace, _ := strconv.ParseInt(s.get("grace"), 10, 64)
		word := s.get("expect")
		all = append(all, Vector{
			Part: "licence", Group: groupOf("licence", name, word), Why: s.get("why"),
			Request: Request{ID: "licence/" + name, Document: s.file, Keys: trustedFile(t, s.lines), Time: s.get("time"), Grace: grace},
			Expect:  expectOf("licence", word, canonicalIf(word, s.get("canonical"))),
		})
	}
	return all
}

func canonicalIf(word, canonical string) string {
	if word == "accepted" || word == "in-grace" {
		return canonical
	}
	return ""
}

func revocations(t *testing.T) (all []Vector) {
	for name, s := range readStored(t, "revocations") {
		word, licence := s.get("expect"), s.get("license")
		all = append(all, Vector{
			Part: "revocations", Group: groupOf("revocations", name, word), Why: s.get("why"),
			Request: Request{ID: "revocations/" + name, Document: []byte(licence), Keys: trustedFile(t, s.lines), Time: s.get("time"), Revocations: s.file},
			Expect:  expectOf("revocations", word, canonicalIf(word, licence)),
		})
	}
	return all
}

func chains(t *testing.T) (all []Vector) {
	for name, s := range readStored(t, "trust") {
		word := s.get("expect")
		v := Vector{
			Part: "trust", Group: groupOf("trust", name, word), Why: s.get("why"),
			Request: Request{ID: "trust/" + name, Trust: &Trust{Root: s.get("anchor"), Chain: s.file}},
			Expect:  expectOf("trust", word, ""),
		}
		for _, document := range s.header["seen"] {
			v.Request.Trust.Seen = append(v.Request.Trust.Seen, []byte(document))
		}
		v.Expect.Generation, _ = strconv.ParseInt(s.get("generation"), 10, 64)
		v.Expect.Keys = s.header["key"]
		all = append(all, v)
	}
	return all
}

func makeVectors(t *testing.T) []Vector {
	all := slices.Concat(licences(t), revocations(t), chains(t), stories(t))
	all = append(all, more(all)...)
	slices.SortFunc(all, func(a, b Vector) int { return strings.Compare(a.Request.ID, b.Request.ID) })
	return all
}

// more returns what testdata has no files for.
func more(stored []Vector) (all []Vector) {
	base := func(id string) Vector {
		i := slices.IndexFunc(stored, func(v Vector) bool { return v.Request.ID == id })
		return stored[i]
	}
	add := func(from, id, group, why string, change func(*Request, *Answer)) {
		v := base(from)
		v.Request.ID, v.Group, v.Why = id, group, why
		change(&v.Request, &v.Expect)
		all = append(all, v)
	}
	padded := func(size int) func(*Request, *Answer) {
		return func(r *Request, a *Answer) {
			r.Document = append(slices.Clip(r.Document), bytes.Repeat([]byte(" "), size-len(r.Document))...)
			if size > licseal.DefaultMaxBytes {
				*a = Answer{Reason: "parse", Class: "too-large"}
			}
		}
	}
	const plain, p256 = "licence/accepted-ed25519", "licence/accepted-p256"
	add(plain, "licence/limit-65536", "limits", "as many bytes as are read", padded(65536))
	add(plain, "licence/limit-65535", "limits", "one byte less than is read", padded(65535))
	add(plain, "licence/too-large", "too-large", "one byte more than is read", padded(65537))
	add(p256, "licence/too-large-more", "too-large", "twice as much as is read", padded(2*65536))
	// 1e15 is written with four characters and becomes sixteen.
	numbers := func(count int) string {
		return `{"license_creation_date":"2026-01-01","license_expiration_date":"2027-01-01","n":[` + strings.TrimSuffix(strings.Repeat("1000000000000000,", count), ",") + `]}`
	}
	short := func(count int, a Answer) func(*Request, *Answer) {
		return func(r *Request, expect *Answer) {
			payload := numbers(count)
			r.Document = []byte(strings.ReplaceAll(sealed(payload), "1000000000000000", "1e15"))
			*expect = a
			if a.Reason == "" {
				expect.Digest = digestOf(sealed(payload))
			}
		}
	}
	most := 1
	for len(sealed(numbers(most+1))) <= licseal.DefaultMaxBytes {
		most++
	}
	add(plain, "licence/limit-canonical", "limits", "the canonical form has as many bytes as are read, almost", short(most, Answer{Class: "accepted"}))
	add(plain, "licence/too-large-canonical", "too-large", "the canonical form has more bytes than are read", short(most+1, Answer{Reason: "parse", Class: "too-large"}))
	const list = "revocations/accepted-empty"
	text := func(name, class, why, old, new string) {
		add(list, "revocations/text-"+name, "text", why, func(r *Request, a *Answer) {
			r.Revocations = []byte(strings.Replace(string(r.Revocations), old, new, 1))
			*a = Answer{Reason: "revocation-list", Class: class}
		})
	}
	text("truncated", "truncated", "the last brace is not there", `"version":"1"}}`, `"version":"1"}`)
	text("licence", "unknown-member", "the document is not a list", `{"revocations"`, `{"license"`)
	text("byte-order-mark", "byte-order-mark", "U+FEFF before the list", `{"revocations"`, "\ufeff{\"revocations\"")
	all = append(all, withRoles(base(plain))...)
	return append(all, withChain(base)...)
}

// secret is the key that signs what testdata has no files for.
var secret = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))

// sealed returns the licence with a payload, which is in canonical form.
func sealed(payload string) string {
	return `{"license":{"payload":` + payload + `,"signature":"` + hex.EncodeToString(ed25519.Sign(secret, []byte(payload))) + `","version":"1"}}`
}

// withRoles returns licences whose members have other names than Kong's.
func withRoles(plain Vector) (all []Vector) {
	own := Roles{ID: "/serial", NotBefore: "/term/from", NotAfter: "/term/until", Grace: "/grace days"}
	add := func(name, why, payload string, roles *Roles, at string, expect Answer) {
		v := plain
		v.Request.ID, v.Group, v.Why = "licence/roles-"+name, "roles", why
		v.Request.Document, v.Request.Roles, v.Request.Time = []byte(sealed(payload)), roles, at
		if expect.Reason == "" {
			expect.Digest = digestOf(sealed(payload))
		}
		v.Expect = expect
		all = append(all, v)
	}
	const noon, later = "2026-07-01T12:00:00Z", "2027-01-10T23:59:59.999999999Z"
	payload := func(grace string) string {
		return `{"grace days":` + grace + `,"serial":"A","term":{"from":"2026-01-01","until":"2027-01-01"}}`
	}
	add("own", "the dates are where the roles say", payload("10"), &own, noon, Answer{Class: "accepted"})
	add("grace", "the licence grants ten days", payload("10"), &own, later, Answer{Class: "in-grace"})
	add("grace-over", "which have passed", payload("10"), &own, "2027-01-11T00:00:00Z", Answer{Reason: "expired", Class: "expired"})
	add("grace-fraction", "the days are a whole number", payload("10.5"), &own, noon, Answer{Reason: "schema", Class: "date"})
	add("grace-text", "the days are a number", payload(`"10"`), &own, noon, Answer{Reason: "schema", Class: "date"})
	add("grace-most", "36500 days", payload("36500"), &own, later, Answer{Class: "in-grace"})
	add("grace-more", "36501 days", payload("36501"), &own, noon, Answer{Reason: "schema", Class: "date"})
	add("missing", "the dates of Kong do not count", `{"license_creation_date":"2026-01-01","license_expiration_date":"2027-01-01"}`, &own, noon, Answer{Reason: "schema", Class: "date"})
	escaped := Roles{NotBefore: "/a~1b/1", NotAfter: "/~0"}
	add("pointers", "escapes and arrays in pointers", `{"a/b":["","2026-01-01"],"~":"2027-01-01"}`, &escaped, noon, Answer{Class: "accepted"})
	return all
}

// withChain returns licences and lists that are judged by the keys of a chain.
func withChain(base func(string) Vector) (all []Vector) {
	chain := base("trust/accepted-chain")
	seed := bytes.Repeat([]byte{31}, ed25519.SeedSize) // of the first key in that chain
	signer := ed25519.NewKeyFromSeed(seed)
	licence := func(payload string, key ed25519.PrivateKey) []byte {
		return []byte(`{"license":{"payload":` + payload + `,"signature":"` + hex.EncodeToString(ed25519.Sign(key, []byte(payload))) + `","version":"1"}}`)
	}
	const payload = `{"license_creation_date":"2026-01-01","license_expiration_date":"2027-01-01","license_key":"LS-0001"}`
	digest := sha256.Sum256([]byte(payload))
	accepted := Answer{Class: "accepted", Digest: hex.EncodeToString(digest[:])}
	list := func(generation string, key ed25519.PrivateKey) []byte {
		text := `{"generation":` + generation + `,"issued":"2026-06-15T00:00:00Z","keys":{},"licenses":{},"next_update":"2026-07-15T00:00:00Z","salt":"000102030405060708090a0b0c0d0e0f"}`
		return []byte(`{"revocations":{"payload":` + text + `,"signature":"` + hex.EncodeToString(ed25519.Sign(key, []byte("licseal-revocations-v1\n"+text))) + `","version":"1"}}`)
	}
	add := func(name, why string, document, list []byte, change func(*Trust), expect Answer) {
		v := chain
		trust := *chain.Request.Trust
		if change != nil {
			change(&trust)
		}
		v.Request = Request{ID: "trust/licence-" + name, Document: document, Trust: &trust, Time: "2026-07-01T12:00:00Z", Revocations: list}
		v.Group, v.Why, v.Expect = "chain-licence", why, expect
		all = append(all, v)
	}
	add("accepted", "a key of the newest document signed the licence", licence(payload, signer), nil, nil, accepted)
	add("other-key", "another key signed it", licence(payload, secret), nil, nil, Answer{Reason: "signature", Class: "signature"})
	add("list", "a key of the newest document signed the list", licence(payload, signer), list("1", signer), nil, accepted)
	add("list-other-key", "another key signed the list", licence(payload, signer), list("1", secret), nil, Answer{Reason: "revocation-list", Class: "forged"})
	add("chain-first", "the chain is judged before the list, and the list before the licence", licence("{}", secret), list("0", secret),
		func(t *Trust) { t.Root = strings.Repeat("0", 64) }, Answer{Reason: "trust", Class: "anchor"})
	none := base("trust/accepted-no-keys").Request.Trust
	add("no-keys", "no licence is judged by a chain that trusts no key", licence("{}", secret), list("0", secret),
		func(t *Trust) { *t = *none }, Answer{Reason: "trust", Class: "no-keys"})
	add("list-first", "the list is judged before the licence", licence("{}", secret), list("0", signer), nil, Answer{Reason: "revocation-list", Class: "revocations"})
	return all
}

// Both files hold what the vectors in testdata are, no more and no less.
func TestVectorsAreCurrent(t *testing.T) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(File{fileFormat, makeVectors(t)}); err != nil {
		t.Fatal(err)
	}
	if *update {
		var small bytes.Buffer
		z, _ := gzip.NewWriterLevel(&small, gzip.BestCompression)
		z.Write(text.Bytes())
		z.Close()
		for path, data := range map[string][]byte{published: text.Bytes(), compressed: small.Bytes()} {
			if err := os.WriteFile(path, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("%d bytes, compressed %d", text.Len(), small.Len())
		return
	}
	data, err := os.ReadFile(published)
	if err != nil {
		t.Fatal(err)
	}
	const remedy = "go test ./internal/conformance -run TestVectorsAreCurrent -update writes it again"
	if !bytes.Equal(data, text.Bytes()) {
		t.Errorf("%s is not current; %s", published, remedy)
	}
	embedded, err := unpack()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, embedded) {
		t.Errorf("%s is not current; %s", compressed, remedy)
	}
}
