package keys_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/keys/internal/keytest"
	"github.com/licseal/licseal/keys/private"
)

// lineMaker makes allowed_signers lines, most of them nearly right.
type lineMaker struct {
	*rand.Rand
	keys []string // TYPE KEY of the key that signed, and of others
}

// What is usual, and what is odd, in the parts of a line.
var (
	usualPrincipals = []string{"anna", "bob,anna", "an*", "a?na,!bob", `"anna"`, `"anna bob,anna"`, "ssh-anna,anna", "sk-anna,ann?", "anna@vendor.example,anna"}
	oddPrincipals   = []string{
		"*,!anna", "!anna,*", "ANNA", "ssh-anna", "ssh-ed25519", `"anna,anna bob"`, `an"na`, `an"na bob"`, `"anna`, "anna,", ",anna", "anna,,bob",
		"#anna", `"#anna"`, `anna\`, `an\"na`, `"an\"na"`, "restrict", "no-pty,anna", "cert-authority", `""`, `"anna"x`,
		strings.Repeat("a", 1022) + "*,anna", "anna," + strings.Repeat("?", 1024), strings.Repeat("anna,", 300) + "anna",
	}
	usualOptions = []string{
		`namespaces="licseal"`, `namespaces="file,lic*"`, `NameSpaces="licseal"`, `valid-after="20260101Z"`, `valid-after="202601010000Z"`, `Valid-After="20260601120000z"`,
		`valid-before="20270101Z"`, `valid-before="20260701Z"`, `valid-before="202612312359Z"`, `namespaces="lic\"seal,licseal"`,
	}
	oddOptions = []string{
		`namespaces="*,!licseal"`, `namespaces="file"`, `namespaces=""`, `namespaces=licseal`, `namespaces="licseal\""`, `namespaces="licseal\`, `namespaces="licseal"x`, `namespaces= "licseal"`,
		`namespaces="licseal`, `namespaces`, `namespaces="licseal",`, `namespaces="` + strings.Repeat("?", 1030) + `,licseal"`, `name"spaces="licseal"`,
		`valid-after="20260101"`, `valid-after="20260101UTC"`, `valid-after="19700101Z"`, `valid-before="20260230Z"`, `valid-before="2026010Z"`, `valid-before="20270101Z\"`,
		`valid-before="00010101Z"`, `valid-before="20260630235960Z"`, "cert-authority", `verify-time="1"`, `\"`, `"`, `""`, ",", "restrict",
	}
	someTimes = []string{"20260630120000", "20260630120000", "20260630120000", "20251231235959", "20260101000000", "20260701000000", "20270101000000"}
	someNames = []string{"anna", "anna", "anna", "anna", "anna", "anna", "anna", "anna", "bob", "anna bob", "ssh-anna", "ssh-ed25519", "ANNA"}
)

// one returns what is usual, and one time in ten what is odd.
func (m *lineMaker) one(usual, odd []string) string {
	if len(odd) > 0 && m.IntN(10) == 0 {
		usual = odd
	}
	return usual[m.IntN(len(usual))]
}

func (m *lineMaker) blank() string { return m.one([]string{" "}, []string{"\t", "  ", " \t", ""}) }

func (m *lineMaker) line() string {
	parts := []string{m.one(usualPrincipals, oddPrincipals), m.blank()}
	if n := m.IntN(4); n > 0 {
		options := make([]string, n)
		for i := range options {
			options[i] = m.one(usualOptions, oddOptions)
		}
		parts = append(parts, strings.Join(options, m.one([]string{","}, []string{", ", ",,", " ", ";"})), m.blank())
	}
	parts = append(parts, strings.Replace(m.one(m.keys[:1], m.keys[1:]), " ", m.blank()+" ", 1), m.one([]string{"", " a comment"}, []string{` "quotes"`, " # x", " " + m.keys[0]}))
	line := strings.Join(parts, "")
	if m.IntN(8) > 0 {
		return line
	}
	at := m.IntN(len(line))
	switch c := m.one([]string{`"`, `\`, `\"`, ",", " ", "=", "#", "!", "*", "a"}, nil); m.IntN(3) {
	case 0:
		return line[:at] + c + line[at:]
	case 1:
		return line[:at] + c + line[at+1:]
	}
	return line[:at] + line[at+1:]
}

// accepts reports whether a line trusts a key of an issuer for licences that were
// created at an instant.
func accepts(t *testing.T, line, issuer, at string) (bool, error) {
	created, err := time.Parse("20060102150405", at)
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := keys.ParseTrusted("", []byte(line+"\n"))
	for _, key := range trusted {
		before := key.ValidBefore.IsZero() || created.Before(key.ValidBefore)
		if licseal.KeyID(key.Key) == licseal.KeyID(keytest.EdKey(1).Public()) && key.SignsFor(issuer) && before && !created.Before(key.ValidAfter) {
			return true, nil
		}
	}
	return false, err
}

// No line trusts a key here that it does not trust for ssh-keygen -Y verify.
func TestNeverLooserThanSSHKeygen(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	text, err := private.MarshalUnencrypted(keytest.EdKey(1), "")
	if err != nil {
		t.Fatal(err)
	}
	message := file("message", "hello\n")
	keytest.Program(t, "ssh-keygen", "-q", "-Y", "sign", "-f", file("key", string(text)), "-n", keys.Namespace, message)
	right := strings.TrimSpace(keytest.PublicLine(t, keytest.EdKey(1).Public(), ""))
	maker := lineMaker{rand.New(rand.NewPCG(1, 2)), []string{
		right, strings.TrimSpace(keytest.PublicLine(t, keytest.ECKey(1).Public(), "")), strings.Replace(right, "ssh-ed25519", "ssh-rsa", 1), strings.ToUpper(right[:11]) + right[11:], right[:60], right + "=", right + "AAAA",
	}}
	count := map[string]int{}
	for range 400 {
		line, issuer, at := maker.line(), maker.one(someNames, nil), maker.one(someTimes, nil)
		ours, refusal := accepts(t, line, issuer, at)
		verify := exec.Command("ssh-keygen", "-Y", "verify", "-Overify-time="+at+"Z", "-f", file("allowed", line+"\n"), "-I", issuer, "-n", keys.Namespace, "-s", message+".sig")
		verify.Stdin = strings.NewReader("hello\n")
		theirs := verify.Run() == nil
		count[fmt.Sprintf("ours %t, theirs %t", ours, theirs)]++
		if ours && !theirs {
			t.Errorf("only licseal trusts, for %q at %s: %s", issuer, at, line)
		}
		if theirs && !ours && os.Getenv("LICSEAL_DIFFERENCES") != "" {
			t.Logf("only ssh-keygen trusts, for %q at %s: %s\n%v", issuer, at, line, refusal)
		}
	}
	t.Log(count)
	if count["ours true, theirs true"] < 60 || count["ours false, theirs false"] < 100 {
		t.Errorf("the lines are too much alike: %v", count)
	}
}
