package checkreport

import (
	"io"
	"slices"
	"strings"

	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/junit"
)

// junitWriter writes JUnit's XML: a suite for each licence, a case for each
// stage of its judgement. The totals come first, so all of it is kept in memory.
type junitWriter struct {
	w       io.Writer
	time    string
	checked bool // the signatures
	suites  junit.Suites
}

func (j *junitWriter) newSuite(name, file string) junit.Suite {
	return junit.Suite{Name: junit.Text(name), File: junit.Text(file), Timestamp: j.time, Time: "0"}
}

func newJUnit(w io.Writer, h Header) Writer {
	j := &junitWriter{w: w, time: h.Time.UTC().Format(junit.TimeFormat), checked: h.SignatureChecked}
	j.suites.Name = "licseal check"
	if len(h.Findings) > 0 {
		suite := j.newSuite("sources", "")
		suite.Add(stageCase("sources", check.StageSource, h.Findings))
		if !j.checked {
			notChecked := stageCase("sources", check.StageSignature, nil)
			notChecked.Skipped = &junit.Result{Message: "the signature was not checked"}
			suite.Add(notChecked)
		}
		j.suites.Add(suite)
	}
	return j
}

// Entry adds a suite. These cases are skipped: a stage that was not reached, a
// signature that was not checked, and every failure of a licence that is not in use.
func (j *junitWriter) Entry(e Entry) error {
	suite := j.newSuite(e.Name, e.Path)
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
		suite.Add(test)
	}
	j.suites.Add(suite)
	return nil
}

// reached reports whether a stage without an error was judged. Without dates that
// can be read, neither the dates nor the requirements were.
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

func stageCase(suite string, stage check.Stage, findings []check.Finding) junit.Case {
	test := junit.Case{Classname: suite, Name: string(stage), Time: "0"}
	var errors, others []string
	for _, f := range findings {
		if f.Severity != check.Error {
			others = append(others, junit.Text(f.String()))
			continue
		}
		if test.Failure == nil {
			test.Failure = &junit.Result{Message: junit.Text(f.Found), Type: string(f.Code)}
		}
		errors = append(errors, junit.Text(f.String()))
	}
	if test.Failure != nil {
		test.Failure.Data = strings.Join(errors, "\n")
	}
	if len(others) > 0 {
		test.SystemOut = &junit.Output{Data: strings.Join(others, "\n")}
	}
	return test
}

func (j *junitWriter) Close(Summary) error { return j.suites.Write(j.w) }
