package entitle_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/licseal/licseal/entitle"
)

const alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// Each single wrong symbol, and each two that have changed places, are found.
func TestCheckKey(t *testing.T) {
	for range 5 {
		key := entitle.NewKey()
		if err := entitle.CheckKey(key); err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		if err := entitle.CheckKey(strings.ToLower(key)); err != nil {
			t.Errorf("%s in lower case: %v", key, err)
		}
		for i := range key {
			if key[i] == '-' {
				continue
			}
			for _, c := range alphabet {
				wrong := key[:i] + string(c) + key[i+1:]
				if wrong != key && entitle.CheckKey(wrong) == nil {
					t.Errorf("%s was taken for %s", wrong, key)
				}
			}
			for j := range i {
				if key[j] == '-' || key[i] == key[j] {
					continue
				}
				wrong := []byte(key)
				wrong[i], wrong[j] = key[j], key[i]
				if entitle.CheckKey(string(wrong)) == nil {
					t.Errorf("%s was taken for %s", wrong, key)
				}
			}
		}
	}
}

func TestCheckKeyRefuses(t *testing.T) {
	tests := map[string]string{
		"":                                    "has 1 groups",
		"7xxC94-xxxxx-27xxxB-xxxxx-6535D8-X3": "has 6 groups",
		"AAAAAA-AAAAA-AAAAAA-AAAAAA-AAAAAA":   "group 2 of the key has 5 symbols",
		"AAAAAA-AAAAAO-AAAAAA-AAAAAA-AAAAAA":  `group 2 of the key has 'O'`,
		"AAAAAA-AAAAÄ-AAAAAA-AAAAAA-AAAAAA":   `group 2 of the key has 'Ä'`,
		"AAAAAA-AAAAAA-AAAAAA-AAAAAA-AAAAAB":  "mistyped",
	}
	for key, want := range tests {
		if err := entitle.CheckKey(key); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; %q is expected", key, err, want)
		}
	}
}

func TestNewKeyIsRandom(t *testing.T) {
	seen, symbols := make(map[string]bool), make(map[rune]bool)
	for range 500 {
		key := entitle.NewKey()
		if seen[key] {
			t.Fatalf("%s came twice", key)
		}
		seen[key] = true
		for _, c := range key {
			symbols[c] = true
		}
	}
	if len(symbols) != len(alphabet)+1 {
		t.Errorf("%d of the %d symbols came", len(symbols)-1, len(alphabet))
	}
}

func TestNewID(t *testing.T) {
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	if a, b := entitle.NewID(), entitle.NewID(); !uuid.MatchString(a) || a == b {
		t.Errorf("%s, %s", a, b)
	}
}
