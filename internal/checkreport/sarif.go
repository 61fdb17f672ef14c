package checkreport

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/licseal/licseal/check"
)

// sarifWriter writes SARIF 2.1.0, which code scanning services read:
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/. It is one document that is
// kept in memory.
type sarifWriter struct {
	w         io.Writer
	run       *sarif.Run
	unchecked bool // and no result has said so yet
}

func newSARIF(w io.Writer, h Header) Writer {
	s := &sarifWriter{w: w, unchecked: !h.SignatureChecked, run: sarif.NewRunWithInformationURI("licseal", "https://github.com/licseal/licseal")}
	s.run.WithColumnKind("unicodeCodePoints")
	s.run.Tool.Driver.WithVersion(h.Version)
	for _, d := range check.Describe() {
		s.run.AddRule(string(d.Code)).WithDescription(d.Title)
	}
	for _, f := range h.Findings {
		s.add(Entry{}, f)
	}
	return s
}

var sarifLevels = map[check.Severity]string{check.Error: "error", check.Warning: "warning", check.Note: "note"}

func (s *sarifWriter) Entry(e Entry) error {
	s.unchecked = s.unchecked && e.Signature != check.SignatureNotChecked
	for _, f := range e.Findings {
		s.add(e, f)
	}
	return nil
}

func (s *sarifWriter) add(e Entry, f check.Finding) {
	message := plain(f.Found) + ". " + plain(f.Remedy)
	if e.Result != nil && e.Path == "" {
		message = plain(e.Name) + ": " + message
	}
	if e.notActive() {
		message = "not active: " + message
	}
	result := s.run.CreateResultForRule(string(f.Code)).WithLevel(sarifLevels[e.level(f)]).WithMessage(sarif.NewTextMessage(message))
	location := sarif.NewLocation()
	if e.Path != "" {
		physical := sarif.NewPhysicalLocation().WithArtifactLocation(sarif.NewSimpleArtifactLocation(uriOf(e.Path)))
		if f.Line > 0 {
			physical.WithRegion(sarif.NewRegion().WithStartLine(f.Line).WithStartColumn(f.Column))
		}
		location.WithPhysicalLocation(physical)
	}
	if f.Pointer != "" {
		location.AddLogicalLocation(sarif.NewLogicalLocation().WithFullyQualifiedName(plain(f.Pointer)).WithKind("member"))
	}
	if e.Path != "" || f.Pointer != "" {
		result.AddLocation(location)
	}
}

// uriOf returns a file name as a relative or absolute URI.
func uriOf(path string) string {
	u := url.URL{Path: filepath.ToSlash(path)}
	if filepath.IsAbs(path) {
		u.Scheme = "file"
	}
	return u.String()
}

func (s *sarifWriter) Close(Summary) error {
	if s.unchecked {
		s.add(Entry{}, check.Finding{Code: check.CodeSignatureNotChecked, Severity: check.Note, Found: notChecked, Remedy: "name the trusted keys with -t to have them checked"})
	}
	report := sarif.NewReport()
	report.AddRun(s.run)
	encoder := json.NewEncoder(s.w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	return encoder.Encode(report)
}
