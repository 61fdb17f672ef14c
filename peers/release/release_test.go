package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
)

// shared is where the tests of this process keep a release that they only read.
var shared string

// asProgram is the variable with which this program is that of the package, and no test.
const asProgram = "LICSEAL_TEST_RELEASE"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	testenv.Isolate()
	dir, err := os.MkdirTemp("", "licseal-release-test-")
	if err != nil {
		panic(err)
	}
	shared = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// systems is what the tests build for: one system, or all if slow tests are wanted.
func systems() string {
	if testenv.Rounds(0, 1) > 0 {
		return ""
	}
	return "linux/amd64"
}

// built returns a folder with a release, which is signed, and the file of the public key.
func built(t *testing.T) (dir, public string) {
	t.Helper()
	key := filepath.Join(shared, "release.key")
	dir = filepath.Join(shared, "dist")
	buildOnce.Do(func() {
		root := filepath.Join(shared, "source")
		if err := os.Rename(testenv.Clone(t, "../.."), root); err != nil {
			t.Fatal(err)
		}
		if err := build(root, dir, systems(), "", false); err != nil {
			t.Fatal(err)
		}
		testenv.Run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "licseal release", "-f", key)
		if err := signRelease(root, dir, key); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := os.Stat(filepath.Join(dir, licenceFile)); err != nil {
		t.Fatal("the release was not built")
	}
	return dir, key + ".pub"
}

var buildOnce sync.Once

// unpacked returns a folder with the programs of a release for this machine.
func unpacked(t *testing.T) string {
	t.Helper()
	dir, _ := built(t)
	to := t.TempDir()
	testenv.Run(t, "tar", "-xzf", filepath.Join(dir, "licseal_0.9.0_linux_amd64.tar.gz"), "-C", to, "--strip-components=1")
	return to
}

// elsewhere makes this process look like that of another user with other settings.
func elsewhere(t *testing.T) {
	for _, name := range []string{"GOMODCACHE", "GOCACHE"} { // they depend on HOME
		t.Setenv(name, strings.TrimSpace(testenv.Run(t, "go", "env", name)))
	}
	for name, value := range map[string]string{
		"TZ": "Pacific/Chatham", "LC_ALL": "C", "HOME": t.TempDir(), "SOURCE_DATE_EPOCH": "1", "GOAMD64": "v3",
		"GOFLAGS": "-ldflags=-w -tags=none", "CGO_ENABLED": "1",
	} {
		t.Setenv(name, value)
	}
	before := syscall.Umask(0o077)
	t.Cleanup(func() { syscall.Umask(before) })
}

// Compiled again without anything that was compiled before, for all systems, it is the same
// bytes. TestGuide shows it for one system.
func TestReproducible(t *testing.T) {
	if systems() != "" {
		t.Skip("it takes many minutes")
	}
	dir, _ := built(t)
	root := filepath.Join(t.TempDir(), "another", "folder")
	testenv.Git(t, shared, "clone", "-q", "source", root)
	elsewhere(t)
	t.Setenv("GOCACHE", t.TempDir())
	again := filepath.Join(t.TempDir(), "elsewhere", "again")
	if err := os.Mkdir(filepath.Dir(again), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := build(root, again, systems(), "", false); err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, entry := range entries(t, again) {
		name := entry.Name()
		if name == fieldsFile {
			continue
		}
		files++
		if !bytes.Equal(testenv.ReadFile(t, filepath.Join(dir, name)), testenv.ReadFile(t, filepath.Join(again, name))) {
			t.Errorf("%s has other bytes", name)
		}
	}
	if len(entries(t, dir)) != files+2 { // the signatures
		t.Errorf("%d files, and %d with the signatures", files, len(entries(t, dir)))
	}
}

func entries(t *testing.T, dir string) []fs.DirEntry {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The programs say that they are of the release, and each archive has what it should.
func TestPrograms(t *testing.T) {
	dir := unpacked(t)
	for _, p := range programs {
		command := exec.Command(filepath.Join(dir, p.name), strings.Replace(p.name, "licseal-verify", "--version", 1))
		if p.name != "licseal-verify" {
			command.Args[1] = "version"
		}
		var stderr bytes.Buffer
		command.Stderr = &stderr
		said, err := command.Output()
		if err != nil || !strings.HasPrefix(string(said), p.name+" v0.9.0 go1.") || stderr.Len() > 0 || !strings.Contains(string(said), "\n  CGO_ENABLED=0\n") {
			t.Errorf("%s: %v\n%s%s", p.name, err, said, &stderr)
		}
	}
	for _, name := range []string{"LICENSE", "NOTICE", "README.md", "docs/rotation.md", "man/licseal.1", "man/licseald.8", "man/licseal-verify.1", "completions/_licseal", "completions/licseal.ps1", "completions/licseald.bash", "docs/licseald/licseald.service"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// What others could not build again is no release.
func TestNoRelease(t *testing.T) {
	root := testenv.Clone(t, "../..")
	out := filepath.Join(t.TempDir(), "dist")
	refused := func(want string) {
		t.Helper()
		if err := build(root, out, "linux/amd64", "", false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, and not %s", err, want)
		}
	}
	testenv.WriteFile(t, filepath.Join(root, "new.txt"), "new")
	refused("not committed")
	testenv.Git(t, root, "add", "new.txt")
	testenv.Git(t, root, "commit", "-q", "-m", "new")
	refused("has no tag")
	testenv.Git(t, root, "tag", "v0.9.1")
	refused("the tag v0.9.1 does not say who made it")
	testenv.Git(t, root, "tag", "-f", "-a", "-m", "0.9.1", "v0.9.1")
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	refused("exist")
}

// Either tool refuses a release in which a file was changed, and nothing is signed that was
// changed after it was built.
func TestTampered(t *testing.T) {
	dir, public := built(t)
	changed := copied(t, dir)
	deb := filepath.Join(changed, "licseal_0.9.0_amd64.deb")
	testenv.WriteFile(t, deb, append(testenv.ReadFile(t, deb), '\n'))
	check := exec.Command("sha256sum", "--check", "--quiet", "--strict", sumsFile)
	check.Dir = changed
	if said, err := check.CombinedOutput(); err == nil {
		t.Errorf("sha256sum: %s", said)
	}

	sums := filepath.Join(changed, sumsFile)
	other, err := sumsOf(changed)
	if err != nil {
		t.Fatal(err)
	}
	delete(other, sumsFile)
	delete(other, signatureFile)
	delete(other, licenceFile)
	testenv.WriteFile(t, sums, listOf(other)) // the checksums of the thief
	allowed, err := allowedSigners(public)
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(allowed)
	verify := exec.Command("ssh-keygen", "-Y", "verify", "-f", allowed, "-I", identity, "-n", namespace, "-s", filepath.Join(changed, signatureFile))
	verify.Stdin = bytes.NewReader(testenv.ReadFile(t, sums))
	if said, err := verify.CombinedOutput(); err == nil {
		t.Errorf("ssh-keygen: %s", said)
	}

	licence := filepath.Join(changed, licenceFile)
	forged := bytes.Replace(testenv.ReadFile(t, licence), []byte(`"`+sumsFile+`":"`), []byte(`"`+sumsFile+`":"f`), 1)
	testenv.WriteFile(t, licence, forged)
	judge := exec.Command(filepath.Join(unpacked(t), "licseal-verify"), "-t", public, licence)
	if said, err := judge.CombinedOutput(); judge.ProcessState.ExitCode() != 5 {
		t.Errorf("licseal-verify: %v\n%s", err, said)
	}
}

// copied returns a copy of a folder.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// A folder that is not what was built is not signed.
func TestSignsWhatWasBuilt(t *testing.T) {
	dir := t.TempDir()
	r := &release{out: dir, version: "v0.9.0"}
	testenv.WriteFile(t, filepath.Join(dir, "a.tar.gz"), "a")
	if err := r.writeSums(); err != nil {
		t.Fatal(err)
	}
	if err := checkBuilt(dir); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"a.tar.gz": "b", "more.deb": "", sumsFile: "", licenceFile: "{}", signatureFile: "s"} {
		t.Run(name, func(t *testing.T) {
			changed := copied(t, dir)
			testenv.WriteFile(t, filepath.Join(changed, name), data)
			if err := checkBuilt(changed); err == nil {
				t.Error("it would be signed")
			}
		})
	}
}
