// Package decode reads a payload into a Go value of a product's own.
//
// It is a package of its own because reading into any type needs reflection. What judges
// licences does without, and so do programs that do nothing else.
package decode

import (
	"github.com/go-json-experiment/json"
	"github.com/licseal/licseal"
)

// Payload decodes p into v as encoding/json would, but strictly: names are
// case-sensitive, and a member without a field in v is an error.
//
// It does not check signatures: use it on payloads from package verify.
func Payload(p licseal.Payload, v any) error {
	return json.Unmarshal(p.Bytes(), v, json.RejectUnknownMembers(true))
}
