package adminview

import (
	"encoding/json"

	"github.com/licseal/licseal/edit"
)

// JSONChange is a field that differs between two licences.
type JSONChange struct {
	Pointer string          `json:"pointer"`
	A       json.RawMessage `json:"a,omitempty"`
	B       json.RawMessage `json:"b,omitempty"`
}

// JSONChanges returns differences for programs; never nil.
func JSONChanges(changes []edit.Difference) []JSONChange {
	list := []JSONChange{}
	for _, ch := range changes {
		list = append(list, JSONChange{ch.Pointer, json.RawMessage(ch.A), json.RawMessage(ch.B)})
	}
	return list
}
