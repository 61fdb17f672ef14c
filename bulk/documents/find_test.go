//go:build unix

package documents

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
)

// The longest text that is a document.
var longest = `"` + strings.Repeat("a", licseal.DefaultMaxBytes-2) + `"`

// tree fills the current folder, which is a new one, with files.
func tree(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll("all/sub/deep", 0o755))
	for name, text := range map[string]string{
		"one.json":            "{}\n",
		"two.NDJSON":          "{}\n[]\n",
		"three.jsonl":         "{}\n",
		"lines":               "{}\n[]\n",
		"lines-short":         "{}\n1",
		"lines-longest":       longest + "\n1",
		"line-too-long":       longest + " \n1\n",
		"no-lines":            "{\n}\n",
		"one-line":            "{}\n \n",
		"not-json":            "a\n{}\n",
		"bad.ndjson":          "{}\n" + longest + " \n[]",
		"longest.json":        longest,
		"too-long.json":       longest + " ",
		".hidden.json":        "{}",
		"all/a.json":          "1",
		"all/lines":           "{}\n[]\n",
		"all/.hidden":         "2",
		"all/sub/b.json":      "3",
		"all/sub/deep/c.json": "4",
		"all/sub/z.jsonl":     "5\n6\n",
	} {
		must(os.WriteFile(name, []byte(text), 0o644))
	}
	must(os.Symlink("sub/b.json", "all/link"))
	must(os.Symlink("sub", "all/folder-link"))
	must(os.Symlink("none", "dangling"))
	must(os.Symlink("none", "all/nowhere"))
	must(os.Symlink("pipe", "all/to-pipe"))
	must(syscall.Mkfifo("all/pipe", 0o644))
}

// found returns what Load reads of a document.
func found(d Document) string {
	d.Load()
	d.Load() // the second time does nothing
	text := string(d.Text)
	if len(text) > 20 {
		text = fmt.Sprintf("%d bytes", len(text))
	}
	if d.Err != nil {
		text += "error: " + d.Err.Error()
	}
	return strings.TrimSpace(d.Name() + " " + strings.ReplaceAll(text, "\n", "⏎"))
}

const (
	tooLong     = "error: is larger than 65536 bytes, the most that is read"
	lineTooLong = "error: the line is longer than 65536 bytes, the limit"
)

