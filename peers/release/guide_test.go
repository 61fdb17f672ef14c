package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
)

// The guide is run from top to bottom, as an auditor would: with the files of a release, the
// key, and the source, in another folder and with other settings than those of the release.
// "go run ./release" is this program, which is compiled already.
func TestGuide(t *testing.T) {
	dist, public := built(t)
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "release"), os.DirFS(dist)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"release.key", "release.key.pub"} {
		testenv.WriteFile(t, filepath.Join(dir, name), testenv.ReadFile(t, filepath.Join(filepath.Dir(public), name)))
	}
	testenv.Git(t, shared, "clone", "-q", "source", filepath.Join(dir, "source"))
	testenv.Programs(t, "jq", "git", "ssh-keygen", "sha256sum")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	elsewhere(t)
	t.Setenv("PATH", unpacked(t)+":"+os.Getenv("PATH"))
	steps := testenv.GuideSteps(string(testenv.ReadFile(t, "../../docs/releases.md")))
	if len(steps) < 15 {
		t.Fatalf("%d commands", len(steps))
	}
	for _, s := range steps {
		line := strings.Replace(s.Command, "go run ./release", asProgram+"=1 "+program, 1)
		if line != s.Command && systems() != "" {
			line = strings.Replace(line, " -o ", " -only "+systems()+" -o ", 1)
		}
		command := exec.Command("bash", "-c", line)
		command.Dir = dir
		out, err := command.CombinedOutput()
		if err := s.Compare(string(out), err != nil); err != nil {
			t.Fatal(err)
		}
	}
}
