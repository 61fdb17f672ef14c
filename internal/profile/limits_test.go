package profile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/profile"
)

// parse returns an error with its hint, "" if there is none.
func parse(text string) (*profile.Profile, string) {
	p, err := profile.Parse("/acme/licseal.yaml", []byte(text))
	var found *profile.Error
	switch {
	case errors.As(err, &found) && found.Hint != "":
		return p, found.Error() + " (" + found.Hint + ")"
	case err != nil:
		return p, err.Error()
	}
	return p, ""
}

// What is read as a profile, at the limits of size and of YAML.
func TestDocuments(t *testing.T) {
	const yaml = "this cannot be read as YAML (names end with a colon and a blank, lists have the same indent, and texts with special characters are in quotes)"
	const anchors = "anchors and aliases are not used in a profile (write the value itself)"
	const no = "this is not a profile; a profile has lines such as 'schema: mine.json'"
	for text, want := range map[string]string{
		strings.Repeat("#", profile.MaxBytes): "", "": "", "---\n": "", "---\n...\n": "", "~": "", "null": "", "{}": "", "# x\n---\nproduct: A\n": "",
		"[]": "line 1: " + no, "text": "line 1: " + no, "\n\n5": "line 3: " + no, "''": "line 1: " + no,
		"product: A\n---\n": "the profile has a second document; write one", "product: A\n...\n---\n": "the profile has a second document; write one",
		"a: b: c": yaml, "\n\ta: b": "line 2: " + yaml, "product: [a": "line 1: " + yaml, "x: *a": yaml,
		"? [a]\n: b": "line 1: the name of a setting is expected", "'': b": "line 1: the name of a setting is expected", "\n&n product: b": "line 2: the name of a setting is expected", "5: b": "line 1: unknown setting (there are product, schema, roles, key, trust, revocations, register, expires, variable, secret, plans, map)",
		"product: &a b": "line 1: " + anchors, "trust: &a [b]": "line 1: " + anchors, "plans: &a {b: {expires: +1d}}": "line 1: " + anchors, "plans: {b: &a {expires: +1d}}": "line 1: " + anchors, "plans: {b: {set: {c: [&a 1]}}}": "line 1: " + anchors,
		"plans: {b: {set: {c: [{d: &a 1}]}}}": "line 1: " + anchors, "&a {product: b}": "line 1: a mapping is expected: lines of NAME: VALUE",
		"product: \"a\\u0001\"": "line 1: product has more than one line, or control characters (name a file instead of its text)", "product: \"a\\u0085\"": "line 1: product has more than one line, or control characters (name a file instead of its text)",
		"product: 2026-01-01": "", "product: true": "line 1: product is a text; true is not (put it in quotes: product: \"true\")", "product: 1.5": "line 1: product is a text; 1.5 is not (put it in quotes: product: \"1.5\")",
		"product: {}": "line 1: product is one text, not a list or a mapping", "product: ~": "line 1: product is empty (give it a value, or leave it out)",
		"prodct: A": `line 1: unknown setting "prodct" (did you mean "product"?)`, "PRODUCT: A": `line 1: unknown setting "PRODUCT" (did you mean "product"?)`,
		"trust: [a, '-']": "line 1: trust is standard input, which a profile cannot name (name a file)", "trust: [a, [b]]": "line 1: trust is one text, not a list or a mapping", "trust: {}": "line 1: trust is one text, not a list or a mapping",
		"trust: a\nkey: '-'": "line 2: key is standard input, which a profile cannot name (name a file)", "trust: agent:x": "", "plans: []": "line 1: a mapping is expected: lines of NAME: VALUE", "plans: {a: b}": "line 1: a mapping is expected: lines of NAME: VALUE",
		"plans: {-a: {expires: +1d}}": "line 1: the name of a plan has letters, digits and -._ only, at most 64", "plans: {a.b_c-d: {expires: +1d}}": "", "plans: {0: {expires: +1d}}": "",
		"plans: {a: {about: x}}": "line 1: the plan a sets nothing (give it fields under set, or expires)", "plans: {a: {set: {}}}": "line 1: the plan a sets nothing (give it fields under set, or expires)", "plans: {a: {set: [b]}}": "line 1: a mapping is expected: lines of NAME: VALUE",
		"plans: {a: {expires: +6m}}": `line 1: expires +6m: "6m" is ambiguous: write 6mo for months, or 6min for minutes`, "plans: {a: {set: {/b~2: 1}}}": `line 1: "/b~2" is not the name of a field, nor a JSON Pointer`,
		"schema: x\nroles: {id: }": "line 2: id is empty (give it a value, or leave it out)", "schema: x\nroles: {id: /a~2}": `line 2: the role id: "/a~2" is not a JSON Pointer (write /serial for the field serial)`, "schema: x\nroles: []": "line 2: a mapping is expected: lines of NAME: VALUE",
		"map: {A: '', B: ~}": "", "map: {A: /b=c}": `line 1: "/b=c" is not the name of a field, nor a JSON Pointer`, "map: {A: b, A: c}": "line 1: A is set twice (delete one of the lines)", "variable: 1A": `line 1: variable: "1A" is not the name of an environment variable, such as ACME_LICENSE`, "variable: _": "",
	} {
		if p, got := parse(text); got != want {
			t.Errorf("%.60q: %s\nwant %s", text, got, want)
		} else if (p == nil) != (want != "") && !strings.Contains(want, "YAML") && !strings.Contains(want, "second") && !strings.Contains(want, no) {
			t.Errorf("%.60q: a profile next to an error: %v", text, p)
		}
	}
}

