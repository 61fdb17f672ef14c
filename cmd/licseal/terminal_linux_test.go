package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
	"golang.org/x/sys/unix"
)

// openPTY returns the two ends of a new pseudo-terminal: what a person sees and
// types on, and what a program is given.
func openPTY(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		testenv.Missing(t, "there are no pseudo-terminals here: "+err.Error())
	}
	t.Cleanup(func() { person.Close() })
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	return person, program
}

func echoes(t *testing.T, terminal *os.File) bool {
	t.Helper()
	termios, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return termios.Lflag&unix.ECHO != 0
}

// session is a run of licseal on a terminal of its own.
type session struct {
	person, terminal *os.File
	cmd              *exec.Cmd
	closed           chan struct{} // when all that was shown has been read

	mu    sync.Mutex
	shown []byte
}

func startOnTerminal(t *testing.T, args ...string) *session {
	t.Helper()
	s := &session{closed: make(chan struct{}), cmd: exec.Command("licseal", args...)}
	s.person, s.terminal = openPTY(t)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = s.terminal, s.terminal, s.terminal
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.cmd.Process.Kill() }) // should the test give up
	go s.watch()
	return s
}

// watch keeps what is shown, until nobody has the terminal open any more.
func (s *session) watch() {
	defer close(s.closed)
	buffer := make([]byte, 4096)
	for {
		n, err := s.person.Read(buffer)
		s.mu.Lock()
		s.shown = append(s.shown, buffer[:n]...)
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *session) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.shown)
}

// end waits for the end of licseal, and returns its exit code and all that was on
// the terminal.
func (s *session) end(t *testing.T) (int, string) {
	t.Helper()
	err := s.cmd.Wait()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	s.terminal.Close()
	<-s.closed
	return s.cmd.ProcessState.ExitCode(), s.text()
}

// TestPassphraseIsNotShown types a passphrase when it is asked for: it is never
// on the screen, and the terminal shows what is typed again afterwards.
func TestPassphraseIsNotShown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vendor.key")
	s := startOnTerminal(t, "keygen", "-o", path, "--comment", "vendor")
	const secret = "open sesame"
	for _, prompt := range []string{"New passphrase: ", "The same again: "} {
		testenv.WaitUntil(t, prompt, func() bool { return strings.Contains(s.text(), prompt) && !echoes(t, s.terminal) })
		io.WriteString(s.person, secret+"\n")
	}
	testenv.WaitUntil(t, "the terminal shows what is typed", func() bool { return echoes(t, s.terminal) })
	code, seen := s.end(t)
	if code != exitOK {
		t.Errorf("the exit code is %d, want %d", code, exitOK)
	}
	if strings.Contains(seen, secret) {
		t.Errorf("the passphrase was on the screen: %q", seen)
	}
	if !strings.Contains(seen, "ssh-ed25519 ") {
		t.Errorf("the public key was not on the screen: %q", seen)
	}
}

// TestInterruptAtPassphrase ends licseal while it asks: the terminal is as
// before, and there is no key.
func TestInterruptAtPassphrase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vendor.key")
	s := startOnTerminal(t, "keygen", "-o", path, "--comment", "vendor")
	testenv.WaitUntil(t, "the terminal hides what is typed", func() bool { return !echoes(t, s.terminal) })
	io.WriteString(s.person, "\x03")
	testenv.WaitUntil(t, "the terminal shows what is typed", func() bool { return echoes(t, s.terminal) })
	if code, seen := s.end(t); code != 130 {
		t.Errorf("the exit code is %d, want 130; on the screen was %q", code, seen)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("looking for the key: got %v, want %v", err, fs.ErrNotExist)
	}
}

// TestSignalAtPassphrase does the same by the other signals that end a program.
func TestSignalAtPassphrase(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		t.Run(sig.String(), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "vendor.key")
			s := startOnTerminal(t, "keygen", "-o", path, "--comment", "vendor")
			testenv.WaitUntil(t, "the terminal hides what is typed", func() bool { return !echoes(t, s.terminal) })
			s.cmd.Process.Signal(sig)
			testenv.WaitUntil(t, "the terminal shows what is typed", func() bool { return echoes(t, s.terminal) })
			if code, seen := s.end(t); code != 128+int(sig) {
				t.Errorf("the exit code is %d, want %d; on the screen was %q", code, 128+int(sig), seen)
			}
			if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("looking for the key: got %v, want %v", err, fs.ErrNotExist)
			}
		})
	}
}

