package trust_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// This file makes testdata/trust. Its documents are drafts, which share no code with
// what the vectors test.

// chainVectors is a set in the making.
type chainVectors map[string]chainVector

func (set chainVectors) add(name, expect, why string, seen, chain []*draft) *chainVector {
	v := chainVector{Expect: expect, Why: why, Anchor: goodChain(1)[0].digest(), File: strings.TrimSuffix(lines(chain), "\n")}
	for _, d := range seen {
		v.Seen = append(v.Seen, d.String())
	}
	set[name] = v
	return &v
}

// accepted adds a chain after which a reader trusts the keys of a generation.
func (set chainVectors) accepted(name, why string, seen, chain []*draft) {
	newest := newestOf(append([]*draft{}, seen...), chain)
	v := set.add("accepted-"+name, "accepted", why, seen, chain)
	if len(chain) > 0 {
		v.Anchor = append(slices.Clone(seen), chain...)[0].digest()
	}
	v.Generation = newest.generation
	for _, p := range newest.keys {
		v.Keys = append(v.Keys, p.id())
	}
	set["accepted-"+name] = *v
}

func makeChainVectors() chainVectors {
	set := chainVectors{}
	set.addAccepted()
	set.addOrder()
	set.addSteps()
	set.addSignatures()
	set.addPayloads()
	set.addDocuments()
	return set
}

// changed returns a good chain of three whose second document is changed; the third
// follows it all the same.
func changed(change func(*draft)) []*draft {
	chain := goodChain(3)
	change(chain[1])
	chain[2].previous = chain[1].digest()
	return chain
}

func replaced(old, new string) func(string) string {
	return func(text string) string {
		if !strings.Contains(text, old) {
			panic("nothing to replace: " + old)
		}
		return strings.Replace(text, old, new, 1)
	}
}

func (set chainVectors) addAccepted() {
	chain := goodChain(3)
	set.accepted("anchor", "generation 1 alone", nil, chain[:1])
	set.accepted("chain", "three generations, oldest first", nil, chain)
	set.accepted("seen", "the chain contains what the reader has seen", chain[:2], chain)
	set.accepted("successor", "the chain begins with the one after it", chain[:2], chain[2:])
	set.accepted("old", "the chain ends earlier, and agrees", chain, chain[:2])
	set.accepted("roots-replaced", "the roots of both generations signed, and no root is in both", nil, changed(func(d *draft) {
		d.roots, d.signers = []pair{4, 5, 6}, []pair{1, 2, 4, 5}
	})[:2])
	set.accepted("p256", "Ed25519 and P-256 mixed", nil, changed(func(d *draft) { d.signers, d.keys = []pair{1, 3}, []pair{33, 31} })[:2])
	set.accepted("more-signatures", "with more signatures it is the same document", chain[:2], func() []*draft {
		more := *chain[1]
		more.signers = []pair{1, 2, 3}
		return []*draft{&more}
	}())
	set.accepted("no-keys", "no key is trusted", nil, changed(func(d *draft) { d.keys = nil })[:2])
	set.accepted("form", "white space and the order of members are free", nil, changed(func(d *draft) {
		d.document = func(text string) string {
			text = replaced(`{"trust":{`, "{ \"trust\" : {\"version\":\"1\",\t")(text)
			return replaced(`],"version":"1"}}`, "] }\t}\r")(text)
		}
	})[:2])
	set.accepted("names", "names of keys and roots, and a window", nil, changed(func(d *draft) {
		d.payload = func(text string) string {
			text = replaced(`{"issuers"`, `{"before":"`+day(99)+`","from":"`+day(9)+`","issuers"`)(text)
			text = replaced(`"},{"issuers"`, `","name":"licences 2026"},{"issuers"`)(text)
			return replaced(`"roots":{"keys":[{"key":"`+pair(1).text()+`"`, `"roots":{"keys":[{"key":"`+pair(1).text()+`","name":"the safe"`)(text)
		}
	})[:2])
}

