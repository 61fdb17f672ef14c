package checkreport

import (
	"encoding/xml"
	"io"
	"slices"
	"strings"

	"github.com/licseal/licseal/check"
)

// junitWriter writes JUnit's XML: a suite for each licence, a case for each
// stage of its judgement. The totals come first, so all of it is kept in memory.
type junitWriter struct {
	w       io.Writer
	time    string
	checked bool // the signatures
	suites  junitSuites
}

// The types below are the part of JUnit's XML that licseal writes.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr,omitempty"`
		Failures int          `xml:"failures,attr,omitempty"`
		Skipped  int          `xml:"skipped,attr,omitempty"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string      `xml:"name,attr"`
		Tests     int         `xml:"tests,attr"`
		Failures  int         `xml:"failures,attr"`
		Errors    int         `xml:"errors,attr"`
		ID        int         `xml:"id,attr"`
		Skipped   int         `xml:"skipped,attr,omitempty"`
		Time      string      `xml:"time,attr"`
		Timestamp string      `xml:"timestamp,attr"`
		File      string      `xml:"file,attr,omitempty"`
		Cases     []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name      string       `xml:"name,attr"`
		Classname string       `xml:"classname,attr"`
		Time      string       `xml:"time,attr"`
		Skipped   *junitResult `xml:"skipped"`
		Failure   *junitResult `xml:"failure"`
		SystemOut *junitOutput `xml:"system-out"`
	}
	junitResult struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Data    string `xml:",cdata"`
	}
	junitOutput struct {
		Data string `xml:",cdata"`
	}
)

func (j *junitWriter) newSuite(name, file string) junitSuite {
	return junitSuite{Name: xmlText(name), File: xmlText(file), Timestamp: j.time, Time: "0"}
}

// add adds a case to a suite and to its totals.
func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Skipped != nil {
		s.Skipped++
	}
}

// add adds a suite to the report and to its totals.
func (s *junitSuites) add(suite junitSuite) {
	s.Suites = append(s.Suites, suite)
	s.Tests += suite.Tests
	s.Failures += suite.Failures
	s.Skipped += suite.Skipped
}

func newJUnit(w io.Writer, h Header) Writer {
	j := &junitWriter{w: w, time: h.Time.UTC().Format("2006-01-02T15:04:05"), checked: h.SignatureChecked}
	j.suites.Name = "licseal check"
	if len(h.Findings) > 0 {
		suite := j.newSuite("sources", "")
		suite.add(stageCase("sources", check.StageSource, h.Findings))
		if !j.checked {
			notChecked := stageCase("sources", check.StageSignature, nil)
			notChecked.Skipped = &junitResult{Message: "the signature was not checked"}
			suite.add(notChecked)
		}
		j.suites.add(suite)
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
			test.Skipped, test.Failure = &junitResult{Message: "not active: " + test.Failure.Message}, nil
		case test.Failure != nil:
		case stage == check.StageSignature && !j.checked:
			test.Skipped = &junitResult{Message: "the signature was not checked"}
		case !reached(e, stage):
			test.Skipped = &junitResult{Message: "not reached"}
		}
		suite.add(test)
	}
	j.suites.add(suite)
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

func stageCase(suite string, stage check.Stage, findings []check.Finding) junitCase {
	test := junitCase{Classname: suite, Name: string(stage), Time: "0"}
	var errors, others []string
	for _, f := range findings {
		if f.Severity != check.Error {
			others = append(others, xmlText(f.String()))
			continue
		}
		if test.Failure == nil {
			test.Failure = &junitResult{Message: xmlText(f.Found), Type: string(f.Code)}
		}
		errors = append(errors, xmlText(f.String()))
	}
	if test.Failure != nil {
		test.Failure.Data = strings.Join(errors, "\n")
	}
	if len(others) > 0 {
		test.SystemOut = &junitOutput{Data: strings.Join(others, "\n")}
	}
	return test
}

// xmlText replaces the characters that XML cannot write, and what would end a
// CDATA section.
func xmlText(s string) string {
	return strings.ReplaceAll(plain(strings.ToValidUTF8(s, "\ufffd")), "]]>", "]] >")
}

func (j *junitWriter) Close(Summary) error {
	if _, err := io.WriteString(j.w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(j.w)
	encoder.Indent("", "\t")
	if err := encoder.Encode(j.suites); err != nil {
		return err
	}
	_, err := io.WriteString(j.w, "\n")
	return err
}
