package register_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/bulk/job"
	"github.com/licseal/licseal/bulk/renewals"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/register"
	"github.com/licseal/licseal/sign"
	verifier "github.com/licseal/licseal/verify"
)

var newKey = ed25519.NewKeyFromSeed([]byte("another seed that has 32 letters"))

// renewal is a run of a job that renews.
type renewal struct {
	o        register.RenewOptions
	change   func(licseal.Payload) licseal.Payload // nil changes nothing
	now      time.Time
	out      string // the file, "" for a stream
	resume   bool
	broken   bool // the disk fails after it has recorded
	shard    job.Shard
	rejects  []string
	chooser  *register.Renewals
	produced string // of a stream
}

// renew renews licences in a register by newKey.
func (run *renewal) renew(t testing.TB, dir string) (*job.Signed, error) {
	t.Helper()
	v, err := verifier.New([]licseal.TrustedKey{{Key: signingKey.Public()}, {Key: newKey.Public()}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var stream bytes.Buffer
	var signed *job.Signed
	write(t, dir, func(w *register.Writer) {
		run.chooser = open(t, dir).Renewals(run.o)
		o := &job.SignOptions{
			Key: newKey, Now: run.now, Shard: run.shard, Resume: run.resume,
			Renew: &job.Renewal{Chooser: run.chooser, Verifier: v, Change: func(old *licseal.License, _ time.Time) (licseal.Payload, error) {
				if run.change == nil {
					return old.Payload, nil
				}
				return run.change(old.Payload), nil
			}},
			Recorder: w.NewBatch(register.BatchOptions{Kind: register.Renewed, Key: newKey.Public(), Resume: run.resume}),
			Output: job.Output{Path: run.out, Stream: &stream, StreamName: "stream", Reject: func(r *job.Reject) error {
				run.rejects = append(run.rejects, fmt.Sprintf("%s: %s", r.Where(), strings.Join(r.Reasons, "; ")))
				return nil
			}},
		}
		if run.broken {
			o.Recorder = brokenDisk{o.Recorder.(*register.Batch)}
		}
		signed, err = job.Sign(context.Background(), o)
	})
	run.produced = stream.String()
	return signed, err
}

func (run *renewal) must(t testing.TB, dir string) *job.Signed {
	t.Helper()
	signed, err := run.renew(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// extended returns a payload that expires on a day.
func extended(t testing.TB, expires string) func(licseal.Payload) licseal.Payload {
	return func(p licseal.Payload) licseal.Payload {
		id, _ := p.ID(licseal.Roles{}.WithDefaults())
		return license(t, id, expires).Payload
	}
}

// What is not renewed is rejected: no id, another id, no good signature, or recorded after
// the checkpoint, from its first entry on. What is revoked is counted.
func TestRenew(t *testing.T) {
	dir := create(t)
	forged, err := licseal.ParseUnverified([]byte(license(t, "forged", "2199-01-01").String()))
	if err != nil {
		t.Fatal(err)
	}
	forged.Signature = license(t, "other", "2199-01-01").Signature
	nameless := payload(t, `{"license_creation_date":"2020-01-01","license_expiration_date":"2199-01-01"}`)
	unnamed, err := sign.License(nameless, signingKey)
	if err != nil {
		t.Fatal(err)
	}
	issue(t, dir, 0, 3)
	write(t, dir, func(w *register.Writer) {
		for _, lic := range []*licseal.License{forged, unnamed, license(t, "changed", "2199-01-01"), license(t, "expired", "2021-01-01"), license(t, "revoked", "2199-01-01")} {
			add(t, w, lic)
		}
		if err := w.Mark(register.Mark{Kind: register.Revoked, ID: "revoked"}); err != nil {
			t.Fatal(err)
		}
	})
	until := open(t, dir).Checkpoint()
	write(t, dir, func(w *register.Writer) {
		add(t, w, license(t, "late", "2199-01-01"))
		add(t, w, license(t, "confirmed", "2199-01-01"))
	})
	change := func(p licseal.Payload) licseal.Payload {
		if id, _ := p.ID(licseal.Roles{}.WithDefaults()); id == "changed" {
			return nameless
		}
		return p
	}
	wantRejects := []string{
		"entry 3, forged: the signature matches none of the 2 trusted keys",
		"entry 4, : the licence has no id, so nothing can replace it",
		`entry 5, changed: a renewal keeps the id, and this one would change it to ""`,
		"entry 9, late: was recorded after the checkpoint, at TIME",
	}
	for _, n := range []int{4, 0} { // a second run finds nothing to do
		run := &renewal{o: register.RenewOptions{Filter: register.Filter{Key: fingerprint}, Until: &until, Confirm: []string{"confirmed", "LS-0000"}}, change: change}
		signed := run.must(t, dir)
		for i, reject := range run.rejects {
			if before, _, ok := strings.Cut(reject, "checkpoint, at "); ok {
				run.rejects[i] = before + "checkpoint, at TIME"
			}
		}
		if diff := cmp.Diff(wantRejects, run.rejects); diff != "" {
			t.Errorf("rejected (-want +got):\n%s", diff)
		}
		want := &job.Signed{Signed: n, Rejected: map[int]int{5: 1, 9: 3}, LeftOut: job.LeftOut{Revoked: 1}}
		if diff := cmp.Diff(want, signed); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		unused := []string{"LS-0000"}
		if n == 0 {
			unused = []string{"confirmed", "LS-0000"}
		}
		if diff := cmp.Diff(unused, run.chooser.Unused()); diff != "" || run.chooser.Later() != 1 {
			t.Errorf("%d later; confirmed in vain (-want +got):\n%s", run.chooser.Later(), diff)
		}
	}
	if err := open(t, dir).Verify(context.Background(), until); err != nil {
		t.Error(err)
	}
	run := &renewal{o: register.RenewOptions{Until: &register.Checkpoint{Origin: until.Origin, Size: 3}}}
	if _, err := run.renew(t, dir); err == nil || !strings.Contains(err.Error(), "not those of the checkpoint") {
		t.Errorf("a checkpoint of another history: %v", err)
	}
}

// A licence that was extended is not due again before the old one would have expired, even
// if it expires soon; one that was only signed again is.
func TestRenewOnce(t *testing.T) {
	dir := create(t)
	issue(t, dir, 0, 1) // until 2199-01-01
	day := func(text string) time.Time {
		d, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	within := register.RenewOptions{Within: 60 * 24 * time.Hour}
	for i, step := range []struct {
		now, until string
		o          register.RenewOptions
		signed     int
		left       job.LeftOut
	}{
		{"2198-10-01", "2199-02-01", within, 0, job.LeftOut{}},           // not due
		{"2198-12-10", "2199-02-01", within, 1, job.LeftOut{}},           // due
		{"2198-12-20", "2199-03-01", within, 0, job.LeftOut{Renewed: 1}}, // the one of 2199-01-01 was extended
		{"2198-12-21", "2199-02-01", register.RenewOptions{Filter: register.Filter{Customer: "customer"}}, 1, job.LeftOut{}},
		{"2198-12-22", "2199-03-01", within, 0, job.LeftOut{Renewed: 1}}, // it was signed again, and extended before
		{"2199-01-02", "2199-03-01", within, 1, job.LeftOut{}},
	} {
		run := &renewal{o: step.o, now: day(step.now), change: extended(t, step.until)}
		if diff := cmp.Diff(&job.Signed{Signed: step.signed, Rejected: map[int]int{}, LeftOut: step.left}, run.must(t, dir)); diff != "" {
			t.Errorf("step %d (-want +got):\n%s", i, diff)
		}
	}
}

// A job that is resumed renews what was due when it began, once, whatever was written.
func TestResumeRenewals(t *testing.T) {
	dir := create(t)
	const many = 300
	issue(t, dir, 0, many)
	out := filepath.Join(t.TempDir(), "out")
	run := func(broken bool) *renewal {
		return &renewal{change: extended(t, "2199-06-01"), out: out, resume: !broken, broken: broken, o: register.RenewOptions{Within: 1e6 * time.Hour}, now: time.Date(2199, 1, 1, 0, 0, 0, 0, time.UTC).Add(-1)}
	}
	if _, err := run(true).renew(t, dir); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Fatal(err)
	}
	begun := testenv.ReadFile(t, out+".run")
	renewals := func() (lines []string) {
		for item, err := range open(t, dir).Select(t.Context(), register.Filter{Key: licseal.KeyID(newKey.Public())}, time.Now()) {
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, item.License+"\n")
		}
		return lines
	}
	lines := renewals()
	if len(lines) == 0 {
		t.Fatal("no renewals are in the register")
	}
	recorded := len(lines) // one block: how many it has depends on the load
	for _, keep := range []int{0, 100, many} {
		testenv.WriteFile(t, out+".part", strings.Join(lines[:keep], ""))
		testenv.WriteFile(t, out+".run", begun)
		again := run(false)
		again.now = again.now.Add(24 * time.Hour) // all old ones have expired meanwhile
		want := &job.Signed{Kept: keep, Signed: many - keep, Recorded: recorded - keep, Rejected: map[int]int{}}
		if diff := cmp.Diff(want, again.must(t, dir)); diff != "" {
			t.Errorf("%d kept (-want +got):\n%s", keep, diff)
		}
		lines, recorded = renewals(), many
		if string(testenv.ReadFile(t, out)) != strings.Join(lines, "") {
			t.Errorf("%d kept: another result", keep)
		}
		if n := open(t, dir).Len(); n != 2*many {
			t.Errorf("%d kept: the register has %d entries, want %d", keep, n, 2*many)
		}
		complete := run(false).must(t, dir)
		if !complete.Complete || complete.Kept != many || complete.Signed != 0 {
			t.Errorf("complete: %+v", complete)
		}
		if err := os.Remove(out); err != nil {
			t.Fatal(err)
		}
	}
	// A file of other licences is not the result.
	testenv.WriteFile(t, out, strings.Join(lines, ""))
	issue(t, dir, many, many+1)
	if _, err := run(false).renew(t, dir); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("lacks the renewal of entry %d, LS-0300", 2*many)) {
		t.Errorf("a file without the renewal of another licence: %v", err)
	}
}

// brokenDisk records licences, and fails after that.
type brokenDisk struct{ *register.Batch }

func (b brokenDisk) Commit() error { return errors.Join(b.Batch.Commit(), errors.New("broken")) }

// Shards of one job choose the same licences, whichever have run before.
func TestShardsOfRenewals(t *testing.T) {
	dir := create(t)
	issue(t, dir, 0, 10)
	until := open(t, dir).Checkpoint()
	var parts []string
	for i := range 3 {
		run := &renewal{
			out: filepath.Join(t.TempDir(), "part"), change: extended(t, "2199-06-01"), shard: job.Shard{Number: i + 1, Of: 3},
			o: register.RenewOptions{Filter: register.Filter{Customer: "customer"}, Until: &until, Shards: true},
		}
		later := int(open(t, dir).Len() - until.Size)
		if signed := run.must(t, dir); signed.LeftOut.Later != later {
			t.Errorf("%+v, want %d later", signed, later)
		}
		parts = append(parts, run.out)
	}
	var merged bytes.Buffer
	got, err := job.Merge(context.Background(), parts, &job.MergeOptions{Output: job.Output{Stream: &merged, StreamName: "stream"}})
	if err != nil || got.Written != 10 || strings.Count(merged.String(), "\n") != 10 {
		t.Errorf("%+v, %v", got, err)
	}
	if n := open(t, dir).Len(); n != 20 {
		t.Errorf("%d entries", n)
	}
}

// A checkpoint chooses what is under it; that of an empty register chooses nothing.
func TestSelectUnder(t *testing.T) {
	dir := create(t)
	checkpoints := []register.Checkpoint{open(t, dir).Checkpoint()}
	for i := range 2 {
		write(t, dir, func(w *register.Writer) { add(t, w, license(t, fmt.Sprint(i), "2199-01-01")) })
		checkpoints = append(checkpoints, open(t, dir).Checkpoint())
	}
	for want, checkpoint := range checkpoints {
		got := 0
		for _, err := range open(t, dir).Select(t.Context(), register.Filter{Under: &checkpoint}, time.Now()) {
			if got++; err != nil {
				t.Fatal(err)
			}
		}
		if got != want {
			t.Errorf("under a checkpoint of %d entries: %d", want, got)
		}
	}
}

func payload(t testing.TB, text string) licseal.Payload {
	t.Helper()
	p, err := licseal.ParsePayload([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A batch refuses to renew what was revoked or replaced after it was chosen, and a register
// tells what it said at an earlier size.
func TestRenewalIsOutdated(t *testing.T) {
	dir := create(t)
	issue(t, dir, 0, 4)
	early := open(t, dir).Len()
	write(t, dir, func(w *register.Writer) {
		if err := w.Mark(register.Mark{Kind: register.Revoked, ID: "LS-0001"}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Add(&register.Addition{Kind: register.Issued, License: license(t, "LS-0002", "2199-02-01"), Key: fingerprint, Replace: true}); err != nil {
			t.Fatal(err)
		}
	})
	old := func(id string) *licseal.License { return license(t, id, "2199-01-01") }
	write(t, dir, func(w *register.Writer) {
		b := w.NewBatch(register.BatchOptions{Kind: register.Renewed, Key: newKey.Public()})
		for id, want := range map[string]string{
			"LS-0000": "<nil>", "LS-0001": `the id "LS-0001" is revoked`, "unknown": "<nil>",
			"LS-0002": "the licence that is renewed is not the newest one with its id: that is entry 5",
		} {
			lic := old(id)
			known, err := b.Check(&bulk.Row{Payload: license(t, id, "2199-06-01").Payload, Old: lic})
			if refused := (*job.RefusedError)(nil); known != nil || fmt.Sprint(err) != want || err != nil && !errors.As(err, &refused) {
				t.Errorf("%s: %v, %v", id, known, err)
			}
		}
	})
	for _, test := range []struct {
		entries int64
		id      string
		want    renewals.Standing
	}{
		{early, "LS-0001", renewals.Newest}, {early, "LS-0002", renewals.Newest}, {early, "unknown", renewals.Newest}, {early, "", renewals.Newest},
		{early + 2, "LS-0001", renewals.Revoked}, {early + 2, "LS-0002", renewals.Replaced}, {early + 2, "LS-0003", renewals.Newest},
	} {
		got, err := open(t, dir).Standing()(test.entries, test.id, old(test.id), time.Now())
		if err != nil || got != test.want {
			t.Errorf("%q of %d entries: %v, %v; want %v", test.id, test.entries, got, err, test.want)
		}
	}
}
