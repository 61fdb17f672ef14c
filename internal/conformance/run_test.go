package conformance

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/leak"
)

// clientVariable makes the test program the client of that name.
const clientVariable = "LICSEAL_TEST_CLIENT"

func TestMain(m *testing.M) {
	if name := os.Getenv(clientVariable); name != "" {
		os.Exit(clients[name](os.Args[1:]))
	}
	testenv.ExitAtOnce()
	os.Exit(leak.Checked(m).Run())
}

// folderVariable names a folder in which clients find what they have done before.
const folderVariable = "LICSEAL_TEST_CLIENT_FOLDER"

// addressVariable names where a client calls.
const addressVariable = "LICSEAL_TEST_CLIENT_ADDRESS"

// clients are the clients that the tests run, each with its exit code.
var clients = map[string]func(args []string) int{
	"reference": reference,
	"careless":  func([]string) int { careless(); return 0 },
	"one-shot": func(args []string) int {
		if args[0] == "serve" {
			fmt.Println("usage: verify KEYS TIME GRACE")
			return 2
		}
		return reference(args)
	},
	"hangs":     func([]string) int { time.Sleep(time.Hour); return 0 },
	"crashes":   func([]string) int { fmt.Fprintln(os.Stderr, "Traceback:\x1b[2J"); return 1 },
	"chatters":  func([]string) int { chatter(bytes.Repeat([]byte("{}\n"), 1000)); return 0 },
	"one line":  func([]string) int { chatter(bytes.Repeat([]byte("x"), 4096)); return 0 },
	"all right": func(args []string) int { return 0 }, // exit code 0 for everything
	"garbage":   func([]string) int { chatter([]byte("\x1b[2J\x00\xff\n")); return 0 },
	"backwards": func([]string) int { backwards(); return 0 },
	"sometimes": func([]string) int { sometimes(); return 0 },
	"killed": func([]string) int {
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			self.Kill()
		}
		select {}
	},
	"says its arguments": func(args []string) int {
		fmt.Fprintln(os.Stderr, strings.Join(args[:min(3, len(args))], " "))
		return 77
	},
	"answers once": func([]string) int {
		var r Request
		json.NewDecoder(os.Stdin).Decode(&r)
		json.NewEncoder(os.Stdout).Encode(Judge(&r))
		return 3
	},
	"hangs at first": func([]string) int {
		if os.Mkdir(filepath.Join(os.Getenv(folderVariable), "was here"), 0o700) == nil {
			time.Sleep(time.Hour)
		}
		return 3
	},
	"parent":                  func([]string) int { parent("hangs", false); return 0 },
	"caller's parent":         func([]string) int { parent("calls", false); return 0 },
	"escaped caller's parent": func([]string) int { parent("calls", true); return 0 },
	"calls": func([]string) int { // until the other end is closed, or too long
		if line, err := net.Dial("tcp", os.Getenv(addressVariable)); err == nil {
			line.SetDeadline(time.Now().Add(20 * time.Second))
			io.Copy(io.Discard, line)
		}
		return 0
	},
}

// parent hangs in a process that it has started, which may leave its group.
func parent(of string, escapes bool) {
	child := exec.Command(os.Args[0])
	if escapes {
		killWhole(child)
		child.Cancel = nil
	}
	child.Env = append(os.Environ(), clientVariable+"="+of)
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	child.Run()
}

func reference(args []string) int {
	if err := Reference(os.Stdin, os.Stdout, args); err != nil {
		return fault.Write(os.Stderr, err, false)
	}
	return 0
}

func chatter(data []byte) {
	for {
		if _, err := os.Stdout.Write(data); err != nil {
			return
		}
	}
}

// backwards answers the second request before the first.
func backwards() {
	lines := bufio.NewScanner(os.Stdin)
	var answers []Answer
	for lines.Scan() {
		var r Request
		json.Unmarshal(lines.Bytes(), &r)
		if answers = append(answers, Judge(&r)); len(answers) == 2 {
			json.NewEncoder(os.Stdout).Encode(answers[1])
			json.NewEncoder(os.Stdout).Encode(answers[0])
		}
	}
}

