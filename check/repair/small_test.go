package repair

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
)

// What is neither printable ASCII nor white space of JSON is odd.
func TestHasOddBytes(t *testing.T) {
	for text, want := range map[string]bool{"": false, "a~ \t\r\n": false, "a\x01": true, "\x1f": true, "\x7f": true, "\x80": true, "é": true, "\v": true} {
		if got := hasOddBytes([]byte(text)); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

// The quotes of a string are part of it, and an escape is one character.
func TestOutsideStrings(t *testing.T) {
	var got []string
	outsideStrings([]byte(`{"a":"é\"x\é",1}`), func(offset int, c []byte, inString bool) {
		got = append(got, fmt.Sprintf("%d%s%t", offset, c, inString))
	})
	want := []string{"0{false", `1"true`, "2atrue", `3"true`, "4:false", `5"true`, "6étrue", `8\"true`, "10xtrue", `11\étrue`, `14"true`, "15,false", "161false", "17}false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// What base64 or a JSON object may end with, and what is next to it in ASCII.
func TestIsWordEnd(t *testing.T) {
	var got strings.Builder
	for c := range byte(0x80) {
		if isWordEnd(c) {
			got.WriteByte(c)
		}
	}
	if want := "+/0123456789=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz}"; got.String() != want {
		t.Errorf("got %s, want %s", got.String(), want)
	}
}

// An OpenPGP message has headers, a text and a signature.
func TestPGPSigned(t *testing.T) {
	const begin, end = "-----BEGIN PGP SIGNED MESSAGE-----\n", "\n-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n"
	for text, want := range map[string]string{
		begin + "Hash: SHA256\n\na\nb" + end:                            "a\nb",
		strings.ReplaceAll(begin+"Hash: SHA256\n\na"+end, "\n", "\r\n"): "a",
		begin + "Hash: SHA256\n\n- -a\n- b" + end:                       "-a\nb",
		begin + "Hash: SHA256\n\na\nb":                                  "no",
		begin + "Hash: SHA256\na\n-----BEGIN PGP SIGNATURE-----":        "no",
		"a": "no",
	} {
		body, ok := pgpSigned([]byte(text))
		if !ok {
			body = []byte("no")
		}
		if string(body) != want {
			t.Errorf("%q: %q, want %q", text, body, want)
		}
	}
}

// Every letter with an accent can be found in its two parts.
func TestDecomposed(t *testing.T) {
	all := map[string]string{}
	for _, s := range decomposed() {
		if len(s.originals) != 1 || all[s.char] != "" || len([]rune(s.char)) != 2 || len([]rune(s.originals[0])) != 1 {
			t.Fatalf("%q", s)
		}
		all[s.char] = s.originals[0]
	}
	for parts, want := range map[string]string{
		"A\u0300": "À", "u\u0300": "ù", "E\u0301": "É", "z\u0301": "ź", "u\u0302": "û", "n\u0303": "ñ", "o\u0303": "õ", "y\u0308": "ÿ", "a\u0308": "ä",
		"u\u030a": "ů", "s\u0327": "ş", "c\u030c": "č", "t\u030c": "ť", "e\u0328": "ę", "u\u030b": "ű", "z\u0307": "ż", "I\u0307": "İ",
	} {
		if all[parts] != want {
			t.Errorf("%q becomes %q, want %s", parts, all[parts], want)
		}
	}
	if len(all) != 92 {
		t.Errorf("%d letters", len(all))
	}
}

// All choices of so many places are tried, until there are enough.
func TestOfPlaces(t *testing.T) {
	s := &substitution{places: []occurrence{{substitute: substitute{originals: []string{"a"}}}, {substitute: substitute{originals: []string{"b", "c"}}}, {substitute: substitute{originals: []string{"d"}}}}}
	for count, want := range [][]string{
		{"[0 0 0]"},
		{"[1 0 0]", "[0 1 0]", "[0 2 0]", "[0 0 1]"},
		{"[1 1 0]", "[1 2 0]", "[1 0 1]", "[0 1 1]", "[0 2 1]"},
		{"[1 1 1]", "[1 2 1]"},
		nil,
	} {
		for most := 1; most <= len(want)+1; most++ {
			var got []string
			more := s.ofPlaces(make([]int, 3), 0, count, func(choice []int) bool {
				got = append(got, fmt.Sprint(choice))
				return len(got) < most
			})
			if !slices.Equal(got, want[:min(most, len(want))]) || more != (most > len(want)) {
				t.Errorf("%d places, at most %d: %q, %t", count, most, got, more)
			}
		}
	}
}

// Letters and digits are base64 from a length on at which words are rare.
func TestShortBase64(t *testing.T) {
	for n, want := range map[int]bool{15: false, 17: false, 18: true, 21: true} {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", n)))
		if got := detectBase64([]byte(strings.TrimRight(text, "=")), nil) != nil; got != want {
			t.Errorf("%d letters: %t", len(strings.TrimRight(text, "=")), got)
		}
	}
}

// What is found in a decoded text is where its encoded text begins.
func TestExtendMovesPlaces(t *testing.T) {
	here, there := licseal.Position{Line: 3, Column: 4}, licseal.Position{Line: 1, Column: 1}
	for kind, want := range map[Kind]licseal.Position{Base64: here, TrailingComma: there} {
		for _, path := range [][]Fault{{{Kind: kind, Position: here}}, {{Kind: kind, Position: here}, {Kind: Invisible, Position: there}}} {
			got := extend(path, Fault{Kind: TrailingComma, Position: there})
			if len(got) != len(path)+1 || got[len(path)].Position != want {
				t.Errorf("after %v: %v, want %v", kind, got[len(path)].Position, want)
			}
		}
	}
}
