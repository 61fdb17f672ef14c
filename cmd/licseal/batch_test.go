//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/testenv"
)

// batchDir returns a folder with a key, a template and a CSV of n rows, of which
// every hundredth fails.
func batchDir(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	var rows bytes.Buffer
	rows.WriteString("license_key,customer,admin_seats\n")
	for i := range n {
		seats := fmt.Sprint(i%50 + 1)
		if i%100 == 99 {
			seats = "many"
		}
		fmt.Fprintf(&rows, "LS-%07d,\"Example Company %d, Inc\",%s\n", i, i, seats)
	}
	for name, text := range map[string][]byte{
		"rows.csv":      rows.Bytes(),
		"template.json": []byte(`{"dataplanes":"2","license_creation_date":"2026-01-01","license_expiration_date":"2099-12-31","product_subscription":"Konnect Enterprise","support_plan":"None"}`),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	runIn(t, dir, "keygen", "-o", "vendor.key", "--no-passphrase")
	return dir
}

// signRows signs the rows, and returns the exit code and the output. It kills the program
// after a while if that is not zero, unless it has ended before.
func signRows(t *testing.T, dir string, killAfter time.Duration, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	cmd := inDir(dir, append([]string{"sign", "-k", "vendor.key", "--from", "template.json", "--batch", "rows.csv"}, args...)...)
	cmd.Stderr = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if killAfter > 0 {
		time.AfterFunc(killAfter, func() { cmd.Process.Kill() })
	}
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

func readIn(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func sameFile(t *testing.T, dir, a, b string) {
	t.Helper()
	if !bytes.Equal(readIn(t, dir, a), readIn(t, dir, b)) {
		t.Errorf("%s and %s differ", a, b)
	}
}

// A run that is killed again and again, and resumed, makes the same files as one
// that is left alone: of the licences, of the rejects, and of a part. At no moment is
// there a file of the name asked for with less in it.
func TestKilledAndResumed(t *testing.T) {
	rows := testenv.Rounds(10_000, 100_000)
	dir := batchDir(t, rows)
	for name, extra := range map[string][]string{"whole": nil, "part": {"--shard", "2/3"}} {
		t.Run(name, func(t *testing.T) {
			args := func(out string) []string {
				// The day is stated: the two runs may be on either side of midnight.
				return append([]string{"-o", name + out, "--rejects", name + out + ".rejects", "--created", "2026-11-27"}, extra...)
			}
			start := time.Now()
			if code, text := signRows(t, dir, 0, args("-alone")...); code != exitSchema {
				t.Fatalf("exit code %d: %s", code, text)
			}
			alone := time.Since(start)
			killed := 0
			for code := -1; code == -1; {
				after := alone/20 + rand.N(alone/3)
				if killed == 6 {
					after = 0 // enough
				}
				if code, _ = signRows(t, dir, after, append(args("-killed"), "--resume")...); code == -1 {
					killed++
					isBeginning(t, dir, name+"-killed.part", name+"-alone")
					tearTail(t, filepath.Join(dir, name+"-killed.part"))
				} else if code != exitSchema {
					t.Fatalf("exit code %d", code)
				} else if killed == 0 { // the machine is less busy now than it was
					alone, code = alone/2+time.Millisecond, -1
					for _, file := range []string{"-killed", "-killed.rejects"} {
						if err := os.Remove(filepath.Join(dir, name+file)); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			t.Logf("killed %d times", killed)
			sameFile(t, dir, name+"-alone", name+"-killed")
			sameFile(t, dir, name+"-alone.rejects", name+"-killed.rejects")
			if left, _ := filepath.Glob(filepath.Join(dir, name+"-killed.*")); len(left) != 1 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// isBeginning reports whether what a killed run has left is a beginning of the whole.
// Half a line may be at its end: the write was cut by the kill.
func isBeginning(t *testing.T, dir, left, whole string) {
	t.Helper()
	part, err := os.ReadFile(filepath.Join(dir, left))
	if err == nil && !bytes.HasPrefix(readIn(t, dir, whole), part) {
		t.Errorf("%s is no beginning of %s", left, whole)
	}
}

// tearTail cuts some bytes off, as a loss of power may, where there is something.
func tearTail(t *testing.T, path string) {
	info, err := os.Stat(path)
	if err != nil || info.Size() < 100 {
		return
	}
	if err := os.Truncate(path, info.Size()-rand.Int64N(100)); err != nil {
		t.Fatal(err)
	}
}

// Licences that each have a file are resumed like one file.
func TestKilledFiles(t *testing.T) {
	dir := batchDir(t, 3000)
	args := []string{"--out-name", "{license_key}.json", "--out-dir"}
	signRows(t, dir, 0, append(args, "alone")...)
	for code, killed := -1, 0; code == -1; killed++ {
		after := 20*time.Millisecond + rand.N(200*time.Millisecond)
		if killed == 10 {
			after = 0 // enough
		}
		code, _ = signRows(t, dir, after, append(args, "killed", "--resume")...)
		files, _ := filepath.Glob(filepath.Join(dir, "killed", "*.json"))
		for _, file := range files {
			if _, err := licseal.ParseUnverified(readIn(t, "", file)); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
		}
	}
	diff, err := exec.Command("diff", "-r", "-x", ".*.tmp", filepath.Join(dir, "alone"), filepath.Join(dir, "killed")).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %.500s", err, diff)
	}
}

// settingsOfKilledRun returns what a run that was killed has left in out.ndjson.run.
func settingsOfKilledRun(t *testing.T, dir string) []byte {
	t.Helper()
	cmd := inDir(dir, "sign", "-k", "vendor.key", "--from", "template.json", "--batch", "-", "-o", "out.ndjson")
	rows, err := cmd.StdinPipe() // it never ends
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	header, _, _ := bytes.Cut(readIn(t, dir, "rows.csv"), []byte("\n"))
	rows.Write(append(header, '\n'))
	var settings []byte
	testenv.WaitUntil(t, "the run notes its settings", func() bool {
		settings, _ = os.ReadFile(filepath.Join(dir, "out.ndjson.run"))
		return bytes.HasSuffix(settings, []byte("\n"))
	})
	cmd.Process.Kill()
	cmd.Wait()
	return settings
}

// What an interrupted job has left is continued only with what it was begun with,
// and what is no longer what it was is found out.
func TestResumeRefuses(t *testing.T) {
	dir := batchDir(t, 500)
	runIn(t, dir, "keygen", "-o", "other.key", "--no-passphrase")
	signRows(t, dir, 0, "-o", "whole.ndjson")
	lines := bytes.SplitAfter(readIn(t, dir, "whole.ndjson"), []byte("\n"))
	settings := settingsOfKilledRun(t, dir)
	left := func(lines ...[]byte) {
		os.Remove(filepath.Join(dir, "out.ndjson"))
		for name, text := range map[string][]byte{"out.ndjson.run": settings, "out.ndjson.part": bytes.Join(lines, nil)} {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	forged := bytes.Replace(lines[20], []byte(`"signature":"`), []byte(`"signature":"0`), 1)
	forged = append(forged[:len(forged)-len("x\",\"version\":\"1\"}}\n")], []byte("\",\"version\":\"1\"}}\n")...)
	spaced := append([]byte(" "), lines[20]...)
	few := lines[:20]
	tests := []struct {
		name  string
		lines [][]byte
		args  []string
		want  string // "" if it ends with the whole file
	}{
		{"as it was", few, nil, ""},
		{"nothing was written", nil, nil, ""},
		{"half a line", append(few[:20:20], lines[20][:100]), nil, ""},
		{"a line of zeros", append(few[:20:20], append(make([]byte, 400), '\n')), nil, ""},
		{"a signature that is wrong, and more", append(few[:20:20], forged, lines[21]), nil, ""},
		{"all of it", lines, nil, ""},
		{"another key", few, []string{"-k", "other.key"}, "error: out.ndjson: the interrupted job signed with another key, SHA256:"},
		{"another flag", few, []string{"--set", "admin_seats=1"}, "error: out.ndjson: the interrupted job had other flags, another template or another schema"},
		{"another schema", few, []string{"--schema", "other.json"}, "error: out.ndjson: the interrupted job had other flags, another template or another schema"},
		{"a licence that is not canonical", append(few[:20:20], spaced), nil, "line 22 of rows.csv does not match out.ndjson.part; were the rows changed?"},
		{"a row less", few, []string{"--batch", "cut.csv"}, "line 3 of cut.csv does not match out.ndjson.part; were the rows changed?"},
		{"fewer rows", few, []string{"--batch", "short.csv"}, "out.ndjson.part has more rows than short.csv; was the input cut off?"},
		{"no --resume", few, []string{"no resume"}, "error: out.ndjson: an interrupted job has left out.ndjson.part"},
	}
	rows := bytes.SplitAfter(readIn(t, dir, "rows.csv"), []byte("\n"))
	os.WriteFile(filepath.Join(dir, "other.json"), []byte(`{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object"}`), 0o644)
	os.WriteFile(filepath.Join(dir, "cut.csv"), bytes.Join(append(rows[:2:2], rows[3:]...), nil), 0o644)
	os.WriteFile(filepath.Join(dir, "short.csv"), bytes.Join(rows[:10], nil), 0o644)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			left(tt.lines...)
			args := []string{"sign", "--from", "template.json", "-o", "out.ndjson"}
			set := map[string]string{"-k": "vendor.key", "--batch": "rows.csv", "--resume": ""}
			for i := 0; i < len(tt.args); i += 2 {
				if tt.args[i] == "no resume" {
					delete(set, "--resume")
					break
				}
				set[tt.args[i]] = tt.args[i+1]
			}
			for flag, value := range set {
				if args = append(args, flag); value != "" {
					args = append(args, value)
				}
			}
			out, err := inDir(dir, args...).CombinedOutput()
			if tt.want == "" {
				sameFile(t, dir, "whole.ndjson", "out.ndjson")
				return
			}
			if err == nil || !strings.Contains(string(out), tt.want) {
				t.Errorf("got %v, %s", err, out)
			}
			if got := readIn(t, dir, "out.ndjson.part"); !bytes.Equal(got, bytes.Join(tt.lines, nil)) {
				t.Error("what was there has been changed")
			}
		})
	}
}

// Two runs never write one file.
func TestTwoRuns(t *testing.T) {
	dir := batchDir(t, 10)
	first := inDir(dir, "sign", "-k", "vendor.key", "--from", "template.json", "--batch", "-", "-o", "out.ndjson")
	rows, err := first.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	rows.Write([]byte("license_key,customer,admin_seats\nA,B,1\n"))
	waitForFile(t, filepath.Join(dir, "out.ndjson.run"))
	for _, flag := range []string{"--resume", "--force"} {
		if code, out := signRows(t, dir, 0, "-o", "out.ndjson", flag); code != exitFailed || !strings.HasPrefix(out, "error: out.ndjson: another process is writing this file") {
			t.Errorf("%s: exit code %d: %s", flag, code, out)
		}
	}
	rows.Close()
	if err := first.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := bytes.Count(readIn(t, dir, "out.ndjson"), []byte("\n")); got != 1 {
		t.Errorf("%d lines", got)
	}
}

// A disk that fills up ends with an error that says what to do, and, with room
// again, the same command goes on.
func TestBatchFullDisk(t *testing.T) {
	if !canMount(t) {
		testenv.Missing(t, "no small disk can be mounted here")
	}
	dir := batchDir(t, 5000)
	disk := filepath.Join(dir, "disk")
	if err := os.Mkdir(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	mount := func(options string) {
		if out, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", disk).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	mount("size=1m")
	defer exec.Command("umount", disk).Run()
	signRows(t, dir, 0, "-o", "alone", "--rejects", "alone.rejects")
	code, out := signRows(t, dir, 0, "-o", "disk/out", "--rejects", "out.rejects")
	want := "error: writing disk/out.part: no space left on device\nhint: signed rows are kept; run the same command with --resume to continue\n"
	if code != exitFailed || out != want {
		t.Errorf("exit code %d: %s", code, out)
	}
	part := readIn(t, disk, "out.part")
	if !bytes.HasPrefix(readIn(t, dir, "alone"), part) || !bytes.HasSuffix(part, []byte("\n")) {
		t.Error("what is left is no beginning of whole lines")
	}
	mount("remount,size=16m")
	if code, out := signRows(t, dir, 0, "-o", "disk/out", "--rejects", "out.rejects", "--resume"); code != exitSchema {
		t.Errorf("exit code %d: %s", code, out)
	}
	sameFile(t, dir, "alone", "disk/out")
	sameFile(t, dir, "alone.rejects", "out.rejects")

	// Where it is the rejects that do not fit, there are none.
	mount("remount,size=16m")
	os.Remove(filepath.Join(disk, "out"))
	if err := os.WriteFile(filepath.Join(disk, "filler"), make([]byte, 16<<20-12<<10), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out = signRows(t, dir, 0, "-o", "out", "--rejects", "disk/rejects", "--set", "dataplanes=two")
	if code != exitFailed || !strings.HasPrefix(out, "error: writing disk/rejects: no space left on device\n") {
		t.Errorf("exit code %d: %s", code, out)
	}
	if left, err := filepath.Glob(filepath.Join(disk, "*rejects*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	os.Remove(filepath.Join(disk, "filler"))
	if code, out := signRows(t, dir, 0, "-o", "out", "--rejects", "disk/rejects", "--set", "dataplanes=two", "--resume"); code != exitSchema {
		t.Errorf("exit code %d: %s", code, out)
	}
}

// What comes up under the name of a result while that is made is not replaced.
func TestBatchKeepsNewcomer(t *testing.T) {
	dir := batchDir(t, 5)
	cmd := inDir(dir, "sign", "-k", "vendor.key", "--from", "template.json", "--batch", "-", "-o", "out.ndjson")
	var said bytes.Buffer
	cmd.Stderr = &said
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stdin.Write(readIn(t, dir, "rows.csv"))
	waitForFile(t, filepath.Join(dir, "out.ndjson.part"))
	if err := os.WriteFile(filepath.Join(dir, "out.ndjson"), []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	stdin.Close()
	err = cmd.Wait()
	if want := "error: out.ndjson: a file of that name has appeared, and was kept; the result is in out.ndjson.part\n"; err == nil || !strings.HasPrefix(said.String(), want) {
		t.Errorf("got %v: %s", err, said.String())
	}
	if got := string(readIn(t, dir, "out.ndjson")); got != "precious" {
		t.Errorf("the file has become %.100q", got)
	}
	if err := os.Remove(filepath.Join(dir, "out.ndjson")); err != nil {
		t.Fatal(err)
	}
	if code, text := signRows(t, dir, 0, "-o", "out.ndjson", "--resume"); code != exitOK || !strings.Contains(text, "5 signed before") {
		t.Errorf("exit code %d: %s", code, text)
	}
}

// waitForFile waits until there is something in a file.
func waitForFile(t *testing.T, path string) {
	t.Helper()
	testenv.WaitUntil(t, "there is something in "+path, func() bool {
		info, err := os.Stat(path)
		return err == nil && info.Size() > 0
	})
}

// A part of verdicts that is interrupted is not whole, and is not joined.
func TestInterruptedVerdicts(t *testing.T) {
	dir := batchDir(t, 5)
	runIn(t, dir, "sign", "-k", "vendor.key", "--from", "template.json", "--batch", "rows.csv", "-o", "out.ndjson")
	part, err := os.Create(filepath.Join(dir, "part"))
	if err != nil {
		t.Fatal(err)
	}
	defer part.Close()
	cmd := inDir(dir, "verify", "-t", "vendor.key.pub", "--at", "2026-06-01", "--batch", "--json", "--shard", "1/1")
	cmd.Stdout = part
	stdin, err := cmd.StdinPipe() // it never ends
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stdin.Write(readIn(t, dir, "out.ndjson"))
	waitForFile(t, part.Name())
	cmd.Process.Signal(os.Interrupt)
	if err := cmd.Wait(); err == nil {
		t.Error("it was not interrupted")
	}
	out, err := inDir(dir, "merge", "part").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "error: part: the part is incomplete") {
		t.Errorf("got %v: %s", err, out)
	}
}

// A merge that a signal ends leaves nothing; one that is killed is in no one's way.
func TestInterruptedMerge(t *testing.T) {
	dir := batchDir(t, 5)
	runIn(t, dir, "sign", "-k", "vendor.key", "--from", "template.json", "--batch", "rows.csv", "--shard", "1/1", "-o", "part")
	if err := os.WriteFile(filepath.Join(dir, "old.rejects"), []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"merge", "-o", "out.ndjson", "--rejects", "old.rejects", "--force"}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		cmd := inDir(dir, append(args, "pipe")...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		part, err := os.OpenFile(pipe, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.SplitAfter(readIn(t, dir, "part"), []byte("\n"))
		part.Write(bytes.Join(lines[:3], nil))
		waitForFile(t, filepath.Join(dir, "out.ndjson.part"))
		cmd.Process.Signal(sig)
		cmd.Wait()
		part.Close()
		if cmd.ProcessState.Success() {
			t.Errorf("%v: it was not interrupted", sig)
		}
		left, _ := filepath.Glob(filepath.Join(dir, "out.ndjson*"))
		if sig == syscall.SIGTERM && len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
		if got := string(readIn(t, dir, "old.rejects")); got != "precious" {
			t.Errorf("the rejects have become %q", got)
		}
	}
	runIn(t, dir, "merge", "-o", "out.ndjson", "part")
}

// Rows that cannot be read to the end are no whole batch: what was read is kept, and the
// result is not there.
func TestBatchCutOff(t *testing.T) {
	dir := batchDir(t, 50)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	reader, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	writer, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	stdin, err := reader.(*net.TCPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	reader.Close()
	var said bytes.Buffer
	cmd := inDir(dir, "sign", "-k", "vendor.key", "--from", "template.json", "--batch", "-", "-o", "out.ndjson")
	cmd.Stdin, cmd.Stderr = stdin, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	writer.Write(readIn(t, dir, "rows.csv"))
	waitForFile(t, filepath.Join(dir, "out.ndjson.part"))
	writer.(*net.TCPConn).SetLinger(0) // the reader gets an error, and no end
	writer.Close()
	err = cmd.Wait()
	if want := "error: standard input: reading: connection reset by peer\nhint: signed rows are kept"; err == nil || !strings.HasPrefix(said.String(), want) {
		t.Errorf("got %v: %s", err, said.String())
	}
	if _, err := os.Stat(filepath.Join(dir, "out.ndjson")); err == nil {
		t.Error("the result is there")
	}
	if code, text := signRows(t, dir, 0, "-o", "out.ndjson", "--resume"); code != exitOK {
		t.Errorf("exit code %d: %s", code, text)
	}
}

// A signal ends a run in an orderly way.
func TestInterrupted(t *testing.T) {
	dir := batchDir(t, 20_000)
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		os.Remove(filepath.Join(dir, "out.ndjson"))
		var out bytes.Buffer
		cmd := inDir(dir, "sign", "-k", "vendor.key", "--from", "template.json", "--batch", "-", "-o", "out.ndjson", "--force")
		cmd.Stderr = &out
		stdin, err := cmd.StdinPipe() // it never ends
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		rows := readIn(t, dir, "rows.csv")
		stdin.Write(rows[:bytes.LastIndexByte(rows[:200_000], '\n')+1])
		waitForFile(t, filepath.Join(dir, "out.ndjson.part"))
		cmd.Process.Signal(sig)
		cmd.Wait()
		stdin.Close()
		want := "error: interrupted\nhint: signed rows are kept; run the same command with --resume to continue\n"
		if cmd.ProcessState.ExitCode() != exitFailed || !strings.HasSuffix(out.String(), want) {
			t.Errorf("%v: exit code %d: %s", sig, cmd.ProcessState.ExitCode(), out.String())
		}
	}
	if code, out := signRows(t, dir, 0, "-o", "out.ndjson", "--resume"); code != exitSchema || !strings.Contains(out, "signed before") {
		t.Errorf("exit code %d: %s", code, out)
	}
	signRows(t, dir, 0, "-o", "alone.ndjson")
	sameFile(t, dir, "alone.ndjson", "out.ndjson")
}
