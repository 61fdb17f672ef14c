package keys_test

import (
	"cmp"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/keys/internal/keytest"
)

// What is trusted at the very limits of a line, and what one step further is refused.
func TestSignerLimits(t *testing.T) {
	key := strings.TrimSpace(keytest.PublicLine(t, keytest.EdKey(1).Public(), ""))
	const empty = "t:1: a principal is empty or has blanks around it: expected a list such as licences@vendor.example,*@vendor.example"
	const noKey = "t:1: no key after the principals and options: expected PRINCIPALS [OPTIONS] TYPE KEY"
	for line, want := range map[string]string{
		strings.Repeat("a", 1022) + " " + key:                             "",
		"b,!" + strings.Repeat("a", 1022) + " " + key:                     "",
		"b,!" + strings.Repeat("a", 1023) + " " + key:                     "t:1: a pattern has more than 1022 bytes",
		`a namespaces="` + strings.Repeat("?", 1022) + `,licseal" ` + key: "",
		"! " + key:                               empty,
		"a,! " + key:                             empty,
		"!a " + key:                              "",
		`"a, b" ` + key:                          empty,
		`"a ,b" ` + key:                          empty,
		"\"a\"\t" + key:                          "",
		"a\t" + key:                              "",
		"a namespaces=\"licseal\" \t " + key:     "",
		`a x=" ssh-ed25519 y"`:                   noKey,
		`a x=" ssh-ed25519 ",foo`:                noKey,
		`a x=" ssh-ed25519 " foo`:                noKey,
		`a valid-after="19700101000001Z" ` + key: "",
		`a valid-after="19700101000000Z" ` + key: "t:1: option valid-after: not a time: expected YYYYMMDDZ, YYYYMMDDHHMMZ or YYYYMMDDHHMMSSZ",
		`a valid-after="2026010100Z" ` + key:     "t:1: option valid-after: not a time: expected YYYYMMDDZ, YYYYMMDDHHMMZ or YYYYMMDDHHMMSSZ",
		`a valid-before="20260101000001Z",valid-after="20260101Z" ` + key: "",
		`a valid-before="20260101Z",valid-after="20260101000001Z" ` + key: "t:1: valid-before is not after valid-after: the key would never be trusted",
		`a valid-before="20260101Z",Valid-Before="20270101Z" ` + key:      "t:1: option valid-before is given twice",
		`a valid-before ` + key:                 `t:1: option valid-before needs a value in double quotes: valid-before="…"`,
		`a namespaces="licseal",unheard ` + key: "t:1: unknown option: expected namespaces, valid-after or valid-before",
		`a namespaces="x\y,licseal" ` + key:     "",
		"No-PTY " + key:                         "t:1: No-PTY is an option of authorized_keys, not of allowed_signers: a line is TYPE KEY [COMMENT], or PRINCIPALS [OPTIONS] TYPE KEY",
		"v,cert-authority " + key:               "t:1: cert-authority is an option of authorized_keys, not of allowed_signers: a line is TYPE KEY [COMMENT], or PRINCIPALS [OPTIONS] TYPE KEY",
		"no-one " + key:                         "",
		key + " " + key:                         "t:1: two keys on this line: put each on a line of its own",
		key + " x " + key:                       "t:1: two keys on this line: put each on a line of its own",
		key + " ssh-rsa x":                      "",
		key + " AAAA AAAA":                      "",
		key + " ssh-rsa":                        "",
		key[:11] + " " + key[:11]:               "t:1: no key after ssh-ed25519",
		"---- BEGIN SSH2 PUBLIC KEY ----":       "t:1: SSH2 public key, not an OpenSSH one: ssh-keygen -i -f FILE converts it",
		"-----BEGIN PUBLIC KEYS-----\nAAAA\n-----END PUBLIC KEYS-----": "t:1: PEM block of another type: expected PUBLIC KEY",
	} {
		_, err := keys.ParseTrusted("t", []byte(line))
		keytest.CheckSame(t, cmp.Or(want, "accepted"), keytest.Message(err))
	}
}

