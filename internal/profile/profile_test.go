package profile_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/profile"
)

func TestParse(t *testing.T) {
	got, err := profile.Parse("/acme/licseal.yaml", []byte(`# The licences of Acme Studio.
product: Acme Studio
schema: schemas/acme.json
roles: {id: /serial, not_before: /from, not_after: /until}
key: "agent:licences 2026"
trust: [vendor.key.pub, /etc/acme/2025.pub]
revocations: revoked.json
expires: +365d
variable: ACME_LICENSE
secret: acme-license
plans:
  gold:
    about: for large teams
    expires: 2027-12-31
    set:
      edition: gold
      limits.seats: 50
      /ratio: 2.5
      beta: True
      since: 2026-01-01
      code: "007"
      note: null
      regions: [eu, {us: 1}]
  trial:
    expires: +30d
`))
	if err != nil {
		t.Fatal(err)
	}
	json := func(pointer, value string) edit.Change {
		return edit.Change{Pointer: pointer, Value: value, JSON: true}
	}
	want := &profile.Profile{
		Path: "/acme/licseal.yaml", Product: "Acme Studio", Schema: "/acme/schemas/acme.json",
		Roles: licseal.Roles{ID: "/serial", NotBefore: "/from", NotAfter: "/until"},
		Key:   "agent:licences 2026", Trust: []string{"/acme/vendor.key.pub", "/etc/acme/2025.pub"},
		Revocations: "/acme/revoked.json", Expires: "+365d", Variable: "ACME_LICENSE", Secret: "acme-license",
		Plans: []profile.Plan{
			{Name: "gold", About: "for large teams", Expires: "2027-12-31", Line: 13, Fields: []edit.Change{
				json("/edition", `"gold"`), json("/limits/seats", "50"), json("/ratio", "2.5"), json("/beta", "true"),
				json("/since", `"2026-01-01"`), json("/code", `"007"`), json("/note", "null"), json("/regions", `["eu",{"us":1}]`),
			}},
			{Name: "trial", Expires: "+30d", Line: 25},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(profile.Profile{}), cmpopts.IgnoreFields(profile.Profile{}, "Digest")); diff != "" {
		t.Error(diff)
	}
	if got.Line("trust") != 6 || got.Line("nothing") != 0 || got.Plan("gold") != &got.Plans[0] || got.Plan("silver") != nil {
		t.Errorf("lines and plans: %d %d %v", got.Line("trust"), got.Line("nothing"), got.Plan("silver"))
	}
}

func TestParseShortForms(t *testing.T) {
	for text, want := range map[string]profile.Profile{
		"":                           {},
		"# nothing yet\n":            {},
		"{}":                         {},
		"null":                       {},
		"trust: a.pub":               {Trust: []string{"/acme/a.pub"}},
		"schema: kong":               {Schema: "kong"},
		"schema: ./kong":             {Schema: "/acme/kong"},
		"map: {A b: /c, D: x:, E: }": {Map: []rows.Mapping{{Column: "A b", Field: "/c", Optional: true}, {Column: "D", Field: "x:", Optional: true}, {Column: "E", Optional: true}}},
		"trust: a\nkey: vendor.key":  {Key: "/acme/vendor.key", Trust: []string{"/acme/a"}},
	} {
		got, err := profile.Parse("/acme/licseal.yaml", []byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		want.Path = "/acme/licseal.yaml"
		if diff := cmp.Diff(&want, got, cmpopts.IgnoreUnexported(profile.Profile{}), cmpopts.IgnoreFields(profile.Profile{}, "Digest")); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

// Names are accepted up to their greatest length.
func TestLengthsOfNames(t *testing.T) {
	for _, test := range []struct {
		before, after string
		most          int
	}{{"variable: ", "", 128}, {"secret: ", "", 253}, {"plans: {", ": {expires: +1d}}", 64}} {
		for _, over := range []int{0, 1} {
			text := test.before + strings.Repeat("a", test.most+over) + test.after
			if _, err := profile.Parse("/acme/licseal.yaml", []byte(text)); (err == nil) != (over == 0) {
				t.Errorf("%s, %d bytes: error %v", text[:6], test.most+over, err)
			}
		}
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct{ text, want, hint string }{
		{"product: A\nshema: a.json", `line 2: unknown setting "shema"`, `did you mean "schema"?`},
		{"password: hunter2", "line 1: unknown setting", "there are product, schema, roles, key, trust, revocations, register, expires, variable, secret, plans, map"},
		{"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=", "line 1: this is not a profile; a profile has lines such as 'schema: mine.json'", ""},
		{"trust: a\ntrust: b", "line 2: trust is set twice", "delete one of the lines"},
		{"trust: a\nkey: |\n  -----BEGIN\n  hunter2\n", "line 2: key has more than one line, or control characters", "name a file instead of its text"},
		{"schema: ", "line 1: schema is empty", "give it a value, or leave it out"},
		{"schema: ''", "line 1: schema is empty", "give it a value, or leave it out"},
		{"product: 42", "line 1: product is a text; 42 is not", `put it in quotes: product: "42"`},
		{"schema: [a]", "line 1: schema is one text, not a list or a mapping", ""},
		{"trust: []", "line 1: trust is empty", "name the file with the public keys"},
		{"trust: '-'", "line 1: trust is standard input, which a profile cannot name", "name a file"},
		{"key: vendor.key", "line 1: key requires trust: the public key that verifies what the key signs", ""},
		{"revocations: a", "line 1: revocations requires trust: the keys that verify the list", ""},
		{"roles: {id: /a}", "line 1: roles requires schema: the schema whose fields they are", ""},
		{"schema: kong\nroles: {id: /a}", "line 2: the built-in schema kong has roles of its own", "delete the roles, or name a schema file"},
		{"roles: {id: serial}", `line 1: the role id: "serial" is not a JSON Pointer`, "write /serial for the field serial"},
		{"roles: {notafter: /a}", `line 1: unknown setting "notafter"`, `did you mean "not_after"?`},
		{"roles: /a", "line 1: a mapping is expected: lines of NAME: VALUE", ""},
		{"expires: next year", `line 1: expires "next year" is not a date; write it as 2027-12-31, as an RFC 3339 time, or as +1y, +6mo, +90d or @month-end`, ""},
		{"variable: ACME-LICENSE", `line 1: variable: "ACME-LICENSE" is not the name of an environment variable, such as ACME_LICENSE`, ""},
		{"secret: a..b", `line 1: secret: "a..b" is not the name of a Kubernetes Secret, such as acme-license`, ""},
		{"secret: Acme", `line 1: secret: "Acme" is not the name of a Kubernetes Secret, such as acme-license`, ""},
		{"plans: {a b: {expires: +1d}}", "line 1: the name of a plan has letters, digits and -._ only, at most 64", ""},
		{"plans:\n  gold: {}", "line 2: the plan gold sets nothing", "give it fields under set, or expires"},
		{"plans: {gold: {sets: {a: 1}}}", `line 1: unknown setting "sets"`, `did you mean "set"?`},
		{"plans: {gold: {set: {a: 0x10}}}", `line 1: "0x10" is not a number as in JSON, and not a text`, "put it in quotes, or write it as 25 or 2.5"},
		{"plans: {gold: {set: {a: .inf}}}", `line 1: ".inf" is not a number as in JSON, and not a text`, "put it in quotes, or write it as 25 or 2.5"},
		{"plans: {gold: {set: {a: 1, /a: 2}}}", "line 1: the field /a is set twice", "delete one of the lines"},
		{"plans: {gold: {set: {a: &x [1], b: *x}}}", "line 1: anchors and aliases are not used in a profile", "write the value itself"},
		{"product: &x a\nsecret: *x", "line 1: anchors and aliases are not used in a profile", "write the value itself"},
		{"map: {Firma: [a]}", "line 1: the field of a column is one text, not a list or a mapping", ""},
		{"map: {Firma: /a~2}", `line 1: "/a~2" is not the name of a field, nor a JSON Pointer`, ""},
		{"map: {Firma: a=b, Firma: c}", "line 1: \"a=b\" is not the name of a field, nor a JSON Pointer", ""},
		{"a: b: c", "this cannot be read as YAML", "names end with a colon and a blank, lists have the same indent, and texts with special characters are in quotes"},
		{"product: A\n---\nproduct: B", "the profile has a second document; write one", ""},
		{strings.Repeat("#", profile.MaxBytes+1), "the profile has 65537 bytes; at most 65536 are read", ""},
	}
	for _, test := range tests {
		_, err := profile.Parse("/acme/licseal.yaml", []byte(test.text))
		var got *profile.Error
		if !errors.As(err, &got) || got.Error() != test.want || got.Hint != test.hint {
			t.Errorf("%.60q:\n got %v, hint %q\nwant %s, hint %q", test.text, err, hintOf(got), test.want, test.hint)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the error quotes a secret: %v", test.text, err)
		}
	}
}

func hintOf(e *profile.Error) string {
	if e == nil {
		return ""
	}
	return e.Hint
}

// No text makes Parse panic, or return a profile next to an error.
func FuzzParse(f *testing.F) {
	f.Add("schema: a\nplans: {gold: {set: {a: [1, {b: 2}]}}}")
	f.Add("trust: [*a, &b c]")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := profile.Parse("/acme/licseal.yaml", []byte(text))
		if err == nil && p == nil {
			t.Error("neither a profile nor an error")
		}
	})
}

// folder has a vendor's files: a schema of two files, and a public key.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{
		"licseal.yaml": "schema: mine.json\ntrust: vendor.pub\n",
		"mine.json":    `{"type":"object","properties":{"seats":{"$ref":"seats.json"},"serial":{"type":"string"}}}`,
		"seats.json":   `{"type":"integer"}`,
		"vendor.pub":   "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c licences@vendor.example\n",
	})
	return dir
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

func approve(t *testing.T, s profile.Store, dir string) *profile.Approval {
	t.Helper()
	p, err := profile.Open(filepath.Join(dir, profile.Name))
	if err != nil {
		t.Fatal(err)
	}
	a, err := profile.NewApproval(p)
	if err == nil {
		err = s.Put(a)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestApproval(t *testing.T) {
	dir, s := folder(t), profile.Store{Dir: filepath.Join(t.TempDir(), "new", "folder")}
	approved := approve(t, s, dir)
	var names []string
	for path := range approved.Files {
		name, err := filepath.Rel(dir, path)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := approved.Check(path, data); err != nil {
			t.Errorf("what was approved: %v", err)
		}
		if err := approved.Check(path, append(data, ' ')); !isNotApproved(err, func(e *profile.NotApprovedError) bool { return e.Changed && e.File == path }) {
			t.Errorf("%s changed: %v", path, err)
		}
	}
	if diff := cmp.Diff([]string{"licseal.yaml", "mine.json", "seats.json", "vendor.pub"}, names, cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Error(diff)
	}
	if err := approved.Check(filepath.Join(dir, "other"), nil); !isNotApproved(err, func(e *profile.NotApprovedError) bool { return !e.Changed }) {
		t.Errorf("a file that was never approved: %v", err)
	}
	read, err := s.Get(approved.Profile)
	if diff := cmp.Diff(approved, read); err != nil || diff != "" {
		t.Error(err, diff)
	}
	entries, _ := os.ReadDir(s.Dir)
	for _, entry := range entries {
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", entry.Name(), info.Mode(), err)
		}
	}
}

func isNotApproved(err error, and func(*profile.NotApprovedError) bool) bool {
	var no *profile.NotApprovedError
	return errors.As(err, &no) && and(no)
}

// What cannot be used is not approved.
func TestNothingBrokenIsApproved(t *testing.T) {
	for name, text := range map[string]string{
		"mine.json": `{"type": "objekt"}`, "seats.json": `{`, "vendor.pub": "no key",
		"licseal.yaml": "schema: mine.json\nroles: {id: /nothing}\n",
	} {
		dir := folder(t)
		write(t, dir, map[string]string{name: text})
		p, err := profile.Open(filepath.Join(dir, profile.Name))
		if err != nil {
			t.Fatal(err)
		}
		if a, err := profile.NewApproval(p); err == nil {
			t.Errorf("%s is %q, and was approved: %v", name, text, a)
		}
	}
}

func TestFind(t *testing.T) {
	dir, s := folder(t), profile.Store{Dir: t.TempDir()}
	below := filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(below, 0o700); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(below, link); err != nil {
		t.Skip(err)
	}
	path := filepath.Join(dir, profile.Name)
	find := func(from string) error {
		t.Helper()
		p, a, err := s.Find(from)
		if err == nil && (p == nil || p.Path != path || a == nil || a.Profile != path) {
			t.Errorf("from %s: found %v, %v", from, p, a)
		}
		return err
	}
	places := []string{dir, below, link}
	refused := func(what string, and func(*profile.NotApprovedError) bool) {
		t.Helper()
		for _, from := range places {
			if err := find(from); !isNotApproved(err, and) {
				t.Errorf("%s, from %s: %v", what, from, err)
			}
		}
	}
	plain := func(e *profile.NotApprovedError) bool { return !e.Changed && !e.Gone && !e.Link }
	refused("not approved", plain)
	approve(t, s, dir)
	for _, from := range places {
		if err := find(from); err != nil {
			t.Errorf("approved, from %s: %v", from, err)
		}
	}
	write(t, dir, map[string]string{profile.Name: "schema: kong\n"})
	refused("changed", func(e *profile.NotApprovedError) bool { return e.Changed })
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	refused("removed", func(e *profile.NotApprovedError) bool { return e.Gone })
	// A link to a profile that is approved elsewhere does not bring it here.
	other := folder(t)
	approve(t, s, other)
	if err := os.Symlink(filepath.Join(other, profile.Name), path); err != nil {
		t.Fatal(err)
	}
	refused("a link", func(e *profile.NotApprovedError) bool { return e.Link })
	// The nearest one applies, approved or not.
	write(t, dir, map[string]string{"a/licseal.yaml": ""})
	places = places[1:]
	refused("a nearer one", plain)
	if forgotten, err := s.Forget(path); err != nil || !forgotten {
		t.Errorf("forgotten: %t, %v", forgotten, err)
	}
	if forgotten, err := s.Forget(path); err != nil || forgotten {
		t.Errorf("forgotten twice: %t, %v", forgotten, err)
	}
}

// What the user has never approved is passed over; what has changed is not.
func TestFindApproved(t *testing.T) {
	dir, s := folder(t), profile.Store{Dir: t.TempDir()}
	below := filepath.Join(dir, "a", "b")
	write(t, dir, map[string]string{"a/licseal.yaml": "schema: kong\n"})
	if err := errors.Join(os.MkdirAll(below, 0o700), os.Symlink(filepath.Join(dir, profile.Name), filepath.Join(below, profile.Name))); err != nil {
		t.Skip(err)
	}
	found := func() string {
		t.Helper()
		p, a, passed, err := s.FindApproved(below)
		if err != nil {
			return err.Error()
		}
		if p == nil {
			return fmt.Sprint(len(passed))
		}
		return fmt.Sprint(len(passed), p.Path == a.Profile, strings.TrimPrefix(p.Path, dir))
	}
	if got := found(); got != "3" {
		t.Errorf("nothing is approved: %s", got)
	}
	approve(t, s, dir)
	if got := found(); got != "2 true/licseal.yaml" {
		t.Errorf("one is approved: %s", got)
	}
	write(t, dir, map[string]string{profile.Name: "schema: kong\n"})
	if got := found(); got != "this profile has changed since you approved it, so it is not used" {
		t.Errorf("it has changed: %s", got)
	}
	if err := os.Remove(filepath.Join(dir, profile.Name)); err != nil {
		t.Fatal(err)
	}
	if got := found(); got != "you have approved this profile, but it cannot be found any more" {
		t.Errorf("it was removed: %s", got)
	}
}

func TestNoProfile(t *testing.T) {
	s := profile.Store{Dir: t.TempDir()}
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if p, a, err := s.Find(dir); p != nil || a != nil || err != nil {
			t.Errorf("%v, %v, %v", p, a, err)
		}
	}
	// Without a configuration folder, nothing is approved.
	if _, _, err := (profile.Store{}).Find(folder(t)); !isNotApproved(err, func(*profile.NotApprovedError) bool { return true }) {
		t.Error(err)
	}
	if err := (profile.Store{}).Put(&profile.Approval{}); err == nil {
		t.Error("an approval was kept nowhere")
	}
}

func TestDamagedApproval(t *testing.T) {
	dir, s := folder(t), profile.Store{Dir: t.TempDir()}
	approve(t, s, dir)
	entries, _ := os.ReadDir(s.Dir)
	for _, text := range []string{"", "{", `{"profile":"/other","files":{}}`} {
		if err := os.WriteFile(filepath.Join(s.Dir, entries[0].Name()), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Find(dir); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
