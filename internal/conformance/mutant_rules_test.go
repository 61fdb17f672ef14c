package conformance

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
)

// draw is a random number that a test chooses: what IntN(n) returns.
type draw struct{ n, value int }

// script is a source of chosen numbers. Each is the last one that gives its value, so that
// another bound than n gives another value.
type script struct {
	t     *testing.T
	draws []draw
}

func (s *script) Uint64() uint64 {
	s.t.Helper()
	if len(s.draws) == 0 {
		s.t.Fatal("a number is drawn too many")
	}
	d := s.draws[0]
	s.draws = s.draws[1:]
	switch {
	case d.n&(d.n-1) == 0:
		return uint64(d.value)
	case d.value+1 == d.n:
		return 1<<64 - 1
	}
	number, rest := bits.Div64(uint64(d.value+1), 0, uint64(d.n))
	if rest == 0 {
		number--
	}
	return number
}

// scripted has a mutator draw these numbers, and no others.
func scripted(t *testing.T, change func(mutator), draws ...draw) {
	t.Helper()
	s := &script{t, draws}
	change(mutator{rand.New(s)})
	if len(s.draws) > 0 {
		t.Errorf("%d numbers are not drawn", len(s.draws))
	}
}

func TestScript(t *testing.T) {
	for n := 1; n < 70; n++ {
		for value := range n {
			scripted(t, func(m mutator) {
				if got := m.IntN(n); got != value {
					t.Errorf("IntN(%d) is %d, want %d", n, got, value)
				}
			}, draw{n, value})
		}
	}
}

const alphabet = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"

var lastPiece = draw{len(pieces), len(pieces) - 1}

func TestEdit(t *testing.T) {
	kind := func(k int) draw { return draw{10, k} }
	for _, test := range []struct {
		name, before string
		at           int
		draws        []draw
		after        string
	}{
		{"the first bit", "abc", 0, []draw{kind(0), {8, 0}}, "`bc"},
		{"the last bit", "abc", 2, []draw{kind(0), {8, 7}}, "ab\xe3"},
		{"no bit is after the end", "abc", 3, []draw{kind(0)}, "abc"},
		{"the first letter", "@`[{az", 0, []draw{kind(1)}, "@`[{Az"},
		{"the first letter, capital", "@`[{AZ", 0, []draw{kind(1)}, "@`[{aZ"},
		{"the last letter", "@`[{z", 1, []draw{kind(1)}, "@`[{Z"},
		{"the last letter, capital", "Z", 0, []draw{kind(1)}, "z"},
		{"a letter further on", "ab", 1, []draw{kind(1)}, "aB"},
		{"no letter", "1]", 0, []draw{kind(1)}, "1]"},
		{"all is missing", "abc", 0, []draw{kind(2)}, ""},
		{"the end is missing", "abc", 1, []draw{kind(2)}, "a"},
		{"nothing is missing", "abc", 3, []draw{kind(2)}, "abc"},
		{"a character is missing", alphabet, 2, []draw{kind(3), {20, 0}}, "ab" + alphabet[3:]},
		{"20 characters are missing", alphabet, 2, []draw{kind(3), {20, 19}}, "ab" + alphabet[22:]},
		{"all from here is missing", "abc", 1, []draw{kind(3), {20, 19}}, "a"},
		{"nothing is there to be missing", "abc", 3, []draw{kind(3), {20, 0}}, "abc"},
		{"a character is there twice", "abc", 1, []draw{kind(4), {40, 0}}, "abbc"},
		{"40 characters are there twice", alphabet, 2, []draw{kind(4), {40, 39}}, "ab" + alphabet[2:42] + alphabet[2:]},
		{"all from here is there twice", "abc", 1, []draw{kind(4), {40, 39}}, "abcbc"},
		{"nothing is there twice", "abc", 3, []draw{kind(4), {40, 0}}, "abc"},
		{"an escape", "ab", 1, []draw{kind(5)}, `a\u0062`},
		{"the first that is escaped", "!", 0, []draw{kind(5)}, `\u0021`},
		{"the last that is escaped", "~", 0, []draw{kind(5)}, `\u007e`},
		{"a space stays", " ", 0, []draw{kind(5)}, " "},
		{"what is not ASCII stays", "\x7f", 0, []draw{kind(5)}, "\x7f"},
		{"no escape is after the end", "ab", 2, []draw{kind(5)}, "ab"},
		{"a digit", "/:56", 0, []draw{kind(6), {10, 9}}, "/:96"},
		{"the first digit", "0", 0, []draw{kind(6), {10, 5}}, "5"},
		{"the last digit", "19", 1, []draw{kind(6), {10, 0}}, "10"},
		{"no digit", "x", 0, []draw{kind(6)}, "x"},
		{"a value", `{"a":1,"b":2}`, 0, []draw{kind(7), {len(pieces), 0}}, `{"a":{,"b":2}`},
		{"the value of a colon that is here", `{"a":1,"b":2}`, 4, []draw{kind(7), lastPiece}, `{"a":.9999999999,"b":2}`},
		{"the last value", `{"a":1,"b":2}`, 5, []draw{kind(7), lastPiece}, `{"a":1,"b":.9999999999}`},
		{"an empty value", `"a":,`, 0, []draw{kind(7), lastPiece}, `"a":.9999999999,`},
		{"a value without an end", `"a":1`, 0, []draw{kind(7), lastPiece}, `"a":.99999999991`},
		{"a colon is first", `:1,`, 0, []draw{kind(7), lastPiece}, `:.9999999999,`},
		{"no value", `"a"`, 0, []draw{kind(7)}, `"a"`},
		{"a piece", "ab", 1, []draw{kind(8), lastPiece}, "a.9999999999b"},
		{"a piece at the start", "ab", 0, []draw{kind(9), {len(pieces), 0}}, "{ab"},
		{"a piece at the end", "", 0, []draw{kind(9), {len(pieces), 0}}, "{"},
	} {
		draws := append([]draw{{len(test.before) + 1, test.at}}, test.draws...)
		scripted(t, func(m mutator) {
			if diff := cmp.Diff(test.after, string(m.edit([]byte(test.before)))); diff != "" {
				t.Errorf("%s: -want +got\n%s", test.name, diff)
			}
		}, draws...)
	}
}

