package main

import (
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal/internal/profile"
	"github.com/licseal/licseal/internal/testenv"
)

// outcome is all that a command line does.
type outcome struct {
	code           int
	stdout, stderr string
	files          map[string]string
}

// isRefused reports whether a command did nothing but say that it does not use the profile.
func (o outcome) isRefused(before map[string]string) bool {
	return o.code == exitFailed && o.stdout == "" && strings.Contains(o.stderr, profile.Name) && maps.Equal(before, o.files)
}

// equal compares what two runs of a command did. A new revocation list has random bytes.
func (o outcome) equal(other outcome, name string) bool {
	sameFiles := func(a, b string) bool { return a == b || name == "revoke new" }
	return o.code == other.code && o.stdout == other.stdout && o.stderr == other.stderr && maps.EqualFunc(o.files, other.files, sameFiles)
}

func (o outcome) String() string {
	return fmt.Sprintf("exit code %d, %q, %q, %d files", o.code, o.stdout[:min(300, len(o.stdout))], o.stderr[:min(300, len(o.stderr))], len(o.files))
}

// hostileProfile sets everything, to what only its author wants.
const hostileProfile = `schema: evil.schema.json
key: other.key
trust: other.key.pub
revocations: evil.list.json
expires: +9000d
variable: LD_PRELOAD
secret: evil
plans: {gold: {set: {customer: evil}, expires: +9000d}}
`

// settingLines returns the command lines for one command: as they are, and without the
// flags that a profile may replace.
func settingLines(name string) [][]string {
	lines := append(slices.Clone(moreSettingLines[name]), hostileLines()[name]...)
	for _, line := range hostileLines()[name] {
		var bare []string
		for i := 0; i < len(line); i++ {
			if slices.Contains([]string{"-t", "-k", "--schema", "--revocations", "--state"}, line[i]) {
				i++
				continue
			}
			bare = append(bare, line[i])
		}
		if len(bare) < len(line) {
			lines = append(lines, bare)
		}
	}
	return lines
}

var moreSettingLines = map[string][][]string{
	"sign":          {{"--plan", "gold", "--from", "{payload.json}"}, {"--schema", "kong", "--plan", "gold", "{payload.json}"}},
	"payload":       {{"--as", "env", "{licence.json}"}, {"--as", "k8s-secret", "{licence.json}"}},
	"verify":        {{"{evil.json}"}, {"-t", "{other.key.pub}", "{evil.json}"}},
	"check":         {{"{evil.json}"}, {"--no-signature", "{evil.json}"}},
	"trust list":    {{}},
	"revoke new":    {{"-k", "{vendor.key}"}},
	"revoke add":    {{"LS-1", "--reason", "because"}, {"LS-1", "-k", "{vendor.key}"}},
	"revoke remove": {{"LS-1"}},
	"revoke renew":  {{"-k", "{vendor.key}"}},
	"revoke show":   {{"LS-1"}, {"-t", "{vendor.key.pub}"}},
	"renew":         {{"{licence.json}", "-k", "{vendor.key}", "--schema", "kong", "-t", "{vendor.key.pub}"}},
}

