package rows

import "testing"

// The last character of a long line without an end counts, too.
func TestEncodingOfLastCharacter(t *testing.T) {
	for text, isUTF8 := range map[string]bool{"": true, "x": true, "ü": true, "\xfc": false} {
		w := new(words)
		w.line([]byte(text), true)
		if got, _ := w.encoding(); (got == utf8Encoding) != isUTF8 {
			t.Errorf("%q: the encoding is %q", text, got)
		}
	}
}
