package checkreport_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/checkreport"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const licenseKey = "00141000017ODj3AAG_a1V41000004wT0OEAU"

func licence(t testing.TB, replace ...string) string {
	t.Helper()
	text := strings.NewReplacer(replace...).Replace(`{"admin_seats":"5","customer":"O'Brien & Söhne, \"Ltd\" ]]> ::error::\n%0A","dataplanes":"4","license_creation_date":"2026-01-01","license_expiration_date":"2027-01-01","license_key":"` + licenseKey + `","product_subscription":"Konnect Enterprise","support_plan":"None"}`)
	p, err := licseal.ParsePayload([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(p, vendor)
	if err != nil {
		t.Fatal(err)
	}
	return lic.String()
}

var vendor = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))

func checker(t testing.TB, checked bool) *check.Checker {
	t.Helper()
	o := check.Options{NoSignature: !checked, Verify: verify.Options{At: now}}
	if checked {
		o.Trusted = []licseal.TrustedKey{{Key: vendor.Public().(ed25519.PublicKey), Name: "vendor"}}
	}
	c, err := check.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// entries are results of many kinds: every broken file, and licences in each state.
func entries(t testing.TB, checked bool) []checkreport.Entry {
	t.Helper()
	c := checker(t, checked)
	var all []checkreport.Entry
	add := func(name, text string) {
		r := c.License(name, []byte(text))
		e := checkreport.Entry{Result: r, Path: name}
		if !r.OK() {
			e.Exit, e.Word = 9, "requirement"
		}
		all = append(all, e)
	}
	add("in order.json", licence(t, "2027-01-01", "2028-01-01"))
	add("soon,%:.json", licence(t))
	add("over\n::error::.json", licence(t, "2027-01-01", "2026-02-01"))
	add("forged.json", strings.Replace(licence(t), `"dataplanes":"4"`, `"dataplanes":"9"`, 1))
	add("fields\x1b[31m.json", licence(t, `"dataplanes":"4"`, `"dataplanes":4`, `"support_plan"`, `"x]]>\u0001":"y","support_plan"`))
	add("hostile\xff.json", `{"data":[{"id":"n\n::stop-commands::x\n\u001b[2J 100%0A","payload":"{","updated_at":2},{"id":"m","payload":"{","updated_at":1}]}`)
	names, _ := filepath.Glob("../../testdata/broken/*.txt")
	if len(names) == 0 {
		t.Fatal("no broken files")
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, text, _ := bytes.Cut(data, []byte("\n\n"))
		add(name, string(text))
	}
	return all
}

func written(t testing.TB, format string, checked bool, list []checkreport.Entry) string {
	t.Helper()
	var b bytes.Buffer
	w, err := checkreport.New(format, &b, checkreport.Header{
		Version: "v1", Name: "test.prom", Time: now, SignatureChecked: checked, KongFields: true,
		Sources:  []check.Source{{Name: "KONG_LICENSE_DATA", State: check.SourceUnset}, {Name: "/etc/kong/license.json", State: check.SourceShadowed, Detail: "by\x07 another"}, {Name: "/opt/l.json", State: check.SourceUnreadable, Detail: "permission denied"}},
		Findings: []check.Finding{{Code: check.CodeNoLicence, Stage: check.StageSource, Severity: check.Error, Found: "none", Remedy: "one"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := checkreport.Summary{Licences: len(list), Exit: 9, Word: "requirement", Errors: 1}
	for _, e := range list {
		if err := w.Entry(e); err != nil {
			t.Fatal(err)
		}
		s.Errors += e.Count(check.Error)
	}
	if err := w.Close(s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestJSON(t *testing.T) {
	builtin, err := schema.Builtin("check-report")
	if err != nil {
		t.Fatal(err)
	}
	// Readers are told that members may be added; here, each must be described.
	strict := strings.ReplaceAll(string(builtin.JSON()), `"properties": {`, `"additionalProperties": false, "properties": {`)
	shape, err := schema.Compile("strict.json", []byte(strict))
	if err != nil {
		t.Fatal(err)
	}
	for _, checked := range []bool{true, false} {
		for _, list := range [][]checkreport.Entry{nil, entries(t, checked)[:1], entries(t, checked)} {
			text := written(t, "json", checked, list)
			if err := shape.ValidateJSON([]byte(text)); err != nil {
				t.Error(err)
			}
			var doc struct {
				SignatureChecked bool `json:"signature_checked"`
				Results          []struct {
					Name      string
					Signature string
					License   *struct{ Customer string }
					Findings  []struct{ Code string }
				}
			}
			if err := json.Unmarshal([]byte(text), &doc); err != nil || len(doc.Results) != len(list) || doc.SignatureChecked != checked {
				t.Fatalf("%d results of %d, %v", len(doc.Results), len(list), err)
			}
			for i, r := range doc.Results {
				if r.Name != strings.ToValidUTF8(list[i].Name, "\ufffd") || len(r.Findings) != len(list[i].Findings) || (r.License != nil) != (list[i].License != nil) {
					t.Errorf("%+v", r)
				}
				if !checked && r.Signature == "good" {
					t.Errorf("%s: a signature that was not checked is good", r.Name)
				}
			}
		}
	}
}

// A test of the module peers holds the whole report against the official schema.
func TestSARIF(t *testing.T) {
	list := entries(t, false)
	text := written(t, "sarif", false, list)
	var report struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name  string
					Rules []struct{ ID string }
				}
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Message   struct{ Text string }
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &report); err != nil {
		t.Fatal(err)
	}
	if report.Version != "2.1.0" || len(report.Runs) != 1 || report.Runs[0].Tool.Driver.Name != "licseal" {
		t.Fatalf("version %s, %d runs", report.Version, len(report.Runs))
	}
	run := report.Runs[0]
	rules := map[string]int{}
	for i, rule := range run.Tool.Driver.Rules {
		rules[rule.ID] = i
	}
	want := 1
	for _, e := range list {
		want += len(e.Findings)
	}
	if len(run.Results) != want {
		t.Errorf("%d results of %d", len(run.Results), want)
	}
	notChecked := 0
	for _, r := range run.Results {
		if i, ok := rules[r.RuleID]; !ok || i != r.RuleIndex || r.Message.Text == "" {
			t.Errorf("result %v has no rule, or no message", r.RuleID)
		}
		if r.RuleID == "signature-not-checked" {
			notChecked++
		}
	}
	if notChecked == 0 {
		t.Error("it does not say that the signature was not checked")
	}
	if !strings.Contains(text, `"uri": "./soon,%25:.json"`) || !strings.Contains(text, `"in%20order.json"`) {
		t.Error("file names are not written as URIs")
	}
}

// Code scanning services refuse a report with a result that has no location, and
// a URI with any scheme but file: or with characters that a URI cannot have.
func TestSARIFLocations(t *testing.T) {
	c := checker(t, false)
	uris := map[string]string{
		"stdin":             "stdin",
		"KONG_LICENSE_DATA": "KONG_LICENSE_DATA",
		"http://localhost:8001/licenses/30b4edb7-0847-4f65-af90-efbed8b0161f": "./localhost:8001/licenses/30b4edb7-0847-4f65-af90-efbed8b0161f",
		"https://[::1]/default/licenses/7":                                    "./%5B::1%5D/default/licenses/7",
		"kong/secret/kong-enterprise-license:license":                         "kong/secret/kong-enterprise-license:license",
		"//host/share/\x1b[31m%zz":                                            "host/share/%1B%5B31m%25zz",
		"a://":                                                                "licseal-check",
		"":                                                                    "licseal-check",
	}
	for name, want := range uris {
		text := written(t, "sarif", false, []checkreport.Entry{{Result: c.License(name, []byte(`{"license":`))}})
		var report struct {
			Runs []struct {
				Results []struct {
					Locations []struct {
						PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
					}
				}
			}
		}
		if err := json.Unmarshal([]byte(text), &report); err != nil {
			t.Fatal(err)
		}
		found := false
		for _, r := range report.Runs[0].Results {
			if len(r.Locations) != 1 {
				t.Fatalf("%q: a result has %d locations", name, len(r.Locations))
			}
			uri := r.Locations[0].PhysicalLocation.ArtifactLocation.URI
			parsed, err := url.Parse(uri)
			if err != nil || uri == "" || parsed.Scheme != "" || parsed.Host != "" {
				t.Errorf("%q: the location is %q, %v", name, uri, err)
			}
			found = found || uri == want
		}
		if !found {
			t.Errorf("%q: no location is %q", name, want)
		}
	}
}

func TestJUnit(t *testing.T) {
	list := entries(t, false)
	var doc struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Name    string `xml:"name,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
				Skipped *struct {
					Message string `xml:"message,attr"`
				} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(written(t, "junit", false, list)), &doc); err != nil {
		t.Fatal(err)
	}
	tests, failures := 0, 0
	for i, suite := range doc.Suites {
		fails := 0
		for _, c := range suite.Cases {
			tests++
			if c.Failure != nil {
				fails++
			}
			if c.Name == "signature" && c.Skipped == nil {
				t.Errorf("%s: the signature is not said to be skipped", suite.Name)
			}
		}
		failures += fails
		if i > 0 && (fails > 0) == list[i-1].OK() {
			t.Errorf("%s: %d failures, and OK is %v", suite.Name, fails, list[i-1].OK())
		}
	}
	if len(doc.Suites) != len(list)+1 || tests != doc.Tests || failures != doc.Failures || failures == 0 {
		t.Errorf("%d suites, %d tests of %d, %d failures of %d", len(doc.Suites), tests, doc.Tests, failures, doc.Failures)
	}
}

func TestPrometheus(t *testing.T) {
	list := entries(t, true)
	list = append(list, list[0]) // a file that was named twice
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(written(t, "prometheus", true, list)))
	if err != nil {
		t.Fatal(err)
	}
	value := func(name string, labels ...string) float64 {
		t.Helper()
		for _, m := range families[name].GetMetric() {
			have := map[string]string{}
			for _, l := range m.Label {
				have[l.GetName()] = l.GetValue()
			}
			match := true
			for i := 0; i+1 < len(labels); i += 2 {
				match = match && have[labels[i]] == labels[i+1]
			}
			if match {
				return m.GetGauge().GetValue()
			}
		}
		t.Fatalf("there is no %s %v", name, labels)
		return 0
	}
	for _, want := range []struct {
		value  float64
		name   string
		labels []string
	}{
		{float64(time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC).Unix()), "kong_enterprise_license_expiration", []string{"source", "soon,%:.json"}},
		{float64(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC).Unix()), "licseal_license_expiration_seconds", []string{"source", "soon,%:.json"}},
		{1, "licseal_license_dates_readable", []string{"source", "soon,%:.json"}},
		{0, "licseal_license_dates_readable", []string{"source", "forged.json"}},
		{(39*24 + 12) * 3600, "licseal_license_remaining_seconds", []string{"source", "soon,%:.json"}},
		{1, "licseal_license_state", []string{"source", "over\\n::error::.json", "state", "expired"}},
		{0, "licseal_license_state", []string{"source", "over\\n::error::.json", "state", "valid"}},
		{1, "licseal_license_findings", []string{"source", "soon,%:.json", "code", "expires-soon", "severity", "warning"}},
		{1, "licseal_license_signature_checked", []string{"source", "in order.json"}},
		{0, "licseal_license_signature_checked", []string{"source", "forged.json"}},
		{9, "licseal_check_exit_code", nil},
		{float64(now.Unix()), "licseal_check_timestamp_seconds", nil},
	} {
		if got := value(want.name, want.labels...); got != want.value {
			t.Errorf("%s %v is %v; want %v", want.name, want.labels, got, want.value)
		}
	}
	if got := len(families["licseal_license_ok"].GetMetric()); got != len(list) {
		t.Errorf("%d series for %d sources", got, len(list))
	}
	value("licseal_license_ok", "source", "in order.json #2")
}

// A licence that is not in use makes no report fail, and each says what it is.
func TestNotActive(t *testing.T) {
	no, yes := false, true
	r := checker(t, true).License("old.json", []byte(licence(t, "2027-01-01", "2026-02-01")))
	good := checker(t, true).License("new.json", []byte(licence(t, "2027-01-01", "2028-01-01")))
	list := []checkreport.Entry{{Result: r, Path: "old.json", Exit: 7, Word: "expired", Active: &no}, {Result: good, Path: "new.json", Active: &yes}}
	for format, parts := range map[string][]string{
		"text":       {"\nexpired (not active): old.json: "},
		"json":       {`"active":false`},
		"github":     {"\nexpired (not active): old.json: ", "\n::notice file=old.json,line=1,col=179,title=licence%2C not active%3A expired::"},
		"junit":      {`<skipped message="not active: license_expiration_date`, `failures="1"`},
		"sarif":      {`"text": "not active: license_expiration_date`},
		"prometheus": {`licseal_license_active{report="test.prom",source="old.json"} 0`, `licseal_license_active{report="test.prom",source="new.json"} 1`, `kong_enterprise_license_expiration{report="test.prom",source="new.json"}`},
	} {
		text := written(t, format, true, list)
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("%s does not say %s:\n%s", format, part, text)
			}
		}
		errors := strings.Count(text, "\n::error") + strings.Count(text, "<failure") + strings.Count(text, `"level": "error"`)
		if errors > 1 || strings.Contains(text, `kong_enterprise_license_expiration{report="test.prom",source="old.json"}`) { // that of the sources
			t.Errorf("%s: %d errors:\n%s", format, errors, text)
		}
	}
}

// Every format says that signatures are not checked, even where there is nothing to check.
func TestNotChecked(t *testing.T) {
	nothing := checker(t, false).License("nothing", []byte("nothing"))
	for format, said := range map[string]string{
		"text": "signatures are NOT CHECKED\n", "json": `"signature_checked":false`, "github": "\n::notice title=licence%3A signature-not-checked::",
		"junit": `<skipped message="the signature was not checked">`, "sarif": `"ruleId": "signature-not-checked"`, "prometheus": "\nlicseal_check_signature_checked{report=\"test.prom\"} 0\n",
	} {
		for _, list := range [][]checkreport.Entry{nil, {{Result: nothing, Exit: 3, Word: "parse"}}} {
			if text := written(t, format, false, list); !strings.Contains(text, said) {
				t.Errorf("%s does not say so:\n%s", format, text)
			}
			if text := written(t, format, true, list); strings.Contains(text, said) {
				t.Errorf("%s says so of checked ones:\n%s", format, text)
			}
		}
	}
}

// What was not judged is no test that has passed.
func TestJUnitReached(t *testing.T) {
	missing := &check.Result{Name: "missing.json", Signature: check.SignatureUnreached, Findings: []check.Finding{{Code: check.CodeSourceUnreadable, Stage: check.StageSource, Severity: check.Error, Found: "none", Remedy: "one"}}}
	clock := &check.Result{Name: "clock.json", Signature: check.SignatureUnreached, Findings: []check.Finding{{Code: check.CodeClock, Stage: check.StageDates, Severity: check.Error, Found: "late", Remedy: "set it"}}}
	date := checker(t, true).License("date.json", []byte(licence(t, "2027-01-01", "soon")))
	forged := checker(t, true).License("forged.json", []byte(strings.Replace(licence(t), `"4"`, `"5"`, 1)))
	for _, test := range []struct {
		result         *check.Result
		passed, failed string
	}{
		{missing, "", "source"},
		{clock, "", "dates"},
		{date, "document signature", "schema"},
		{forged, "document", "signature"},
	} {
		var doc struct {
			Suites []struct {
				Cases []struct {
					Name    string    `xml:"name,attr"`
					Failure *struct{} `xml:"failure"`
					Skipped *struct{} `xml:"skipped"`
				} `xml:"testcase"`
			} `xml:"testsuite"`
		}
		if err := xml.Unmarshal([]byte(written(t, "junit", true, []checkreport.Entry{{Result: test.result}})), &doc); err != nil {
			t.Fatal(err)
		}
		var passed, failed []string
		for _, c := range doc.Suites[1].Cases {
			switch {
			case c.Failure != nil:
				failed = append(failed, c.Name)
			case c.Skipped == nil:
				passed = append(passed, c.Name)
			}
		}
		if strings.Join(passed, " ") != test.passed || strings.Join(failed, " ") != test.failed {
			t.Errorf("%s: passed %v, failed %v", test.result.Name, passed, failed)
		}
	}
}

// A command of GitHub's begins a line, and nothing that a licence or a file name
// says may begin one.
func TestGitHub(t *testing.T) {
	text := written(t, "github", false, entries(t, false)[:6])
	commands, remedies := 0, 0
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "::"); ok {
			commands++
			remedies += strings.Count(rest, "%0A")
			properties, _, ok := strings.Cut(rest, "::")
			if level, _, _ := strings.Cut(properties, " "); !ok || level != "error" && level != "warning" && level != "notice" {
				t.Errorf("not a command: %s", line)
			}
			if strings.Count(properties, "title=licence%3A ") != 1 {
				t.Errorf("no title: %s", line)
			}
		}
	}
	if remedies != commands {
		t.Errorf("%d of %d commands have a second line for the remedy", remedies, commands)
	}
	if !strings.Contains(text, "\\u001b[2J 100%250A%0A") {
		t.Errorf("a percent sign of a message is not escaped:\n%s", text)
	}
	if commands < 8 {
		t.Errorf("%d commands:\n%s", commands, text)
	}
	if !strings.Contains(text, "file=soon%2C%25%3A.json,line=1,col=") {
		t.Errorf("the file name is not escaped:\n%s", text)
	}
}

