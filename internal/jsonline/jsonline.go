// Package jsonline writes JSON without reflection, so that a program that only verifies
// stays small.
package jsonline

import (
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// Object is a JSON object in the making, on one line. The zero value is empty. Names are
// not checked for being there already.
type Object struct{ b []byte }

// Raw adds a member whose value is JSON already.
func (o *Object) Raw(name, value string) {
	separator := byte(',')
	if o.b == nil {
		separator = '{'
	}
	o.b = append(append(o.b, separator), Quoted(name)...)
	o.b = append(append(o.b, ':'), value...)
}

// Text adds a string.
func (o *Object) Text(name, value string) { o.Raw(name, Quoted(value)) }

// Number adds a number.
func (o *Object) Number(name string, n int) { o.Raw(name, strconv.Itoa(n)) }

// Bool adds true or false.
func (o *Object) Bool(name string, value bool) { o.Raw(name, strconv.FormatBool(value)) }

// List adds an array of n elements, which are JSON.
func (o *Object) List(name string, n int, element func(int) string) {
	array := "["
	for i := range n {
		if i > 0 {
			array += ","
		}
		array += element(i)
	}
	o.Raw(name, array+"]")
}

// String returns the object.
func (o *Object) String() string {
	if o.b == nil {
		return "{}"
	}
	return string(o.b) + "}"
}

// Quoted returns a text as a JSON string. What is not UTF-8 becomes U+FFFD.
func Quoted(s string) string {
	b, _ := jsontext.AppendQuote(nil, s)
	return string(b)
}
