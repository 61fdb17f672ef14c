package admin

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/url"
	"strings"
)

// Encoding is an encoding of the body of a request that stores a licence. The API
// accepts all of them.
type Encoding string

// The encodings of a body.
const (
	JSON       Encoding = "json"      // application/json
	URLEncoded Encoding = "form"      // application/x-www-form-urlencoded
	Multipart  Encoding = "multipart" // multipart/form-data
)

// Body returns the body of a POST, PUT or PATCH of /licenses that stores a
// licence document, and its Content-Type. An unknown encoding means JSON.
func Body(encoding Encoding, payload string) (contentType string, body []byte) {
	switch encoding {
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
	w.WriteField("payload", payload) // writing to a bytes.Buffer never fails
	w.Close()
	return w.FormDataContentType(), b.Bytes()
}

// encodeJSON returns the JSON of a value of this package; encoding them never fails.
// <, > and & are not escaped: the texts are not meant for HTML.
func encodeJSON(v any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
