package armor_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime/quotedprintable"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/armor"
)

// licences are texts of every length that base64 ends differently for, one of them with
// characters that are not ASCII.
func licences() []string {
	all := []string{"", "{}", `{"a":"Müller – “Söhne” > |="}`}
	for n := range 120 {
		all = append(all, `{"license":"`+strings.Repeat("x", n)+`"}`)
	}
	return append(all, strings.Repeat(`{"long":"ü"}`, 4000))
}

// ways are what happens to a text in the mail, up to what the reader saves.
var ways = map[string]func(t *testing.T, text string) string{
	"as it is": func(_ *testing.T, text string) string { return text },
	"CRLF":     func(_ *testing.T, text string) string { return strings.ReplaceAll(text, "\n", "\r\n") },
	"CR":       func(_ *testing.T, text string) string { return strings.ReplaceAll(text, "\n", "\r") },
	"quoted-printable": func(t *testing.T, text string) string {
		decoded, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(quotedPrintable(t, text))))
		if err != nil {
			t.Fatal(err)
		}
		return string(decoded)
	},
	"quoted-printable, not decoded": quotedPrintable,
	"quoted-printable of long lines, not decoded": func(t *testing.T, text string) string {
		return quotedPrintable(t, "> > "+strings.ReplaceAll(text, "\n", "\n> > "))
	},
	"base64": func(t *testing.T, text string) string {
		var b strings.Builder
		encoded := base64.StdEncoding.EncodeToString([]byte(text))
		for len(encoded) > 0 {
			n := min(76, len(encoded))
			b.WriteString(encoded[:n] + "\r\n")
			encoded = encoded[n:]
		}
		decoded, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, strings.NewReader(b.String())))
		if err != nil {
			t.Fatal(err)
		}
		return string(decoded)
	},
	"quoted":              func(_ *testing.T, text string) string { return "> " + strings.ReplaceAll(text, "\n", "\n> ") },
	"quoted twice":        func(_ *testing.T, text string) string { return ">> " + strings.ReplaceAll(text, "\n", "\n>> ") },
	"flowed":              func(_ *testing.T, text string) string { return flowed(text, "", 66) },
	"flowed and quoted":   func(_ *testing.T, text string) string { return flowed(text, "> ", 60) },
	"indented":            func(_ *testing.T, text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") },
	"blanks at the end":   func(_ *testing.T, text string) string { return strings.ReplaceAll(text, "\n", " \t\n") },
	"no-break spaces":     func(_ *testing.T, text string) string { return strings.ReplaceAll(text, "\n", "\u00a0\n") },
	"blank lines between": func(_ *testing.T, text string) string { return strings.ReplaceAll(text, "\n", "\n\n") },
	"a mark and a mail":   func(_ *testing.T, text string) string { return "\ufeffHello,\n\n" + text + "-- \nYours\n" },
	"no last line end":    func(_ *testing.T, text string) string { return strings.TrimSuffix(text, "\n") },
	"a quote with headers": func(_ *testing.T, text string) string {
		return "On Monday, x wrote:\n> " + strings.ReplaceAll(text, "\n", "\n> ")
	},
}

func quotedPrintable(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// flowed returns a text as a program that wraps lines at a width sends it: format=flowed
// (RFC 3676), whose soft line ends follow a blank. The lines of the block have no blanks,
// but some programs cut them all the same.
func flowed(text, prefix string, width int) string {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		for !strings.HasPrefix(line, "-----") && len(line) > width {
			b.WriteString(prefix + line[:width] + " \n")
			line = line[width:]
		}
		b.WriteString(prefix + line + "\n")
	}
	return b.String()
}

// Each licence comes back byte for byte, whatever the mail does to the block.
func TestRoundTrip(t *testing.T) {
	for name, way := range ways {
		for _, licence := range licences() {
			got, ok, err := armor.Decode([]byte(way(t, armor.Encode(licence))))
			if err != nil || !ok || string(got) != licence {
				t.Errorf("%s: %.80s: %.80s %v %v", name, licence, got, ok, err)
			}
		}
	}
}

// The block has nothing that a mail program changes.
func TestEncode(t *testing.T) {
	for _, licence := range licences() {
		for line := range strings.Lines(armor.Encode(licence)) {
			line = strings.TrimSuffix(line, "\n")
			if len(line) > 76 || line == "" || strings.Trim(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") != "" && !strings.HasPrefix(line, "-----") {
				t.Errorf("%q", line)
			}
		}
	}
}

// Every byte that is changed, left out or swapped is found.
func TestDamaged(t *testing.T) {
	block := armor.Encode(`{"license":{"payload":{"customer":"Example Company, Inc"}}}`)
	start, stop := strings.Index(block, "\n")+1, strings.Index(block, "\n-----END")
	for i := start; i < stop; i++ {
		if block[i] == '\n' {
			continue
		}
		for what, text := range map[string]string{
			"changed": block[:i] + string(rune('A'+(block[i]+1)%26)) + block[i+1:],
			"dropped": block[:i] + block[i+1:],
			"twice":   block[:i] + block[i:i+1] + block[i:],
			"odd":     block[:i] + "–" + block[i:],
		} {
			if got, ok, err := armor.Decode([]byte(text)); !ok || !errors.Is(err, armor.ErrDamaged) {
				t.Errorf("byte %d %s: %s %v %v", i, what, got, ok, err)
			}
		}
	}
	for name, test := range map[string]struct {
		text string
		ok   bool
		want error
	}{
		"nothing":      {"", false, nil},
		"JSON":         {`{"a":1}`, false, nil},
		"JSON with it": {"{\"a\":\n" + block + "}", false, nil},
		"in a line":    {"see " + block, false, nil},
		"cut off":      {block[:stop], true, armor.ErrCut},
		"two":          {block + block, true, armor.ErrTwo},
		"one in one":   {block[:stop] + "\n" + block, true, armor.ErrTwo},
		"empty":        {block[:start] + block[stop+1:], true, armor.ErrDamaged},
	} {
		if got, ok, err := armor.Decode([]byte(test.text)); ok != test.ok || !errors.Is(err, test.want) {
			t.Errorf("%s: %s %v %v", name, got, ok, err)
		}
	}
}

// Nothing that Decode accepts is another text than the one that was encoded.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(armor.Encode("{}")))
	f.Fuzz(func(t *testing.T, data []byte) {
		text, ok, err := armor.Decode(data)
		if !ok || err != nil {
			return
		}
		if again, _, err := armor.Decode([]byte(armor.Encode(string(text)))); err != nil || !bytes.Equal(again, text) {
			t.Errorf("%q: %q %v", text, again, err)
		}
	})
}