// sometimes crashes on a licence without bytes, and answers in another order never.
func sometimes() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, maxRequest)
	for lines.Scan() {
		var r Request
		json.Unmarshal(lines.Bytes(), &r)
		if strings.HasPrefix(r.ID, "licence/empty") {
			panic("no bytes")
		}
		json.NewEncoder(os.Stdout).Encode(Judge(&r))
	}
}

func vectorsOf(t *testing.T, parts ...string) []Vector {
	t.Helper()
	all, err := Vectors(parts...)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// run has a client of the tests judge vectors.
func run(t *testing.T, client string, vectors []Vector, options Options) (results []Result, call string) {
	t.Helper()
	t.Setenv(clientVariable, client)
	options.Command = []string{os.Args[0]}
	call, err := Run(context.Background(), slices.Values(vectors), options, func(r Result) { results = append(results, r) })
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != len(vectors) {
		t.Fatalf("%d results for %d vectors", len(results), len(vectors))
	}
	return results, call
}

func statuses(results []Result) map[Status]int {
	counts := map[Status]int{}
	for _, r := range results {
		counts[r.Status]++
	}
	return counts
}

// A client that does everything right passes, in both forms.
func TestGoodClient(t *testing.T) {
	all := vectorsOf(t)
	all = append(all, slices.Collect(Mutants(all, 3, testenv.Rounds(500, 20000)))...)
	results, call := run(t, "reference", all, Options{Classes: true})
	if diff := cmp.Diff(map[Status]int{Passed: len(all)}, statuses(results)); diff != "" || call != CallServe {
		t.Errorf("%s: %s", call, diff)
	}
	few := vectorsOf(t)
	few = slices.DeleteFunc(few, func(v Vector) bool { return v.Request.ID[len(v.Request.ID)-1]%4 > 0 && v.Group != "roles" })
	results, call = run(t, "one-shot", few, Options{})
	got := statuses(results)
	if got[Passed]+got[NotAsked] != len(few) || got[NotAsked] < 9 || got[Passed] < 50 || call != CallVerify {
		t.Errorf("%s: %v", call, got)
	}
}

// A careless client is caught in every group.
func TestCarelessClient(t *testing.T) {
	results, _ := run(t, "careless", vectorsOf(t), Options{})
	caught, passed := map[string]int{}, 0
	for _, r := range results {
		caught[r.Part+" "+r.Group] += 0
		switch r.Status {
		case Failed:
			caught[r.Part+" "+r.Group]++
		case Passed:
			passed++
		default:
			t.Errorf("%s: %s %s", r.Request.ID, r.Status, r.Detail)
		}
	}
	for group, n := range caught {
		if n == 0 {
			t.Errorf("not caught in %s", group)
		}
	}
	if passed < 30 {
		t.Errorf("it passes only %d vectors: it is not careless, but does nothing", passed)
	}
	t.Logf("%d of %d passed; caught: %v", passed, len(results), caught)
}

// Whatever a client does, a run ends, and says what happened.
func TestHostileClients(t *testing.T) {
	few := vectorsOf(t, "licence")[:3]
	for _, test := range []struct{ client, call, want string }{
		{"hangs", "", "no answer within 300ms"},
		{"hangs", CallVerify, "no answer within 300ms"},
		{"parent", CallServe, "no answer within 300ms"},
		{"parent", CallVerify, "no answer within 300ms"},
		{"crashes", CallServe, "the client ended without an answer (exit status 1): Traceback:\x1b[2J"},
		{"crashes", CallVerify, "exit code 1: Traceback:\x1b[2J"},
		{"crashes", "", "exit code 1: Traceback:\x1b[2J"},
		{"chatters", CallServe, `the answer is for the request ""`},
		{"chatters", CallVerify, "no answer within 300ms"},
		{"garbage", CallServe, `the answer "\x1b[2J\x00\xff\n" is not as docs/conformance.md says: invalid character '\x1b' looking for beginning of value`},
		{"one line", CallServe, "the answer is longer than 65536 bytes"},
		{"all right", CallServe, "the client ended without an answer (exit status 0)"},
	} {
		began := time.Now()
		patience := time.Minute
		if strings.HasPrefix(test.want, "no answer") {
			patience = 300 * time.Millisecond
		}
		results, _ := run(t, test.client, few, Options{Call: test.call, Timeout: patience})
		for _, r := range results {
			if r.Status != NoAnswer || r.Detail != test.want {
				t.Errorf("%s, %s: %s, %q", test.client, test.call, r.Status, r.Detail)
			}
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("%s, %s took %v", test.client, test.call, took)
		}
	}
	results, _ := run(t, "backwards", few[:2], Options{Call: CallServe, Timeout: 300 * time.Millisecond})
	want := fmt.Sprintf("the answer is for the request %q", few[1].Request.ID)
	if results[0].Status != NoAnswer || results[0].Detail != want && results[0].Detail != "no answer within 300ms" {
		t.Errorf("backwards: %s, %q", results[0].Status, results[0].Detail)
	}
}

// A client that crashes on some vectors is asked the others.
func TestCrashes(t *testing.T) {
	all := vectorsOf(t, "licence")
	results, _ := run(t, "sometimes", all, Options{})
	if diff := cmp.Diff(map[Status]int{Passed: len(all) - 3, NoAnswer: 3}, statuses(results)); diff != "" {
		t.Error(diff)
	}
	many := slices.Repeat(slices.DeleteFunc(all, func(v Vector) bool { return v.Group != "empty" }), 10)
	results, _ = run(t, "sometimes", many, Options{Call: CallServe})
	for i, r := range results {
		if givenUp := r.Detail == errGivenUp.Error(); r.Status != NoAnswer || givenUp != (i > maxRestarts) {
			t.Errorf("crash %d: %s %s", i+1, r.Status, r.Detail)
		}
	}
}

// A client that ends with 0 whatever it reads fails on what is to be refused, and only
// there.
func TestExitCodes(t *testing.T) {
	results, _ := run(t, "all right", vectorsOf(t, "licence")[:40], Options{Call: CallVerify})
	for _, r := range results {
		if accepted := r.Expect.Reason == ""; r.Status != NotAsked && accepted != (r.Status == Passed) {
			t.Errorf("%s: %s %s", r.Request.ID, r.Status, r.Detail)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Setenv(clientVariable, "hangs")
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	for _, call := range []string{CallServe, CallVerify} {
		if _, err := Run(ctx, slices.Values(vectorsOf(t)), Options{Command: []string{os.Args[0]}, Call: call, Timeout: time.Hour}, func(Result) {}); err == nil {
			t.Errorf("%s: no error", call)
		}
	}
	if _, err := Run(context.Background(), slices.Values(vectorsOf(t)), Options{Command: []string{"/no/such/client"}}, func(Result) {}); err == nil {
		t.Error("no error for a client that does not exist")
	}
}

func TestCompare(t *testing.T) {
	accepted := Answer{Class: "accepted", Digest: "aa"}
	refused := Answer{Reason: "parse", Class: "syntax"}
	other := Answer{Reason: "parse", Class: "truncated"}
	chain := Answer{Class: "accepted", Generation: 2, Keys: []string{"k"}}
	story := func(steps ...Answer) Answer { return Answer{Steps: steps} }
	for _, test := range []struct {
		want, got Answer
		served    bool
		status    Status
		detail    string
	}{
		{accepted, accepted, true, Passed, ""},
		{accepted, Answer{}, false, Passed, ""},
		{accepted, Answer{}, true, Failed, "the client says accepted; expected accepted"},
		{accepted, Answer{Class: "in-grace", Digest: "aa"}, true, Failed, "the client says in-grace; expected accepted"},
		{accepted, Answer{Class: "accepted", Digest: "bb"}, true, Failed, `the digest of the payload is "bb"; expected "aa"`},
		{accepted, refused, true, Failed, "the client says parse (syntax); expected accepted"},
		{refused, accepted, true, Failed, "the client says accepted; expected parse (syntax)"},
		{refused, Answer{Reason: "parse"}, true, Passed, ""},
		{refused, Answer{Reason: "parse"}, false, Passed, ""},
		{refused, other, true, OtherClass, "the client says parse (truncated); expected parse (syntax)"},
		{refused, Answer{Reason: "signature", Class: "signature"}, true, Failed, "the client says signature; expected parse (syntax)"},
		{refused, Answer{Reason: "usage"}, true, Unsupported, "the client does not support this"},
		{chain, chain, true, Passed, ""},
		{chain, Answer{Class: "accepted", Generation: 3, Keys: []string{"k"}}, true, Failed, "generation 3 with the keys [k]; expected 2 with [k]"},
		{chain, Answer{Class: "accepted", Generation: 2}, true, Failed, "generation 2 with the keys []; expected 2 with [k]"},
		{story(accepted, refused), story(accepted, refused), true, Passed, ""},
		{story(accepted, refused), story(accepted, Answer{Reason: "parse"}), true, Passed, ""},
		{story(accepted, refused), story(accepted), true, Failed, "1 answers for 2 steps"},
		{story(accepted, refused), Answer{}, true, Failed, "0 answers for 2 steps"},
		{story(accepted, refused), refused, true, Failed, "the client says parse (syntax); expected accepted, parse (syntax)"},
		{story(refused, accepted), story(refused, Answer{}), true, Failed, "step 2: the client says accepted; expected accepted"},
		{story(refused, refused), story(accepted, accepted), true, Failed, "step 1: the client says accepted; expected parse (syntax)"},
		{story(refused, refused), story(Answer{Reason: "usage"}, accepted), true, Unsupported, "step 1: the client does not support this"},
		{story(refused, refused, refused), story(refused, other, other), true, OtherClass, "step 2: the client says parse (truncated); expected parse (syntax)"},
		{story(refused, refused, refused), story(other, refused, accepted), true, Failed, "step 3: the client says accepted; expected parse (syntax)"},
		{story(refused, accepted), story(other, accepted), true, OtherClass, "step 1: the client says parse (truncated); expected parse (syntax)"},
	} {
		if status, detail := compare(test.want, test.got, test.served); status != test.status || detail != test.detail {
			t.Errorf("%v, %v: %s %q, want %s %q", test.want, test.got, status, detail, test.status, test.detail)
		}
	}
}

// With Options.Classes, another class is a failure, and so is none where one can be said.
func TestClasses(t *testing.T) {
	refused, other, none := Answer{Reason: "parse", Class: "syntax"}, Answer{Reason: "parse", Class: "truncated"}, Answer{Reason: "parse"}
	for _, test := range []struct {
		want, got       Answer
		classes, served bool
		status          Status
		detail          string
	}{
		{refused, other, false, true, OtherClass, "the client says parse (truncated); expected parse (syntax)"},
		{refused, none, false, true, Passed, ""},
		{refused, refused, true, true, Passed, ""},
		{refused, other, true, true, Failed, "the client says parse (truncated); expected parse (syntax)"},
		{refused, none, true, true, Failed, "the client says parse; expected parse (syntax)"},
		{refused, none, true, false, Passed, ""}, // an exit code says no class
		{Answer{Steps: []Answer{refused}}, Answer{Steps: []Answer{none}}, true, true, Failed, "the client says parse; expected parse (syntax)"},
		{Answer{Steps: []Answer{refused}}, Answer{Steps: []Answer{refused}}, true, true, Passed, ""},
	} {
		r := &runner{Options: Options{Classes: test.classes}}
		r.each = func(got Result) {
			if got.Status != test.status || got.Detail != test.detail || !cmp.Equal(got.Answer, test.got) {
				t.Errorf("%+v: %s %q", test, got.Status, got.Detail)
			}
		}
		if test.served {
			r.server = &server{}
		}
		r.report(Vector{Expect: test.want}, test.got, nil)
	}
}

func TestTake(t *testing.T) {
	vectors := vectorsOf(t, "memory")[:7]
	next, stop := iter.Pull(chain(slices.Values(vectors[:2]), slices.Values(vectors[2:2]), slices.Values(vectors[2:])))
	defer stop()
	var got []int
	for batch := take(next, 3); len(batch) > 0; batch = take(next, 3) {
		got = append(got, len(batch))
	}
	if diff := cmp.Diff([]int{3, 3, 1}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for v := range chain(slices.Values(vectors), slices.Values(vectors)) {
		if v.Request.ID == vectors[1].Request.ID {
			break // which must not go on
		}
	}
}

// The timeout is as given, however short.
func TestTimeout(t *testing.T) {
	for _, call := range []string{CallServe, CallVerify} {
		results, _ := run(t, "reference", vectorsOf(t, "licence")[:1], Options{Call: call, Timeout: 1})
		if results[0].Detail != "no answer within 1ns" {
			t.Errorf("%s: %s", call, results[0].Detail)
		}
	}
}
