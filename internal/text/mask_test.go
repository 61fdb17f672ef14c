package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal/internal/text"
)

func TestMask(t *testing.T) {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	tests := map[string]string{
		"": "", "äöü": "äöü", letters[:3]: "abc", letters[:4]: "a…d", letters[:7]: "a…g", letters[:8]: "ab…gh", letters[:15]: "ab…no", letters[:16]: "abcd…mnop",
		letters: "abcd…wxyz", "äöüß": "ä…ß", "東京東京東京東京": "東京…東京",
	}
	for secret, want := range tests {
		if got := text.Mask(secret); got != want {
			t.Errorf("Mask(%q) = %q, want %q", secret, got, want)
		}
	}
}

func TestHide(t *testing.T) {
	const nine, ten = "SECRET-09", "SECRET-010"
	tests := []struct{ secret, text, want string }{
		// Three characters are no secret; four are, as a word.
		{"abc", "abc", "abc"},
		{"äöü", "äöü", "äöü"},
		{"a\nb", `a\nb`, `a\nb`},
		{"", "text", "text"},
		{"abcd", "abcd", "a…d"},
		{"äöüß", `"äöüß"`, `"ä…ß"`},
		{"abcd", "abcd, abcd; abcd", "a…d, a…d; a…d"},
		{"abcd", "", ""},
		{"abcd", "abc", "abc"},
		{"abcd", "abcabcd", "abcabcd"},
		{nine, "of " + nine, "of SE…09"},
		{nine, nine + "x", nine + "x"},
		{nine, "x" + nine + ", " + nine, "x" + nine + ", SE…09"},
		// A longer one is masked wherever it is, and so is a part of nine bytes.
		{ten, "x" + ten + "x", "xSE…10x"},
		{ten, ten + ten, "SE…10SE…10"},
		{ten, "ECRET-010", "EC…10"},
		{ten, "xSECRET-01x", "xSE…01x"},
		{ten, "SECRET-0", "SECRET-0"},
		{ten, "CRET-010", "CRET-010"},
		{"abcdefghijklmnopqrst", "abcdefghijklmnopqrs", "abcd…pqrs"},
		{"abcdefghijklmnopqrst", "cut: bcdefghijkl… and cdefghijk", "cut: bc…kl… and cd…jk"},
		{"abcdefghijklmnopqrst", "abcdefgh abcdefgh", "abcdefgh abcdefgh"},
		// A date in it may be shown, and nothing that looks like one.
		{"acme/2027-12-31/acme", "until 2027-12-31, x", "until 2027-12-31, x"},
		{"acme/2027-13-31/acme", "until 2027-13-31, x", "until 20…31, x"},
		{"acme/2027-12-31/acme", "until 2027-12-31/, x", "until 20…1/, x"},
		// As it is written in quotes.
		{"tab\tquote\"", `"tab\tquote\""`, `"ta…e""`},
		{"tab\tquote\"", `tab	quote"`, `ta…e"`},
		{"\x00\x01abé", `\x00\x01abé`, "\x00…é"},
		{"Zoë Ünlü", `Zo\u00eb \u00dcnl\u00fc`, "Zo…lü"},
		{"wide\u3000blank", "wide\u3000blank", "wi…nk"},
		{"wide\u3000blank", `wide\u3000blank`, "wi…nk"},
		// Characters stay whole where a part of one is the same.
		{"abcdefghié", "abcdefghiè", "ab…hiè"},
		{"ãbcdefghijk", "ģbcdefghijk", "ģbc…jk"},
		{"abcdefghij", "\xffabcdefghi\xff", "\xffab…hi\xff"},
	}
	for _, test := range tests {
		if got := (text.Masker(nil)).With(test.secret).Hide(test.text); got != test.want {
			t.Errorf("%q in %q:\ngot  %q\nwant %q", test.secret, test.text, got, test.want)
		}
	}
}

// A short secret is not looked for in words: in each byte next to it that makes one.
func TestHideWords(t *testing.T) {
	m := text.Masker(nil).With("abcd")
	const word = "-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for c := range utf8.RuneSelf {
		s, isWord := string(rune(c)), strings.ContainsRune(word, rune(c))
		for text, masked := range map[string]string{s + "abcd": s + "a…d", "abcd" + s: "a…d" + s, " abcd" + s: " a…d" + s} {
			if isWord {
				masked = text
			}
			if got := m.Hide(text); got != masked {
				t.Errorf("%q became %q", text, got)
			}
		}
	}
}

// All secrets are hidden, none is added twice, and text stays text.
func TestMasker(t *testing.T) {
	m := text.Masker(nil).With("first-secret").With("second").With("né")
	if diff := cmp.Diff("fi…et, s…d, né", m.Hide("first-secret, second, né")); diff != "" {
		t.Error(diff)
	}
	if again := m.With("first-secret").With("second"); len(again) != len(m) {
		t.Errorf("%d became %d", len(m), len(again))
	}
	if len(m) != 2 {
		t.Errorf("%d ways to write two secrets without odd characters", len(m))
	}
}