// addOrder adds chains in which documents are missing, in another order or of another
// chain.
func (set chainVectors) addOrder() {
	chain := goodChain(4)
	other := goodChain(4)
	other[0].issued = 5
	for i := 1; i < len(other); i++ {
		other[i].previous = other[i-1].digest()
	}
	fork := *chain[1]
	fork.keys = []pair{50}
	pick := func(all ...*draft) []*draft { return all }
	set.add("anchor-other", "anchor", "the chain of another anchor", nil, other)
	set.add("anchor-other-alone", "anchor", "another document of generation 1, alone", nil, other[:1])
	last := set.add("anchor-successor", "anchor", "the digest of generation 2, and not of the anchor", nil, chain)
	last.Anchor = chain[1].digest()
	set["anchor-successor"] = *last
	set.add("anchor-none", "gap", "the chain begins with generation 2", nil, chain[1:])
	set.add("gap", "gap", "generation 3 is missing", nil, pick(chain[0], chain[1], chain[3]))
	set.add("gap-seen", "gap", "generation 2 is missing after what was seen", chain[:1], chain[2:])
	set.add("gap-known", "gap", "a known document, and then one that leaves some out", chain[:2], pick(chain[0], chain[3]))
	set.add("fork-seen", "fork", "another document of the newest generation", chain[:2], pick(chain[0], &fork))
	set.add("fork-older", "fork", "another document of an older generation", chain[:3], pick(chain[0], &fork))
	set.add("fork-inside", "fork", "two documents of a generation", nil, pick(chain[0], chain[1], &fork))
	set.add("rollback", "rollback", "an older document after a newer one", nil, pick(chain[0], chain[1], chain[0]))
	set.add("rollback-seen", "rollback", "the same, for a reader that has seen the older one", chain[:1], pick(chain[0], chain[1], chain[0]))
	set.add("rollback-new", "rollback", "new documents in the wrong order", chain[:1], pick(chain[0], chain[2], chain[1]))
	set.add("rollback-twice", "rollback", "the same document twice", nil, pick(chain[0], chain[0]))
}

// addSteps adds documents that do not follow the one before.
func (set chainVectors) addSteps() {
	step := func(name, expect, why string, change func(*draft)) {
		set.add(name, expect, why, nil, changed(change))
		set.add(name+"-seen", expect, why+", for a reader that has seen generation 1", goodChain(1), changed(change)[1:])
	}
	step("previous", "previous", "the digest of another document", func(d *draft) { d.previous = goodChain(2)[1].digest() })
	step("previous-own", "previous", "the digest of the document after it", func(d *draft) { d.previous = goodChain(3)[2].digest() })
	step("issued-same", "issued", "issued at the time of the one before", func(d *draft) { d.issued = 10 })
	step("issued-before", "issued", "issued before it", func(d *draft) { d.issued = 9 })
	step("role-both", "role", "a key is a root and a key", func(d *draft) { d.keys = append(d.keys, 3) })
	step("role-key", "role", "a root becomes a key", func(d *draft) { d.roots, d.keys = []pair{1, 2, 4}, []pair{3} })
	step("role-root", "role", "a key becomes a root", func(d *draft) { d.roots, d.keys = append(d.roots, 31), nil })
	chain := goodChain(4)
	chain[3].keys, chain[3].roots = nil, append(chain[3].roots, 40)
	chain[1].keys = []pair{40}
	for i := 2; i < len(chain); i++ {
		chain[i].previous = chain[i-1].digest()
	}
	set.add("role-long-ago", "role", "a root that was a key two generations ago", nil, chain)
	set.add("role-long-ago-seen", "role", "the same, for a reader that has seen all but the last", chain[:3], chain[3:])
}

