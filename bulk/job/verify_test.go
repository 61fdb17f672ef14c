package job_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/documents"
	"github.com/licseal/licseal/bulk/job"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

// verdicts judges a file and writes the lines to out.
func verdicts(t *testing.T, file, out string, change func(*job.VerifyOptions)) *job.Verdicts {
	t.Helper()
	var b bytes.Buffer
	o := &job.VerifyOptions{
		Documents: new(documents.Finder).All([]string{file, file + ".missing"}), Part: true,
		Trusted: []licseal.TrustedKey{{Key: testKey(1).Public()}},
		Options: verify.Options{At: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), Fields: schema.Kong()},
		Word: func(d documents.Document, r *verify.Report) job.Verdict {
			switch {
			case d.Err != nil:
				return job.Verdict{Line: fmt.Sprint(d.Name(), " ", d.Err), Exit: 1}
			case r.Err() != nil:
				return job.Verdict{Line: fmt.Sprint(d.Name(), " ", r.Reason()), Exit: 5}
			}
			return job.Verdict{Line: d.Name() + " accepted", State: r.Result().State}
		},
		Output: job.Output{Stream: &b},
	}
	change(o)
	counts, err := job.Verify(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	write(t, out, b.String())
	return counts
}

// Each document has a line, in order, and parts are joined into what one job writes.
// Parts that were judged in different ways are not joined.
func TestVerify(t *testing.T) {
	dir := t.TempDir()
	file, whole := filepath.Join(dir, "l.ndjson"), filepath.Join(dir, "whole")
	sign(t, options(t, batch(6), file))
	text := read(t, file)
	write(t, file, text+strings.Replace(text, `"admin_seats":"7"`, `"admin_seats":"8"`, 1))
	progress := new(job.Progress)
	counts := verdicts(t, file, whole, func(o *job.VerifyOptions) { o.Progress = progress })
	if progress.Done() != 11 {
		t.Errorf("%d documents are done, want 11", progress.Done())
	}
	want := &job.Verdicts{Total: 11, States: map[verify.State]int{verify.Valid: 9}, Refused: map[int]int{1: 1, 5: 1}}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if lines := strings.Split(read(t, whole), "\n"); len(lines) != 12 || lines[4] != file+":5 accepted" || lines[5] != file+":6 signature" {
		t.Errorf("%q", lines)
	}
	ofPart := func(name string, number int, change func(*job.VerifyOptions)) string {
		path := filepath.Join(dir, name)
		verdicts(t, file, path, func(o *job.VerifyOptions) {
			o.Shard = job.Shard{Number: number, Of: 2}
			change(o)
		})
		return path
	}
	one, two := ofPart("one", 1, func(*job.VerifyOptions) {}), ofPart("two", 2, func(*job.VerifyOptions) {})
	out := filepath.Join(dir, "merged")
	merged, err := job.Merge(context.Background(), []string{two, one}, &job.MergeOptions{Output: job.Output{Path: out}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, merged.Verdicts); diff != "" || read(t, whole) != read(t, out) {
		t.Errorf("merged (-want +got):\n%s", diff)
	}
	for name, change := range map[string]func(*job.VerifyOptions){
		"at":     func(o *job.VerifyOptions) { o.Options.At = o.Options.At.Add(time.Hour) },
		"grace":  func(o *job.VerifyOptions) { o.Options.Grace = time.Hour },
		"issuer": func(o *job.VerifyOptions) { o.Options.Issuer = "x" },
		"schema": func(o *job.VerifyOptions) { o.Options.Fields = schema.Entitlement() },
		"trusted": func(o *job.VerifyOptions) {
			o.Trusted = append(o.Trusted, licseal.TrustedKey{Key: testKey(2).Public()})
		},
	} {
		other := ofPart(name, 2, change)
		_, err := job.Merge(context.Background(), []string{one, other}, &job.MergeOptions{Output: job.Output{Path: out + name}})
		if err == nil || !strings.Contains(err.Error(), "(flags, template or schema)") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(out + name); err == nil {
			t.Errorf("%s: there is a file", name)
		}
	}
}
