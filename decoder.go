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

// decoders keeps tokenizers for reuse: their name tables cost more than the
// parsing of a whole licence.
var decoders = sync.Pool{New: func() any { return new(decoder) }}

func getDecoder(data []byte) *decoder {
	d := decoders.Get().(*decoder)
	d.buf = *bytes.NewBuffer(data)
	d.Reset(&d.buf)
	return d
}

// putDecoder gives d back, without the text it has read.
func putDecoder(d *decoder) {
	d.buf = bytes.Buffer{}
	d.Reset(&d.buf)
	decoders.Put(d)
}
