package job_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/job"
	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

const template = `{"admin_seats":"5","customer":"Example Company, Inc","dataplanes":"2",
	"license_creation_date":"2026-01-01","license_expiration_date":"2027-12-31","product_subscription":"Konnect Enterprise","support_plan":"None"}`

func testKey(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

// batch returns a CSV of n rows. Every fifth violates the schema.
func batch(n int) string {
	var b strings.Builder
	b.WriteString("license_key,admin_seats\n")
	for i := range n {
		seats := "7"
		if i%5 == 4 {
			seats = "many"
		}
		fmt.Fprintf(&b, "LS-%03d,%s\n", i, seats)
	}
	return b.String()
}

// options returns options to sign a batch into a file, changed by the functions.
func options(t *testing.T, text, path string, changes ...func(*job.SignOptions)) *job.SignOptions {
	t.Helper()
	payload, err := licseal.ParsePayload([]byte(template))
	if err != nil {
		t.Fatal(err)
	}
	o := &job.SignOptions{
		Input:  job.Input{Reader: strings.NewReader(text), Name: "rows.csv", Size: int64(len(text))},
		Plan:   rows.Plan{Template: payload, Schema: schema.Kong()},
		Key:    testKey(1),
		Output: job.Output{Path: path},
		Now:    time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC),
	}
	for _, change := range changes {
		change(o)
	}
	return o
}

func resume(o *job.SignOptions) { o.Resume = true }

func overwrite(o *job.SignOptions) { o.Output.Overwrite = true }

func shard(number, of int) func(*job.SignOptions) {
	return func(o *job.SignOptions) { o.Shard = job.Shard{Number: number, Of: of} }
}

// sign runs a job that must not fail.
func sign(t *testing.T, o *job.SignOptions) *job.Signed {
	t.Helper()
	signed, err := job.Sign(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// names returns the names in a folder.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// Each good row becomes a licence, in order; the others are rejected, and nothing else
// is left in the folder.
func TestSign(t *testing.T) {
	dir := t.TempDir()
	progress := new(job.Progress)
	o := options(t, batch(10), filepath.Join(dir, "out"), func(o *job.SignOptions) {
		o.Output.Rejects = filepath.Join(dir, "rejects")
		o.Progress = progress
	})
	signed := sign(t, o)
	if diff := cmp.Diff(&job.Signed{Signed: 8, Rejected: map[int]int{4: 2}}, signed); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var ids []string
	for line := range strings.Lines(read(t, o.Output.Path)) {
		result, err := verify.License([]byte(line), []licseal.TrustedKey{{Key: o.Key.Public()}}, &verify.Options{At: o.Now})
		if err != nil {
			t.Fatal(err)
		}
		id, _ := result.License.Payload.ID(licseal.Roles{})
		ids = append(ids, strings.TrimPrefix(id, "LS-"))
	}
	if want := "000 001 002 003 005 006 007 008"; strings.Join(ids, " ") != want {
		t.Errorf("got %s, want %s", ids, want)
	}
	want := `{"row":5,"line":6,"exit":4,"reasons":["/admin_seats: found the string \"many\"; a string of decimal digits such as \"5\" is expected"],"header":"license_key,admin_seats","text":"LS-004,many"}`
	if first, _, _ := strings.Cut(read(t, o.Output.Rejects), "\n"); first != want {
		t.Errorf("rejected:\n got %s\nwant %s", first, want)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"out", "rejects"}) {
		t.Errorf("left in the folder: %q", got)
	}
	if progress.Done() != 10 || progress.Share() != 1 {
		t.Errorf("%d rows and %v of the input are done", progress.Done(), progress.Share())
	}
}

// Wherever a job was interrupted, resuming it writes the same file, and signs no row
// that is there.
func TestResume(t *testing.T) {
	for name, change := range map[string]func(*job.SignOptions){"whole": func(*job.SignOptions) {}, "part": shard(2, 3)} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			alone, path := filepath.Join(dir, "alone"), filepath.Join(dir, "out")
			sign(t, options(t, batch(30), alone, change))
			text, settings := read(t, alone), interruptedSettings(t, batch(30), change)
			for cut := 0; cut <= len(text); cut += 1 + len(text)/40 {
				write(t, path+".part", text[:cut])
				write(t, path+".run", settings)
				signed := sign(t, options(t, batch(30), path, change, resume))
				if read(t, path) != text {
					t.Fatalf("cut at %d of %d bytes: the file differs", cut, len(text))
				}
				if complete := strings.Count(text[:cut], `{"license":{`); cut < len(text) && signed.Kept < complete-1 {
					t.Errorf("cut at %d: %d licences were kept, of %d that were there", cut, signed.Kept, complete)
				}
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			}
			if got := names(t, dir); !slices.Equal(got, []string{"alone"}) {
				t.Errorf("left in the folder: %q", got)
			}
		})
	}
}