// A line is for other uses only if its namespaces say so plainly.
func TestForeignOrWrong(t *testing.T) {
	key := keytest.PublicLine(t, keytest.EdKey(1).Public(), "")
	for option, foreign := range map[string]bool{
		`namespaces="git"`: true, `namespaces=""`: true, `Namespaces="git"`: true, `namespaces="` + strings.Repeat("g", 1022) + `"`: true,
		`cert-authority,namespaces="git"`: true, `namespaces="git",cert-authority`: true, `namespaces="*,!licseal"`: true,
		"namespaces": false, `namespaces="git",namespaces`: false, `namespaces,namespaces="git"`: false, `namespaces="git",namespaces="git"`: false,
		`namespaces="` + strings.Repeat("g", 1023) + `"`: false, `namespaces="git,lic*"`: false, "cert-authority": false,
	} {
		file, err := keys.ParseTrustedFile("t", []byte(key+"a "+option+" ssh-rsa AAAA\n"))
		if (err == nil) != foreign {
			t.Errorf("%s: %v", option, err)
		}
		if err == nil && file.Entries()[1].ForLicenses {
			t.Errorf("%s: a key of another kind is for licences", option)
		}
	}
}

// Windows of one key may touch in any order of the lines, and not overlap.
func TestWindowsInAnyOrder(t *testing.T) {
	key := keytest.PublicLine(t, keytest.EdKey(1).Public(), "")
	lines := func(windows ...string) string {
		var b strings.Builder
		for _, w := range windows {
			after, before, _ := strings.Cut(w, "-")
			var options []string
			if after != "" {
				options = append(options, `valid-after="`+after+`0101Z"`)
			}
			if before != "" {
				options = append(options, `valid-before="`+before+`0101Z"`)
			}
			b.WriteString("v " + strings.Join(options, ",") + " " + key)
		}
		return b.String()
	}
	for _, test := range []struct {
		windows []string
		line    int // that is named, or 0; the error is always about the last line
	}{
		{[]string{"2027-", "-2027"}, 0},
		{[]string{"-2026", "2028-", "2026-2028"}, 0},
		{[]string{"2028-", "2026-2028", "-2026"}, 0},
		{[]string{"2028-2029", "2024-2025", "2026-2027"}, 0},
		{[]string{"2028-2029", "2024-2025", "2026-2027", "2025-2026", "2027-2028", "2029-", "-2024"}, 0},
		{[]string{"2028-2029", "2024-2026", "2025-2027"}, 2},
		{[]string{"2028-2030", "2024-2026", "2026-2029"}, 1},
		{[]string{"2028-2030", "2024-2026", "2024-2025"}, 2},
		{[]string{"2028-2030", "2024-2026", "2029-"}, 1},
		{[]string{"2028-2030", "2024-2026", "-2025"}, 2},
		{[]string{"2028-", "2024-2026", "2030-2031"}, 1},
		{[]string{"-2026", "2028-2029", "2020-2021"}, 1},
	} {
		text := lines(test.windows...)
		_, err := keys.ParseTrusted("", []byte(text))
		want := ""
		if test.line > 0 {
			last := string(rune('0' + len(test.windows)))
			want = "line " + last + ": key " + licseal.KeyID(keytest.EdKey(1).Public()) + " is on line " + string(rune('0'+test.line)) + " already: remove one of the two"
		}
		keytest.CheckSame(t, cmp.Or(want, "accepted"), keytest.Message(err))
	}
}

// How far a key is trusted, at each end of its window and a moment before.
func TestState(t *testing.T) {
	after, before := utc(2026, 1, 1, 0, 0, 0), utc(2027, 1, 1, 0, 0, 0)
	var never time.Time
	for _, test := range []struct {
		after, before, at time.Time
		want              keys.TrustState
	}{
		{after, before, after.Add(-1), keys.StateNotYet},
		{after, before, after, keys.StateTrusted},
		{after, before, before.Add(-1), keys.StateTrusted},
		{after, before, before, keys.StateRetired},
		{after, never, after.Add(-1), keys.StateNotYet},
		{after, never, utc(9999, 1, 1, 0, 0, 0), keys.StateTrusted},
		{never, before, utc(1, 1, 1, 0, 0, 0), keys.StateTrusted},
		{never, before, before, keys.StateRetired},
		{never, never, after, keys.StateTrusted},
	} {
		e := keys.TrustedEntry{Key: licseal.TrustedKey{ValidAfter: test.after, ValidBefore: test.before}, ForLicenses: true}
		if got := e.State(test.at); got != test.want {
			t.Errorf("%v to %v, at %v: %s, want %s", test.after, test.before, test.at, got, test.want)
		}
		e.ForLicenses = false
		if got := e.State(test.at); got != keys.StateOtherUse {
			t.Errorf("for another use: %s", got)
		}
	}
}

