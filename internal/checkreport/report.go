// Package checkreport writes what package check found: for people, for programs and
// for the tools that pipelines already have.
package checkreport

import (
	"fmt"
	"io"
	"time"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/check"
)

// Header applies to all results of a report.
type Header struct {
	Version          string // of licseal
	Name             string // what tells the report from others in the same place
	Path             string // the file that all licences come from; "" if there is none
	Time             time.Time
	SignatureChecked bool
	KongFields       bool // the licences are for Kong Gateway, whose own metrics apply
	Color            bool

	// Where licences were looked for, and what was found about that.
	Sources  []check.Source
	Findings []check.Finding
}

// Entry is the result for one licence.
type Entry struct {
	*check.Result
	Path   string // the file that it was read from; "" if it was not a file
	Exit   int    // what the program ends with if this is all
	Word   string // the stable word for Exit, such as: expired
	Active *bool  // whether it is the licence in use; nil if unknown
	Fixed  string // where the repaired licence was written; "" if it was not

	Place string        // where the licence is installed, such as the URL of an Admin API; "" if its name says it
	Usage []admin.Usage // what is used there of what it allows
}

// notActive reports whether the licence is known not to be in use. Its findings are
// reported, but nothing fails because of them.
func (e Entry) notActive() bool { return e.Active != nil && !*e.Active }

// level returns the severity of a finding in a report.
func (e Entry) level(f check.Finding) check.Severity {
	if e.notActive() {
		return check.Note
	}
	return f.Severity
}

// word returns the first word of a line about the licence.
func (e Entry) word() string {
	word := "ok"
	if e.Exit != 0 {
		word = e.Word
	}
	if e.notActive() {
		word += " (not active)"
	}
	return word
}

// Summary counts the results of a run.
type Summary struct {
	Licences int    `json:"licences"`
	OK       int    `json:"ok"`
	Failed   int    `json:"failed"`
	Errors   int    `json:"errors"`
	Warnings int    `json:"warnings"`
	Notes    int    `json:"notes"`
	Exit     int    `json:"exit"`
	Word     string `json:"word,omitempty"`
}

// Writer writes a report: any number of entries, then the summary.
type Writer interface {
	Entry(Entry) error
	Close(Summary) error
}

// format is a format of reports.
type format struct {
	name string
	make func(io.Writer, Header) Writer
}

var formats = []format{
	{"text", newText},
	{"json", newJSON},
	{"github", newGitHub},
	{"junit", newJUnit},
	{"sarif", newSARIF},
	{"prometheus", newPrometheus},
	{"html", newPage},
}

// Formats returns the names of the formats.
func Formats() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

// New returns a writer for a format, one of [Formats].
func New(name string, w io.Writer, h Header) (Writer, error) {
	for _, f := range formats {
		if f.name == name {
			return f.make(w, h), nil
		}
	}
	return nil, fmt.Errorf("%q is not a format", name)
}
