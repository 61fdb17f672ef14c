package check

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/licseal/licseal"
)

// The bounds of a diagnosis, which works on whatever people have at hand.
const (
	// MaxBytes is the size of the largest text that is diagnosed: a licence
	// in base64, in a manifest or in a list of records is larger than itself.
	MaxBytes = 1 << 20

	maxRepairs    = 8       // on top of one another
	maxTexts      = 60      // looked at in all
	maxTextsBytes = 8 << 20 // all of them together
)

// breakage is one way in which a text is not a licence. A detector finds it.
type breakage struct {
	finding Finding

	// repaired is what the text may have been; there are several where it
	// cannot be told which, and none where nothing can be had back.
	repaired [][]byte
}

// detector looks for one kind of breakage. err says why text is no licence.
type detector func(text []byte, err *licseal.ParseError) *breakage

// detectors are asked in this order: first what is no licence at all, then what
// was put around the whole text, then what was done to its characters.
var detectors = []detector{
	detectEmpty,
	detectUTF16,
	detectOtherFile,
	detectByteOrderMark,
	detectHTMLPage,
	detectKeyFile,
	detectPlaceholder,
	detectFileName,
	detectDataURI,
	detectEnvAssignment,
	detectFormBody,
	detectQuotedPrintable,
	detectQuotedLines,
	detectHTMLEscaped,
	detectHexEscaped,
	detectNoQuotes,
	detectDoubledQuotes,
	detectWrappedInQuotes,
	detectEscapedTwice,
	detectBase64,
	detectObject, // Admin API, manifest, payload, envelope
	detectYAML,
	detectTrailingData,
	detectCurlyQuotes,
	detectSingleQuotes,
	detectInvisible,
	detectTrailingComma,
	detectSignatureFormat,
	detectTruncated,
	detectLineBreak,
	detectSurroundingText,
	detectNoJSON,
}

// solution is a licence that repairs have brought out of a text.
type solution struct {
	license  *licseal.License
	findings []Finding // what was broken, in the order of the repairs
}

// diagnosis is what is wrong with a text that is no licence.
type diagnosis struct {
	parser    licseal.Parser
	solutions []solution // all different licences that the text can be read as
	failure   []Finding  // where there is none: what was found on the way that led furthest

	failed      bool            // failure is such a way, and not only what the parser says
	texts, size int             // looked at so far
	seen        map[string]bool // texts looked at
}

// diagnose looks for what is wrong with a text that is no licence, and for the
// licence in it.
func diagnose(text []byte, parser licseal.Parser, err *licseal.ParseError) *diagnosis {
	d := &diagnosis{parser: parser, seen: map[string]bool{}, failure: []Finding{fromParseError(err)}}
	d.look(text, err, nil)
	return d
}

// look tries all repairs on a text, and on what they bring out.
func (d *diagnosis) look(text []byte, err *licseal.ParseError, path []Finding) {
	if d.seen[string(text)] || len(path) >= maxRepairs || d.texts == maxTexts || d.size+len(text) > maxTextsBytes {
		return
	}
	d.seen[string(text)] = true
	d.texts++
	d.size += len(text)
	for _, detect := range detectors {
		found := detect(text, err)
		if found == nil {
			continue
		}
		next := append(path[:len(path):len(path)], placed(found.finding, path))
		for _, repaired := range found.repaired {
			d.try(repaired, next)
		}
		if len(found.repaired) == 0 {
			d.fail(next)
			return // the text is something else altogether
		}
	}
	d.fail(append(path[:len(path):len(path)], placed(fromParseError(err), path)))
}

// try reads a repaired text as a licence, or looks for what is still wrong with it.
func (d *diagnosis) try(text []byte, path []Finding) {
	lic, err := d.parser.ParseUnverified(text)
	if err == nil {
		d.solve(lic, path)
		return
	}
	var parseErr *licseal.ParseError
	if errors.As(err, &parseErr) {
		d.look(text, parseErr, path)
	}
}

func (d *diagnosis) solve(lic *licseal.License, path []Finding) {
	for i, s := range d.solutions {
		if !s.license.Payload.Equal(lic.Payload) || s.license.Signature != lic.Signature {
			continue
		}
		if cost(path) < cost(s.findings) { // a plainer way to the same licence
			d.solutions[i] = solution{lic, path}
		}
		return
	}
	d.solutions = append(d.solutions, solution{lic, path})
}