// newProfileRun returns a run in the folder above/here of a new folder, at a time that
// stands still, with a configuration folder of its own.
func newProfileRun(t *testing.T) (h *hostileRun, root string) {
	root, err := filepath.EvalSymlinks(testenv.QuickDir(t))
	if err != nil {
		t.Fatal(err)
	}
	here := filepath.Join(root, "above", "here")
	if err := os.MkdirAll(here, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(here)
	t.Setenv("XDG_CONFIG_HOME", testenv.QuickDir(t))
	clock, instant := now, now()
	now = func() time.Time { return instant }
	t.Cleanup(func() { now = clock })
	h = newHostileRun(t)
	h.files["evil.schema.json"] = `{"type":"object","x-licseal":{"roles":{"id":"/customer","not_before":"/license_creation_date","not_after":"/license_creation_date"}}}`
	h.files["other.key"], h.files["other.key.pub"] = h.read("other.key"), h.read("other.key.pub")
	h.files["evil.json"], _, _ = h.run([]string{"sign", "-k", "other.key", "payload.json"}, "")
	h.run([]string{"revoke", "new", "evil.list.json", "-k", "other.key"}, "")
	h.files["evil.list.json"] = h.read("evil.list.json")
	return h, root
}

// outcome runs a command line after prepare has changed the folder.
func (h *hostileRun) outcome(name string, line []string, prepare func()) (o outcome, before map[string]string) {
	h.t.Helper()
	args := append(strings.Fields(name), h.named(line, "")...)
	if strings.HasPrefix(name, "admin") {
		args = append(args, "--url", h.url)
	}
	if prepare != nil {
		prepare()
	}
	before = h.tree()
	o.stdout, o.stderr, o.code = h.run(args, h.files["licence.json"])
	o.files = h.tree()
	return o, before
}

// tree returns the files of the working directory, except for the profile.
func (h *hostileRun) tree() map[string]string {
	files := map[string]string{}
	h.must(filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && path != profile.Name {
			files[path] = h.read(path)
		}
		return err
	}))
	return files
}

// withoutIgnored removes the warnings that a profile is ignored.
func withoutIgnored(stderr string) string {
	return regexp.MustCompile(`(?m)^warning: .*/licseal.yaml: you have not approved this profile, so it is ignored\n`).ReplaceAllString(stderr, "")
}

// A profile that the user has not approved changes nothing that any command does, except
// that it may be an error: in the folder, above it, or by a link.
func TestUnapprovedProfile(t *testing.T) {
	h, root := newProfileRun(t)
	elsewhere := filepath.Join(root, "elsewhere")
	h.must(os.Mkdir(elsewhere, 0o700))
	for name, text := range h.files {
		h.must(os.WriteFile(filepath.Join(elsewhere, name), []byte(text), 0o600))
	}
	h.must(os.WriteFile(filepath.Join(elsewhere, profile.Name), []byte(hostileProfile), 0o600))
	if _, stderr, code := h.run([]string{"config", "approve", filepath.Join(elsewhere, profile.Name)}, ""); code != 0 {
		t.Fatal(stderr)
	}
	above := filepath.Join(root, "above")
	absolute := strings.NewReplacer("evil", elsewhere+"/evil", "other", elsewhere+"/other").Replace(hostileProfile)
	absolute = strings.Replace(absolute, "secret: "+elsewhere+"/", "secret: ", 1)
	put := func(path, text string) func() {
		return func() { h.must(os.WriteFile(path, []byte(text), 0o600)) }
	}
	link := func(path, to string) func() { return func() { h.must(os.Symlink(to, path)) } }
	places := map[string]func(){
		"here":               put(profile.Name, hostileProfile),
		"above":              put(filepath.Join(above, profile.Name), absolute),
		"far above":          put(filepath.Join(root, profile.Name), absolute),
		"a link":             link(profile.Name, filepath.Join(elsewhere, profile.Name)), // to one that is approved there
		"a link above":       link(filepath.Join(above, profile.Name), filepath.Join(elsewhere, profile.Name)),
		"a link to nothing":  link(profile.Name, "none"),
		"a folder":           func() { h.must(os.Mkdir(profile.Name, 0o700)) },
		"what cannot be one": put(profile.Name, "\x00"),
	}
	refused := 0
	for name, cmd := range leaves(newApp().Commands) {
		if strings.HasPrefix(name, "config") || name == "keygen" || name == "init" || name == "register new" {
			continue // these are about the profile, or their outcome is random
		}
		for i, line := range settingLines(name) {
			if i >= testenv.Rounds(2, math.MaxInt) {
				continue
			}
			plain, _ := h.outcome(name, line, nil)
			for place, prepare := range places {
				got, before := h.outcome(name, line, prepare)
				got.stderr = withoutIgnored(got.stderr)
				for _, dir := range []string{".", above, root} {
					os.Remove(filepath.Join(dir, profile.Name))
				}
				switch {
				case got.isRefused(before):
					refused++
					if findFlag(cmd, profileFlag.Name) == nil {
						t.Errorf("%s %q is refused, and has no --profile", name, line)
					}
				case !got.equal(plain, name):
					t.Errorf("%s %q, with a profile %s:\n%s\ninstead of\n%s", name, line, place, got, plain)
				}
			}
		}
	}
	if refused < 100 {
		t.Errorf("only %d command lines were refused", refused)
	}
	// The profile would have changed something.
	_, _ = h.outcome("verify", []string{"{evil.json}"}, places["here"])
	h.run([]string{"config", "approve"}, "")
	if _, stderr, _ := h.run([]string{"verify", "evil.json"}, ""); strings.Contains(stderr, "usage") {
		t.Errorf("the profile was not used after it was approved: %s", stderr)
	}
}