// The values that a plan sets, as JSON.
func TestValues(t *testing.T) {
	for value, want := range map[string]string{
		"x": `"x"`, "''": `""`, "'5'": `"5"`, "5": "5", "-5": "-5", "1.5": "1.5", "1e3": "1e3", "true": "true", "FALSE": "false", "yes": `"yes"`, "~": "null", "": "null", "2026-01-01": `"2026-01-01"`, "é\"": `"é\""`,
		"[]": "[]", "{}": "{}", "[1, [2, {a: ~, 'b/c': [x]}], {}]": `[1,[2,{"a":null,"b/c":["x"]}],{}]`, "{a: 1, b: {c: 2}, d: []}": `{"a":1,"b":{"c":2},"d":[]}`,
		"+1": "", "0o7": "", ".5": "", "1.": "", "1_000": "", "0x1": "", ".nan": "", "-.inf": "", "012": "", "[+1]": "", "{a: +1}": "", "{a: 1, a: 2}": "", "!!binary aGk=": "",
	} {
		p, message := parse("plans: {a: {set: {f: " + value + "}}}")
		got := ""
		if message == "" {
			got = p.Plans[0].Fields[0].Value
		}
		if got != want || want != "" && (!p.Plans[0].Fields[0].JSON || p.Plans[0].Fields[0].Pointer != "/f") {
			t.Errorf("%s: %s, want %s (%s)", value, got, want, message)
		}
	}
	p, message := parse("schema: x\nroles: {id: /a, customer: /b, product: /c/d, not_before: /e, not_after: /f, grace_days: /g}\nregister: r\nrevocations: v\ntrust: /t")
	want := &profile.Profile{Path: "/acme/licseal.yaml", Schema: "/acme/x", Register: "/acme/r", Revocations: "/acme/v", Trust: []string{"/t"},
		Roles: licseal.Roles{ID: "/a", Customer: "/b", Product: "/c/d", NotBefore: "/e", NotAfter: "/f", GraceDays: "/g"}}
	if diff := cmp.Diff(want, p, cmpopts.IgnoreUnexported(profile.Profile{}), cmpopts.IgnoreFields(profile.Profile{}, "Digest")); message != "" || diff != "" {
		t.Error(message, diff)
	}
}

// What a new profile says, whole.
func TestNew(t *testing.T) {
	const before = "# The settings of one kind of licence, for licseal. 'licseal config' shows them.\n# Paths are relative to this folder. After a change: licseal config approve\n"
	const after = "\n# A plan is a template: licseal sign --plan gold --set customer='Example Inc'\n# plans:\n#   gold:\n#     expires: +365d\n#     set:\n#       seats: 50\n"
	for _, test := range []struct {
		n    profile.New
		want string
	}{
		{profile.New{}, "{}\n"},
		{profile.New{Product: "A", Trust: []string{"", "a"}}, "product: A\ntrust: a\n"},
		{profile.New{Product: "42", Schema: "s", Key: "k", Revocations: "r", Expires: "+1y", Variable: "V", Secret: "x", Trust: []string{"a", "b"}},
			"product: \"42\"\nschema: s\nkey: k\ntrust:\n  - a\n  - b\nrevocations: r\nexpires: +1y\nvariable: V\nsecret: x\n"},
	} {
		got, err := test.n.Text()
		if diff := cmp.Diff(before+test.want+after, string(got)); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	}
	for product, want := range map[string][2]string{
		strings.Repeat("a", 120): {strings.Repeat("A", 120) + "_LICENSE", strings.Repeat("a", 120) + "-license"}, strings.Repeat("a", 121): {}, strings.Repeat("a", 64): {strings.Repeat("A", 64) + "_LICENSE", strings.Repeat("a", 64) + "-license"},
		"9a": {}, "a9": {"A9_LICENSE", "a9-license"}, " a--z! ": {"A_Z_LICENSE", "a-z-license"}, "a`{/:": {"A_LICENSE", "a-license"},
	} {
		variable, secret := profile.Names(product)
		if variable != want[0] || secret != want[1] {
			t.Errorf("%q: %q, %q", product, variable, secret)
		}
	}
}