// cost says how much has to be explained. To cut a text off is the coarsest repair
// and explains least.
func cost(path []Finding) int {
	n := len(path)
	for _, f := range path {
		if f.Code == CodeSurroundingText {
			n += 2
		}
	}
	return n
}

// fail keeps the way on which no licence was found that explains most.
func (d *diagnosis) fail(path []Finding) {
	if !d.failed || explained(path) > explained(d.failure) || explained(path) == explained(d.failure) && len(path) < len(d.failure) {
		d.failure, d.failed = path, true
	}
}

// explained counts what is certain on a way that led to no licence: that a text
// could be decoded says that it was encoded. That characters look odd says
// little about a text that is no licence without them either.
func explained(path []Finding) int {
	n := 0
	for _, f := range path {
		if !oddCharacters[f.Code] {
			n++
		}
	}
	return n
}

var oddCharacters = map[Code]bool{
	CodeInvisible: true, CodeTrailingComma: true, CodeLineBreak: true, CodeSurroundingText: true, CodeWrappedInQuotes: true, CodeYAMLValue: true,
}

// placed moves a finding in a text that was unpacked to the place in the original
// where that text stands, and adds what was found to the line where both are
// the same.
func placed(f Finding, path []Finding) Finding {
	for i := len(path) - 1; i >= 0; i-- {
		if !keepsPlaces[path[i].Code] {
			f.Position = path[i].Position
		}
	}
	return f
}

// keepsPlaces lists the repairs after which everything else still stands at its
// line and column.
var keepsPlaces = map[Code]bool{
	CodeCurlyQuotes: true, CodeSingleQuotes: true, CodeInvisible: true,
	CodeSignatureFormat: true, CodeTrailingComma: true,
}

// fromParseError makes a finding of what the parser says.
func fromParseError(err *licseal.ParseError) Finding {
	found := err.Detail
	if rest, ok := strings.CutPrefix(found, "not JSON: "); ok {
		found = "not JSON: " + strings.Replace(strings.TrimPrefix(rest, "jsontext: "), "invalid character", "found", 1)
	}
	remedy, ok := remedies[Code(err.Class)]
	if !ok {
		remedy = "take the licence from whoever issued it once more, as a file"
	}
	return Finding{Code: Code(err.Class), Stage: StageDocument, Severity: Error, Position: err.Position, Found: found, Remedy: remedy}
}

var remedies = map[Code]string{
	codeSyntax:          "correct the text at that place, or take the licence from whoever issued it once more, as a file",
	codeTruncated:       "copy the whole text, from the first { to the last }",
	codeTrailingData:    "remove what follows the licence",
	codeUnknownMember:   "remove the member, or spell it as the format does; only what is in the payload is signed",
	codeMissingMember:   "take the whole document from whoever issued it; a licence has payload, signature and version",
	codeDuplicateName:   "take the licence from whoever issued it once more; it cannot be told which of the two was signed",
	codeVersion:         "use a newer licseal, or correct the version",
	CodeTooLarge:        "check that this is the licence and not another file; a licence has about 500 bytes",
	codeInvalidUTF8:     "save the text as UTF-8, or take the licence from whoever issued it once more",
	CodeSignatureFormat: "take the licence from whoever issued it once more; its signature is damaged",
}

// at returns the position of an offset in a text.
func at(text []byte, offset int) licseal.Position {
	before := text[:min(max(offset, 0), len(text))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return licseal.Position{Line: bytes.Count(before, []byte{'\n'}) + 1, Column: utf8.RuneCount(before[start:]) + 1}
}

// broken makes the finding of a breakage.
func broken(code Code, pos licseal.Position, remedy, format string, args ...any) Finding {
	return Finding{Code: code, Stage: StageDocument, Severity: Error, Position: pos, Found: fmt.Sprintf(format, args...), Remedy: remedy}
}

// trim returns text without white space around it.
func trim(text []byte) []byte { return bytes.Trim(text, " \t\r\n\v\f") }

// startOf returns the offset of the first character that is not white space.
func startOf(text []byte) int { return len(text) - len(bytes.TrimLeft(text, " \t\r\n\v\f")) }
