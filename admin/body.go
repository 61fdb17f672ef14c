package admin

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/url"
	"strings"
)

// Form is a way to write the body of a request that stores a licence. The API
// takes all of them.
type Form string

// The forms of a body.
const (
	JSON       Form = "json"      // application/json
	URLEncoded Form = "form"      // application/x-www-form-urlencoded
	Multipart  Form = "multipart" // multipart/form-data
)

// Body returns the body of a POST, PUT or PATCH of /licenses that stores a
// licence document, and its Content-Type. An unknown form is JSON.
func Body(form Form, payload string) (contentType string, body []byte) {
	switch form {
	case URLEncoded:
		return "application/x-www-form-urlencoded", []byte(url.Values{"payload": {payload}}.Encode())
	case Multipart:
		return multipartBody(payload)
	}
	return "application/json", encodeJSON(map[string]string{"payload": payload})
}

func multipartBody(payload string) (string, []byte) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for strings.Contains(payload, w.Boundary()) { // never, in practice
		w = multipart.NewWriter(&b)
	}
	w.WriteField("payload", payload) // a bytes.Buffer takes everything
	w.Close()
	return w.FormDataContentType(), b.Bytes()
}

// encodeJSON returns the JSON of a value of this package, all of which encode.
// Licences have no business in HTML, so <, > and & stay as they are.
func encodeJSON(v any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
