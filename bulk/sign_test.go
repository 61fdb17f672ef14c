package bulk_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/schema"
)

// signAll returns what becomes of texts: the licence or the error.
func signAll(texts []string, key crypto.Signer, opts *bulk.PayloadOptions) []string {
	seq := func(yield func(int, []byte) bool) {
		for i, text := range texts {
			if !yield(i, []byte(text)) {
				return
			}
		}
	}
	ctx := context.Background()
	var got []string
	for _, row := range bulk.Sign(ctx, bulk.Payloads(ctx, seq, opts), key, nil) {
		switch {
		case row.Err != nil && row.License != nil:
			got = append(got, "both a licence and "+row.Err.Error())
		case row.Err != nil:
			got = append(got, row.Err.Error())
		default:
			got = append(got, row.License.String())
		}
	}
	return got
}

// Rows that fail do not stop the others, and order is kept.
func TestSign(t *testing.T) {
	key := testKey(1)
	noKey := strings.Replace(payloadText(3), `"license_key":"LS-0000003",`, ``, 1)
	texts := []string{
		payloadText(1), `{`, payloadText(2), payloadText(1), noKey, noKey,
		strings.Replace(payloadText(4), "2026-01-01", "tomorrow", 1), payloadText(5),
	}
	tests := []struct {
		name string
		opts *bulk.PayloadOptions
		want []string
	}{
		{"schema", &bulk.PayloadOptions{Schema: schema.Kong()}, []string{
			signed(t, texts[0], key),
			"1:2: the text ends before the JSON value does; was it copied in full?",
			signed(t, texts[2], key),
			`/license_key: "LS-0000001" is already the id of row 1`,
			`schema kong: 1:1 /license_key: member "license_key" is missing`,
			`schema kong: 1:1 /license_key: member "license_key" is missing`,
			`schema kong: 1:122 /license_creation_date: found the string "tomorrow"; a real date such as "2027-12-31" is expected`,
			signed(t, texts[7], key),
		}},
		{"no schema", nil, []string{
			signed(t, texts[0], key),
			"1:2: the text ends before the JSON value does; was it copied in full?",
			signed(t, texts[2], key),
			`/license_key: "LS-0000001" is already the id of row 1`,
			signed(t, texts[4], key),
			signed(t, texts[5], key),
			`1:122 /license_creation_date: found the string "tomorrow" where a date is expected; write it as "2027-12-31" or as an RFC 3339 time`,
			signed(t, texts[7], key),
		}},
		{"duplicates", &bulk.PayloadOptions{AllowDuplicates: true, AllowShortTerm: true, Roles: licseal.Roles{NotBefore: "/license_expiration_date"}}, []string{
			signed(t, texts[0], key),
			"1:2: the text ends before the JSON value does; was it copied in full?",
			signed(t, texts[2], key),
			signed(t, texts[3], key),
			signed(t, texts[4], key),
			signed(t, texts[5], key),
			signed(t, texts[6], key),
			signed(t, texts[7], key),
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, signAll(texts, key, tt.opts)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A licence of a day or less is rejected, unless that is allowed.
func TestShortTerm(t *testing.T) {
	text := strings.Replace(payloadText(1), `"2027-01-01"`, `"2026-01-02"`, 1)
	if text == payloadText(1) {
		t.Fatal("nothing was replaced")
	}
	for allowed, want := range map[bool]string{
		false: "1:161 /license_expiration_date: the licence is created at 2026-01-01T00:00:00Z and expires at 2026-01-02T00:00:00Z, within a day",
		true:  signed(t, text, testKey(1)),
	} {
		if got := signAll([]string{text, payloadText(2)}, testKey(1), &bulk.PayloadOptions{AllowShortTerm: allowed}); got[0] != want || got[1] != signed(t, payloadText(2), testKey(1)) {
			t.Errorf("allowed %t: got %s, want %s", allowed, got[0], want)
		}
	}
}

// Of a row that fails, all reasons are told; its id stays free.
func TestAllReasons(t *testing.T) {
	bad := func(i int) string {
		return strings.NewReplacer(`"2027-01-01"`, `"2025-01-01"`, `"support_plan":"None"`, `"support_plan":5`).Replace(payloadText(i))
	}
	got := signAll([]string{payloadText(1), bad(1), bad(2), payloadText(2)}, testKey(1), &bulk.PayloadOptions{Schema: schema.Kong()})
	want := []string{"/support_plan", "before it was created", `"LS-0000001" is already the id of row 1`}
	for i, text := range want {
		if !strings.Contains(got[1], text) || strings.Contains(got[2], text) != (i < 2) {
			t.Errorf("%s: got %s, %s", text, got[1], got[2])
		}
	}
	if got[3] != signed(t, payloadText(2), testKey(1)) {
		t.Errorf("the last: %s", got[3])
	}
}

// An id is found again however far back it was, and none is mistaken for another.
func TestDuplicatesFar(t *testing.T) {
	n := testenv.Rounds(2000, 30_000)
	texts := func(yield func(int, []byte) bool) {
		for i := range n + 100 {
			if !yield(i, fmt.Appendf(nil, `{"license_key":"LS-%d","license_creation_date":"2026-01-01","license_expiration_date":"2027-01-01"}`, i%n)) {
				return
			}
		}
	}
	for i, row := range bulk.Payloads(context.Background(), texts, nil) {
		var duplicate *bulk.DuplicateError
		switch is := errors.As(row.Err, &duplicate); {
		case i < n && row.Err != nil:
			t.Fatalf("row %d: %v", i, row.Err)
		case i >= n && (!is || duplicate.Row != i-n+1 || duplicate.ID != fmt.Sprint("LS-", i-n)):
			t.Fatalf("row %d: %v", i, row.Err)
		}
	}
}

// failing is a key that fails after some signatures.
type failing struct {
	ed25519.PrivateKey
	left *atomic.Int64
}

var errLocked = errors.New("the token is locked")

func (f failing) Sign(r io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	if f.left.Add(-1) < 0 {
		return nil, errLocked
	}
	return f.PrivateKey.Sign(r, message, opts)
}

// A key that fails has an error of its own, not that of a wrong row.
func TestSignKeyFails(t *testing.T) {
	key := failing{testKey(1), new(atomic.Int64)}
	key.left.Store(70)
	ctx := context.Background()
	ok, failed := 0, 0
	for _, row := range bulk.Sign(ctx, bulk.Payloads(ctx, slices.All(payloads(100)), nil), key, &bulk.SignOptions{Workers: 1}) {
		var signErr *bulk.SignError
		switch {
		case errors.As(row.Err, &signErr) && errors.Is(row.Err, errLocked) && row.License == nil:
			failed++
		case row.Err == nil && row.License != nil:
			ok++
		}
	}
	if ok != 70 || failed != 30 {
		t.Errorf("%d signed, %d failed", ok, failed)
	}
}

// A row that has a licence is not signed again.
func TestSignKeeps(t *testing.T) {
	lic, err := licseal.ParseUnverified([]byte(signed(t, payloadText(1), testKey(1))))
	if err != nil {
		t.Fatal(err)
	}
	rows := slices.All([]bulk.Row{{Payload: lic.Payload, License: lic}})
	for _, row := range bulk.Sign(context.Background(), rows, nil, nil) {
		if row.License != lic || row.Err != nil {
			t.Errorf("got %v, %v", row.License, row.Err)
		}
	}
}

// A row's own parser takes the place of the strict one.
func TestPayloadsParse(t *testing.T) {
	opts := &bulk.PayloadOptions{Parse: func(text []byte) (licseal.Payload, error) {
		return licseal.ParsePayload(fmt.Appendf(nil, `{"license_key":%q,"license_creation_date":"2026-01-01","license_expiration_date":"2027-01-01"}`, text))
	}}
	got := signAll([]string{"a", "b", "a"}, testKey(1), opts)
	if len(got) != 3 || !strings.Contains(got[1], `"license_key":"b"`) || got[2] != `/license_key: "a" is already the id of row 1` {
		t.Errorf("got %q", got)
	}
}

func ExampleSign() {
	key := ed25519.NewKeyFromSeed([]byte("0123456789abcdef0123456789abcdef"))
	lines := strings.Split(`{"license_key":"LS-1","license_creation_date":"2026-01-01","license_expiration_date":"2027-01-01"}
{"license_key":"LS-2","license_creation_date":"2026-01-01"}`, "\n")
	texts := func(yield func(int, []byte) bool) {
		for i, line := range lines {
			if !yield(i+1, []byte(line)) {
				return
			}
		}
	}
	ctx := context.Background()
	rows := bulk.Payloads(ctx, texts, nil)
	for line, row := range bulk.Sign(ctx, rows, key, nil) {
		if row.Err != nil {
			fmt.Printf("line %d: %v\n", line, row.Err)
			continue
		}
		fmt.Printf("line %d: %.64s…\n", line, row.License)
	}
	// Output:
	// line 1: {"license":{"payload":{"license_creation_date":"2026-01-01","lic…
	// line 2: 1:1 /license_expiration_date: the date is missing; a licence states when it begins and when it expires
}
