package job_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/documents"
	"github.com/licseal/licseal/bulk/job"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

// Licences that were probably not meant are counted, with the line of the first.
func TestDoubtsAreCounted(t *testing.T) {
	text := "license_key,license_creation_date,license_expiration_date\n" +
		"A-1,2026-01-01,2027-01-01\n" +
		"A-2,2026-01-01,2026-07-01\n" + // at this instant
		"A-3,2026-01-01,2026-03-01\n" +
		"A-4,2026-01-01,2026-01-01\n" +
		"A-5,2027-01-01,2027-01-01\n"
	want := &job.Signed{Signed: 5, Rejected: map[int]int{}, Expired: job.Noted{Count: 2, Where: "line 3 of rows.csv"}, NeverValid: job.Noted{Count: 2, Where: "line 5 of rows.csv"}}
	o := options(t, text, filepath.Join(t.TempDir(), "out"), func(o *job.SignOptions) { o.Plan.AllowShortTerm = true })
	if diff := cmp.Diff(want, sign(t, o)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// A row that is kept counts as well.
	if diff := cmp.Diff(want.Expired, sign(t, options(t, text, o.Output.Path, resume, func(o *job.SignOptions) { o.Plan.AllowShortTerm = true })).Expired); diff != "" {
		t.Errorf("resumed (-want +got):\n%s", diff)
	}
}

// What becomes of an existing file of rejects.
func TestExistingRejects(t *testing.T) {
	old := `{"row":99,"line":99,"exit":4,"reasons":["old"],"text":"old"}` + "\n"
	pattern, err := job.ParseNames("{license_key}")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name     string
		before   string // the content of the file of rejects
		folder   bool
		complete bool // an earlier job is complete
		options  []func(*job.SignOptions)
		problem  job.Problem
		want     string // what the file contains afterwards: old, new, or what it was
	}{
		{"a new job", old, false, false, nil, job.Exists, "old"},
		{"a new job in a folder", old, true, false, nil, job.Exists, "old"},
		{"overwrite", "precious", false, false, []func(*job.SignOptions){overwrite}, "", "new"},
		{"overwrite in a folder", "precious", true, false, []func(*job.SignOptions){overwrite}, "", "new"},
		{"nothing to resume", old, false, false, []func(*job.SignOptions){resume}, job.Exists, "old"},
		{"resume in a folder", old, true, false, []func(*job.SignOptions){resume}, "", "new"},
		{"resume in a folder, other content", "precious", true, false, []func(*job.SignOptions){resume}, job.NotRejects, "precious"},
		{"resume what is complete", old, false, true, []func(*job.SignOptions){resume}, "", "old"},
		{"resume what is complete, other content", "precious", false, true, []func(*job.SignOptions){resume}, job.NotRejects, "precious"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path, rejects := filepath.Join(dir, "out"), filepath.Join(dir, "rejects")
			if test.complete {
				sign(t, options(t, batch(5), path))
			}
			write(t, rejects, test.before)
			o := options(t, batch(5), path, test.options...)
			o.Output.Rejects = rejects
			if test.folder {
				o.Output.Path, o.Folder = "", &job.Folder{Path: filepath.Join(dir, "folder"), Names: pattern}
			}
			_, err := job.Sign(context.Background(), o)
			if e := (*job.Error)(nil); test.problem == "" && err != nil || test.problem != "" && (!errors.As(err, &e) || e.Problem != test.problem) {
				t.Errorf("the error is %v", err)
			}
			got := read(t, rejects)
			switch {
			case got == old:
				got = "old"
			case strings.HasPrefix(got, `{"row":5,`) && !strings.Contains(got, "old"):
				got = "new"
			}
			if got != test.want {
				t.Errorf("the rejects are now %s", got)
			}
		})
	}
}

