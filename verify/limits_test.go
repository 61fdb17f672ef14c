package verify_test

import (
	"crypto"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

// The state of a licence at each of its instants and a moment before, with grace and
// without.
func TestStateAtInstants(t *testing.T) {
	text := []byte(signed(sealEd25519(seed1), kongPayload).file())
	reversed := []byte(signed(sealEd25519(seed1), `{"license_key":"a",`+dates("2026-01-01", "2026-01-01")+`}`).file())
	nextYear := newYear.AddDate(1, 0, 0)
	const expired = "expired at 2027-01-01T00:00:00Z"
	for _, tt := range []struct {
		text  []byte
		at    time.Time
		grace time.Duration
		want  string // the state, or the error
	}{
		{text, newYear.Add(-1), 0, "not yet valid: valid from 2026-01-01T00:00:00Z, and it is 2025-12-31T23:59:59Z"},
		{text, newYear, 0, "valid"},
		{text, nextYear.Add(-1), 0, "valid"},
		{text, nextYear, 0, expired + ", and it is 2027-01-01T00:00:00Z"},
		{text, nextYear.Add(-1), day, "valid"},
		{text, nextYear, day, "in grace"},
		{text, nextYear, 1, "in grace"},
		{text, nextYear.Add(day - 1), day, "in grace"},
		{text, nextYear.Add(day), day, expired + ", its grace ended at 2027-01-02T00:00:00Z, and it is 2027-01-02T00:00:00Z"},
		{reversed, newYear, day, "expired at 2026-01-01T00:00:00Z, and it is 2026-01-01T00:00:00Z"},
		{reversed, newYear.Add(-1), day, "not yet valid: valid from 2026-01-01T00:00:00Z, and it is 2025-12-31T23:59:59Z"},
	} {
		result, err := verify.License(tt.text, trusted1, &verify.Options{At: tt.at, Grace: tt.grace})
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = string(result.State)
		}
		if got != tt.want {
			t.Errorf("at %v, grace %v: %s, want %s", tt.at, tt.grace, got, tt.want)
		}
	}
}

// What is said of a signature depends on how many keys there are, and of what kind.
func TestWordsOfNoSigner(t *testing.T) {
	keys := func(all ...crypto.PublicKey) (trusted []licseal.TrustedKey) {
		for _, key := range all {
			trusted = append(trusted, licseal.TrustedKey{Key: key, Name: "k"})
		}
		return trusted
	}
	const high = "the signature has a high s; the program that made the licence must write n−s instead"
	text := []byte(signed(sealEd25519(seed1), kongPayload).file())
	malleable := makeVectors()["signature-malleable-p256"].File
	other, p256 := ed25519Key(seed2).Public(), p256Key(seed1).Public()
	for _, tt := range []struct {
		text    []byte
		trusted []licseal.TrustedKey
		want    string
	}{
		{text, keys(other), "the signature does not match the trusted key"},
		{text, keys(other, p256), "the signature matches none of the 2 trusted keys"},
		{text, keys(other, p256, ed25519Key(9).Public()), "the signature matches none of the 3 trusted keys"},
		{malleable, keys(p256), high},
		{malleable, keys(other, p256), high},
		{malleable, keys(other, other), "the signature matches none of the 2 trusted keys"},
	} {
		v, err := verify.New(tt.trusted, &verify.Options{At: midYear})
		if err != nil {
			t.Fatal(err)
		}
		for how, r := range map[string]*verify.Report{"one": v.Report(tt.text), "many": &v.Reports([][]byte{tt.text})[0]} {
			if err := r.Err(); err == nil || err.Error() != tt.want || r.Reason() != licseal.ReasonSignature {
				t.Errorf("%s, %d keys: %v, want %s", how, len(tt.trusted), err, tt.want)
			}
		}
	}
	// A key with either bound is not trusted for a licence without dates, one without bounds is.
	noDates := []byte(signed(sealEd25519(seed1), `{"license_expiration_date":"2027-01-01"}`).file())
	for _, tt := range []struct {
		after, before time.Time
		want          licseal.Reason
	}{{newYear, time.Time{}, licseal.ReasonSignature}, {time.Time{}, midYear, licseal.ReasonSignature}, {newYear, midYear, licseal.ReasonSignature}, {time.Time{}, time.Time{}, licseal.ReasonSchema}} {
		trusted := []licseal.TrustedKey{{Key: ed25519Key(seed1).Public(), ValidAfter: tt.after, ValidBefore: tt.before}}
		if _, err := verify.License(noDates, trusted, &verify.Options{At: midYear}); verify.ReasonOf(err) != tt.want {
			t.Errorf("trusted from %v to %v: %v", tt.after, tt.before, err)
		}
	}
}