func (set chainVectors) addSignatures() {
	step := func(name, expect, why string, change func(*draft)) {
		set.add(name, expect, why, nil, changed(change)[:2])
	}
	step("threshold", "threshold", "too few roots of the generation before", func(d *draft) { d.signers = []pair{1} })
	step("threshold-own", "threshold", "too few of its own roots", func(d *draft) { d.roots, d.signers = []pair{4, 5, 6}, []pair{1, 2, 4} })
	step("threshold-before", "threshold", "enough of its own roots, and too few of those before", func(d *draft) { d.roots, d.signers = []pair{2, 4, 5}, []pair{2, 4, 5} })
	step("threshold-raised", "threshold", "its own threshold is higher", func(d *draft) { d.threshold = 3 })
	step("threshold-lowered", "threshold", "the threshold before is higher", func(d *draft) { d.threshold, d.signers = 1, []pair{1} })
	step("threshold-none", "threshold", "no signatures", func(d *draft) { d.signers = nil })
	step("duplicate", "duplicate", "a root has signed twice", func(d *draft) { d.signers = []pair{1, 2, 1} })
	step("duplicate-alone", "duplicate", "one root signs twice, in place of two", func(d *draft) { d.signers = []pair{1, 1} })
	step("duplicate-own", "duplicate", "a new root has signed twice", func(d *draft) { d.roots, d.signers = []pair{1, 2, 4}, []pair{1, 2, 4, 4} })
	step("foreign-keys", "foreign", "two more signatures, of no roots", func(d *draft) { d.signers = []pair{1, 2, 70, 71} })
	step("foreign", "foreign", "one more signature, of no root", func(d *draft) { d.signers = []pair{1, 2, 70} })
	step("foreign-key", "foreign", "one more signature, of a key for licences", func(d *draft) { d.signers = []pair{1, 2, 31} })
	step("wrong", "wrong", "one of three signatures is not good", func(d *draft) { d.signers, d.broken = []pair{1, 2, 3}, 1 })
	step("wrong-licence", "wrong", "signed as a licence is, without a context line", func(d *draft) { d.context = noContext })
	step("wrong-list", "wrong", "signed as a revocation list", func(d *draft) { d.context = "licseal-revocations-v1\n" })
	step("wrong-carriage-return", "wrong", "the context line ends with CR LF", func(d *draft) { d.context = "licseal-trust-v1\r\n" })
	step("wrong-high-s", "wrong", "the s of a P-256 signature is high", func(d *draft) {
		d.signers = []pair{1, 3}
		d.document = func(text string) string {
			low := pair(3).sign(d.message())
			return replaced(low, highS(low))(text)
		}
	})
	anchor := goodChain(1)
	anchor[0].signers = []pair{1}
	v := set.add("threshold-anchor", "threshold", "the anchor does not meet its own threshold", nil, anchor)
	v.Anchor = anchor[0].digest()
	set["threshold-anchor"] = *v
}

// addPayloads adds signed documents whose payloads are not as they must be.
func (set chainVectors) addPayloads() {
	edit := func(name, why, old, new string) {
		set.add("payload-"+name, "trust", why, nil, changed(func(d *draft) { d.payload = replaced(old, new) })[:2])
	}
	root, key := `{"key":"`+pair(1).text()+`"}`, `"key":"`+pair(31).text()+`"`
	edit("generation-zero", "generation 0", `"generation":2`, `"generation":0`)
	edit("generation-large", "generation 1001", `"generation":2`, `"generation":1001`)
	edit("generation-fraction", "a generation is an integer", `"generation":2`, `"generation":2.5`)
	edit("generation-string", "a generation is no string", `"generation":2`, `"generation":"2"`)
	edit("issued-offset", "times are in UTC", `Z","keys"`, `+01:00","keys"`)
	edit("issued-fraction", "times are in whole seconds", `Z","keys"`, `.5Z","keys"`)
	edit("issued-date", "a time, and not a date", day(20), day(20)[:10])
	edit("previous-missing", "generation 2 without the digest before", `"previous":"`+goodChain(1)[0].digest()+`",`, ``)
	edit("previous-upper-case", "digests are lower-case", `"previous":"`+goodChain(1)[0].digest()+`"`, `"previous":"`+strings.ToUpper(goodChain(1)[0].digest())+`"`)
	edit("previous-null", "null is not a missing member", `"previous":"`+goodChain(1)[0].digest()+`"`, `"previous":null`)
	edit("keys-missing", "no keys", `"keys":[{"issuers":["licences@vendor.example"],`+key+`},{"issuers":["licences@vendor.example"],"key":"`+pair(32).text()+`"}],`, ``)
	edit("key-twice", "a key twice", pair(32).text(), pair(31).text())
	edit("key-unpadded", "base64 is padded", pair(31).text(), strings.TrimRight(pair(31).text(), "=")+"A")
	edit("key-short", "a key of 31 bytes", pair(31).text(), base64.StdEncoding.EncodeToString(pair(31).wire()[:50]))
	edit("key-long", "a byte after the key", pair(31).text(), base64.StdEncoding.EncodeToString(append(pair(31).wire(), 0)))
	edit("key-pem", "another form of the key", pair(31).text(), "-----BEGIN PUBLIC KEY-----")
	edit("key-kind", "another kind of key", pair(31).text(), base64.StdEncoding.EncodeToString([]byte("\x00\x00\x00\x07ssh-rsa\x00\x00\x00\x03\x01\x00\x01")))
	edit("issuers-missing", "no issuers", `{"issuers":["licences@vendor.example"],"key"`, `{"key"`)
	edit("issuers-missing-as-root", "the text of a root, which needs no issuers, among the keys", `"keys":[`, `"keys":[`+root+`,`)
	edit("issuers-pattern", "an issuer is no pattern", `licences@vendor.example`, `*@vendor.example`)
	edit("issuers-blank", "an issuer has no blanks", `licences@vendor.example`, `a b`)
	edit("window-empty", "from is not before before", `{"issuers"`, `{"before":"`+day(9)+`","from":"`+day(9)+`","issuers"`)
	edit("window-null", "null is not a missing member", `{"issuers"`, `{"from":null,"issuers"`)
	edit("name-line", "a name is one line", root, `{"key":"`+pair(1).text()+`","name":"a\nb"}`)
	edit("name-empty", "a name is not empty", root, `{"key":"`+pair(1).text()+`","name":""}`)
	edit("root-twice", "a root twice", pair(2).text(), pair(1).text())
	edit("root-unknown-member", "an unknown member of a root", root, `{"from":"`+day(1)+`","key":"`+pair(1).text()+`"}`)
	edit("key-unknown-member", "an unknown member of a key", `{"issuers"`, `{"comment":"x","issuers"`)
	edit("roots-unknown-member", "an unknown member of roots", `"threshold":2`, `"threshold":2,"weights":[1]`)
	edit("unknown-member", "an unknown member", `"roots":{`, `"product":"x","roots":{`)
	edit("upper-case", "names match exactly", `"roots":{`, `"Roots":{`)
	edit("roots-none", "no roots", `{"keys":[`+root+`,{"key":"`+pair(2).text()+`"},{"key":"`+pair(3).text()+`"}]`, `{"keys":[]`)
	edit("threshold-zero", "a threshold of zero", `"threshold":2`, `"threshold":0`)
	edit("threshold-large", "a threshold that nobody can meet", `"threshold":2`, `"threshold":4`)
	first := goodChain(1)
	first[0].payload = replaced(`"roots"`, `"previous":"`+strings.Repeat("0", 64)+`","roots"`)
	v := set.add("payload-previous-first", "trust", "generation 1 has none before it", nil, first)
	v.Anchor = first[0].digest()
	set["payload-previous-first"] = *v
}

