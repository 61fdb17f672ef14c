package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"

	"github.com/licseal/licseal/verify"
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
	Rows  int    `json:"rows"`  // of this part
	Input string `json:"input"` // the SHA-256 of the whole batch
	Lines string `json:"lines"` // the SHA-256 of all lines before this one

	// Of a part of verdicts, how many there are.
	States  map[verify.State]int `json:"states,omitempty"`
	Refused map[int]int          `json:"refused,omitempty"` // by exit code
}

// lineSum is the SHA-256 of lines.
type lineSum struct{ hash.Hash }

func newLineSum() lineSum { return lineSum{sha256.New()} }

// add adds a line.
func (s lineSum) add(text string) {
	io.WriteString(s, text)
	io.WriteString(s, "\n")
}

// String returns the sum, as parts have it.
func (s lineSum) String() string { return "sha256:" + hex.EncodeToString(s.Sum(nil)) }

// partPrefix is what every partLine begins with, and no licence.
var partPrefix = []byte(`{"licseal_`)

func isPartLine(line []byte) bool { return bytes.HasPrefix(line, partPrefix) }

func parsePartLine(line []byte) (*partLine, error) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	p := new(partLine)
	return p, decoder.Decode(p)
}
