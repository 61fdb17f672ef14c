package verdict_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/verdict"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
)

var vendor = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

// report returns what package verify says of a payload that was signed, at a time.
func report(t *testing.T, payload, at string, o verify.Options) *verify.Report {
	t.Helper()
	p, err := licseal.ParsePayload([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(p, vendor)
	if err != nil {
		t.Fatal(err)
	}
	if o.At, err = licseal.ParseDate(at, nil); err != nil {
		t.Fatal(err)
	}
	v, err := verify.New([]licseal.TrustedKey{{Key: vendor.Public(), Name: "vendor", Principals: []string{"a", "b"}}}, &o)
	if err != nil {
		t.Fatal(err)
	}
	return v.Report([]byte(lic.String()))
}

const (
	payload = `{"license_creation_date":"2026-01-01","license_expiration_date":"2027-01-01","license_key":"A"}`
	dates   = `"not_before":"2026-01-01T00:00:00Z","not_after":"2027-01-01T00:00:00Z",`
)

// Each kind of verdict, as JSON and in one line.
func TestJSON(t *testing.T) {
	id := licseal.KeyID(vendor.Public())
	const by = `"key":{"id":"%s","name":"vendor","issuers":["a","b"]},"payload":` + payload
	const missing = "1:23 /license/payload/license_creation_date: the date is missing; a licence states when it begins and when it expires"
	signed := fmt.Sprintf(by, id)
	grace := verify.Options{Grace: 10 * 24 * time.Hour}
	tests := []struct {
		name    string
		v       verdict.Verdict
		json    string
		summary string
	}{
		{"valid", verdict.Of("a.json", 0, report(t, payload, "2026-12-30", verify.Options{})),
			`{"file":"a.json","ok":true,"exit":0,"state":"valid","time":"2026-12-30T00:00:00Z",` + dates + `"grace_end":"2027-01-01T00:00:00Z","days_left":2,` + signed + `}`,
			`ok: a.json: valid until 2027-01-01T00:00:00Z (2 days left), signed by vendor ` + id},
		{"of many, in grace", verdict.Of("a.json", 1, report(t, payload, "2027-01-03", grace)),
			`{"file":"a.json","line":1,"ok":true,"exit":0,"state":"in grace","time":"2027-01-03T00:00:00Z",` + dates + `"grace_end":"2027-01-11T00:00:00Z","days_left":-2,` + signed + `}`,
			`ok: a.json:1: in grace until 2027-01-11T00:00:00Z (8 days left), expired at 2027-01-01T00:00:00Z, signed by vendor ` + id},
		{"expired", verdict.Of("a.json", 0, report(t, payload, "2027-01-11", grace)),
			`{"file":"a.json","ok":false,"exit":7,"state":"expired","time":"2027-01-11T00:00:00Z",` + dates + `"grace_end":"2027-01-11T00:00:00Z","days_left":-10,` + signed +
				`,"reason":"expired","error":"expired at 2027-01-01T00:00:00Z, its grace ended at 2027-01-11T00:00:00Z, and it is 2027-01-11T00:00:00Z"}`,
			`expired: a.json: expired at 2027-01-01T00:00:00Z, its grace ended at 2027-01-11T00:00:00Z, and it is 2027-01-11T00:00:00Z`},
		{"no dates", verdict.Of("a.json", 0, report(t, `{"license_key":"A"}`, "2027-01-11", verify.Options{})),
			`{"file":"a.json","ok":false,"exit":4,"time":"2027-01-11T00:00:00Z",` + strings.Replace(signed, payload, `{"license_key":"A"}`, 1) + `,"reason":"schema","error":"` + missing + `"}`, `schema: a.json: ` + missing},
		{"not signed", verdict.Verdict{File: "a\nb", Line: 7, Err: &licseal.ParseError{Position: licseal.Position{Line: 1, Column: 1}, Detail: "x"}},
			`{"file":"a\nb","line":7,"ok":false,"exit":3,"reason":"parse","error":"1:1: x"}`, `parse: a\nb:7: 1:1: x`},
		{"warnings", verdict.Verdict{File: "", Warnings: []licseal.Violation{{Position: licseal.Position{Line: 1, Column: 2}, Message: "one"}, {Message: "two"}}},
			`{"file":"","ok":true,"exit":0,"warnings":["1:2: one","payload: two"]}`, ""},
		{"a warning", verdict.Verdict{Warnings: []licseal.Violation{{Message: "one"}}}, `{"file":"","ok":true,"exit":0,"warnings":["payload: one"]}`, ""},
		{"violations", verdict.Verdict{File: "f", Err: fmt.Errorf("x: %w", &licseal.SchemaError{Violations: []licseal.Violation{
			{Position: licseal.Position{Pointer: "/a", Line: 1, Column: 2}, Message: "m", Value: "5", Allowed: "a text", DidYouMean: "b"}, {Message: "n"}, {Message: "o", Allowed: "p"}}})},
			`{"file":"f","ok":false,"exit":4,"reason":"schema","error":"x: schema : 1:2 /a: m (and 2 more violations)","violations":[{"pointer":"/a","line":1,"column":2,"message":"m","value":"5","allowed":"a text","did_you_mean":"b"},{"pointer":"","line":0,"column":0,"message":"n"},{"pointer":"","line":0,"column":0,"message":"o","allowed":"p"}]}`,
			`schema: f: 1:2 /a: m; payload: n; payload: o`},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.json, test.v.JSON()); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		if test.summary == "" { // it has no result
			continue
		}
		if diff := cmp.Diff(test.summary, test.v.Summary().String()); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

// fields judges the fields of a payload as one says.
type fields struct{ err error }

func (fields) Roles() licseal.Roles { return licseal.Roles{} }

func (f fields) Judge(licseal.Payload) ([]licseal.Violation, error) {
	return []licseal.Violation{{Message: "odd"}}, f.err
}

// A payload of another product is said to have a good signature.
func TestForeign(t *testing.T) {
	for foreign, want := range map[bool]string{
		true: "the signature is good, but its fields are not those of the schema s", false: "schema s: 1:2: x",
	} {
		broken := &licseal.SchemaError{Schema: "s", Foreign: foreign, Violations: []licseal.Violation{{Position: licseal.Position{Line: 1, Column: 2}, Message: "x"}}}
		v := verdict.Of("a", 0, report(t, payload, "2026-12-30", verify.Options{Fields: fields{broken}}))
		if v.Err == nil || v.Err.Error() != want || v.Exit() != 4 || len(v.Warnings) != 1 || v.Result == nil {
			t.Errorf("%v, want %s", v.Err, want)
		}
	}
}

// Until when a licence holds, from a day before its expiry to its last in grace.
func TestUntil(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2027, 1, n, 0, 0, 0, 0, time.UTC) }
	p := licseal.Period{NotBefore: day(1), NotAfter: day(10)}
	for at, want := range map[time.Time]string{
		day(9):                   "valid until 2027-01-10T00:00:00Z (1 day left)",
		day(10).Add(-1):          "valid until 2027-01-10T00:00:00Z (less than a day left)",
		day(10):                  "in grace until 2027-01-20T00:00:00Z (10 days left), expired at 2027-01-10T00:00:00Z",
		day(19).Add(time.Hour):   "in grace until 2027-01-20T00:00:00Z (less than a day left), expired at 2027-01-10T00:00:00Z",
		day(8).Add(-time.Second): "valid until 2027-01-10T00:00:00Z (2 days left)",
		day(10).Add(time.Second): "in grace until 2027-01-20T00:00:00Z (9 days left), expired at 2027-01-10T00:00:00Z",
		day(1).AddDate(-1, 0, 0): "valid until 2027-01-10T00:00:00Z (374 days left)",
	} {
		if got := verdict.Until(p, day(20), at).String(); got != want {
			t.Errorf("at %v: %s, want %s", at, got, want)
		}
	}
}

// Only the word is colored.
func TestColor(t *testing.T) {
	v := verdict.Of("a", 2, report(t, payload, "2026-12-30", verify.Options{}))
	plain := v.Accepted(false).String()
	if want := "ok: a:2: valid until 2027-01-01T00:00:00Z (2 days left), signed by vendor " + licseal.KeyID(vendor.Public()); plain != want {
		t.Errorf("%s, want %s", plain, want)
	}
	if got := v.Accepted(true).String(); got != "\x1b[32mok\x1b[0m"+strings.TrimPrefix(plain, "ok") {
		t.Errorf("%q", got)
	}
	if got, want := verdict.KeyName(licseal.TrustedKey{Key: vendor.Public()}).String(), licseal.KeyID(vendor.Public()); got != want {
		t.Errorf("a key without a name: %s", got)
	}
}

func TestJSONKey(t *testing.T) {
	got, err := json.Marshal(verdict.NewJSONKey(licseal.TrustedKey{Key: vendor.Public(), Name: "n"}))
	if want := `{"id":"` + licseal.KeyID(vendor.Public()) + `","name":"n"}`; err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
}