// approvedRun is a run with a profile that the user has approved.
type approvedRun struct {
	*hostileRun
	root, config string
	older        string // the revocation list before the one in use
}

func newApprovedRun(t *testing.T) *approvedRun {
	h, root := newProfileRun(t)
	r := &approvedRun{hostileRun: h, root: root, config: os.Getenv("XDG_CONFIG_HOME")}
	h.files[profile.Name] = "schema: mine.schema.json\ntrust: vendor.key.pub\nkey: vendor.key\nrevocations: list.json\nexpires: +30d\nvariable: ACME\n"
	h.files["mine.schema.json"] = `{"type":"object","allOf":[{"$ref":"part.schema.json"}],"x-licseal":{"roles":{"id":"/license_key","not_before":"/license_creation_date","not_after":"/license_expiration_date"}}}`
	h.files["part.schema.json"] = `{"required":["customer"]}`
	h.write("")
	r.older = h.files["list.json"]
	h.run([]string{"revoke", "add", "list.json", "-k", "vendor.key", "LS-3", "--profile", "none"}, "")
	h.files["list.json"] = h.read("list.json")
	h.files["revoked.json"], _, _ = h.run([]string{"sign", "-k", "vendor.key", "--schema", "kong", "--from", "payload.json", "--set", "license_key=LS-3"}, "")
	return r
}

// approve approves the profile as it is, and has its list remembered.
func (r *approvedRun) approve() {
	r.must(os.RemoveAll(r.config))
	if _, stderr, code := r.run([]string{"config", "approve"}, ""); code != 0 {
		r.t.Fatal(stderr)
	}
	r.run([]string{"verify", "licence.json"}, "")
}

// changes are what may happen to what was approved.
func (r *approvedRun) changes() map[string]func() {
	remove := func(path string) func() { return func() { r.must(os.Remove(path)) } }
	write := func(path, text string) func() {
		return func() { r.must(os.WriteFile(path, []byte(text), 0o600)) }
	}
	link := func(path, to string) func() {
		return func() { r.must(os.Remove(path)); r.must(os.Symlink(to, path)) }
	}
	return map[string]func(){
		"the profile":               write(profile.Name, hostileProfile),
		"a blank in the profile":    write(profile.Name, r.files[profile.Name]+" "),
		"no profile":                remove(profile.Name),
		"a link for the profile":    link(profile.Name, "all.schema.json"),
		"the schema":                write("mine.schema.json", r.files["evil.schema.json"]),
		"no schema":                 remove("mine.schema.json"),
		"a part of the schema":      write("part.schema.json", "{}"),
		"a link for a part":         link("part.schema.json", "all.schema.json"),
		"the trusted keys":          write("vendor.key.pub", r.files["other.key.pub"]),
		"one more trusted key":      write("vendor.key.pub", r.files["vendor.key.pub"]+r.files["other.key.pub"]),
		"a link for the keys":       link("vendor.key.pub", "other.key.pub"),
		"an older list":             write("list.json", r.older),
		"a list of somebody else":   write("list.json", r.files["evil.list.json"]),
		"a link for the schema":     link("mine.schema.json", "evil.schema.json"),
		"a link for the list":       link("list.json", "evil.list.json"),
		"no list":                   remove("list.json"),
		"another private key":       write("vendor.key", r.files["other.key"]),
		"no memory of lists":        func() { r.must(removeAll(r.config, ".state")) },
		"a broken memory of lists":  func() { r.must(overwriteAll(r.config, ".state")) },
		"a broken approval":         func() { r.must(overwriteAll(r.config, ".json")) },
		"no approval":               func() { r.must(removeAll(r.config, ".json")) },
		"a nearer folder's profile": nil, // below
	}
}

