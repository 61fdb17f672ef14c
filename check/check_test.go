package check_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
)

func codes(findings []check.Finding) string {
	var words []string
	for _, f := range findings {
		words = append(words, fmt.Sprintf("%s %s", f.Severity, f.Code))
	}
	return strings.Join(words, ", ")
}

func TestNewRefuses(t *testing.T) {
	for name, options := range map[string]check.Options{
		"neither": {},
		"both":    {Trusted: vendorKeys(), NoSignature: true},
	} {
		if c, err := check.New(options); c != nil || !errors.Is(err, check.ErrKeysOrNot) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c, err := check.New(check.Options{Trusted: []licseal.TrustedKey{{Name: "none"}}}); c != nil || err == nil {
		t.Errorf("a key of no kind: %v", err)
	}
	if c, err := check.New(check.Options{NoSignature: true, Verify: verify.Options{Grace: -1}}); c != nil || err == nil {
		t.Errorf("a negative grace: %v", err)
	}
}

// Each row is one licence, judged at one instant, and all that is found.
func TestJudgement(t *testing.T) {
	at := func(s string) func(*check.Options) {
		return func(o *check.Options) { o.Verify.At, _ = licseal.ParseDate(s, nil) }
	}
	with := func(changes ...func(*check.Options)) func(*check.Options) {
		return func(o *check.Options) {
			for _, change := range changes {
				change(o)
			}
		}
	}
	grace := func(days int) func(*check.Options) {
		return func(o *check.Options) { o.Verify.Grace = time.Duration(days) * 24 * time.Hour }
	}
	noSignature := func(o *check.Options) { o.Trusted, o.NoSignature = nil, true }
	zone := func(name string) func(*check.Options) {
		return func(o *check.Options) {
			loc, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			o.Verify.Location = loc
		}
	}
	noPolicy := func(o *check.Options) { o.Policy = check.Policy{MinRemaining: -1, WarnRemaining: -1} }
	require := func(texts ...string) func(*check.Options) {
		return func(o *check.Options) {
			for _, text := range texts {
				r, err := check.ParseRequirement(text)
				if err != nil {
					t.Fatal(err)
				}
				o.Policy.Require = append(o.Policy.Require, r)
			}
		}
	}
	tests := []struct {
		name   string
		fields []string
		change func(*check.Options)
		want   string
		state  verify.State
	}{
		{"all well", nil, nil, "", verify.Valid},
		{"not checked", nil, noSignature, "note signature-not-checked", verify.Valid},
		{"chain refused", nil, func(o *check.Options) { o.ChainRefused = errors.New("generation 2: a fork") }, "warning trust-chain", verify.Valid},
		{"first instant", nil, at("2026-01-01"), "", verify.Valid},
		{"before", nil, at("2025-12-31T23:59:59Z"), "error not-yet-valid", verify.NotYetValid},
		{"first day of warning", nil, at("2026-10-03T00:00:01Z"), "warning expires-soon", verify.Valid},
		{"last instant without", nil, at("2026-10-03"), "", verify.Valid},
		{"first day of failing", nil, at("2026-12-02T00:00:01Z"), "error expires-soon", verify.Valid},
		{"last day of warning", nil, at("2026-12-02"), "warning expires-soon", verify.Valid},
		{"nothing required", nil, with(at("2026-12-31"), noPolicy), "", verify.Valid},
		{"expired", nil, at("2027-01-01"), "error expired", verify.Expired},
		{"grace counts as time left", nil, with(at("2026-12-20"), grace(30)), "warning expires-soon", verify.Valid},
		{"in grace", nil, with(at("2027-01-02"), grace(30), noPolicy), "warning in-grace", verify.InGrace},
		{"in grace, and not for long", nil, with(at("2027-01-02"), grace(30)), "warning in-grace, error expires-soon", verify.InGrace},
		{"past the grace", nil, with(at("2027-01-31"), grace(30)), "error expired", verify.Expired},
		{"a zone before UTC", nil, with(at("2026-12-31T23:30:00Z"), zone("Europe/Berlin"), noPolicy), "error expired", verify.Expired},
		{"a zone after UTC", nil, with(at("2027-01-01T04:30:00Z"), zone("America/New_York"), noPolicy), "", verify.Valid},
		{"never valid", []string{"2027-01-01", "2026-01-01"}, nil, "error never-valid", verify.Expired},
		{"before it is never valid", []string{"2027-01-01", "2026-01-01"}, with(at("2025-01-01"), grace(30)), "error never-valid", verify.NotYetValid},
		{"reversed dates", []string{"2027-01-01", "2025-01-01"}, nil, "error date", ""},
		{"no such day", []string{"2027-01-01", "2027-02-30"}, nil, "error wrong-field", ""},
		{"no expiration", []string{`"license_expiration_date":"2027-01-01",`, ""}, nil, "error missing-field", ""},
		{"unknown field", []string{`"support_plan"`, `"region":"eu","support_plan"`}, nil, "warning unknown-field", verify.Valid},
		{"number for a string", []string{`"dataplanes":"4"`, `"dataplanes":4`}, nil, "error wrong-field", verify.Valid},
		{"all at once", []string{`"dataplanes":"4"`, `"dataplanes":4`, "2027-01-01", "2026-02-01"}, require("customer=Nobody"), "error wrong-field, error expired, error requirement", verify.Expired},
		{"requirements met", nil, require("product_subscription=Konnect Enterprise", "dataplanes>=4", "admin_seats in 5,10", "license_expiration_date>2026-12-01"), "", verify.Valid},
		{"requirements not met", nil, require("dataplanes>4", "admin_seats in 1,2", "nothing", "customer>=3"), "error requirement, error requirement, error requirement, error requirement", verify.Valid},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := signed(t, test.fields...)
			r := newChecker(t, test.change).License("licence.json", []byte(text))
			if got := codes(r.Findings); got != test.want || r.State != test.state {
				t.Errorf("found %q, state %q; want %q, %q: %v", got, r.State, test.want, test.state, r.Findings)
			}
			if r.OK() == strings.Contains(test.want, "error") {
				t.Errorf("OK is %v", r.OK())
			}
			for _, f := range r.Findings {
				if f.Stage != check.StageSignature && (f.Line == 0 || f.Pointer == "") {
					t.Errorf("no place: %v", f)
				}
			}
		})
	}
}

