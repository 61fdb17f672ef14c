package verify_test

import (
	"crypto"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/benchratio"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/sign"
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
	list, err := revoke.NewDocument(payload, hex.EncodeToString(signature(revoke.Message(payload))))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(list.String())
}

func mustRevocations(t testing.TB, text []byte) *verify.RevocationList {
	t.Helper()
	list, err := verify.Revocations(text, listTrusted)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestRevocationListSigner(t *testing.T) {
	early, late := newYear, midYear.Add(day)
	for _, tt := range []struct {
		name string
		list *revoke.Contents
		key  crypto.Signer
		want verify.ListReason // "" for accepted
	}{
		{"Ed25519", newRevocations(t, 1, late), signer1, ""},
		{"P-256, in its window", newRevocations(t, 1, early), signer2, ""},
		{"after its window", newRevocations(t, 1, late), signer2, verify.ListForged},
		{"at the end of its window", newRevocations(t, 1, midYear), signer2, verify.ListForged},
		{"revokes itself", newRevocations(t, 1, late, revoke.Key{ID: id1}), signer1, verify.ListSignerRevoked},
		{"revokes itself from its issue", newRevocations(t, 1, late, revoke.Key{ID: id1, From: late}), signer1, verify.ListSignerRevoked},
		{"revokes itself from later on", newRevocations(t, 1, late, revoke.Key{ID: id1, From: late.Add(time.Second)}), signer1, ""},
		{"revokes another", newRevocations(t, 1, late, revoke.Key{ID: id2}), signer1, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, err := verify.Revocations(sealList(t, tt.list, tt.key), listTrusted)
			var refused *verify.ListError
			switch {
			case tt.want == "" && (err != nil || licseal.KeyID(list.Key().Key) != licseal.KeyID(tt.key.Public())):
				t.Errorf("got %v", err)
			case tt.want != "" && (!errors.As(err, &refused) || refused.Reason != tt.want || list != nil):
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// Not one bit of a list can be changed, and no other signature stands for its own.
func TestForgedRevocationLists(t *testing.T) {
	r := newRevocations(t, 1, newYear, revoke.Key{ID: id2, Reason: "stolen"})
	if err := r.RevokeLicense("LS-0001", "refunded"); err != nil {
		t.Fatal(err)
	}
	text := sealList(t, r, signer1)
	mustRevocations(t, text)
	for i := range len(text) * 8 {
		text[i/8] ^= 1 << (i % 8)
		if list, err := verify.Revocations(text, listTrusted); err == nil || list != nil {
			t.Errorf("accepted with bit %d of byte %d changed: %s", i%8, i/8, text)
		}
		text[i/8] ^= 1 << (i % 8)
	}
	payload, err := r.Payload()
	if err != nil {
		t.Fatal(err)
	}
	bare := sealEd25519(seed1).sign(payload.Bytes()) // as a licence is signed
	list, err := revoke.NewDocument(payload, hex.EncodeToString(bare))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verify.Revocations([]byte(list.String()), listTrusted); err == nil {
		t.Error("accepted with a signature over the payload alone")
	}
	asLicense := licseal.License{Payload: payload, Signature: list.Signature[:0] + hex.EncodeToString(sealEd25519(seed1).sign(revoke.Message(payload)))}
	if _, err := verify.License([]byte(asLicense.String()), listTrusted, nil); !isSignatureError(err) {
		t.Errorf("the signature of a list, on a licence: %v", err)
	}
	if _, err := verify.Revocations(text, nil); !errors.Is(err, licseal.ErrNoTrustedKeys) {
		t.Errorf("without keys: %v", err)
	}
}

func isSignatureError(err error) bool {
	_, ok := errors.AsType[*verify.SignatureError](err)
	return ok
}

// What a verifier remembers stops old lists, and a revoked key from clearing itself.
func TestMemory(t *testing.T) {
	first := mustRevocations(t, sealList(t, newRevocations(t, 5, newYear, revoke.Key{ID: id2}), signer1))
	seen := verify.Memory{}
	if err := seen.Observe(newYear.Add(day), first, 0); err != nil {
		t.Fatal(err)
	}
	if !seen.Latest.Equal(newYear.Add(day)) || seen.Generation != 5 {
		t.Fatalf("got %+v", seen)
	}
	fromLater := mustRevocations(t, sealList(t, newRevocations(t, 5, newYear, revoke.Key{ID: id2, From: newYear.Add(10 * day)}), signer1))
	orderly := verify.Memory{}
	if err := orderly.Observe(newYear, fromLater, 0); err != nil {
		t.Fatal(err)
	}
	robbed := verify.Memory{}
	if err := robbed.Observe(newYear, mustRevocations(t, sealList(t, newRevocations(t, 5, newYear), signer2)), 0); err != nil {
		t.Fatal(err)
	}
	seal := func(r *revoke.Contents, key crypto.Signer) *verify.RevocationList {
		return mustRevocations(t, sealList(t, r, key))
	}
	for _, tt := range []struct {
		name   string
		memory verify.Memory
		list   *verify.RevocationList
		want   verify.ListReason
	}{
		{"the same again", seen, first, ""},
		{"the next", seen, seal(newRevocations(t, 6, newYear.Add(day)), signer1), ""},
		{"the next of the same second", seen, seal(newRevocations(t, 6, newYear), signer1), ""},
		{"one is left out", seen, seal(newRevocations(t, 9, newYear.Add(day)), signer1), ""},
		{"an older one", seen, seal(newRevocations(t, 4, newYear.Add(day)), signer1), verify.ListReplayed},
		{"another of the same generation", seen, seal(newRevocations(t, 5, newYear, revoke.Key{ID: id2}), signer1), verify.ListForked},
		{"a later one that is issued earlier", seen, seal(newRevocations(t, 6, newYear.Add(-time.Second)), signer1), verify.ListReplayed},
		{"cleared by the key that is on it", seen, seal(newRevocations(t, 6, newYear.Add(day)), signer2), verify.ListSignerRevoked},
		{"cleared by another", seen, seal(newRevocations(t, 6, newYear.Add(day)), signer1), ""},
		{"an older one that revokes the signer", robbed, seal(newRevocations(t, 1, newYear.Add(day), revoke.Key{ID: id2}), signer1), ""},
		{"another of the same generation that revokes the signer", robbed, seal(newRevocations(t, 5, newYear, revoke.Key{ID: id2, From: newYear}), signer1), ""},
		{"an older one that revokes the signer from later on", robbed, seal(newRevocations(t, 1, newYear.Add(day), revoke.Key{ID: id2, From: newYear.Add(time.Second)}), signer1), verify.ListReplayed},
		{"an older one that revokes the signer, issued earlier", robbed, seal(newRevocations(t, 1, newYear.Add(-time.Second), revoke.Key{ID: id2}), signer1), verify.ListReplayed},
		{"an older one that revokes the signer, by a revoked key", seen, seal(newRevocations(t, 1, newYear.Add(day), revoke.Key{ID: id1}), signer2), verify.ListSignerRevoked},
		{"a key that is revoked from later on, before then", orderly, seal(newRevocations(t, 6, newYear.Add(9*day)), signer2), ""},
		{"a key that is revoked from later on, from then", orderly, seal(newRevocations(t, 6, newYear.Add(10*day)), signer2), verify.ListSignerRevoked},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := tt.memory
			err := m.Observe(newYear.Add(20*day), tt.list, 0)
			var refused *verify.ListError
			switch {
			case tt.want == "" && (err != nil || m.Generation != tt.list.Contents().Generation):
				t.Errorf("got %v, generation %d", err, m.Generation)
			case tt.want != "" && (!errors.As(err, &refused) || refused.Reason != tt.want):
				t.Errorf("got %v, want %s", err, tt.want)
			case tt.want != "" && fmt.Sprint(m) != fmt.Sprint(tt.memory):
				t.Errorf("changed by what was refused: %+v", m)
			}
		})
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
	if m := (verify.Memory{Latest: newYear, Issued: midYear}); !m.Floor().Equal(midYear) || m.Observe(newYear, nil, 0) != nil || !m.Latest.Equal(midYear) {
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
		if stale, isList := errors.AsType[*verify.ListError](err); (err == nil) != want || !want && (!isList || stale.Reason != verify.ListStale) {
			t.Errorf("seen %v: %v", floor, err)
		}
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

// What sign refuses to sign, verify would refuse as well.
func TestSignRevocations(t *testing.T) {
	for _, key := range []crypto.Signer{signer1, signer2} {
		signed, err := sign.Revocations(newRevocations(t, 1, newYear), key)
		if err != nil {
			t.Fatal(err)
		}
		mustRevocations(t, []byte(signed.String()))
		id := licseal.KeyID(key.Public())
		if _, err := sign.Revocations(newRevocations(t, 1, newYear, revoke.Key{ID: id}), key); err == nil || !strings.Contains(err.Error(), id) {
			t.Errorf("a list that revokes its own signer is signed: %v", err)
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
		trusted := trust(signer1.Public())
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
