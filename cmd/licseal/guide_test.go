//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
)

// fields are those of a licence.
const fields = `{"admin_seats":"5","customer":"Example Company, Inc","dataplanes":"2","license_key":"LS-0001","product_subscription":"Konnect Enterprise","support_plan":"None"}`

// failed matches the beginning of the error of a command that must fail.
var failed = testenv.GuideError

// step is a command of a guide and what it prints.
type step testenv.GuideStep

func TestRotationGuide(t *testing.T)    { runGuide(t, "../../docs/rotation.md") }
func TestTrustedKeysGuide(t *testing.T) { runGuide(t, "../../docs/trusted-keys.md") }

// runGuide runs the very commands of a guide: each section in a folder of its own with
// the files that the guide shows, after the commands of the first section. Each command
// must print what the guide shows, where … is any text, or any lines if it is alone on a
// line, and any run of spaces is one. A command must fail if the guide shows an error.
func runGuide(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split(string(text), "\n## ")[1:]
	begin := steps(sections[0])
	ran := 0
	for _, section := range sections[1:] {
		title, _, _ := strings.Cut(section, "\n")
		own := steps(section)
		if len(own) == 0 {
			continue // only text
		}
		ran++
		t.Run(title, func(t *testing.T) {
			dir := t.TempDir()
			for name, data := range testenv.GuideFiles(string(text)) {
				testenv.WriteFile(t, filepath.Join(dir, name), data)
			}
			for _, s := range append(begin, own...) {
				s.run(t, dir)
			}
		})
	}
	if len(begin) == 0 || ran < 3 {
		t.Errorf("%d sections with commands, after %d commands of the first one", ran, len(begin))
	}
}

func TestRegisterGuide(t *testing.T) { runGuide(t, "../../docs/register.md") }

func TestBulkGuide(t *testing.T) { runGuide(t, "../../docs/bulk.md") }

// steps returns the commands in the console blocks of a section.
func steps(section string) (found []step) {
	for _, s := range testenv.GuideSteps(section) {
		found = append(found, step(s))
	}
	return found
}

// run runs a command in a folder on the day of defaultNow.
func (s step) run(t *testing.T, dir string) {
	t.Helper()
	s.runAt(t, dir, offsetTo(defaultNow))
}

// runAt runs a command in a folder. licseal has a clock that is so far from the machine's.
func (s step) runAt(t *testing.T, dir, offset string) {
	t.Helper()
	if program, _, _ := strings.Cut(s.Command, " "); strings.HasPrefix(program, "ssh-") {
		testenv.Programs(t, program)
	}
	cmd := exec.Command("sh", "-c", s.Command)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), testOffset+"="+offset)
	out, err := cmd.CombinedOutput()
	s.compare(t, string(out), err != nil)
}

// compare compares what a command has printed, and whether it has failed, with the guide.
func (s step) compare(t *testing.T, out string, hasFailed bool) {
	t.Helper()
	if err := testenv.GuideStep(s).Compare(out, hasFailed); err != nil {
		t.Fatal(err)
	}
}

// onDefaultDay returns an environment in which it is the day of defaultNow. The guides
// have dates, and what they print depends on whether these have passed.
func onDefaultDay() []string { return append(os.Environ(), testOffset+"="+offsetTo(defaultNow)) }

// TestConformanceGuide runs the commands of docs/conformance.md, in the repository.
func TestConformanceGuide(t *testing.T) {
	testenv.Programs(t, "node")
	all := steps(string(testenv.ReadFile(t, "../../docs/conformance.md")))
	if len(all) != 2 {
		t.Fatalf("%d commands", len(all))
	}
	for _, s := range all {
		s.run(t, "../..")
	}
}

