package checkreport

import (
	"encoding/xml"
	"io"
	"slices"
	"strings"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/licseal/licseal/check"
)

// junitWriter writes JUnit's XML: a suite for each licence, a case for each
// stage of its judgement. The totals stand first, so all of it is kept in memory.
type junitWriter struct {
	w       io.Writer
	time    string
	checked bool // the signatures
	suites  junit.Testsuites
}

func newJUnit(w io.Writer, h Header) Writer {
	j := &junitWriter{w: w, time: h.Time.UTC().Format("2006-01-02T15:04:05"), checked: h.SignatureChecked}
	j.suites.Name = "licseal check"
	if len(h.Findings) > 0 {
		suite := junit.Testsuite{Name: "sources", Timestamp: j.time, Time: "0"}
		suite.AddTestcase(stageCase("sources", check.StageSource, h.Findings))
		if !j.checked {
			suite.AddTestcase(junit.Testcase{Classname: "sources", Name: string(check.StageSignature), Time: "0", Skipped: &junit.Result{Message: "the signature was not checked"}})
		}
		j.suites.AddSuite(suite)
	}
	return j
}

// Entry adds a suite. A stage that was not reached is skipped, and so is the
// signature where it was not checked, and all that fails of a licence not in use.
func (j *junitWriter) Entry(e Entry) error {
	suite := junit.Testsuite{Name: xmlText(e.Name), File: xmlText(e.Path), Timestamp: j.time, Time: "0"}
	for _, stage := range check.Stages() {
		findings := slices.Collect(func(yield func(check.Finding) bool) {
			for _, f := range e.Findings {
				if f.Stage == stage && !yield(f) {
					return
				}
			}
		})
		if len(findings) == 0 && (stage == check.StageSource || stage == check.StageRevocation) {
			continue
		}
		test := stageCase(suite.Name, stage, findings)
		switch {
		case test.Failure != nil && e.notActive():
			test.Skipped, test.Failure = &junit.Result{Message: "not active: " + test.Failure.Message}, nil
		case test.Failure != nil:
		case stage == check.StageSignature && !j.checked:
			test.Skipped = &junit.Result{Message: "the signature was not checked"}
		case !reached(e, stage):
			test.Skipped = &junit.Result{Message: "not reached"}
		}
		suite.AddTestcase(test)
	}
	j.suites.AddSuite(suite)
	return nil
}

// reached reports whether a stage without an error was judged. What the dates are to
// be judged by, and what is left of them, needs dates that can be read.
func reached(e Entry, stage check.Stage) bool {
	switch stage {
	case check.StageDocument, check.StageSignature:
		return e.Signature != check.SignatureUnreached
	case check.StageSchema:
		return e.License != nil
	case check.StageDates, check.StageRequirement:
		return e.State != ""
	}
	return true
}

func stageCase(suite string, stage check.Stage, findings []check.Finding) junit.Testcase {
	test := junit.Testcase{Classname: suite, Name: string(stage), Time: "0"}
	var errors, others []string
	for _, f := range findings {
		if f.Severity != check.Error {
			others = append(others, xmlText(f.String()))
			continue
		}
		if test.Failure == nil {
			test.Failure = &junit.Result{Message: xmlText(f.Found), Type: string(f.Code)}
		}
		errors = append(errors, xmlText(f.String()))
	}
	if test.Failure != nil {
		test.Failure.Data = strings.Join(errors, "\n")
	}
	if len(others) > 0 {
		test.SystemOut = &junit.Output{Data: strings.Join(others, "\n")}
	}
	return test
}

// xmlText takes out the characters that XML has no way to write, and what would
// end a CDATA section.
func xmlText(s string) string {
	return strings.ReplaceAll(plain(strings.ToValidUTF8(s, "\ufffd")), "]]>", "]] >")
}

func (j *junitWriter) Close(Summary) error {
	if _, err := io.WriteString(j.w, xml.Header); err != nil {
		return err
	}
	return j.suites.WriteXML(j.w)
}
