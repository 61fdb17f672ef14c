//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/licseal/licseal/internal/testenv"
)

// endless are command lines that would run for ever: on input that never ends or says
// nothing, on a server that does not answer, with a client that does not, and on named pipes:
// "silent" is open and says nothing, "nobody" is one that no other program opens.
var endless = []struct {
	line  string
	feed  string // is written to standard input again and again; if "", it says nothing
	first string // is written before that
	left  string // what may be left behind: patterns
	full  bool   // nobody reads standard output
}{
	{line: "sign -k vendor.key --from template.json --batch - -o out", first: "license_key,customer,admin_seats\n", feed: "ROW,Example Company,5\n", left: "out.part out.run"},
	{line: "sign -k vendor.key --from template.json --batch - -o out --rejects bad", first: "license_key,customer,admin_seats\nA,B,5\n", left: "out.part out.run"},
	{line: "sign -k vendor.key --from template.json --batch - --out-dir out --out-name {license_key}.json", first: "license_key,customer,admin_seats\n", feed: "ROW,Example Company,5\n", left: "out/*.json"},
	{line: "sign -k vendor.key --from template.json --batch --dry-run -", first: "license_key,customer,admin_seats\n", feed: "ROW,Example Company,5\n"},
	{line: "sign -k vendor.key - -o out", first: "{"},
	{line: "verify -t vendor.key.pub -", first: "{"},
	{line: "verify -t vendor.key.pub --batch -", feed: "LICENCE\n"},
	{line: "verify -t vendor.key.pub --batch --json -", feed: "not a licence\n"},
	{line: "verify -t vendor.key.pub --batch -", first: "LICENCE\n"},
	{line: "check -t vendor.key.pub --fix -o out --report report -", first: "{"},
	{line: "check -t vendor.key.pub --effective --admin-url SERVER"},
	{line: "renew - -t vendor.key.pub -k vendor.key --extend +1y -o out", first: "{"},
	{line: "renew --batch - -t vendor.key.pub -k vendor.key --extend +1y -o out", feed: "LICENCE\n", left: "out.part out.run"},
	{line: "merge -o out --rejects bad silent"},
	{line: "inspect -", first: "{"},
	{line: "payload -", first: "{"},
	{line: "canonical -", first: "{"},
	{line: "diff - licence.json", first: "{"},
	{line: "conformance --part trust --junit out -- ./client"},
	{line: "register import --register issued -t vendor.key.pub -", feed: "not a licence\n"},
	{line: "register import --register issued -t vendor.key.pub -", first: "LICENCE\n"},
	{line: "revoke add list.json -k vendor.key --ids -", first: "LS-7\n"},
	{line: "trust add trusted.keys -", first: "ssh-ed25519"},
	{line: "schema init -o out -", first: "{"},

	{line: "sign -k nobody payload.json -o out"},
	{line: "sign -k vendor.key --from template.json --batch nobody -o out"},
	{line: "sign -k vendor.key --from template.json --batch rows.csv -o out --rejects nobody", left: "out.part out.run"},
	{line: "sign -k vendor.key --from template.json --batch --dry-run rows.csv --rejects nobody"},
	{line: "verify -t vendor.key.pub --revocations nobody licence.json"},
	{line: "verify -t vendor.key.pub --batch nobody"},
	{line: "verify -t vendor.key.pub --batch nobody.ndjson"},
	{line: "check -t vendor.key.pub nobody"},
	{line: "renew --batch licence.json -t vendor.key.pub -k vendor.key --extend +1y -o out --rejects nobody", left: "out.part out.run"},
	{line: "merge -o out --rejects bad nobody"},
	{line: "merge -o out --rejects nobody part"},
	{line: "register import --register issued -t vendor.key.pub nobody"},
	{line: "register audit --register issued -t vendor.key.pub --orders nobody"},
	{line: "register verify --register issued --since nobody"},

	{line: "sign -k vendor.key --from template.json --batch -", first: "license_key,customer,admin_seats\n", feed: "ROW,Example Company,5\n", full: true},
	{line: "verify -t vendor.key.pub --batch --json -", feed: "LICENCE\n", full: true},
	{line: "verify -t vendor.key.pub --batch -", feed: "not a licence\n", full: true},
	{line: "merge part", full: true},
}

