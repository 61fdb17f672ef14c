package entitlement_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal/internal/entitlement"
)

const symbols = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// repeated returns n times the same byte.
func repeated(n int, b byte) []byte { return bytes.Repeat([]byte{b}, n) }

// The same random bytes make the same key, one byte a symbol. Those that would make some
// symbols more probable than others are passed over.
func TestKeyFrom(t *testing.T) {
	counted := make([]byte, 29)
	for i := range counted {
		counted[i] = byte(i)
	}
	tests := map[string]struct {
		random []byte
		want   string // "" if they are too few
	}{
		"nothing":        {nil, ""},
		"one too few":    {repeated(28, 0), ""},
		"zeros":          {repeated(29, 0), "222222-222222-222222-222222-222222"},
		"ones":           {repeated(29, 1), "333333-333333-333333-333333-333333"},
		"counted":        {counted, "234567-89ABCD-EFGHJK-MNPQRS-TUVWXY"},
		"the largest":    {repeated(29, 30), "ZZZZZZ-ZZZZZZ-ZZZZZZ-ZZZZZZ-ZZZZZZ"},
		"one round more": {repeated(29, 31), "222222-222222-222222-222222-222222"},
		"the last used":  {repeated(29, 247), "ZZZZZZ-ZZZZZZ-ZZZZZZ-ZZZZZZ-ZZZZZZ"},
		"not used":       {append(repeated(1000, 248), repeated(28, 255)...), ""},
		"some not used":  {append([]byte{248, 255, 250}, counted...), "234567-89ABCD-EFGHJK-MNPQRS-TUVWXY"},
	}
	for name, test := range tests {
		got, err := entitlement.KeyFrom(bytes.NewReader(test.random))
		if got != test.want || (err != nil) != (test.want == "") {
			t.Errorf("%s: %q, %v; want %q", name, got, err, test.want)
		}
		if err == nil && entitlement.CheckKey(got) != nil {
			t.Errorf("%s: %v", name, entitlement.CheckKey(got))
		}
	}
}

// A key with one wrong symbol is refused, and one of which two were swapped.
func TestCheckDigit(t *testing.T) {
	for range 5 {
		key := entitlement.NewKey()
		for _, right := range []string{key, strings.ToLower(key)} {
			if err := entitlement.CheckKey(right); err != nil {
				t.Fatalf("%s: %v", right, err)
			}
		}
		if !entitlement.HasKeyShape(key) {
			t.Errorf("%s has another shape", key)
		}
		const want = "the check digit does not fit the key: it has been mistyped"
		for i := range key {
			if key[i] == '-' {
				continue
			}
			for _, c := range symbols {
				wrong := key[:i] + string(c) + key[i+1:]
				if err := entitlement.CheckKey(wrong); wrong != key && (err == nil || err.Error() != want) {
					t.Errorf("%s for %s: %v", wrong, key, err)
				}
			}
			for j := range i {
				swapped := []byte(key)
				swapped[i], swapped[j] = key[j], key[i]
				if key[j] != '-' && key[i] != key[j] && entitlement.CheckKey(string(swapped)) == nil {
					t.Errorf("%s for %s", swapped, key)
				}
			}
		}
	}
}

func TestCheckKeyRefuses(t *testing.T) {
	const good = "234567-89ABCD-EFGHJK-MNPQRS-TUVWXY"
	if err := entitlement.CheckKey(good); err != nil {
		t.Fatal(err)
	}
	const groups = " groups; a licence key has 5 groups of 6 symbols, separated by hyphens"
	const all = ", which no licence key contains; the symbols are " + symbols
	for key, want := range map[string]string{
		"":                          "the key has 1" + groups,
		good[:27]:                   "the key has 4" + groups,
		good + "-":                  "the key has 6" + groups,
		"-" + good[1:]:              "the key has 6" + groups,
		good + "3":                  "group 5 of the key has 7 symbols; each has 6",
		good[1:]:                    "group 1 of the key has 5 symbols; each has 6",
		"é" + good[2:]:              `group 1 of the key has 'É'` + all,
		"ééé" + good[6:]:            `group 1 of the key has 'É'` + all,
		"0" + good[1:]:              `group 1 of the key has '0'` + all,
		good[:33] + "O":             `group 5 of the key has 'O'` + all,
		good[:33] + "i":             `group 5 of the key has 'I'` + all,
		good[:13] + " l1   ":        "the key has 2" + groups,
		good[:14] + "1" + good[15:]: `group 3 of the key has '1'` + all,
	} {
		if err := entitlement.CheckKey(key); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", key, err, want)
		}
	}
}

func TestHasKeyShape(t *testing.T) {
	got := map[string]bool{}
	want := map[string]bool{
		"": false, "234567-89ABCD-EFGHJK-MNPQRS-TUVWXY": true, "234567-89ABCD-EFGHJK-MNPQRS-TUVWX": false, "234567-89ABCD-EFGHJK-MNPQRS-TUVWXY4": false,
		"234567 89ABCD-EFGHJK-MNPQRS-TUVWXY": false, "234567-89ABCD-EFGHJK-MNPQRS-TU-WX3": false, "lIlIlI-000000-      -zzzzzz-------": false, "lIlIlI-000000-      -zzzzzz-      ": true,
	}
	for key := range want {
		got[key] = entitlement.HasKeyShape(key)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
