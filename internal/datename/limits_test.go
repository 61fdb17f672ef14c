package datename_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/datename"
)

func TestIsNamed(t *testing.T) {
	for name, want := range map[string]string{
		"": "", "license": "", "from": "begin", "FROM": "begin", "valid-from": "begin", "Valid From": "begin", "valid_from": "begin", "v-a_l i d f r o m": "begin", "validfrom": "begin",
		"license_creation_date": "begin", "licence-created": "begin", "LicenseStart": "begin", "licensed from": "", "license license from": "", "fromage": "", "xfrom": "", "valid.from": "", "valid\tfrom": "",
		"expires": "end", "license_expiration_date": "end", "licence_expiry": "end", "Expires At": "end", "expires_at_": "end", "not-after": "end", "notafterwards": "", "licens until": "", "until": "end",
	} {
		got := ""
		if datename.IsNamed(name, datename.BeginNames) {
			got += "begin"
		}
		if datename.IsNamed(name, datename.EndNames) {
			got += "end"
		}
		if got != want {
			t.Errorf("%q is named %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{"": "", " -_": "", "A-b_C d": "abcd", "ÄÖ-Ü": "äöü", "a.b": "a.b"} {
		if got := datename.Fold(name); got != want {
			t.Errorf("Fold(%q) = %q", name, got)
		}
	}
}

// Which members are the dates: of several, the latest creation and the earliest expiry,
// and before all others one that is no date.
func TestRoles(t *testing.T) {
	tests := []struct {
		payload     string
		named       datename.Named
		begins, end string // "" if the two are not both there
	}{
		{`{}`, datename.Named{}, "", ""},
		{`{"from":"2026-01-01"}`, datename.Named{Begins: []string{"from"}}, "", ""},
		{`{"until":"2026-01-01"}`, datename.Named{Ends: []string{"until"}}, "", ""},
		{`{"in":{"from":"2026-01-01","until":"2027-01-01"},"list":["from"]}`, datename.Named{}, "", ""},
		{`{"until":"2027-01-01","x":1,"from":"2026-01-01"}`, datename.Named{Begins: []string{"from"}, Ends: []string{"until"}}, "/from", "/until"},
		{`{"start":"2026-01-02","from":"2026-01-01","begin":"2026-01-01","end":"2027-01-03","until":"2027-01-02","expiry":"2027-01-03"}`,
			datename.Named{Begins: []string{"begin", "from", "start"}, Ends: []string{"end", "expiry", "until"}}, "/start", "/until"},
		{`{"start":"2026-01-01","from":"2026-01-01","end":"2027-01-01","until":"2027-01-01"}`,
			datename.Named{Begins: []string{"from", "start"}, Ends: []string{"end", "until"}}, "/from", "/end"},
		{`{"begin":"2026-01-05","from":"soon","start":"2026-01-01","end":"2020-01-01","until":5,"expiry":"2027-01-03"}`,
			datename.Named{Begins: []string{"begin", "from", "start"}, Ends: []string{"end", "expiry", "until"}}, "/from", "/until"},
		{`{"FROM":"2026-01-01T12:00:00+02:00","From":"2026-01-01T11:00:00Z","license until":"2027-01-01"}`,
			datename.Named{Begins: []string{"FROM", "From"}, Ends: []string{"license until"}}, "/From", "/license until"},
		{`{"from":"0001-01-01","until":"9999-12-31"}`, datename.Named{Begins: []string{"from"}, Ends: []string{"until"}}, "/from", "/until"},
	}
	for _, test := range tests {
		p, err := licseal.ParsePayload([]byte(test.payload))
		if err != nil {
			t.Fatal(err)
		}
		named := datename.Of(p)
		if diff := cmp.Diff(test.named, named); diff != "" {
			t.Errorf("%s: %s", test.payload, diff)
		}
		roles, found := named.Roles(p)
		if want := (licseal.Roles{NotBefore: test.begins, NotAfter: test.end}); roles != want || found != (test.end != "") {
			t.Errorf("%s: %+v, %t; want %+v", test.payload, roles, found, want)
		}
	}
}

// No name that is read as a date has a character that a pointer escapes, so a pointer
// leads to it.
func TestWarning(t *testing.T) {
	got := datename.Warning(licseal.Roles{NotBefore: "/from", NotAfter: "/until"}).Message
	if want := "no schema was named for these fields, so only the dates were judged, found by their names: /from and /until"; got != want {
		t.Errorf("got %s", got)
	}
}