// Files that are no profiles, or too large.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, size := range map[string]int{"most": profile.MaxBytes, "more": profile.MaxBytes + 1} {
		if err := os.WriteFile(at(name), []byte(strings.Repeat("#", size)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"most": "", "more": "is larger than 65536 bytes, the most that is read", ".": "is not a regular file", "none": "no such file or directory",
	} {
		p, err := profile.Open(at(name))
		if got := message(err); got != want || (p == nil) != (err != nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Why a profile is not used, in words.
func TestNotApprovedErrors(t *testing.T) {
	const p, f = "/p", "/f\n"
	for _, test := range []struct {
		e    profile.NotApprovedError
		want string
	}{
		{profile.NotApprovedError{Profile: p, File: p}, "you have not approved this profile, so it is not used"},
		{profile.NotApprovedError{Profile: p, File: f}, `you have not approved "/f\n", which the profile names, so it is not used`},
		{profile.NotApprovedError{Profile: p, File: p, Changed: true}, "this profile has changed since you approved it, so it is not used"},
		{profile.NotApprovedError{Profile: p, File: f, Changed: true}, `"/f\n", which the profile names, has changed since you approved it, so it is not used`},
		{profile.NotApprovedError{Profile: p, File: p, Gone: true}, "you have approved this profile, but it cannot be found any more"},
		{profile.NotApprovedError{Profile: p, File: p, Link: true}, "this profile is not a regular file, so it is not used"},
	} {
		if got := test.e.Error(); got != test.want {
			t.Errorf("%+v: %s", test.e, got)
		}
	}
}

// What is kept of an approval, where, and that nothing is left of it.
func TestStore(t *testing.T) {
	dir := t.TempDir()
	s := profile.Store{Dir: filepath.Join(dir, "new")}
	a := &profile.Approval{Profile: "/acme/licseal.yaml", Files: map[string]string{"/acme/licseal.yaml": "x"}}
	if got, err := s.Get(a.Profile); got != nil || err != nil {
		t.Errorf("nothing is approved: %v, %v", got, err)
	}
	if err := s.Put(a); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get("/other"); got != nil || err != nil {
		t.Errorf("another is approved: %v, %v", got, err)
	}
	state := s.StateFile(a.Profile)
	if filepath.Dir(state) != s.Dir || state == s.StateFile("/other") || !strings.HasSuffix(state, ".state") {
		t.Errorf("the state file is %s", state)
	}
	if err := os.WriteFile(state, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if forgotten, err := s.Forget(a.Profile); !forgotten || err != nil {
		t.Errorf("%t, %v", forgotten, err)
	}
	if entries, err := os.ReadDir(s.Dir); len(entries) > 0 || err != nil {
		t.Errorf("left: %v, %v", entries, err)
	}
	if forgotten, err := (profile.Store{}).Forget(a.Profile); forgotten || err != nil {
		t.Errorf("nowhere: %t, %v", forgotten, err)
	}
	if got, err := (profile.Store{}).Get(a.Profile); got != nil || err != nil {
		t.Errorf("nowhere: %v, %v", got, err)
	}
	// Where nothing can be kept, or removed.
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, broken := range []profile.Store{{Dir: file}, {Dir: filepath.Join(file, "below")}} {
		if err := broken.Put(a); message(err) != broken.Dir+": not a directory" {
			t.Errorf("%s: %v", broken.Dir, err)
		}
		if got, err := broken.Get(a.Profile); got != nil || err == nil || !strings.HasSuffix(err.Error(), ".json: not a directory") {
			t.Errorf("%s: %v, %v", broken.Dir, got, err)
		}
		if forgotten, err := broken.Forget(a.Profile); forgotten || err == nil {
			t.Errorf("%s: %t, %v", broken.Dir, forgotten, err)
		}
	}
	if err := s.Put(a); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(state, "x"), 0o700); err != nil { // cannot be removed
		t.Fatal(err)
	}
	if forgotten, err := s.Forget(a.Profile); forgotten || err == nil {
		t.Errorf("the state stays: %t, %v", forgotten, err)
	}
	for _, name := range []string{"XDG_CONFIG_HOME", "HOME", "AppData"} {
		t.Setenv(name, dir)
	}
	if config, err := os.UserConfigDir(); err != nil || profile.UserStore().Dir != filepath.Join(config, "licseal", "approved") {
		t.Errorf("%+v, %v", profile.UserStore(), err)
	}
	for _, name := range []string{"XDG_CONFIG_HOME", "HOME", "AppData"} {
		t.Setenv(name, "")
	}
	if s := profile.UserStore(); s.Dir != "" {
		t.Errorf("without a home: %+v", s)
	}
}
