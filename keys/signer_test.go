package keys_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/keys/internal/keytest"
)

func utc(year, month, day, hour, minute, second int) time.Time {
	return time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
}

func TestAllowedSigners(t *testing.T) {
	pub := keytest.EdKey(1).Public()
	key := strings.TrimSuffix(keytest.PublicLine(t, pub, ""), "\n")
	for _, test := range []struct {
		name, line string
		want       licseal.TrustedKey
	}{
		{"principal", "anna@vendor.example " + key, licseal.TrustedKey{Name: "anna@vendor.example", Principals: []string{"anna@vendor.example"}}},
		{"comment", "anna " + key + " issuing 2026", licseal.TrustedKey{Name: "issuing 2026", Principals: []string{"anna"}}},
		{"patterns", "a,*@vendor.example,!b@vendor.example " + key, licseal.TrustedKey{Name: "a,*@vendor.example,!b@vendor.example", Principals: []string{"a", "*@vendor.example", "!b@vendor.example"}}},
		{"quoted name", `"Vendor Licences" ` + key, licseal.TrustedKey{Name: "Vendor Licences", Principals: []string{"Vendor Licences"}}},
		{"principal that begins like a key type", "ssh-admin@vendor.example " + key, licseal.TrustedKey{Name: "ssh-admin@vendor.example", Principals: []string{"ssh-admin@vendor.example"}}},
		{"principal that is a key type", "ssh-rsa namespaces=\"licseal\" " + key, licseal.TrustedKey{Name: "ssh-rsa", Principals: []string{"ssh-rsa"}}},
		{"principal that is the type of the key", key[:11] + " " + key, licseal.TrustedKey{Name: "ssh-ed25519", Principals: []string{"ssh-ed25519"}}},
		{"quote inside a value", `a namespaces="x\"y,licseal" ` + key, licseal.TrustedKey{Name: "a", Principals: []string{"a"}}},
		{"all options", `a namespaces="file,lic*",valid-after="20260101Z",valid-before="202701011230Z" ` + key,
			licseal.TrustedKey{Name: "a", Principals: []string{"a"}, ValidAfter: utc(2026, 1, 1, 0, 0, 0), ValidBefore: utc(2027, 1, 1, 12, 30, 0)}},
		{"names of options in any case", `a Valid-After="20260101235959z" ` + key,
			licseal.TrustedKey{Name: "a", Principals: []string{"a"}, ValidAfter: utc(2026, 1, 1, 23, 59, 59)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := keys.ParseTrusted("t", []byte(test.line+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			test.want.Key = pub
			if diff := cmp.Diff([]licseal.TrustedKey{test.want}, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestAllowedSignersRefused(t *testing.T) {
	key := keytest.PublicLine(t, keytest.EdKey(1).Public(), "")
	for _, test := range []struct{ name, line, want string }{
		{"no zone", `a valid-after="20260101" ` + key, "t:1: option valid-after: a time without a zone, which every machine would read in its own: write a Z after it for UTC"},
		{"no such day", `a valid-before="20260230Z" ` + key, `t:1: option valid-before: not a time: expected YYYYMMDDZ, YYYYMMDDHHMMZ or YYYYMMDDHHMMSSZ`},
		{"before time began", `a valid-before="00010101Z" ` + key, `t:1: option valid-before: not a time: expected YYYYMMDDZ, YYYYMMDDHHMMZ or YYYYMMDDHHMMSSZ`},
		{"the second that means none", `a valid-before="19700101Z" ` + key, `t:1: option valid-before: not a time: expected YYYYMMDDZ, YYYYMMDDHHMMZ or YYYYMMDDHHMMSSZ`},
		{"part of a second", `a valid-before="20260101000000.5Z" ` + key, `t:1: option valid-before: not a time: expected YYYYMMDDZ, YYYYMMDDHHMMZ or YYYYMMDDHHMMSSZ`},
		{"RFC 3339", `a valid-before="2026-01-01T00:00:00Z" ` + key, `t:1: option valid-before: not a time: expected YYYYMMDDZ, YYYYMMDDHHMMZ or YYYYMMDDHHMMSSZ`},
		{"empty window", `a valid-after="20260101Z",valid-before="20260101Z" ` + key, "t:1: valid-before is not after valid-after: the key would never be trusted"},
		{"authority", "a cert-authority " + key, "t:1: cert-authority is not supported: list the keys themselves, one a line"},
		{"authority among others", `a namespaces="licseal",cert-authority ` + key, "t:1: cert-authority is not supported: list the keys themselves, one a line"},
		{"unknown option", `a verify-time="20260101Z" ` + key, `t:1: unknown option: expected namespaces, valid-after or valid-before`},
		{"option twice", `a namespaces="licseal",namespaces="file" ` + key, "t:1: option namespaces is given twice"},
		{"no quotes", `a namespaces=licseal ` + key, "t:1: option namespaces: expected a value in double quotes"},
		{"no value", `a namespaces ` + key, `t:1: option namespaces needs a value in double quotes: namespaces="…"`},
		{"open quotes", `a namespaces="licseal ` + key, "t:1: option namespaces: the quoted value has no end"},
		{"a line that ends inside of a value, with a backslash", `a namespaces="licseal ` + strings.TrimSpace(key) + `\`, "t:1: option namespaces: the quoted value has no end"},
		{"comma at the end", `a namespaces="licseal", ` + key, `t:1: unknown option: expected namespaces, valid-after or valid-before`},
		{"stray quotes after a value", `a namespaces="licseal"" ` + key, "t:1: text after the value of option namespaces: expected a comma or a blank"},
		{"text after a value", `a namespaces="licseal"x ` + key, "t:1: text after the value of option namespaces: expected a comma or a blank"},
		{"quote as an option", `a " ` + key, `t:1: a quote in the name of an option: expected NAME="VALUE"`},
		{"quotes in the name of an option", `a name"s"paces="licseal" ` + key, `t:1: a quote in the name of an option: expected NAME="VALUE"`},
		{"escaped quote outside a value", `a \"namespaces="licseal" ` + key, `t:1: a quote in the name of an option: expected NAME="VALUE"`},
		{"escaped quote at the end of a value", `a namespaces="licseal\" ` + key, "t:1: option namespaces: the quoted value has no end"},
		{"blank inside an option", `a namespaces= "licseal" ` + key, "t:1: option namespaces: expected a value in double quotes"},
		{"quotes in a principal", `a"b" ` + key, "t:1: quotes before the key, in what is not a list of principals: options are written between the principals and the key"},
		{"text after the quoted principals", `"a"b ` + key, "t:1: no blank after the quoted principals"},
		{"long pattern", strings.Repeat("a", 1023) + " " + key, "t:1: a pattern has more than 1022 bytes"},
		{"long namespace", `a namespaces="licseal,` + strings.Repeat("?", 1023) + `" ` + key, "t:1: option namespaces: a pattern has more than 1022 bytes"},
		{"empty principal", "a,,b " + key, "t:1: a principal is empty or has blanks around it: expected a list such as licences@vendor.example,*@vendor.example"},
		{"empty quotes around principals", `"" ` + key, "t:1: a principal is empty or has blanks around it: expected a list such as licences@vendor.example,*@vendor.example"},
		{"comma and blank", `"Vendor Licences, Ltd" ` + key, "t:1: a principal is empty or has blanks around it: expected a list such as licences@vendor.example,*@vendor.example"},
		{"open quotes around principals", `"a ` + key, "t:1: the quoted principals have no end"},
		{"host of known_hosts", "@revoked host " + key, `t:1: unknown option: expected namespaces, valid-after or valid-before`},
		{"only for other things", "# git\n" + `a namespaces="git,file" ` + key, `t:2: no key in this file is for licences: the namespaces of this one are "git,file", without licseal`},
		{"namespace excluded", `a namespaces="*,!licseal" ` + key, `t:1: no key in this file is for licences: the namespaces of this one are "*,!licseal", without licseal`},
		{"overlapping windows", `a valid-before="20270101Z" ` + key + `a valid-after="20261231Z" ` + key, "t:2: key " + licseal.KeyID(keytest.EdKey(1).Public()) + " is on line 1 already: remove one of the two"},
		{"retired, and again without an end", `a valid-before="20270101Z" ` + key + key, "t:2: key " + licseal.KeyID(keytest.EdKey(1).Public()) + " is on line 1 already: remove one of the two"},
	} {
		t.Run(test.name, func(t *testing.T) {
			trusted, err := keys.ParseTrusted("t", []byte(test.line))
			keytest.CheckSame(t, test.want, keytest.Message(err))
			if trusted != nil {
				t.Errorf("keys beside an error: %v", trusted)
			}
		})
	}
}

// A key may be trusted for several times, as long as they are apart; a line for
// other namespaces stands beside.
func TestSameKeySeveralTimes(t *testing.T) {
	key := keytest.PublicLine(t, keytest.EdKey(1).Public(), "")
	text := `a valid-before="20270101Z" ` + key + `a valid-after="20270101Z",valid-before="20280101Z" ` + key + `a namespaces="git" ` + key
	trusted, err := keys.ParseTrusted("t", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(trusted) != 2 {
		t.Errorf("%d keys, want 2", len(trusted))
	}
	file, err := keys.ParseTrustedFile("t", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if last := file.Entries()[2]; last.ForLicenses || last.Namespaces != "git" || last.Line != 3 {
		t.Errorf("got %+v", last)
	}
}

// A line for other namespaces may have what no line of licences has, and stays.
func TestForeignLines(t *testing.T) {
	key := keytest.PublicLine(t, keytest.EdKey(1).Public(), "")
	foreign := `g@x namespaces="git" ssh-rsa AAAAB3Nz` + "\n" + `g@x namespaces="git",cert-authority,verify-time="1" ` + key + `g@x namespaces="file",valid-after="20260101" ` + key + `g@x valid-after="20260101",namespaces="file" ` + key
	text := foreign + "v " + key
	trusted, err := keys.ParseTrusted("t", []byte(text))
	if err != nil || len(trusted) != 1 {
		t.Fatalf("got %v, %v", trusted, err)
	}
	file, err := keys.ParseTrustedFile("t", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if first := file.Entries()[0]; first.ForLicenses || first.Namespaces != "git" || first.Key.Key != nil {
		t.Errorf("got %+v", first)
	}
	if err := file.Remove(""); err == nil {
		t.Error("removed what has no fingerprint")
	}
	if err := file.Remove(licseal.KeyID(keytest.EdKey(1).Public())); err != nil || string(file.Bytes()) != foreign {
		t.Errorf("got %s (%v)", file.Bytes(), err)
	}
	for _, option := range []string{`namespaces="git",namespaces="licseal"`, `namespaces="git",namespaces="file"`, `namespaces="*"`, `namespaces=git`} {
		if _, err := keys.ParseTrusted("t", []byte("a "+option+" ssh-rsa AAAA\n"+key)); err == nil {
			t.Errorf("%s: an RSA key for licences is passed over", option)
		}
	}
}

// What is changed in a file leaves the rest of it as it was.
func TestEdit(t *testing.T) {
	first, second, third := keytest.EdKey(1).Public(), keytest.ECKey(2).Public(), keytest.EdKey(3).Public()
	id := licseal.KeyID(first)
	line := func(n string, pub any) string { return keytest.PublicLine(t, pub, n) }
	before := utc(2027, 1, 1, 0, 0, 0)
	for _, test := range []struct {
		name, text string
		edit       func(*keys.TrustedFile) error
		want       string // the text, or the error
	}{
		{"add", "# keys\n\n" + line("one", first), func(f *keys.TrustedFile) error {
			return f.Add(licseal.TrustedKey{Key: third, Name: "three", Principals: []string{"v"}, ValidAfter: before, ValidBefore: utc(2028, 1, 1, 12, 0, 0)})
		}, "# keys\n\n" + line("one", first) + `v namespaces="licseal",valid-after="20270101Z",valid-before="20280101120000Z" ` + line("three", third)},
		{"add to nothing", "", func(f *keys.TrustedFile) error {
			return f.Add(licseal.TrustedKey{Key: third, Principals: []string{"A Vendor", "b"}})
		}, `"A Vendor,b" namespaces="licseal" ` + line("", third)},
		{"add after a line without an end", "# a", func(f *keys.TrustedFile) error {
			return f.Add(licseal.TrustedKey{Key: third, Principals: []string{"v"}})
		}, "# a\n" + `v namespaces="licseal" ` + line("", third)},
		{"add with CRLF", "# a\r\n", func(f *keys.TrustedFile) error {
			return f.Add(licseal.TrustedKey{Key: third, Principals: []string{"v"}})
		}, "# a\r\n" + `v namespaces="licseal" ` + strings.TrimSuffix(line("", third), "\n") + "\r\n"},
		{"add without an issuer", "", func(f *keys.TrustedFile) error { return f.Add(licseal.TrustedKey{Key: third}) },
			"the key " + licseal.KeyID(third) + " has no issuer, and no comment that could be one"},
		{"add with a hostile issuer", "", func(f *keys.TrustedFile) error {
			return f.Add(licseal.TrustedKey{Key: third, Principals: []string{"a\nssh-ed25519 AAAA"}})
		}, `"a\nssh-ed25519 AAAA" cannot be the name of an issuer`},
		{"add with a quote in the issuer", "", func(f *keys.TrustedFile) error {
			return f.Add(licseal.TrustedKey{Key: third, Principals: []string{`v" namespaces="*`}})
		}, `"v\" namespaces=\"*" cannot be the name of an issuer`},
		{"add with an invisible issuer", "", func(f *keys.TrustedFile) error {
			return f.Add(licseal.TrustedKey{Key: third, Principals: []string{"v\u200b"}})
		}, `"v\u200b" cannot be the name of an issuer`},
		{"add twice", line("one", first), func(f *keys.TrustedFile) error {
			return f.Add(licseal.TrustedKey{Key: first, Principals: []string{"v"}})
		}, "t:2: key " + id + " is on line 1 already: remove one of the two"},
		{"retire", "# one\nv  namespaces=\"licseal\" " + line("one  key", first) + "# end", func(f *keys.TrustedFile) error { return f.Retire(before, nil, id) },
			"# one\n" + `v namespaces="licseal",valid-before="20270101Z" ` + line("one  key", first) + "# end"},
		{"retire earlier", `v valid-before="20280101Z",valid-after="20260101Z" ` + line("", first), func(f *keys.TrustedFile) error { return f.Retire(before, nil, id) },
			`v valid-after="20260101Z",valid-before="20270101Z" ` + line("", first)},
		{"retire a key by itself", "\t" + line("anna@vendor", first) + line("", second), func(f *keys.TrustedFile) error { return f.Retire(before, nil, id) },
			`anna@vendor namespaces="licseal",valid-before="20270101Z" ` + line("anna@vendor", first) + line("", second)},
		{"retire a key without an issuer", line("", second) + line("of the vendor", first), func(f *keys.TrustedFile) error { return f.Retire(before, nil, id) },
			"t:2: the key " + id + ` has no issuer, and its comment "of the vendor" cannot be one`},
		{"retire a PEM block", "# a\n" + keytest.PublicPEM(t, first) + "# b\n", func(f *keys.TrustedFile) error { return f.Retire(before, []string{"v"}, id) },
			"# a\n" + `v namespaces="licseal",valid-before="20270101Z" ` + line("", first) + "# b\n"},
		{"retire twice", `v valid-before="20260101Z" ` + line("", first), func(f *keys.TrustedFile) error { return f.Retire(before, nil, id) },
			"t:1: the key is retired already, from 2026-01-01T00:00:00Z on"},
		{"retire with a later window", "# a\nv valid-before=\"20260601Z\" " + line("", first) + "v valid-after=\"20280101Z\" " + line("", first) + "# b\n", func(f *keys.TrustedFile) error { return f.Retire(utc(2026, 3, 1, 0, 0, 0), nil, id) },
			"# a\nv valid-before=\"20260301Z\" " + line("", first) + "# b\n"},
		{"retire beside another use", `g namespaces="git" ` + line("", first) + "v " + line("", first), func(f *keys.TrustedFile) error { return f.Retire(before, nil, id) },
			`g namespaces="git" ` + line("", first) + `v valid-before="20270101Z" ` + line("", first)},
		{"retire in a gap", "v valid-after=\"20280101Z\" " + line("", first) + "v valid-before=\"20260601Z\" " + line("", first), func(f *keys.TrustedFile) error { return f.Retire(before, nil, id) },
			"v valid-before=\"20260601Z\" " + line("", first)},
		{"retire in the last window", "v valid-before=\"20260601Z\" " + line("", first) + "v valid-after=\"20260701Z\" " + line("", first), func(f *keys.TrustedFile) error { return f.Retire(before, nil, id) },
			"v valid-before=\"20260601Z\" " + line("", first) + "v valid-after=\"20260701Z\",valid-before=\"20270101Z\" " + line("", first)},
		{"retire before it begins", `v valid-after="20270101Z" ` + line("", first), func(f *keys.TrustedFile) error { return f.Retire(before, nil, id) },
			"t:1: the key is trusted from 2027-01-01T00:00:00Z on only: remove it, or give a later time"},
		{"retire an unknown key", line("", second), func(f *keys.TrustedFile) error { return f.Retire(before, nil, id) },
			"t: no key " + id + " in this file"},
		{"remove", "# a\n" + line("one", first) + "\n" + keytest.PublicPEM(t, second), func(f *keys.TrustedFile) error { return f.Remove(licseal.KeyID(second)) },
			"# a\n" + line("one", first) + "\n"},
		{"remove an unknown key", line("", second), func(f *keys.TrustedFile) error { return f.Remove(id) },
			"t: no key " + id + " in this file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, err := keys.ParseTrustedFile("t", []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			want := test.text
			if err := test.edit(f); err != nil {
				keytest.CheckSame(t, test.want, err.Error())
			} else {
				want = test.want
			}
			if diff := cmp.Diff(normal(want), normal(string(f.Bytes()))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func normal(text string) []string { return strings.SplitAfter(text, "\n") }

// ssh-keygen -Y reads the file that is written here, and gives the same verdicts
// on the same instants.
func TestSSHKeygenReadsTheFile(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	keytest.Program(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "licences 2026", "-f", key)
	public, err := keys.ParseTrusted("", keytest.ReadFile(t, key+".pub"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := keys.ParseTrustedFile("", []byte("# who may issue\n"))
	if err != nil {
		t.Fatal(err)
	}
	after, before := utc(2026, 1, 1, 0, 0, 0), utc(2027, 1, 1, 12, 30, 15)
	if err := f.Add(licseal.TrustedKey{Key: public[0].Key, Name: "licences 2026", Principals: []string{"licences@vendor.example"}, ValidAfter: after, ValidBefore: before}); err != nil {
		t.Fatal(err)
	}
	file, message := filepath.Join(dir, "trusted.keys"), filepath.Join(dir, "message")
	for name, text := range map[string][]byte{file: f.Bytes(), message: []byte("hello\n")} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keytest.Program(t, "ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", keys.Namespace, message)
	trusted, err := keys.ParseTrusted("", f.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{after.Add(-time.Second), after, utc(2026, 7, 1, 0, 0, 0), before.Add(-time.Second), before.Add(time.Second)} {
		want := !at.Before(trusted[0].ValidAfter) && at.Before(trusted[0].ValidBefore)
		option := "-Overify-time=" + at.Format("20060102150405") + "Z"
		found, err := exec.Command("ssh-keygen", "-Y", "find-principals", option, "-f", file, "-s", message+".sig").Output()
		if got := err == nil && strings.TrimSpace(string(found)) == "licences@vendor.example"; got != want {
			t.Errorf("%v: ssh-keygen finds %q (%v), and the key is trusted here: %v", at, found, err, want)
		}
		verify := exec.Command("ssh-keygen", "-Y", "verify", option, "-f", file, "-I", "licences@vendor.example", "-n", keys.Namespace, "-s", message+".sig")
		verify.Stdin = strings.NewReader("hello\n")
		if got := verify.Run() == nil; got != want {
			t.Errorf("%v: ssh-keygen -Y verify: %v, want %v", at, got, want)
		}
	}
}