// TestNewlineOnTerminal shows that a result whose bytes matter ends with a newline
// on a terminal, and only there.
func TestNewlineOnTerminal(t *testing.T) {
	published := "../../testdata/published/kong-until-2017-07-20.json"
	if _, seen := startOnTerminal(t, "payload", published).end(t); !strings.HasSuffix(seen, `"version":"1"}}`+"\r\n") {
		t.Errorf("the terminal shows %q, want a newline at its end", seen)
	}
	out, err := exec.Command("licseal", "payload", published).Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(string(out), `"version":"1"}}`) {
		t.Errorf("the pipe got %q, want no newline at its end", out)
	}
}

// TestProgressOnTerminal signs rows that are typed: how far the run is is shown while it
// waits for more, and not left there.
func TestProgressOnTerminal(t *testing.T) {
	dir := t.TempDir()
	runIn(t, dir, "keygen", "-o", "vendor.key", "--no-passphrase")
	testenv.WriteFile(t, filepath.Join(dir, "plan.json"), fields)
	s := startOnTerminal(t, "sign", "-k", filepath.Join(dir, "vendor.key"), "--from", filepath.Join(dir, "plan.json"), "--expires", "+1y",
		"--batch", "-", "-o", filepath.Join(dir, "out"))
	io.WriteString(s.person, "license_key,admin_seats\nA-1,many\n")
	testenv.WaitUntil(t, "progress", func() bool { return strings.Contains(s.text(), "\r\x1b[K1 rows, ") })
	io.WriteString(s.person, "\x04") // the end of what is typed
	code, seen := s.end(t)
	if !strings.Contains(seen, "schema: standard input: line 2: ") || code != exitSchema {
		t.Errorf("exit code %d; on the screen was %q", code, seen)
	}
	if last := strings.LastIndex(seen, " a second"); !strings.HasPrefix(seen[max(0, last):], " a second\r\x1b[K1 row: 0 signed") {
		t.Errorf("the progress was left on the screen: %q", seen)
	}
}

