// Package junit writes the reports that build servers read: JUnit's XML.
package junit

import (
	"encoding/xml"
	"io"
	"strings"

	"github.com/licseal/licseal/internal/text"
)

// The types below are the part of JUnit's XML that licseal writes. Text that comes from
// outside goes through [Text].
type (
	// Suites is a whole report.
	Suites struct {
		XMLName  xml.Name `xml:"testsuites"`
		Name     string   `xml:"name,attr"`
		Tests    int      `xml:"tests,attr,omitempty"`
		Failures int      `xml:"failures,attr,omitempty"`
		Skipped  int      `xml:"skipped,attr,omitempty"`
		Suites   []Suite  `xml:"testsuite"`
	}

	// Suite is a number of cases.
	Suite struct {
		Name      string `xml:"name,attr"`
		Tests     int    `xml:"tests,attr"`
		Failures  int    `xml:"failures,attr"`
		Errors    int    `xml:"errors,attr"`
		ID        int    `xml:"id,attr"`
		Skipped   int    `xml:"skipped,attr,omitempty"`
		Time      string `xml:"time,attr"`
		Timestamp string `xml:"timestamp,attr"`
		File      string `xml:"file,attr,omitempty"`
		Cases     []Case `xml:"testcase"`
	}

	// Case is one test: passed unless it has a Skipped or a Failure.
	Case struct {
		Name      string  `xml:"name,attr"`
		Classname string  `xml:"classname,attr"`
		Time      string  `xml:"time,attr"`
		Skipped   *Result `xml:"skipped"`
		Failure   *Result `xml:"failure"`
		SystemOut *Output `xml:"system-out"`
	}

	// Result is why a test failed or was skipped.
	Result struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Data    string `xml:",cdata"`
	}

	// Output is what a test printed.
	Output struct {
		Data string `xml:",cdata"`
	}
)

// TimeFormat is the layout of Suite.Timestamp.
const TimeFormat = "2006-01-02T15:04:05"

// Add adds a case to a suite and to its totals.
func (s *Suite) Add(c Case) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Skipped != nil {
		s.Skipped++
	}
}

// Add adds a suite to the report and to its totals.
func (s *Suites) Add(suite Suite) {
	s.Suites = append(s.Suites, suite)
	s.Tests += suite.Tests
	s.Failures += suite.Failures
	s.Skipped += suite.Skipped
}

// Write writes the report.
func (s *Suites) Write(w io.Writer) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "\t")
	if err := encoder.Encode(s); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// Text returns a text from outside without the characters that XML cannot write, and
// without what would end a CDATA section.
func Text(s string) string {
	return strings.ReplaceAll(text.Escape(strings.ToValidUTF8(s, "\ufffd")), "]]>", "]] >")
}
