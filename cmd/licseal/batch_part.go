package main

import (
	"bytes"
	"encoding/json"
)

// A part is the result of one shard. Each of its lines is what became of one row,
// so that parts can be joined in order: a licence, or a partLine with its Reject.
// The first line of a part and the last are partLines too.
type partLine struct {
	Part   *runSettings `json:"licseal_part,omitempty"`
	Reject *reject      `json:"licseal_reject,omitempty"`
	End    *partEnd     `json:"licseal_end,omitempty"`
}

// partEnd is the last line of a part: without it, the part is not whole.
type partEnd struct {
	Rows  int    `json:"rows"`            // of this part
	Input string `json:"input,omitempty"` // the SHA-256 of the whole batch
}

// partPrefix is what every partLine begins with, and no licence.
var partPrefix = []byte(`{"licseal_`)

func isPartLine(line []byte) bool { return bytes.HasPrefix(line, partPrefix) }

func parsePartLine(line []byte) (*partLine, error) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	p := new(partLine)
	return p, decoder.Decode(p)
}
