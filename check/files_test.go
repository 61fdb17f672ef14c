//go:build unix

package check_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal/check"
)

// Which files are read, in which order, and that as many are counted; and nothing more
// after whoever asks has enough.
func TestFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	errs := []error{os.MkdirAll("all/sub/deep", 0o755), os.MkdirAll("all/.hidden/sub", 0o755), os.MkdirAll("one", 0o755), os.MkdirAll("hidden", 0o755)}
	for _, name := range []string{"a.json", "all/b.json", "all/.c.json", "all/.hidden/sub/d.json", "all/sub/e.json", "all/sub/deep/f.json", "one/g.json", "hidden/.h.json"} {
		errs = append(errs, os.WriteFile(name, []byte(name), 0o644))
	}
	errs = append(errs, os.Symlink("sub/e.json", "all/link"), os.Symlink("sub", "all/to-folder"), os.Symlink("none", "all/dangling"), os.Symlink("one", "linked"), syscall.Mkfifo("all/pipe", 0o644))
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string][]string{
		"a.json":        {"a.json: a.json"},
		"a.json a.json": {"a.json: a.json", "a.json: a.json"},
		"none a.json":   {"none: error: no such file or directory", "a.json: a.json"},
		"- a.json":      {"-: input", "a.json: a.json"},
		"one a.json":    {"one/g.json: one/g.json", "a.json: a.json"},
		"one/":          {"one/g.json: one/g.json"},
		"linked":        {"linked/g.json: one/g.json"},
		"all - one": {
			"all/b.json: all/b.json", "all/dangling: error: no such file or directory", "all/link: all/sub/e.json",
			"all/pipe: error: is neither a file nor a folder", "all/sub/deep/f.json: all/sub/deep/f.json", "all/sub/e.json: all/sub/e.json",
			"all/to-folder: error: is a link to a folder, which is not followed; name the folder itself",
			"-: input", "one/g.json: one/g.json",
		},
	} {
		var got []string
		for f := range check.Files(strings.Fields(args), strings.NewReader("input")) {
			text := string(f.Data)
			if f.Err != nil {
				text += "error: " + f.Err.Error()
			}
			got = append(got, f.Name+": "+text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", args, diff)
		}
		if n := check.CountFiles(strings.Fields(args)); n != len(want) {
			t.Errorf("%s: counted %d files, want %d", args, n, len(want))
		}
		for most := range got {
			n := 0
			for range check.Files(strings.Fields(args), strings.NewReader("")) { // going on after a break is a panic
				if n++; n > most {
					break
				}
			}
		}
	}
	n := 0
	for f := range check.Files([]string{"hidden", "a.json"}, nil) {
		if n++; n == 1 && (f.Name != "hidden" || f.Err != check.ErrEmptyFolder) {
			t.Errorf("a folder of hidden files: %v", f)
		}
	}
	if n != 2 {
		t.Errorf("%d files after a folder of hidden ones", n)
	}
}

// A file that cannot be read is a finding, and so is a licence in place of a name, which
// is not repeated.
func TestFileFindings(t *testing.T) {
	c, licence := newChecker(t, nil), signed(t)
	for _, test := range []struct {
		file       check.File
		name, want string
	}{
		{check.File{Name: "a", Data: []byte(licence)}, "a", ""},
		{check.File{Name: "a", Err: errors.New("no such file or directory")}, "a", "error source-unreadable"},
		{check.File{Name: licence, Err: errors.New("file name too long")}, "an argument", "error licence-as-name"},
	} {
		r := c.File(test.file)
		if r.Name != test.name || codes(r.Findings) != test.want || strings.Contains(fmt.Sprint(r.Findings), "LS-0001") {
			t.Errorf("%.20s: %s: %v, want %s", test.file.Name, r.Name, r.Findings, test.want)
		}
	}
}
