package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// someReport returns a report with a result of each kind.
func someReport(t *testing.T) *Report {
	t.Helper()
	expected, err := ParseExpected("known.txt", []byte("# known\nlicence/b # later\ntrust/*\n\nlicence/gone\n"))
	if err != nil {
		t.Fatal(err)
	}
	r := NewReport([]string{"cmd\x1b", "x"}, expected, 7, time.Unix(1784000000, 0))
	add := func(part, group, id string, status Status) {
		result := Result{Vector: Vector{Part: part, Group: group, Why: "why", Request: Request{ID: id, Document: []byte("text")}, Expect: Answer{Reason: "parse"}}, Status: status}
		if status != Passed {
			result.Detail = "it said \x1b[2J]]>"
		}
		r.Add(result)
	}
	add("licence", "mutants", "mutant/7/0", Passed)
	add("licence", "mutants", "mutant/7/1", Failed)
	add("licence", "zones", "licence/a", Passed)
	add("licence", "zones", "licence/b", Failed)
	add("licence", "zones", "licence/c", OtherClass)
	add("licence", "zones", "licence/d", NotAsked)
	add("licence", "gap", "licence/e", NoAnswer)
	add("trust", "gap", "trust/a", Unsupported)
	r.Close(CallServe)
	return r
}

func TestTable(t *testing.T) {
	const want = `PART     CLASS    VECTORS  PASSED  FAILED  EXPECTED  NOT ASKED  OTHER CLASS
licence  gap      1        0       1       -         -          -
licence  zones    4        2       -       1         1          1
licence  mutants  2        1       1       -         -          -
trust    gap      1        0       -       1         -          -
all               8        3       2       2         1          1
failed: mutant/7/1: it said \u001b[2J]]> (why)
no-answer: licence/e: it said \u001b[2J]]> (why)
expected to fail, and did not: licence/gone
`
	if diff := cmp.Diff(want, someReport(t).Table().String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestReportJSON(t *testing.T) {
	got, err := json.MarshalIndent(someReport(t), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	problem := func(part, group, id, status, more string) string {
		return fmt.Sprintf(`{"id":%q,"part":%q,"group":%q,"why":"why","status":%q,%s"detail":"it said \u001b[2J]]\u003e","want":{"reason":"parse"},"got":{"reason":""}}`, id, part, group, status, more)
	}
	want := `{"client":["cmd\u001b","x"],"call":"serve","seed":7,"ok":false,
		"total":{"vectors":8,"passed":3,"failed":2,"expected":2,"not_asked":1,"other_class":1},"groups":[
		{"part":"licence","group":"gap","vectors":1,"passed":0,"failed":1,"expected":0,"not_asked":0,"other_class":0},
		{"part":"licence","group":"zones","vectors":4,"passed":2,"failed":0,"expected":1,"not_asked":1,"other_class":1},
		{"part":"licence","group":"mutants","vectors":2,"passed":1,"failed":1,"expected":0,"not_asked":0,"other_class":0},
		{"part":"trust","group":"gap","vectors":1,"passed":0,"failed":0,"expected":1,"not_asked":0,"other_class":0}],
		"problems":[` + strings.Join([]string{
		problem("licence", "mutants", "mutant/7/1", "failed", ""),
		problem("licence", "zones", "licence/b", "failed", `"expected":true,`),
		problem("licence", "zones", "licence/c", "other-class", ""),
		problem("licence", "zones", "licence/d", "not-asked", ""),
		problem("licence", "gap", "licence/e", "no-answer", ""),
		problem("trust", "gap", "trust/a", "unsupported", `"expected":true,`),
	}, ",") + `],"unused":["licence/gone"]}`
	var indented bytes.Buffer
	if err := json.Indent(&indented, []byte(want), "", " "); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(indented.String(), string(got)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestReportJUnit(t *testing.T) {
	const want = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="licseal conformance" tests="8" failures="3" skipped="3">
	<testsuite name="licence gap" tests="1" failures="1" errors="0" id="0" time="0" timestamp="2026-07-14T03:33:20">
		<testcase name="licence/e" classname="licence.gap" time="0">
			<failure message="it said \u001b[2J]] &gt;" type="no-answer"><![CDATA[why]]></failure>
		</testcase>
	</testsuite>
	<testsuite name="licence zones" tests="4" failures="0" errors="0" id="0" skipped="2" time="0" timestamp="2026-07-14T03:33:20">
		<testcase name="licence/a" classname="licence.zones" time="0"></testcase>
		<testcase name="licence/b" classname="licence.zones" time="0">
			<skipped message="it said \u001b[2J]] &gt;" type="failed"><![CDATA[why]]></skipped>
		</testcase>
		<testcase name="licence/c" classname="licence.zones" time="0">
			<system-out><![CDATA[it said \u001b[2J]] >]]></system-out>
		</testcase>
		<testcase name="licence/d" classname="licence.zones" time="0">
			<skipped message="it said \u001b[2J]] &gt;" type="not-asked"><![CDATA[why]]></skipped>
		</testcase>
	</testsuite>
	<testsuite name="licence mutants" tests="1" failures="1" errors="0" id="0" time="0" timestamp="2026-07-14T03:33:20">
		<testcase name="mutant/7/1" classname="licence.mutants" time="0">
			<failure message="it said \u001b[2J]] &gt;" type="failed"><![CDATA[why]]></failure>
		</testcase>
	</testsuite>
	<testsuite name="trust gap" tests="1" failures="0" errors="0" id="0" skipped="1" time="0" timestamp="2026-07-14T03:33:20">
		<testcase name="trust/a" classname="trust.gap" time="0">
			<skipped message="it said \u001b[2J]] &gt;" type="unsupported"><![CDATA[why]]></skipped>
		</testcase>
	</testsuite>
	<testsuite name="expected failures" tests="1" failures="1" errors="0" id="0" time="0" timestamp="2026-07-14T03:33:20">
		<testcase name="licence/gone" classname="expected failures" time="0">
			<failure message="expected to fail, and did not"></failure>
		</testcase>
	</testsuite>
</testsuites>
`
	var got bytes.Buffer
	if err := someReport(t).WriteJUnit(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	r := NewReport(nil, nil, 0, time.Unix(0, 0))
	r.Close(CallVerify)
	got.Reset()
	if err := r.WriteJUnit(&got); err != nil || strings.Contains(got.String(), "<testsuite ") {
		t.Errorf("%v: a report of nothing has a suite: %s", err, got.String())
	}
	if someReport(t).WriteJUnit(full{}) == nil {
		t.Error("no error if it cannot be written")
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

var errFull = fmt.Errorf("no space left")

// A run without a failure is good, but not one that tested nothing, or in which a failure
// that was expected did not happen.
func TestReportOK(t *testing.T) {
	known := func(text string) *Expected {
		e, err := ParseExpected("known", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	for _, test := range []struct {
		name     string
		expected *Expected
		statuses []Status
		ok       bool
	}{
		{"nothing was tested", nil, nil, false},
		{"one passed", nil, []Status{Passed}, true},
		{"other classes, and what cannot be asked", nil, []Status{Passed, OtherClass, NotAsked}, true},
		{"a failure", nil, []Status{Passed, Failed}, false},
		{"not supported", nil, []Status{Unsupported}, false},
		{"no answer", nil, []Status{NoAnswer}, false},
		{"a failure that was expected", known("licence/a\n"), []Status{Passed, Failed}, true},
		{"an expected failure did not happen", known("licence/a\n"), []Status{Passed}, false},
		{"a pattern that matches only what passed", known("licence/a\nlicence/?\n"), []Status{Passed, OtherClass}, false},
	} {
		r := NewReport(nil, test.expected, 0, time.Unix(0, 0))
		for _, status := range test.statuses {
			r.Add(Result{Vector: Vector{Request: Request{ID: "licence/a"}}, Status: status})
		}
		if r.Close(CallServe); r.OK != test.ok {
			t.Errorf("%s: ok is %v", test.name, r.OK)
		}
	}
}

// Of failures, and of what is none, so many are listed; the rest is counted.
func TestManyProblems(t *testing.T) {
	r := NewReport(nil, nil, 0, time.Unix(0, 0))
	add := func(n int, status Status) {
		for i := range n {
			r.Add(Result{Vector: Vector{Part: "licence", Group: mutants, Request: Request{ID: fmt.Sprintf("mutant/1/%d", i)}}, Status: status})
		}
	}
	add(maxProblems, NotAsked)
	add(maxProblems, Failed)
	r.Close(CallVerify)
	if text := r.Table().String(); len(r.Problems) != 2*maxProblems || strings.Contains(text, "more that did not pass") || strings.Count(text, "failed: ") != maxProblems {
		t.Errorf("%d are listed: %s", len(r.Problems), text)
	}
	add(1, Failed)
	if text := r.Table().String(); len(r.Problems) != 2*maxProblems || !strings.HasSuffix(text, "\nand 1 result more that did not pass\n") {
		t.Errorf("%d are listed: %s", len(r.Problems), text[len(text)-200:])
	}
	add(1, OtherClass)
	if text := r.Table().String(); !strings.HasSuffix(text, "\nand 2 results more that did not pass\n") || r.Total.Vectors != 2*maxProblems+2 {
		t.Errorf("%+v: %s", r.Total, text[len(text)-200:])
	}
}

func TestParseExpected(t *testing.T) {
	for _, v := range vectorsOf(t) {
		if _, err := ParseExpected("known.txt", []byte(v.Request.ID)); err != nil {
			t.Errorf("%s cannot be expected to fail: %v", v.Request.ID, err)
		}
	}
	for text, want := range map[string]string{
		"trust/ok\n\n# x\ntrust/[":               "known.txt:4: not the name of a vector, such as licence/empty or trust/*",
		"hunter2":                                "known.txt:1: not the name of a vector, such as licence/empty or trust/*", // a secret, given by mistake
		"licence/a b":                            "known.txt:1: not the name of a vector, such as licence/empty or trust/*",
		"other/a":                                "known.txt:1: not the name of a vector, such as licence/empty or trust/*",
		"licence/" + strings.Repeat("a", 64<<10): "known.txt: bufio.Scanner: token too long",
	} {
		if _, err := ParseExpected("known.txt", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("%.20q: %v, want %s", text, err, want)
		}
	}
}
