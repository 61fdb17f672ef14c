package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/testenv"
)

// fakeServer is a server whose process is the test. In a bubble of synctest, its time is
// not that of the machine.
func fakeServer(timeout time.Duration) (s *server, requests *io.PipeReader, stopped chan struct{}) {
	requests, input := io.Pipe()
	stopped = make(chan struct{}, 10)
	s = &server{input: input, answers: make(chan []byte), stderr: &head{}, timeout: timeout}
	s.stop = func() { stopped <- struct{}{} }
	s.wait = func() error { return nil }
	return s, requests, stopped
}

var threeRequests = []Request{{ID: "a", Grace: 1}, {ID: "b", Grace: 2}, {ID: "c", Grace: 3}}

func TestAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, requests, _ := fakeServer(10 * time.Second)
		go func() {
			// All requests come without an answer to the first.
			decoder := json.NewDecoder(requests)
			for _, want := range threeRequests {
				var got Request
				if err := decoder.Decode(&got); err != nil || !cmp.Equal(want, got) {
					t.Errorf("%+v, %v", got, err)
				}
			}
			for _, r := range threeRequests { // together, they take longer than one may
				time.Sleep(9 * time.Second)
				s.answers <- fmt.Appendf(nil, `{"id":%q,"reason":"","class":%q}`, r.ID, r.ID)
			}
		}()
		var answers []Answer
		err := s.ask(threeRequests, func(a Answer) { answers = append(answers, a) })
		if diff := cmp.Diff([]Answer{{Class: "a"}, {Class: "b"}, {Class: "c"}}, answers); diff != "" || err != nil {
			t.Errorf("%v -want +got\n%s", err, diff)
		}
	})
}

func TestAskIsPatientForAsLongAsItSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, requests, _ := fakeServer(10 * time.Second)
		go io.Copy(io.Discard, requests)
		defer requests.Close()
		go func() { s.answers <- []byte(`{"id":"a"}`) }()
		began, answers := time.Now(), 0
		err := s.ask(threeRequests, func(Answer) { answers++ })
		if err == nil || err.Error() != "no answer within 10s" || time.Since(began) != 10*time.Second || answers != 1 {
			t.Errorf("%v after %v and %d answers", err, time.Since(began), answers)
		}
		s.input.Close()
		synctest.Wait()
	})
}

func TestAskEndsAtAnAnswerThatCannotBeRead(t *testing.T) {
	for answer, want := range map[string]string{
		`{"id":"b"}`: `the answer is for the request "b"`,
		`{"id":"a",`: `the answer "{\"id\":\"a\"," is not as docs/conformance.md says: unexpected end of JSON input`,
		`{"id":"a","generation":"1"}`: `the answer "{\"id\":\"a\",\"generation\":\"1\"}" is not as docs/conformance.md says: ` +
			`json: cannot unmarshal string into Go struct field Answer.generation of type int64`,
	} {
		s, requests, _ := fakeServer(time.Hour)
		go io.Copy(io.Discard, requests)
		go func() { s.answers <- []byte(answer) }()
		if err := s.ask(threeRequests, func(Answer) { t.Error("an answer is passed on") }); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", answer, err, want)
		}
		s.input.Close()
	}
}