// endlessFolder is a folder with what these command lines need.
func endlessFolder(t *testing.T) (dir, licence string) {
	t.Helper()
	dir = batchDir(t, 1)
	testenv.WriteFile(t, filepath.Join(dir, "payload.json"), `{"admin_seats":"5","customer":"Example Company, Inc","dataplanes":"2","license_creation_date":"2026-01-01","license_expiration_date":"2099-01-01","license_key":"LS-9","product_subscription":"Konnect Enterprise","support_plan":"None"}`)
	testenv.WriteFile(t, filepath.Join(dir, "client"), "#!/bin/sh\nexec sleep 1000\n")
	if err := os.Chmod(filepath.Join(dir, "client"), 0o700); err != nil {
		t.Fatal(err)
	}
	testenv.WriteFile(t, filepath.Join(dir, "part.csv"), manyRows(1000))
	for _, line := range []string{
		"sign -k vendor.key payload.json -o licence.json", "revoke new list.json -k vendor.key",
		"trust add trusted.keys vendor.key.pub", "register new issued",
		"sign -k vendor.key --from template.json --batch part.csv --shard 1/1 -o part",
	} {
		runIn(t, dir, strings.Fields(line)...)
	}
	return dir, string(readIn(t, dir, "licence.json"))
}

// silentServer accepts connections and says nothing.
func silentServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return "http://" + l.Addr().String()
}