// What the checker says of the clock is what verify says.
func TestStatesAgreeWithVerify(t *testing.T) {
	text := signed(t)
	for _, grace := range []time.Duration{0, time.Second, 30 * 24 * time.Hour} {
		for _, edge := range []string{"2026-01-01", "2027-01-01", "2027-01-31", "2027-01-01T00:00:01Z"} {
			for _, offset := range []time.Duration{-1, 0, 1} {
				instant, err := licseal.ParseDate(edge, nil)
				if err != nil {
					t.Fatal(err)
				}
				options := verify.Options{At: instant.Add(offset), Grace: grace}
				want, err := verify.License([]byte(text), vendorKeys(), &options)
				var refused *verify.RefusedError
				if errors.As(err, &refused) {
					want = refused.Result
				}
				got := newChecker(t, func(o *check.Options) { o.Verify = options }).License("", []byte(text))
				if got.State != want.State || !got.GraceEnd.Equal(want.GraceEnd) {
					t.Errorf("%v, grace %v: %q until %v; verify says %q until %v", options.At, grace, got.State, got.GraceEnd, want.State, want.GraceEnd)
				}
			}
		}
	}
}

// Nothing of a forged licence is accepted or shown.
func TestForged(t *testing.T) {
	text := strings.Replace(signed(t), `"dataplanes":"4"`, `"dataplanes":"999"`, 1)
	text = strings.Replace(text, "2027-01-01", "2026-02-01", 1)
	r := newChecker(t, nil).License("forged.json", []byte(text))
	if codes(r.Findings) != "error signature" || r.License != nil || r.State != "" || r.ID != "" || r.Customer != "" || r.Canonical() != nil || r.Signature != check.SignatureBad {
		t.Errorf("%+v", r)
	}
	if r.Findings[0].Pointer != "/license/signature" || r.Findings[0].Line != 1 {
		t.Errorf("place: %v", r.Findings[0].Position)
	}
}

// The places are those of the members, whatever is named like them in the payload, and
// in a dump those of the values in it.
func TestPlaces(t *testing.T) {
	text := `{"license":{"version":1,"payload":{"signature":"x","version":1,"license":{"signature":"y"}},"signature":"` + strings.Repeat("ab", 64) + `"}}`
	r := newChecker(t, nil).License("", []byte(text))
	var places []string
	for _, f := range r.Findings {
		places = append(places, f.Place())
	}
	want := []string{
		fmt.Sprintf("1:%d /license/version", strings.Index(text, "1,")+1),
		fmt.Sprintf("1:%d /license/signature", strings.Index(text, `"abab`)+1),
	}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Error(diff, r.Findings)
	}
	all, err := check.KubernetesDump([]byte(secret("kong-enterprise-license", "data", "license", base64Of(signed(t, `"dataplanes":"4"`, `"dataplanes":4`)))))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range newChecker(t, nil).Installed(all[0]).Findings {
		if f.Line != 8 || f.Column != 12 {
			t.Errorf("the value is at 8:12: %v", f)
		}
	}
}

// Where a text can be read in two ways, a good signature tells which is right.
func TestSignatureTells(t *testing.T) {
	for _, name := range []string{"Example Company, Inc", "Example Company,Inc"} {
		text := signed(t, "Example Company, Inc", name)
		broken := strings.NewReplacer("Example Company, Inc", "Example Company,\nInc", "Example Company,Inc", "Example Company,\nInc").Replace(text)
		r := newChecker(t, nil).License("wrapped.txt", []byte(broken))
		if string(r.Canonical()) != text || codes(r.Findings) != "error line-break" {
			t.Errorf("%s: %v", name, r.Findings)
		}
	}
}

func hclAttribute(licence string) string {
	return "kong_license = " + strings.NewReplacer("${", "$${", "%{", "%%{").Replace(jsonString(licence))
}

// What may have been escaped in two ways is repaired by a signature, and by nothing else.
func TestEscapedInTwoWays(t *testing.T) {
	quotes := strings.NewReplacer(`"`, "&quot;")
	encodeURI := strings.NewReplacer(`"`, "%22", " ", "%20", "{", "%7B", "}", "%7D")
	for _, test := range []struct {
		customer string
		escape   func(string) string
	}{
		{"Smith &amp; Sons", quotes.Replace},
		{"Smith & Sons &lt;", html.EscapeString},
		{"A+B Ltd", encodeURI.Replace},
		{"A+B Ltd", url.QueryEscape},
		{"${A} %{B}", hclAttribute},
		{"$${A} %%{B}", hclAttribute},
		{"$${A} %%{B}", func(l string) string { return "license = " + jsonString(l) }},
	} {
		text := signed(t, "Example Company, Inc", test.customer)
		broken := []byte(test.escape(text))
		if r := newChecker(t, nil).License("", broken); string(r.Canonical()) != text {
			t.Errorf("%s: %v", broken, r.Findings)
		}
		r := newChecker(t, func(o *check.Options) { o.Trusted, o.NoSignature = nil, true }).License("", broken)
		if r.License != nil && string(r.Canonical()) != text {
			t.Errorf("%s was guessed to be %s", broken, r.Canonical())
		}
	}
}

// Of a list, the licence that was changed last is judged, and compared.
func TestList(t *testing.T) {
	list := fmt.Sprintf(`{"data":[`+record+`,`+record+`],"next":null}`, jsonString(signed(t, "2027-01-01", "2028-01-01")), 1000, jsonString(signed(t)), 2000)
	r := newChecker(t, nil).License("list.json", []byte(list))
	if codes(r.Findings) != "error admin-list, warning better-licence" || !r.NotAfter.Equal(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%v", r.Findings)
	}
}

// A curly quote inside of a string with straight ones is part of what is signed.
func TestCurlyQuotesInsideStrings(t *testing.T) {
	text := signed(t, "Example Company, Inc", "The “Best” Company")
	r := newChecker(t, func(o *check.Options) { o.Trusted, o.NoSignature = nil, true }).License("", []byte(strings.Replace(text, `"None"`, "“None”", 1)))
	if string(r.Canonical()) != text {
		t.Errorf("%s\n%v", r.Canonical(), r.Findings)
	}
}

// An apostrophe inside of a string of Python's is part of what is signed.
func TestSingleQuotesInsideStrings(t *testing.T) {
	text := signed(t, "Example Company, Inc", "O’Brien’s")
	r := newChecker(t, nil).License("", []byte(strings.ReplaceAll(text, `"`, "'")))
	if string(r.Canonical()) != text {
		t.Errorf("%v", r.Findings)
	}
}