// A client that has ended itself is not waited for; one that goes on is stopped when the
// time of an answer is over.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, requests, stopped := fakeServer(10 * time.Second)
		go func() {
			io.Copy(io.Discard, requests) // its input is closed
			s.answers <- []byte("what nobody asked for")
			close(s.answers)
		}()
		began := time.Now()
		if err := s.close(); err != nil || time.Since(began) != 0 || len(stopped) != 1 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		time.Sleep(time.Minute)
		if len(stopped) != 1 {
			t.Error("it is stopped again, when it may be another process")
		}

		s, _, stopped = fakeServer(10 * time.Second)
		s.wait = func() error { return errFull }
		go func() { <-stopped; close(s.answers) }()
		began = time.Now()
		if err := s.close(); err != errFull || time.Since(began) != 10*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}

		s, _, stopped = fakeServer(10 * time.Second)
		go func() { <-stopped; close(s.answers) }()
		began = time.Now()
		if err := s.kill(); err != nil || time.Since(began) != 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestWhy(t *testing.T) {
	for _, test := range []struct {
		tooLong bool
		stderr  string
		ended   error
		want    string
	}{
		{true, "x", nil, "the answer is longer than 65536 bytes"},
		{false, "", nil, "the client ended without an answer (exit status 0)"},
		{false, "\n first \nsecond", errFull, "the client ended without an answer (no space left): first "},
	} {
		s, _, _ := fakeServer(time.Hour)
		s.wait = func() error { return test.ended }
		s.tooLong = test.tooLong
		s.stderr.Write([]byte(test.stderr))
		close(s.answers)
		if err := s.why(); err.Error() != test.want {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
}

func TestReadLines(t *testing.T) {
	longest := strings.Repeat("x", maxAnswer-1) + "\n"
	for _, test := range []struct {
		output  string
		lines   []string
		tooLong bool
	}{
		{"", nil, false},
		{"a\n\nb\n", []string{"a\n", "\n", "b\n"}, false},
		{"a\nb", []string{"a\n"}, false}, // an answer ends with a line break
		{longest + "b\n", []string{longest, "b\n"}, false},
		{"a\nx" + longest + "b\n", []string{"a\n"}, true},
	} {
		s := &server{answers: make(chan []byte)}
		go s.read(t.Context(), strings.NewReader(test.output))
		var lines []string
		for line := range s.answers {
			lines = append(lines, string(line))
		}
		if !slices.Equal(lines, test.lines) || s.tooLong != test.tooLong {
			t.Errorf("%.20q: %.40q, %v", test.output, lines, s.tooLong)
		}
	}
	synctest.Test(t, func(t *testing.T) { // nobody listens any more
		ctx, cancel := context.WithCancel(t.Context())
		s := &server{answers: make(chan []byte)}
		go s.read(ctx, strings.NewReader("a\nb\n"))
		synctest.Wait()
		cancel()
		synctest.Wait()
		if line, ok := <-s.answers; ok {
			t.Errorf("%s", line)
		}
	})
}

func TestHead(t *testing.T) {
	h := &head{}
	for range 3 {
		if n, err := h.Write(make([]byte, maxStderr/2-1)); n != maxStderr/2-1 || err != nil {
			t.Errorf("%d bytes are taken, %v", n, err)
		}
	}
	if n, err := h.Write([]byte("more")); n != 4 || err != nil || len(h.data) != maxStderr {
		t.Errorf("%d bytes are taken, %v; %d are kept", n, err, len(h.data))
	}
	for text, want := range map[string]string{"": "", "\n\n a\t\nb": "a\t", "a": "a"} {
		if got := (&head{data: []byte(text)}).firstLine(); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestExitCode(t *testing.T) {
	run := func(client string) error {
		command := exec.Command(os.Args[0])
		command.Env = append(os.Environ(), clientVariable+"="+client)
		return command.Run()
	}
	type result struct {
		code int
		ok   bool
	}
	got := map[string]result{}
	for name, err := range map[string]error{"ended": nil, "crashed": run("crashes"), "killed": run("killed"), "another error": errFull} {
		code, ok := exitCode(err)
		got[name] = result{code, ok}
	}
	want := map[string]result{"ended": {0, true}, "crashed": {1, true}, "killed": {0, false}, "another error": {0, false}}
	if runtime.GOOS == "windows" {
		want["killed"] = result{1, true} // no process is told from one that ended itself
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// With a client, the processes end that it has started. One that has left its group goes
// on, and keeps the output open; it is not waited for.
func TestWholeClientEnds(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("on Windows, what a client has started is not ended with it")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	t.Setenv(addressVariable, listener.Addr().String())
	for _, test := range []struct {
		client, call string
		goesOn       bool
	}{
		{"caller's parent", CallServe, false},
		{"caller's parent", CallVerify, false},
		{"escaped caller's parent", CallServe, true},
		{"escaped caller's parent", CallVerify, true},
	} {
		t.Setenv(clientVariable, test.client)
		ctx, cancel := context.WithCancel(t.Context())
		calls := make(chan net.Conn, 1)
		go func() {
			defer cancel()
			if line, err := listener.Accept(); err == nil {
				calls <- line
			}
		}()
		options := Options{Command: []string{os.Args[0]}, Call: test.call, Timeout: time.Hour}
		if _, err := Run(ctx, slices.Values(vectorsOf(t, "licence")[:1]), options, func(Result) {}); !errors.Is(err, context.Canceled) {
			t.Fatalf("%s, %s: %v", test.client, test.call, err)
		}
		line, patience := <-calls, 10*time.Second // less than what a client has that calls
		if test.goesOn {
			patience = 10 * time.Millisecond
		}
		line.SetReadDeadline(time.Now().Add(patience))
		_, err := line.Read(make([]byte, 1))
		if goesOn := errors.Is(err, os.ErrDeadlineExceeded); goesOn != test.goesOn {
			t.Errorf("%s, %s: the process that it has started goes on: %v", test.client, test.call, goesOn)
		}
		line.Close()
	}
}

// A client that ends by itself, with an error and before its first answer, knows no
// 'serve'; every other one is called so to the end.
func TestWhetherAClientKnowsServe(t *testing.T) {
	few := vectorsOf(t, "licence")[:3]
	for _, test := range []struct {
		client, call string
		timeout      time.Duration
		first        Status
	}{
		{"crashes", CallVerify, time.Minute, NoAnswer},
		{"answers once", CallServe, time.Minute, Passed},
		{"hangs at first", CallServe, 300 * time.Millisecond, NoAnswer},
		{"all right", CallServe, time.Minute, NoAnswer},
	} {
		t.Setenv(folderVariable, t.TempDir())
		results, call := run(t, test.client, few, Options{Timeout: test.timeout})
		if call != test.call || results[0].Status != test.first {
			t.Errorf("%s: %s, %s %s", test.client, call, results[0].Status, results[0].Detail)
		}
	}
}

// CMD has arguments of its own.
func TestArgumentsOfCommand(t *testing.T) {
	t.Setenv(clientVariable, "says its arguments")
	for call, want := range map[string]string{
		CallServe:  "the client ended without an answer (exit status 77): -x y serve",
		CallVerify: "exit code 77: -x y verify",
	} {
		options := Options{Command: []string{os.Args[0], "-x", "y"}, Call: call}
		got, err := Run(context.Background(), slices.Values(vectorsOf(t, "licence")[:1]), options, func(r Result) {
			if r.Status != NoAnswer || r.Detail != want {
				t.Errorf("%s: %s %s", call, r.Status, r.Detail)
			}
		})
		if err != nil || got != call {
			t.Errorf("%s: %s %v", call, got, err)
		}
	}
}

func TestArguments(t *testing.T) {
	dir := t.TempDir()
	keys, list, seen := filepath.Join(dir, "keys"), filepath.Join(dir, "list"), filepath.Join(dir, "seen")
	document, chain := []byte("document"), []byte("chain")
	for _, test := range []struct {
		r     Request
		args  []string
		input []byte
		files map[string]string
	}{
		{Request{Document: document, Keys: "k", Time: "t"}, []string{"verify", keys, "t", "0"}, document, map[string]string{keys: "k"}},
		{Request{Document: document, Keys: "k", Time: "t", Grace: 1234567890123}, []string{"verify", keys, "t", "1234567890123"}, document, nil},
		{Request{Document: document, Keys: "k", Time: "t", Revocations: []byte{}}, []string{"verify", keys, "t", "0", list}, document, map[string]string{list: ""}},
		{Request{Document: document, Keys: "k", Time: "t", Revocations: []byte("r")}, []string{"verify", keys, "t", "0", list}, document, map[string]string{list: "r"}},
		{Request{Trust: &Trust{Root: "r", Chain: chain}}, []string{"trust", "r"}, chain, nil},
		{Request{Trust: &Trust{Root: "r", Chain: chain, Seen: [][]byte{[]byte("a"), []byte("b")}}}, []string{"trust", "r", seen}, chain, map[string]string{seen: "a\nb"}},
		{Request{Trust: &Trust{Root: "r", Chain: chain}, Document: document}, nil, nil, nil},
		{Request{Document: document, Keys: "k", Roles: &Roles{}}, nil, nil, nil},
		{Request{Story: &Story{}}, nil, nil, nil},
	} {
		args, input, err := arguments(dir, &test.r)
		if diff := cmp.Diff(test.args, args); diff != "" || err != nil || string(input) != string(test.input) {
			t.Errorf("%v %s -want +got\n%s", err, input, diff)
		}
		for path, want := range test.files {
			if got := string(testenv.ReadFile(t, path)); got != want {
				t.Errorf("%s: %s, want %s", path, got, want)
			}
		}
	}
	r := Request{Document: document, Keys: "k", Time: "t", Revocations: []byte("r")}
	if _, _, err := arguments(filepath.Join(dir, "none"), &r); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "keys") {
		t.Errorf("no folder: %v", err)
	}
}

// What a client is given on disk is gone afterwards, and what goes wrong there is an error.
func TestAskOnceOnDisk(t *testing.T) {
	t.Setenv(clientVariable, "all right")
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir) // on Windows
	r := Request{Document: []byte("{}"), Keys: "k", Time: "t"}
	if a, err := askOnce(t.Context(), []string{os.Args[0]}, time.Minute, &r); err != nil || a.Reason != "" {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := askOnce(t.Context(), []string{os.Args[0]}, time.Minute, &Request{Story: &Story{}}); err != errNotAsked {
		t.Errorf("a story: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, err := askOnce(t.Context(), []string{filepath.Join(dir, "none")}, time.Minute, &r); err == nil || !strings.HasPrefix(err.Error(), "the client cannot be started: ") {
		t.Errorf("no such client: %v", err)
	}
	t.Setenv(clientVariable, "killed")
	if _, err := askOnce(t.Context(), []string{os.Args[0]}, time.Minute, &r); runtime.GOOS != "windows" && (err == nil || err.Error() != "the client was ended: signal: killed") {
		t.Errorf("killed: %v", err)
	}
	t.Setenv("TMPDIR", filepath.Join(dir, "none"))
	t.Setenv("TMP", filepath.Join(dir, "none"))
	if _, err := askOnce(t.Context(), []string{os.Args[0]}, time.Minute, &r); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder for files: %v", err)
	}
}

func TestAnswerOf(t *testing.T) {
	for _, test := range []struct {
		code      int
		line      string
		reason    string
		wantError string
	}{
		{0, "", "", ""},
		{2, "", "usage", ""},
		{3, "trust: x", "parse", ""},
		{4, "", "schema", ""},
		{5, "", "signature", ""},
		{6, "", "not-yet-valid", ""},
		{7, "", "expired", ""},
		{8, "", "revoked", ""},
		{1, "trust: gap", "trust", ""},
		{1, "revocation-list: stale", "revocation-list", ""},
		{1, "trusted", "", "exit code 1: trusted"},
		{1, "", "", "exit code 1: "},
		{0, "trust: x", "", ""},
		{77, "trust: x", "", "exit code 77: trust: x"},
	} {
		a, err := answerOf(test.code, test.line)
		if a.Reason != test.reason || (err == nil) != (test.wantError == "") || err != nil && err.Error() != test.wantError {
			t.Errorf("%d %s: %+v, %v", test.code, test.line, a, err)
		}
	}
}

// endless is a text without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestRequestOf(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string {
		testenv.WriteFile(t, filepath.Join(dir, name), name)
		return filepath.Join(dir, name)
	}
	keys, list, seen, none := path("keys"), path("list"), path("seen"), filepath.Join(dir, "none")
	input := []byte("input")
	for _, test := range []struct {
		args []string
		want Request
	}{
		{[]string{"verify", keys, "t", "-5"}, Request{Document: input, Keys: "keys", Time: "t", Grace: -5}},
		{[]string{"verify", keys, "t", "9223372036854775807", list}, Request{Document: input, Keys: "keys", Time: "t", Grace: 1<<63 - 1, Revocations: []byte("list")}},
		{[]string{"trust", "root"}, Request{Trust: &Trust{Root: "root", Chain: input}}},
		{[]string{"trust", "root", seen}, Request{Trust: &Trust{Root: "root", Chain: input, Seen: [][]byte{[]byte("seen")}}}},
	} {
		got, err := requestOf(strings.NewReader("input"), test.args)
		if diff := cmp.Diff(&test.want, got); diff != "" || err != nil {
			t.Errorf("%v: %v -want +got\n%s", test.args, err, diff)
		}
	}
	for _, args := range [][]string{
		nil, {""}, {"trust"}, {"trust", "r", seen, "x"}, {"verify", keys, "t"}, {"verify", keys, "t", "0", list, "x"}, {"verify", keys},
		{"verify", keys, "t", "x"}, {"verify", keys, "t", "1.5"}, {"other", keys}, {"other", keys, "t", "0"}, {"serve", "x"},
	} {
		if r, err := requestOf(strings.NewReader("input"), args); err != errArguments {
			t.Errorf("%q: %+v, %v", args, r, err)
		}
	}
	for _, args := range [][]string{{"verify", none, "t", "0"}, {"verify", keys, "t", "0", none}, {"verify", none, "t", "0", list}, {"trust", "r", none}} {
		if _, err := requestOf(strings.NewReader("input"), args); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%q: %v", args, err)
		}
	}
	if r, err := requestOf(endless{}, []string{"trust", "root"}); err != nil || len(r.Trust.Chain) != maxChain+1 {
		t.Errorf("%v: of a text without end, so much is read that it is too long", err)
	}
	if _, err := requestOf(io.MultiReader(strings.NewReader("x"), failing{}), []string{"trust", "root"}); err != errFull {
		t.Errorf("an input that cannot be read: %v", err)
	}
}

// failing is an input that cannot be read.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errFull }

func TestReferenceClient(t *testing.T) {
	r := vector(t, "licence/accepted-p256")
	keys := filepath.Join(t.TempDir(), "keys")
	testenv.WriteFile(t, keys, r.Keys)
	ask := func(document, time string) error {
		var out strings.Builder
		err := Reference(strings.NewReader(document), &out, []string{"verify", keys, time, "0"})
		if out.Len() > 0 {
			t.Errorf("it prints %s", &out)
		}
		return err
	}
	if err := ask(string(r.Document), r.Time); err != nil {
		t.Error(err)
	}
	for _, test := range []struct {
		document, time string
		reason         licseal.Reason
		want           string
	}{
		{"", r.Time, licseal.ReasonParse, "parse (empty)"},
		{string(r.Document), "2096-01-01T00:00:00Z", licseal.ReasonExpired, "expired"},
		{string(r.Document), "today", fault.ReasonUsage, "usage"},
	} {
		if err := ask(test.document, test.time); fault.Of(err).Reason != test.reason || fault.Of(err).Err.Error() != test.want {
			t.Errorf("%v, want %s: %s", err, test.reason, test.want)
		}
	}
	if err := Reference(strings.NewReader(""), io.Discard, []string{"verify"}); err != errArguments {
		t.Error(err)
	}
}

// In serve, one line is a request, and one an answer. A line that is no request ends it.
func TestReferenceServes(t *testing.T) {
	var out strings.Builder
	err := Reference(strings.NewReader(`{"id":"a"}`+"\n"+`{"id":"b"}`), &out, []string{"serve"})
	if want := `{"id":"a","reason":"usage"}` + "\n" + `{"id":"b","reason":"usage"}` + "\n"; err != nil || out.String() != want {
		t.Errorf("%v: %s", err, &out)
	}
	out.Reset()
	err = Reference(strings.NewReader(`{"id":"a"}`+"\nx\n"+`{"id":"b"}`), &out, []string{"serve"})
	if want := "a request is not as docs/conformance.md says: invalid character 'x' looking for beginning of value"; err == nil || err.Error() != want || strings.Contains(out.String(), `"b"`) {
		t.Errorf("%v: %s", err, &out)
	}
	if err := Reference(strings.NewReader(`{"id":"a"}`), full{}, []string{"serve"}); err != errFull {
		t.Errorf("no room for the answer: %v", err)
	}
	if err := Reference(endless{}, io.Discard, []string{"serve"}); err == nil || err.Error() != "bufio.Scanner: token too long" {
		t.Errorf("a line without end: %v", err)
	}
	line, err := json.Marshal(&Request{ID: "a", Trust: &Trust{Chain: make([]byte, maxChain+1)}})
	if err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := Reference(strings.NewReader(string(line)), &out, []string{"serve"}); err != nil || !strings.HasPrefix(out.String(), `{"id":"a"`) {
		t.Errorf("the longest chain, and one byte: %v, %.100s", err, &out)
	}
}
