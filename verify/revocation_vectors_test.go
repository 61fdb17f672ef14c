package verify_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/verify"
)

const revocationVectorsDir = "../testdata/revocations"

// listDraft is a revocation list in the making, and the licence that is held
// against it. Like the drafts of licences, it shares no code with what it tests.
type listDraft struct {
	why, expect string

	payload string // of the list, as it stands in the file
	signed  string // and what is signed in its place, if it is not the same
	context string // what stands before it in what is signed
	version string
	signer  seal
	keys    []string
	license draft
	time    string
}

const (
	vectorSalt    = "000102030405060708090a0b0c0d0e0f"
	vectorContext = "licseal-revocations-v1\n"
	vectorTime    = "2026-07-01T12:00:00Z"
)

func vectorHash(id string) string {
	digest := sha256.Sum256([]byte("licseal-revoked-license-v1\n" + vectorSalt + "\n" + id))
	return hex.EncodeToString(digest[:])
}

// fingerprint is that of an Ed25519 key, as ssh-keygen makes it.
func fingerprint(seed byte) string {
	var wire []byte
	for _, part := range [][]byte{[]byte("ssh-ed25519"), ed25519Key(seed).Public().(ed25519.PublicKey)} {
		wire = append(binary.BigEndian.AppendUint32(wire, uint32(len(part))), part...)
	}
	digest := sha256.Sum256(wire)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(digest[:])
}

