package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// release is a release that is being built.
type release struct {
	root    string // of the source
	out     string
	version string // as v0.9.0
	commit  string
	goes    string // the version of Go, as go1.26.4
	time    time.Time

	maintainer string            // of the Debian packages
	sources    map[string][]byte // what is delivered as it is, by path
	images     []image
}

// readSource reads which commit a folder is at. The error says what must be so that
// others can build the same.
func readSource(root, maintainer string, untagged bool) (*release, error) {
	r := &release{root: root, sources: map[string][]byte{}}
	changed, err := git(root, "status", "--porcelain")
	if err != nil {
		return nil, err
	}
	if changed != "" {
		return nil, fmt.Errorf("there are files that are not committed:\n%s", changed)
	}
	if r.commit, err = git(root, "rev-parse", "HEAD"); err != nil {
		return nil, err
	}
	tag, err := git(root, "describe", "--tags", "--exact-match", "--match", "v*")
	if err != nil && !untagged {
		return nil, errors.New("the commit has no tag, such as v0.9.0: make it with git tag -s, or give -untagged to try a build")
	}
	r.version = tag // without a tag, the first program that is built says it
	if r.maintainer, err = maintainerOf(root, tag, maintainer); err != nil {
		return nil, err
	}
	seconds, err := git(root, "log", "-1", "--format=%ct")
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return nil, err
	}
	r.time = time.Unix(n, 0).UTC()
	return r, r.readFiles()
}

// readFiles reads the files that are delivered as they are: the documents, and what
// packages install.
func (r *release) readFiles() error {
	list, err := git(r.root, "ls-files", "-z", "--", "LICENSE", "NOTICE", "README.md", "NEWS.md", "SPEC.md", "SECURITY.md", "docs", "peers/release/debian")
	if err != nil {
		return err
	}
	for _, path := range strings.Split(strings.Trim(list, "\x00"), "\x00") {
		if r.sources[path], err = os.ReadFile(filepath.Join(r.root, path)); err != nil {
			return err
		}
	}
	return nil
}

// file returns a file that is delivered as it is. It panics if there is none, since the
// names are those of this program.
func (r *release) file(path string) []byte {
	data, ok := r.sources[path]
	if !ok {
		panic("there is no file " + path)
	}
	return data
}

func git(dir string, args ...string) (string, error) {
	command := exec.Command("git", args...)
	command.Dir = dir
	output, err := command.Output()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		err = fmt.Errorf("git %s: %s", args[0], failed.Stderr)
	}
	return strings.TrimSpace(string(output)), err
}
