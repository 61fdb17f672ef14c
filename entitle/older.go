package entitle

import (
	"fmt"
	"slices"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/entitlement"
)

// LicenseSeen is a licence that was in force: verified, not revoked and within its dates.
type LicenseSeen struct {
	ID      string
	Created time.Time
	Signer  string // the fingerprint of the key that signed it
}

// OlderError says that a licence is older than one with the same id that was in force in
// this installation.
type OlderError struct {
	ID             string
	Created, Newer time.Time
}

func (e *OlderError) Error() string {
	return fmt.Sprintf("the licence %q was created at %s, and one that was created at %s was in force here: ask for a newer licence",
		e.ID, format(e.Created), format(e.Newer))
}

const maxLicensesSeen = 100

// withNewest adds a licence that is in force, in place of an older one with its id.
func withNewest(all []LicenseSeen, next LicenseSeen) []LicenseSeen {
	if next.ID == "" || slices.ContainsFunc(all, func(l LicenseSeen) bool { return l.ID == next.ID && !l.Created.Before(next.Created) }) {
		return all
	}
	all = slices.DeleteFunc(slices.Clone(all), func(l LicenseSeen) bool { return l.ID == next.ID })
	return append(all[max(0, len(all)+1-maxLicensesSeen):], next)
}

// inForce returns the licence in use, if it is in force.
func (g *Guard) inForce() LicenseSeen {
	l := g.current.Load()
	if l == nil || !l.stateAt(g.now()).Good() {
		return LicenseSeen{}
	}
	return l.seen()
}

func (l *license) seen() LicenseSeen {
	id, _ := l.result.License.Payload.Text(entitlement.ID)
	return LicenseSeen{id, l.result.NotBefore, licseal.KeyID(l.result.Key.Key)}
}

// noteInForce makes share tell the store of a licence that is in force, once.
func (g *Guard) noteInForce() {
	seen := g.inForce()
	g.toldMu.Lock()
	defer g.toldMu.Unlock()
	if known := withNewest(g.told.clock.Licenses, seen); !slices.Equal(known, g.told.clock.Licenses) {
		g.told.at = time.Time{}
	}
}

// checkOlder refuses a licence that is older than one with its id that was in force. What
// a key has signed that is no longer trusted, or was revoked, does not count. The caller
// has locked g.loading.
func (g *Guard) checkOlder(next *license) error {
	if g.opts.AllowOlder {
		return nil
	}
	seen := next.seen()
	g.toldMu.Lock()
	known := g.told.clock.Licenses
	g.toldMu.Unlock()
	if current := g.inForce(); current.ID != "" { // the store may not know it yet
		known = withNewest(known, current)
	}
	for _, l := range known {
		if l.ID == seen.ID && l.Created.After(seen.Created) && g.isTrusted(l) {
			return &OlderError{seen.ID, seen.Created, l.Created}
		}
	}
	return nil
}

// isTrusted reports whether the key that signed a licence is still trusted for it. The
// caller has locked g.loading.
func (g *Guard) isTrusted(l LicenseSeen) bool {
	if list := g.revocations.list; list != nil {
		if key, revoked := list.Contents().Key(l.Signer); revoked && key.Refuses(l.Created) {
			return false
		}
	}
	return slices.ContainsFunc(g.trusted, func(k licseal.TrustedKey) bool { return licseal.KeyID(k.Key) == l.Signer })
}
