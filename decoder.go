package licseal

import (
	"bytes"
	"strconv"
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

// find returns the span of the value at a JSON Pointer in the JSON value that
// data begins with. data is known to be well formed.
func find(data []byte, pointer string) (start, end int, ok bool) {
	d := getDecoder(data)
	defer putDecoder(d)
	for token := range jsontext.Pointer(pointer).Tokens() {
		if !d.descend(token) {
			return 0, 0, false
		}
	}
	value, err := d.ReadValue()
	if err != nil {
		return 0, 0, false
	}
	end = int(d.InputOffset())
	return end - len(value), end, true
}

// descend reads up to the member or the element of the next value that one
// reference token of a JSON Pointer names.
func (d *decoder) descend(token string) bool {
	switch d.PeekKind() {
	case '{':
		return d.descendObject(token)
	case '[':
		return d.descendArray(token)
	}
	return false
}

func (d *decoder) descendObject(token string) bool {
	if _, err := d.ReadToken(); err != nil {
		return false
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadValue()
		if err != nil {
			return false
		}
		if isString(name, token) {
			return true
		}
		if d.SkipValue() != nil {
			return false
		}
	}
	return false
}

func (d *decoder) descendArray(token string) bool {
	index, err := strconv.Atoi(token)
	if err != nil || strconv.Itoa(index) != token { // RFC 6901: no sign, no leading zero
		return false
	}
	if _, err := d.ReadToken(); err != nil {
		return false
	}
	for ; index > 0 && d.PeekKind() != ']'; index-- {
		if d.SkipValue() != nil {
			return false
		}
	}
	return index == 0 && d.PeekKind() != ']'
}

// isString reports whether a JSON string, quotes and escapes included, stands for s.
func isString(text jsontext.Value, s string) bool {
	if len(text) == len(s)+2 && string(text[1:len(text)-1]) == s {
		return bytes.IndexByte(text, '\\') < 0
	}
	if bytes.IndexByte(text, '\\') < 0 {
		return false
	}
	unquoted, err := jsontext.AppendUnquote(nil, text)
	return err == nil && string(unquoted) == s
}
