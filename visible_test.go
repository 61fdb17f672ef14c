package licseal_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

// Errors of this package let the same characters through as the commands do, whose
// package text it does not import.
func TestErrorsShowWhatIsVisible(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		unassigned := 0x32000 <= r && r < 0xe0000 || r >= 0xe1000
		if unassigned || 0xd800 <= r && r <= 0xdfff || r == unicode.ReplacementChar {
			continue
		}
		if shown := (licseal.Position{Pointer: "/" + string(r)}).String(); strings.ContainsRune(shown, r) != text.Visible(r) {
			t.Errorf("%U in a pointer is shown as %s", r, shown)
		}
		if text.Visible(r) == unicode.IsPrint(r) && r > unicode.MaxLatin1 {
			continue // strconv.Quote does that
		}
		_, err := licseal.ParseUnverified([]byte(`{"license":{"payload":{},"signature":"` + strings.Repeat("0", 128) + `","version":"` + string(r) + `"}}`))
		if err == nil {
			continue // the version 1
		}
		if shown := err.Error(); !text.Visible(r) && strings.ContainsRune(shown, r) {
			t.Errorf("%U in a text is shown as %s", r, shown)
		}
	}
}

// A pointer is quoted wherever in it the character is.
func TestPointerOfHostileText(t *testing.T) {
	for pointer, want := range map[string]string{"\x1b": `"\x1b"`, "/\x1b": `"/\x1b"`, "/a": "/a"} {
		if got := (licseal.Position{Pointer: pointer}).String(); got != want {
			t.Errorf("%q is shown as %s, want %s", pointer, got, want)
		}
	}
}