// TestSmallVerifierGuide runs the commands of docs/licseal-verify.md, with the program that
// they build in the repository, by the clock of the machine.
func TestSmallVerifierGuide(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the standard library with other flags")
	}
	dir := t.TempDir()
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	guide := string(testenv.ReadFile(t, "../../docs/licseal-verify.md"))
	for name, data := range testenv.GuideFiles(guide) {
		testenv.WriteFile(t, filepath.Join(dir, name), data)
	}
	all := steps(guide)
	if len(all) != 12 {
		t.Fatalf("%d commands", len(all))
	}
	for _, s := range all {
		in := dir
		if strings.Contains(s.Command, "go build") {
			in, s.Command = "../..", strings.Replace(s.Command, "go build", "go build -o "+dir+"/licseal-verify", 1)
		}
		s.runAt(t, in, "0s")
	}
}

// TestREADME runs the commands of two sections of the README, but for those that
// need a gateway. They print what stands there, whatever the keys and the time.
func TestREADME(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, defaults, ok := strings.Cut(string(text), "$ cat defaults.json\n")
	if !ok {
		t.Fatal("no defaults.json")
	}
	defaults, _, _ = strings.Cut(defaults, "\n")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "defaults.json"), []byte(defaults+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{
		"licseal keygen -o 2026.key --no-passphrase --comment 'licences 2026'",
		"licseal keygen -o 2027.key --no-passphrase --comment 'licences 2027'",
		"licseal trust add trusted.keys 2026.key.pub --issuer licences@vendor.example",
	} {
		runREADME(t, dir, command)
	}
	for _, title := range []string{"Sign and verify", "Keys for years"} {
		_, section, _ := strings.Cut(string(text), "\n## "+title+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		commands := steps(section)
		if len(commands) < 4 {
			t.Fatalf("%s has %d commands", title, len(commands))
		}
		for _, s := range commands {
			if strings.Contains(s.Command, "curl") {
				continue
			}
			if s.Command == "licseal keygen -o vendor.key" { // there is nobody to ask
				s.Command += " --no-passphrase --comment vendor@example"
				s.Output = strings.Replace(s.Output, "New passphrase:\nThe same again:\n", "", 1)
			}
			got := runREADME(t, dir, s.Command)
			if want := withoutTimes(s.Output); !strings.Contains(s.Command, "trust list") && got != want {
				t.Fatalf("$ %s\nprinted\n%s\nand not\n%s", s.Command, got, want)
			}
		}
	}
}

// TestREADMEOwnProduct runs the commands for a product that is not Kong. The customer, who
// names the keys to trust, has another home.
func TestREADMEOwnProduct(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Your own product\n")
	section, _, _ = strings.Cut(section, "\n## ")
	_, schema, _ := strings.Cut(section, "```json\n")
	schema, _, _ = strings.Cut(schema, "```")
	dir := t.TempDir()
	testenv.WriteFile(t, filepath.Join(dir, "mine.json"), schema)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", "")
	runREADME(t, dir, "licseal keygen -o vendor.key --no-passphrase --comment vendor@example")
	commands := steps(section)
	if len(commands) != 4 {
		t.Fatalf("%d commands", len(commands))
	}
	for _, s := range commands {
		if strings.Contains(s.Command, " -t ") {
			t.Setenv("HOME", t.TempDir())
			t.Setenv("LICSEAL_PROFILE", "none")
		}
		if got := runREADME(t, dir, s.Command); s.Output != "" && got != withoutTimes(s.Output) {
			t.Errorf("$ %s\nprinted\n%s\nand not\n%s", s.Command, got, s.Output)
		}
	}
}

func runREADME(t *testing.T, dir, command string) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir, cmd.Env = dir, onDefaultDay()
	out, err := cmd.CombinedOutput()
	if (err != nil) != failed().Match(out) {
		t.Fatalf("$ %s\n%s%v", command, out, err)
	}
	return withoutTimes(string(out))
}

// withoutTimes leaves out what differs from run to run.
func withoutTimes(text string) string {
	return regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}|AAAA[A-Za-z0-9+/]+|[0-9-]{10}T[0-9:]{8}Z|[0-9]+ days`).ReplaceAllString(text, "…")
}