// insertX draws what inserts the piece { at a place of a text of so many bytes.
func insertX(size, at int) []draw { return []draw{{size + 1, at}, {10, 8}, {len(pieces), 0}} }

// once draws one such change to a whole text.
func once(size, at int) []draw {
	return slices.Concat([]draw{{3, 0}}, insertX(size, at), []draw{{3, 2}})
}

func TestText(t *testing.T) {
	for want, draws := range map[string][]draw{
		"{ab":   slices.Concat([]draw{{3, 0}}, insertX(2, 0), []draw{{3, 0}}),
		"a{b":   slices.Concat([]draw{{3, 2}}, insertX(2, 1), []draw{{3, 1}}),
		"{{ab":  slices.Concat([]draw{{3, 2}}, insertX(2, 0), []draw{{3, 0}}, insertX(3, 0), []draw{{3, 2}}),
		"{a{b":  slices.Concat([]draw{{3, 1}}, insertX(2, 1), []draw{{3, 0}}, insertX(3, 0), []draw{{3, 0}}),
		"{{{ab": slices.Concat([]draw{{3, 2}}, insertX(2, 0), []draw{{3, 0}}, insertX(3, 0), []draw{{3, 0}}, insertX(4, 0), []draw{{3, 0}}),
	} {
		before := []byte("ab!!")[:2]
		scripted(t, func(m mutator) {
			if got := m.text(before); string(got) != want {
				t.Errorf("%s, want %s", got, want)
			}
		}, draws...)
		if string(before[:4]) != "ab!!" {
			t.Errorf("what is changed is a copy, but this became %s", before[:4])
		}
	}
}