// In a folder, a row counts as kept only if its file is there and is its licence.
func TestFolderResumes(t *testing.T) {
	pattern, err := job.ParseNames("{license_key}.json")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	run := func(text string, changes ...func(*job.SignOptions)) string {
		o := options(t, text, "", append(changes, func(o *job.SignOptions) { o.Folder = &job.Folder{Path: dir, Names: pattern} })...)
		signed := sign(t, o)
		return fmt.Sprintf("%d signed, %d kept, %d exist", signed.Signed, signed.Kept, signed.Rejected[9])
	}
	other := func(o *job.SignOptions) { o.Key = testKey(2) }
	for i, test := range []struct {
		text    string
		changes []func(*job.SignOptions)
		want    string
	}{
		{batch(4), []func(*job.SignOptions){resume}, "4 signed, 0 kept, 0 exist"},
		{batch(4), []func(*job.SignOptions){resume}, "0 signed, 4 kept, 0 exist"},
		{batch(4), nil, "0 signed, 0 kept, 4 exist"},
		{batch(4), []func(*job.SignOptions){resume, other}, "0 signed, 0 kept, 4 exist"},
		{strings.Replace(batch(4), "LS-002,7", "LS-002,8", 1), []func(*job.SignOptions){resume}, "0 signed, 3 kept, 1 exist"},
		{batch(4), []func(*job.SignOptions){overwrite}, "4 signed, 0 kept, 0 exist"},
	} {
		if got := run(test.text, test.changes...); got != test.want {
			t.Errorf("run %d: %s, want %s", i, got, test.want)
		}
	}
}

// A job that was interrupted can be resumed if it has left something: a file or files in a
// folder.
func TestWhatCanBeResumed(t *testing.T) {
	pattern, err := job.ParseNames("{license_key}")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		change func(t *testing.T, o *job.SignOptions)
		want   job.Problem
	}{
		"a file": {func(t *testing.T, o *job.SignOptions) { o.Output.Path = filepath.Join(t.TempDir(), "out") }, job.ResumeLater},
		"a folder": {func(t *testing.T, o *job.SignOptions) {
			o.Folder = &job.Folder{Path: t.TempDir(), Names: pattern}
		}, job.ResumeLater},
		"a stream": {func(_ *testing.T, o *job.SignOptions) { o.Output.Stream = new(strings.Builder) }, ""},
		"a complete file": {func(t *testing.T, o *job.SignOptions) {
			path := filepath.Join(t.TempDir(), "out")
			sign(t, options(t, batch(10), path))
			o.Output.Path, o.Resume = path, true
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			o := options(t, batch(10), "")
			test.change(t, o)
			o.Input.Reader = &cancelAtEnd{strings.NewReader(batch(10)), cancel}
			_, err := job.Sign(ctx, o)
			problem := job.Problem("")
			if e := (*job.Error)(nil); errors.As(err, &e) {
				problem = e.Problem
			}
			if err == nil || problem != test.want {
				t.Errorf("%v has the problem %q, want %q", err, problem, test.want)
			}
		})
	}
}

