package trust_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/trust"
)

// contents returns what a draft says, to be made by the package.
func contents(d *draft) *trust.Contents {
	c := &trust.Contents{Generation: int64(d.generation), Issued: start.AddDate(0, 0, d.issued), Previous: d.previous, Threshold: d.threshold}
	for _, p := range d.roots {
		c.Roots = append(c.Roots, trust.Root{Key: p.signer().Public()})
	}
	for _, p := range d.keys {
		c.Keys = append(c.Keys, licseal.TrustedKey{Key: p.signer().Public(), Principals: []string{"licences@vendor.example"}})
	}
	return c
}

func signedBy(t *testing.T, prev, d *trust.Document, signers ...pair) *trust.Document {
	t.Helper()
	for _, p := range signers {
		var err error
		if d, err = trust.Sign(prev, d, p.signer()); err != nil {
			t.Fatalf("key %d: %v", p, err)
		}
	}
	return d
}

// Documents that the package makes and signs are those that the tests write, whatever
// the order of signers; thresholds 1 to 5 of 1 to 7 roots, Ed25519 and P-256 mixed.
func TestSign(t *testing.T) {
	most := testenv.Rounds(3, 7)
	for n := 1; n <= most; n++ {
		for threshold := 1; threshold <= min(n, 5); threshold++ {
			var roots []pair
			for p := range pair(n) {
				roots = append(roots, p+1)
			}
			first := &draft{generation: 1, threshold: threshold, roots: roots, keys: []pair{31, 33}}
			second := &draft{generation: 2, issued: 1, previous: first.digest(), threshold: threshold, roots: roots, keys: []pair{33}}
			var prev *trust.Document
			var text string
			for _, d := range []*draft{first, second} {
				made, err := trust.New(contents(d))
				if err != nil || made.Digest() != d.digest() {
					t.Fatalf("%d of %d: another document: %v", threshold, n, err)
				}
				signers := slices.Clone(roots[n-threshold:])
				if _, err := trust.Combine(prev, signedBy(t, prev, made, signers[1:]...)); err != nil {
					t.Fatal(err)
				}
				if threshold > 1 {
					few := signedBy(t, prev, made, signers[1:]...)
					if err := trust.Step(prev, few); reasonOf(err) != trust.Threshold {
						t.Errorf("%d of %d: a signature too few: %v", threshold, n, err)
					}
				}
				slices.Reverse(signers)
				made = signedBy(t, prev, made, signers...)
				text += made.String() + "\n"
				prev = made
			}
			if c, err := trust.Open([]byte(text), first.digest()); err != nil || c.Generation() != 2 {
				t.Errorf("%d of %d: %v", threshold, n, err)
			}
		}
	}
}

