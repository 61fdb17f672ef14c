package conformance

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// This file makes the stories of testdata/vectors.json: those in testdata/trust-lists, and
// some of readers that trust keys, whose clock changes.

// tale is a story in the making.
type tale struct {
	request Request
	expect  []Answer
	newest  trustPayload
}

type trustPayload struct {
	Generation int64
	Keys       []struct{ Key []byte }
}

func (s *tale) step(step Step, expect Answer) {
	s.request.Story.Steps = append(s.request.Story.Steps, step)
	s.expect = append(s.expect, expect)
}

func (s *tale) vector(name, group, why string) Vector {
	s.request.ID = "memory/" + name
	return Vector{Part: "memory", Group: group, Why: why, Request: s.request, Expect: Answer{Steps: s.expect}}
}

// groupsOfStories says what the stories in testdata are about.
var groupsOfStories = map[string][]string{
	"forgotten": {"forgotten", "forgotten-by-window", "kept", "lock-out", "no-keys", "successor-generation", "successor-issued", "successor-nothing-forgotten"},
	"chain":     {"fork", "issued-in-the-future", "older-chain", "other-anchor", "refused-chain"},
	"signer":    {"chain-before-list", "root-signs", "roots-on-a-list", "signer-window"},
}

func stories(t *testing.T) (all []Vector) {
	groups := map[string]string{}
	for group, names := range groupsOfStories {
		for _, name := range names {
			groups[name] = group
		}
	}
	for name, s := range readStored(t, "trust-lists") {
		told := &tale{request: Request{Time: s.get("time"), Story: &Story{Root: s.get("anchor")}}}
		lines := strings.Split(strings.TrimSuffix(string(s.file), "\n"), "\n")
		for i := 0; i+1 < len(lines); i += 2 {
			kind, value, _ := strings.Cut(lines[i], ": ")
			told.stored(t, kind, value, strings.TrimPrefix(lines[i+1], "expect: "))
		}
		if groups[name] == "" {
			t.Errorf("the story %s is in no group", name)
		}
		all = append(all, told.vector(name, groups[name], s.get("why")))
	}
	all = append(all, chainStories(t)...)
	return append(all, keyStories()...)
}

// stored adds a step of testdata.
func (s *tale) stored(t *testing.T, kind, value, word string) {
	switch kind {
	case "trust":
		s.step(Step{Chain: []byte(value)}, s.chained(t, value, word))
	case "list":
		s.step(Step{Revocations: []byte(value)}, expectIn("revocations", word, ""))
	case "licence":
		s.step(Step{Document: []byte(value)}, expectIn("licence", word, value))
	case "anchor":
		_, payload, _ := strings.Cut(value, `"payload":`)
		digest := sha256.Sum256([]byte("licseal-trust-v1\n" + payload[:strings.LastIndex(payload, `,"signatures":`)]))
		s.step(Step{Root: hex.EncodeToString(digest[:])}, expectIn("trust", word, ""))
	case "keys":
		s.step(Step{Keys: trustedFile(t, []string{value})}, expectIn("trust", word, ""))
	default:
		t.Errorf("an unknown step %q", kind)
	}
}

// chained returns the answer to a document of a chain.
func (s *tale) chained(t *testing.T, text, word string) Answer {
	if word != "accepted" {
		return expectIn("trust", word, "")
	}
	var file struct {
		Trust struct{ Payload trustPayload }
	}
	if err := json.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	if file.Trust.Payload.Generation > s.newest.Generation {
		s.newest = file.Trust.Payload
	}
	answer := Answer{Class: word, Generation: s.newest.Generation}
	for _, key := range s.newest.Keys {
		digest := sha256.Sum256(key.Key)
		answer.Keys = append(answer.Keys, "SHA256:"+base64.RawStdEncoding.EncodeToString(digest[:]))
	}
	return answer
}

// expectIn returns the answer for a word of a story.
func expectIn(part, word, licence string) Answer {
	switch word {
	case "no-keys":
		return Answer{Reason: "trust", Class: word}
	case "clock":
		return Answer{Reason: word, Class: word}
	case "signer-revoked", "replayed", "forked", "stale":
		return Answer{Reason: "revocation-list", Class: word}
	}
	return expectOf(part, word, canonicalIf(word, licence))
}