// A job that ended just before its file got its name goes on if the batch has more rows
// now, and so does a part, whose last line is written again.
func TestResumeMoreRows(t *testing.T) {
	for name, change := range map[string]func(*job.SignOptions){"whole": func(*job.SignOptions) {}, "part": shard(2, 3)} {
		dir := t.TempDir()
		before, alone, path := filepath.Join(dir, "before"), filepath.Join(dir, "alone"), filepath.Join(dir, "out")
		sign(t, options(t, batch(10), before, change))
		sign(t, options(t, batch(20), alone, change))
		write(t, path+".part", read(t, before))
		write(t, path+".run", interruptedSettings(t, batch(10), change))
		sign(t, options(t, batch(20), path, change, resume))
		if diff := cmp.Diff(read(t, alone), read(t, path)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// A part with more rows than the others is refused, whatever its last row is.
func TestMergeOfUnequalParts(t *testing.T) {
	dir := t.TempDir()
	part := func(name string, number int, text string) string {
		path := filepath.Join(dir, name)
		sign(t, options(t, text, path, shard(number, 2)))
		return path
	}
	one := part("one", 1, batch(10))
	for last, row := range map[string]string{"a licence": "LS-011,7\n", "a reject": "LS-011,many\n"} {
		two := part("two "+last, 2, batch(10)+"LS-010,7\n"+row)
		_, err := job.Merge(context.Background(), []string{one, two}, &job.MergeOptions{Output: job.Output{Path: filepath.Join(dir, "out")}})
		if err == nil || !strings.Contains(err.Error(), "has more rows than "+one) {
			t.Errorf("%s: %v", last, err)
		}
	}
}

// The only shard of a batch is a part, too.
func TestOnlyShard(t *testing.T) {
	dir := t.TempDir()
	file, out := filepath.Join(dir, "l.ndjson"), filepath.Join(dir, "out")
	sign(t, options(t, batch(3), file))
	verdicts(t, file, out, func(o *job.VerifyOptions) { o.Shard = job.Shard{Number: 1, Of: 1} })
	if text := read(t, out); !strings.HasPrefix(text, `{"licseal_part":`) || !strings.Contains(text, "\n"+`{"licseal_end":`) {
		t.Errorf("not a part: %s", text)
	}
	verdicts(t, file, out, func(*job.VerifyOptions) {})
	if text := read(t, out); strings.Contains(text, "licseal_") {
		t.Errorf("a part, without shards: %s", text)
	}
}

// Today is the day of the clock in UTC, also where that is another day.
func TestTodayIsUTC(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	sign(t, options(t, batch(1), path, func(o *job.SignOptions) {
		o.Plan.Created, o.Now = "today", time.Date(2026, 7, 1, 23, 0, 0, 0, time.FixedZone("", -3600*5))
	}))
	if !strings.Contains(read(t, path), `"license_creation_date":"2026-07-02"`) {
		t.Error(read(t, path))
	}
}

// What a row in a folder is rejected for, and what the files are called.
func TestFolderNames(t *testing.T) {
	const number = `/admin_seats: found the string "many"; a string of decimal digits such as "5" is expected`
	for _, test := range []struct {
		name, pattern, rows string
		want                []string // the reasons for which rows are rejected
		files               string
	}{
		{"a text around fields", "no {license_key} of {customer}.json", "A-1,Acme,5\nA-2,Emca,5\n", nil, "no A-1 of Acme.json no A-2 of Emca.json"},
		{"a rejected row does not take a name", "{license_key}", "A-1,Acme,many\nA-1,Acme,5\n", []string{"2: " + number}, "A-1"},
		{"the case of letters does not count", "{license_key}", "A-1,Acme,5\na-1,Acme,5\n", []string{"3: DIR/a-1 is already the file of row 1"}, "A-1"},
		{"all that is wrong", "{license_key}", "A-1,Acme,5\nA-1,Acme,many\n", []string{"3: " + number + "; DIR/A-1 is already the file of row 1"}, "A-1"},
		{"no file name", "{license_key}", "a/b,Acme,5\n", []string{`2: "a/b" cannot be a file name`}, ""},
		{"no file name, and wrong otherwise", "{license_key}", "a/b,Acme,many\n", []string{"2: " + number}, ""},
		{"no such field", "{serial}", "A-1,Acme,5\n", []string{"2: /serial: the field is missing, but the file is named after it"}, ""},
		{"a row that cannot be read", "{customer}", "A-1,\"Acme,5\nA-2,Acme,5\n", []string{"2: the quotes do not match; put a field that contains \" or a line end in quotes, and write each \" in it twice"}, "Acme"},
		{"the same id twice", "{customer}", "A-1,Acme,5\nA-1,Emca,5\n", []string{`3: /license_key: "A-1" is already the id of row 1`}, "Acme"},
	} {
		t.Run(test.name, func(t *testing.T) {
			pattern, err := job.ParseNames(test.pattern)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			o := options(t, "license_key,customer,admin_seats\n"+test.rows, "", func(o *job.SignOptions) { o.Folder = &job.Folder{Path: dir, Names: pattern} })
			rejects := collect(&o.Output)
			sign(t, o)
			var got []string
			for _, r := range *rejects {
				got = append(got, fmt.Sprintf("%d: %s", r.Line, strings.ReplaceAll(strings.Join(r.Reasons, "; "), dir, "DIR")))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if files := strings.Join(names(t, dir), " "); files != test.files {
				t.Errorf("the files are %s", files)
			}
		})
	}
}

// The folder may exist, and is made if the one around it does.
func TestFolderIsMade(t *testing.T) {
	pattern, err := job.ParseNames("{license_key}")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), "precious")
	for name, want := range map[string]string{
		".": "", "new": "",
		"file":        "DIR/file: is not a folder",
		"missing/new": "DIR/missing/new: the folder DIR/missing does not exist",
		"file/new":    "DIR/file/new: not a directory",
	} {
		path := filepath.Join(dir, name)
		_, err := job.Sign(context.Background(), options(t, batch(1), "", func(o *job.SignOptions) { o.Folder = &job.Folder{Path: path, Names: pattern} }))
		got := ""
		if err != nil {
			got = strings.ReplaceAll(err.Error(), dir, "DIR")
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if _, err := os.Stat(filepath.Join(path, "LS-000")); (err == nil) != (want == "") {
			t.Errorf("%s: the licence: %v", name, err)
		}
	}
	if read(t, filepath.Join(dir, "file")) != "precious" {
		t.Error("the file is overwritten")
	}
}

// A merge refuses a line of a part that is none, wherever it is.
func TestMergeRefusesLines(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	sign(t, options(t, batch(10), good, shard(1, 1)))
	lines := strings.SplitAfter(strings.TrimSuffix(read(t, good), "\n"), "\n")
	header, end := lines[0], lines[len(lines)-1]
	for i, test := range []struct {
		lines []string
		want  string
	}{
		{[]string{header, lines[1], `{"licseal_other":1}` + "\n", end}, "line 3 is not a line of a part"},
		{[]string{header, lines[1], header, end}, "line 3 is not a line of a part"},
		{[]string{header, `{"licseal_reject":null}` + "\n", end}, "line 2 is not a line of a part"},
		{[]string{header, `{"licseal_reject":{"row":1,"other":1}}` + "\n", end}, "line 2 is not a line of a part"},
		{[]string{header, "\n", end}, "line 2: 1:1: the text is empty"},
		{[]string{strings.Replace(header, `"format":1`, `"format":1,"other":1`, 1), end}, "is not a part: it does not begin as"},
		{[]string{end, header}, "is not a part: it does not begin as"},
		{[]string{strings.Replace(header, `"format":1`, `"format":2`, 1), end}, "is a part in a format that this program cannot read"},
		{[]string{strings.Replace(header, `"kind":"sign"`, `"kind":"merge"`, 1), end}, "is a part in a format that this program cannot read"},
		{[]string{strings.Replace(header, `"shard":1`, `"shard":2`, 1), end}, "is a part in a format that this program cannot read"},
		{[]string{strings.Replace(header, `"of":1,`, `"of":10000,`, 1), end}, "part 2 of 10000 is missing"},
		{[]string{strings.Replace(header, `"of":1,`, `"of":10001,`, 1), end}, "is a part in a format that this program cannot read"},
		{append(slices.Clone(lines), "\n", "x\n"), "has more lines after its end"},
		{lines[:len(lines)-1], "the part is incomplete"},
	} {
		part := filepath.Join(dir, fmt.Sprint("part", i))
		write(t, part, strings.TrimSuffix(strings.Join(test.lines, ""), "\n")+"\n")
		o := &job.MergeOptions{Output: job.Output{Path: filepath.Join(dir, "out")}}
		if _, err := job.Merge(context.Background(), []string{part}, o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%d: %v, want %s", i, err, test.want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "out")); err == nil {
		t.Error("there is an output")
	}
}

// A merge that was interrupted leaves nothing of it in the next, and a file is overwritten
// only if that is wanted.
func TestMergeOverwrites(t *testing.T) {
	dir := t.TempDir()
	part, path, alone := filepath.Join(dir, "part"), filepath.Join(dir, "out"), filepath.Join(dir, "alone")
	sign(t, options(t, batch(5), part, shard(1, 1)))
	sign(t, options(t, batch(5), alone))
	merge := func(overwrite bool) error {
		_, err := job.Merge(context.Background(), []string{part}, &job.MergeOptions{Output: job.Output{Path: path, Overwrite: overwrite}})
		return err
	}
	write(t, path+".part", strings.Repeat("x", 10_000))
	write(t, path+".run", `{"format":1,"kind":"merge","shard":0,"of":0,"settings":""}`+"\n")
	if err := merge(false); err != nil || read(t, path) != read(t, alone) {
		t.Errorf("after an interruption: %v", err)
	}
	write(t, path, "precious")
	if e := (*job.Error)(nil); !errors.As(merge(false), &e) || e.Problem != job.Exists || read(t, path) != "precious" {
		t.Errorf("over a file: %v", e)
	}
	if err := merge(true); err != nil || read(t, path) != read(t, alone) {
		t.Errorf("over a file, as wanted: %v", err)
	}
}

// Rejects may go to a device, also to that of the licences, and to another file than
// that to which a stream writes.
func TestRejectsNextToStream(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct{ stream, rejects string }{
		{filepath.Join(dir, "out"), filepath.Join(dir, "rejects")},
		{filepath.Join(dir, "out"), os.DevNull}, {os.DevNull, os.DevNull}, {os.DevNull, filepath.Join(dir, "others")},
	} {
		stream, err := os.OpenFile(test.stream, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		o := options(t, batch(5), "", overwrite, func(o *job.SignOptions) {
			o.Output.Stream, o.Output.StreamName, o.Output.Rejects = stream, "out", test.rejects
		})
		if signed, err := job.Sign(context.Background(), o); err != nil || signed.Rejected[4] != 1 {
			t.Errorf("%s and %s: %v, %v", test.stream, test.rejects, signed, err)
		}
		stream.Close()
	}
	if got := read(t, filepath.Join(dir, "rejects")); !strings.Contains(got, "many") {
		t.Errorf("rejects: %s", got)
	}
}

// When a part is resumed, a damaged line and what follows it are written again; a line that
// is intact and is not that of its row is an error, and so is a line too many.
func TestResumePartLines(t *testing.T) {
	dir := t.TempDir()
	complete := func(name, text string, changes ...func(*job.SignOptions)) string {
		path := filepath.Join(dir, name)
		sign(t, options(t, text, path, changes...))
		return read(t, path)
	}
	of20, of17 := complete("20", batch(20), shard(2, 3)), complete("17", batch(17), shard(2, 3))
	whole := complete("whole", batch(4))
	lines := strings.SplitAfter(of20, "\n") // rows 2, 5, 8, 11, 14, 17 and 20; 5 and 20 are rejects
	end17 := strings.SplitAfter(of17, "\n")[7]
	part := func(indexes ...int) (text string) {
		for _, i := range indexes {
			text += lines[i]
		}
		return text
	}
	for _, test := range []struct {
		name, left, batch, want string
		problem                 job.Problem
		whole                   bool
	}{
		{name: "a damaged licence", left: part(0) + "damaged\n" + part(2, 3), want: of20},
		{name: "a damaged reject", left: part(0, 1) + "damaged\n" + part(3, 4), want: of20},
		{name: "a licence in place of a reject", left: part(0, 1, 3), problem: job.OtherRows},
		{name: "a reject in place of a licence", left: part(0, 2), problem: job.OtherRows},
		{name: "another line in place of a reject", left: part(0, 1) + `{"licseal_other":1}` + "\n", problem: job.OtherRows},
		{name: "another line in place of a licence", left: part(0) + `{"licseal_other":1}` + "\n", problem: job.OtherRows},
		{name: "an end in place of a reject", left: part(0, 1, 8), want: of20},
		{name: "an end in place of a licence", left: part(0, 8), want: of20},
		{name: "all but the end", left: part(0, 1, 2, 3, 4, 5, 6, 7), want: of20},
		{name: "a reject too many", left: of20, batch: batch(17), problem: job.FewerRows},
		{name: "a licence too many", left: of20, batch: batch(14), problem: job.FewerRows},
		{name: "the end", left: part(0, 1, 2, 3, 4, 5, 6) + end17, batch: batch(17), want: of17},
		{name: "another end", left: part(0, 1, 2, 3, 4, 5, 6, 8), batch: batch(17), want: of17},
		{name: "damage after the last row", left: part(0, 1, 2, 3, 4, 5, 6) + "damaged\n", batch: batch(17), want: of17},
		{name: "a reject after the last row of no part", left: whole + lines[2], batch: batch(4), want: whole, whole: true},
		{name: "a licence after the last row of no part", left: whole + lines[3], batch: batch(4), problem: job.FewerRows, whole: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			path, changes := filepath.Join(t.TempDir(), "out"), []func(*job.SignOptions){shard(2, 3)}
			if test.whole {
				changes = nil
			}
			if test.batch == "" {
				test.batch = batch(20)
			}
			write(t, path+".part", test.left)
			write(t, path+".run", interruptedSettings(t, test.batch, changes...))
			progress := new(job.Progress)
			o := options(t, test.batch, path, append(changes, resume)...)
			o.Progress = progress
			signed, err := job.Sign(context.Background(), o)
			if test.problem != "" {
				if e := (*job.Error)(nil); !errors.As(err, &e) || e.Problem != test.problem || !strings.Contains(err.Error(), ".part") {
					t.Errorf("got %v, want %s", err, test.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, read(t, path)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if progress.Done() != signed.Rows() {
				t.Errorf("%d of %d rows are done", progress.Done(), signed.Rows())
			}
		})
	}
}

// What is complete is not signed again: it is compared, and the counts are the same.
func TestResumeComplete(t *testing.T) {
	for name, change := range map[string]func(*job.SignOptions){"whole": func(*job.SignOptions) {}, "part": shard(2, 3)} {
		path := filepath.Join(t.TempDir(), "out")
		first := sign(t, options(t, batch(20), path, change))
		text := read(t, path)
		progress := new(job.Progress)
		second := sign(t, options(t, batch(20), path, change, resume, func(o *job.SignOptions) { o.Progress = progress }))
		want := &job.Signed{Kept: first.Signed, Rejected: first.Rejected, Complete: true}
		if diff := cmp.Diff(want, second); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if first.Complete || read(t, path) != text || progress.Done() != first.Rows() || second.Rows() != first.Rows() {
			t.Errorf("%s: %+v, then %+v; %d rows are done", name, first, second, progress.Done())
		}
		_, err := job.Sign(context.Background(), options(t, strings.Replace(batch(20), "LS-001", "LS-999", 1), path, change, resume))
		if err == nil || !strings.Contains(err.Error(), "the file exists, and line 3 of rows.csv does not match it") {
			t.Errorf("%s: with another row: %v", name, err)
		}
	}
	path := filepath.Join(t.TempDir(), "out")
	write(t, path, `{"licseal_reject":{"row":1,"exit":4,"reasons":[]}}`+"\n")
	if e := (*job.Error)(nil); !errors.As(func() error { _, err := job.Sign(context.Background(), options(t, batch(2), path, resume)); return err }(), &e) || e.Problem != job.OtherRows {
		t.Errorf("a file that begins with a reject: %v", e)
	}
}

func TestSignedRows(t *testing.T) {
	if got := (&job.Signed{Signed: 3, Kept: 20, Rejected: map[int]int{3: 100, 4: 4000}}).Rows(); got != 4123 {
		t.Errorf("%d rows", got)
	}
}

// A batch that cannot be read to its end is an error, and what is signed can be resumed.
func TestReadErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	broken := errors.New("the line is dead")
	o := options(t, "", path)
	o.Input.Reader = io.MultiReader(strings.NewReader(batch(10)), iotest.ErrReader(broken))
	_, err := job.Sign(context.Background(), o)
	if e := (*job.Error)(nil); !errors.As(err, &e) || e.Problem != job.ResumeLater || err.Error() != "rows.csv: reading: the line is dead" {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file looks complete")
	}
	o = options(t, "", "")
	o.Input.Reader = io.MultiReader(strings.NewReader(batch(10)), iotest.ErrReader(broken))
	if _, err := job.Try(context.Background(), o, func(licseal.Payload) error { return nil }); err == nil || err.Error() != "rows.csv: reading: the line is dead" {
		t.Errorf("to try it: %v", err)
	}
}

// What trying says is what signing does: of dates, doubts and memory.
func TestTryIsLikeSign(t *testing.T) {
	text := "license_key,license_expiration_date\nA-1,2026-03-01\nA-2,2027-01-01\nA-3,x\n"
	var results []*job.Signed
	for _, try := range []bool{true, false} {
		var memory []int
		var dates []string
		var out strings.Builder
		o := options(t, text, "", func(o *job.SignOptions) {
			o.Output.Stream = &out
			o.Memory = func(bytes int) { memory = append(memory, bytes) }
			o.Plan.Template, _ = licseal.ParsePayload([]byte(strings.Replace(template, `"license_creation_date":"2026-01-01",`, "", 1)))
			o.Now = time.Date(2026, 2, 28, 23, 0, 0, 0, time.FixedZone("", -7200))
		})
		date := func(p licseal.Payload) error {
			date, _ := p.Text("/license_creation_date")
			dates = append(dates, date)
			return nil
		}
		var signed *job.Signed
		var err error
		if try {
			signed, err = job.Try(context.Background(), o, date)
		} else {
			signed, err = job.Sign(context.Background(), o)
			for line := range strings.Lines(out.String()) {
				lic, parseErr := licseal.ParseUnverified([]byte(line))
				if parseErr != nil {
					t.Fatal(parseErr)
				}
				date(lic.Payload)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(dates, []string{"2026-03-01"}) || !slices.Equal(memory, []int{0}) {
			t.Errorf("try %t: dates %q, memory %d", try, dates, memory)
		}
		results = append(results, signed)
	}
	if diff := cmp.Diff(results[0], results[1]); diff != "" {
		t.Errorf("(-tried +signed):\n%s", diff)
	}
}

// An interrupted job goes on with the date on which it began.
func TestResumeInterruptedOnALaterDay(t *testing.T) {
	today := func(o *job.SignOptions) { o.Plan.Created = edit.Today }
	path := filepath.Join(t.TempDir(), "out")
	write(t, path+".part", "")
	write(t, path+".run", interruptedSettings(t, batch(10), today))
	sign(t, options(t, batch(10), path, today, resume, func(o *job.SignOptions) { o.Now = o.Now.AddDate(0, 0, 3) }))
	if text := read(t, path); strings.Count(text, `"license_creation_date":"2026-07-01"`) != 8 {
		t.Error(text)
	}
}

// What a job has left that was killed while it cleaned up is removed when the complete file
// is looked at again.
func TestCleanUpOfComplete(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	sign(t, options(t, batch(5), path))
	write(t, path+".run", interruptedSettings(t, batch(5)))
	sign(t, options(t, batch(5), path, resume))
	if got := names(t, filepath.Dir(path)); !slices.Equal(got, []string{"out"}) {
		t.Errorf("left in the folder: %q", got)
	}
}

// Parts of verdicts belong together if they are of the same documents: the same lines, and
// files of the same names in whatever folder.
func TestPartsOfDocuments(t *testing.T) {
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole")
	sign(t, options(t, batch(4), whole))
	lines := strings.SplitAfter(strings.TrimSuffix(read(t, whole), "\n"), "\n")
	folder := func(name string, files map[string]string) []string {
		var paths []string
		for _, file := range slices.Sorted(maps.Keys(files)) {
			path := filepath.Join(dir, name, file)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, path, files[file])
			paths = append(paths, path)
		}
		return paths
	}
	one := map[string]string{"a.json": lines[0], "b.ndjson": lines[1] + lines[2]}
	part := func(name string, number int, paths []string) (string, *job.Verdicts) {
		out := filepath.Join(dir, name)
		counts := verdicts(t, "", out, func(o *job.VerifyOptions) {
			o.Documents = new(documents.Finder).All(paths)
			o.Shard = job.Shard{Number: number, Of: 2}
		})
		return out, counts
	}
	first, counts := part("part1", 1, folder("one", one))
	if counts.Total != 2 || counts.States[verify.Valid] != 2 {
		t.Errorf("a file and a line of the first part: %+v", counts)
	}
	for name, test := range map[string]struct {
		files map[string]string
		want  string
	}{
		"the same":                  {one, ""},
		"another content of a file": {map[string]string{"a.json": lines[3], "b.ndjson": lines[1] + lines[2]}, ""}, // read by the other part only
		"another name":              {map[string]string{"aa.json": lines[0], "b.ndjson": lines[1] + lines[2]}, "was made from other rows"},
		"another line":              {map[string]string{"a.json": lines[0], "b.ndjson": lines[1] + lines[3]}, "was made from other rows"},
		"another order":             {map[string]string{"a.json": lines[0], "b.ndjson": lines[2] + lines[1]}, "was made from other rows"},
	} {
		second, _ := part("part2 "+name, 2, folder(name, test.files))
		_, err := job.Merge(context.Background(), []string{first, second}, &job.MergeOptions{Output: job.Output{Path: filepath.Join(dir, "merged "+name)}})
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

// The day of verdicts is that of their instant, or of the clock.
func TestDayOfVerdicts(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "l.ndjson")
	sign(t, options(t, batch(1), file))
	for name, test := range map[string]struct {
		options verify.Options
		want    string
	}{
		"at":    {verify.Options{At: time.Date(2026, 8, 1, 23, 0, 0, 0, time.FixedZone("", -7200)), Fields: schema.Kong()}, "2026-08-02"},
		"clock": {verify.Options{Clock: func() time.Time { return time.Date(2026, 8, 3, 0, 0, 0, 0, time.UTC) }, Fields: schema.Kong()}, "2026-08-03"},
	} {
		out := filepath.Join(dir, name)
		verdicts(t, file, out, func(o *job.VerifyOptions) { o.Options, o.Shard = test.options, job.Shard{Number: 1, Of: 1} })
		if text := read(t, out); !strings.Contains(text, `"today":"`+test.want+`"`) {
			t.Errorf("%s: %s", name, text)
		}
	}
}
