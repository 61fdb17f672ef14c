package repair

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/licseal/licseal"
)

// The bounds of a diagnosis. The text may come from anywhere.
const (
	// MaxBytes is the size of the largest text that is diagnosed. A licence
	// in base64, in a manifest or in a list of records is larger than the licence.
	MaxBytes = 1 << 20

	maxRepairs    = 8            // applied to one another's results
	maxTexts      = 120          // looked at in all
	maxTextsBytes = 3 * MaxBytes // all of them together: repairs of a large text are few, or make it smaller
)

// Fault is one way in which a text is not a licence document.
type Fault struct {
	Kind Kind

	// Position is the place in the original text. Where the fault is in a text
	// that had to be decoded first, it is the place of the encoded text.
	licseal.Position

	// Values are what a message about the fault mentions, as the kind says.
	Values []string
}

// Candidate is a licence that a text can be read as. Its signature was not checked.
type Candidate struct {
	License *licseal.License
	Faults  []Fault // what was undone, in that order; empty if nothing had to be

	// Guessed means that something was lost on the way, such as all quotes. The
	// candidate is right only if its signature is good.
	Guessed bool
}

// Diagnosis is what was found in a text.
type Diagnosis struct {
	// Candidates are the different licences that the text can be read as.
	Candidates []Candidate

	// Failure is set if all candidates are guessed, or there is none. Its last
	// fault says why; those before it could be undone.
	Failure []Fault
}

// Diagnose looks for the licence in a text. The parser sets the bounds of a
// licence; the text itself is at most [MaxBytes] long, and a longer one is too large.
func Diagnose(text []byte, parser licseal.Parser) *Diagnosis {
	if len(text) > MaxBytes {
		return &Diagnosis{Failure: []Fault{{Kind(licseal.ClassTooLarge), start, []string{"the text is larger than " + strconv.Itoa(MaxBytes) + " bytes"}}}}
	}
	s := &search{parser: parser, seen: map[string]bool{}}
	s.try(text, way{})
	if slices.ContainsFunc(s.candidates, func(c Candidate) bool { return !c.Guessed }) {
		s.failure = nil
	}
	return &Diagnosis{Candidates: s.candidates, Failure: s.failure}
}

// search is a diagnosis in the making.
type search struct {
	parser     licseal.Parser
	candidates []Candidate
	failure    []Fault // of the way that explains most
	failed     bool    // failure is such a way, and not only what the parser says first

	texts, size int             // looked at so far
	seen        map[string]bool // texts looked at
}

// reading is what a detector makes of a text: the fault, and the texts that the text
// may have been. There are several texts if it is not clear which is right, and none
// if nothing can be recovered.
type reading struct {
	fault   Fault
	texts   [][]byte
	faults  []Fault // of each text, if they are in several places; else fault is that of all
	final   bool    // no other fault is looked for
	guessed bool    // texts are guesses, which only a signature can confirm
}

// add adds a text with a fault of its own.
func (r *reading) add(f Fault, text []byte) {
	if len(r.texts) == 0 {
		r.fault = f
	}
	r.texts, r.faults = append(r.texts, text), append(r.faults, f)
}

func (r *reading) faultOf(i int) Fault {
	if i < len(r.faults) {
		return r.faults[i]
	}
	return r.fault
}

// detector looks for one kind of fault, and returns nil if it is not there. err says
// why text is not a licence document.
type detector func(text []byte, err *licseal.ParseError) *reading

// textDetectors run on a text that is not JSON, in this order: first what is not a
// licence at all, then what was put around the whole text, then what was done to its
// characters.
var textDetectors = []detector{
	detectEmpty,
	detectStandIn,
	detectGzip,
	detectUTF16,
	detectOtherFile,
	detectByteOrderMark,
	detectHTMLPage,
	detectArmour,
	detectKeyFile,
	detectFileName,
	detectShellMark,
	detectDataURI,
	detectEnvAssignment,
	detectFormBody,
	detectQuotedPrintable,
	detectLinePrefix,
	detectHTMLEscaped,
	detectHexEscaped,
	detectPrinted,
	detectDoubledQuotes,
	detectWrappedInQuotes,
	detectMarkdown,
	detectEscapedQuotes,
	detectHex,
	detectBytes,
	detectBase64,
	detectYAML,
	detectTrailingData,
	detectCurlyQuotes,
	detectSingleQuotes,
	detectInvisible,
	detectTrailingComma,
	detectLegacyEncoding,
	detectLiteral,
	detectSignatureDigits,
	detectTruncated,
	detectLineBreak,
	detectEmbedded,
	detectSurroundingText,
}

// fallbacks run on a text that is not JSON if the others have found no licence.
var fallbacks = []detector{
	detectMasked,
	detectNoObject,
}

// jsonDetectors run on a text that is JSON. Only its values can be wrong then, and not
// its characters.
var jsonDetectors = []detector{
	detectWrappedInQuotes,
	detectBytes,
	detectRecord,
	detectYAML, // manifests
	detectJSONValue,
	detectEncryptedParts,
	detectJSONStandIn,
	detectOtherObject,
	detectSignatureDigits,
	detectOtherJSON,
}

// way is how the search came to a text.
type way struct {
	faults  []Fault
	guessed bool
}

