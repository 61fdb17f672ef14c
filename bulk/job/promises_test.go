package job_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/bulk/job"
)

// Licences that were probably not meant are counted, with the line of the first.
func TestDoubtsAreCounted(t *testing.T) {
	text := "license_key,license_creation_date,license_expiration_date\n" +
		"A-1,2026-01-01,2027-01-01\n" +
		"A-2,2026-01-01,2026-07-01\n" + // at this instant
		"A-3,2026-01-01,2026-03-01\n" +
		"A-4,2026-01-01,2026-01-01\n" +
		"A-5,2027-01-01,2027-01-01\n"
	want := &job.Signed{Signed: 5, Rejected: map[int]int{}, Expired: job.Noted{Count: 2, Line: 3}, NeverValid: job.Noted{Count: 2, Line: 5}}
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
