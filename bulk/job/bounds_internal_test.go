package job

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/internal/filelock"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

// A file name has at most 200 bytes, and is that of a regular file on all systems.
func TestCheckName(t *testing.T) {
	long := strings.Repeat("a", 199)
	for name, ok := range map[string]bool{
		"a": true, "a.json": true, "a b": true, long + "b": true, long + "bc": false, strings.Repeat("a", 198) + "é": true, long + "é": false,
		"": false, ".": false, "..": false, ".a": false, "a.": false, "a ": false, " a": true, "a/b": false, "*a": false, `"a`: false, "/a": false, `a\b`: false, "a:b": false, "a*": false,
		"a?": false, `a"`: false, "a<": false, "a>": false, "a|": false, "a\n": false, "a\x7f": false, "a\u0085": false, "a\xff": false, "a\ufffd": false, "nul": true,
	} {
		if err := checkName(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Lines that come slowly are written all the same, whole and without waiting for more.
func TestLinesAreNotHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := new(brokenWriter)
		l := newLineWriter("out", out)
		for i, want := range []string{"line 0\n", "line 0\n\n"} {
			if err := l.line([]string{"line 0", ""}[i]); err != nil {
				t.Fatal(err)
			}
			time.Sleep(3 * maxDelay)
			synctest.Wait()
			if got := out.text.String(); got != want || out.calls != i+1 {
				t.Errorf("after a while, %q is written in %d pieces, want %q", got, out.calls, want)
			}
		}
		if err := l.end(); err != nil || out.calls != 2 {
			t.Errorf("at the end: %v, written %d times", err, out.calls)
		}
	}) // which fails if a goroutine is left
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

// brokenWriter counts what is written, and fails if it has an error.
type brokenWriter struct {
	err   error
	calls int
	text  strings.Builder
}

func (b *brokenWriter) Write(p []byte) (int, error) {
	b.calls++
	if b.err != nil {
		return 0, b.err
	}
	return b.text.Write(p)
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
	const most = 1 << 16
	path := filepath.Join(t.TempDir(), "part")
	var text strings.Builder
	sum := newLineSum()
	line := func(line string) {
		sum.add(line)
		text.WriteString(line + "\n")
	}
	line(jsonLine(partLine{Part: &Settings{Format: 1, Kind: kindVerify, Shard: 1, Of: 1}}))
	for range most {
		line("accepted")
	}
	line(jsonLine(partLine{End: &partEnd{Rows: most, Lines: sum.String(), States: map[verify.State]int{verify.Valid: most}}}))
	testenv.WriteFile(t, path, text.String())
	progress := new(Progress)
	var memory []int
	o := &MergeOptions{Output: Output{Path: path + ".out"}, Progress: progress, Memory: func(bytes int) { memory = append(memory, bytes) }}
	merged, err := Merge(context.Background(), []string{path}, o)
	if err != nil {
		t.Fatal(err)
	}
	if merged.Rows != most || merged.Written != most || progress.Done() != most || progress.Share() != 1 {
		t.Errorf("%+v; %d are done, %v of the parts is read", merged, progress.Done(), progress.Share())
	}
	if len(memory) != 1 || memory[0] != 32*most {
		t.Errorf("memory: %d", memory)
	}
	if info, err := os.Stat(o.Output.Path); err != nil || info.Size() != most*int64(len("accepted\n")) {
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

// The sums of lines are in parts that other versions have written.
func TestLineSum(t *testing.T) {
	sum := newLineSum()
	sum.add("a")
	sum.add("b")
	if got, want := sum.String(), fmt.Sprintf("sha256:%x", sha256.Sum256([]byte("a\nb\n"))); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Lines of JSON show texts as they are.
func TestJSONLine(t *testing.T) {
	if got, want := jsonLine(Reject{Row: 1, Exit: 4, Reasons: []string{"<&>"}}), `{"row":1,"exit":4,"reasons":["<&>"]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A line of a part may be longer than what is read at once.
func TestPartLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "part")
	read := func(lengths ...int) error {
		var text strings.Builder
		for _, n := range lengths {
			text.WriteString(strings.Repeat("x", n) + "\n")
		}
		testenv.WriteFile(t, path, text.String())
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		p := &partFile{lines: bufio.NewReaderSize(f, 1000), sum: newLineSum()}
		for i, n := range lengths {
			line, err := p.next()
			if err != nil {
				return err
			}
			if len(line) != n || strings.Trim(string(line), "x") != "" || p.line != i+1 {
				t.Errorf("line %d (%d) of %d has %d bytes, want %d", i+1, p.line, len(lengths), len(line), n)
			}
		}
		return nil
	}
	if err := read(0, 1, 998, 999, 1000, 1001, 1999, 2000, 5000, 3, 2500, maxPartLine-1, 7); err != nil {
		t.Error(err)
	}
	if err := read(5, maxPartLine+2000); err == nil || err.Error() != fmt.Sprintf("line 2 is longer than %d bytes, the limit", maxPartLine) {
		t.Errorf("an endless line: %v", err)
	}
}

// Parts are read ahead with bounded memory, however many there are.
func TestPartBuffer(t *testing.T) {
	for parts, want := range map[int]int{1: 64 << 10, 128: 64 << 10, 256: 32 << 10, 8192: 1 << 10, maxShards: 838} {
		if got := partBuffer(parts); got != want {
			t.Errorf("%d parts: %d bytes each, want %d", parts, got, want)
		}
	}
}

// A full disk leaves the rejects of before.
func TestRejectsOnAFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rejects")
	testenv.WriteFile(t, path, "old")
	r, err := openRejects(t.Context(), path, nil, overwriteRejects)
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left on device")
	r.lines.w = &brokenWriter{err: full}
	if err := errors.Join(r.add(&Reject{Row: 1, Exit: 4}), r.end(), r.moveInPlace(true)); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if got := string(testenv.ReadFile(t, path)); got != "old" || r.total() != 1 || len(left) != 1 || err != nil {
		t.Errorf("left: %q, %v; %d rejects", got, left, r.total())
	}
}

// An error names its file once, and keeps the problem.
func TestAbout(t *testing.T) {
	plain := errors.New("broken")
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"nothing":        {nil, "<nil>"},
		"an error":       {plain, "out: broken"},
		"of a file":      {&Error{Incomplete, "part", plain}, "part: broken"},
		"without a file": {&Error{Incomplete, "", plain}, "out: broken"},
		"around it":      {fmt.Errorf("first: %w", &Error{Incomplete, "part", plain}), "first: part: broken"},
	} {
		got := about("out", test.err)
		if fmt.Sprint(got) != test.want {
			t.Errorf("%s: %v, want %s", name, got, test.want)
		}
		var was, is *Error
		if errors.As(test.err, &was) && (!errors.As(got, &is) || is.Problem != was.Problem) {
			t.Errorf("%s: the problem is lost", name)
		}
	}
}

// An error says whether somebody interrupted the job, or why it stopped.
func TestInterruptedBy(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(nil)
	if err := interrupted(ctx); err == nil || err.Error() != "interrupted" {
		t.Errorf("got %v", err)
	}
	full := errors.New("the disk is full")
	ctx, cancel = context.WithCancelCause(t.Context())
	cancel(full)
	if err := interrupted(ctx); err != full {
		t.Errorf("got %v", err)
	}
}

// Where rows are, and what is wrong with them in words.
func TestRejectWords(t *testing.T) {
	for want, r := range map[string]Reject{"row 7": {Row: 7}, "line 1": {Row: 7, Line: 1}, "line 2": {Row: 1, Line: 2}} {
		if got := r.Where(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	violation := licseal.Violation{Position: licseal.Position{Pointer: "/a", Line: 1, Column: 5}, Message: "is wrong"}
	for omitted, want := range map[int]string{0: "/a: is wrong", 1: "/a: is wrong; and 1 more violation", 2: "/a: is wrong; and 2 more violations"} {
		got := strings.Join(reasons(&schema.Error{Violations: []licseal.Violation{violation}, Omitted: omitted}), "; ")
		if got != want {
			t.Errorf("%d omitted: %s, want %s", omitted, got, want)
		}
	}
}

// A job with a bounded share of the input known says how much is done.
func TestProgressShare(t *testing.T) {
	for _, test := range []struct {
		read, size int64
		want       float64
	}{{0, 0, 0}, {5, 0, 0}, {0, 10, 0}, {5, 10, 0.5}, {10, 10, 1}, {11, 10, 1}, {1, 1, 1}, {0, 1, 0}} {
		p := new(Progress)
		p.read.Store(test.read)
		p.size.Store(test.size)
		if got := p.Share(); got != test.want {
			t.Errorf("%d of %d: %v, want %v", test.read, test.size, got, test.want)
		}
	}
}

// Rows whose names contain only the id need not be remembered by their ids, too.
func TestNamesOnlyOf(t *testing.T) {
	for pattern, want := range map[string]bool{
		"{id}": true, "licence-{id}.json": true, "{id}-{id}": true, "{customer}": false, "{id}-{customer}": false, "{customer}/{id}": false,
	} {
		n, err := ParseNames(pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := n.onlyOf("/id"); got != want {
			t.Errorf("%s: %t", pattern, got)
		}
	}
}

func TestParseShard(t *testing.T) {
	for text, want := range map[string]Shard{
		"": {}, "1/1": {1, 1}, "3/16": {3, 16}, "16/16": {16, 16}, "1/10000": {1, 10000}, "10000/10000": {10000, 10000},
	} {
		if got, err := ParseShard(text); got != want || err != nil {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"/", "1", "1/", "/1", "0/1", "-1/1", "2/1", "17/16", "1/10001", "a/2", "1/b", "1/2/3", " 1/2", "1/0", "99999999999999999999/2"} {
		if got, err := ParseShard(text); err == nil || got != (Shard{}) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

// Which options decide what a job writes. Jobs that other versions have begun are resumed
// with the sum of these.
func TestSettingsOf(t *testing.T) {
	base := []string{"{}", "", "", "", "", "false"}
	for name, test := range map[string]struct {
		plan rows.Plan
		want []string
	}{
		"nothing":   {rows.Plan{}, base},
		"schema":    {rows.Plan{Schema: schema.Kong()}, []string{"{}", "kong", string(schema.Kong().JSON()), "", "", "false"}},
		"dates":     {rows.Plan{Created: "today", Expires: "+1y"}, []string{"{}", "", "", "today", "+1y", "false"}},
		"complete":  {rows.Plan{Complete: true}, []string{"{}", "", "", "", "", "true"}},
		"odd ids":   {rows.Plan{AllowOddID: true}, append(slices.Clone(base), "odd ids")},
		"terms":     {rows.Plan{AllowShortTerm: true}, append(slices.Clone(base), "short terms")},
		"encoding":  {rows.Plan{Encoding: "cp850"}, append(slices.Clone(base), "read as cp850")},
		"delimiter": {rows.Plan{Delimiter: ';'}, append(slices.Clone(base), "read as ;")},
		"format":    {rows.Plan{DateFormat: "excel"}, append(slices.Clone(base), "read as excel")},
		"mappings":  {rows.Plan{Map: []rows.Mapping{{Column: "A", Field: "b"}}}, append(slices.Clone(base), "column A", "field b")},
		"expiry":    {rows.Plan{DefaultExpires: "+1y"}, append(slices.Clone(base), "expires +1y")},
	} {
		if got := settingsOf(&test.plan); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// A job that begins looks at what is there when the file is locked: what came up or went
// away since, and what an interrupted job has left.
func TestOpenWork(t *testing.T) {
	const run, part = `{"format":1,"kind":"sign","shard":0,"of":0,"settings":"x"}` + "\n", "a line\n"
	settings := Settings{Format: 1, Kind: kindSign, Settings: "x"}
	for _, test := range []struct {
		name             string
		whole, part, run string // what is there; "-" is an empty file
		resume           bool
		want             Problem
		left             string // what the part contains then
		changed          func(path string) error
		err              string
	}{
		{name: "nothing"},
		{name: "nothing to resume", resume: true},
		{name: "a part without settings", part: part},
		{name: "a part with empty settings", part: part, run: "-"},
		{name: "a part with empty settings, resumed", part: part, run: "-", resume: true},
		{name: "settings without a part", run: run},
		{name: "settings without a part, resumed", run: run, resume: true},
		{name: "interrupted", part: part, run: run, want: Interrupted},
		{name: "interrupted, resumed", part: part, run: run, resume: true, left: part},
		{name: "the file appears", changed: func(path string) error { return os.WriteFile(path, nil, 0o644) }, err: "another process has just written this file"},
		{name: "the file is removed", whole: "x", changed: os.Remove, err: "another process has just written this file"},
		{name: "the file is replaced", whole: "x", changed: func(path string) error {
			return errors.Join(os.WriteFile(path+".new", nil, 0o644), os.Rename(path+".new", path))
		}, err: "another process has just written this file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out")
			for name, text := range map[string]string{path: test.whole, path + partEnding: test.part, path + runEnding: test.run} {
				if text != "" {
					testenv.WriteFile(t, name, strings.TrimPrefix(text, "-"))
				}
			}
			w := &workFile{path: path, settings: settings}
			if err := w.acquire(); err != nil {
				t.Fatal(err)
			}
			defer w.release()
			whole, _ := os.Lstat(path)
			if test.changed != nil {
				if err := test.changed(path); err != nil {
					t.Fatal(err)
				}
			}
			err := w.open(whole, test.resume)
			var e *Error
			switch {
			case test.want != "" && (!errors.As(err, &e) || e.Problem != test.want), test.err != "" && (err == nil || err.Error() != test.err):
				t.Errorf("got %v", err)
			case test.want != "" || test.err != "":
				return
			case err != nil:
				t.Fatal(err)
			}
			if left := string(testenv.ReadFile(t, path+partEnding)); left != test.left || w.resumed != (left != "") {
				t.Errorf("the part contains %q, resumed %t", left, w.resumed)
			}
			if got := string(testenv.ReadFile(t, path+runEnding)); got != run {
				t.Errorf("the settings are %s", got)
			}
		})
	}
}

// Files are closed when a job ends, however it does.
func TestWorkIsClosed(t *testing.T) {
	for name, end := range map[string]func(*workFile) error{
		"finish":  (*workFile).finish,
		"leave":   func(w *workFile) error { w.leave(); return nil },
		"discard": func(w *workFile) error { w.discard(); return nil },
	} {
		path := filepath.Join(t.TempDir(), "out")
		w, err := openWork(path, Settings{Format: 1}, start{}, false, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := end(w); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := w.file.Stat(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: the file is open: %v", name, err)
		}
		lock, err := filelock.Try(path)
		if err != nil {
			t.Errorf("%s: still locked: %v", name, err)
			continue
		}
		lock.Release()
	}
}