// What is found in files, in folders and by patterns; and nothing more after whoever
// asks has enough.
func TestFind(t *testing.T) {
	tree(t)
	for args, want := range map[string][]string{
		"one.json":          {"one.json {}⏎"},
		"one.json no-lines": {"one.json {}⏎", "no-lines {⏎}⏎"},
		"two.NDJSON":        {"two.NDJSON:1 {}", "two.NDJSON:2 []"},
		"three.jsonl":       {"three.jsonl:1 {}"},
		"lines":             {"lines:1 {}", "lines:2 []"},
		"lines-short":       {"lines-short:1 {}", "lines-short:2 1"},
		"lines-longest":     {"lines-longest:1 65536 bytes", "lines-longest:2 1"},
		"line-too-long":     {"line-too-long " + tooLong},
		"one-line":          {"one-line {}⏎ ⏎"},
		"not-json":          {"not-json a⏎{}⏎"},
		"bad.ndjson":        {"bad.ndjson:1 {}", "bad.ndjson:2 " + lineTooLong, "bad.ndjson:3 []"},
		"longest.json":      {"longest.json 65536 bytes"},
		"too-long.json":     {"too-long.json " + tooLong},
		"none":              {"none error: no such file or directory"},
		"none.ndjson lines": {"none.ndjson error: no such file or directory", "lines:1 {}", "lines:2 []"},

		"all/sub": {"all/sub/b.json 3", "all/sub/deep/c.json 4", "all/sub/z.jsonl:1 5", "all/sub/z.jsonl:2 6"},
		"all": {
			"all/a.json 1", "all/folder-link error: reading: is a directory", "all/lines {}⏎[]⏎", "all/link 3",
			"all/nowhere error: no such file or directory", "all/pipe error: is neither a file nor a folder",
			"all/sub/b.json 3", "all/sub/deep/c.json 4", "all/sub/z.jsonl:1 5", "all/sub/z.jsonl:2 6",
			"all/to-pipe error: is neither a file nor a folder",
		},

		"*.json":        {"longest.json 65536 bytes", "one.json {}⏎", "too-long.json " + tooLong},
		".h*":           {".hidden.json {}"},
		"all/[ab]*":     {"all/a.json 1"},
		"all/.h*":       {"all/.hidden 2"},
		"a*/sub/b.json": {"all/sub/b.json 3"},
		"a*/s*/*.json":  {"all/sub/b.json 3"},
		"a*/*/b.json":   {"all/folder-link/b.json 3", "all/sub/b.json 3"},
		"all/s*/":       {"all/sub/b.json 3", "all/sub/deep/c.json 4", "all/sub/z.jsonl:1 5", "all/sub/z.jsonl:2 6"},
		"all/p*":        {"all/pipe error: is neither a file nor a folder"},
		"dang*":         {"dangling error: no such file or directory"},
		"*.none":        {"*.none error: no file matches the pattern"},
		"one.j[":        {"one.j[ error: no file matches the pattern"},
		"none/* lines":  {"none/* error: no file matches the pattern", "lines:1 {}", "lines:2 []"},
	} {
		t.Run(strings.ReplaceAll(args, "/", "|"), func(t *testing.T) {
			var got []string
			for d := range new(Finder).All(strings.Fields(args)) {
				got = append(got, found(d))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for most := range got {
				n := 0
				for range new(Finder).All(strings.Fields(args)) { // going on after a break is a panic
					if n++; n > most {
						break
					}
				}
			}
		})
	}
}

// A document is read once: what is judged and what is shown are the same.
func TestLoadOnce(t *testing.T) {
	tree(t)
	for d := range new(Finder).All([]string{"one.json"}) {
		d.Load()
		if err := os.WriteFile("one.json", []byte("[]"), 0o644); err != nil {
			t.Fatal(err)
		}
		if d.Load(); string(d.Text) != "{}\n" {
			t.Errorf("read again: %q", d.Text)
		}
	}
}

// A pattern for the root of the file system is found there.
func TestFindInRoot(t *testing.T) {
	top, _, _ := strings.Cut(t.TempDir()[1:], "/")
	var got []string
	if !new(Finder).matches("/"+top[:1]+"*", func(name string) bool {
		got = append(got, name)
		return true
	}) || !slices.Contains(got, "/"+top) {
		t.Errorf("/%s is not among %q", top, got)
	}
}

// A pipe is read once, and is told from NDJSON as a file is.
func TestFindInPipe(t *testing.T) {
	t.Chdir(t.TempDir())
	for i, test := range []struct {
		name, text string
		want       []string
	}{
		{"a", "{}\n", []string{"a {}⏎"}},
		{"a", "{\n}\n", []string{"a {⏎}⏎"}},
		{"a", "a\nb\n", []string{"a a⏎b⏎"}},
		{"a", "{}\n[]", []string{"a:1 {}", "a:2 []"}},
		{"a.ndjson", "{}\n", []string{"a.ndjson:1 {}"}},
		{"a", longest + "\n1", []string{"a:1 65536 bytes", "a:2 1"}},
		{"a", longest + " ", []string{"a " + tooLong}},
		{"a", longest, []string{"a 65536 bytes"}},
	} {
		if err := syscall.Mkfifo(test.name, 0o644); err != nil {
			t.Fatal(err)
		}
		written := make(chan error)
		go func() { written <- os.WriteFile(test.name, []byte(test.text), 0) }()
		var got []string
		for d := range new(Finder).All([]string{test.name}) {
			got = append(got, found(d))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("pipe %d (-want +got)\n%s", i, diff)
		}
		if err := <-written; err != nil {
			t.Errorf("pipe %d: %v", i, err)
		}
		os.Remove(test.name)
	}
}

// An error of reading is reported after the lines before it.
func TestFindReadError(t *testing.T) {
	closed, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	before := os.Stdin
	os.Stdin = closed
	defer func() { os.Stdin = before }()
	var got []string
	for d := range new(Finder).All([]string{"-"}) {
		got = append(got, found(d))
	}
	if want := []string{"standard input error: reading: file already closed"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The memory that names take is reported for large folders, with that of the folders
// above, and is given back.
func TestMemoryOfNames(t *testing.T) {
	list := func(bytes, spans int) *nameList {
		return &nameList{make([]byte, 1, bytes), make([]nameSpan, 1, spans)}
	}
	for _, test := range []struct{ bytes, spans, memory int }{{100, 10, 180}, {1 << 20, 0, 1 << 20}} {
		if got := (&nameList{make([]byte, 0, test.bytes), make([]nameSpan, 0, test.spans)}).memory(); got != test.memory {
			t.Errorf("%d bytes and %d names take %d, want %d", test.bytes, test.spans, got, test.memory)
		}
	}
	var reports []int
	f := Finder{Memory: func(bytes int) { reports = append(reports, bytes) }}
	small, most, large := list(100, 1), list(1<<20-8, 1), list(1<<20-7, 1)
	f.eachName(large, func(string) bool {
		f.eachName(most, func(string) bool {
			return f.eachName(small, func(string) bool { return true })
		})
		return f.eachName(large, func(string) bool { return false })
	})
	if want := []int{large.memory(), 2 * large.memory()}; !slices.Equal(reports, want) || f.names != 0 {
		t.Errorf("reported %d, want %d; %d are left", reports, want, f.names)
	}
	(&Finder{}).eachName(large, func(string) bool { return true }) // nobody asks
}
