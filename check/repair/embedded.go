package repair

import (
	"encoding/json"
	"fmt"
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

// Records returns the records of a list that an Admin API, or a cloud control plane,
// answers with. It returns nil if text is not such a list.
func Records(text []byte) []Embedded {
	object, err := licseal.Parser{MaxBytes: 2 * MaxBytes}.ParsePayload(text)
	if err != nil {
		return nil
	}
	return records(object)
}

// listNames are the members that hold the records of a list.
var listNames = []string{"data", "items"}

// records returns the entries of the array data, or items, that have a payload.
func records(object licseal.Payload) []Embedded {
	type record struct {
		ID        string          `json:"id"`
		Payload   json.RawMessage `json:"payload"`
		UpdatedAt json.RawMessage `json:"updated_at"`
	}
	var list struct {
		Data  []record `json:"data"`
		Items []record `json:"items"`
	}
	if json.Unmarshal(object.Bytes(), &list) != nil {
		return nil
	}
	var all []Embedded
	for i, record := range append(list.Data, list.Items...) {
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
		e.Updated = updatedAt(record.UpdatedAt)
		all = append(all, e)
	}
	return all
}

// updatedAt reads a time as Admin APIs write it: seconds since 1970, or a string.
func updatedAt(value json.RawMessage) time.Time {
	var seconds float64
	if json.Unmarshal(value, &seconds) == nil && seconds > 0 {
		return time.Unix(int64(seconds), 0).UTC()
	}
	var text string
	if json.Unmarshal(value, &text) != nil {
		return time.Time{}
	}
	t, err := licseal.ParseDate(text, nil)
	if err != nil {
		return time.Time{}
	}
	return t
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
