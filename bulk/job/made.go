package job

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/schema"
)

// A table may have no column for an id. The rows then get random ones, which depend on a
// random seed and the number of the row: a job that is resumed makes the same again. The
// seed is in FILE.run until the output is complete, and nowhere else: from it, the ids
// and keys of all rows follow.

// seedSize is the size of a seed in bytes.
const seedSize = sha256.Size

func newSeed() []byte {
	seed := make([]byte, seedSize)
	rand.Read(seed) // never fails, says crypto/rand
	return seed
}

// madeFrom returns the value of a field that is made for a row.
func madeFrom(seed []byte, row int, field schema.Generated) (string, error) {
	const enough = 256 // says schema.Generated
	random, err := hkdf.Expand(sha256.New, seed, fmt.Sprintf("licseal row %d field %s", row, field.Pointer), enough)
	if err != nil {
		return "", err
	}
	return field.From(bytes.NewReader(random))
}

// payload returns the payload of a row.
func (s *rowSource) payload(row int, text []byte) (licseal.Payload, error) {
	var failed error
	p, err := s.builder.PayloadWith(text, func(field schema.Generated) string {
		value, err := madeFrom(s.seed, row, field)
		if err != nil {
			failed = err
		}
		return value
	})
	if failed != nil {
		return p, failed
	}
	return p, err
}

// asWritten is called if the seed has gone. A value that an earlier row has is not taken:
// then the licence differs.
func (s *rowSource) asWritten(p *place, row bulk.Row, written licseal.Payload) bulk.Row {
	payload, err := s.builder.PayloadWith(p.text, func(field schema.Generated) string {
		value, _ := written.Text(field.Pointer)
		if s.written.Add([]byte(field.Pointer+" "+value), p.row) != p.row {
			return ""
		}
		return value
	})
	if err == nil {
		row.Payload = payload
	}
	return row
}
