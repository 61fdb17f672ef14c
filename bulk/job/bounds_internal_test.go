package job

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/verify"
)

// A file name has at most 200 bytes, and is that of a regular file on all systems.
func TestCheckName(t *testing.T) {
	long := strings.Repeat("a", 199)
	for name, ok := range map[string]bool{
		"a": true, "a.json": true, "a b": true, long + "b": true, long + "bc": false, strings.Repeat("a", 198) + "é": true, long + "é": false,
		"": false, ".": false, "..": false, ".a": false, "a.": false, "a ": false, " a": true, "a/b": false, `a\b`: false, "a:b": false, "a*": false,
		"a?": false, `a"`: false, "a<": false, "a>": false, "a|": false, "a\n": false, "a\x7f": false, "a\u0085": false, "a\xff": false, "a\ufffd": false, "nul": true,
	} {
		if err := checkName(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Lines that come slowly are written all the same, and before the writer ends.
func TestLinesAreNotHeldBack(t *testing.T) {
	out := new(testenv.Buffer)
	l := newLineWriter("out", out)
	for i := range 2 {
		if err := l.line(fmt.Sprint("line ", i)); err != nil {
			t.Fatal(err)
		}
		out.WaitFor(t, fmt.Sprintf("line %d\n", i))
	}
	if err := l.end(); err != nil || out.String() != "line 0\nline 1\n" {
		t.Errorf("got %q, %v", out, err)
	}
}

// Lines are written as soon as they fill the buffer. After an error nothing more is
// written, and the error comes again.
func TestLinesFillTheBuffer(t *testing.T) {
	for size, written := range map[int]int{writeBytes - 1: 0, writeBytes: 1} {
		w := &brokenWriter{err: errors.New("full")}
		l := &lineWriter{name: "out", w: w}
		err := l.line(strings.Repeat("x", size-1))
		if w.calls != written || (written > 0) != errors.Is(err, w.err) {
			t.Errorf("after %d bytes: %v, written %d times", size, err, w.calls)
		}
		if err := l.line(strings.Repeat("x", writeBytes)); !errors.Is(err, w.err) || w.calls != 1 {
			t.Errorf("after an error: %v, written %d times", err, w.calls)
		}
	}
}

// brokenWriter fails.
type brokenWriter struct {
	err   error
	calls int
}

func (b *brokenWriter) Write([]byte) (int, error) {
	b.calls++
	return 0, b.err
}

// A file of rejects begins with one, or with what was written of it when the job was
// interrupted.
func TestContainsRejects(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rejects")
	if containsRejects(path) {
		t.Error("a file that does not exist contains rejects")
	}
	for content, want := range map[string]bool{
		"": true, `{"ro`: true, `{"row":`: true, `{"row":5,"line":6}` + "\n": true, `{"row" :5}`: false, "precious": false, " {": false,
	} {
		testenv.WriteFile(t, path, content)
		if got := containsRejects(path); got != want {
			t.Errorf("%q: %t", content, got)
		}
	}
}

// A merge counts all rows of its parts, and says how many are done and what memory that
// takes.
func TestMergeReports(t *testing.T) {
	const rows = 1 << 16
	path := filepath.Join(t.TempDir(), "part")
	var text strings.Builder
	sum := newLineSum()
	line := func(line string) {
		sum.add(line)
		text.WriteString(line + "\n")
	}
	line(jsonLine(partLine{Part: &Settings{Format: 1, Kind: kindVerify, Shard: 1, Of: 1}}))
	for range rows {
		line("accepted")
	}
	line(jsonLine(partLine{End: &partEnd{Rows: rows, Lines: sum.String(), States: map[verify.State]int{verify.Valid: rows}}}))
	testenv.WriteFile(t, path, text.String())
	progress := new(Progress)
	var memory []int
	o := &MergeOptions{Output: Output{Path: path + ".out"}, Progress: progress, Memory: func(bytes int) { memory = append(memory, bytes) }}
	merged, err := Merge(context.Background(), []string{path}, o)
	if err != nil {
		t.Fatal(err)
	}
	if merged.Rows != rows || merged.Written != rows || progress.Done() != rows || progress.Share() != 1 {
		t.Errorf("%+v; %d are done, %v of the parts is read", merged, progress.Done(), progress.Share())
	}
	if len(memory) != 1 || memory[0] != 32*rows {
		t.Errorf("memory: %d", memory)
	}
	if info, err := os.Stat(o.Output.Path); err != nil || info.Size() != rows*int64(len("accepted\n")) {
		t.Errorf("the merged file: %v, %v", info, err)
	}
}

// A file gets its final name, or it is said why not and where it is.
func TestMoveInPlace(t *testing.T) {
	dir := t.TempDir()
	temp, path, folder := filepath.Join(dir, "temp"), filepath.Join(dir, "out"), filepath.Join(dir, "folder")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	testenv.WriteFile(t, temp, "new")
	testenv.WriteFile(t, path, "old")
	err := moveInPlace(temp, path, false)
	if e := (*Error)(nil); !errors.As(err, &e) || e.Problem != Appeared || !strings.Contains(err.Error(), temp) {
		t.Errorf("a file that has appeared: %v", err)
	}
	if err := moveInPlace(temp, folder, true); err == nil {
		t.Error("a folder is overwritten")
	}
	if err := moveInPlace(temp, path, true); err != nil || string(testenv.ReadFile(t, path)) != "new" {
		t.Errorf("overwrite: %v", err)
	}
}
