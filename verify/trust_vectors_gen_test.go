package verify_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// This file makes testdata/trust-lists: what happens to one reader that is handed trust
// documents, revocation lists and licences. The texts share no code with what is tested.

// tale is a vector in the making.
type tale struct {
	time  string
	steps []string

	digest, previous string // of the first and of the newest trust document
	generation       int
}

// step adds a line, and what the reader must find.
func (s *tale) step(name, value, expect string) {
	s.steps = append(s.steps, name+": "+value, "expect: "+expect)
}

// trustKey is a key in a trust document: the seed of an Ed25519 key, and its window.
type trustKey struct {
	seed         byte
	from, before string
}

const rootSeed = 9

// wireText returns the text of the public key of a seed in a trust document.
func wireText(seed byte) string {
	return base64.StdEncoding.EncodeToString(append([]byte("\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20"), ed25519Key(seed).Public().(ed25519.PublicKey)...))
}

// document returns the next generation of trust, signed by the root with rootSeed and, if
// change is not nil, with another payload.
func (s *tale) document(issued string, change func(string) string, keys ...trustKey) string {
	s.generation++
	var list []string
	for _, k := range keys {
		text := ""
		if k.before != "" {
			text += `"before":"` + k.before + `",`
		}
		if k.from != "" {
			text += `"from":"` + k.from + `",`
		}
		list = append(list, `{`+text+`"issuers":["licences"],"key":"`+wireText(k.seed)+`"}`)
	}
	previous := ""
	if s.previous != "" {
		previous = `"previous":"` + s.previous + `",`
	}
	payload := fmt.Sprintf(`{"generation":%d,"issued":"%s","keys":[%s],%s"roots":{"keys":[{"key":"%s"}],"threshold":1}}`,
		s.generation, issued, strings.Join(list, ","), previous, wireText(rootSeed))
	message := "licseal-trust-v1\n" + payload
	digest := sha256.Sum256([]byte(message))
	s.previous = hex.EncodeToString(digest[:])
	if s.digest == "" {
		s.digest = s.previous
	}
	if change != nil {
		message = change(message)
	}
	signature := hex.EncodeToString(ed25519.Sign(ed25519Key(rootSeed), []byte(message)))
	return `{"trust":{"payload":` + payload + `,"signatures":[{"key":"` + fingerprint(rootSeed) + `","signature":"` + signature + `"}],"version":"1"}}`
}

// trust hands the reader the next generation.
func (s *tale) trust(issued string, keys ...trustKey) {
	s.step("trust", s.document(issued, nil, keys...), "accepted")
}

// list hands the reader a revocation list. The members are those of its payload.
func (s *tale) list(signer byte, expect string, generation int, issued string, revoked ...byte) {
	var keys []string
	for _, seed := range revoked {
		keys = append(keys, `"`+fingerprint(seed)+`":{"reason":""}`)
	}
	slices.Sort(keys)
	payload := listText(map[string]string{
		"generation": fmt.Sprint(generation), "issued": `"` + issued + `"`, "keys": "{" + strings.Join(keys, ",") + "}",
	})
	signature := hex.EncodeToString(sealEd25519(signer).sign([]byte(vectorContext + payload)))
	s.step("list", `{"revocations":{"payload":`+payload+`,"signature":"`+signature+`","version":"1"}}`, expect)
}

// licence hands the reader a licence, created on 2026-01-01.
func (s *tale) licence(signer byte, expect string) {
	s.step("licence", signed(sealEd25519(signer), kongPayload).file(), expect)
}

func always(seeds ...byte) (keys []trustKey) {
	for _, seed := range seeds {
		keys = append(keys, trustKey{seed: seed})
	}
	return keys
}

// Days of the stories.
const (
	may1, may2, may3 = "2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z", "2026-05-03T00:00:00Z"
	june1, june2     = "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z"
	june15           = "2026-06-15T00:00:00Z"
)

