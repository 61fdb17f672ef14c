package check

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/licseal/licseal"
)

// detectObject knows JSON objects that hold a licence or a part of one.
func detectObject(text []byte, _ *licseal.ParseError) *breakage {
	object, err := licseal.Parser{MaxBytes: 2 * MaxBytes}.ParsePayload(text)
	if err != nil {
		return nil
	}
	has := func(pointer string) bool { _, ok := object.Field(pointer); return ok }
	inside, isText := object.Text("/license")
	switch {
	case isText:
		return &breakage{broken(CodeEscapedTwice, object.Position("/license"),
			"put the object there, not a string that holds it", "the member license is a string that holds the licence"), [][]byte{[]byte(inside), fmt.Appendf(nil, `{"license":%s}`, inside)}}
	case has("/license"), has("/kind"):
		return nil
	case has("/data/0"):
		return listBreakage(object)
	case has("/data") && has("/next"):
		return &breakage{finding: broken(CodeAdminList, object.Position("/data"),
			"add a licence to the gateway first: POST /licenses", "the text is an Admin API's list of licences, and the list is empty")}
	case has("/payload") && has("/signature"):
		return &breakage{broken(CodeMissingEnvelope, object.Position(""),
			`wrap it as {"license": …}`, "the object with payload and signature stands by itself; it belongs into the member \"license\" of another"), [][]byte{fmt.Appendf(nil, `{"license":%s}`, text)}}
	case has("/payload"):
		return recordBreakage(object)
	case has("/message") && (has("/code") || has("/name") || !has("/license_key")):
		message, _ := object.Text("/message")
		return &breakage{finding: broken(CodeAdminError, object.Position("/message"),
			"ask the Admin API again, and look at the HTTP status before the answer is saved", "the text is an Admin API's error message: %s", quote([]byte(message)))}
	case has("/license_key"), has("/license_expiration_date"):
		return &breakage{finding: broken(CodeBarePayload, object.Position(""),
			"take the whole document from whoever issued it; its signature is missing here", "the text is the payload of a licence by itself, without a signature")}
	}
	return nil
}

// recordBreakage takes the licence out of a request body or a record.
func recordBreakage(object licseal.Payload) *breakage {
	code, what := CodeAdminBody, `the request body for an Admin API, {"payload": …}`
	for _, member := range []string{"/id", "/created_at", "/updated_at"} {
		if _, ok := object.Field(member); ok {
			code, what = CodeAdminRecord, "a record of an Admin API's /licenses"
		}
	}
	found := broken(code, object.Position("/payload"),
		"save only the text of the member payload: jq -r .payload does it", "the text is %s, not the licence", what)
	return &breakage{found, [][]byte{payloadOf(object, "/payload")}}
}

// payloadOf returns the licence in the member payload of a record: a string, or the
// object itself where somebody did not write it as a string.
func payloadOf(object licseal.Payload, pointer string) []byte {
	if text, ok := object.Text(pointer); ok {
		return []byte(text)
	}
	value, _ := object.Field(pointer)
	return value
}

// listBreakage takes the active licence out of a list of records: the one with
// the newest updated_at.
func listBreakage(object licseal.Payload) *breakage {
	installed := records(object)
	if len(installed) == 0 {
		return nil
	}
	pos := object.Position("/data")
	active := newest(installed)
	switch {
	case len(installed) == 1:
		return &breakage{broken(CodeAdminList, pos, "save only the text of the payload: jq -r '.data[0].payload' does it",
			"the text is an Admin API's list of licences, not a licence"), [][]byte{installed[0].Data}}
	case active < 0:
		return &breakage{finding: broken(CodeAdminList, pos, "choose one: jq -r '.data[0].payload'",
			"the text is an Admin API's list of %d licences, and it does not tell which is the newest", len(installed))}
	}
	return &breakage{broken(CodeAdminList, pos, fmt.Sprintf("save only the text of its payload: jq -r '.data[%d].payload' does it", active),
		"the text is an Admin API's list of %d licences; the active one, with the newest updated_at, is %s", len(installed), installed[active].Name), [][]byte{installed[active].Data}}
}

// Installed is a licence where it is installed.
type Installed struct {
	Name     string    // what output calls it, such as the record's id
	Data     []byte    // the text that should be a licence
	Updated  time.Time // when it was last changed; zero if that is not known
	Findings []Finding // what was found on the way to it

	// Alone means that nothing which is installed beside it takes its place, as
	// with a Secret that is mounted by its name; Disabled, that nothing uses it.
	Alone, Disabled bool
}

// records returns those entries of the array data that have a payload.
func records(object licseal.Payload) []Installed {
	var list struct {
		Data []struct {
			ID        string          `json:"id"`
			Payload   json.RawMessage `json:"payload"`
			UpdatedAt float64         `json:"updated_at"`
		} `json:"data"`
	}
	if json.Unmarshal(object.Bytes(), &list) != nil { // the text was read strictly before
		return nil
	}
	var all []Installed
	for i, record := range list.Data {
		if len(record.Payload) == 0 {
			continue
		}
		in := Installed{Name: record.ID, Data: []byte(record.Payload)}
		if in.Name == "" {
			in.Name = fmt.Sprintf("number %d", i+1)
		}
		var payload string
		if json.Unmarshal(record.Payload, &payload) == nil {
			in.Data = []byte(payload)
		}
		if record.UpdatedAt > 0 {
			in.Updated = time.Unix(int64(record.UpdatedAt), 0).UTC()
		}
		all = append(all, in)
	}
	return all
}

// newest returns the index of the licence that was changed last, or -1 where
// that is not clear, of those that are enabled and compete.
func newest(all []Installed) int {
	best, tie := -1, false
	for i, in := range all {
		switch {
		case in.Alone || in.Disabled:
		case best < 0 || in.Updated.After(all[best].Updated):
			best, tie = i, false
		case in.Updated.Equal(all[best].Updated):
			tie = true
		}
	}
	if tie {
		return -1
	}
	return best
}

// HoldsLicence reports whether what should be the name of a file seems to be the
// text of a licence, whose secrets no message may repeat.
func HoldsLicence(name string) bool {
	return strings.HasPrefix(strings.TrimSpace(name), "{") || mentionsLicence(name)
}

// looksSigned reports whether a text seems to be a licence, and not only to speak of one.
func looksSigned(text string) bool {
	return mentionsLicence(text) && (longHex().MatchString(text) || !strings.Contains(text, "signature"))
}

// mentionsLicence reports whether a text seems to have a licence in it: plainly, or
// in base64. Tokens of other kinds are base64 of JSON too.
func mentionsLicence(text string) bool {
	if strings.Contains(text, "license") && strings.Contains(text, "signature") {
		return true
	}
	start := strings.TrimSpace(text)
	if !strings.HasPrefix(start, "ey") {
		return false
	}
	start = strings.NewReplacer("-", "+", "_", "/").Replace(start[:min(len(start), 64)/4*4])
	decoded, _ := base64.StdEncoding.DecodeString(start)
	return strings.Contains(string(decoded), `"license"`)
}
