package trust

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/licseal/licseal"
)

// A chain may name 4096 different keys, roots included, and no more: a verifier remembers
// all of them.
func TestMostChainKeys(t *testing.T) {
	root := ed25519.NewKeyFromSeed(slices.Repeat([]byte{1}, 32))
	contents := &Contents{Generation: 1, Issued: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Threshold: 1, Roots: []Root{{Key: root.Public()}}}
	first := signed(t, nil, contents, root)
	next := first.Next(contents.Issued)
	next.Keys = []licseal.TrustedKey{{Key: ed25519.NewKeyFromSeed(slices.Repeat([]byte{2}, 32)).Public(), Principals: []string{}}}
	second := signed(t, first, next, root)
	for known, refused := range map[int]bool{MaxChainKeys - 1: false, MaxChainKeys: true} {
		c, err := Anchor(first)
		if err != nil {
			t.Fatal(err)
		}
		for i := len(c.roles); i < known; i++ {
			c.roles[fmt.Sprint("SHA256:", i)] = false
		}
		var e *Error
		if _, err := c.Extend([]byte(second.String())); (err != nil) != refused || refused && (!errors.As(err, &e) || e.Reason != TooLong) {
			t.Errorf("one key more than %d: %v", known, err)
		}
	}
}

func signed(t *testing.T, prev *Document, c *Contents, root ed25519.PrivateKey) *Document {
	t.Helper()
	d, err := New(c)
	if err == nil {
		d, err = Sign(prev, d, root)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}
