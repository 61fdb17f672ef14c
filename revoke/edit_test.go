package revoke_test

import (
	"errors"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/revoke"
)

func editor() *revoke.Editor {
	return &revoke.Editor{Key: signer1, Issued: newYear.Add(day), NextUpdate: newYear.Add(20 * day)}
}

func keep(*revoke.Contents) error { return nil }

// An edited list replaces the old one, with the change and nothing else changed.
func TestEdit(t *testing.T) {
	old := contents(t, 3, newYear)
	if err := old.RevokeLicense("LS-0001", "refunded"); err != nil {
		t.Fatal(err)
	}
	text := sealed(t, old, signer1)
	doc, err := editor().Edit(text, func(c *revoke.Contents) error {
		return c.Add(revoke.Addition{Licenses: []string{"LS-0002"}, Keys: []string{id2}})
	})
	if err != nil {
		t.Fatal(err)
	}
	next := mustVerify(t, []byte(doc.String()))
	if err := mustVerify(t, text).Seen().Check(next); err != nil {
		t.Error(err)
	}
	c := next.Contents()
	if c.Generation != 4 || !c.Issued.Equal(newYear.Add(day)) || !c.NextUpdate.Equal(newYear.Add(20*day)) || c.Licenses() != 2 || len(c.Keys()) != 1 {
		t.Errorf("got %+v", c)
	}
	for _, id := range []string{"LS-0001", "LS-0002"} {
		if _, revoked := c.License(id); !revoked {
			t.Errorf("%s is not on the list", id)
		}
	}
}

// Edit writes no list that a verifier with the old one would refuse.
func TestEditRefuses(t *testing.T) {
	text := sealed(t, contents(t, 3, newYear), signer1)
	failed := errors.New("failed")
	for _, tt := range []struct {
		name   string
		text   []byte
		editor func(*revoke.Editor)
		change func(*revoke.Contents) error
		want   revoke.Reason
	}{
		{"signed by another key", sealed(t, contents(t, 3, newYear), signer2), func(*revoke.Editor) {}, keep, revoke.Forged},
		{"to be signed by a retired key", text, func(e *revoke.Editor) {
			e.Key, e.Trusted, e.Issued, e.NextUpdate = signer2, trusted, midYear, midYear.Add(day)
		}, keep, revoke.Forged},
		{"to be signed by a key that no verifier trusts", text, func(e *revoke.Editor) { e.Key, e.Trusted = signer2, trusted[:1] }, keep, revoke.Forged},
		{"revokes its signer", text, func(*revoke.Editor) {}, func(c *revoke.Contents) error { return c.RevokeKey(revoke.Key{ID: id1}) }, revoke.SignerRevoked},
		{"clears its signer", sealed(t, contents(t, 3, newYear, revoke.Key{ID: id2}), signer1), func(e *revoke.Editor) { e.Key, e.Trusted = signer2, trusted },
			func(c *revoke.Contents) error { return c.Remove(nil, []string{id2}) }, revoke.SignerRevoked},
		{"with a clock that was set back", text, func(e *revoke.Editor) { e.Issued = newYear.Add(-time.Second) }, keep, revoke.Replayed},
		{"the same generation", text, func(*revoke.Editor) {}, func(c *revoke.Contents) error { c.Generation = 3; return nil }, revoke.Forked},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := editor()
			tt.editor(e)
			if doc, err := e.Edit(tt.text, tt.change); doc != nil || reasonOf(err) != tt.want {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if doc, err := editor().Edit(text, func(*revoke.Contents) error { return failed }); doc != nil || !errors.Is(err, failed) {
		t.Errorf("the change failed: %v", err)
	}
	if _, err := editor().Edit([]byte("{}"), keep); !errors.As(err, new(*licseal.ParseError)) {
		t.Errorf("not a list: %v", err)
	}
}

// What is on a list keeps its reason unless another is given, and a key is never
// revoked from a later instant than before.
func TestAdd(t *testing.T) {
	lost, none := "lost", ""
	add := func(c *revoke.Contents, a revoke.Addition) {
		t.Helper()
		if err := c.Add(a); err != nil {
			t.Fatal(err)
		}
	}
	c := contents(t, 1, newYear)
	add(c, revoke.Addition{Licenses: []string{"a", "b", "c"}, Keys: []string{id1}, From: newYear, Reason: &lost})
	add(c, revoke.Addition{Licenses: []string{"b"}, Keys: []string{id1}, From: newYear})
	add(c, revoke.Addition{Licenses: []string{"c", "d"}, Reason: &none})
	for id, want := range map[string]string{"a": "lost", "b": "lost", "c": "", "d": ""} {
		if reason, revoked := c.License(id); !revoked || reason != want {
			t.Errorf("%s: revoked %v, %q", id, revoked, reason)
		}
	}
	err := c.Add(revoke.Addition{Keys: []string{id1}, From: newYear.Add(time.Second)})
	if weaker, ok := errors.AsType[*revoke.WeakerError](err); !ok || weaker.Key.Reason != "lost" {
		t.Errorf("revoked from later on: %v", err)
	}
	add(c, revoke.Addition{Keys: []string{id1}})
	if key, _ := c.Key(id1); !key.From.IsZero() || key.Reason != "lost" {
		t.Errorf("got %+v", key)
	}
	for _, a := range []revoke.Addition{{Licenses: []string{""}}, {Keys: []string{"SHA256:no"}}} {
		if err := c.Add(a); !errors.As(err, new(*revoke.ValueError)) {
			t.Errorf("%+v: %v", a, err)
		}
	}
}

func TestRemove(t *testing.T) {
	c := contents(t, 1, newYear, revoke.Key{ID: id1})
	if err := c.RevokeLicense("a", ""); err != nil {
		t.Fatal(err)
	}
	if err := c.Remove([]string{"a"}, []string{id1}); err != nil || c.Licenses() != 0 || len(c.Keys()) != 0 {
		t.Errorf("got %v, %+v", err, c)
	}
	if c.Remove([]string{"a"}, nil) == nil || c.Remove(nil, []string{id1}) == nil {
		t.Error("what is not on the list is taken off it")
	}
}