func TestText(t *testing.T) {
	const want = `a gateway looks here, in this order:
  1. KONG_LICENSE_DATA: not set
  2. /etc/kong/license.json: shadowed by\u0007 another
  3. /opt/l.json: unreadable: permission denied
  error   no-licence
    none
    -> one
ok: in order.json: valid until 2028-01-01T00:00:00Z (404 days left), signature NOT CHECKED
ok: soon,%:.json: valid until 2027-01-01T00:00:00Z (39 days left), signature NOT CHECKED
  warning expires-soon at 1:179 /license/payload/license_expiration_date
    license_expiration_date "2027-01-01" is 2027-01-01T00:00:00Z: 39 days left; at least 90 days are required
    -> renew the licence
requirement: over\n::error::.json: license_expiration_date "2026-02-01" is 2026-02-01T00:00:00Z, 294 days ago, signature NOT CHECKED
  error   expired at 1:179 /license/payload/license_expiration_date
    -> install a renewed licence
3 licences: 0 ok, 0 not; 2 errors, 0 warnings
`
	if diff := cmp.Diff(want, written(t, "text", false, entries(t, false)[:3])); diff != "" {
		t.Error(diff)
	}
}

// No format shows a secret, a control character or an escape sequence.
func TestNothingLeaks(t *testing.T) {
	lic, err := licseal.ParseUnverified([]byte(licence(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range checkreport.Formats() {
		for _, checked := range []bool{true, false} {
			text := written(t, format, checked, entries(t, checked))
			if !utf8.ValidString(text) {
				t.Errorf("%s is not UTF-8", format)
			}
			for _, secret := range []string{licenseKey[4:13], licenseKey[14:23], lic.Signature[4:20], "\x1b", "\x07"} {
				if strings.Contains(text, secret) {
					t.Errorf("%s shows %q", format, secret)
				}
			}
		}
	}
}

// A report that cannot be written is an error, not a success.
func TestWriteFails(t *testing.T) {
	for _, format := range checkreport.Formats() {
		w, err := checkreport.New(format, fullDisk{}, checkreport.Header{Time: now})
		if err != nil {
			t.Fatal(err)
		}
		entryErr := w.Entry(entries(t, true)[1])
		if closeErr := w.Close(checkreport.Summary{}); entryErr == nil && closeErr == nil {
			t.Errorf("%s: nothing is said", format)
		}
	}
	if w, err := checkreport.New("yaml", &bytes.Buffer{}, checkreport.Header{}); w != nil || err == nil {
		t.Error("there is no format yaml")
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
