package check_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/sign"
)

// What is said of a licence, word by word: what was found, where, and what to do.
func TestFindingWords(t *testing.T) {
	at := func(instant string, graceDays int, change ...func(*check.Options)) func(*check.Options) {
		return func(o *check.Options) {
			o.Verify.At, _ = licseal.ParseDate(instant, nil)
			o.Verify.Grace = time.Duration(graceDays) * 24 * time.Hour
			for _, change := range change {
				change(o)
			}
		}
	}
	unsigned := func(o *check.Options) { o.Trusted, o.NoSignature = nil, true }
	require := func(o *check.Options) {
		r, err := check.ParseRequirement("dataplanes>4")
		if err != nil {
			t.Fatal(err)
		}
		o.Policy.Require = append(o.Policy.Require, r)
	}
	berlin := func(o *check.Options) { o.Verify.Location = time.FixedZone("", 3600) }
	nothing := func(o *check.Options) { o.Policy = check.Policy{MinRemaining: -1, WarnRemaining: -1} }
	hours := func(o *check.Options) { o.Policy.MinRemaining = 12 * time.Hour }
	const (
		notChecked = "note: signature-not-checked: the signature was not checked: anyone may have written this licence; name the trusted keys with -t to have it checked"
		expiry     = `1:156 /license/payload/license_expiration_date: license_expiration_date "2027-01-01" is 2027-01-01T00:00:00Z`
		ask        = "ask whoever issued the licence for one "
		compare    = "compare it with what the vendor sent; if it is the same, ask for one "
	)
	for _, test := range []struct {
		name   string
		change func(*check.Options)
		fields []string
		want   []string
	}{
		{"not yet valid", at("2025-12-31T23:59:59Z", 0), nil, []string{
			`error: not-yet-valid: 1:117 /license/payload/license_creation_date: license_creation_date "2026-01-01" is 2026-01-01T00:00:00Z, in less than a day; it is 2025-12-31T23:59:59Z; wait until then, or set the clock if it is wrong`}},
		{"soon", at("2026-12-20", 0), nil, []string{"error: expires-soon: " + expiry + ": 12 days left; at least 30 days are required; renew the licence"}},
		{"soon, with grace", at("2026-12-20", 5), nil, []string{"error: expires-soon: " + expiry + ", with grace 2027-01-06T00:00:00Z: 17 days left; at least 30 days are required; renew the licence"}},
		{"within hours", at("2026-12-31T18:00:00Z", 0, hours), nil, []string{"error: expires-soon: " + expiry + ": less than a day left; at least 12h0m0s are required; renew the licence"}},
		{"as many hours as required", at("2026-12-31T12:00:00Z", 0, hours, func(o *check.Options) { o.Policy.WarnRemaining = -1 }), nil, nil},
		{"expired", at("2027-01-03", 0), nil, []string{"error: expired: " + expiry + ", 2 days ago; install a renewed licence"}},
		{"expired, with grace", at("2027-02-03", 5), nil, []string{"error: expired: " + expiry + ", 33 days ago, and the grace ended at 2027-01-06T00:00:00Z; install a renewed licence"}},
		{"in grace", at("2027-01-02", 30, nothing), nil, []string{"warning: in-grace: " + expiry + ", 1 day ago; the grace ends at 2027-01-31T00:00:00Z; install a renewed licence before the grace ends"}},
		{"in a zone", at("2027-01-03", 0, berlin), nil, []string{`error: expired: 1:156 /license/payload/license_expiration_date: license_expiration_date "2027-01-01" is 2026-12-31T23:00:00Z, 2 days ago; install a renewed licence`}},
		{"a time", at("2027-01-03", 0), []string{"2027-01-01", "2027-01-01T00:00:00Z"}, []string{"error: expired: 1:156 /license/payload/license_expiration_date: license_expiration_date is 2027-01-01T00:00:00Z, 2 days ago; install a renewed licence"}},
		{"a number", nil, []string{`"dataplanes":"4"`, `"dataplanes":4`}, []string{"error: wrong-field: 1:89 /license/payload/dataplanes: dataplanes: found the number 4; a string is expected: " + ask + "with this field right"}},
		{"a number, unsigned", unsigned, []string{`"dataplanes":"4"`, `"dataplanes":4`}, []string{notChecked, "error: wrong-field: 1:89 /license/payload/dataplanes: dataplanes: found the number 4; a string is expected: " + compare + "with this field right"}},
		{"a member is missing", nil, []string{`"license_expiration_date":"2027-01-01",`, ""}, []string{`error: missing-field: 1:23 /license/payload/license_expiration_date: member "license_expiration_date" is missing; ` + ask + "with this field"}},
		{"a member is missing, unsigned", unsigned, []string{`"license_expiration_date":"2027-01-01",`, ""}, []string{notChecked, `error: missing-field: 1:23 /license/payload/license_expiration_date: member "license_expiration_date" is missing; ` + compare + "with this field"}},
		{"an unknown member", nil, []string{`"support_plan"`, `"region":"eu","support_plan"`}, []string{`warning: unknown-field: 1:276 /license/payload/region: unknown member "region"; check the spelling of the name; the licence may also be newer than the schema`}},
		{"a misspelt member", nil, []string{`"support_plan"`, `"suport_plan"`}, []string{`error: missing-field: 1:281 /license/payload/suport_plan: unknown member "suport_plan"; did you mean "support_plan", which is missing?; ` + ask + "with this field"}},
		{"two fields, in their order", nil, []string{`"support_plan":"None"`, `"support_plan":5`, `"dataplanes":"4"`, `"dataplanes":4`}, []string{
			"error: wrong-field: 1:89 /license/payload/dataplanes: dataplanes: found the number 4; a string is expected: " + ask + "with this field right",
			"error: wrong-field: 1:280 /license/payload/support_plan: support_plan: found the number 5; a string is expected: " + ask + "with this field right"}},
		{"an error after a warning, in their order", nil, []string{`"support_plan":"None"`, `"support_plan":5,"zone":1`, `"customer"`, `"area":1,"customer"`}, []string{
			`warning: unknown-field: 1:49 /license/payload/area: unknown member "area"; check the spelling of the name; the licence may also be newer than the schema`,
			"error: wrong-field: 1:291 /license/payload/support_plan: support_plan: found the number 5; a string is expected: " + ask + "with this field right",
			`warning: unknown-field: 1:300 /license/payload/zone: unknown member "zone"; check the spelling of the name; the licence may also be newer than the schema`}},
		{"no such day", nil, []string{"2027-01-01", "2027-02-30"}, []string{`error: wrong-field: 1:156 /license/payload/license_expiration_date: license_expiration_date: found the string "2027-02-30"; a real date such as "2027-12-31" is expected: ` + ask + "with this field right"}},
		{"reversed dates", nil, []string{"2027-01-01", "2025-01-01"}, []string{"error: date: 1:156 /license/payload/license_expiration_date: the licence expires (2025-01-01T00:00:00Z) before it was created (2026-01-01T00:00:00Z); " + ask + "with this date right"}},
		{"reversed dates and another fault", nil, []string{"2027-01-01", "2025-01-01", `"dataplanes":"4"`, `"dataplanes":4`}, []string{
			"error: wrong-field: 1:89 /license/payload/dataplanes: dataplanes: found the number 4; a string is expected: " + ask + "with this field right",
			"error: date: 1:154 /license/payload/license_expiration_date: the licence expires (2025-01-01T00:00:00Z) before it was created (2026-01-01T00:00:00Z); " + ask + "with this date right"}},
		{"an odd id", nil, []string{"00141000017ODj3AAG_a1V41000004wT0OEAU", "A B "}, []string{`warning: odd-id: 1:183 /license/payload/license_key: the id "A… " ends with a blank, so nobody could type it to revoke the licence; ` + ask + "with another id"}},
		{"an odd text", nil, []string{"Example Company, Inc", "Acme "}, []string{`warning: odd-text: 1:53 /license/payload/customer: customer: "Acme " ends with a blank; check that this is intended`}},
		{"an odd id and an odd text", nil, []string{"Example Company, Inc", "Acme ", "00141000017ODj3AAG_a1V41000004wT0OEAU", "A B "}, []string{
			`warning: odd-id: 1:168 /license/payload/license_key: the id "A… " ends with a blank, so nobody could type it to revoke the licence; ` + ask + "with another id",
			`warning: odd-text: 1:53 /license/payload/customer: customer: "Acme " ends with a blank; check that this is intended`}},
		{"dates without zeros", func(o *check.Options) { unsigned(o); nothing(o) }, []string{"2027-01-01", "2027-1-1", `"dataplanes":"4"`, `"dataplanes":4`}, []string{
			notChecked,
			`warning: unpadded-date: 1:154 /license/payload/license_expiration_date: license_expiration_date is "2027-1-1", without leading zeros; it is read as "2027-01-01"; see whether the programs that read this licence accept such a date`,
			"error: wrong-field: 1:89 /license/payload/dataplanes: dataplanes: found the number 4; a string is expected: " + compare + "with this field right"}},
		{"a requirement", require, nil, []string{`error: requirement: 1:89 /license/payload/dataplanes: /dataplanes is "4", and dataplanes>4 is required; ` + ask + "that has it, or change the requirement"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, f := range newChecker(t, test.change).License("", []byte(signed(t, test.fields...))).Findings {
				got = append(got, f.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What is said of several licences in a text, with and without keys.
func TestSeveralWords(t *testing.T) {
	unsigned := func(o *check.Options) { o.Trusted, o.NoSignature = nil, true }
	torn := strings.Replace(signed(t, "Example Company, Inc", "Example Company Limited"), "Example Company", "Example\nCompany", 1)
	two := "a: " + jsonString(signed(t)) + "\nb: " + jsonString(signed(t, "2027", "2028")) + "\n"
	for name, test := range map[string]struct {
		text   string
		change func(*check.Options)
		want   string // of the last finding
	}{
		"readings of one": {torn, unsigned, "error: ambiguous: 1:61: the text can be read as 2 different licences, so it is not repaired; correct the text by hand, or take the licence from the file or message that the vendor sent; with -t KEYS the signature may show which is right"},
		"two":             {two, nil, "error: ambiguous: 1:4: the text holds 2 different licences, at 1:4, 2:4; use only one of them"},
		"two, unsigned":   {two, unsigned, "error: ambiguous: 1:4: the text holds 2 different licences, at 1:4, 2:4; use only one of them; with -t KEYS the signature may show which is right"},
	} {
		findings := newChecker(t, test.change).License("", []byte(test.text)).Findings
		if got := fmt.Sprint(findings[len(findings)-1]); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

// Why no licence was written that could be brought out of a text. What would be repaired
// is worth a note then.
func TestNotFixed(t *testing.T) {
	forged := strings.Replace(signed(t), `"dataplanes":"4"`, `"dataplanes":"9"`, 1)
	for name, test := range map[string]struct{ text, codes, found string }{
		"no licence":                {"hello", "error syntax, note not-fixed", "the text cannot be repaired without guessing, so nothing was written"},
		"a forged one":              {forged, "error signature, note not-fixed", "no trusted key has signed what the text holds, so nothing was written"},
		"a forged one in base64":    {base64Of(forged), "note base64, error signature, note not-fixed", "no trusted key has signed what the text holds, so nothing was written"},
		"a forged one with a fault": {strings.Replace(forged, `"}}`, `",}}`, 1), "note trailing-comma, error signature, note not-fixed", "no trusted key has signed what the text holds, so nothing was written"},
	} {
		r := newChecker(t, nil).License("", []byte(test.text))
		r.NotFixed()
		last := r.Findings[len(r.Findings)-1]
		if got := codes(r.Findings); got != test.codes || last.Found != test.found {
			t.Errorf("%s: %s: %s", name, got, last)
		}
	}
}

// A licence of another product says which schema it needs.
func TestForeignLicence(t *testing.T) {
	p, err := licseal.ParsePayload([]byte(`{"seats":5,"owner":"Acme","from":"2026-01-01","until":"2027-01-01"}`))
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(p, vendor)
	if err != nil {
		t.Fatal(err)
	}
	findings := newChecker(t, nil).License("", []byte(lic.String())).Findings
	if len(findings) != 1 || findings[0].Code != check.CodeOtherSchema || findings[0].Remedy != "name the schema of this product: --schema FILE" {
		t.Errorf("%v", findings)
	}
}

// In a dump, what is said of the licence is at its value, and what is said of no place at none.
func TestPlacesInADump(t *testing.T) {
	all, err := check.KubernetesDump([]byte(secret("kong-enterprise-license", "data", "license", base64Of(signed(t, `"dataplanes":"4"`, `"dataplanes":4`)))))
	if err != nil {
		t.Fatal(err)
	}
	var places []string
	for _, f := range newChecker(t, func(o *check.Options) { o.Trusted, o.NoSignature = nil, true }).Installed(all[0]).Findings {
		places = append(places, fmt.Sprintf("%s %d:%d", f.Code, f.Line, f.Column))
	}
	want := []string{"secret-manifest 8:12", "signature-not-checked 0:0", "wrong-field 8:12"}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Which of several licences is active, and whether another would be better, in words.
func TestChooseWords(t *testing.T) {
	installed := func(name, text string, second int64, change ...func(*check.Installed)) check.Installed {
		in := check.Installed{Name: name, Data: []byte(text), Updated: time.Unix(second, 0)}
		for _, change := range change {
			change(&in)
		}
		return in
	}
	alone, disabled := func(in *check.Installed) { in.Alone = true }, func(in *check.Installed) { in.Disabled = true }
	good, longer, expired := signed(t), signed(t, "2027-01-01", "2028-01-01"), signed(t, "2027-01-01", "2026-02-01")
	const same = "warning: active-unclear: it is not clear which of 2 licences is active: none was changed last; remove those that are not meant to count"
	for name, test := range map[string]struct {
		all    []check.Installed
		active int
		want   string
	}{
		"none":                          {nil, -1, "error: no-licence: no licence was found in any Secret or KongLicense; add one, and see that the Secret has the key license"},
		"one":                           {[]check.Installed{installed("a", good, 1)}, 0, ""},
		"one alone":                     {[]check.Installed{installed("a", good, 1, alone)}, -1, ""},
		"one disabled":                  {[]check.Installed{installed("a", good, 1, disabled)}, -1, ""},
		"one alone, one disabled":       {[]check.Installed{installed("a", good, 1, alone), installed("b", good, 1, disabled)}, -1, ""},
		"two at the same time":          {[]check.Installed{installed("a", good, 1), installed("b", longer, 1)}, -1, same},
		"two at the same time, one not": {[]check.Installed{installed("a", good, 1), installed("b", longer, 1), installed("c", good, 1, disabled)}, -1, same},
		"a better one":                  {[]check.Installed{installed("a", good, 2), installed("b", longer, 1)}, 0, "warning: better-licence: the licence in b expires later, at 2028-01-01T00:00:00Z; make that one the active licence"},
		"a better one that is disabled": {[]check.Installed{installed("a", good, 2), installed("b", longer, 1, disabled)}, 0, "warning: better-licence: the licence in b expires later, at 2028-01-01T00:00:00Z; make that one the active licence"},
		"a better one that is alone":    {[]check.Installed{installed("a", good, 2), installed("b", longer, 1, alone)}, 0, ""},
		"one that holds":                {[]check.Installed{installed("a", expired, 2), installed("b", good, 1)}, 0, "warning: better-licence: the licence in b would hold until 2027-01-01T00:00:00Z, and the active one does not hold; make that one the active licence"},
		"one that expires at that time": {[]check.Installed{installed("a", good, 2), installed("b", good, 1)}, 0, ""},
		"none that holds":               {[]check.Installed{installed("a", expired, 2), installed("b", expired, 1)}, 0, ""},
	} {
		results, active, findings := newChecker(t, nil).Choose(test.all)
		var words []string
		for _, f := range findings {
			words = append(words, f.String())
		}
		if got := strings.Join(words, "\n"); got != test.want || active != test.active || len(results) != len(test.all) {
			t.Errorf("%s: active is %d, %s", name, active, got)
		}
	}
}

// A source with several licences says which of them counts.
func TestSourceDetails(t *testing.T) {
	record := func(second int64) check.Installed {
		return check.Installed{Name: "x", Data: []byte(signed(t)), Updated: time.Unix(second, 0)}
	}
	for want, records := range map[string][]check.Installed{
		"": {record(1)},
		"(2 licences; the one changed last counts)":  {record(1), record(2)},
		"(2 licences; it is not clear which counts)": {record(1), record(1)},
	} {
		place := newPlace(t).place()
		place.RecordsName = "http://admin/licenses"
		place.Records = func(context.Context) ([]check.Installed, error) { return records, nil }
		sources := newChecker(t, nil).Effective(t.Context(), place).Sources
		if got := sources[len(sources)-1].Detail; got != want {
			t.Errorf("%d records: %q, want %q", len(records), got, want)
		}
	}
}

// Which values of requirements are likely meant for something else.
func TestRequirementValues(t *testing.T) {
	for text, pointer := range map[string]string{
		`a="`: "/a", `a="x`: "/a", `a=x"`: "/a", `a='x"`: "/a", "a=b in c": "/a", "a in b": "/a", "a!b in c": "/a!b", "a=": "/a", "a>1": "/a",
		`a=""`: "", `a="x"`: "", "a='x'": "", "a==b": "", "a=>1": "", "a=~x": "", "a>x": "", "a in": "", `a in "b"`: "", "a in b,": "", "=1": "", "a b=1": "",
	} {
		r, err := check.ParseRequirement(text)
		if r.Pointer() != pointer || (err == nil) != (pointer != "") {
			t.Errorf("%s: %s, %v", text, r.Pointer(), err)
		}
	}
}

// A policy file of the largest size is read, and each of its members counts without the
// others.
func TestPolicyMembers(t *testing.T) {
	full := "grace: 1d\n#" + strings.Repeat("x", check.MaxPolicyBytes-len("grace: 1d\n#"))
	if _, err := check.ParsePolicyFile([]byte(full)); err != nil {
		t.Error(err)
	}
	if _, err := check.ParsePolicyFile([]byte(full + "x")); err == nil {
		t.Error("one byte more is read")
	}
	const day = 24 * time.Hour
	for text, want := range map[string][3]time.Duration{
		"min_remaining: 5d": {5 * day, 0, 0}, "warn_remaining: 6d": {0, 6 * day, 0}, "grace: 7d": {0, 0, 7 * day}, "zone: UTC": {},
		"min_remaining: 0d\nwarn_remaining: 0d\ngrace: 0d": {-1, -1, 0},
	} {
		file, err := check.ParsePolicyFile([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var o check.Options
		if err := file.Apply(&o); err != nil {
			t.Fatal(err)
		}
		if got := [3]time.Duration{o.Policy.MinRemaining, o.Policy.WarnRemaining, o.Verify.Grace}; got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	for name, ok := range map[string]bool{"UTC": true, "Europe/Berlin": true, "Local": false, "Mars/Phobos": false} {
		if loc, err := check.LoadZone(name); (err == nil) != ok || (loc != nil) != ok {
			t.Errorf("%s: %v, %v", name, loc, err)
		}
	}
}

// Each comparison with a value that is less, equal and greater, as numbers and as dates.
func TestComparisons(t *testing.T) {
	for op, want := range map[string][3]bool{"<": {true, false, false}, "<=": {true, true, false}, ">": {false, false, true}, ">=": {false, true, true}, "=": {false, true, false}, "!=": {true, false, true}} {
		for i, values := range [3][2]string{{"5", "2027-01-02"}, {"4", "2027-01-01"}, {"3", "2026-12-31"}} { // the licence has 4 and 2027-01-01
			for k, field := range []string{"dataplanes", "license_expiration_date"} {
				r, err := check.ParseRequirement(field + op + values[k])
				if err != nil {
					t.Fatal(err)
				}
				result := newChecker(t, func(o *check.Options) { o.Policy.Require = []check.Requirement{r} }).License("", []byte(signed(t)))
				if met := len(result.Findings) == 0; met != want[i] {
					t.Errorf("%s: met is %t: %v", r, met, result.Findings)
				}
			}
		}
	}
}