// interruptedSettings returns the settings that an interrupted job leaves.
func interruptedSettings(t *testing.T, text string, changes ...func(*job.SignOptions)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "out")
	ctx, cancel := context.WithCancel(context.Background())
	o := options(t, text, path, changes...)
	o.Input.Reader = &cancelAtEnd{strings.NewReader(text), cancel}
	_, err := job.Sign(ctx, o)
	if e := (*job.Error)(nil); !errors.As(err, &e) || e.Problem != job.ResumeLater {
		t.Fatalf("the error is %v", err)
	}
	return read(t, path+".run")
}

// cancelAtEnd cancels a context once all is read.
type cancelAtEnd struct {
	text   *strings.Reader
	cancel func()
}

func (c *cancelAtEnd) Read(p []byte) (int, error) {
	n, err := c.text.Read(p)
	if c.text.Len() == 0 {
		c.cancel()
	}
	return n, err
}

// Each reason to refuse a job has a problem, and what is there stays as it is.
func TestProblems(t *testing.T) {
	settings := interruptedSettings(t, batch(10))
	dir := t.TempDir()
	sign(t, options(t, batch(10), filepath.Join(dir, "complete")))
	complete := read(t, filepath.Join(dir, "complete"))
	first, _, _ := strings.Cut(complete, "\n")
	tests := []struct {
		problem         job.Problem
		out, part, run  string // what is there; "" is nothing
		rejects         string
		text            string
		change, options func(*job.SignOptions)
	}{
		{problem: job.Exists, out: "precious"},
		{problem: job.Exists, rejects: "precious"},
		{problem: job.NotRejects, part: complete, run: settings, rejects: "precious", options: resume},
		{problem: job.Interrupted, part: first, run: settings},
		{problem: job.Overwriting, out: complete, part: first, run: settings, options: resume},
		{problem: job.NoSettings, part: first, run: "{", options: resume},
		{problem: job.NoSettings, part: first, run: `{"format":1,"unknown":1}`, options: resume},
		{problem: job.OtherKey, part: first, run: settings, options: resume, change: func(o *job.SignOptions) { o.Key = testKey(2) }},
		{problem: job.OtherJob, part: first, run: settings, options: resume, change: func(o *job.SignOptions) { o.Plan.Expires = "2028-01-01" }},
		{problem: job.OtherJob, part: first, run: settings, options: resume, change: func(o *job.SignOptions) { o.Plan.AllowShortTerm = true }},
		{problem: job.OtherJob, part: first, run: settings, options: resume, change: func(o *job.SignOptions) { o.Plan.AllowOddID = true }},
		{problem: job.OtherRows, part: complete, run: settings, options: resume, text: strings.Replace(batch(10), "LS-003", "LS-999", 1)},
		{problem: job.FewerRows, part: complete, run: settings, options: resume, text: batch(5)},
		{problem: job.OtherRows, out: complete, options: resume, text: batch(11)},
		{problem: job.OtherRows, out: complete, options: resume, text: batch(5)},
		{problem: job.OtherRows, out: complete, options: resume, change: func(o *job.SignOptions) { o.Key = testKey(2) }},
	}
	for i, test := range tests {
		t.Run(fmt.Sprint(i, " ", test.problem), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out")
			files := map[string]string{path: test.out, path + ".part": test.part, path + ".run": test.run, path + ".rejects": test.rejects}
			for name, text := range files {
				if text != "" {
					write(t, name, text)
				}
			}
			text := test.text
			if text == "" {
				text = batch(10)
			}
			o := options(t, text, path, func(o *job.SignOptions) { o.Output.Rejects = path + ".rejects" })
			for _, change := range []func(*job.SignOptions){test.change, test.options} {
				if change != nil {
					change(o)
				}
			}
			_, err := job.Sign(context.Background(), o)
			if e := (*job.Error)(nil); !errors.As(err, &e) || e.Problem != test.problem {
				t.Fatalf("the error is %#v: %v", err, err)
			}
			for name, text := range files {
				if text != "" && read(t, name) != text {
					t.Errorf("%s has changed", filepath.Base(name))
				}
			}
			if _, err := os.Stat(path + ".lock"); err == nil {
				t.Error("the lock was left behind")
			}
		})
	}
}

