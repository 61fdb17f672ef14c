package repair

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/licseal/licseal"
)

// Embedded is a text in a place that is meant for a licence: a record of an Admin
// API, a value of a Secret.
type Embedded struct {
	Name    string    // what identifies the place, such as the id of the record
	Text    []byte    // what should be a licence
	Updated time.Time // when it was last changed; zero if not known

	// Faults say what holds the text, and what is wrong with that.
	Faults []Fault

	// Alone means that no other licence takes its place, as with a Secret that is
	// mounted by its name. Disabled means that nothing uses it.
	Alone, Disabled bool
}

// Records returns the records of a list that an Admin API answers with, nil if text
// is not such a list.
func Records(text []byte) []Embedded {
	object, err := licseal.Parser{MaxBytes: 2 * MaxBytes}.ParsePayload(text)
	if err != nil {
		return nil
	}
	return records(object)
}

// records returns the entries of the array data that have a payload.
func records(object licseal.Payload) []Embedded {
	var list struct {
		Data []struct {
			ID        string          `json:"id"`
			Payload   json.RawMessage `json:"payload"`
			UpdatedAt float64         `json:"updated_at"`
		} `json:"data"`
	}
	if json.Unmarshal(object.Bytes(), &list) != nil { // the text was parsed strictly before
		return nil
	}
	var all []Embedded
	for i, record := range list.Data {
		if len(record.Payload) == 0 {
			continue
		}
		e := Embedded{Name: record.ID, Text: []byte(record.Payload)}
		if e.Name == "" {
			e.Name = fmt.Sprintf("number %d", i+1)
		}
		var payload string
		if json.Unmarshal(record.Payload, &payload) == nil {
			e.Text = []byte(payload)
		}
		if record.UpdatedAt > 0 {
			e.Updated = time.Unix(int64(record.UpdatedAt), 0).UTC()
		}
		all = append(all, e)
	}
	return all
}

// Newest returns the index of the text that was changed last, of those that are
// neither alone nor disabled. It returns -1 if there is none, or more than one.
func Newest(all []Embedded) int {
	best, tie := -1, false
	for i, e := range all {
		switch {
		case e.Alone || e.Disabled:
		case best < 0 || e.Updated.After(all[best].Updated):
			best, tie = i, false
		case e.Updated.Equal(all[best].Updated):
			tie = true
		}
	}
	if tie {
		return -1
	}
	return best
}

// looksSigned reports whether a text seems to be a licence, and not only to mention one.
func looksSigned(text string) bool {
	return MentionsLicense(text) && (longHex().MatchString(text) || !strings.Contains(text, "signature"))
}

var longHex = lazy(`[0-9A-Fa-f]{40,}`)

// MentionsLicense reports whether a text seems to have a licence in it, as plain text or
// in base64. Tokens of other kinds are base64 of JSON too.
func MentionsLicense(text string) bool {
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