// approvedLines are command lines that use what was approved.
var approvedLines = map[string][][]string{
	"verify":      {{"{licence.json}"}, {"{revoked.json}"}, {"{evil.json}"}, {"--batch", "folder"}, {"-t", "{vendor.key.pub}", "{licence.json}"}},
	"check":       {{"{licence.json}"}, {"--no-signature", "{licence.json}"}},
	"sign":        {{"{payload.json}"}, {"-k", "{vendor.key}", "{payload.json}"}, {"--batch", "{rows.ndjson}"}},
	"renew":       {{"--allow-shorten", "{licence.json}"}},
	"diff":        {{"{licence.json}", "{evil.json}"}},
	"inspect":     {{"{licence.json}"}},
	"revoke add":  {{"{list.json}", "LS-9"}, {"LS-9"}, {"LS-9", "-k", "{vendor.key}"}},
	"revoke show": {{"{list.json}"}, {"LS-3"}},
	"trust list":  {{}},
	"payload":     {{"--as", "env", "{licence.json}"}},
	"admin list":  {{}},
	"admin push":  {{"{licence.json}"}},
}

// What a user has approved is used as it was then, or not at all.
func TestChangedSinceApproval(t *testing.T) {
	h := newApprovedRun(t)
	changes, approve := h.changes(), h.approve
	refused := map[string]bool{}
	for name := range approvedLines {
		for i, line := range approvedLines[name] {
			if i >= testenv.Rounds(2, math.MaxInt) {
				continue
			}
			plain, _ := h.outcome(name, line, approve)
			if plain.code == exitUsage {
				t.Errorf("%s %q with an approved profile: %s", name, line, plain.stderr)
			}
			for what, change := range changes {
				if slices.Contains(line, "{list.json}") && what == "an older list" || slices.Contains(line, "-k") && what == "another private key" {
					continue // the command line names it
				}
				if change == nil {
					change = func() {
						h.must(os.MkdirAll("below", 0o700))
						h.must(os.WriteFile(filepath.Join("below", profile.Name), nil, 0o600))
						h.must(os.Chdir("below"))
					}
				}
				got, before := h.outcome(name, line, func() { approve(); change() })
				if stderr := withoutIgnored(got.stderr); stderr != got.stderr {
					if what != "no approval" && what != "a nearer folder's profile" || !slices.Contains(line, "-t") {
						t.Errorf("%s %q, after a change of %s: the profile was ignored", name, line, what)
					}
					got.stderr = stderr
				}
				h.must(os.Chdir(filepath.Join(h.root, "above", "here")))
				switch {
				case got.code != 0 && got.stdout == "" && maps.Equal(before, got.files):
					refused[what] = refused[what] || got.stderr != plain.stderr
				case got.code != plain.code || got.stdout != plain.stdout || got.stderr != plain.stderr:
					t.Errorf("%s %q, after a change of %s:\n%s\ninstead of\n%s", name, line, what, got, plain)
				}
			}
		}
	}
	for what := range changes {
		if !refused[what] {
			t.Errorf("nothing was refused after a change of %s", what)
		}
	}
}

// removeAll and overwriteAll change the files below a folder whose names have an ending.
func removeAll(dir, ending string) error { return eachFile(dir, ending, os.Remove) }
func overwriteAll(dir, ending string) error {
	return eachFile(dir, ending, func(path string) error { return os.WriteFile(path, []byte("{"), 0o600) })
}

func eachFile(dir, ending string, do func(string) error) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ending) {
			err = do(path)
		}
		return err
	})
}