// Parts are joined into what one job writes, rejects included.
func TestMerge(t *testing.T) {
	dir := t.TempDir()
	text := batch(20) + "LS-003,1\n" + "LS-020,1\n"
	whole := options(t, text, filepath.Join(dir, "whole"))
	wantRejects := collect(&whole.Output)
	sign(t, whole)
	var parts []string
	for i := range 3 {
		path := filepath.Join(dir, fmt.Sprint("part", i+1))
		sign(t, options(t, text, path, shard(i+1, 3)))
		parts = append(parts, path)
	}
	o := &job.MergeOptions{Output: job.Output{Path: filepath.Join(dir, "merged")}}
	gotRejects := collect(&o.Output)
	merged, err := job.Merge(context.Background(), []string{parts[2], parts[0], parts[1]}, o)
	if err != nil {
		t.Fatal(err)
	}
	want := &job.Merged{Parts: 3, Rows: 22, Written: 17, Rejected: map[int]int{4: 4, 9: 1}}
	if diff := cmp.Diff(want, merged); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if read(t, whole.Output.Path) != read(t, o.Output.Path) {
		t.Error("the merged file is not that of one job")
	}
	if diff := cmp.Diff(rowsOf(*wantRejects), rowsOf(*gotRejects)); diff != "" {
		t.Errorf("the rejects differ (-want +got):\n%s", diff)
	}
}

// collect keeps the rejects that are passed on.
func collect(out *job.Output) *[]*job.Reject {
	all := new([]*job.Reject)
	out.Reject = func(r *job.Reject) error {
		*all = append(*all, r)
		return nil
	}
	return all
}

// rowsOf returns what one job and its parts know of rejects: a row that repeats the id of
// another part has no line.
func rowsOf(rejects []*job.Reject) (all []string) {
	for _, r := range rejects {
		all = append(all, fmt.Sprint(r.Row, r.Exit, r.Reasons))
	}
	return all
}

