package checkreport

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/htmlview"
	"github.com/licseal/licseal/verify"
)

// A limit of nothing is used up as soon as anything is used. The bar is never wider than all.
func TestPercent(t *testing.T) {
	for _, test := range []struct{ used, allowed, percent, width int64 }{
		{-1, 0, 0, 0}, {0, 0, 0, 0}, {1, 0, 100, 100}, {2, 0, 100, 100}, {5, -1, 100, 100},
		{0, 1, 0, 0}, {1, 1, 100, 100}, {1, 3, 33, 33}, {2, 3, 66, 66}, {3, 3, 100, 100}, {4, 3, 133, 100},
		{-1, 3, -33, 0}, {99, 100, 99, 99}, {101, 100, 101, 100}, {1, 1000, 0, 0}, {math.MaxInt64 / 100, math.MaxInt64 / 100, 100, 100},
	} {
		u := pageUsage{Usage: admin.Usage{Used: test.used, Allowed: test.allowed}}
		if diff := cmp.Diff([]int64{test.percent, test.width}, []int64{u.Percent(), u.Width()}); diff != "" {
			t.Errorf("%d of %d: %s", test.used, test.allowed, diff)
		}
	}
}

// Sources are numbered from 1, and the one that is used is green.
func TestSources(t *testing.T) {
	const intro = "a gateway looks here, in this order:\n"
	source := func(state check.SourceState, detail string) check.Source {
		return check.Source{Name: "/a\x1b", State: state, Detail: detail}
	}
	for _, test := range []struct {
		sources []check.Source
		color   bool
		want    string
	}{
		{nil, false, ""},
		{[]check.Source{source(check.SourceUnset, "")}, true, intro + "  1. /a\\u001b: not set\n"},
		{[]check.Source{source(check.SourceActive, "")}, false, intro + "  1. /a\\u001b: active\n"},
		{[]check.Source{source(check.SourceUnset, ""), source(check.SourceActive, "x\n")}, true,
			intro + "  1. /a\\u001b: not set\n  2. /a\\u001b: \x1b[32mactive x\\n\x1b[0m\n"},
		{[]check.Source{source(check.SourceUnreadable, "denied"), source(check.SourceUnreadable, "")}, false,
			intro + "  1. /a\\u001b: unreadable: denied\n  2. /a\\u001b: unreadable:\n"},
	} {
		var b strings.Builder
		newText(&b, Header{Sources: test.sources, Color: test.color})
		if diff := cmp.Diff(test.want, b.String()); diff != "" {
			t.Error(diff)
		}
	}
}

// The first word is red, yellow or green, by the worst that was found; each finding has the
// color of its severity.
func TestColorsOfEntries(t *testing.T) {
	found := func(s check.Severity) check.Finding {
		return check.Finding{Code: "a-code", Severity: s, Stage: check.StageSource, Found: "what", Remedy: "do it"}
	}
	for _, test := range []struct {
		exit     int
		findings []check.Finding
		want     string
	}{
		{0, nil, "\x1b[32mok\x1b[0m: f: expired, signature NOT CHECKED\n"},
		{0, []check.Finding{found(check.Note)}, "\x1b[32mok\x1b[0m: f: expired, signature NOT CHECKED\n  \x1b[36mnote   \x1b[0m \x1b[1ma-code\x1b[0m\n    what\n    -> do it\n"},
		{0, []check.Finding{found(check.Warning)}, "\x1b[33mok\x1b[0m: f: expired, signature NOT CHECKED\n  \x1b[33mwarning\x1b[0m \x1b[1ma-code\x1b[0m\n    what\n    -> do it\n"},
		{1, []check.Finding{found(check.Error)}, "\x1b[31mschema\x1b[0m: f: what, signature NOT CHECKED\n  \x1b[31merror  \x1b[0m \x1b[1ma-code\x1b[0m\n    -> do it\n"},
	} {
		var b strings.Builder
		w := newText(&b, Header{Color: true})
		e := Entry{Result: &check.Result{Name: "f", State: verify.Expired, Signature: check.SignatureNotChecked, Findings: test.findings}, Exit: test.exit, Word: "schema"}
		if err := w.Entry(e); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, b.String()); diff != "" {
			t.Error(diff)
		}
	}
}

// A report of several licences ends with their counts, and one that checked no signature says
// so, unless each verdict does.
func TestEndOfText(t *testing.T) {
	counts := "3 licences: 2 ok, 1 not; 1 error, 0 warnings\n"
	for _, test := range []struct {
		entries          int
		checked, verdict bool
		want             string
	}{
		{0, true, false, ""},
		{0, false, false, notChecked + "\n"},
		{1, false, false, notChecked + "\n"},
		{1, false, true, ""},
		{2, true, false, counts},
		{2, false, false, counts + notChecked + "\n"},
	} {
		var b strings.Builder
		w := newText(&b, Header{SignatureChecked: test.checked})
		for range test.entries {
			e := Entry{Result: &check.Result{State: verify.Expired}}
			if test.verdict {
				e.Signature = check.SignatureNotChecked
			}
			if err := w.Entry(e); err != nil {
				t.Fatal(err)
			}
		}
		b.Reset()
		if err := w.Close(Summary{Licences: 3, OK: 2, Failed: 1, Errors: 1}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, b.String()); diff != "" {
			t.Errorf("%+v: %s", test, diff)
		}
	}
}

// The place of a licence is its folder, or what was given.
func TestPlace(t *testing.T) {
	for _, test := range []struct{ place, name, want string }{
		{"team-a", "x/y.json", "team-a"}, {"", "x/y.json", "x"}, {"", "x/z/y.json", "x/z"}, {"", `x\z\y.json`, "x/z"},
		{"", "y.json", "y.json"}, {"", "/y.json", "/y.json"}, {"", "a/", "a"}, {"", "/a/y", "/a"}, {"a\n", "", `a\n`}, {"", "\x1b/y", `\u001b`},
	} {
		if got := (Entry{Result: &check.Result{Name: test.name}, Place: test.place}).place(); got != test.want {
			t.Errorf("%q, %q: %q, want %q", test.place, test.name, got, test.want)
		}
	}
}

// What has expired is counted once, apart from what is due.
func TestBoxesOfPage(t *testing.T) {
	for expired, want := range map[int][]htmlview.Count{
		0: {{Label: "within 30 days"}, {Label: "within 60 days"}, {Label: "within 90 days"}},
		1: {{Label: "within 30 days"}, {Label: "within 60 days"}, {Label: "within 90 days"}, {Label: "expired", Count: 1}},
	} {
		var b strings.Builder
		w := newPage(&b, Header{})
		w.(*pageWriter).expired = expired
		if err := w.Close(Summary{}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, w.(*pageWriter).page.Boxes[1].Counts); diff != "" {
			t.Error(diff)
		}
	}
}