func TestChangeTime(t *testing.T) {
	const day = 86400
	none := draw{3, 1}
	for _, test := range []struct {
		draws []draw
		time  string
		grace int64
	}{
		{[]draw{{5, 0}, {6, 0}, {2, 1}, {7, 0}, none}, "2026-01-01T00:00:00Z", 0},
		{[]draw{{5, 1}, {6, 1}, {2, 0}, {7, 0}, {3, 2}}, "2027-01-01T00:00:00Z", 0},
		{[]draw{{5, 2}, {6, 2}, {2, 0}, {7, 0}, none}, "2026-07-01T12:00:01Z", 1},
		{[]draw{{5, 2}, {6, 2}, {2, 1}, {7, 0}, none}, "2026-07-01T12:00:00Z", 1},
		{[]draw{{5, 3}, {6, 3}, {2, 0}, {7, 0}, none}, "2026-06-16T00:00:00Z", day},
		{[]draw{{5, 4}, {6, 4}, {2, 0}, {7, 0}, none}, "2026-08-14T00:00:00Z", 30 * day},
		{[]draw{{5, 4}, {6, 5}, {2, 1}, {7, 0}, none}, "2026-07-15T00:00:00Z", 3650 * day},
		{[]draw{{5, 0}, {6, 0}, {2, 1}, {7, 1}, none}, "2025-12-31T23:59:59.999999999Z", 0},
		{[]draw{{5, 0}, {6, 0}, {2, 1}, {7, 2}, none}, "2026-01-01T00:00:00.000000001Z", 0},
		{[]draw{{5, 0}, {6, 0}, {2, 1}, {7, 3}, none}, "2026-01-01T00:00:01Z", 0},
		{[]draw{{5, 0}, {6, 0}, {2, 1}, {7, 4}, none}, "2025-12-31T23:59:59Z", 0},
		{[]draw{{5, 0}, {6, 0}, {2, 1}, {7, 5}, none}, "2026-01-01T01:00:00Z", 0},
		{[]draw{{5, 0}, {6, 0}, {2, 1}, {7, 6}, none}, "2025-12-31T00:00:00Z", 0},
		{[]draw{{5, 0}, {6, 0}, {2, 1}, {7, 0}, {3, 0}, {112, 0}}, "2025-12-31T10:00:00-14:00", 0},
		{[]draw{{5, 0}, {6, 0}, {2, 1}, {7, 0}, {3, 0}, {112, 56}}, "2026-01-01T00:00:00Z", 0},
		{[]draw{{5, 0}, {6, 0}, {2, 1}, {7, 0}, {3, 0}, {112, 111}}, "2026-01-01T13:45:00+13:45", 0},
	} {
		r := Request{Grace: 77}
		scripted(t, func(m mutator) {
			if what := m.changeTime(&r); what != "the time" {
				t.Error(what)
			}
		}, test.draws...)
		if r.Time != test.time || r.Grace != test.grace {
			t.Errorf("%v: %s and %d, want %s and %d", test.draws, r.Time, r.Grace, test.time, test.grace)
		}
	}
}

// vector returns a request of the published vectors, to be changed.
func vector(t *testing.T, id string) *Request {
	t.Helper()
	v, ok := Find(vectorsOf(t), id)
	if !ok {
		t.Fatalf("no vector %s", id)
	}
	return &v.Request
}

// What is changed is chosen by what there is to change.
func TestChange(t *testing.T) {
	licence, list := *vector(t, "licence/accepted-p256"), *vector(t, "revocations/accepted-empty")
	payload, err := licseal.ParseUnverified(licence.Document)
	if err != nil {
		t.Fatal(err)
	}
	theTime := []draw{{5, 0}, {6, 0}, {2, 1}, {7, 0}, {3, 1}}
	theText := once(len(licence.Document), 0)
	signed := append(once(len(payload.Payload.Bytes()), 1), draw{2, 0})
	for _, test := range []struct {
		name  string
		r     Request
		draws []draw
		want  string
	}{
		{"a story before all else", Request{Story: &Story{Steps: []Step{{}}}, Trust: &Trust{}}, []draw{{1, 0}, {1, 0}, {6, 0}}, "the steps"},
		{"a chain before a list", Request{Trust: &Trust{}, Revocations: list.Revocations}, []draw{{1, 0}, {1, 0}, {6, 0}}, "the order of the chain"},
		{"a list", list, slices.Concat([]draw{{3, 1}, {3, 0}}, once(len(list.Revocations), 0)), "the list"},
		{"a list, and not it", list, append([]draw{{3, 0}, {6, 0}}, theTime...), "the time"},
		{"the time", licence, append([]draw{{6, 0}}, theTime...), "the time"},
		{"the payload", licence, append([]draw{{6, 1}, {2, 0}}, signed...), "the signed payload"},
		{"the text", licence, append([]draw{{6, 5}, {2, 1}}, theText...), "the text"},
	} {
		before := test.r
		scripted(t, func(m mutator) {
			if what := m.change(&test.r); what != test.want {
				t.Errorf("%s: %s, want %s", test.name, what, test.want)
			}
		}, test.draws...)
		if test.want == "the text" && string(test.r.Document) != "{"+string(before.Document) {
			t.Errorf("%s: %s", test.name, test.r.Document)
		}
	}
}

