package testenv

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Clone returns a new folder with a clone of this project, for tests of what a build
// records. Its last commit has the files as they are here, committed or not, and the tag
// v0.9.0.
func Clone(t testing.TB, root string) string {
	t.Helper()
	Programs(t, "git")
	root, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, ".git")); err != nil {
		Missing(t, "this is not a clone of the project")
	}
	dir := filepath.Join(t.TempDir(), "licseal")
	Git(t, root, "clone", "-q", "--no-hardlinks", "--depth", "1", "--no-tags", "file://"+root, dir)
	for name := range strings.SplitSeq(strings.Trim(Git(t, dir, "ls-files", "-z"), "\x00"), "\x00") {
		os.Remove(filepath.Join(dir, name)) // a file may have been removed
	}
	for name := range strings.SplitSeq(strings.Trim(Git(t, root, "ls-files", "-zco", "--exclude-standard"), "\x00"), "\x00") {
		copyFile(t, filepath.Join(root, name), filepath.Join(dir, name))
	}
	Git(t, dir, "add", "-A")
	Git(t, dir, "commit", "-q", "--allow-empty", "-m", "as it is")
	Git(t, dir, "tag", "-a", "-m", "v0.9.0", "v0.9.0")
	return dir
}

// Git runs git in a folder and returns what it prints. No settings of the user apply, and
// what it commits has always the same time.
func Git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=test", "-c", "user.email=test@licseal.example", "-c", "safe.directory=*"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_COMMITTER_DATE=2026-11-20T12:00:00Z", "GIT_AUTHOR_DATE=2026-11-20T12:00:00Z")
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return string(output)
}

// copyFile copies a file with its permissions, if it is there.
func copyFile(t testing.TB, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	if os.IsNotExist(err) {
		return // removed, and not committed yet
	}
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o777)
	}
	if err == nil {
		err = os.WriteFile(to, ReadFile(t, from), info.Mode().Perm())
	}
	if err != nil {
		t.Fatal(err)
	}
}
