package checkreport

import (
	"cmp"
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/licseal/licseal/check"
)

// sarifWriter writes SARIF 2.1.0, which code scanning services read:
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/. The report is one JSON object
// and is kept in memory until Close.
type sarifWriter struct {
	w         io.Writer
	run       sarifRun
	path      string             // the file that the whole run is about; "" if there is none
	rules     map[check.Code]int // the index of each code in the list of rules
	unchecked bool               // and no result has said so yet
}

// The types below are the part of SARIF's object model that licseal writes.
// What they leave out has a default in the standard.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID          string    `json:"id"`
		Description sarifText `json:"shortDescription"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
)

const sarifSchema = "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/main/sarif-2.1/schema/sarif-schema-2.1.0.json"

func newSARIF(w io.Writer, h Header) Writer {
	s := &sarifWriter{w: w, path: h.Path, unchecked: !h.SignatureChecked, rules: make(map[check.Code]int)}
	s.run = sarifRun{
		Tool: sarifTool{sarifDriver{
			Name: "licseal", Version: h.Version, InformationURI: "https://github.com/licseal/licseal",
		}},
		ColumnKind: "unicodeCodePoints",
		Results:    []sarifResult{},
	}
	for i, d := range check.Describe() {
		s.rules[d.Code] = i
		s.run.Tool.Driver.Rules = append(s.run.Tool.Driver.Rules, sarifRule{string(d.Code), sarifText{d.Title}})
	}
	for _, f := range h.Findings {
		s.add(Entry{Path: s.path}, f)
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
	location := sarifLocation{Physical: sarifPhysical{Artifact: sarifArtifact{sarifURI(e)}}}
	if e.Path != "" && f.Line > 0 {
		location.Physical.Region = &sarifRegion{f.Line, f.Column}
	}
	if f.Pointer != "" {
		location.Logical = []sarifLogical{{plain(f.Pointer), "member"}}
	}
	s.run.Results = append(s.run.Results, sarifResult{
		RuleID: string(f.Code), RuleIndex: s.rules[f.Code], Level: sarifLevels[e.level(f)],
		Message: sarifText{message}, Locations: []sarifLocation{location},
	})
}

// sarifURI returns the URI of what an entry is about. Code scanning services
// refuse results without one, and any scheme but file: for a licence that is not
// a file, such as a variable or a record of the Admin API, it is a relative URI
// made of its name.
func sarifURI(e Entry) string {
	if e.Path != "" {
		return fileURI(e.Path)
	}
	name := ""
	if e.Result != nil {
		name = e.Name
	}
	if _, rest, ok := strings.Cut(name, "://"); ok {
		name = rest
	}
	return fileURI(cmp.Or(strings.TrimLeft(name, "/"), "licseal-check"))
}

// fileURI returns a file name as a relative or absolute URI.
func fileURI(path string) string {
	u := url.URL{Path: filepath.ToSlash(path)}
	if filepath.IsAbs(path) {
		u.Scheme = "file"
		u.Path = "/" + strings.TrimPrefix(u.Path, "/") // Windows: /C:/…
	}
	return u.String()
}

func (s *sarifWriter) Close(Summary) error {
	if s.unchecked {
		s.add(Entry{Path: s.path}, check.Finding{Code: check.CodeSignatureNotChecked, Severity: check.Note, Found: notChecked, Remedy: "name the trusted keys with -t to have them checked"})
	}
	encoder := json.NewEncoder(s.w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	return encoder.Encode(sarifLog{sarifSchema, "2.1.0", []sarifRun{s.run}})
}