// sealedBy returns the seed of the key that made the last signature of a document over a
// message; 0 if none did.
func sealedBy(document []byte, message string) byte {
	const name = `"signature":"`
	digits := document[bytes.LastIndex(document, []byte(name))+len(name):]
	signature, err := hex.DecodeString(string(digits[:min(128, len(digits))]))
	if err != nil {
		return 0
	}
	for _, seed := range []byte{1, 2, rootSeed} {
		key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
		if ed25519.Verify(key.Public().(ed25519.PublicKey), []byte(message), signature) {
			return seed
		}
	}
	return 0
}

// What is signed is the canonical form of what is written, or what was there before.
func TestSeal(t *testing.T) {
	for _, test := range []struct{ payload, before, message string }{
		{`{ "a":1 }`, `{"b":2}`, `{"a":1}`},
		{`{ "a":1`, `{"b":2}`, `{"b":2}`},
	} {
		for _, context := range []string{"", "licseal-revocations-v1\n"} {
			for i := range 2 {
				scripted(t, func(m mutator) {
					got := m.seal(`{"x":`, context, []byte(test.payload), []byte(test.before))
					if seed := sealedBy(got, context+test.message); seed != byte(i+1) {
						t.Errorf("the signature is by %d: %s", seed, got)
					}
					end := `"version":"1"}}`
					if want := `{"x":` + test.payload + `,"signature":"`; !strings.HasPrefix(string(got), want) || !strings.HasSuffix(string(got), end) || len(got) != len(want)+128+len(`",`+end) {
						t.Errorf("%s", got)
					}
				}, draw{2, i})
			}
		}
	}
}

func TestChangeSigned(t *testing.T) {
	r := vector(t, "licence/accepted-p256")
	lic, err := licseal.ParseUnverified(r.Document)
	if err != nil {
		t.Fatal(err)
	}
	payload := string(lic.Payload.Bytes())
	scripted(t, func(m mutator) {
		what := m.changeSigned(r)
		if want := `{"license":{"payload":` + `{{` + payload[1:]; what != "the signed payload" || !strings.HasPrefix(string(r.Document), want) {
			t.Errorf("%s: %s", what, r.Document)
		}
		if seed := sealedBy(r.Document, payload); seed != 2 {
			t.Errorf("signed by %d", seed)
		}
	}, append(once(len(payload), 1), draw{2, 1})...)
	broken := Request{Document: []byte("{}")}
	scripted(t, func(m mutator) {
		if what := m.changeSigned(&broken); what != "the text" || string(broken.Document) != "{{}" {
			t.Errorf("%s: %s", what, broken.Document)
		}
	}, once(2, 1)...)
}

func TestChangeList(t *testing.T) {
	const start, sealed = `{"revocations":{"payload":`, `,"signature":"`
	for _, test := range []struct {
		list, after string // what follows the payload of after is another signature
		draws       []draw
		what        string
	}{
		{start + `{"a":1}` + sealed + `00","version":"1"}}`, start + `{"a":1}{`, slices.Concat([]draw{{3, 1}}, once(7, 7), []draw{{2, 0}}), "the signed list"},
		{start + `{"a":1}` + sealed + `00"}}`, "{" + start + `{"a":1}` + sealed + `00"}}`, append([]draw{{3, 0}}, once(len(start)+7+len(sealed)+4, 0)...), "the list"},
		{start + sealed + `00"}}`, start + "{", slices.Concat([]draw{{3, 2}}, once(0, 0), []draw{{2, 0}}), "the signed list"},
		{start + `{}}`, "{" + start + `{}}`, once(len(start)+3, 0), "the list"},
		{`{"x":1` + sealed, `{{"x":1` + sealed, once(6+len(sealed), 0), "the list"},
	} {
		r := Request{Revocations: []byte(test.list)}
		scripted(t, func(m mutator) {
			what := m.changeList(&r)
			got := string(r.Revocations)
			if what == "the signed list" {
				var payload string
				if payload, _, _ = strings.Cut(strings.TrimPrefix(test.list, start), sealed); sealedBy(r.Revocations, "licseal-revocations-v1\n"+payload) != 1 {
					t.Errorf("the signature is none: %s", got)
				}
				got, _, _ = strings.Cut(got, sealed)
			}
			if what != test.what || got != test.after {
				t.Errorf("%s: %s %s, want %s %s", test.list, what, got, test.what, test.after)
			}
		}, test.draws...)
	}
}