// TestInitOnTerminal answers the questions of init, and takes what it proposes.
func TestInitOnTerminal(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	runIn(t, dir, "keygen", "-o", "vendor.key", "--no-passphrase", "--comment", "acme")
	schema := `{"type":"object","properties":{"serial":{},"from":{},"until":{}},"x-licseal":{"roles":{"id":"/serial","not_before":"/from","not_after":"/until"}}}`
	if err := os.WriteFile("mine.json", []byte(schema), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startOnTerminal(t, "init")
	for _, step := range [][2]string{
		{"Name of the product: ", "Acme"}, {" [mine.json]: ", ""}, {" [vendor.key]: ", ""}, {" [vendor.key.pub]: ", ""}, {"such as +365d: ", "+365d"},
	} {
		testenv.WaitUntil(t, step[0], func() bool { return strings.HasSuffix(s.text(), step[0]) })
		io.WriteString(s.person, step[1]+"\n")
	}
	if code, seen := s.end(t); code != exitOK || !strings.Contains(seen, "approved: ") {
		t.Errorf("exit code %d; on the screen was %q", code, seen)
	}
	runIn(t, dir, "sign", "--set", "serial=A-1", "-o", "licence.json")
	runIn(t, dir, "verify", "licence.json")
}

// TestSchemaInitOnTerminal shows what was guessed, and writes it if that is right.
func TestSchemaInitOnTerminal(t *testing.T) {
	t.Chdir(t.TempDir())
	testenv.WriteFile(t, "payload.json", `{"serial":"A-1","seats":5}`)
	for _, test := range []struct {
		answer string
		code   int
		shows  string
	}{
		{"no", exitFailed, "nothing was written"},
		{"", exitOK, "seats: integer"},
	} {
		s := startOnTerminal(t, "schema", "init", "-o", "mine.json", "payload.json")
		question := "Write mine.json? yes or no [yes]: "
		testenv.WaitUntil(t, question, func() bool { return strings.HasSuffix(s.text(), question) })
		if !strings.Contains(s.text(), "serial: string, identifies the licence") {
			t.Errorf("before the question: %q", s.text())
		}
		io.WriteString(s.person, test.answer+"\n")
		code, seen := s.end(t)
		if _, err := os.Stat("mine.json"); code != test.code || (err == nil) != (code == exitOK) || !strings.Contains(seen, test.shows) {
			t.Errorf("after %q: exit code %d, %v; on the screen was %q", test.answer, code, err, seen)
		}
	}
}

// TestColor verifies on a terminal, where the first word is colored, on one whose user
// wants no colors, and through a pipe.
func TestColor(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	runIn(t, dir, "keygen", "-o", "vendor.key", "--no-passphrase")
	runIn(t, dir, "sign", "-k", "vendor.key", "--expires", "+1y", "--set", "license_key=K", "--set", "customer=C", "--set", "dataplanes=1",
		"--set", "admin_seats=1", "--set", "product_subscription=P", "--set", "support_plan=None", "-o", "licence.json")
	verify := []string{"verify", "-t", "vendor.key.pub", "licence.json", "none.json"}
	for _, test := range []struct{ variable, ok, refused string }{
		{"TERM=xterm", "\x1b[32mok\x1b[0m: licence.json: ", "\x1b[31merror\x1b[0m: none.json: "},
		{"NO_COLOR=1", "ok: licence.json: ", "error: none.json: "},
		{"TERM=dumb", "ok: licence.json: ", "error: none.json: "},
	} {
		name, value, _ := strings.Cut(test.variable, "=")
		t.Run(test.variable, func(t *testing.T) {
			t.Setenv("TERM", "xterm")
			t.Setenv(name, value)
			_, seen := startOnTerminal(t, verify...).end(t)
			if !strings.HasPrefix(seen, test.ok) || !strings.Contains(seen, "\r\n"+test.refused) {
				t.Errorf("the terminal shows %q, want %q and %q", seen, test.ok, test.refused)
			}
		})
	}
	out, _ := exec.Command("licseal", verify...).CombinedOutput()
	if strings.Contains(string(out), "\x1b") {
		t.Errorf("a pipe gets colors: %q", out)
	}
}

// TestWaitingForStandardInput runs verify without a file: it says what it waits for.
func TestWaitingForStandardInput(t *testing.T) {
	dir := t.TempDir()
	runIn(t, dir, "keygen", "-o", "vendor.key", "--no-passphrase")
	for _, line := range [][]string{
		{"verify", "-t", filepath.Join(dir, "vendor.key.pub")},
		{"check", "-t", filepath.Join(dir, "vendor.key.pub")},
		{"inspect"},
	} {
		s := startOnTerminal(t, line...)
		testenv.WaitUntil(t, "the notice", func() bool { return strings.Contains(s.text(), "waiting for a licence on standard input: ") })
		io.WriteString(s.person, "\x04")
		if code, seen := s.end(t); code != exitNotALicence {
			t.Errorf("%q: the exit code is %d; on the screen was %q", line, code, seen)
		}
	}
}

// TestKeyNameIsAskedFor makes a key without --comment: its name is asked for, and the
// name of the file is offered.
func TestKeyNameIsAskedFor(t *testing.T) {
	for _, test := range []struct{ typed, want string }{{"", "vendor"}, {"licences@acme.example", "licences@acme.example"}} {
		path := filepath.Join(t.TempDir(), "vendor.key")
		s := startOnTerminal(t, "keygen", "-o", path)
		testenv.WaitUntil(t, "the question", func() bool {
			return strings.Contains(s.text(), "Name of the key, which those who verify see [vendor]: ")
		})
		io.WriteString(s.person, test.typed+"\n")
		for _, prompt := range []string{"New passphrase: ", "The same again: "} {
			testenv.WaitUntil(t, prompt, func() bool { return strings.Contains(s.text(), prompt) && !echoes(t, s.terminal) })
			io.WriteString(s.person, "secret\n")
		}
		if code, seen := s.end(t); code != exitOK || !strings.Contains(seen, " "+test.want+"\r\n") {
			t.Errorf("typed %q: exit code %d; on the screen was %q", test.typed, code, seen)
		}
	}
}

// TestThreeTries mistypes passphrases: twice is not the end.
func TestThreeTries(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vendor.key")
	s := startOnTerminal(t, "keygen", "-o", path, "--comment", "vendor")
	typed := []string{"a", "b", "c", "d", "secret", "secret"}
	s.answerSecrets(t, []string{"New passphrase: ", "The same again: "}, typed)
	if code, seen := s.end(t); code != exitOK || strings.Count(seen, "the two passphrases differ; try again") != 2 {
		t.Errorf("keygen: exit code %d; on the screen was %q", code, seen)
	}
	for _, test := range []struct {
		typed []string
		code  int
	}{{[]string{"wrong", "", "secret"}, exitOK}, {[]string{"a", "b", "c"}, exitFailed}} {
		s := startOnTerminal(t, "pubkey", path)
		s.answerSecrets(t, []string{"Passphrase for " + path + ": "}, test.typed)
		if code, seen := s.end(t); code != test.code || strings.Count(seen, "the passphrase is wrong; try again") != 2 {
			t.Errorf("pubkey: exit code %d, want %d; on the screen was %q", code, test.code, seen)
		}
	}
}

// answerSecrets types an answer at each of the prompts, which come in turn.
func (s *session) answerSecrets(t *testing.T, prompts, answers []string) {
	t.Helper()
	for i, answer := range answers {
		prompt, before := prompts[i%len(prompts)], i/len(prompts)
		testenv.WaitUntil(t, prompt, func() bool { return strings.Count(s.text(), prompt) > before && !echoes(t, s.terminal) })
		io.WriteString(s.person, answer+"\n")
	}
}