func storyKey(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func idOfKey(seed byte) string {
	wire := append([]byte("\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20"), storyKey(seed).Public().(ed25519.PublicKey)...)
	digest := sha256.Sum256(wire)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(digest[:])
}

// clock changes what the clock says.
func (s *tale) clock(time string) { s.step(Step{Time: time}, Answer{Class: "accepted"}) }

// licence hands the reader a licence of key 1.
func (s *tale) licence(word, created string) {
	text := sealed(`{"license_creation_date":"` + created + `","license_expiration_date":"2027-01-01","license_key":"LS-0001"}`)
	s.step(Step{Document: []byte(text)}, expectIn("licence", word, text))
}

// list hands the reader a list that revokes keys.
func (s *tale) list(word string, signer byte, generation int, issued string, revoked ...byte) {
	keys := ""
	for _, seed := range revoked {
		keys += `"` + idOfKey(seed) + `":{"reason":""}`
	}
	payload := fmt.Sprintf(`{"generation":%d,"issued":"%s","keys":{%s},"licenses":{},"next_update":"2026-07-15T00:00:00Z","salt":"000102030405060708090a0b0c0d0e0f"}`, generation, issued, keys)
	signature := hex.EncodeToString(ed25519.Sign(storyKey(signer), []byte("licseal-revocations-v1\n"+payload)))
	s.step(Step{Revocations: []byte(`{"revocations":{"payload":` + payload + `,"signature":"` + signature + `","version":"1"}}`)}, expectIn("revocations", word, ""))
}

// documents returns a chain of a document for each set of keys, signed by the root.
func documents(sets ...[]byte) (texts []string, digests []string) {
	previous := ""
	for i, seeds := range sets {
		var keys []string
		for _, seed := range seeds {
			keys = append(keys, `{"issuers":[],"key":"`+wireOfKey(seed)+`"}`)
		}
		payload := fmt.Sprintf(`{"generation":%d,"issued":"2026-0%d-01T00:00:00Z","keys":[%s],%s"roots":{"keys":[{"key":"%s"}],"threshold":1}}`,
			i+1, i+1, strings.Join(keys, ","), previous, wireOfKey(rootSeed))
		message := []byte("licseal-trust-v1\n" + payload)
		digest := sha256.Sum256(message)
		digests = append(digests, hex.EncodeToString(digest[:]))
		previous = `"previous":"` + digests[i] + `",`
		texts = append(texts, fmt.Sprintf(`{"trust":{"payload":%s,"signatures":[{"key":"%s","signature":"%x"}],"version":"1"}}`,
			payload, idOfKey(rootSeed), ed25519.Sign(storyKey(rootSeed), message)))
	}
	return texts, digests
}

func wireOfKey(seed byte) string {
	return base64.StdEncoding.EncodeToString(append([]byte("\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20"), storyKey(seed).Public().(ed25519.PublicKey)...))
}

// chainStories returns stories of readers that follow a chain: at first key 1 is trusted,
// then key 2 as well, and then no longer.
func chainStories(t *testing.T) []Vector {
	texts, digests := documents([]byte{1}, []byte{1, 2}, []byte{1})
	noKeys, _ := documents([]byte{1}, nil, []byte{1}) // begins as the other one
	begin := func() (s *tale, follow func(text, word string)) {
		s = &tale{request: Request{Time: "2026-07-01T12:00:00Z", Story: &Story{Root: digests[0]}}}
		return s, func(text, word string) { s.stored(t, "trust", text, word) }
	}
	half, follow := begin()
	follow(texts[0], "accepted")
	at := strings.LastIndex(texts[2], `"signature":"`) + len(`"signature":"`)
	wrong := texts[1] + "\n" + texts[2][:at] + strings.Repeat("0", 128) + texts[2][at+128:]
	follow(wrong, "wrong")
	half.list("forged", 2, 1, "2026-06-15T00:00:00Z")
	half.licence("accepted", "2026-01-01")
	follow(texts[1], "accepted")
	half.list("accepted", 2, 1, "2026-06-15T00:00:00Z")

	forgotten, follow := begin()
	follow(texts[0], "accepted")
	follow(texts[1], "accepted")
	forgotten.list("accepted", 2, 1, "2026-07-02T00:00:00Z", 1)
	follow(texts[2], "accepted")
	forgotten.clock("2026-07-01T00:00:00Z")
	forgotten.licence("accepted", "2026-01-01")
	forgotten.clock("2026-06-30T23:59:59Z")
	forgotten.licence("clock", "2026-01-01")

	clock, follow := begin()
	clock.clock("2026-07-10T00:00:00Z")
	follow(texts[0], "accepted")
	clock.clock("2026-07-08T23:59:59Z")
	clock.licence("clock", "2026-01-01")
	clock.clock("2026-07-12T00:00:00Z")
	follow(wrong, "wrong")
	clock.clock("2026-07-10T23:59:59Z")
	clock.licence("clock", "2026-01-01")
	clock.clock("2026-07-11T00:00:00Z")
	clock.licence("accepted", "2026-01-01")

	none, follow := begin()
	follow(noKeys[0], "accepted")
	none.clock("2026-07-10T00:00:00Z")
	follow(noKeys[1], "accepted")
	none.licence("no-keys", "2026-01-01")
	none.clock("2026-07-01T12:00:00Z")
	follow(noKeys[2], "accepted")
	none.licence("accepted", "2026-01-01")
	return []Vector{
		clock.vector("clock-chain", "clock", "a chain that is followed or refused, but leaves keys that are trusted, records the time"),
		none.vector("clock-no-keys", "clock", "while a chain trusts no key, no time is recorded"),
		half.vector("chain-half", "chain", "a chain is refused as a whole, though its first documents are good"),
		forgotten.vector("clock-forgotten-list", "clock", "a list that is forgotten leaves the time of its issue"),
	}
}

// keyStories returns stories of readers that trust keys 1 and 2.
func keyStories() (all []Vector) {
	keys := ""
	for _, seed := range []byte{1, 2} {
		keys += "vendor ssh-ed25519 " + wireOfKey(seed) + "\n"
	}
	add := func(name, why string, tell func(*tale)) {
		group, _, _ := strings.Cut(name, "-")
		s := &tale{request: Request{Time: "2026-07-01T12:00:00Z", Story: &Story{Keys: keys}}}
		tell(s)
		all = append(all, s.vector(name, group, why))
	}
	const (
		new, ahead    = "2026-01-01", "2026-07-03"
		june1, june15 = "2026-06-01T00:00:00Z", "2026-06-15T00:00:00Z"
		june16        = "2026-06-16T00:00:00Z"
	)
	add("clock-set-back", "a clock that is more than a day behind the latest time seen is refused", func(s *tale) {
		s.licence("accepted", new)
		s.clock("2026-06-30T12:00:00Z")
		s.licence("accepted", new)
		s.clock("2026-06-30T11:59:59Z")
		s.licence("clock", new)
		s.clock("2026-07-02T00:00:00Z")
		s.licence("accepted", new)
	})
	add("clock-list-ahead", "a list that was issued more than a day after the clock is not remembered; else its issue has passed", func(s *tale) {
		s.clock("2026-06-13T23:59:59Z")
		s.list("clock", 2, 1, june15, 1)
		s.licence("accepted", new)
		s.clock("2026-06-14T00:00:00Z")
		s.list("accepted", 1, 1, june15)
		s.licence("accepted", new)
		s.clock("2026-06-13T23:59:59Z")
		s.licence("clock", new)
	})
	add("clock-before-stale", "a list is stale at the latest time seen; a clock behind that is refused first", func(s *tale) {
		s.list("accepted", 1, 1, june15)
		s.licence("accepted", new)
		s.clock("2026-07-15T00:00:00Z")
		s.licence("stale", new)
		s.clock("2026-07-14T00:00:00Z")
		s.licence("stale", new)
		s.clock("2026-07-13T23:59:59Z")
		s.licence("clock", new)
	})
	add("clock-licence-ahead", "a licence that was created more than a day after the clock is refused, and moves no time", func(s *tale) {
		s.licence("clock", ahead)
		s.clock("2026-07-02T00:00:00Z")
		s.licence("not-yet-valid", ahead)
		s.clock("2026-07-01T12:00:00Z")
		s.licence("accepted", new)
	})
	add("clock-refused-list", "a list that is refused records no time", func(s *tale) {
		s.clock("2026-07-10T00:00:00Z")
		s.list("forged", 3, 1, june15)
		s.clock("2026-07-01T12:00:00Z")
		s.licence("accepted", new)
	})
	add("order-generation", "a list of a lower generation, or another one of the same, is refused; the same one again is not", func(s *tale) {
		s.list("accepted", 1, 3, june15)
		s.list("accepted", 1, 3, june15)
		s.list("replayed", 1, 2, june16)
		s.list("forked", 1, 3, june16)
		s.list("replayed", 2, 4, june1)
		s.list("accepted", 2, 4, june15)
	})
	add("order-signer-revoked", "a key that the newest list revokes cannot sign the one that clears it", func(s *tale) {
		s.list("accepted", 2, 1, june15, 1)
		s.list("signer-revoked", 1, 2, june16)
		s.licence("key-revoked", new)
		s.list("accepted", 2, 2, june16)
		s.licence("accepted", new)
	})
	add("order-disowned", "the generation is of no account where a list revokes the signer of the newest one", func(s *tale) {
		s.list("accepted", 2, 1<<40, june15, 3)
		s.list("replayed", 1, 1, june15)
		s.list("replayed", 1, 1, june1, 2)
		s.list("accepted", 1, 1, june15, 2)
		s.licence("accepted", new)
	})
	return all
}
