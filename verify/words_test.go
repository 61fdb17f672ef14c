package verify_test

import (
	"crypto/ed25519"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

// What is remembered and has been damaged is an error, and changes nothing: not even a good
// chain takes its place.
func TestDamagedMemory(t *testing.T) {
	lines := chainText(t, []generation{{issued: 10}, {issued: 20}})
	chain := openChain(t, lines...)
	origin, err := trust.ReadOrigin(lines[0])
	if err != nil {
		t.Fatal(err)
	}
	damaged := chain.Seen()
	damaged.Digests = damaged.Digests[1:]
	m := verify.Memory{Trust: damaged}
	if err := m.Follow(chain); err == nil {
		t.Error("a chain is followed")
	}
	if c, err := m.Advance(origin, nil, nil); c != nil || err == nil {
		t.Errorf("advanced to %v, %v", c, err)
	}
	if diff := cmp.Diff(damaged, m.Trust); diff != "" {
		t.Errorf("it remembers something else: %s", diff)
	}
}

// An origin that is not the one of the chain that is remembered leads nowhere, and neither
// does a current chain of another one, or no chain where only a digest is known.
func TestAdvanceFromAnotherOrigin(t *testing.T) {
	lines := chainText(t, []generation{{issued: 10}, {issued: 20}})
	other := chainText(t, []generation{{issued: 11}, {issued: 21}, {issued: 31}})
	chain, foreign := openChain(t, lines...), openChain(t, other...)
	must := func(o *trust.Origin, err error) *trust.Origin {
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	for name, test := range map[string]struct {
		origin        *trust.Origin
		seen, current *trust.Chain
		want          trust.Reason
	}{
		"another origin":          {must(trust.ReadOrigin(other[0])), chain, nil, trust.WrongAnchor},
		"another current chain":   {must(trust.ReadOrigin(lines[0])), chain, foreign, trust.WrongAnchor},
		"only a digest is known":  {must(trust.DigestOrigin(chain.Anchor())), nil, nil, trust.Gap},
		"a digest of another one": {must(trust.DigestOrigin(foreign.Anchor())), chain, nil, trust.WrongAnchor},
	} {
		var m verify.Memory
		if test.seen != nil {
			if err := m.Follow(test.seen); err != nil {
				t.Fatal(err)
			}
		}
		before := m
		var refused *trust.Error
		if c, err := m.Advance(test.origin, test.current, nil); c != nil || !errors.As(err, &refused) || refused.Reason != test.want {
			t.Errorf("%s: %v, %v", name, c, err)
		}
		if diff := cmp.Diff(before, m); diff != "" {
			t.Errorf("%s: it remembers something else: %s", name, diff)
		}
	}
}

// Refusals say what was found and what is required.
func TestWordsOfClockAndIssuer(t *testing.T) {
	key := licseal.TrustedKey{Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)).Public()}
	id := licseal.KeyID(key.Key)
	named := key
	named.Principals = []string{"a@vendor.example", "b@vendor.example"}
	at := func(day int) time.Time { return time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC) }
	for want, err := range map[string]error{
		"the clock says 2026-01-01T00:00:00Z, and the last time seen is 2026-01-05T00:00:00Z: the clock is wrong, or was set back": &verify.ClockError{Time: at(1), Floor: at(5), Known: verify.KnownFromMemory},
		`the issuer must be "x@y", but the trusted key ` + id + ` names no issuer`:                                                 &verify.IssuerError{Issuer: "x@y", Key: key},
		`the issuer must be "x@y", but the trusted key ` + id + ` belongs to a@vendor.example,b@vendor.example`:                    &verify.IssuerError{Issuer: "x@y", Key: named},
	} {
		if err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	}
}

// A judge of documents without a signature says which fields it judges by, and a report of
// a stage that was not reached says nothing.
func TestUnverifiedJudge(t *testing.T) {
	roles := licseal.Roles{ID: "/serial", NotBefore: "/from", NotAfter: "/until"}
	judge, err := verify.NewUnverified(&verify.Options{Roles: roles})
	if err != nil {
		t.Fatal(err)
	}
	if got := judge.Roles(); got.ID != roles.ID || got.NotBefore != roles.NotBefore || got.NotAfter != roles.NotAfter {
		t.Errorf("the roles are %+v", got)
	}
	report := judge.Report([]byte("no licence"))
	if outcome, ok := report.Outcome(verify.StagePeriod); ok || outcome.Stage != "" || outcome.Err != nil {
		t.Errorf("a document that is no licence has dates: %+v", outcome)
	}
}