// Which of the instants that have passed a clock is held against.
func TestWhichFloor(t *testing.T) {
	text := []byte(signed(sealEd25519(seed1), kongPayload).file()) // created at the new year
	list := mustRevocations(t, sealList(t, newRevocations(t, 1, newYear.Add(10*day)), signer2))
	clock := func(at time.Time) func() time.Time { return func() time.Time { return at } }
	for _, tt := range []struct {
		name   string
		opts   verify.Options
		reason licseal.Reason
		known  string
	}{
		{"no floor, before the licence", verify.Options{Clock: clock(newYear.Add(-2 * day))}, licseal.ReasonNotYetValid, ""},
		{"a floor, before the licence by the skew", verify.Options{Clock: clock(newYear.Add(-day)), Floor: newYear.Add(-3 * day)}, licseal.ReasonNotYetValid, ""},
		{"a floor, before the licence by more", verify.Options{Clock: clock(newYear.Add(-day - 1)), Floor: newYear.Add(-3 * day)}, licseal.ReasonClock, verify.KnownFromLicense},
		{"a floor at the creation", verify.Options{Clock: clock(newYear.Add(-day - 1)), Floor: newYear}, licseal.ReasonClock, verify.KnownFromMemory},
		{"behind the list by the skew", verify.Options{Clock: clock(newYear.Add(9 * day)), Revocations: list}, "", ""},
		{"behind the list by more", verify.Options{Clock: clock(newYear.Add(9*day - 1)), Revocations: list}, licseal.ReasonClock, verify.KnownFromList},
		{"a floor at the issue of the list", verify.Options{Clock: clock(newYear.Add(9*day - 1)), Revocations: list, Floor: newYear.Add(10 * day)}, licseal.ReasonClock, verify.KnownFromMemory},
		{"a floor before the list", verify.Options{At: newYear.Add(9*day - 1), Revocations: list, Floor: newYear}, licseal.ReasonClock, verify.KnownFromList},
		{"a chosen instant, and the list", verify.Options{At: newYear.Add(8 * day), Revocations: list}, "", ""},
	} {
		_, err := verify.License(text, trusted1, &tt.opts)
		known := ""
		if e, ok := errors.AsType[*verify.ClockError](err); ok {
			known = e.Known
		}
		if verify.ReasonOf(err) != tt.reason || known != tt.known {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// How far a memory gets along a chain, by what is known and what can be loaded.
func TestAdvance(t *testing.T) {
	lines := chainText(t, []generation{{10, []trustedKey{{key: 1}}}, {20, []trustedKey{{key: 1}}}, {30, []trustedKey{{key: 1}}}})
	origin, err := trust.ReadOrigin(lines[0])
	if err != nil {
		t.Fatal(err)
	}
	one, two, three := openChain(t, lines[:1]...), openChain(t, lines[:2]...), openChain(t, lines...)
	failed := errors.New("no network")
	gives := func(text []byte, err error) func() ([]byte, error) {
		return func() ([]byte, error) { return text, err }
	}
	for _, tt := range []struct {
		name            string
		seen, current   *trust.Chain
		load            func() ([]byte, error)
		want            int64 // the generation, 0 for none
		wantErr, isFail bool
	}{
		{"the first", nil, nil, nil, 1, false, false},
		{"what is remembered", two, nil, nil, 2, false, false},
		{"what is current", nil, two, nil, 2, false, false},
		{"what is current goes further", one, two, nil, 2, false, false},
		{"what is remembered goes further", three, two, nil, 3, false, false},
		{"the next is loaded", two, nil, gives(lines[2], nil), 3, false, false},
		{"the next after what is current", one, two, gives(lines[2], nil), 3, false, false},
		{"nothing can be loaded", two, nil, gives(nil, failed), 2, true, true},
		{"what is loaded is refused", two, nil, gives([]byte("x"), nil), 2, true, false},
		{"a generation is missing", nil, nil, gives(lines[2], nil), 1, true, false},
	} {
		var m verify.Memory
		if tt.seen != nil {
			if err := m.Follow(tt.seen); err != nil {
				t.Fatal(err)
			}
		}
		chain, err := m.Advance(origin, tt.current, tt.load)
		got := int64(0)
		if chain != nil {
			got = chain.Generation()
		}
		if got != tt.want || (err != nil) != tt.wantErr || errors.Is(err, failed) != tt.isFail {
			t.Errorf("%s: generation %d, %v", tt.name, got, err)
			continue
		}
		if diff := cmp.Diff(chain.Seen(), m.Trust); diff != "" {
			t.Errorf("%s: remembered (-want +got)\n%s", tt.name, diff)
		}
	}
}

// A refusal says what it is of.
func TestWordsOfRevocation(t *testing.T) {
	for want, err := range map[string]error{
		`the licence "a" is revoked`:            &verify.RevokedError{License: "a"},
		`the licence "a" is revoked: stolen`:    &verify.RevokedError{License: "a", Reason: "stolen"},
		"the key that signed it, k, is revoked": &verify.RevokedError{KeyID: "k"},
		"the key that signed it, k, is revoked for licences created from 2026-01-01T00:00:00Z on: lost": &verify.RevokedError{KeyID: "k", From: newYear, Reason: "lost"},
		"no schema says which field is the id to look up in the revocation list":                        &verify.NoIDError{},
		"2:3 /x: the licence has no id (a string or a number) to look up in the revocation list":        &verify.NoIDError{Position: licseal.Position{Line: 2, Column: 3, Pointer: "/x"}},
	} {
		if err.Error() != want {
			t.Errorf("got  %s\nwant %s", err, want)
		}
	}
	// A key that is revoked from an instant on vouches for what was created before.
	text := []byte(signed(sealEd25519(seed1), kongPayload).file())
	for from, want := range map[time.Time]licseal.Reason{newYear: licseal.ReasonRevoked, newYear.Add(time.Second): "", newYear.Add(-time.Second): licseal.ReasonRevoked} {
		list := mustRevocations(t, sealList(t, newRevocations(t, 1, newYear, revoke.Key{ID: id1, From: from}), signer2))
		if _, err := verify.License(text, listTrusted, &verify.Options{At: newYear.Add(day), Revocations: list}); verify.ReasonOf(err) != want {
			t.Errorf("revoked from %v: %v", from, err)
		}
	}
}