// Edits at the ends of windows and of files, with every choice of issuer.
func TestEditLimits(t *testing.T) {
	pub := keytest.EdKey(1).Public()
	id := licseal.KeyID(pub)
	key := keytest.PublicLine(t, pub, "")
	at := utc(2027, 1, 1, 0, 0, 0)
	retire := func(principals ...string) func(*keys.TrustedFile) error {
		return func(f *keys.TrustedFile) error { return f.Retire(at, principals, id) }
	}
	add := func(k licseal.TrustedKey) func(*keys.TrustedFile) error {
		return func(f *keys.TrustedFile) error { k.Key = pub; return f.Add(k) }
	}
	for _, test := range []struct {
		name, text string
		edit       func(*keys.TrustedFile) error
		want       string // the text, or the error
	}{
		{"retired at that instant", `v valid-before="20270101Z" ` + key, retire(), "t:1: the key is retired already, from 2027-01-01T00:00:00Z on"},
		{"retired a second later", `v valid-before="20270101000001Z" ` + key, retire(), `v valid-before="20270101Z" ` + key},
		{"begins a second before", `v valid-after="20261231235959Z" ` + key, retire(), `v valid-after="20261231235959Z",valid-before="20270101Z" ` + key},
		{"a later window first", `v valid-after="20280101Z" ` + key + `v valid-before="20270601Z" ` + key, retire(), `v valid-before="20270101Z" ` + key},
		{"a window that begins then", `v valid-before="20270101Z" ` + key + `v valid-after="20270101Z" ` + key, retire(), `v valid-before="20270101Z" ` + key},
		{"for another use only", "# a\n" + `g namespaces="git" ` + key, retire(), `t:2: the key is not for licences, but for the namespaces "git"`},
		{"with principals that are not needed", "v " + key, retire("w"), `v valid-before="20270101Z" ` + key},
		{"with principals instead of a comment", strings.TrimSpace(key) + " me\n", retire("w"), `w namespaces="licseal",valid-before="20270101Z" ` + strings.TrimSpace(key) + " me\n"},
		{"with two principals", key, retire("w", "x"), `w,x namespaces="licseal",valid-before="20270101Z" ` + key},
		{"with principals that cannot be", "#\n" + key, retire(`a"`), `t:2: "a\"" cannot be the name of an issuer`},
		{"a comment with a comma", strings.TrimSpace(key) + " a,b\n", retire(), "t:1: the key " + id + ` has no issuer, and its comment "a,b" cannot be one`},
		{"no comment", key, retire(), "t:1: the key " + id + " has no issuer, and no comment that could be one"},
		{"add to one byte", "#", add(licseal.TrustedKey{Name: "v"}), "#\nv namespaces=\"licseal\" " + strings.TrimSpace(key) + " v\n"},
		{"add after an empty line", "\n", add(licseal.TrustedKey{Name: "v"}), "\nv namespaces=\"licseal\" " + strings.TrimSpace(key) + " v\n"},
		{"add with a principal and a comment", "", add(licseal.TrustedKey{Name: "a, b", Principals: []string{"v"}}), `v namespaces="licseal" ` + strings.TrimSpace(key) + " a, b\n"},
		{"add with a start alone", "", add(licseal.TrustedKey{Name: "v", ValidAfter: at.Add(time.Minute)}), `v namespaces="licseal",valid-after="20270101000100Z" ` + strings.TrimSpace(key) + " v\n"},
		{"add with an end alone", "", add(licseal.TrustedKey{Name: "v", ValidBefore: at}), `v namespaces="licseal",valid-before="20270101Z" ` + strings.TrimSpace(key) + " v\n"},
		{"add with a comment that does not print", "", add(licseal.TrustedKey{Name: "a\x1b", Principals: []string{"v"}}), "comment: text has the character U+001B, which does not print: remove it"},
		{"add with an option as issuer", "", add(licseal.TrustedKey{Name: "pty"}), "pty is an option of authorized_keys, not of allowed_signers: a line is TYPE KEY [COMMENT], or PRINCIPALS [OPTIONS] TYPE KEY"},
		{"add with a window that is none", "", add(licseal.TrustedKey{Name: "v", ValidAfter: at, ValidBefore: at}), "t:1: valid-before is not after valid-after: the key would never be trusted"},
		{"remove all lines", "# a\nv valid-before=\"20270101Z\" " + key + `g namespaces="git" ` + key + "# b\n" + `v valid-after="20270101Z" ` + key + "# c", func(f *keys.TrustedFile) error { return f.Remove(id) }, "# a\n# b\n# c"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, err := keys.ParseTrustedFile("t", []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if err := test.edit(f); err != nil {
				got = err.Error()
				if diff := gocmp.Diff(test.text, string(f.Bytes())); diff != "" {
					t.Errorf("changed in spite of an error (-want +got)\n%s", diff)
				}
			} else {
				got = string(f.Bytes())
			}
			if diff := gocmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
