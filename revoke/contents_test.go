package revoke_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/revoke"
)

const (
	keyID = "SHA256:bbXpuKG6uHHwLTKLnoVhlkrpxGZCbRYCHtlCTlKGh5w"
	salt  = "000102030405060708090a0b0c0d0e0f"
)

var (
	listIssued = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	listNext   = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
)

// hashOf is the hash of a licence as SPEC.md defines it.
func hashOf(id string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte("licseal-revoked-license-v1\n"+salt+"\n"+id)))
}

func listOf(payload string) []byte {
	return []byte(`{"revocations":{"payload":` + payload + `,"signature":"` + strings.Repeat("0", 128) + `","version":"1"}}`)
}

// listPayload returns the payload of a list, with members replaced; an empty text
// takes the member out.
func listPayload(members map[string]string) string {
	all := map[string]string{
		"generation":  `7`,
		"issued":      `"2026-11-01T12:00:00Z"`,
		"keys":        `{"` + keyID + `":{"from":"2026-10-01T00:00:00Z","reason":"stolen"}}`,
		"licenses":    `{"` + hashOf("LS-0001") + `":"refunded"}`,
		"next_update": `"2026-12-01T12:00:00Z"`,
		"salt":        `"` + salt + `"`,
	}
	maps.Copy(all, members)
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if all[name] != "" {
			parts = append(parts, fmt.Sprintf("%q:%s", name, all[name]))
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func TestParse(t *testing.T) {
	text := listOf(listPayload(nil))
	list, err := revoke.ParseUnverified(text)
	if err != nil {
		t.Fatal(err)
	}
	if list.String() != string(text) {
		t.Errorf("got %s", list)
	}
	r := list.Contents()
	if r.Generation != 7 || !r.Issued.Equal(listIssued) || !r.NextUpdate.Equal(listNext) || r.Licenses() != 1 {
		t.Errorf("got %+v", r)
	}
	wantKeys := []revoke.Key{{ID: keyID, From: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), Reason: "stolen"}}
	if diff := cmp.Diff(wantKeys, r.Keys()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for id, want := range map[string]bool{"LS-0001": true, "LS-0002": false, "": false, "ls-0001": false} {
		if reason, revoked := r.License(id); revoked != want || revoked && reason != "refunded" {
			t.Errorf("%q: revoked %v, %q", id, revoked, reason)
		}
	}
	if _, revoked := r.Key(keyID); !revoked {
		t.Error("the key is not revoked")
	}
}

// The next list starts as a copy, and changing it leaves the old one alone.
func TestNext(t *testing.T) {
	r := revoke.New(listIssued, listNext)
	for _, id := range []string{"LS-0001", "LS-0002"} {
		if err := r.RevokeLicense(id, "lost"); err != nil {
			t.Fatal(err)
		}
	}
	next := r.Next(listNext, listNext.AddDate(0, 1, 0))
	if !next.RestoreLicense("LS-0001") || next.RestoreLicense("LS-0001") || next.RestoreLicense("LS-0003") {
		t.Error("a licence comes off the list once")
	}
	if err := next.RevokeKey(revoke.Key{ID: keyID}); err != nil {
		t.Fatal(err)
	}
	if r.Licenses() != 2 || len(r.Keys()) != 0 {
		t.Errorf("the old list changed: %+v", r)
	}
	if _, revoked := next.License("LS-0002"); !revoked || next.Generation != 2 {
		t.Errorf("got %+v", next)
	}
	if !next.RestoreKey(keyID) || next.RestoreKey(keyID) {
		t.Error("a key comes off the list once")
	}
}

// Two lists have different salts, so their hashes cannot be compared.
func TestSalt(t *testing.T) {
	hashes := map[string]bool{}
	for range 2 {
		r := revoke.New(listIssued, listNext)
		if err := r.RevokeLicense("LS-0001", ""); err != nil {
			t.Fatal(err)
		}
		p, err := r.Payload()
		if err != nil {
			t.Fatal(err)
		}
		var text struct{ Licenses map[string]string }
		if err := json.Unmarshal(p.Bytes(), &text); err != nil {
			t.Fatal(err)
		}
		for hash := range text.Licenses {
			hashes[hash] = true
		}
		if strings.Contains(string(p.Bytes()), "LS-0001") {
			t.Error("the list names the licence")
		}
	}
	if len(hashes) != 2 {
		t.Errorf("%d hashes of one licence in two lists", len(hashes))
	}
}

func TestContentsRefused(t *testing.T) {
	with := func(name, value string) string { return listPayload(map[string]string{name: value}) }
	long := strings.Repeat("x", 201)
	for _, tt := range []struct{ name, payload, want string }{
		{"a licence's payload", `{"customer":"Example Company, Inc"}`, "/revocations/payload/customer: a revocation list has no such member"},
		{"unknown member", with("more", "1"), "/revocations/payload/more: a revocation list has no such member"},
		{"other case", with("Salt", `"x"`), "/revocations/payload/Salt: a revocation list has no such member"},
		{"no generation", with("generation", ""), "/revocations/payload/generation: the generation of a revocation list is an integer, 1 or greater"},
		{"generation 0", with("generation", "0"), "/revocations/payload/generation: the generation of a revocation list is an integer, 1 or greater"},
		{"generation 1.5", with("generation", "1.5"), "/revocations/payload/generation: found a number that is out of range or not an integer, which does not belong here"},
		{"generation null", with("generation", "null"), "/revocations/payload/generation: the generation of a revocation list is an integer, 1 or greater"},
		{"no keys", with("keys", ""), "/revocations/payload/keys: the object of revoked signing keys is missing"},
		{"keys null", with("keys", "null"), "/revocations/payload/keys: the object of revoked signing keys is missing"},
		{"no licences", with("licenses", ""), "/revocations/payload/licenses: the object of revoked licences is missing"},
		{"licences null", with("licenses", "null"), "/revocations/payload/licenses: an object of reasons by hash is expected"},
		{"no salt", with("salt", ""), "/revocations/payload/salt: the salt of a revocation list is 32 lower-case hex digits"},
		{"upper-case salt", with("salt", `"`+strings.ToUpper(salt)+`"`), "/revocations/payload/salt: the salt of a revocation list is 32 lower-case hex digits"},
		{"no issue", with("issued", ""), `/revocations/payload/issued: "" is not a time; write it as "2027-12-31T12:00:00Z"`},
		{"a day as the issue", with("issued", `"2026-11-01"`), `/revocations/payload/issued: "2026-11-01" is not a time; write it as "2027-12-31T12:00:00Z"`},
		{"another zone", with("issued", `"2026-11-01T13:00:00+01:00"`), `/revocations/payload/issued: "2026-11-01T13:00:00+01:00" is not a time; write it as "2027-12-31T12:00:00Z"`},
		{"no next update", with("next_update", ""), `/revocations/payload/next_update: "" is not a time; write it as "2027-12-31T12:00:00Z"`},
		{"next update before the issue", with("next_update", `"2026-11-01T12:00:00Z"`), "/revocations/payload/next_update: the next update must come after the issue of the list"},
		{"hash too short", with("licenses", `{"00":""}`), "/revocations/payload/licenses/00: a revoked licence is named by 64 lower-case hex digits"},
		{"reason no string", with("licenses", `{"`+hashOf("a")+`":null}`), "/revocations/payload/licenses/" + hashOf("a") + ": the reason must be a string"},
		{"reason too long", with("licenses", `{"`+hashOf("a")+`":"`+long+`"}`), "/revocations/payload/licenses/" + hashOf("a") + ": the reason has 201 bytes; the limit is 200"},
		{"reason with an escape", with("licenses", `{"`+hashOf("a")+`":"\u001b[2J"}`), "/revocations/payload/licenses/" + hashOf("a") + `: the reason "\x1b[2J" has characters that do not print; write it as one line`},
		{"no key id", with("keys", `{"MD5:00":{"reason":""}}`), `/revocations/payload/keys/MD5:00: "MD5:00" is not the fingerprint of a key; it looks like SHA256:bbXpuKG6…, with 43 characters after the colon`},
		{"key id without its kind", with("keys", `{"`+strings.TrimPrefix(keyID, "SHA256:")+`":{"reason":""}}`), "/revocations/payload/keys/" + strings.TrimPrefix(keyID, "SHA256:") + `: "` + strings.TrimPrefix(keyID, "SHA256:") + `" is not the fingerprint of a key; it looks like SHA256:bbXpuKG6…, with 43 characters after the colon`},
		{"short key id", with("keys", `{"SHA256:AAAA":{"reason":""}}`), `/revocations/payload/keys/SHA256:AAAA: "SHA256:AAAA" is not the fingerprint of a key; it looks like SHA256:bbXpuKG6…, with 43 characters after the colon`},
		{"key null", with("keys", `{"`+keyID+`":null}`), "/revocations/payload/keys/" + keyID + ": a revoked signing key has a string \"reason\", and may have a string \"from\""},
		{"key from null", with("keys", `{"`+keyID+`":{"from":null,"reason":""}}`), "/revocations/payload/keys/" + keyID + ": a revoked signing key has a string \"reason\", and may have a string \"from\""},
		{"key from an empty text", with("keys", `{"`+keyID+`":{"from":"","reason":""}}`), "/revocations/payload/keys/" + keyID + `/from: "" is not a time; write it as "2027-12-31T12:00:00Z"`},
		{"key without a reason", with("keys", `{"`+keyID+`":{}}`), "/revocations/payload/keys/" + keyID + ": a revoked signing key has a string \"reason\", and may have a string \"from\""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := revoke.ParseUnverified(listOf(tt.payload))
			var parse *licseal.ParseError
			if !errors.As(err, &parse) || parse.Class != licseal.ClassRevocations {
				t.Fatalf("got %v", err)
			}
			if diff := cmp.Diff(tt.want, parse.Pointer+": "+parse.Detail); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// The envelope is read as strictly as a licence's, and is not accepted as one.
func TestEnvelope(t *testing.T) {
	good := string(listOf(listPayload(nil)))
	for _, tt := range []struct {
		name, text string
		want       licseal.Class
	}{
		{"a licence", strings.Replace(good, "revocations", "license", 1), licseal.ClassUnknownMember},
		{"the integer version", strings.Replace(good, `"version":"1"`, `"version":1`, 1), licseal.ClassVersion},
		{"another version", strings.Replace(good, `"version":"1"`, `"version":"2"`, 1), licseal.ClassVersion},
		{"a licence twice", strings.Replace(good, `"refunded"`, `"refunded","`+hashOf("LS-0001")+`":""`, 1), licseal.ClassDuplicateName},
		{"a member outside the signature", strings.Replace(good, `"version"`, `"next":1,"version"`, 1), licseal.ClassUnknownMember},
		{"no signature", strings.Replace(good, `"signature":"`+strings.Repeat("0", 128)+`",`, "", 1), licseal.ClassMissingMember},
		{"text after the end", good + "x", licseal.ClassTrailingData},
		{"nothing", "", licseal.ClassEmpty},
	} {
		_, err := revoke.ParseUnverified([]byte(tt.text))
		var parse *licseal.ParseError
		if !errors.As(err, &parse) || parse.Class != tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
	if _, err := licseal.ParseUnverified([]byte(good)); err == nil {
		t.Error("a revocation list is read as a licence")
	}
	if _, err := revoke.ParseUnverified(bytes.Repeat([]byte(" "), revoke.MaxBytes+1)); !isTooLarge(err) {
		t.Errorf("a list larger than the limit: %v", err)
	}
}

func isTooLarge(err error) bool {
	parse, ok := errors.AsType[*licseal.ParseError](err)
	return ok && parse.Class == licseal.ClassTooLarge
}

// A list has a limit of 10,000 signing keys.
func TestManyRevokedKeys(t *testing.T) {
	r := revoke.New(listIssued, listNext)
	id := func(i int) string {
		digest := sha256.Sum256(fmt.Append(nil, i))
		return "SHA256:" + base64.RawStdEncoding.EncodeToString(digest[:])
	}
	for i := range 10_000 {
		if err := r.RevokeKey(revoke.Key{ID: id(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.RevokeKey(revoke.Key{ID: id(0), Reason: "again"}); err != nil {
		t.Errorf("one that is there already: %v", err)
	}
	if err := r.RevokeKey(revoke.Key{ID: id(10_000)}); err == nil {
		t.Error("10,001 keys are revoked")
	}
}

// Changes that would make a list unreadable or useless are refused.
func TestRevokeRefuses(t *testing.T) {
	r := revoke.New(listIssued, listNext)
	for name, err := range map[string]error{
		"no id":          r.RevokeLicense("", ""),
		"id not UTF-8":   r.RevokeLicense("LS-\xe4", ""),
		"two lines":      r.RevokeLicense("a", "x\ny"),
		"no fingerprint": r.RevokeKey(revoke.Key{ID: "a"}),
		"long reason":    r.RevokeKey(revoke.Key{ID: keyID, Reason: strings.Repeat("x", 201)}),
		"zero value":     new(revoke.Contents).RevokeLicense("a", ""),
		"zero value key": new(revoke.Contents).RevokeKey(revoke.Key{ID: keyID}),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for name, r := range map[string]*revoke.Contents{
		"zero value":         {Generation: 1, Issued: listIssued, NextUpdate: listNext},
		"due at once":        revoke.New(listIssued, listIssued.Add(time.Millisecond)),
		"due before it came": revoke.New(listNext, listIssued),
	} {
		if _, err := r.Payload(); err == nil {
			t.Errorf("%s: a list is written that nobody reads", name)
		}
	}
}

// What is at a limit is accepted, and what is beyond it is not.
func TestLimits(t *testing.T) {
	for generation, want := range map[int64]bool{0: false, -1: false, 1: true, 1<<53 - 1: true, 1 << 53: false} {
		c := revoke.New(listIssued, listNext)
		c.Generation = generation
		if _, err := c.Payload(); (err == nil) != want {
			t.Errorf("generation %d: %v", generation, err)
		}
	}
	c := revoke.New(listIssued, listNext)
	if err := c.RevokeLicense("a", strings.Repeat("x", 200)); err != nil {
		t.Errorf("a reason of 200 bytes: %v", err)
	}
	for length, cut := range map[int]bool{60: false, 61: true} {
		err := revoke.CheckID("SHA256:" + strings.Repeat("x", length-7))
		if err == nil || strings.Contains(err.Error(), "…") != cut {
			t.Errorf("a text of %d characters: %v", length, err)
		}
	}
}

// Whatever is read as a list is written again as the same bytes, both as it was
// read and from what it says.
func FuzzParse(f *testing.F) {
	f.Add(listOf(listPayload(nil)))
	f.Add(listOf(listPayload(map[string]string{"licenses": `{}`, "keys": `{"` + keyID + `":{"reason":"é"}}`})))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := revoke.ParseUnverified(text)
		if err != nil {
			return
		}
		again, err := revoke.ParseUnverified([]byte(list.String()))
		if err != nil || again.String() != list.String() {
			t.Errorf("read again: %v, %v", again, err)
		}
		p, err := list.Contents().Payload()
		if err != nil || !p.Equal(list.Payload) {
			t.Errorf("written from what it says: %s, %v", p.Bytes(), err)
		}
	})
}