// Sign adds no signature that a verifier would refuse.
func TestSignRefuses(t *testing.T) {
	chain := goodChain(2)
	first := opened(t, chain[:1]).Newest()
	good := contents(chain[1])
	unsigned := func(change func(*trust.Contents)) *trust.Document {
		c := *good
		change(&c)
		d, err := trust.New(&c)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	same := unsigned(func(*trust.Contents) {})
	for name, test := range map[string]struct {
		prev, next *trust.Document
		signer     pair
		want       trust.Reason
	}{
		"a key that is no root":    {first, same, 31, trust.Foreign},
		"no document before":       {nil, same, 1, trust.Gap},
		"the document itself":      {first, first, 1, trust.Rollback},
		"another document before":  {first, unsigned(func(c *trust.Contents) { c.Previous = strings.Repeat("0", 64) }), 1, trust.Previous},
		"not issued later":         {first, unsigned(func(c *trust.Contents) { c.Issued = first.Contents().Issued }), 1, trust.Issued},
		"a generation is left out": {first, unsigned(func(c *trust.Contents) { c.Generation = 3 }), 1, trust.Gap},
		"a root that signs licences": {first, unsigned(func(c *trust.Contents) {
			c.Keys = append(c.Keys, licseal.TrustedKey{Key: pair(1).signer().Public(), Principals: []string{}})
		}), 1, trust.Role},
		"a signature that is no good": {first, wrongly(t, chain[1]), 2, trust.Wrong},
	} {
		if d, err := trust.Sign(test.prev, test.next, test.signer.signer()); reasonOf(err) != test.want {
			t.Errorf("%s: got %v, %v, want %s", name, d, err, test.want)
		}
	}
	if _, err := trust.Sign(first, same, nil); err == nil {
		t.Error("signed without a key")
	}
	twice := signedBy(t, first, same, 1, 1, 2)
	if got := twice.Signers(); len(got) != 2 {
		t.Errorf("signed by %v", got)
	}
}

// wrongly returns a document with the signature of root 1 over something else.
func wrongly(t *testing.T, d *draft) *trust.Document {
	t.Helper()
	bad := *d
	bad.signers, bad.broken = []pair{1}, 1
	parsed, err := trust.ParseUnverified([]byte(bad.String()))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// Combine joins the signatures of copies, and of no other document.
func TestCombine(t *testing.T) {
	chain := goodChain(2)
	first := opened(t, chain[:1]).Newest()
	d, err := trust.New(contents(chain[1]))
	if err != nil {
		t.Fatal(err)
	}
	one, two := signedBy(t, first, d, 1), signedBy(t, first, d, 1, 2)
	joined, err := trust.Combine(first, one, signedBy(t, first, d, 3), two)
	if err != nil || len(joined.Signers()) != 3 || trust.Step(first, joined) != nil {
		t.Errorf("got %v, %v", joined, err)
	}
	if joined, err := trust.Combine(first, signedBy(t, first, d, 2), signedBy(t, first, d, 1)); err != nil || joined.String() != chain[1].signedText() {
		t.Errorf("got %v, %v", joined, err)
	}
	other := contents(chain[1])
	other.Issued = other.Issued.AddDate(0, 0, 1)
	another, err := trust.New(other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trust.Combine(first, d, another); reasonOf(err) != trust.Fork {
		t.Errorf("copies of two documents: %v", err)
	}
	if _, err := trust.Combine(first, wrongly(t, chain[1])); reasonOf(err) != trust.Wrong {
		t.Errorf("a copy with a bad signature: %v", err)
	}
	if _, err := trust.Combine(first); err == nil {
		t.Error("no copies are joined")
	}
}

// signedText returns the document with its signatures sorted by key, as the package
// writes it.
func (d *draft) signedText() string {
	sorted := *d
	sorted.signers = slices.Clone(d.signers)
	slices.SortFunc(sorted.signers, func(a, b pair) int { return strings.Compare(a.id(), b.id()) })
	return sorted.String()
}

// A signature without the context line, or with another one, is not one of a trust
// document: such as one of a licence, or of a revocation list.
func TestContext(t *testing.T) {
	for _, context := range []string{noContext, "licseal-revocations-v1\n", "licseal-trust-v1", "licseal-trust-v1\r\n"} {
		d := goodChain(1)[0]
		d.context = context
		if _, err := trust.Open([]byte(d.String()), d.digest()); reasonOf(err) != trust.Wrong {
			t.Errorf("signed with %q: %v", context, err)
		}
	}
}

// The next document is issued when it is made, but always after the one before it.
func TestNextIsIssuedLater(t *testing.T) {
	d, err := trust.New(contents(goodChain(1)[0]))
	if err != nil {
		t.Fatal(err)
	}
	before := d.Contents().Issued
	for issued, want := range map[time.Time]time.Time{
		before.Add(-time.Hour):                before.Add(time.Second),
		before:                                before.Add(time.Second),
		before.Add(time.Second):               before.Add(time.Second),
		before.Add(time.Hour + time.Second/2): before.Add(time.Hour),
		before.Add(time.Hour).In(time.FixedZone("", 3600)): before.Add(time.Hour),
	} {
		next := d.Next(issued)
		if next.Generation != 2 || next.Previous != d.Digest() {
			t.Errorf("it is generation %d after %s", next.Generation, next.Previous)
		}
		if got := next.Issued; !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("at %v: issued at %v, want %v", issued, got, want)
		}
	}
}