func TestChangeChain(t *testing.T) {
	seen := [][]byte{[]byte("x"), []byte("y")}
	order := "the order of the chain"
	for _, test := range []struct {
		draws []draw
		chain string
		seen  [][]byte
		what  string
	}{
		{[]draw{{3, 0}, {3, 2}, {6, 0}}, "c\nb\na", seen, order},
		{[]draw{{3, 1}, {3, 0}, {6, 1}}, "a\nc", seen, order},
		{[]draw{{3, 0}, {3, 2}, {6, 2}}, "c\na\nb\nc", seen, order},
		{[]draw{{3, 0}, {3, 0}, {6, 3}, {3, 0}}, "a\nb\nc", nil, order},
		{[]draw{{3, 0}, {3, 0}, {6, 3}, {3, 1}}, "a\nb\nc", seen[:1], order},
		{[]draw{{3, 0}, {3, 0}, {6, 3}, {3, 2}}, "a\nb\nc", seen, order},
		{slices.Concat([]draw{{3, 0}, {3, 0}, {6, 4}}, once(5, 0)), "{a\nb\nc", seen, "the chain"},
		{slices.Concat([]draw{{3, 0}, {3, 0}, {6, 5}}, once(5, 5)), "a\nb\nc{", seen, "the chain"},
	} {
		before := &Trust{Root: "r", Chain: []byte("a\nb\nc"), Seen: slices.Clone(seen)}
		r := Request{Trust: before}
		scripted(t, func(m mutator) {
			if what := m.changeChain(&r); what != test.what {
				t.Error(what)
			}
		}, test.draws...)
		got := fmt.Sprintf("%s %s %q", r.Trust.Root, r.Trust.Chain, r.Trust.Seen)
		if want := fmt.Sprintf("r %s %q", test.chain, test.seen); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if string(before.Chain) != "a\nb\nc" || len(before.Seen) != 2 {
			t.Error("what is changed is no copy")
		}
	}
	r := Request{Trust: &Trust{Chain: []byte("a"), Seen: seen[:1]}}
	scripted(t, func(m mutator) { m.changeChain(&r) }, draw{1, 0}, draw{1, 0}, draw{6, 3}, draw{2, 0})
	if len(r.Trust.Seen) > 0 {
		t.Errorf("%q is still remembered", r.Trust.Seen)
	}
	scripted(t, func(m mutator) { m.changeChain(&r) }, draw{1, 0}, draw{1, 0}, draw{6, 3}) // nothing was seen
}

func TestChangeStory(t *testing.T) {
	steps := func(names ...string) (all []Step) {
		for _, name := range names {
			all = append(all, Step{Root: name})
		}
		return all
	}
	for _, test := range []struct {
		draws []draw
		want  []Step
		what  string
	}{
		{[]draw{{3, 0}, {3, 2}, {6, 0}}, steps("c", "b", "a"), "the steps"},
		{[]draw{{3, 1}, {3, 0}, {6, 1}}, steps("a", "c"), "the steps"},
		{[]draw{{3, 0}, {3, 2}, {6, 2}}, steps("c", "a", "b", "c"), "the steps"},
		{[]draw{{3, 1}, {3, 2}, {6, 3}, {5, 0}, {6, 0}, {2, 1}, {7, 0}, {3, 1}}, slices.Insert(steps("a", "b", "c"), 1, Step{Time: "2026-01-01T00:00:00Z"}), "the steps"},
		{[]draw{{3, 1}, {3, 2}, {6, 4}}, steps("a", "b", "c"), "a step"}, // a step without a text
		{[]draw{{3, 1}, {3, 2}, {6, 5}}, steps("a", "b", "c"), "a step"},
	} {
		before := &Story{Root: "r", Steps: steps("a", "b", "c")}
		r := Request{Story: before}
		scripted(t, func(m mutator) {
			if what := m.changeStory(&r); what != test.what {
				t.Error(what)
			}
		}, test.draws...)
		if diff := cmp.Diff(&Story{Root: "r", Steps: test.want}, r.Story); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if diff := cmp.Diff(steps("a", "b", "c"), before.Steps); diff != "" {
			t.Errorf("what is changed is no copy:\n%s", diff)
		}
	}
	story := &Story{Steps: []Step{{Document: []byte("l")}, {Revocations: []byte("r")}, {Chain: []byte("c")}}}
	for i, want := range []Step{{Document: []byte("{l")}, {Revocations: []byte("{r")}, {Chain: []byte("{c")}} {
		r := Request{Story: story}
		scripted(t, func(m mutator) { m.changeStory(&r) }, append([]draw{{3, i}, {3, 0}, {6, 4}}, once(1, 0)...)...)
		if diff := cmp.Diff(want, r.Story.Steps[i]); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	}
}

