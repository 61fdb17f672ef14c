package checkreport_test

import (
	"bytes"
	"flag"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/checkreport"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/verify"
)

var update = flag.Bool("update", false, "write testdata/*.txt again")

// results are one of each kind: what decides, what is said besides, and what is missing.
func results(t *testing.T) []checkreport.Entry {
	t.Helper()
	yes, no := true, false
	lic, err := licseal.ParseUnverified([]byte(licence(t)))
	if err != nil {
		t.Fatal(err)
	}
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	key, unnamed := &licseal.TrustedKey{Key: vendor.Public(), Name: "vendor"}, &licseal.TrustedKey{Key: vendor.Public()}
	result := func(name string, state verify.State, until int, findings ...check.Finding) *check.Result {
		r := &check.Result{Name: name, Time: now, License: lic, Signature: check.SignatureGood, Key: key, ID: "00…AU", Customer: "c", Product: "p", State: state, Findings: findings}
		if state != "" {
			r.Period, r.GraceEnd = licseal.Period{NotBefore: day(-100), NotAfter: day(until)}, day(until+10)
		}
		return r
	}
	at := func(line, column int, pointer string) licseal.Position {
		return licseal.Position{Line: line, Column: column, Pointer: pointer}
	}
	expired := check.Finding{Code: check.CodeExpired, Stage: check.StageDates, Severity: check.Error, Position: at(3, 4, "/license/payload/a"), Found: "it has expired", Remedy: "renew it"}
	soon := check.Finding{Code: check.CodeExpiresSoon, Stage: check.StageDates, Severity: check.Warning, Position: at(0, 0, "/license/payload/a"), Found: "it expires soon", Remedy: "renew it in time"}
	unchecked := check.Finding{Code: check.CodeSignatureNotChecked, Stage: check.StageSignature, Severity: check.Note, Found: "no keys", Remedy: "name them"}
	broken := check.Finding{Code: check.CodeNoLicence, Stage: check.StageDocument, Severity: check.Error, Position: at(1, 0, ""), Found: "no \"licence\"", Remedy: "give one\nor two"}
	nameless := result("unnamed key", verify.Valid, 1)
	nameless.Key = unnamed
	notChecked := result("not checked", verify.Valid, 1, unchecked)
	notChecked.Signature, notChecked.Key = check.SignatureNotChecked, nil
	nothing := &check.Result{Name: "https://h/licenses/i", Time: now, Signature: check.SignatureUnreached, Findings: []check.Finding{broken}}
	repaired := result("repaired.json", verify.Valid, 400)
	repaired.Repaired = true
	return []checkreport.Entry{
		{Result: result("valid.json", verify.Valid, 2), Path: "valid.json"},
		{Result: result("valid.json", verify.InGrace, -2), Path: "dir/valid.json", Active: &yes},
		{Result: result("valid.json", verify.Expired, -20, expired, soon, expired), Path: "/a/b c.json", Exit: 6, Word: "expired"},
		{Result: result("old.json", verify.Expired, -20, expired, soon), Path: "old.json", Exit: 6, Word: "expired", Active: &no},
		{Result: result("future", verify.NotYetValid, 300, soon)},
		{Result: result("$VARIABLE", "", 0, soon)},
		{Result: nothing, Exit: 3, Word: "parse"},
		{Result: nameless},
		{Result: notChecked},
		{Result: repaired, Path: "repaired.json", Fixed: "fixed\x1b.json"},
		{Result: result("<today> & more", verify.Valid, 0), Path: "<today> & more", Usage: []admin.Usage{{Name: "none", Allowed: 10}, {Name: "some", Used: 3, Allowed: 10}, {Name: "more", Used: 15, Allowed: 10}, {Name: "unallowed", Used: 1}}},
	}
}

// codeOfPages is what is not of a report in a page: the style, the script and their hashes.
var codeOfPages = regexp.MustCompile(`(?s)<style>.*?</style>|<script>.*?</script>|sha256-.*?&#39;`)