// makeTales returns the vectors by name. Keys 1, 2 and 3 sign licences and lists.
func makeTales() map[string]string {
	made := map[string]string{}
	add := func(name, why string, tell func(*tale)) {
		s := &tale{time: vectorTime}
		tell(s)
		made[name] = fmt.Sprintf("why: %s\nanchor: %s\ntime: %s\n\n%s\n", why, s.digest, s.time, strings.Join(s.steps, "\n"))
	}
	add("roots-on-a-list", "a list that names a root has no effect on it", func(s *tale) {
		s.trust(may1, always(1, 2)...)
		s.list(1, "accepted", 1, june1, rootSeed)
		s.trust(june2, always(2)...)
		s.licence(2, "accepted")
		s.licence(1, "signature")
	})
	add("root-signs", "a root signs trust documents, and neither lists nor licences", func(s *tale) {
		s.trust(may1, always(1)...)
		s.list(rootSeed, "forged", 1, june1)
		s.licence(rootSeed, "signature")
	})
	add("lock-out", "the thief of one key revokes all others and the root; the next generation of trust ends that", func(s *tale) {
		s.trust(may1, always(1, 2)...)
		s.list(2, "accepted", 1, may2)
		s.list(1, "accepted", 1<<40, may3, 2, 3, rootSeed)
		s.licence(2, "key-revoked")
		s.trust(june1, always(2, 3)...)
		s.licence(2, "accepted")
		s.licence(1, "signature")
		s.list(1, "forged", 1<<40+1, june2, 2, 3, rootSeed)
		s.list(2, "accepted", 1, june2, 1)
		s.licence(2, "accepted")
		s.licence(3, "accepted")
	})
	add("chain-before-list", "a list is believed once the chain trusts its signer", func(s *tale) {
		s.trust(may1, always(1)...)
		s.list(2, "forged", 1, june1, 1)
		s.licence(1, "accepted")
		s.trust(june1, always(1, 2)...)
		s.list(2, "accepted", 1, june1, 1)
		s.licence(1, "key-revoked")
	})
	add("signer-window", "a signer is trusted for the instant at which its list was issued", func(s *tale) {
		s.trust(may1, trustKey{1, may2, june1}, trustKey{seed: 2})
		s.list(1, "forged", 1, may1)
		s.list(1, "accepted", 1, may2)
		s.list(1, "forged", 2, june1)
	})
	add("forgotten", "a list whose signer has lost its trust is forgotten, with what it revoked", func(s *tale) {
		s.trust(may1, always(1, 2)...)
		s.list(1, "accepted", 5, may2, 2)
		s.licence(2, "key-revoked")
		s.trust(june1, always(2)...)
		s.licence(2, "accepted")
		s.list(1, "forged", 6, june2, 2)
	})
	add("forgotten-by-window", "the signer stays, and is no longer trusted for the instant of the list", func(s *tale) {
		s.trust(may1, always(1, 2)...)
		s.list(1, "accepted", 5, june1, 2)
		s.trust(june2, trustKey{1, "", june1}, trustKey{seed: 2})
		s.licence(2, "accepted")
	})
	add("kept", "a list whose signer was still trusted for its instant is kept, and so is its order", func(s *tale) {
		s.trust(may1, always(1, 2)...)
		s.list(1, "accepted", 5, may3, 2)
		s.trust(june2, trustKey{1, "", june1}, trustKey{seed: 2}, trustKey{seed: 3})
		s.licence(2, "key-revoked")
		s.list(2, "signer-revoked", 6, june2)
		s.list(3, "replayed", 4, june2)
		s.list(3, "forked", 5, june2)
		s.list(3, "accepted", 6, june2)
		s.licence(2, "accepted")
	})
	add("successor-generation", "the list after a forgotten one may have any generation", func(s *tale) {
		s.trust(may1, always(1, 2)...)
		s.list(1, "accepted", 1000, may2)
		s.trust(june1, always(2)...)
		s.list(2, "accepted", 1, june2)
		s.list(2, "accepted", 2, june15)
		s.list(2, "replayed", 1, june2)
	})
	add("successor-issued", "the list after a forgotten one was not issued before the generation of trust", func(s *tale) {
		s.trust(may1, always(1, 2)...)
		s.list(1, "accepted", 1, may2)
		s.trust(june1, always(2)...)
		s.list(2, "replayed", 2, "2026-05-31T23:59:59Z")
		s.list(2, "accepted", 2, june1)
	})
	add("successor-nothing-forgotten", "no list was forgotten: an earlier one is accepted", func(s *tale) {
		s.trust(may1, always(1)...)
		s.trust(june1, always(2)...)
		s.list(2, "accepted", 1, may2)
	})
	add("no-keys", "no key is trusted, and the list is forgotten", func(s *tale) {
		s.trust(may1, always(1)...)
		s.list(1, "accepted", 1, may2)
		s.trust(june1)
		s.licence(1, "no-keys")
		s.list(1, "no-keys", 2, june2)
	})
	add("older-chain", "a chain that ends earlier changes nothing", func(s *tale) {
		first := s.document(may1, nil, always(1)...)
		s.step("trust", first, "accepted")
		s.trust(june1, always(2)...)
		s.step("trust", first, "accepted")
		s.licence(1, "signature")
		s.licence(2, "accepted")
	})
	add("refused-chain", "a chain that is refused leaves what is known in force", func(s *tale) {
		s.trust(may1, always(1)...)
		before := *s
		forged := s.document(june1, func(message string) string { return message + " " }, always(2)...)
		s.generation, s.previous = before.generation, before.previous
		s.step("trust", forged, "wrong")
		s.licence(1, "accepted")
		s.licence(2, "signature")
		s.trust(june1, always(2)...)
		s.licence(2, "accepted")
	})
	add("fork", "another document of a known generation is refused, and changes nothing", func(s *tale) {
		s.trust(may1, always(1)...)
		before := *s
		s.trust(june1, always(2)...)
		fork := before.document(june2, nil, always(1)...)
		s.step("trust", fork, "fork")
		s.licence(1, "signature")
		s.licence(2, "accepted")
	})
	add("other-anchor", "a reader that follows a chain refuses another anchor, and trusted keys from elsewhere", func(s *tale) {
		s.trust(may1, always(1)...)
		var other tale
		document := other.document(may2, nil, always(2)...)
		s.step("anchor", document, "anchor")
		s.step("keys", ed25519Line(2), "anchor")
		s.licence(1, "accepted")
		s.licence(2, "signature")
	})
	add("issued-in-the-future", "a trust document moves no clock: neither that of the reader nor what it remembers", func(s *tale) {
		s.trust(may1, always(1)...)
		s.trust("2999-01-01T00:00:00Z", always(1, 2)...)
		s.licence(2, "accepted")
		s.list(2, "accepted", 1, june1)
		s.licence(2, "accepted")
	})
	return made
}