func TestSealTrust(t *testing.T) {
	const start, middle, end = `{"trust":{"payload":`, `,"signatures":[{"key":"k","signature":"`, `"}],"version":"1"}}`
	document := func(payload string) string { return start + payload + middle + strings.Repeat("0", 128) + end }
	for _, test := range []struct {
		name, before string
		draws        []draw
		payload      string // what is signed; "": the text is changed, as text
		signed       string
	}{
		{"a payload", document(`{"a":1}`), append([]draw{{4, 1}}, once(7, 1)...), `{{"a":1}`, `{{"a":1}`},
		{"a payload with a space", document(`{"a":1}`), []draw{{4, 3}, {3, 0}, {8, 1}, {10, 8}, {len(pieces), slices.Index(pieces, " ")}, {3, 1}}, `{ "a":1}`, `{"a":1}`},
		{"an empty payload", document(""), append([]draw{{4, 1}}, once(0, 0)...), `{`, `{`},
		{"the text", document(`{"a":1}`), append([]draw{{4, 0}}, once(len(document(`{"a":1}`)), 0)...), "", ""},
		{"another document", "x" + document(`{}`), once(len(document(`{}`))+1, 0), "", ""},
		{"no signatures", start + `{"signature":"`, once(len(start)+14, 0), "", ""},
		{"a signature before the signatures", start + `{"signature":""}` + `,"signatures":[`, once(len(start)+16+15, 0), "", ""},
	} {
		scripted(t, func(m mutator) {
			got := string(m.sealTrust([]byte(test.before)))
			if test.payload == "" {
				if got != "{"+test.before {
					t.Errorf("%s: %s", test.name, got)
				}
				return
			}
			if !strings.HasPrefix(got, start+test.payload+middle) || !strings.HasSuffix(got, end) || len(got) != len(document(test.payload)) {
				t.Errorf("%s: %s", test.name, got)
			}
			if sealedBy([]byte(got), "licseal-trust-v1\n"+test.signed) != rootSeed {
				t.Errorf("%s: not signed by the root: %s", test.name, got)
			}
		}, test.draws...)
	}
}

// small returns a vector whose texts have so many bytes.
func small(id string, document, list int) Vector {
	return Vector{Part: "licence", Group: "g", Request: Request{ID: id, Keys: "none", Document: bytes.Repeat([]byte("x"), document), Revocations: bytes.Repeat([]byte("x"), list)}}
}

// Vectors that are large, or too long by definition, are not changed.
func TestMutantsOfSmallVectors(t *testing.T) {
	tooLong := small("too-long", 5, 5)
	tooLong.Group = "too-long"
	vectors := []Vector{small("large", 20000, 0), small("large-list", 0, 20000), small("both", 10000, 10000), small("small", 9999, 10000), tooLong}
	for i, v := range slices.Collect(Mutants(vectors, 5, 40)) {
		if want := fmt.Sprintf("mutant/5/%d", i); v.Request.ID != want || v.Group != "mutants" || v.Part != "licence" || !strings.HasSuffix(v.Why, " of small") || v.Expect.Reason != "usage" || v.Expect.ID != "" {
			t.Errorf("%s: %+v", want, v)
		}
	}
	if all := slices.Collect(Mutants(vectors[:3], 5, 40)); len(all) != 0 {
		t.Errorf("%d mutants of nothing", len(all))
	}
	for range Mutants(vectors, 5, 40) {
		break // which must not go on
	}
}

func TestFind(t *testing.T) {
	vectors := []Vector{small("licence/a", 10, 0), small("licence/b", 10, 0)}
	all := slices.Collect(WithMutants(vectors, 3, 4))
	if len(all) != 6 {
		t.Fatalf("%d", len(all))
	}
	for _, v := range all {
		got, ok := Find(vectors, v.Request.ID)
		if diff := cmp.Diff(v, got); diff != "" || !ok {
			t.Errorf("%s: %v -want +got\n%s", v.Request.ID, ok, diff)
		}
	}
	for _, id := range []string{"licence/c", "", "mutant/", "mutant/3/-1", "mutant/3/x", "mutant/x/3", "mutant/3", "mutant/3/04", "mutant/3/4x", "mutant/-3/4"} {
		if _, ok := Find(vectors, id); ok {
			t.Errorf("%q is found", id)
		}
	}
	if _, ok := Find(vectors, "mutant/3/9223372036854775807"); !ok {
		t.Error("the last mutant is not found") // at once
	}
	if _, ok := Find(nil, "mutant/3/0"); ok {
		t.Error("there is a mutant of nothing")
	}
}