// listText returns the payload of a list, with the members given in place of its own.
func listText(members map[string]string) string {
	all := map[string]string{
		"generation": `1`, "issued": `"2026-06-15T00:00:00Z"`, "next_update": `"2026-07-15T00:00:00Z"`,
		"keys": `{}`, "licenses": `{}`, "salt": `"` + vectorSalt + `"`,
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

func (d listDraft) bytes() []byte {
	if d.signed == "" {
		d.signed = d.payload
	}
	signature := hex.EncodeToString(d.signer.sign([]byte(d.context + jcsOf(d.signed))))
	return fmt.Appendf(nil, "expect: %s\nwhy: %s\n%s\ntime: %s\nlicense: %s\n\n%s", d.expect, d.why, strings.Join(d.keys, "\n"), d.time, d.license.file(),
		`{"revocations":{"payload":`+d.payload+`,"signature":"`+signature+`","version":`+d.version+`}}`)
}

// makeRevocationVectors returns the vectors by name. Key 1 signs licences, key 2
// signs lists.
func makeRevocationVectors() map[string][]byte {
	made := map[string][]byte{}
	add := func(name, expect, why string, members map[string]string, changes ...func(*listDraft)) {
		d := listDraft{
			why: why, expect: expect, payload: listText(members), context: vectorContext, version: `"1"`,
			signer: sealEd25519(seed2), keys: []string{ed25519Line(seed1), ed25519Line(seed2)},
			license: signed(sealEd25519(seed1), kongPayload), time: vectorTime,
		}
		for _, change := range changes {
			change(&d)
		}
		made[name] = d.bytes()
	}
	list := func(name, value string) map[string]string { return map[string]string{name: value} }
	key := func(seed byte, value string) map[string]string {
		return list("keys", `{"`+fingerprint(seed)+`":`+value+`}`)
	}
	at := func(time string) func(*listDraft) { return func(d *listDraft) { d.time = time } }
	without := func(old, new string) func(*listDraft) {
		return func(d *listDraft) {
			d.license = signed(sealEd25519(seed1), strings.Replace(kongPayload, old, new, 1))
		}
	}

	add("accepted-empty", "accepted", "a list that revokes nothing", nil)
	add("accepted-another-licence", "accepted", "another licence is revoked", list("licenses", `{"`+vectorHash("LS-0002")+`":"refunded"}`))
	add("accepted-p256", "accepted", "a list that an ECDSA key signed", nil, func(d *listDraft) {
		d.signer, d.keys = sealP256(seed1), []string{ed25519Line(seed1), p256Line(seed1)}
	})
	add("accepted-order", "accepted", "the order of members and white space are free", nil, func(d *listDraft) {
		d.payload = strings.Replace(d.payload, `{"generation":1,`, "{ ", 1)
		d.payload = strings.TrimSuffix(d.payload, "}") + ",\n\"generation\": 1}"
	})
	add("accepted-last-instant", "accepted", "the last instant before the next update", nil, at("2026-07-14T23:59:59.999999999Z"))
	add("accepted-key-from-later", "accepted", "the key is revoked for licences created later", key(seed1, `{"from":"2026-01-01T00:00:01Z","reason":""}`))
	add("accepted-signer-from-later", "accepted", "the list revokes its signer from after its issue", key(seed2, `{"from":"2026-06-15T00:00:01Z","reason":""}`))
	add("revoked", "revoked", "the licence is revoked", list("licenses", `{"`+vectorHash("LS-0001")+`":"refunded"}`))
	add("revoked-number", "revoked", "the id is a number", list("licenses", `{"`+vectorHash("17")+`":""}`), without(`"license_key":"LS-0001"`, `"license_key":17`))
	add("key-revoked", "key-revoked", "the key that signed the licence is revoked from the beginning", key(seed1, `{"reason":"stolen"}`))
	add("key-revoked-from", "key-revoked", "the licence was created at the instant from which the key is revoked", key(seed1, `{"from":"2026-01-01T00:00:00Z","reason":"stolen"}`))
	add("key-revoked-no-dates", "key-revoked", "a licence without dates, of a key that is revoked from some instant on", key(seed1, `{"from":"2999-01-01T00:00:00Z","reason":""}`), without(`"license_creation_date":"2026-01-01",`, ""))
	add("revoked-many", "revoked", "one of several licences that are revoked", list("licenses", `{"`+vectorHash("LS-0001")+`":"refunded","`+vectorHash("LS-0002")+`":""}`))
	add("no-id-null", "no-id", "the id is null", nil, without(`"license_key":"LS-0001"`, `"license_key":null`))
	add("no-id-empty", "no-id", "the id is the empty string", nil, without(`"license_key":"LS-0001"`, `"license_key":""`))
	add("no-id", "no-id", "a licence that nobody could ever revoke", nil, without(`"license_key":"LS-0001",`, ""))
	add("stale", "stale", "the instant of the next update", nil, at("2026-07-15T00:00:00Z"))
	add("stale-later", "stale", "a month after the next update", nil, at("2026-08-15T00:00:00Z"))
	add("stale-before-expired", "stale", "the list is judged before the dates of the licence", nil, at("2027-08-15T00:00:00Z"))
	add("forged-no-context", "forged", "signed without the context line, as a licence is", nil, func(d *listDraft) { d.context = "" })
	add("forged-crlf", "forged", "a context line that ends in CR LF", nil, func(d *listDraft) { d.context = "licseal-revocations-v1\r\n" })
	add("forged-key", "forged", "signed by a key that is not trusted", nil, func(d *listDraft) { d.keys = d.keys[:1] })
	add("forged-window", "forged", "issued when the key was trusted no more", nil, func(d *listDraft) { d.keys[1] += " before=2026-06-15T00:00:00Z" })
	add("signer-revoked", "signer-revoked", "the list revokes its signer", key(seed2, `{"reason":""}`))
	add("signer-revoked-from", "signer-revoked", "the list revokes its signer from its issue", key(seed2, `{"from":"2026-06-15T00:00:00Z","reason":""}`))
	add("signer-revoked-before", "signer-revoked", "the list revokes its signer from before its issue", key(seed2, `{"from":"2026-06-14T00:00:00Z","reason":""}`))
	add("version-integer", "version", "only licences have the integer version", nil, func(d *listDraft) { d.version = "1" })
	add("duplicate-licence", "duplicate-name", "one hash twice", list("licenses", `{"`+vectorHash("LS-0002")+`":""}`), func(d *listDraft) {
		one := `"` + vectorHash("LS-0002") + `":""`
		d.signed, d.payload = d.payload, strings.Replace(d.payload, one, one+","+one, 1)
	})
	for name, members := range map[string]map[string]string{
		"unknown-member":   list("comment", `""`),
		"no-generation":    list("generation", ""),
		"generation-zero":  list("generation", "0"),
		"generation-text":  list("generation", `"1"`),
		"no-keys":          list("keys", ""),
		"no-licences":      list("licenses", ""),
		"licences-list":    list("licenses", `["`+vectorHash("LS-0001")+`"]`),
		"hash-upper-case":  list("licenses", `{"`+strings.ToUpper(vectorHash("LS-0001"))+`":""}`),
		"reason-null":      list("licenses", `{"`+vectorHash("LS-0001")+`":null}`),
		"reason-two-lines": list("licenses", `{"`+vectorHash("LS-0001")+`":"a\nb"}`),
		"key-null":         key(seed1, "null"),
		"key-from-null":    key(seed1, `{"from":null,"reason":""}`),
		"key-from-date":    key(seed1, `{"from":"2026-01-01","reason":""}`),
		"key-no-reason":    key(seed1, `{}`),
		"key-md5":          list("keys", `{"MD5:00":{"reason":""}}`),
		"key-line-break":   list("keys", `{"`+fingerprint(seed1)[:20]+`\n`+fingerprint(seed1)[20:]+`":{"reason":""}}`),
		"issued-offset":    list("issued", `"2026-06-15T00:00:00+00:00"`),
		"issued-fraction":  list("issued", `"2026-06-15T00:00:00.5Z"`),
		"next-not-later":   list("next_update", `"2026-06-15T00:00:00Z"`),
		"salt-short":       list("salt", `"00"`),
	} {
		add("revocations-"+name, "revocations", "a member of the list is not as it must be: "+strings.ReplaceAll(name, "-", " "), members)
	}
	return made
}

func readRevocationVectors(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(revocationVectorsDir + "/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	stored := map[string][]byte{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		stored[strings.TrimSuffix(filepath.Base(file), ".txt")] = text
	}
	return stored
}

func TestRevocationVectorsAreCurrent(t *testing.T) {
	made := makeRevocationVectors()
	if *update {
		for name, text := range made {
			if err := os.WriteFile(filepath.Join(revocationVectorsDir, name+".txt"), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if diff := cmp.Diff(made, readRevocationVectors(t)); diff != "" {
		t.Errorf("go test ./verify -run TestRevocationVectorsAreCurrent -update makes other vectors: -made +stored\n%s", diff)
	}
}

func TestRevocationVectors(t *testing.T) {
	for name, text := range readRevocationVectors(t) {
		t.Run(name, func(t *testing.T) {
			header, list, _ := bytes.Cut(text, []byte("\n\n"))
			var v vector
			var license string
			for line := range strings.Lines(string(header) + "\n") {
				switch key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); key {
				case "expect":
					v.Expect = value
				case "ed25519", "p256":
					v.Keys = append(v.Keys, strings.TrimSuffix(line, "\n"))
				case "time":
					v.Time = value
				case "license":
					license = value
				}
			}
			if got := judgeWithList(t, v, license, list); got != v.Expect {
				t.Errorf("got %s, want %s", got, v.Expect)
			}
		})
	}
}

// judgeWithList returns the word for what is found of a licence and a list.
func judgeWithList(t *testing.T, v vector, license string, list []byte) string {
	t.Helper()
	trusted, err := v.trusted()
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339Nano, v.Time)
	if err != nil {
		t.Fatal(err)
	}
	revocations, err := revoke.Verify(list, trusted)
	var result *verify.Result
	if err == nil {
		result, err = verify.License([]byte(license), trusted, &verify.Options{At: at, Revocations: revocations})
	}
	var (
		refused *revoke.Error
		revoked *verify.RevokedError
		noID    *verify.NoIDError
		parse   *licseal.ParseError
	)
	switch {
	case err == nil && result.State == verify.Valid:
		return "accepted"
	case errors.As(err, &refused):
		return string(refused.Reason)
	case errors.As(err, &revoked) && revoked.KeyID != "":
		return "key-revoked"
	case errors.As(err, &revoked):
		return "revoked"
	case errors.As(err, &noID):
		return "no-id"
	case errors.As(err, &parse):
		return string(parse.Class)
	}
	return fmt.Sprint("unexpected: ", err)
}
