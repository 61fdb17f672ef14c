package job

import (
	"bytes"
	"encoding/json"

	"github.com/licseal/licseal/verify"
)

// Settings are what a job must be resumed with, and what all parts of one batch must
// have in common, except for the number of the shard.
type Settings struct {
	Format   int    `json:"format"` // 1
	Kind     string `json:"kind"`   // sign, verify or merge
	Shard    int    `json:"shard"`
	Of       int    `json:"of"`
	Key      string `json:"key,omitempty"`   // the fingerprint of the key that signs
	Settings string `json:"settings"`        // the SHA-256 of the options that matter
	Today    string `json:"today,omitempty"` // the date that "today" means, if that matters
	ID       string `json:"id,omitempty"`    // the field that has the licence's id
	Made     string `json:"made,omitempty"`  // the fields that are made for each row, if there are any

	// Register is the name of the register that has the licences. Parts may have one each.
	Register string `json:"register,omitempty"`
}

// partLine is a line of a part that is not a licence or a verdict. A part begins
// with its settings and ends with its counts; between them, each line is what one
// row became.
type partLine struct {
	Part   *Settings `json:"licseal_part,omitempty"`
	Reject *Reject   `json:"licseal_reject,omitempty"`
	End    *partEnd  `json:"licseal_end,omitempty"`
}

// partEnd is the last line of a part. A part without it is incomplete.
type partEnd struct {
	Rows  int    `json:"rows"`  // of this part
	Input string `json:"input"` // the SHA-256 of the whole batch
	Lines string `json:"lines"` // the SHA-256 of all lines before this one

	// How many verdicts of each kind are in a part of verdicts.
	States  map[verify.State]int `json:"states,omitempty"`
	Refused map[int]int          `json:"refused,omitempty"` // by exit code
}

// maxPartLine bounds the lines of a part in bytes: a reject contains the escaped row
// and everything that is wrong with it.
const maxPartLine = 2 << 20

// partPrefix is what every partLine begins with, and no licence or verdict.
var partPrefix = []byte(`{"licseal_`)

func isPartLine(line []byte) bool { return bytes.HasPrefix(line, partPrefix) }

func parsePartLine(line []byte) (*partLine, error) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	p := new(partLine)
	return p, decoder.Decode(p)
}