// try reads a text as a licence, or looks for what is wrong with it.
func (s *search) try(text []byte, w way) {
	lic, err := s.parser.ParseUnverified(text)
	if err == nil {
		s.add(Candidate{lic, w.faults, w.guessed})
		return
	}
	var parseErr *licseal.ParseError
	if errors.As(err, &parseErr) && !w.guessed {
		s.look(text, parseErr, w.faults)
	}
}

// look runs all detectors on a text that is not a licence, and tries what they bring out.
func (s *search) look(text []byte, err *licseal.ParseError, path []Fault) {
	if s.failure == nil {
		s.failure = []Fault{parseFault(err)}
	}
	if s.seen[string(text)] || len(path) >= maxRepairs || s.texts == maxTexts || s.size+len(text) > maxTextsBytes {
		return
	}
	s.seen[string(text)] = true
	s.texts++
	s.size += len(text)
	if parseJSON(text) != nil {
		s.run(jsonDetectors, text, err, path)
	} else if before := len(s.candidates); s.run(textDetectors, text, err, path) && len(s.candidates) == before {
		s.run(fallbacks, text, err, path)
	}
	s.fail(extend(path, parseFault(err)))
}

// run runs detectors on a text, and tries what they bring out. It returns false if one
// of them is certain that the others have nothing to add.
func (s *search) run(detectors []detector, text []byte, err *licseal.ParseError, path []Fault) (more bool) {
	for _, detect := range detectors {
		found := detect(text, err)
		if found == nil {
			continue
		}
		for i, repaired := range found.texts {
			s.try(repaired, way{extend(path, found.faultOf(i)), found.guessed})
		}
		if len(found.texts) == 0 || found.guessed {
			s.fail(extend(path, found.fault)) // the text is something else, or something was lost
		}
		if len(found.texts) == 0 || found.final {
			return false
		}
	}
	return true
}

// add keeps a candidate, by the simplest way to it.
func (s *search) add(c Candidate) {
	for i, known := range s.candidates {
		if !known.License.Payload.Equal(c.License.Payload) || known.License.Signature != c.License.Signature {
			continue
		}
		if known.Guessed && !c.Guessed || known.Guessed == c.Guessed && cost(c.Faults) < cost(known.Faults) {
			s.candidates[i] = c
		}
		return
	}
	s.candidates = append(s.candidates, c)
}

// isCoarse lists the repairs that drop text. They explain least.
var isCoarse = map[Kind]bool{SurroundingText: true, TrailingText: true, EmbeddedObject: true, EmbeddedString: true, EmbeddedDoubled: true, EmbeddedBase64: true}

// cost says how much has to be explained on a way to a licence.
func cost(path []Fault) int {
	n := len(path)
	for _, f := range path {
		if isCoarse[f.Kind] {
			n += 2
		}
	}
	return n
}

// fail keeps a way on which no licence was found, if it explains more than the one
// kept so far, or as much with fewer faults.
func (s *search) fail(path []Fault) {
	if !s.failed || explained(path) > explained(s.failure) || explained(path) == explained(s.failure) && len(path) < len(s.failure) {
		s.failure, s.failed = path, true
	}
}

// explained counts what is certain on a way that led to no licence. That a text
// could be decoded proves that it was encoded. That characters look odd proves little
// about a text that is not a licence without them either.
func explained(path []Fault) int {
	n := 0
	for _, f := range path {
		if !isWeak[f.Kind] {
			n++
		}
	}
	return n
}

var isWeak = map[Kind]bool{
	Invisible: true, TrailingComma: true, LineBreak: true, SurroundingText: true, TrailingText: true,
	EmbeddedObject: true, EmbeddedString: true, EmbeddedDoubled: true, EmbeddedBase64: true, ShellMark: true, WrappedInQuotes: true, JSONValue: true, YAMLValue: true,
}

// extend returns a way with one more fault. Its place is moved to the original
// text: what was decoded is where its encoded text is.
func extend(path []Fault, f Fault) []Fault {
	for i := len(path) - 1; i >= 0; i-- {
		if !keepsPlaces[path[i].Kind] {
			f.Position = path[i].Position
		}
	}
	return append(path[:len(path):len(path)], f)
}

// keepsPlaces lists the repairs that leave everything else at its line and column.
var keepsPlaces = map[Kind]bool{
	CurlyQuotes: true, SingleQuotes: true, Invisible: true, SignatureDigits: true, TrailingComma: true,
}

// parseFault returns what the parser says, as a fault.
func parseFault(err *licseal.ParseError) Fault {
	return Fault{Kind(err.Class), err.Position, []string{err.Detail}}
}

// unreadable is a reading that recovers nothing.
func unreadable(kind Kind, pos licseal.Position, values ...string) *reading {
	return &reading{fault: Fault{kind, pos, values}}
}

// start is the place of the first character.
var start = licseal.Position{Line: 1, Column: 1}

// at returns the position of an offset in a text.
func at(text []byte, offset int) licseal.Position {
	before := text[:min(max(offset, 0), len(text))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return licseal.Position{Line: bytes.Count(before, []byte{'\n'}) + 1, Column: utf8.RuneCount(before[start:]) + 1}
}

// trim returns text without white space around it.
func trim(text []byte) []byte { return bytes.Trim(text, " \t\r\n\v\f") }

// startOf returns the offset of the first character that is not white space.
func startOf(text []byte) int { return len(text) - len(bytes.TrimLeft(text, " \t\r\n\v\f")) }