// If several licences are installed, the one that was changed last counts, or none is
// known to.
func TestWhichOfSeveralCounts(t *testing.T) {
	for second, want := range map[int64]string{1: "(2 licences; it is not clear which counts)", 2: "(2 licences; the one changed last counts)"} {
		p := newPlace(t).place()
		p.RecordsName = "http://admin/licenses"
		p.Records = func(context.Context) ([]check.Installed, error) {
			return []check.Installed{
				{Name: "a", Data: []byte(signed(t)), Updated: time.Unix(1, 0)},
				{Name: "b", Data: []byte(signed(t)), Updated: time.Unix(second, 0)},
			}, nil
		}
		e := newChecker(t, nil).Effective(t.Context(), p)
		if got := e.Sources[len(e.Sources)-1].Detail; got != want {
			t.Errorf("changed at %d: %q, want %q", second, got, want)
		}
	}
}

// Findings are counted by their severity.
func TestCount(t *testing.T) {
	r := &check.Result{Findings: []check.Finding{{Severity: check.Error}, {Severity: check.Note}, {Severity: check.Error}}}
	if e, w, n := r.Count(check.Error), r.Count(check.Warning), r.Count(check.Note); e != 2 || w != 0 || n != 1 {
		t.Errorf("%d errors, %d warnings, %d notes", e, w, n)
	}
}

// No remaining time that is written as 0 requires nothing, and no grace is none.
func TestApplyZero(t *testing.T) {
	o := check.Options{Verify: verify.Options{Grace: time.Hour}}
	if err := (&check.PolicyFile{MinRemaining: "0d", WarnRemaining: "0d", Grace: "0d"}).Apply(&o); err != nil {
		t.Fatal(err)
	}
	if o.Policy.MinRemaining != -1 || o.Policy.WarnRemaining != -1 || o.Verify.Grace != 0 || o.Verify.Location != nil {
		t.Errorf("got %v, %v, grace %v, %v", o.Policy.MinRemaining, o.Policy.WarnRemaining, o.Verify.Grace, o.Verify.Location)
	}
}