// Whatever a command waits for or works on, a signal ends it: at once, which a busy machine is
// given twenty seconds for, while the work would never end. What it had begun to write is gone,
// or is what --resume continues.
func TestSignalsEndEverything(t *testing.T) {
	base, licence := endlessFolder(t)
	server := silentServer(t)
	for i, test := range endless {
		for _, sig := range signalsOf(i) {
			t.Run(fmt.Sprintf("%s %v", test.line, sig), func(t *testing.T) {
				t.Parallel()
				dir := filepath.Join(t.TempDir(), "f")
				if err := os.CopyFS(dir, os.DirFS(base)); err != nil {
					t.Fatal(err)
				}
				for _, pipe := range []string{"silent", "nobody", "nobody.ndjson"} {
					if err := syscall.Mkfifo(filepath.Join(dir, pipe), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				silent, err := os.OpenFile(filepath.Join(dir, "silent"), os.O_RDWR, 0) // so that it can be opened
				if err != nil {
					t.Fatal(err)
				}
				defer silent.Close()
				before := namesIn(t, dir)
				cmd := inDir(dir, strings.Fields(strings.ReplaceAll(test.line, "SERVER", server))...)
				var said bytes.Buffer
				cmd.Stderr = &said
				if test.full {
					cmd.Stdout = fullPipe(t)
				}
				stdin, err := cmd.StdinPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				reads := make(chan bool)
				go feed(stdin, strings.ReplaceAll(test.first, "LICENCE", licence), strings.ReplaceAll(test.feed, "LICENCE", licence), reads)
				if !test.full {
					<-reads
				}
				if test.feed == "" || test.full {
					time.Sleep(300 * time.Millisecond) // most have begun to wait by then
				}
				waitForEnd(t, cmd, sig, &said)
				stdin.Close()
				for _, name := range namesIn(t, dir) {
					allowed := slices.Contains(before, name) || name == "out" && strings.Contains(test.line, "--out-dir")
					for _, pattern := range strings.Fields(test.left) {
						ok, _ := filepath.Match(pattern, name)
						allowed = allowed || ok
					}
					if !allowed {
						t.Errorf("%s is left behind", name)
					}
				}
			})
		}
	}
}

// signalsOf returns the signals for the command line with this index: one of the two, or both
// if slow tests are wanted.
func signalsOf(i int) []syscall.Signal {
	both := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGINT}
	return both[i%2:][:testenv.Rounds(1, 2)]
}

// feed writes to the input of a program, and reports when that has read some of it. ROW is
// another text each time.
func feed(w io.Writer, first, more string, reads chan<- bool) {
	io.WriteString(w, first)
	for n := 0; more != ""; n++ {
		if n == 5_000 { // more than the pipe holds
			close(reads)
			reads = nil
		}
		if _, err := io.WriteString(w, strings.Replace(more, "ROW", fmt.Sprint("LS-", n), 1)); err != nil {
			if reads != nil {
				close(reads)
			}
			return
		}
	}
	close(reads)
}

// fullPipe returns a pipe that nobody reads, with no room for a byte.
func fullPipe(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	w.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	w.Write(make([]byte, 1<<20))
	return w
}

// manyRows returns a table with rows.
func manyRows(n int) string {
	var b strings.Builder
	b.WriteString("license_key,customer,admin_seats\n")
	for i := range n {
		fmt.Fprintf(&b, "LS-%07d,Example Company,5\n", i)
	}
	return b.String()
}

// A signal also ends the work on a register of many records, in the middle of it.
func TestSignalsEndWorkOnRegisters(t *testing.T) {
	const records = 20_000
	dir := batchDir(t, 1)
	testenv.WriteFile(t, filepath.Join(dir, "many.csv"), manyRows(records))
	for _, line := range []string{
		"register new issued",
		"sign -k vendor.key --from template.json --batch many.csv --register issued -o many.ndjson",
		"register new empty",
	} {
		runIn(t, dir, strings.Fields(line)...)
	}
	for i, line := range []string{
		"register audit --register issued -t vendor.key.pub",
		"register verify --register issued",
		"register copy --register issued copy",
		"register import --register empty -t vendor.key.pub many.ndjson",
		"renew --batch --register issued --customer Example -t vendor.key.pub -k vendor.key --extend +1y -o out",
	} {
		for _, sig := range signalsOf(i) {
			t.Run(fmt.Sprintf("%s %v", line, sig), func(t *testing.T) {
				delay := 50 * time.Millisecond
				for isDoneWithin(t, dir, line, delay, sig) {
					delay /= 2 // the machine is fast, or was busy with something else
				}
			})
		}
	}
}

// isDoneWithin runs a command line in a copy of a folder, and interrupts it after a delay. It
// reports whether it was done by then.
func isDoneWithin(t *testing.T, base, line string, delay time.Duration, sig syscall.Signal) bool {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "f")
	if err := os.CopyFS(dir, os.DirFS(base)); err != nil {
		t.Fatal(err)
	}
	cmd := inDir(dir, strings.Fields(line)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(delay)
	if interrupt(t, cmd, sig) == nil && delay > 0 {
		return true
	}
	checkEnd(t, cmd, sig, &said)
	if cmd.ProcessState.Exited() && !strings.Contains(said.String(), "interrupted") {
		t.Errorf("it does not say why it ended: %s", &said)
	}
	return false
}

// waitForEnd sends a signal, and waits until the program has ended because of it.
func waitForEnd(t *testing.T, cmd *exec.Cmd, sig syscall.Signal, said *bytes.Buffer) {
	t.Helper()
	interrupt(t, cmd, sig)
	checkEnd(t, cmd, sig, said)
}

// interrupt sends a signal, and returns how the program has ended then.
func interrupt(t *testing.T, cmd *exec.Cmd, sig syscall.Signal) error {
	t.Helper()
	cmd.Process.Signal(sig)
	late := time.AfterFunc(20*time.Second, func() {
		t.Errorf("%v did not end it within 20 s", sig)
		cmd.Process.Kill()
	})
	defer late.Stop()
	return cmd.Wait()
}

// checkEnd fails the test unless a program has ended because of a signal.
func checkEnd(t *testing.T, cmd *exec.Cmd, sig syscall.Signal, said *bytes.Buffer) {
	t.Helper()
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if byItself := status.Exited(); byItself && status.ExitStatus() != exitFailed || !byItself && status.Signal() != sig {
		t.Errorf("it ended with %v: %s", cmd.ProcessState, said)
	}
}

// namesIn returns the names of the files and folders in a folder.
func namesIn(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		if !strings.HasPrefix(name, "issued/") && name != "." {
			all = append(all, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
