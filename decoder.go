package licseal

import (
	"bytes"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// decoder is a tokenizer over a byte slice. The zero options of jsontext are
// the strict ones: no duplicate names, no invalid UTF-8.
type decoder struct {
	jsontext.Decoder
	buf bytes.Buffer
}

func (d *decoder) read(text []byte) {
	d.buf = *bytes.NewBuffer(text)
	d.Reset(&d.buf)
}

// scanners keeps scanners for reuse: the name tables of their tokenizers cost more
// than the parsing of a whole licence.
var scanners = sync.Pool{New: func() any { return new(scanner) }}

func getScanner(text []byte) *scanner {
	s := scanners.Get().(*scanner)
	s.text = text
	s.read(text)
	return s
}

// close returns s to the pool, after dropping its reference to the text.
func (s *scanner) close() {
	s.text = nil
	s.read(nil)
	scanners.Put(s)
}
