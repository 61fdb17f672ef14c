package job_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/documents"
	"github.com/licseal/licseal/bulk/job"
	"github.com/licseal/licseal/verify"
)

// Rejects never go into the file of the licences or one that is kept next to it,
// whatever its name and whatever Overwrite says.
func TestRejectsIntoOutput(t *testing.T) {
	for _, test := range []struct{ output, rejects string }{
		{"out", "out"}, {"out", "./out"}, {"out", "hard"}, {"out", "soft"}, {"hard", "soft"},
		{"new", "new"}, {"new", "dangling"}, {"folder/new", "new"},
		{"out", "out.part"}, {"out", "out.run"}, {"out", "out.lock"}, {"stream", "out"},
	} {
		dir := t.TempDir()
		in := func(name string) string { return dir + "/" + name }
		write(t, in("out"), "precious")
		err := errors.Join(os.Link(in("out"), in("hard")), os.Symlink("out", in("soft")), os.Symlink("new", in("dangling")), os.Symlink(".", in("folder")))
		if err != nil {
			t.Fatal(err)
		}
		output := job.Output{Path: in(test.output), Rejects: in(test.rejects), Overwrite: true}
		if test.output == "stream" {
			file, err := os.OpenFile(in("out"), os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			output.Path, output.Stream, output.StreamName = "", file, "standard output"
		}
		part := filepath.Join(t.TempDir(), "part")
		sign(t, options(t, batch(5), part, shard(1, 1), func(o *job.SignOptions) { o.Output.Reject = func(*job.Reject) error { return nil } }))
		before := names(t, dir)
		jobs := map[string]func() error{
			"sign": func() error {
				_, err := job.Sign(context.Background(), options(t, batch(5), "", func(o *job.SignOptions) { o.Output = output }))
				return err
			},
			"merge": func() error {
				_, err := job.Merge(context.Background(), []string{part}, &job.MergeOptions{Output: output})
				return err
			},
		}
		for name, run := range jobs {
			if err := run(); err == nil || !strings.HasPrefix(err.Error(), in(test.rejects)+": rejects cannot be written to this file") {
				t.Errorf("%s into %s, rejects into %s: %v", name, test.output, test.rejects, err)
			}
			if after := names(t, dir); fmt.Sprint(after) != fmt.Sprint(before) || read(t, in("out")) != "precious" {
				t.Errorf("%s into %s, rejects into %s: the folder holds %v, and out %q", name, test.output, test.rejects, after, read(t, in("out")))
			}
		}
	}
}

// A verdict that has no line stops the job with its error.
func TestVerdictWithoutLine(t *testing.T) {
	broken := errors.New("it cannot be put into words")
	o := &job.VerifyOptions{
		Documents: new(documents.Finder).All([]string{filepath.Join(t.TempDir(), "missing")}),
		Options:   verify.Options{},
		Word:      func(documents.Document, *verify.Report) job.Verdict { return job.Verdict{Err: broken} },
		Output:    job.Output{Stream: new(strings.Builder)},
	}
	o.Trusted = []licseal.TrustedKey{{Key: testKey(1).Public()}}
	if _, err := job.Verify(context.Background(), o); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}