// addDocuments adds texts that are no documents.
func (set chainVectors) addDocuments() {
	edit := func(name, expect, why, old, new string) {
		set.add("document-"+name, expect, why, nil, changed(func(d *draft) { d.document = replaced(old, new) })[:2])
	}
	id, payload := pair(1).id(), goodChain(2)[1].text()
	edit("version-integer", "version", "the version is the string 1", `"version":"1"`, `"version":1`)
	edit("unknown-member", "unknown-member", "nothing outside the signatures may carry meaning", `{"trust":{`, `{"trust":{"expires":"2027-01-01",`)
	edit("member", "unknown-member", "another kind of document", `{"trust":{`, `{"license":{`)
	edit("signature-single", "unknown-member", "one signature, as other documents have it", `"signatures":[`, `"signature":[`)
	edit("signature-unknown-member", "unknown-member", "an unknown member of a signature", `{"key":"`+id, `{"alg":"none","key":"`+id)
	edit("signatures-missing", "missing-member", "no member signatures", goodChain(2)[1].String(), `{"trust":{"payload":`+payload+`,"version":"1"}}`)
	edit("key-format", "signature-format", "not a fingerprint", id, "MD5:00")
	edit("duplicate-name", "duplicate-name", "a member twice", `{"generation":2`, `{"generation":1,"generation":2`)
	edit("blank-line", "empty", "a blank line", `{"trust"`, "\n"+`{"trust"`)
	edit("same-line", "trailing-data", "two documents in a line", `],"version":"1"}}`, `],"version":"1"}} `+goodChain(1)[0].String())
	edit("truncated", "truncated", "the last document is cut off", `],"version":"1"}}`, `],"ver`)
	many := goodChain(2)
	for range 31 {
		many[1].signers = append(many[1].signers, 1)
	}
	set.add("document-many-signatures", "too-large", fmt.Sprintf("%d signatures", len(many[1].signers)), nil, many)
}