// A text with more violations than are listed says how many there are.
func TestMoreViolations(t *testing.T) {
	rules, err := schema.Compile("mine", []byte(`{"type":"object","additionalProperties":{"type":"string"},
		"x-licseal":{"roles":{"id":"/id","not_before":"/from","not_after":"/until"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{100: "", 101: "1 more violation not listed", 103: "3 more violations not listed"} {
		var more strings.Builder
		for i := range n {
			fmt.Fprintf(&more, `"a%d":1,`, i)
		}
		text := `{"license":{"payload":{` + more.String() + `"id":"x","from":"2026-01-01","until":"2027-01-01"},"signature":"` + strings.Repeat("ab", 64) + `","version":"1"}}`
		r := newChecker(t, func(o *check.Options) { o.Schema, o.Trusted, o.NoSignature = rules, nil, true }).License("", []byte(text))
		last := r.Findings[len(r.Findings)-1]
		if (last.Code == check.CodeMoreSchema) != (want != "") || want != "" && (last.Found != want || last.Severity != check.Error) {
			t.Errorf("of %d, the last of %d findings is %v", n, len(r.Findings), last)
		}
	}
}

// A schema that takes too much work to validate with is a finding of its own.
func TestSchemaOfTooMuchWork(t *testing.T) {
	rules, err := schema.Compile("mine", []byte(`{"type":"object","properties":{"id":{"type":"string"},"from":{"type":"string"},"until":{"type":"string"},"a":{"type":"array","uniqueItems":true,"items":{"pattern":"^(?:a{0,30}){0,30}b$"}}},
		"x-licseal":{"roles":{"id":"/id","not_before":"/from","not_after":"/until"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	many := strings.TrimSuffix(strings.Repeat(`"`+strings.Repeat("a", 100)+`",`, 300), ",")
	text := `{"license":{"payload":{"a":[` + many + `],"id":"x","from":"2026-01-01","until":"2027-01-01"},"signature":"` + strings.Repeat("ab", 64) + `","version":"1"}}`
	r := newChecker(t, func(o *check.Options) { o.Schema, o.Trusted, o.NoSignature = rules, nil, true }).License("", []byte(text))
	if len(r.Findings) != 2 || r.Findings[1].Code != check.CodeSchema || r.Findings[1].Remedy != "simplify the schema" {
		t.Errorf("%v", r.Findings)
	}
}

// A line end at the very beginning is one of its kind, too.
func TestCRLFAtTheStart(t *testing.T) {
	for text, want := range map[string]string{signed(t): "", "\r\n" + signed(t): "warning crlf", signed(t) + "\r\n": "warning crlf", "\n" + signed(t): ""} {
		if got := codes(newChecker(t, nil).License("", []byte(text)).Findings); got != want {
			t.Errorf("%.10q: %s, want %s", text, got, want)
		}
	}
}

// What a repaired text is blamed for after the repair has no line: nobody has that text.
func TestRepairedHasNoLines(t *testing.T) {
	text := strings.Replace(signed(t, `"support_plan":"None"`, `"support_plan":"None","more":1`), "\"version\":\"1\"}}", "\"version\":\"1\",}}", 1)
	r := newChecker(t, nil).License("", []byte(text))
	found := false
	for _, f := range r.Findings {
		if f.Stage != check.StageDocument && f.Pointer != "" {
			found = true
			if f.Line != 0 || f.Column != 0 {
				t.Errorf("%v is at line %d, column %d", f, f.Line, f.Column)
			}
		}
	}
	if !r.Repaired || !found {
		t.Errorf("repaired: %v, %v", r.Repaired, r.Findings)
	}
}

// What was wrong with a text stays in the report about the licence that came out of it,
// as notes; what is wrong with the licence is said once.
func TestFixedFindings(t *testing.T) {
	c := newChecker(t, nil)
	licence := signed(t, "2027-01-01", "2026-02-01", "Example Company, Inc", "A B")
	before := c.License("", []byte(strings.Replace(licence, "A B", "A\u00a0B", 1)))
	after := c.Fixed(before, "fixed.json")
	if codes(after.Findings) != "note substituted-characters, error expired" || after.Name != "fixed.json" || after.Findings[0].Line != 0 {
		t.Errorf("before: %s; after: %v", codes(before.Findings), after.Findings)
	}
}

// Different readings of one text are in one place, and the places of different licences
// are listed.
func TestAmbiguousInOnePlace(t *testing.T) {
	text := strings.Replace(signed(t, "Example Company, Inc", "Example Company Limited"), "Example Company", "Example\nCompany", 1)
	r := newChecker(t, func(o *check.Options) { o.Trusted, o.NoSignature = nil, true }).License("", []byte(text))
	last := r.Findings[len(r.Findings)-1]
	if last.Code != check.CodeAmbiguous || !strings.HasPrefix(last.Found, "the text can be read as ") || !strings.HasPrefix(last.Remedy, "correct the text by hand") {
		t.Errorf("%v", r.Findings)
	}
}

// The licence of a list that is installed is compared with the others, wherever it is in
// the list.
func TestBetterOneIsFound(t *testing.T) {
	at := func(name string, second int64, text string) check.Installed {
		return check.Installed{Name: name, Data: []byte(text), Updated: time.Unix(second, 0)}
	}
	good, expired := signed(t), signed(t, "2027-01-01", "2026-02-01")
	for i, all := range [][]check.Installed{
		{at("a", 2, expired), at("b", 1, good)},
		{at("b", 1, good), at("a", 2, expired)},
	} {
		if _, active, findings := newChecker(t, nil).Choose(all); active != i || codes(findings) != "warning better-licence" {
			t.Errorf("active is %d, found %v", active, findings)
		}
	}
}

func TestZeroResult(t *testing.T) {
	if new(check.Result).OK() {
		t.Error("a result without a licence is no success")
	}
}

func TestVendorSchema(t *testing.T) {
	rules, err := schema.Compile("mine", []byte(`{"type":"object","required":["serial"],"additionalProperties":false,
		"properties":{"serial":{"type":"string"},"from":{"type":"string"},"until":{"type":"string"}},
		"x-licseal":{"roles":{"id":"/serial","not_before":"/from","not_after":"/until"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	p, err := licseal.ParsePayload([]byte(`{"serial":"AAAA-BBBB-CCCC-DDDD","from":"2026-01-01","until":"2027-01-01","more":1}`))
	if err != nil {
		t.Fatal(err)
	}
	text := `{"license":{"payload":` + string(p.Bytes()) + `,"signature":"` + strings.Repeat("ab", 64) + `","version":"1"}}`
	r := newChecker(t, func(o *check.Options) { o.Schema, o.Trusted, o.NoSignature = rules, nil, true }).License("", []byte(text))
	if codes(r.Findings) != "note signature-not-checked, error unknown-field" || r.ID != "AAAA…DDDD" || r.State != verify.Valid {
		t.Errorf("%s %q %q: a vendor's schema means what it says", codes(r.Findings), r.ID, r.State)
	}
}

func TestRequirements(t *testing.T) {
	p, err := licseal.ParsePayload([]byte(`{"n":4,"s":"4","big":"9007199254740993","f":2.5,"d":"2027-01-01","word":"Gold","list":[1],"deep":{"a.b":"x","seats":7},"comma":"A, Inc","tiny":1e-7,"quoted":"\"=x\"","t":true}`))
	if err != nil {
		t.Fatal(err)
	}
	text := `{"license":{"payload":` + string(p.Bytes()) + `,"signature":"` + strings.Repeat("ab", 64) + `","version":"1"}}`
	tests := []struct {
		text string
		met  bool
	}{
		{"n=4", true}, {"n=4.0", true}, {"n!=4", false}, {"n>=4", true}, {"n>4", false}, {"n<=4", true}, {"n<4", false}, {"n<5", true},
		{"s=4", true}, {"s>=3", true}, {"s >= 3", true}, {"s<3", false}, {"s!=5", true},
		{"big>9007199254740992", true}, {"big>=9007199254740994", false}, {"f>2.4", true}, {"f>2.6", false},
		{"d>2026-12-31", true}, {"d>2027-01-01", false}, {"d>=2027-01-01T00:00:00Z", true}, {"d<2028-01-01", true}, {"word>2026-01-01", false}, {"word>3", false},
		{"word=Gold", true}, {"word=gold", false}, {"word!=gold", true}, {"word in Gold,Platinum", true}, {"word in Silver, Gold", true}, {"word in Silver", false},
		{`comma in ["A, Inc","B"]`, true}, {`comma=A, Inc`, true}, {"comma in A, Inc", false},
		{"deep.seats>=7", true}, {"/deep/seats>7", false}, {"/deep/a.b=x", true}, {"deep.a.b=x", false}, {"list/0=1", false}, {"/list/0=1", true},
		{"t=true", true}, {"word", true}, {"none", false}, {"none!=x", false}, {"none=", false}, {"n in 4,5", true}, {"tiny<1", true}, {"tiny>=1e-7", true}, {"tiny=0.0000001", true}, {`quoted in ["\"=x\""]`, true},
	}
	for _, test := range tests {
		r, err := check.ParseRequirement(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		c := newChecker(t, func(o *check.Options) {
			o.Trusted, o.NoSignature, o.Policy = nil, true, check.Policy{Require: []check.Requirement{r}}
		})
		result := c.License("", []byte(text))
		if got := !strings.Contains(codes(result.Findings), "error requirement"); got != test.met {
			t.Errorf("%s: met %v: %v", test.text, got, result.Findings)
		}
	}
	for _, text := range []string{"", "=", "=4", "a b", "support plan=Gold", "n>=four", "n>", "word in ", "word in a,,b", "word!==Gold", "word==Gold", "word!=<x", "n=>4", `word!="None"`, "word='Gold'", `word in "Gold","None"`, "word=~G", `word in ["a"`, "/bad~2=1", " in a"} {
		if r, err := check.ParseRequirement(text); err == nil {
			t.Errorf("%q was read as %+v", text, r)
		}
	}
}

func TestPolicyFile(t *testing.T) {
	want := &check.PolicyFile{MinRemaining: "30d", Zone: "Europe/Berlin", Require: []string{"product_subscription=Konnect Enterprise", "dataplanes>=4"}}
	for _, text := range []string{
		"min_remaining: 30d\nzone: Europe/Berlin\nrequire:\n  - product_subscription=Konnect Enterprise\n  - dataplanes>=4\n",
		`{"min_remaining":"30d","zone":"Europe/Berlin","require":["product_subscription=Konnect Enterprise","dataplanes>=4"]}`,
	} {
		got, err := check.ParsePolicyFile([]byte(text))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(err, diff)
		}
	}
	for text, part := range map[string]string{
		"{}": "empty", "null": "empty", "~\n": "empty",
		"require: [~]\n": "require is empty", "require: [\"\"]\n": "require is empty", "require: ~\n": "require is empty", "zone:\n": "zone is empty", "min_remaining: ~\n": "min_remaining is empty", "grace: ''\n": "grace is empty",
		"min_remaining: nope\n": "min_remaining: ", "require: [a b]\n": "require: ",
		"":                            "empty",
		"min_remainig: 30d\n":         "min_remainig not found",
		"- a\n":                       "cannot be read",
		"zone: [a]\n":                 "cannot be read",
		"zone: UTC\n---\nzone: UTC\n": "second document",
		strings.Repeat("#", check.MaxPolicyBytes+1): "at most",
		"zone: UTC\nzone: Europe/Berlin\n":          "already defined",
	} {
		if got, err := check.ParsePolicyFile([]byte(text)); got != nil || err == nil || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}

func TestLengths(t *testing.T) {
	for text, want := range map[string]time.Duration{"0d": 0, "30d": 720 * time.Hour, "12h": 12 * time.Hour, "36500d": 36500 * 24 * time.Hour} {
		if got, err := check.ParseLength(text); got != want || err != nil {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "30", "-1d", "+1d", "36501d", "1.5d", "d", "-3h", "30days"} {
		if got, err := check.ParseLength(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

// place is a folder that stands for a gateway's files, and its variables.
type place struct {
	root string
	env  map[string]string
}

func newPlace(t *testing.T) place {
	return place{t.TempDir(), map[string]string{}}
}

func (p place) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(p.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (p place) place() check.Place {
	return check.Place{Root: p.root, Environ: func() []string {
		var all []string
		for name, value := range p.env {
			all = append(all, name+"="+value)
		}
		return all
	}}
}

func states(e *check.Effective) string {
	var all []string
	for _, s := range e.Sources {
		all = append(all, string(s.State))
	}
	return strings.Join(all, ", ")
}

func TestEffective(t *testing.T) {
	good, longer, expired := signed(t), signed(t, "2027-01-01", "2028-01-01"), signed(t, "2027-01-01", "2026-02-01")
	records := func(texts ...string) func(context.Context) ([]check.Installed, error) {
		return func(context.Context) ([]check.Installed, error) {
			var all []check.Installed
			for i, text := range texts {
				all = append(all, check.Installed{Name: fmt.Sprintf("id%d", i), Data: []byte(text), Updated: time.Unix(int64(1000+i), 0)})
			}
			return all, nil
		}
	}
	tests := []struct {
		name   string
		make   func(t *testing.T, p place) check.Place
		states string
		active string // of its name
		finds  string
		ok     bool
	}{
		{"nothing", func(t *testing.T, p place) check.Place { return p.place() },
			"not set, not there, not set, not asked", "", "error no-licence", false},
		{"the variable wins", func(t *testing.T, p place) check.Place {
			p.env["KONG_LICENSE_DATA"] = good
			p.write(t, "/etc/kong/license.json", good)
			return p.place()
		}, "active, shadowed, not set, not asked", "KONG_LICENSE_DATA", "warning source-shadowed, note local-licence", true},
		{"the default file before the variable that names one", func(t *testing.T, p place) check.Place {
			p.env["KONG_LICENSE_PATH"] = "/opt/l.json"
			p.write(t, "/opt/l.json", good)
			p.write(t, "/etc/kong/license.json", good)
			return p.place()
		}, "not set, active, shadowed, not asked", "/etc/kong/license.json", "warning source-shadowed, note local-licence", true},
		{"the named file", func(t *testing.T, p place) check.Place {
			p.env["KONG_LICENSE_PATH"] = "/opt/l.json"
			p.write(t, "/opt/l.json", good)
			return p.place()
		}, "not set, not there, active, not asked", "/opt/l.json", "note local-licence", true},
		{"the named file is the default one", func(t *testing.T, p place) check.Place {
			p.env["KONG_LICENSE_PATH"] = "/etc/kong/license.json"
			p.write(t, "/etc/kong/license.json", good)
			return p.place()
		}, "not set, active, same file, not asked", "/etc/kong/license.json", "note local-licence", true},
		{"a variable with another name", func(t *testing.T, p place) check.Place {
			p.env["KONG_LICENCE_DATA"] = good
			p.write(t, "/etc/kong/license.json", good)
			return p.place()
		}, "not set, active, not set, not asked", "/etc/kong/license.json", "warning look-alike-variable, note local-licence", true},
		{"a variable with another name, and nothing else", func(t *testing.T, p place) check.Place {
			p.env["KONG_LICENSE_FILE"] = "/etc/license.json"
			return p.place()
		}, "not set, not there, not set, not asked", "", "warning look-alike-variable, error no-licence", false},
		{"variables of other programs", func(t *testing.T, p place) check.Place {
			p.env["KONG_LICENSE_DATA"], p.env["KONG_LICENCE_DATA"] = good, ""
			p.env["KMESH_LICENSE_INLINE"], p.env["LICENSE"], p.env["KONG_ADMIN_LISTEN"] = good, "x", "x"
			return p.place()
		}, "active, not there, not set, not asked", "KONG_LICENSE_DATA", "note local-licence", true},
		{"the named file is not there", func(t *testing.T, p place) check.Place {
			p.env["KONG_LICENSE_PATH"] = "/opt/l.json"
			return p.place()
		}, "not set, not there, not there, not asked", "", "error source-missing, error no-licence", false},
		{"the root is not there", func(t *testing.T, p place) check.Place {
			p.env["KONG_LICENSE_DATA"] = good
			place := p.place()
			place.Root += "/nope"
			return place
		}, "active, unreadable, not set, not asked", "KONG_LICENSE_DATA", "error source-unreadable, note local-licence", false},
		{"the named file is the default one, and not there", func(t *testing.T, p place) check.Place {
			p.env["KONG_LICENSE_PATH"] = "/etc/kong/license.json"
			place := p.place()
			place.Records, place.RecordsName = records(good), "http://admin/licenses"
			return place
		}, "not set, not there, not there, active", "http://admin/licenses id0", "error source-missing", false},
		{"the variable that names a file holds the licence", func(t *testing.T, p place) check.Place {
			p.env["KONG_LICENSE_PATH"] = good
			return p.place()
		}, "not set, not there, unreadable, not asked", "", "error licence-as-name, error no-licence", false},
		{"the default file is a folder", func(t *testing.T, p place) check.Place {
			p.write(t, "/etc/kong/license.json/x", good)
			p.env["KONG_LICENSE_PATH"] = "/etc/kong/license.json/x"
			return p.place()
		}, "not set, unreadable, active, not asked", "/etc/kong/license.json/x", "error source-unreadable, note local-licence", false},
		{"the Admin API", func(t *testing.T, p place) check.Place {
			place := p.place()
			place.Records, place.RecordsName = records(expired, good), "http://admin/licenses"
			return place
		}, "not set, not there, not set, active", "http://admin/licenses id1", "", true},
		{"the newest record wins, though another is better", func(t *testing.T, p place) check.Place {
			place := p.place()
			place.Records, place.RecordsName = records(longer, good), "http://admin/licenses"
			return place
		}, "not set, not there, not set, active", "http://admin/licenses id1", "warning better-licence", true},
		{"two records were changed at the same time", func(t *testing.T, p place) check.Place {
			place := p.place()
			place.Records, place.RecordsName = func(context.Context) ([]check.Installed, error) {
				return []check.Installed{{Name: "a", Data: []byte(good), Updated: midYear}, {Name: "b", Data: []byte(expired), Updated: midYear}}, nil
			}, "http://admin/licenses"
			return place
		}, "not set, not there, not set, active", "http://admin/licenses a", "error active-unclear", false},
		{"a file shadows the Admin API", func(t *testing.T, p place) check.Place {
			p.write(t, "/etc/kong/license.json", expired)
			place := p.place()
			place.Records, place.RecordsName = records(good), "http://admin/licenses"
			return place
		}, "not set, active, not set, shadowed", "/etc/kong/license.json", "warning admin-api-shadowed, note local-licence, warning better-licence", false},
		{"the Admin API has none", func(t *testing.T, p place) check.Place {
			place := p.place()
			place.Records, place.RecordsName = records(), "http://admin/licenses"
			return place
		}, "not set, not there, not set, not there", "", "error no-licence", false},
		{"the Admin API does not answer", func(t *testing.T, p place) check.Place {
			p.env["KONG_LICENSE_DATA"] = good
			place := p.place()
			place.Records = func(context.Context) ([]check.Installed, error) { return nil, errors.New("connection refused") }
			return place
		}, "active, not there, not set, unreadable", "KONG_LICENSE_DATA", "error source-unreadable, note local-licence", false},
		{"broken text wins all the same", func(t *testing.T, p place) check.Place {
			p.env["KONG_LICENSE_DATA"] = curly(good)
			p.write(t, "/etc/kong/license.json", good)
			return p.place()
		}, "active, shadowed, not set, not asked", "KONG_LICENSE_DATA", "warning source-shadowed, note local-licence, warning better-licence", false},
		{"a link inside the root", func(t *testing.T, p place) check.Place {
			p.write(t, "/run/secrets/..data/license", good)
			for link, target := range map[string]string{"run/secrets/license": "..data/license", "etc/kong/license.json": "/run/secrets/license"} {
				os.MkdirAll(filepath.Dir(filepath.Join(p.root, link)), 0o755)
				if err := os.Symlink(target, filepath.Join(p.root, link)); err != nil {
					t.Fatal(err)
				}
			}
			return p.place()
		}, "not set, active, not set, not asked", "/etc/kong/license.json", "note local-licence", true},
		{"a link out of the root", func(t *testing.T, p place) check.Place {
			outside := filepath.Join(t.TempDir(), "secret.json")
			os.WriteFile(outside, []byte(good), 0o644)
			os.MkdirAll(filepath.Join(p.root, "etc/kong"), 0o755)
			rel, _ := filepath.Rel(filepath.Join(p.root, "etc/kong"), outside)
			if err := os.Symlink(rel, filepath.Join(p.root, "etc/kong/license.json")); err != nil {
				t.Fatal(err)
			}
			return p.place()
		}, "not set, not there, not set, not asked", "", "error no-licence", false},
		{"links in a circle", func(t *testing.T, p place) check.Place {
			os.MkdirAll(filepath.Join(p.root, "etc/kong"), 0o755)
			if err := os.Symlink("license.json", filepath.Join(p.root, "etc/kong/license.json")); err != nil {
				t.Fatal(err)
			}
			return p.place()
		}, "not set, unreadable, not set, not asked", "", "error source-unreadable, error no-licence", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := newChecker(t, nil).Effective(t.Context(), test.make(t, newPlace(t)))
			active := ""
			if e.Active != nil {
				active = e.Active.Name
			}
			if states(e) != test.states || active != test.active || codes(e.Findings) != test.finds || e.OK() != test.ok {
				t.Errorf("states %s; active %q; found %s; ok %v", states(e), active, codes(e.Findings), e.OK())
			}
			if said := fmt.Sprint(e.Sources, e.Findings); strings.Contains(said, "00141000017ODj3AAG") {
				t.Errorf("shows the licence key: %s", said)
			}
		})
	}
}

func TestKubernetesDump(t *testing.T) {
	good := signed(t)
	dump := "apiVersion: v1\nkind: List\nitems:\n" +
		"- apiVersion: v1\n  kind: Secret\n  metadata: {name: kong-enterprise-license, namespace: kong, creationTimestamp: \"2026-01-02T00:00:00Z\"}\n  data: {license: " + base64Of(good) + "}\n" +
		"- apiVersion: v1\n  kind: Secret\n  metadata: {name: kong-mesh-license}\n  data: {license: " + base64Of(good) + "}\n" +
		"- apiVersion: v1\n  kind: Secret\n  metadata: {name: tls}\n  data: {tls.crt: " + base64Of("a certificate") + "}\n" +
		"- apiVersion: v1\n  kind: Secret\n  metadata: {name: mine}\n  data: {kong.lic: " + base64Of(good) + "}\n" +
		"- apiVersion: v1\n  kind: Secret\n  metadata: {name: words}\n  stringData: {README: the license has a signature}\n" +
		"- apiVersion: v1\n  kind: Secret\n  metadata: {name: plain}\n  data: {license: '" + good + "'}\n" +
		"- apiVersion: v1\n  kind: Secret\n  metadata: {name: token}\n  data: {token: " + base64Of("eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2ln") + "}\n" +
		"- apiVersion: v1\n  kind: Secret\n  metadata: {name: kong-enterprise-license, namespace: other}\n  data: {licence: eA==, x: eA==}\n" +
		"- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: other}\n  data: {license: x}\n" +
		"- apiVersion: configuration.konghq.com/v1alpha1\n  kind: KongLicense\n  metadata: {name: off, creationTimestamp: \"2026-02-02T00:00:00Z\"}\n  enabled: false\n  rawLicenseString: '" + good + "'\n"
	all, err := check.KubernetesDump([]byte(dump))
	if err != nil {
		t.Fatal(err)
	}
	results, active, _ := newChecker(t, nil).Choose(all)
	var got []string
	for _, r := range results {
		got = append(got, r.Name+": "+codes(r.Findings))
	}
	want := []string{
		"kong/secret/kong-enterprise-license:license: note secret-manifest",
		"secret/kong-mesh-license:license: error secret-wrong-key, warning other-schema",
		"secret/mine:kong.lic: error secret-wrong-key",
		"secret/plain:license: note secret-manifest, error secret-not-base64",
		"other/secret/kong-enterprise-license:license: error secret-wrong-key",
		"konglicense/off: note kong-license-manifest, error disabled",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	hostile, err := check.KubernetesDump([]byte(`{"kind":"Secret","metadata":{"name":"a; $(reboot)"},"data":{"x":"` + base64Of(good) + `"}}`))
	if err != nil || len(hostile) != 1 || !strings.Contains(hostile[0].Findings[0].Remedy, "generic NAME --from") {
		t.Errorf("%v %+v", err, hostile)
	}
	if active != -1 {
		t.Errorf("active is %d, a Secret, or disabled", active)
	}
	object := func(name, day, enabled string) string {
		return "apiVersion: configuration.konghq.com/v1alpha1\nkind: KongLicense\nmetadata: {name: " + name + ", creationTimestamp: \"" + day + "T00:00:00Z\"}\nenabled: " + enabled + "\nrawLicenseString: '" + good + "'\n---\n"
	}
	for _, test := range []struct {
		dump, finds string
		active      int
	}{
		{secret("kong-mesh-license", "data", "license.json", base64Of(good)) + "---\n" + object("a", "2026-01-01", "true"), "", 1},
		{object("a", "2026-01-01", "true") + object("b", "2026-01-02", "true") + object("c", "2026-01-03", "false"), "", 1},
		{object("a", "2026-01-01", "true") + object("b", "2026-01-01", "true"), "warning active-unclear", -1},
		{object("a", "2026-01-01", "true") + object("b", "2026-01-01", "false"), "", 0},
	} {
		all, err := check.KubernetesDump([]byte(test.dump))
		if err != nil {
			t.Fatal(err)
		}
		if _, active, findings := newChecker(t, nil).Choose(all); active != test.active || codes(findings) != test.finds {
			t.Errorf("active is %d, found %v:\n%s", active, findings, test.dump)
		}
	}
	sealed := "kind: SealedSecret\nmetadata: {name: kong-enterprise-license}\nspec: {encryptedData: {license: AgBy}}\n---\n"
	external := "kind: ExternalSecret\nmetadata: {name: a}\nspec: {target: {name: my-licence}}\n---\n"
	for dump, want := range map[string]string{
		sealed:            "error encrypted",
		external:          "error pointer",
		sealed + external: "error encrypted, error pointer",
		"kind: ExternalSecret\nmetadata: {name: db-password}\nspec: {data: []}\n": "",
		external + secret("my-licence", "data", "license", base64Of(good)):        "note secret-manifest",
	} {
		all, err := check.KubernetesDump([]byte(dump))
		if err != nil {
			t.Fatal(err)
		}
		results, _, _ := newChecker(t, nil).Choose(all)
		var found []string
		for _, r := range results {
			found = append(found, codes(r.Findings))
		}
		if diff := cmp.Diff(want, strings.Join(found, ", ")); diff != "" {
			t.Errorf("%s%s", dump, diff)
		}
	}
	for _, text := range []string{"", "a: b\n", "{", "\t- x: [", "kind: *a\n"} {
		if all, err := check.KubernetesDump([]byte(text)); err == nil {
			t.Errorf("%q: %v", text, all)
		}
	}
}

// No finding shows more of a secret than its ends, whatever is broken.
func TestMasked(t *testing.T) {
	licence := signed(t)
	lic, err := licseal.ParseUnverified([]byte(licence))
	if err != nil {
		t.Fatal(err)
	}
	key, _ := lic.Payload.Text("/license_key")
	texts := map[string]string{"whole": licence, "key alone": key, "trailing": licence + ` {"license_key":"` + key + `"}`,
		"in a wrong field": strings.Replace(licence, `"dataplanes":"4"`, `"dataplanes":"`+key+`"`, 1),
		"as a version":     strings.Replace(licence, `"version":"1"`, `"version":"`+lic.Signature+`"`, 1),
		"in a message":     `{"message":"the license_key=` + key + ` is not known here"}`,
		"cut in a message": `{"message":"nobody here knows anything of the license_key=` + key + `"}`,
		"twice":            strings.Replace(licence, `"license_key":`, `"license_key":"x","license_key":`, 1)}
	for _, b := range brokenTexts {
		texts[b.name] = b.make(licence)
	}
	for name, text := range texts {
		for _, o := range []func(*check.Options){nil, func(o *check.Options) { o.Trusted, o.NoSignature = nil, true }} {
			r := newChecker(t, o).License(name, []byte(text))
			shown := r.ID
			for _, f := range r.Findings {
				shown += "\n" + f.String()
			}
			for _, secret := range []string{key, lic.Signature} {
				for i := 0; i+9 <= len(secret); i++ {
					if strings.Contains(shown, secret[i:i+9]) && name != "key alone" {
						t.Fatalf("%s: shows %s of the secret:\n%s", name, secret[i:i+9], shown)
					}
				}
			}
		}
	}
	r := newChecker(t, func(o *check.Options) { o.ShowSecrets = true }).License("", []byte(licence))
	if r.ID != key {
		t.Errorf("with ShowSecrets the id is %q", r.ID)
	}
}

// A key is masked however a message writes it, and so is one that a requirement names.
func TestMaskedInQuotes(t *testing.T) {
	for _, key := range []string{`ABC DEF"GHI\JKL`, "Schlüssel-Geheim-1", "tab\tin a key", "00141000017ODj3AAG"} {
		text := signed(t, `"00141000017ODj3AAG_a1V41000004wT0OEAU"`, jsonString(key))
		for _, demand := range []string{"license_key=OTHERKEY-0002", "license_key in OTHERKEY-0002,x", "license_key>=2026-01-01"} {
			r := newChecker(t, func(o *check.Options) {
				demanded, err := check.ParseRequirement(demand)
				if err != nil {
					t.Fatal(err)
				}
				o.Policy.Require = []check.Requirement{demanded}
			}).License("", []byte(text))
			if !strings.HasSuffix(codes(r.Findings), "error requirement") {
				t.Fatalf("%q: %v", key, r.Findings)
			}
			said := fmt.Sprint(r.Findings)
			for _, shown := range []string{"DEF", "GHI", "l\u00fc", "lüss", "Geheim", "in a k", "41000017", "OTHERKEY-0002"} {
				if strings.Contains(said, shown) {
					t.Errorf("shows %s: %s", shown, said)
				}
			}
		}
	}
}

// Dates stay readable, even if a licence key has them in it.
func TestMaskKeepsDates(t *testing.T) {
	r := newChecker(t, func(o *check.Options) { o.Verify.At = midYear.AddDate(1, 0, 0) }).License("", []byte(signed(t, "00141000017ODj3AAG_a1V41000004wT0OEAU", "ACME-2027-01-01-X9")))
	if len(r.Findings) != 1 || !strings.Contains(r.Findings[0].Found, "2027-01-01T00:00:00Z") || r.ID != "ACME…1-X9" {
		t.Errorf("%q %v", r.ID, r.Findings)
	}
}

// A licence of another kind gets a word about that, and its own key is masked.
func TestOtherSchema(t *testing.T) {
	var doc struct{ Examples []json.RawMessage }
	if err := json.Unmarshal(schema.Entitlement().JSON(), &doc); err != nil || len(doc.Examples) == 0 {
		t.Fatal(err)
	}
	p, err := licseal.ParsePayload(doc.Examples[0])
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(p, vendor)
	if err != nil {
		t.Fatal(err)
	}
	r := newChecker(t, nil).License("", []byte(lic.String()))
	if r.OK() || codes(r.Findings) != "error other-schema" {
		t.Errorf("%v", r.Findings)
	}
	key, _ := p.Text("/key")
	for _, f := range r.Findings {
		if key == "" || strings.Contains(f.String(), key) {
			t.Errorf("shows the key %q: %v", key, f)
		}
	}
	r = newChecker(t, func(o *check.Options) {
		o.Schema, o.Policy = schema.Entitlement(), check.Policy{MinRemaining: -1, WarnRemaining: -1}
	}).License("", []byte(lic.String()))
	if strings.Contains(codes(r.Findings), "other-schema") || strings.Contains(codes(r.Findings), "field") {
		t.Errorf("%v", r.Findings)
	}
}

func TestMask(t *testing.T) {
	for secret, want := range map[string]string{"": "", "abc": "abc", "abcd": "a…d", "LS-0001": "L…1", "LS-00012": "LS…12", "00141000017ODj3AAG": "0014…3AAG", "äöüßäöüßäöüßäöüß": "äöüß…äöüß"} {
		if got := check.Mask(secret); got != want {
			t.Errorf("Mask(%q) = %q; want %q", secret, got, want)
		}
	}
}

// A revoked licence, a stale list, another issuer: what verify refuses is a
// finding of its own.
func TestRefusals(t *testing.T) {
	r := newChecker(t, func(o *check.Options) { o.Verify.Issuer = "somebody@else.example" }).License("", []byte(signed(t)))
	if codes(r.Findings) != "error issuer" || r.License == nil {
		t.Errorf("issuer: %v", r.Findings)
	}
	r = newChecker(t, func(o *check.Options) { o.Verify.Floor = midYear.AddDate(0, 1, 0) }).License("", []byte(signed(t)))
	if codes(r.Findings) != "error clock" {
		t.Errorf("clock: %v", r.Findings)
	}
}

// Texts that make careless code slow or greedy are answered, within the bounds of a diagnosis.
func TestHostile(t *testing.T) {
	c := newChecker(t, nil)
	if r := c.License("", []byte(strings.Repeat("x", check.MaxBytes)+signed(t))); codes(r.Findings) != "error too-large" {
		t.Errorf("too large: %v", r.Findings)
	}
	if _, err := check.KubernetesDump([]byte("kind: List\nitems: [] #" + strings.Repeat("x", check.MaxDumpBytes))); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("a dump that is too large: %v", err)
	}
	for depth, repaired := range map[int]bool{8: true, 9: false} {
		text := signed(t)
		for range depth {
			text = base64Of(text)
		}
		if r := c.License("", []byte(text)); (r.License != nil) != repaired {
			t.Errorf("in base64 %d times: %v", depth, r.Findings)
		}
	}
	size := check.MaxBytes
	if testing.Short() {
		size /= 8
	}
	for name, text := range map[string]string{
		"braces":        strings.Repeat("{", size),
		"quotes":        strings.Repeat(`"`, size),
		"curly quotes":  strings.Repeat("{“", size/4),
		"commas":        `{"a":[` + strings.Repeat(",]", size/4),
		"base64":        strings.Repeat("eyJh", size/4),
		"anchors":       "kind: &a Secret\nlicense: " + strings.Repeat("[*a,", 1000) + "signature",
		"bombs":         "kind: x\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b]\nlicense: signature\n",
		"deep YAML":     "kind: x\nlicense: " + strings.Repeat("[", 5000) + "signature",
		"escapes":       `{\"` + strings.Repeat(`\\\"`, size/8),
		"members":       `{"license":{` + strings.Repeat(`"a":"b",`, size/8) + `"name":"license"}}`,
		"values":        `{"license":[` + strings.Repeat(`"",`, size/3) + `null]}`,
		"nulls in YAML": "license:\n" + strings.Repeat("- x\n", size/8),
		"objects":       strings.Repeat(`{"license":signature`, size/20),
		"maps":          strings.Repeat("map[license:map[payload:map[a:b signature:", size/48),
		"literals":      "{a:" + strings.Repeat("{a:", size/3),
		"commas lost":   "{license:{payload:{" + strings.Repeat("a,", size/2),
		"strings":       strings.Repeat(`"license signature" `, size/20),
		"runs":          strings.Repeat("eyJhIjoiYiJ9eyJhIjoiYiJ9eyJhIjoiYiJ9 license ", size/48),
		"comments":      "/* " + strings.Repeat("/*", size/2),
		"backslashes":   strings.Repeat(`\_`, size/2),
		"digits":        strings.Repeat("12 ", size/3),
		"lines":         strings.Repeat("> license signature\n", size/20),
		"brackets":      strings.Repeat("[", size),
		"armour":        "-----BEGIN X-----\n" + strings.Repeat("QUJD\n", size/8),
	} {
		if r := c.License(name, []byte(text)); r.OK() || len(r.Findings) == 0 {
			t.Errorf("%s: %v", name, r.Findings)
		}
	}
}
