package junit_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/junit"
)

// suite has a case of each kind.
func suite(name string) junit.Suite {
	s := junit.Suite{Name: name, Time: "0.5", Timestamp: "2026-11-28T12:00:00", File: "licences"}
	s.Add(junit.Case{Name: "good", Classname: "c", Time: "0.1"})
	s.Add(junit.Case{Name: "left out", Classname: "c", Skipped: &junit.Result{Message: "no licence"}})
	s.Add(junit.Case{Name: "bad", Classname: "c", Failure: &junit.Result{Message: "expired", Type: "expired", Data: "a < b"}, SystemOut: &junit.Output{Data: "two\nlines"}})
	s.Add(junit.Case{Name: "fine"})
	s.Add(junit.Case{Name: "worse", Failure: &junit.Result{}, Skipped: &junit.Result{}})
	return s
}

// Totals count the cases of a suite, and the suites of a report.
func TestTotals(t *testing.T) {
	one := suite("one")
	if diff := cmp.Diff([]int{5, 2, 2, 5}, []int{one.Tests, one.Failures, one.Skipped, len(one.Cases)}); diff != "" {
		t.Error(diff)
	}
	report := junit.Suites{Name: "licseal"}
	report.Add(one)
	report.Add(suite("two"))
	report.Add(junit.Suite{Name: "empty"})
	if diff := cmp.Diff([]int{10, 4, 4, 3}, []int{report.Tests, report.Failures, report.Skipped, len(report.Suites)}); diff != "" {
		t.Error(diff)
	}
}

// A report is the XML that build servers read; what is zero and may be left out is left out.
func TestWrite(t *testing.T) {
	report := junit.Suites{Name: "licseal"}
	report.Add(suite("one"))
	report.Add(junit.Suite{Name: "empty"})
	want := xml.Header + `<testsuites name="licseal" tests="5" failures="2" skipped="2">
	<testsuite name="one" tests="5" failures="2" errors="0" id="0" skipped="2" time="0.5" timestamp="2026-11-28T12:00:00" file="licences">
		<testcase name="good" classname="c" time="0.1"></testcase>
		<testcase name="left out" classname="c" time="">
			<skipped message="no licence"></skipped>
		</testcase>
		<testcase name="bad" classname="c" time="">
			<failure message="expired" type="expired"><![CDATA[a < b]]></failure>
			<system-out><![CDATA[two
lines]]></system-out>
		</testcase>
		<testcase name="fine" classname="" time=""></testcase>
		<testcase name="worse" classname="" time="">
			<skipped message=""></skipped>
			<failure message=""></failure>
		</testcase>
	</testsuite>
	<testsuite name="empty" tests="0" failures="0" errors="0" id="0" time="" timestamp=""></testsuite>
</testsuites>
`
	var b bytes.Buffer
	if err := report.Write(&b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
	length := b.Len()
	for room := range length {
		if err := report.Write(&disk{room: room}); !errors.Is(err, io.ErrShortWrite) {
			t.Fatalf("with room for %d of %d bytes: %v", room, length, err)
		}
	}
}

// disk is full after some bytes.
type disk struct{ room int }

func (d *disk) Write(p []byte) (int, error) {
	if d.room -= len(p); d.room < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

// Whatever a text has, the report can be read, and shows where characters are missing.
func TestText(t *testing.T) {
	for given, want := range map[string]string{
		"Müller & <Co>": "Müller & <Co>",
		"\x1b\x00":      `\u001b\u0000`,
		"a\xffb":        "a\ufffdb",
		"]]>":           "]] >",
		"]]>]]>":        "]] >]] >",
		"]]]>":          "]]] >",
		"]>":            "]>",
	} {
		got := junit.Text(given)
		if got != want {
			t.Errorf("%q is written as %q, want %q", given, got, want)
		}
		var read struct {
			Data string `xml:",chardata"`
		}
		if err := xml.NewDecoder(strings.NewReader("<a><![CDATA[" + got + "]]></a>")).Decode(&read); err != nil || read.Data != got {
			t.Errorf("%q is read as %q: %v", got, read.Data, err)
		}
	}
}