// Each format, as a whole, of reports with and without keys, colors and sources.
func TestWhole(t *testing.T) {
	sources := []check.Source{
		{Name: "A", State: check.SourceUnset}, {Name: "B", State: check.SourceActive, Detail: "here"}, {Name: "C", State: check.SourceUnreadable, Detail: "no"}, {Name: "D\n", State: check.SourceShadowed},
	}
	finding := check.Finding{Code: check.CodeNoLicence, Stage: check.StageSource, Severity: check.Warning, Position: licseal.Position{Line: 5, Column: 6}, Found: "none", Remedy: "one"}
	all := results(t)
	reports := []struct {
		name    string
		header  checkreport.Header
		entries []checkreport.Entry
	}{
		{"all", checkreport.Header{Version: "v1", Name: "r\"1", Time: now, SignatureChecked: true, KongFields: true, Sources: sources, Findings: []check.Finding{finding}}, all},
		{"unchecked", checkreport.Header{Name: "r2", Path: "all.json", Time: now, Color: true, Findings: []check.Finding{finding}}, all[:3]},
		{"one", checkreport.Header{Name: "r3", Time: now, Color: true, Sources: sources}, all[8:9]},
		{"none", checkreport.Header{Name: "r4", Time: now}, nil},
	}
	for _, format := range checkreport.Formats() {
		var text bytes.Buffer
		for _, r := range reports {
			text.WriteString("-- " + r.name + " --\n")
			w, err := checkreport.New(format, &text, r.header)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range r.entries {
				if err := w.Entry(e); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(checkreport.Summary{Licences: len(r.entries), OK: 1, Failed: 2, Errors: 1, Warnings: 4, Notes: 5, Exit: 6, Word: "expired"}); err != nil {
				t.Fatal(err)
			}
		}
		got := codeOfPages.ReplaceAllString(text.String(), "…")
		path := filepath.Join("testdata", format+".txt")
		if *update {
			testenv.WriteFile(t, path, got)
		}
		if diff := cmp.Diff(string(testenv.ReadFile(t, path)), got); diff != "" {
			t.Errorf("%s (-want +got): %s", format, diff)
		}
	}
	if _, err := checkreport.New("xml", &bytes.Buffer{}, checkreport.Header{}); err == nil || err.Error() != `"xml" is not a format` {
		t.Errorf("%v", err)
	}
}

// A run counts all, and is decided by the first of what decides.
func TestRun(t *testing.T) {
	all := results(t)
	valid, expired, broken := all[0], all[2], all[6]
	source := func(severity check.Severity) check.Finding { return check.Finding{Severity: severity, Found: "s"} }
	for _, test := range []struct {
		name    string
		do      func(*checkreport.Run) error
		summary checkreport.Summary
		failed  string // each call of Failed
	}{
		{"nothing", func(*checkreport.Run) error { return nil }, checkreport.Summary{}, ""},
		{"one that is in order", func(r *checkreport.Run) error { return r.Entry(valid, true) }, checkreport.Summary{Licences: 1, OK: 1}, ""},
		{"one that decides", func(r *checkreport.Run) error { return r.Entry(expired, true) }, checkreport.Summary{Licences: 1, Failed: 1, Errors: 2, Warnings: 1, Exit: 7, Word: "expired"}, "expired valid.json it has expired;"},
		{"one that does not", func(r *checkreport.Run) error { return r.Entry(expired, false) }, checkreport.Summary{Licences: 1, Failed: 1, Errors: 2, Warnings: 1}, ""},
		{"the first decides", func(r *checkreport.Run) error {
			r.Entry(valid, true)
			r.Entry(broken, true)
			return r.Entry(expired, true)
		}, checkreport.Summary{Licences: 3, OK: 1, Failed: 2, Errors: 3, Warnings: 1, Exit: 3, Word: "parse"}, "parse https://h/licenses/i no \"licence\";"},
		{"a source", func(r *checkreport.Run) error {
			r.Sources([]check.Finding{source(check.Note), source(check.Warning)})
			return r.Entry(valid, true)
		}, checkreport.Summary{Licences: 1, OK: 1}, ""},
		{"a source that is an error", func(r *checkreport.Run) error {
			r.Sources([]check.Finding{source(check.Note), source(check.Error), source(check.Error)})
			return r.Entry(expired, true)
		}, checkreport.Summary{Licences: 1, Failed: 1, Errors: 2, Warnings: 1, Exit: fault.ExitOf(check.ReasonSource), Word: string(check.ReasonSource)}, string(check.ReasonSource) + "  s;"},
		{"counted", func(r *checkreport.Run) error {
			r.Count([]check.Finding{source(check.Note), source(check.Note), source(check.Note), source(check.Error), source(check.Error), source(check.Warning)})
			return nil
		}, checkreport.Summary{Notes: 3, Errors: 2, Warnings: 1}, ""},
	} {
		for _, told := range []bool{true, false} {
			var b bytes.Buffer
			w, err := checkreport.New("json", &b, checkreport.Header{})
			if err != nil {
				t.Fatal(err)
			}
			run := &checkreport.Run{Writer: w}
			failed := ""
			if told {
				run.Failed = func(reason fault.Reason, name string, f *check.Finding) {
					failed += strings.Join([]string{string(reason), name, f.Found}, " ") + ";"
				}
			} else {
				test.failed = ""
			}
			if err := test.do(run); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(test.summary, run.Summary); diff != "" || failed != test.failed || string(run.Reason) != test.summary.Word {
				t.Errorf("%s: failed %s\n%s", test.name, failed, diff)
			}
			if err := run.Close(); err != nil || !strings.Contains(b.String(), `"summary":{"licences":`) {
				t.Errorf("%s: %v", test.name, err)
			}
		}
	}
}
