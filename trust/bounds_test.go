package trust_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/trust"
)

// The largest of everything is accepted, and one more is refused.
func TestBounds(t *testing.T) {
	first := &draft{generation: 1, threshold: 1, roots: pairs(1, trust.MaxRoots), keys: pairs(31, trust.MaxKeys), signers: []pair{1}}
	if _, err := trust.Open([]byte(first.String()), first.digest()); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*draft){
		"no keys":     func(d *draft) { d.keys = nil },
		"generations": func(d *draft) { d.generation, d.previous = trust.MaxGenerations, strings.Repeat("0", 64) },
		"no issuers":  func(d *draft) { d.payload = replaced(`"licences@vendor.example"`, "") },
		"issuers": func(d *draft) {
			d.payload = replaced(`"licences@vendor.example"`, strings.Repeat(`"i",`, 15)+`"i"`)
		},
		"issuer": func(d *draft) { d.payload = replaced(`licences@vendor.example`, strings.Repeat("~", 200)) },
		"name": func(d *draft) {
			d.payload = replaced(`"}],"threshold"`, `","name":"`+strings.Repeat("n", 200)+`"}],"threshold"`)
		},
	} {
		d := *first
		change(&d)
		if _, err := trust.ParseUnverified([]byte(d.String())); err != nil {
			t.Errorf("%s: as many as allowed: %v", name, err)
		}
	}
	for name, change := range map[string]func(*draft){
		"roots":       func(d *draft) { d.roots = pairs(1, trust.MaxRoots+1) },
		"keys":        func(d *draft) { d.keys = pairs(31, trust.MaxKeys+1) },
		"generations": func(d *draft) { d.generation, d.previous = trust.MaxGenerations+1, strings.Repeat("0", 64) },
		"issuers": func(d *draft) {
			d.payload = replaced(`"licences@vendor.example"`, strings.Repeat(`"i",`, 16)+`"i"`)
		},
		"issuer":  func(d *draft) { d.payload = replaced(`licences@vendor.example`, strings.Repeat("i", 201)) },
		"DEL":     func(d *draft) { d.payload = replaced(`licences@vendor.example`, "\x7f") },
		"a blank": func(d *draft) { d.payload = replaced(`licences@vendor.example`, "licences @vendor.example") },
		"a line end in a key": func(d *draft) {
			d.payload = replaced(pair(1).text(), pair(1).text()[:40]+`\n`+pair(1).text()[40:])
		},
		"name": func(d *draft) {
			d.payload = replaced(`"}],"threshold"`, `","name":"`+strings.Repeat("n", 201)+`"}],"threshold"`)
		},
	} {
		d := *first
		change(&d)
		_, err := trust.ParseUnverified([]byte(d.String()))
		if parse := (*licseal.ParseError)(nil); !errors.As(err, &parse) || parse.Class != licseal.ClassTrust {
			t.Errorf("%s: one too many: %v", name, err)
		}
	}
}

func pairs(from, n int) []pair {
	var all []pair
	for i := range n {
		all = append(all, pair(from+i))
	}
	return all
}

func TestSizes(t *testing.T) {
	chain := goodChain(1)
	full := chain[0].String() + strings.Repeat(" ", trust.MaxBytes-len(chain[0].String()))
	if _, err := trust.Open([]byte(full), chain[0].digest()); err != nil {
		t.Error(err)
	}
	var parse *licseal.ParseError
	if _, err := trust.Open([]byte(full+" "), chain[0].digest()); !errors.As(err, &parse) || parse.Class != licseal.ClassTooLarge {
		t.Errorf("a document that is too large: %v", err)
	}
	if _, err := trust.Open(bytes.Repeat([]byte{' '}, trust.MaxChainBytes+1), chain[0].digest()); reasonOf(err) != trust.TooLong {
		t.Errorf("a chain that is too large: %v", err)
	}
	if _, err := trust.Open(bytes.Repeat([]byte{' '}, trust.MaxChainBytes), chain[0].digest()); reasonOf(err) == trust.TooLong {
		t.Errorf("a chain of %d bytes: %v", trust.MaxChainBytes, err)
	}
	if _, err := opened(t, chain).Extend(bytes.Repeat([]byte{'\n'}, trust.MaxChainBytes+1)); reasonOf(err) != trust.TooLong {
		t.Errorf("a chain that is too large: %v", err)
	}
}

// A chain cannot name ever new keys: a verifier remembers all of them.
func TestChainKeys(t *testing.T) {
	if testenv.Rounds(0, 1) == 0 {
		t.Skip("a chain of 4096 keys takes long to make")
	}
	var chain []*draft
	for g := 1; g <= 42; g++ {
		d := &draft{generation: g, issued: g, threshold: 1, roots: []pair{1}, signers: []pair{1}, payload: func(text string) string {
			return strings.Replace(text, `"keys":[]`, `"keys":[`+manyKeys(g)+`]`, 1)
		}}
		if g > 1 {
			d.previous = chain[g-2].digest()
		}
		chain = append(chain, d)
	}
	if _, err := trust.Open([]byte(lines(chain[:40])), chain[0].digest()); err != nil {
		t.Error(err)
	}
	if _, err := trust.Open([]byte(lines(chain)), chain[0].digest()); reasonOf(err) != trust.TooLong {
		t.Errorf("4201 keys: %v", err)
	}
}

// manyKeys returns 100 keys of a generation, as text. Any 32 bytes are an Ed25519 key.
func manyKeys(generation int) string {
	var all []string
	for i := range 100 {
		key := keyOf(fmt.Appendf(nil, "%016d%016d", generation, i))
		all = append(all, `{"issuers":[],"key":"`+key+`"}`)
	}
	return strings.Join(all, ",")
}