// Parts that do not belong together are refused, and leave nothing.
func TestMergeRefuses(t *testing.T) {
	dir := t.TempDir()
	part := func(name string, i int, text string, changes ...func(*job.SignOptions)) string {
		path := filepath.Join(dir, name)
		sign(t, options(t, text, path, append(changes, shard(i, 2))...))
		return path
	}
	undated := func(day int) func(*job.SignOptions) {
		return func(o *job.SignOptions) {
			o.Plan.Created, o.Now = "today", time.Date(2026, 7, day, 0, 0, 0, 0, time.UTC)
		}
	}
	changed := func(name, from, old, new string) string {
		path := filepath.Join(dir, name)
		write(t, path, strings.Replace(read(t, from), old, new, 1))
		return path
	}
	one, two := part("one", 1, batch(10)), part("two", 2, batch(10))
	tests := []struct {
		parts   []string
		problem job.Problem
		want    string
	}{
		{[]string{one}, "", "part 2 of 2 is missing"},
		{[]string{one, one}, "", "is part 1 of 2, and so is"},
		{[]string{one, part("rows", 2, batch(9)+"LS-999,7\n")}, "", "was made from other rows than"},
		{[]string{one, part("key", 2, batch(10), func(o *job.SignOptions) { o.Key = testKey(2) })}, "", "another key"},
		{[]string{one, part("dates", 2, batch(10), func(o *job.SignOptions) { o.Plan.Expires = "2028-01-01" })}, "", "(flags, template or schema)"},
		{[]string{part("day1", 1, batch(10), undated(1)), part("day2", 2, batch(10), undated(2))}, job.OtherDay, "2026-07-02 and 2026-07-01"},
		{[]string{one, changed("changed", two, `"admin_seats":"7"`, `"admin_seats":"8"`)}, "", "its lines are not those that were written"},
		{[]string{one, changed("cut", two, `{"licseal_end"`, `{"licseal_`)}, "", "has more rows than"},
		{[]string{one, changed("endless", two, "\"}}\n{\"licseal_end", "\"}}{\"licseal_end")}, job.Incomplete, "the part is incomplete"},
		{[]string{changed("huge", one, `"shard":1,"of":2`, `"shard":1,"of":4611686018427387904`)}, "", "that this program cannot read"},
		{[]string{changed("zero", one, `"shard":1,"of":2`, `"shard":0,"of":2`)}, "", "that this program cannot read"},
		{[]string{changed("none", one, "licseal_part", "part")}, "", "is not a part"},
		{nil, "", "no parts were given"},
	}
	for _, test := range tests {
		t.Run(test.want, func(t *testing.T) {
			out := t.TempDir()
			o := &job.MergeOptions{Output: job.Output{Path: filepath.Join(out, "out"), Rejects: filepath.Join(out, "rejects")}}
			_, err := job.Merge(context.Background(), test.parts, o)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v", err)
			}
			if e := (*job.Error)(nil); test.problem != "" && (!errors.As(err, &e) || e.Problem != test.problem) {
				t.Errorf("the problem of %v is not %q", err, test.problem)
			}
			if left := names(t, out); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// Licences with files of their own: input files are never overwritten, and an empty file
// counts as torn only if the job is resumed.
func TestFolder(t *testing.T) {
	pattern, err := job.ParseNames("{license_key}")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	kept := filepath.Join(dir, "LS-001")
	run := func(changes ...func(*job.SignOptions)) *job.Signed {
		return sign(t, options(t, batch(3), "", append(changes, func(o *job.SignOptions) {
			o.Folder = &job.Folder{Path: dir, Names: pattern, Keep: []string{kept}}
		})...))
	}
	write(t, kept, "")
	for name, change := range map[string]func(*job.SignOptions){"overwrite": overwrite, "resume": resume} {
		if signed := run(change); signed.Rejected[9] != 1 || read(t, kept) != "" {
			t.Errorf("%s: %+v, and the input file is %q", name, signed, read(t, kept))
		}
	}
	torn := filepath.Join(dir, "LS-002")
	write(t, torn, "")
	if signed := run(); signed.Rejected[9] != 3 || read(t, torn) != "" {
		t.Errorf("%+v, and the empty file is %q", signed, read(t, torn))
	}
	if signed := run(resume); signed.Signed != 1 || signed.Kept != 1 || read(t, torn) == "" {
		t.Errorf("resumed: %+v, and the empty file is %q", signed, read(t, torn))
	}
	for pattern, want := range map[string]string{
		"x.json":    `"x.json" gives all licences the same name; write a field in it, such as {license_key}`,
		"{}.json":   `"{}.json": write a field as {license_key}`,
		"{a.json":   `"{a.json": write a field as {license_key}`,
		"{/a~2}.js": `"{/a~2}.js": write a field as {license_key}`,
	} {
		if _, err := job.ParseNames(pattern); err == nil || err.Error() != want {
			t.Errorf("ParseNames(%q): %v, want %s", pattern, err, want)
		}
	}
}

// Ids that nobody could type are rejected unless the plan allows them, and other texts
// that are probably not meant are counted.
func TestOddTexts(t *testing.T) {
	text := "license_key,customer\nA-1,Acme \n\"A-2 \",Acme\nA-3,Acme\n"
	for allow, want := range map[bool]*job.Signed{
		false: {Signed: 2, Rejected: map[int]int{4: 1}, OddText: job.Noted{Count: 1, Where: "line 2 of rows.csv"}},
		true:  {Signed: 3, Rejected: map[int]int{}, OddText: job.Noted{Count: 2, Where: "line 2 of rows.csv"}},
	} {
		o := options(t, text, filepath.Join(t.TempDir(), "out"), func(o *job.SignOptions) { o.Plan.AllowOddID = allow })
		rejects := collect(&o.Output)
		if diff := cmp.Diff(want, sign(t, o)); diff != "" {
			t.Errorf("allowed %v (-want +got):\n%s", allow, diff)
		}
		reason := `/license_key: the id "A-2 " ends with a blank, so nobody could type it to revoke the licence`
		if !allow && (len(*rejects) != 1 || !slices.Equal((*rejects)[0].Reasons, []string{reason})) {
			t.Errorf("rejected: %+v", *rejects)
		}
	}
}

// Rejects are safe to show, whatever the rows contain.
func TestRejectsAreEscaped(t *testing.T) {
	text := "license_key,admin_seats,limits\x1b:\nA-1,5,\"\u202ex\"\n"
	o := options(t, "license_key,admin_seats:\nA-1,\"\u202ex\u009b\"\n\xff,1\n", filepath.Join(t.TempDir(), "out"))
	rejects := collect(&o.Output)
	sign(t, o)
	if len(*rejects) != 2 {
		t.Fatalf("%d rejects", len(*rejects))
	}
	for _, r := range *rejects {
		for _, reason := range r.Reasons {
			if strings.ContainsAny(reason, "\x1b\u202e\u009b\ufffd") || !utf8.ValidString(reason) {
				t.Errorf("raw: %q", reason)
			}
		}
	}
	if got := (*rejects)[1]; got.Text != "" || got.Base64 == "" {
		t.Errorf("a row that is not UTF-8: %+v", got)
	}
	if _, err := job.Sign(context.Background(), options(t, text, "")); err == nil || !strings.Contains(err.Error(), "column 3 has a control character") {
		t.Errorf("a header with a control character: %v", err)
	}
}

// A reject is a line of JSON that reads back as it was.
func TestRejectJSON(t *testing.T) {
	dir := t.TempDir()
	o := options(t, batch(5), filepath.Join(dir, "out"), func(o *job.SignOptions) { o.Output.Rejects = filepath.Join(dir, "rejects") })
	sign(t, o)
	passed := options(t, batch(5), filepath.Join(dir, "out2"))
	rejects := collect(&passed.Output)
	sign(t, passed)
	var got job.Reject
	if err := json.Unmarshal([]byte(read(t, o.Output.Rejects)), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff((*rejects)[0], &got); diff != "" {
		t.Errorf("(-passed +written):\n%s", diff)
	}
}

func ExampleSign() {
	payload, err := licseal.ParsePayload([]byte(template))
	if err != nil {
		fmt.Println(err)
		return
	}
	batch := "license_key,customer,admin_seats\nLS-1,Acme,5\nLS-2,Emca,five\n"
	signed, err := job.Sign(context.Background(), &job.SignOptions{
		Input: job.Input{Reader: strings.NewReader(batch), Name: "customers.csv"},
		Plan:  rows.Plan{Template: payload, Schema: schema.Kong()},
		Key:   ed25519.NewKeyFromSeed([]byte("0123456789abcdef0123456789abcdef")),
		Output: job.Output{
			Stream: new(bytes.Buffer),
			Reject: func(r *job.Reject) error {
				fmt.Println(r.Where(), "is rejected:", r.Reasons)
				return nil
			},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(signed.Signed, "of", signed.Rows(), "rows were signed")
	// Output:
	// line 3 is rejected: [/admin_seats: found the string "five"; a string of decimal digits such as "5" is expected]
	// 1 of 2 rows were signed
}

// A reject that cannot be passed on ends a merge: no row is lost without a word.
func TestMergeReportsRejects(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "part")
	o := options(t, batch(5)+"LS-003,1\n", path, shard(1, 1))
	collect(&o.Output)
	sign(t, o)
	broken := errors.New("nobody takes it")
	m := &job.MergeOptions{Output: job.Output{Path: filepath.Join(dir, "merged"), Reject: func(*job.Reject) error { return broken }}}
	if _, err := job.Merge(context.Background(), []string{path}, m); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	if _, err := os.Stat(m.Output.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the merged file is there: %v", err)
	}
}

// A merge that was interrupted by version 1 of the format is started over.
func TestMergeStartsOver(t *testing.T) {
	dir := t.TempDir()
	part, path := filepath.Join(dir, "part"), filepath.Join(dir, "out")
	sign(t, options(t, batch(5), part, shard(1, 1), func(o *job.SignOptions) { o.Output.Reject = func(*job.Reject) error { return nil } }))
	write(t, path+".part", "half of a li")
	write(t, path+".run", `{"format":1,"kind":"merge"}`+"\n")
	if _, err := job.Merge(context.Background(), []string{part}, &job.MergeOptions{Output: job.Output{Path: path}}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(read(t, path), "\n"); got != 4 {
		t.Errorf("%d licences, want 4", got)
	}
}

// A part whose first line is damaged is written again, with nothing of the damage.
func TestResumeDamagedHeader(t *testing.T) {
	dir := t.TempDir()
	alone, path := filepath.Join(dir, "alone"), filepath.Join(dir, "out")
	sign(t, options(t, batch(10), alone, shard(2, 3)))
	text := read(t, alone)
	_, rest, _ := strings.Cut(text, "\n")
	for _, header := range []string{"", "damaged\n", `{"part":{}}` + "\n"} {
		write(t, path+".part", header+rest)
		write(t, path+".run", interruptedSettings(t, batch(10), shard(2, 3)))
		sign(t, options(t, batch(10), path, shard(2, 3), resume))
		if read(t, path) != text {
			t.Errorf("with the first line %q, the file differs", header)
		}
		os.Remove(path)
	}
}

// A damaged line is removed when a job is resumed, and one of another licence is an error.
func TestResumeOtherLines(t *testing.T) {
	dir := t.TempDir()
	alone, path := filepath.Join(dir, "alone"), filepath.Join(dir, "out")
	sign(t, options(t, batch(10), alone))
	text := read(t, alone)
	lines := strings.SplitAfter(text, "\n")
	settings := interruptedSettings(t, batch(10))
	for second, ok := range map[string]bool{lines[1]: true, "damaged\n": true, strings.Replace(lines[1], `"7"`, `"8"`, 1): true, lines[2]: false} {
		write(t, path+".part", lines[0]+second)
		write(t, path+".run", settings)
		_, err := job.Sign(context.Background(), options(t, batch(10), path, resume))
		if e := (*job.Error)(nil); ok && (err != nil || read(t, path) != text) || !ok && (!errors.As(err, &e) || e.Problem != job.OtherRows) {
			t.Errorf("with the line %.60q: %v", second, err)
		}
		for _, name := range []string{path, path + ".part", path + ".run"} {
			os.Remove(name)
		}
	}
}

// A complete file is compared with the same rows on a later day, as of the day on which
// it was written.
func TestResumeOnALaterDay(t *testing.T) {
	today := func(o *job.SignOptions) { o.Plan.Created = edit.Today }
	later := func(o *job.SignOptions) { o.Now = o.Now.AddDate(0, 0, 3) }
	for name, change := range map[string]func(*job.SignOptions){"whole": func(*job.SignOptions) {}, "part": shard(2, 3)} {
		path := filepath.Join(t.TempDir(), "out")
		sign(t, options(t, batch(10), path, today, change))
		text := read(t, path)
		if !strings.Contains(text, `"license_creation_date":"2026-07-01"`) {
			t.Fatalf("%s: %s", name, text)
		}
		signed, err := job.Sign(context.Background(), options(t, batch(10), path, today, change, later, resume))
		if err != nil || read(t, path) != text {
			t.Errorf("%s: %+v, %v", name, signed, err)
		}
	}
}

// What would be signed is shown, and what would not goes where rejects go.
func TestTry(t *testing.T) {
	rejects := filepath.Join(t.TempDir(), "rejects")
	progress := new(job.Progress)
	try := func(changes ...func(*job.SignOptions)) (shown []string, signed *job.Signed, err error) {
		o := options(t, batch(10), "", changes...)
		o.Output.Rejects, o.Progress = rejects, progress
		signed, err = job.Try(context.Background(), o, func(p licseal.Payload) error {
			id, _ := p.ID(licseal.Roles{})
			shown = append(shown, id)
			return nil
		})
		return shown, signed, err
	}
	shown, signed, err := try()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"LS-000", "LS-001", "LS-002", "LS-003", "LS-005", "LS-006", "LS-007", "LS-008"}; !slices.Equal(shown, want) {
		t.Errorf("shown: %q", shown)
	}
	if diff := cmp.Diff(&job.Signed{Signed: 8, Rejected: map[int]int{4: 2}}, signed); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if progress.Done() != 10 {
		t.Errorf("%d rows are done", progress.Done())
	}
	before := read(t, rejects)
	if strings.Count(before, "\n") != 2 || !strings.Contains(before, "LS-004") {
		t.Errorf("rejects: %s", before)
	}
	if shown, signed, err := try(); err == nil || shown != nil || signed != nil {
		t.Errorf("rejects are there already: %q, %v, %v", shown, signed, err)
	}
	if _, _, err := try(overwrite); err != nil || read(t, rejects) != before {
		t.Errorf("overwritten: %v", err)
	}
	// A part is the same, and writes none of its lines.
	if shown, _, err := try(overwrite, shard(2, 3)); err != nil || !slices.Equal(shown, []string{"LS-001", "LS-007"}) {
		t.Errorf("of a part: %q, %v", shown, err)
	}
	stop := errors.New("enough")
	if _, err := job.Try(context.Background(), options(t, batch(10), ""), func(licseal.Payload) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the error of show is lost: %v", err)
	}
}
