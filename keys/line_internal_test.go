package keys

import (
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/pubkey"
)

// Which lines begin with a key, and which have principals before it.
func TestLineStarts(t *testing.T) {
	const own, blob = pubkey.TypeEd25519, "AAAAC3"
	for line, want := range map[string][2]bool{ // it starts with a key, it has principals
		"":                                {false, false},
		own:                               {true, false},
		own + " " + blob:                  {true, false},
		own + " " + blob + " me":          {true, false},
		own + " x":                        {true, false},
		own + " x " + blob:                {true, false},
		own + " " + own + " " + blob:      {true, true}, // a principal called as a type
		own + " " + own:                   {true, true},
		"me " + own + " " + blob:          {false, true},
		"me " + own:                       {false, true},
		"me " + blob:                      {false, false},
		"me x=y " + own + " " + blob:      {false, true},
		"ssh-rsa " + blob:                 {true, false},
		"ssh-rsa":                         {true, false},
		"ssh-rsa x":                       {true, false},
		"me ssh-rsa " + blob:              {false, true},
		"me ssh-rsa x":                    {false, true},
		"ssh-new " + blob:                 {true, false}, // no type that is known
		"ssh-new":                         {false, false},
		"ssh-new x":                       {false, false},
		"me ssh-new " + blob:              {false, true},
		"me ssh-new x":                    {false, false},
		"ssh-new " + own + " " + blob:     {false, true},
		"me x ssh-rsa " + blob:            {false, true},
		"sk-ssh-ed25519@openssh.com AAAA": {true, false},
		"rsa-sha2-512 AAAA":               {true, false},
		blob:                              {false, false},
	} {
		fields := strings.Fields(line)
		if got := [2]bool{startsKey(fields), isSigner(fields)}; got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}

// Principals are in quotes where they would be read as something else.
func TestQuotePrincipals(t *testing.T) {
	for list, want := range map[string]string{
		"a": "a", "a b": `"a b"`, "#a": `"#a"`, "a#": "a#", pubkey.TypeEd25519: `"` + pubkey.TypeEd25519 + `"`, pubkey.TypeP256: `"` + pubkey.TypeP256 + `"`,
		"ssh-rsa": `"ssh-rsa"`, "a@b,*@c": "a@b,*@c",
	} {
		if got, err := quotePrincipals(strings.Split(list, ",")); got != want || err != nil {
			t.Errorf("%s: %s, %v", list, got, err)
		}
	}
	for _, list := range []string{`a"b`, "a\nb", "a\x1bb", ""} {
		if got, err := quotePrincipals([]string{list}); err == nil {
			t.Errorf("%q: %s", list, got)
		}
	}
}
