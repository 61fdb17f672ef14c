package verify_test

import (
	"crypto"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/benchratio"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/verify"
)

const day = 24 * time.Hour

// Who may sign a list here: key 1, and key 2 in the first half of the year.
var (
	signer1, signer2 = ed25519Key(seed1), p256Key(seed2)
	id1, id2         = licseal.KeyID(signer1.Public()), licseal.KeyID(signer2.Public())
	listTrusted      = []licseal.TrustedKey{
		{Key: signer1.Public(), Name: "one"},
		{Key: signer2.Public(), Name: "two", ValidBefore: midYear},
	}
)

// newRevocations returns a list that revokes keys, each from an instant.
func newRevocations(t testing.TB, generation int64, issued time.Time, revoked ...revoke.Key) *revoke.Contents {
	t.Helper()
	r := revoke.New(issued, issued.Add(30*day))
	r.Generation = generation
	for _, key := range revoked {
		if err := r.RevokeKey(key); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// sealList signs a list, whatever it says of its signer.
func sealList(t testing.TB, r *revoke.Contents, key crypto.Signer) []byte {
	t.Helper()
	payload, err := r.Payload()
	if err != nil {
		t.Fatal(err)
	}
	signature := sealEd25519(seed1).sign
	if key == crypto.Signer(signer2) {
		signature = sealP256(seed2).sign
	}
	return fmt.Appendf(nil, `{"revocations":{"payload":%s,"signature":"%x","version":"1"}}`, payload.Bytes(), signature([]byte(vectorContext+string(payload.Bytes()))))
}

func mustRevocations(t testing.TB, text []byte) *revoke.List {
	t.Helper()
	list, err := revoke.Verify(text, listTrusted)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// The signature of a list is none of a licence with the same payload.
func TestListIsNoLicense(t *testing.T) {
	payload, err := newRevocations(t, 1, newYear).Payload()
	if err != nil {
		t.Fatal(err)
	}
	signature := sealEd25519(seed1).sign([]byte(vectorContext + string(payload.Bytes())))
	asLicense := licseal.License{Payload: payload, Signature: hex.EncodeToString(signature)}
	if _, err := verify.License([]byte(asLicense.String()), listTrusted, nil); !isSignatureError(err) {
		t.Errorf("got %v", err)
	}
}

func isSignatureError(err error) bool {
	_, ok := errors.AsType[*verify.SignatureError](err)
	return ok
}

// What is remembered is the newest list that was accepted, and an error changes nothing.
// Which lists are accepted is tested in package revoke.
func TestMemory(t *testing.T) {
	m := verify.Memory{}
	if err := m.Observe(newYear.Add(day), mustRevocations(t, sealList(t, newRevocations(t, 5, newYear, revoke.Key{ID: id2}), signer1)), 0); err != nil {
		t.Fatal(err)
	}
	want := verify.Memory{Latest: newYear.Add(day), List: revoke.Seen{Generation: 5, Digest: m.List.Digest, Issued: newYear, Signer: id1, Keys: []revoke.Key{{ID: id2}}}}
	if diff := cmp.Diff(want, m); diff != "" || len(m.List.Digest) != 64 {
		t.Errorf("-want +got\n%s", diff)
	}
	for name, text := range map[string][]byte{
		"an older list":             sealList(t, newRevocations(t, 4, newYear.Add(day)), signer1),
		"a list that a thief signs": sealList(t, newRevocations(t, 6, newYear.Add(day)), signer2),
	} {
		if err := m.Observe(newYear.Add(2*day), mustRevocations(t, text), 0); !errors.As(err, new(*revoke.Error)) {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, m); diff != "" {
			t.Errorf("changed by %s: -want +got\n%s", name, diff)
		}
	}
	if err := m.Observe(newYear.Add(2*day), mustRevocations(t, sealList(t, newRevocations(t, 6, newYear.Add(day)), signer1)), 0); err != nil || m.List.Generation != 6 {
		t.Errorf("the next list: %v, generation %d", err, m.List.Generation)
	}
}

// The latest time never runs backwards, and a list from the future is not believed.
func TestMemoryOfTime(t *testing.T) {
	m := verify.Memory{}
	for _, at := range []time.Time{midYear, newYear, midYear.Add(time.Nanosecond), midYear} {
		if err := m.Observe(at, nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	if !m.Latest.Equal(midYear.Add(time.Nanosecond)) || !m.Floor().Equal(m.Latest) {
		t.Errorf("latest %v, floor %v", m.Latest, m.Floor())
	}
	if m := (verify.Memory{Latest: newYear, List: revoke.Seen{Issued: midYear}}); !m.Floor().Equal(midYear) || m.Observe(newYear, nil, 0) != nil || !m.Latest.Equal(midYear) {
		t.Errorf("floor %v, latest %v, before the issue of the list", m.Floor(), m.Latest)
	}
	ahead := mustRevocations(t, sealList(t, newRevocations(t, 1, midYear.Add(-time.Second)), signer2))
	for skew, want := range map[time.Duration]bool{0: true, day: true, day - 2*time.Second: false} {
		m := verify.Memory{}
		err := m.Observe(midYear.Add(-day-time.Second), ahead, skew)
		if _, isClock := errors.AsType[*verify.ClockError](err); (err == nil) != want || !want && !isClock {
			t.Errorf("skew %v: %v", skew, err)
		}
		if want != m.Latest.Equal(midYear.Add(-time.Second)) {
			t.Errorf("skew %v: latest %v", skew, m.Latest)
		}
	}
}

// A clock may be behind what has passed by the skew, and not by more.
func TestClock(t *testing.T) {
	text := []byte(signed(sealEd25519(seed1), kongPayload).file())
	list := mustRevocations(t, sealList(t, newRevocations(t, 1, midYear.Add(-time.Second)), signer2))
	for _, tt := range []struct {
		name  string
		opts  verify.Options
		known string // "" for accepted
	}{
		{"at the floor", verify.Options{At: midYear, Floor: midYear}, ""},
		{"behind by the skew", verify.Options{At: midYear, Floor: midYear.Add(day)}, ""},
		{"behind by more", verify.Options{At: midYear, Floor: midYear.Add(day + 1)}, verify.KnownFromMemory},
		{"behind by a skew that is stated", verify.Options{At: midYear, Floor: midYear.Add(time.Hour), MaxClockSkew: time.Hour}, ""},
		{"behind by more than is stated", verify.Options{At: midYear, Floor: midYear.Add(time.Hour + 1), MaxClockSkew: time.Hour}, verify.KnownFromMemory},
		{"behind the list", verify.Options{At: midYear.Add(-2 * day), Floor: newYear, Revocations: list}, verify.KnownFromList},
		{"behind the list, a time that was chosen", verify.Options{At: midYear.Add(-2 * day), Revocations: list}, ""},
		{"behind the licence", verify.Options{At: newYear.Add(-2 * day), Floor: newYear.Add(-3 * day)}, verify.KnownFromLicense},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := verify.License(text, trusted1, &tt.opts)
			clock, isClock := errors.AsType[*verify.ClockError](err)
			switch {
			case tt.known == "" && err != nil:
				t.Error(err)
			case tt.known != "" && (!isClock || clock.Known != tt.known):
				t.Errorf("got %v, want %s", err, tt.known)
			}
		})
	}
	// The clock of this machine is held against the list, with no floor at all.
	future := mustRevocations(t, sealList(t, newRevocations(t, 1, time.Now().Add(3*day)), signer1))
	valid := []byte(signed(sealEd25519(seed1), `{"license_key":"a",`+dates(time.Now().Add(-day).UTC().Format(time.RFC3339), "2999-01-01")+`}`).file())
	if _, err := verify.License(valid, trusted1, &verify.Options{Revocations: future}); !errors.As(err, new(*verify.ClockError)) {
		t.Errorf("a list from the future: %v", err)
	}
}

// A clock that is set back while the program runs is not seen by its monotonic
// reading, so no time that is compared has one.
func TestNoMonotonicClock(t *testing.T) {
	now := time.Now()
	m := verify.Memory{}
	if err := m.Observe(now, nil, 0); err != nil {
		t.Fatal(err)
	}
	valid := []byte(signed(sealEd25519(seed1), `{`+dates("2026-01-01", "2999-01-01")+`}`).file())
	for _, opts := range []*verify.Options{{At: now, Floor: m.Latest}, nil} {
		result, err := verify.License(valid, trusted1, opts)
		if err != nil {
			t.Fatal(err)
		}
		if result.Time != result.Time.Round(0) || m.Latest != m.Latest.Round(0) {
			t.Errorf("%v, %v", result.Time, m.Latest)
		}
	}
	clock, isClock := errors.AsType[*verify.ClockError](func() error {
		_, err := verify.License(valid, trusted1, &verify.Options{At: now, Floor: now.Add(2 * day)})
		return err
	}())
	if !isClock || clock.Floor != clock.Floor.Round(0) {
		t.Errorf("got %v", clock)
	}
}

// A licence without an id could never be revoked, and is refused beside a list.
func TestNoID(t *testing.T) {
	list := mustRevocations(t, sealList(t, newRevocations(t, 1, midYear.Add(-time.Second)), signer2))
	opts := &verify.Options{At: midYear, Revocations: list}
	period := dates("2026-01-01", "2027-01-01")
	for fields, want := range map[string]bool{
		`"license_key":"a",`:  true,
		`"license_key":17,`:   true,
		`"license_key":"",`:   false,
		`"license_key":null,`: false,
		`"license_key":{},`:   false,
		``:                    false,
	} {
		_, err := verify.License([]byte(signed(sealEd25519(seed1), `{`+fields+period+`}`).file()), trusted1, opts)
		if _, noID := errors.AsType[*verify.NoIDError](err); (err == nil) != want || noID == want {
			t.Errorf("%s: %v", fields, err)
		}
	}
}

// noRoles are fields of which no schema says which is the id.
type noRoles struct{}

func (noRoles) Roles() licseal.Roles                               { return licseal.Roles{} }
func (noRoles) Judge(licseal.Payload) ([]licseal.Violation, error) { return nil, nil }
func (noRoles) RolesOf(licseal.Payload) licseal.Roles {
	return licseal.Roles{NotBefore: "/from", NotAfter: "/until"}
}

// A licence of which nobody says where its id is could never be revoked either, unless the
// caller says it.
func TestNoRoleOfTheID(t *testing.T) {
	list := mustRevocations(t, sealList(t, newRevocations(t, 1, midYear.Add(-time.Second)), signer2))
	text := []byte(signed(sealEd25519(seed1), `{"from":"2026-01-01","license_key":"a","serial":"b","until":"2027-01-01"}`).file())
	for name, test := range map[string]struct {
		options verify.Options
		want    bool
	}{
		"a list":             {verify.Options{Revocations: list}, false},
		"no list":            {verify.Options{}, true},
		"a list, and a role": {verify.Options{Revocations: list, Roles: licseal.Roles{ID: "/serial"}}, true},
		"a role of no field": {verify.Options{Revocations: list, Roles: licseal.Roles{ID: "/none"}}, false},
	} {
		test.options.At, test.options.Fields = midYear, noRoles{}
		_, err := verify.License(text, trusted1, &test.options)
		noID, isNoID := errors.AsType[*verify.NoIDError](err)
		if (err == nil) != test.want || isNoID == test.want || isNoID && (noID.Position == licseal.Position{}) != (test.options.Roles.ID == "") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A revoked key is not believed where the dates cannot be read, and a list is as
// old as the latest time says that was seen.
func TestStrictReadings(t *testing.T) {
	list := mustRevocations(t, sealList(t, newRevocations(t, 1, newYear, revoke.Key{ID: id1, From: newYear.AddDate(10, 0, 0)}), signer2))
	noDates := []byte(signed(sealEd25519(seed1), `{"license_key":"a"}`).file())
	if _, err := verify.License(noDates, trusted1, &verify.Options{At: newYear.Add(day), Revocations: list}); !errors.As(err, new(*verify.RevokedError)) {
		t.Errorf("a licence of a revoked key, without dates: %v", err)
	}
	text := []byte(signed(sealEd25519(seed1), kongPayload).file())
	due := newYear.Add(30 * day)
	for floor, want := range map[time.Time]bool{due.Add(-1): true, due: false} {
		_, err := verify.License(text, trusted1, &verify.Options{At: due.Add(-time.Hour), Floor: floor, Revocations: list})
		if stale, isList := errors.AsType[*revoke.Error](err); (err == nil) != want || !want && (!isList || stale.Reason != revoke.Stale) {
			t.Errorf("seen %v: %v", floor, err)
		}
	}
}

// If the list looks stale only by a time that was seen, and the clock is behind that
// time, it is the clock that is refused: a newer list may not exist. All else keeps its
// order.
func TestClockBeforeStaleList(t *testing.T) {
	fresh := newRevocations(t, 1, newYear) // for 30 days
	revoked := newRevocations(t, 1, newYear)
	if err := revoked.RevokeLicense("LS-0001", ""); err != nil {
		t.Fatal(err)
	}
	text := []byte(signed(sealEd25519(seed1), kongPayload).file())
	for _, tt := range []struct {
		name       string
		list       *revoke.Contents
		now, floor time.Duration // after its issue
		skew       time.Duration
		want       licseal.Reason
	}{
		{"fresh", fresh, day, day, 0, ""},
		{"stale by the clock", fresh, 30 * day, 30 * day, 0, licseal.ReasonRevocationList},
		{"stale by the floor, the clock hardly behind", fresh, 29 * day, 30 * day, 0, licseal.ReasonRevocationList},
		{"stale by the floor, the clock far behind", fresh, 29*day - 1, 30 * day, 0, licseal.ReasonClock},
		{"stale by the floor, behind as allowed", fresh, day, 30 * day, 40 * day, licseal.ReasonRevocationList},
		{"a floor in another age", fresh, day, 20 * 365 * day, 0, licseal.ReasonClock},
		{"a revoked licence", revoked, day, day, 0, licseal.ReasonRevoked},
		{"a revoked licence, the clock far behind", revoked, day, 10 * day, 0, licseal.ReasonRevoked},
		{"the clock far behind", fresh, day, 10 * day, 0, licseal.ReasonClock},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, err := verify.New(trusted1, &verify.Options{
				Clock: func() time.Time { return newYear.Add(tt.now) }, Floor: newYear.Add(tt.floor),
				Revocations: mustRevocations(t, sealList(t, tt.list, signer1)), MaxClockSkew: tt.skew,
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := v.Report(text).Err(); verify.ReasonOf(err) != tt.want || (err == nil) != (tt.want == "") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestIssuer(t *testing.T) {
	text := []byte(signed(sealEd25519(seed1), kongPayload).file())
	for _, tt := range []struct {
		principals []string
		issuer     string
		want       bool
	}{
		{nil, "", true},
		{nil, "*", false},
		{nil, "anna@vendor.example", false},
		{[]string{"anna@vendor.example"}, "anna@vendor.example", true},
		{[]string{"anna@vendor.example"}, "*@vendor.example", true},
		{[]string{"anna@vendor.example"}, "*@other.example", false},
		{[]string{"anna@vendor.example"}, "Anna@vendor.example", false},
		{[]string{"*@vendor.example"}, "anna@vendor.example", true},
		{[]string{"*@vendor.example", "!anna@*"}, "anna@vendor.example", false},
		{[]string{"*@vendor.example"}, "*@vendor.example", false}, // a pattern names nobody
		{[]string{"anna@vendor.example", "!anna@*"}, "*@vendor.example", false},
		{[]string{"bert", "anna@vendor.example"}, "anna@*", true},
	} {
		trusted := []licseal.TrustedKey{{Key: signer1.Public(), Principals: tt.principals}}
		result, err := verify.License(text, trusted, &verify.Options{At: midYear, Issuer: tt.issuer})
		if _, isIssuer := errors.AsType[*verify.IssuerError](err); (err == nil) != tt.want || isIssuer == tt.want || (result != nil) != tt.want {
			t.Errorf("principals %q, issuer %q: %v", tt.principals, tt.issuer, err)
		}
	}
	// It is judged last.
	_, err := verify.License(text, trusted1, &verify.Options{At: midYear.AddDate(1, 0, 0), Issuer: "x"})
	if _, isState := errors.AsType[*verify.StateError](err); !isState {
		t.Errorf("expired, and of another issuer: %v", err)
	}
}

// A key that is listed for several issuers signs for each of them, in whatever order
// they stand, and for none at a time that is not its own.
func TestIssuers(t *testing.T) {
	text := []byte(signed(sealEd25519(seed1), kongPayload).file())
	entry := func(issuer string, before time.Time) licseal.TrustedKey {
		return licseal.TrustedKey{Key: signer1.Public(), Name: issuer, Principals: []string{issuer}, ValidBefore: before}
	}
	x, y, other := entry("x@x", time.Time{}), entry("y@y", time.Time{}), licseal.TrustedKey{Key: signer2.Public(), Principals: []string{"z@z"}}
	past := entry("past@x", time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
	for _, tt := range []struct {
		trusted []licseal.TrustedKey
		issuer  string
		want    string // the entry, or "" for an IssuerError
	}{
		{[]licseal.TrustedKey{x, y}, "y@y", "y@y"},
		{[]licseal.TrustedKey{y, x}, "y@y", "y@y"},
		{[]licseal.TrustedKey{past, x, y}, "y@y", "y@y"},
		{[]licseal.TrustedKey{past, x, y}, "", "x@x"},
		{[]licseal.TrustedKey{x, y}, "", "x@x"},
		{[]licseal.TrustedKey{x, other}, "z@z", ""},
		{[]licseal.TrustedKey{x, past}, "past@x", ""},
		{[]licseal.TrustedKey{past, x}, "past@x", ""},
	} {
		result, err := verify.License(text, tt.trusted, &verify.Options{At: midYear, Issuer: tt.issuer})
		_, isIssuer := errors.AsType[*verify.IssuerError](err)
		if isIssuer != (tt.want == "") || result != nil && result.Key.Name != tt.want || result == nil && !isIssuer {
			t.Errorf("%v, issuer %q: got %v, %v", tt.trusted, tt.issuer, result, err)
		}
	}
}

// BenchmarkTrust compares verify with 100 trusted keys and a list of 100,000
// revoked licences, both loaded once, to verify with one key and no list. The
// first key made the signature.
func BenchmarkTrust(b *testing.B) {
	text := []byte(signed(sealEd25519(seed1), kongPayload).file())
	r := newRevocations(b, 1, newYear)
	for i := range 100_000 {
		if err := r.RevokeLicense(fmt.Sprintf("LS-%06d", i+2), "refunded"); err != nil {
			b.Fatal(err)
		}
	}
	listText := sealList(b, r, signer1)
	list := mustRevocations(b, listText)
	for _, kind := range []string{"Ed25519", "P-256"} {
		trusted := trustAll(signer1.Public())
		for i := range byte(99) {
			seed := 100 + i
			if kind == "P-256" {
				trusted = append(trusted, licseal.TrustedKey{Key: p256Key(seed).Public()})
			} else {
				trusted = append(trusted, licseal.TrustedKey{Key: ed25519Key(seed).Public()})
			}
		}
		b.Run("100 keys, "+kind, func(b *testing.B) {
			opts := &verify.Options{At: newYear.Add(day), Revocations: list}
			benchratio.Run(b, run(b, text, trusted1), func() {
				if _, err := verify.License(text, trusted, opts); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
	b.Run("load the list", func(b *testing.B) {
		b.ReportMetric(float64(len(listText)), "bytes")
		for b.Loop() {
			mustRevocations(b, listText)
		}
	})
}
