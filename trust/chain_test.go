package trust_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/trust"
)

// goodChain returns a chain in which roots 1 to 3, two of them required, trust one more
// key in each generation: 31, 32, …
func goodChain(generations int) []*draft {
	var chain []*draft
	for g := 1; g <= generations; g++ {
		d := &draft{generation: g, issued: g * 10, threshold: 2, roots: []pair{1, 2, 3}, signers: []pair{1, 2}}
		for i := range g {
			d.keys = append(d.keys, pair(31+i))
		}
		if g > 1 {
			d.previous = chain[g-2].digest()
		}
		chain = append(chain, d)
	}
	return chain
}

func reasonOf(err error) trust.Reason {
	var refused *trust.Error
	if errors.As(err, &refused) {
		return refused.Reason
	}
	return ""
}

// An older document after newer ones hides them from nobody: such a chain is refused.
func TestOlderDocumentAtTheEnd(t *testing.T) {
	chain := goodChain(2)
	hidden := []byte(lines([]*draft{chain[0], chain[1], chain[0]}))
	if c, err := trust.Open(hidden, chain[0].digest()); reasonOf(err) != trust.Rollback {
		t.Errorf("generations 1, 2, 1 are opened as %v, %v", c, err)
	}
	c, err := trust.Open([]byte(lines(chain[:1])), chain[0].digest())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Extend(hidden); reasonOf(err) != trust.Rollback {
		t.Errorf("generation 1 is extended by 1, 2, 1: %v", err)
	}
}

// A verifier that knows the beginning of a chain gets to where one arrives that opens
// it, one that knows more stays where it is, and the text before what is known is not
// read.
func TestExtend(t *testing.T) {
	chain := goodChain(5)
	whole := []byte(lines(chain))
	for n := 1; n <= len(chain); n++ {
		c, err := trust.Open([]byte(lines(chain[:n])), chain[0].digest())
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range [][]byte{whole, []byte(lines(chain[min(n, 4):])), []byte("not read\n" + lines(chain[n-1:]))} {
			if n == 1 && strings.HasPrefix(string(text), "not") {
				continue // more documents than generations
			}
			got, err := c.Extend(text)
			if err != nil || got.Generation() != 5 || got.Anchor() != chain[0].digest() || len(got.Trusted()) != 5 {
				t.Errorf("from generation %d: %v", n, err)
			}
		}
		older, err := c.Extend([]byte(lines(chain[:1])))
		if err != nil || older != c {
			t.Errorf("from generation %d, an old chain: %v", n, err)
		}
	}
}

// A verifier that knows a chain does not skip a document that the text lacks.
func TestExtendWithAGap(t *testing.T) {
	chain := goodChain(5)
	c, err := trust.Open([]byte(lines(chain[:3])), chain[0].digest())
	if err != nil {
		t.Fatal(err)
	}
	for _, without := range [][]*draft{
		{chain[0], chain[1], chain[3]},
		{chain[0], chain[1], chain[3], chain[4]},
		{chain[0], chain[1], chain[2], chain[4]},
		{chain[4]},
	} {
		if got, err := c.Extend([]byte(lines(without))); reasonOf(err) != trust.Gap {
			t.Errorf("extended to %v, %v", got, err)
		}
	}
}

// A verifier trusts the keys of the newest document only, each for the time given there.
func TestTrusts(t *testing.T) {
	chain := goodChain(2)
	chain[1].keys = []pair{32, 34}
	chain[1].payload = func(text string) string {
		return strings.Replace(text, `{"issuers"`, `{"before":"`+day(40)+`","from":"`+day(20)+`","issuers"`, 1)
	}
	c, err := trust.Open([]byte(lines(chain)), chain[0].digest())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		key  pair
		day  int
		want bool
	}{
		{31, 30, false}, {1, 30, false},
		{32, 19, false}, {32, 20, true}, {32, 39, true}, {32, 40, false},
		{34, 1, true}, {34, 1000, true},
	} {
		if got := c.Trusts(test.key.id(), start.AddDate(0, 0, test.day)); got != test.want {
			t.Errorf("key %d on day %d: trusted is %v", test.key, test.day, got)
		}
	}
	trusted := c.Trusted()
	if len(trusted) != 2 || !trusted[0].ValidAfter.Equal(start.AddDate(0, 0, 20)) || !slices.Equal(trusted[1].Principals, []string{"licences@vendor.example"}) {
		t.Errorf("got %+v", trusted)
	}
}

// An error names the line of the chain, or the generation of the document.
func TestChainErrors(t *testing.T) {
	chain := goodChain(3)
	line := func(n int) string { return chain[n-1].String() + "\n" }
	first := opened(t, chain[:1])
	unknown := *chain[1]
	unknown.payload = replaced(`"generation"`, `"other":1,"generation"`)
	for _, test := range []struct {
		text string
		open bool // else, generation 1 is known
		want string
	}{
		{"x\n", true, "line 1 of the chain: 1:1: "},
		{line(1) + "x\n", true, "line 2 of the chain: 1:1: "},
		{line(1) + unknown.String() + "\n", true, "line 2 of the chain: 1:30 /trust/payload/other: a trust document has no such member"},
		{line(1) + line(2) + "x\n", false, "line 3 of the chain: 1:1: "},
		{line(1) + "x\n" + line(3), false, "line 2 of the chain: 1:1: "},
		{line(1) + line(2) + line(2), false, "generation 2: it comes after generation 2 in the chain"},
		{line(1) + line(3) + line(2), false, "generation 2: it comes after generation 3 in the chain"},
		{"x\n" + line(1) + line(2), false, "generation 1: 1 documents come before it in the chain"},
	} {
		var err error
		if test.open {
			_, err = trust.Open([]byte(test.text), chain[0].digest())
		} else {
			_, err = first.Extend([]byte(test.text))
		}
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

// A single step refuses a key that has the other role in the document before.
func TestStepKeepsRoles(t *testing.T) {
	chain := goodChain(2)
	chain[1].keys = []pair{32, 3}
	chain[1].roots = []pair{1, 2}
	documents := make([]*trust.Document, len(chain))
	for i, d := range chain {
		var err error
		if documents[i], err = trust.ParseUnverified([]byte(d.String())); err != nil {
			t.Fatal(err)
		}
	}
	if err := trust.Step(documents[0], documents[1]); reasonOf(err) != trust.Role {
		t.Errorf("a root becomes a key: %v", err)
	}
}

// What a document says is read back the same, however many issuers a key has.
func TestContentsAreReadBack(t *testing.T) {
	for _, issuers := range [][]string{{}, {"a"}, {"a", "b"}, {"a", "b", "c@vendor.example"}} {
		c := contents(goodChain(1)[0])
		c.Keys[0].Principals, c.Keys[0].Name, c.Keys[0].ValidAfter, c.Keys[0].ValidBefore = issuers, "Ä", start, start.AddDate(1, 0, 0)
		d, err := trust.New(c)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, d.Contents()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
