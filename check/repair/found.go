package repair

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

// maxFound is how many licences are looked at in one text.
const maxFound = 10

// detectEmbedded finds licences in any text: the JSON object, a string of a program
// or of HCL that holds one, and base64. No language is parsed for that.
func detectEmbedded(text []byte, _ *licseal.ParseError) *reading {
	if !MentionsLicense(string(text)) {
		return nil
	}
	for _, find := range []func([]byte) *reading{findObjects, findStrings, findDoubled, findBase64} {
		if r := find(text); r != nil {
			return r
		}
	}
	return nil
}

// found is a reading of the parts of a text at these offsets, nil if there are none.
type found struct {
	kind Kind
	text []byte
	*reading
}

func (f *found) add(offset int, part []byte, values ...string) {
	if f.reading == nil {
		f.reading = new(reading)
	}
	if len(f.texts) < maxFound {
		f.reading.add(Fault{f.kind, at(f.text, offset), values}, part)
	}
}

var (
	objectStart  = text.Pattern(`\{\s*"(?:license|payload|signature)"\s*:`)
	memberBefore = text.Pattern(`"license"\s*:\s*$`)
)

// findObjects returns the JSON objects that begin as a licence does.
func findObjects(text []byte) *reading {
	f := found{kind: EmbeddedObject, text: text}
	end := 0
	for _, m := range objectStart().FindAllIndex(text, 2*maxFound) { // a whole licence has two of these
		if m[0] < end || memberBefore().Match(text[:m[0]]) {
			continue // inside of another licence
		}
		value, err := jsontext.NewDecoder(bytes.NewReader(text[m[0]:])).ReadValue()
		if err != nil || !MentionsLicense(string(value)) || len(value) == len(trim(text)) {
			continue
		}
		end = m[0] + len(value)
		f.add(m[0], bytes.Clone(value))
	}
	return f.reading
}

var quotedString = text.Pattern(`"(?:[^"\\\r\n]|\\.)*"`)

// findStrings returns the strings in double quotes that hold a licence.
func findStrings(text []byte) *reading {
	f := found{kind: EmbeddedString, text: text}
	for _, m := range quotedString().FindAllIndex(text, -1) {
		literal := text[m[0]:m[1]]
		if !MentionsLicense(string(literal)) || len(literal) == len(trim(text)) {
			continue
		}
		if value, err := jsontext.AppendUnquote(nil, literal); err == nil {
			f.add(m[0], value)
			if plain := hclEscapes.Replace(string(value)); plain != string(value) {
				f.add(m[0], []byte(plain))
			}
		}
	}
	return f.reading
}

var doubledString = text.Pattern(`"\{(?:[^"]|"")*"`)

// findDoubled returns the values of a CSV file, in which quotes are written twice, that
// hold a licence.
func findDoubled(text []byte) *reading {
	f := found{kind: EmbeddedDoubled, text: text}
	for _, m := range doubledString().FindAllIndex(text, maxFound) {
		if value := text[m[0]+1 : m[1]-1]; MentionsLicense(string(value)) && len(value)+2 < len(trim(text)) {
			f.add(m[0], bytes.ReplaceAll(value, []byte(`""`), []byte(`"`)))
		}
	}
	return f.reading
}

// base64Lines are a run of base64, and the lines that follow it.
var base64Lines = text.Pattern(base64RunPattern + `(?:[ \t]*\r?\n[ \t]*[A-Za-z0-9+/_-]+={0,2})*`)

// findBase64 returns the runs of base64 that hold a licence. The line after the last
// whole one may belong to it, or be a word that happens to look like base64.
func findBase64(text []byte) *reading {
	if !holdsEncoded(string(text)) {
		return nil
	}
	f := found{kind: EmbeddedBase64, text: text}
	for _, m := range base64Lines().FindAllIndex(text, maxFound) {
		whole, withNext := sameLength(text[m[0]:m[1]])
		if !holdsLicense(string(whole), maxRepairs) || len(whole) == len(trim(text)) {
			continue
		}
		f.add(m[0], whole)
		if len(withNext) > len(whole) && len(withNext) < len(trim(text)) {
			f.add(m[0], withNext)
		}
	}
	return f.reading
}

// sameLength returns the lines of base64 that are as long as the first, and those with
// the next one.
func sameLength(run []byte) (whole, withNext []byte) {
	width, end, next := -1, 0, 0
	for line := range bytes.Lines(run) {
		n := len(trim(line))
		if width < 0 {
			width = n
		}
		next = end + len(line)
		if n != width {
			break
		}
		end = next
	}
	return trim(run[:end]), trim(run[:next])
}
