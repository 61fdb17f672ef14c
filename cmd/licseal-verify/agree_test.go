package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	diff "github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/conformance"
	"github.com/licseal/licseal/internal/testenv"
)

// programVariable makes the test program licseal-verify.
const programVariable = "LICSEAL_TEST_VERIFY"

func TestMain(m *testing.M) {
	if os.Getenv(programVariable) != "" {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	testenv.Isolate()
	testenv.ExitAtOnce()
	os.Exit(m.Run())
}

// outcome is what a program prints and how it ends.
type outcome struct {
	Stdout, Stderr string
	Exit           int
}

// withoutHints leaves out what to do about an error: licseal knows other commands.
func (o outcome) withoutHints() outcome {
	var kept []string
	for line := range strings.Lines(o.Stderr) {
		if !strings.HasPrefix(line, "hint: ") {
			kept = append(kept, line)
		}
	}
	o.Stderr = strings.Join(kept, "")
	return o
}

func runProgram(t *testing.T, dir, stdin, program string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command := exec.Command(program, args...)
	command.Dir, command.Stdin, command.Stdout, command.Stderr = dir, strings.NewReader(stdin), &stdout, &stderr
	if program == os.Args[0] {
		command.Env = append(os.Environ(), programVariable+"=1")
	}
	err := command.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{stdout.String(), stderr.String(), command.ProcessState.ExitCode()}
}

// anySchema lets every payload pass, as licseal-verify does. Its dates and its id are
// Kong's.
const anySchema = `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","x-licseal":{"roles":{"id":"/license_key","not_before":"/license_creation_date","not_after":"/license_expiration_date"}}}`

var kongRoles = []string{"--id", "/license_key", "--not-before", "/license_creation_date", "--not-after", "/license_expiration_date"}

// group is vectors that one command line judges.
type group struct {
	args  []string
	files []string
}

// groups writes the vectors into files, and returns the command lines that judge them.
func groups(t *testing.T, dir string) []group {
	t.Helper()
	all, err := conformance.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	byArgs := map[string]*group{}
	for n, v := range all {
		r := v.Request
		if r.Document == nil || r.Roles != nil {
			continue
		}
		write := func(suffix string, data []byte) string {
			name := strings.ReplaceAll(r.ID, "/", "_") + suffix
			testenv.WriteFile(t, filepath.Join(dir, name), data)
			return name
		}
		args := []string{"--at", r.Time, "--grace", strconv.FormatInt(r.Grace, 10) + "s"}
		if r.Trust == nil {
			keys := fmt.Sprintf("keys%x", r.Keys[len(r.Keys)/2:])
			keys = keys[:min(len(keys), 40)] + strconv.Itoa(len(r.Keys))
			if strings.Contains(r.Keys, "valid-") {
				keys = "keys" + strconv.Itoa(n)
			}
			testenv.WriteFile(t, filepath.Join(dir, keys), r.Keys)
			args = append(args, "-t", keys)
		} else {
			args = append(args, "--trust-root", "SHA256:"+r.Trust.Root, "--trust-chain", write(".chain", r.Trust.Chain))
		}
		if r.Revocations != nil {
			args = append(args, "--revocations", write(".list", r.Revocations))
		}
		key := strings.Join(args, " ")
		if byArgs[key] == nil {
			byArgs[key] = &group{args: args}
		}
		byArgs[key].files = append(byArgs[key].files, write(".json", r.Document))
	}
	var result []group
	for _, key := range slices.Sorted(maps.Keys(byArgs)) {
		result = append(result, *byArgs[key])
	}
	return result
}

// The verdicts on all vectors, word for word, are those of licseal verify, and so is what
// both say for many flags.
func TestAgrees(t *testing.T) {
	licseal := testenv.Build(t, "licseal")
	t.Run("vectors", func(t *testing.T) { agreesOnVectors(t, licseal) })
	t.Run("flags", func(t *testing.T) { agreesOnFlags(t, licseal) })
	t.Run("state", func(t *testing.T) { agreesOnState(t, licseal) })
}

func agreesOnVectors(t *testing.T, licseal string) {
	dir := t.TempDir()
	testenv.WriteFile(t, filepath.Join(dir, "any.json"), anySchema)
	t.Chdir(dir)
	files, exits := 0, map[int]bool{}
	for i, g := range groups(t, dir) {
		for _, format := range [][]string{nil, {"--json"}} {
			if format != nil && i >= testenv.Rounds(40, 1000) {
				continue
			}
			args := slices.Concat(g.args, format, g.files)
			want := runProgram(t, dir, "", licseal, append([]string{"verify", "--schema", "any.json"}, args...)...)
			var stdout, stderr bytes.Buffer
			code := run(slices.Concat(kongRoles, args), &stdout, &stderr)
			got := outcome{stdout.String(), stderr.String(), code}
			if d := diff.Diff(want.withoutHints(), got.withoutHints()); d != "" {
				t.Errorf("%q: -licseal +licseal-verify\n%s", args, d)
			}
			exits[got.Exit] = true
		}
		files += len(g.files)
	}
	if files < 230 || len(exits) < 8 {
		t.Errorf("only %d files, with the exit codes %v", files, exits)
	}
}

// lines are command lines that both programs take. {S} is a state file of its own for
// each program.
var lines = []string{
	"-t vendor.pub --at 2026-07-01 good.json",
	"-t vendor.pub --at 2026-07-01 --json good.json forged.json",
	"-t vendor.pub --at 2026-07-01 --json own.json",
	"good.json -t vendor.pub --at=2026-07-01 -t other.pub",
	"-t trusted.keys --at 2026-07-01 --issuer *@vendor.example good.json",
	"-t trusted.keys --at 2026-07-01 --issuer *@else.example good.json",
	"-t other.pub --at 2026-07-01 good.json",
	"-t foreign.keys --at 2026-07-01 good.json",
	"-t vendor.pub --at 2025-07-01 good.json",
	"-t vendor.pub --at 2027-01-05 good.json",
	"-t vendor.pub --at 2027-01-05 --grace 30d good.json",
	"-t vendor.pub --at 2027-01-05 --grace 12h good.json",
	"-t vendor.pub --at 2026-07-01T00:00:00+02:00 mail.txt",
	"-t vendor.pub --at 2026-07-01 cut.txt",
	"-t vendor.pub --at 2026-07-01 large.json",
	"-t vendor.pub --at 2026-07-01 none.json good.json",
	"-t vendor.pub --at 2026-07-01 .",
	"-t vendor.pub --at 2026-07-01 bad\x1b[2J.json",
	"-t vendor.pub --at 2026-07-01 -- -",
	"-t none.pub --at 2026-07-01 good.json",
	"-t good.json --at 2026-07-01 good.json",
	"-t . --at 2026-07-01 good.json",
	"-t vendor.pub good.json",
	"-t vendor.pub --at 2026-07-01 --revocations list.json good.json",
	"-t vendor.pub --at 2026-07-01 --revocations list.json --json revoked.json",
	"-t vendor.pub --at 2026-09-01 --revocations list.json good.json",
	"-t vendor.pub --at 2026-07-01 --revocations list.json --max-list-age 1d good.json",
	"-t other.pub --at 2026-07-01 --revocations list.json good.json",
	"-t vendor.pub --at 2026-07-01 --revocations none.json good.json",
	"-t vendor.pub --at 2026-07-01 --revocations good.json good.json",
	"-t vendor.pub --revocations list.json good.json",
	"-t vendor.pub --state {S} own.json",
	"-t vendor.pub --state {S} --json good.json",
	"-t vendor.pub --state {S} --revocations list.json good.json",
	"-t vendor.pub --state none.state good.json",
	"-t vendor.pub --state damaged.state good.json",
	"-t vendor.pub --state ahead.state good.json",
	"-t vendor.pub --at 2026-07-01 --state ahead.state good.json",
	"--trust-root chain --at 2026-07-01 good.json",
	"--trust-root first --trust-chain chain --at 2026-07-01 chained.json",
	"--trust-root first --trust-chain chain --state {S} --at 2026-07-01 chained.json",
	"--trust-root first --trust-chain chain --state {S} chained.json",
	"--trust-root first --trust-chain none --at 2026-07-01 chained.json",
	"--trust-root first --trust-chain good.json --at 2026-07-01 chained.json",
	"--trust-root good.json --at 2026-07-01 chained.json",
	"--trust-root none --at 2026-07-01 chained.json",
	"--trust-root SHA256:00 --at 2026-07-01 chained.json",
	"--trust-root SHA256:" + strings.Repeat("0", 64) + " --at 2026-07-01 chained.json",
	"--trust-root SHA256:" + strings.Repeat("0", 64) + " --trust-chain chain --at 2026-07-01 chained.json",
	"-t vendor.pub --at 2026-07-01 own.json ownlate.json",
	// wrong usage
	"", "good.json", "-t", "-t vendor.pub -t", "-t vendor.pub --at never good.json", "-t vendor.pub --grace x good.json",
	"-t vendor.pub --grace -1d good.json", "-t vendor.pub --unknown good.json", "-t vendor.pub --at 2026-07-01 --at 2026-07-01 good.json",
	"-t vendor.pub --trust-root first good.json", "-t vendor.pub --trust-chain chain good.json", "--trust-chain chain good.json",
	"-t vendor.pub --max-list-age 1d good.json", "-t vendor.pub --max-clock-skew 1d good.json", "-t - -", "-t vendor.pub --at= good.json",
	"-t vendor.pub --json=no good.json", "-t vendor.pub --revocations - -",
}

// Both programs print the same and end with the same exit code, whatever the flags are.
// Of wrong usage, only the word and the exit code are the same.
func agreesOnFlags(t *testing.T, licseal string) {
	dir := fixtures(t)
	for _, line := range lines {
		var got [2]outcome
		for i, program := range []string{licseal, os.Args[0]} {
			text := strings.ReplaceAll(line, "{S}", fmt.Sprintf("seen%d.state", i))
			args := strings.Fields(text)
			if i == 0 {
				args = append([]string{"verify"}, args...)
				if !strings.Contains(text, "own") {
					args = slices.Insert(args, 1, "--schema", "any.json")
				}
			}
			got[i] = runProgram(t, dir, "{", program, args...).withoutHints()
			got[i].Stderr = strings.ReplaceAll(got[i].Stderr, fmt.Sprintf("seen%d.state", i), "seen.state")
			if got[i].Exit == 2 && strings.HasPrefix(got[i].Stderr, "usage: ") {
				got[i].Stderr = "usage: "
			}
			got[i] = withoutNow(got[i])
		}
		if d := diff.Diff(got[0], got[1]); d != "" {
			t.Errorf("%q: -licseal +licseal-verify\n%s", line, d)
		}
	}
}

// withoutNow leaves out the time of a run, which differs between two.
func withoutNow(o outcome) outcome {
	o.Stdout, o.Stderr = nowPattern.ReplaceAllString(o.Stdout, "NOW"), nowPattern.ReplaceAllString(o.Stderr, "NOW")
	return o
}

// Both programs remember the same in a state file.
func agreesOnState(t *testing.T, licseal string) {
	dir := fixtures(t)
	for i, program := range []string{licseal, os.Args[0]} {
		args := []string{"--trust-root", "first", "--trust-chain", "chain", "--revocations", "chained.list", "--state", fmt.Sprintf("seen%d.state", i), "chained.json"}
		if i == 0 {
			args = append([]string{"verify"}, args...)
		}
		runProgram(t, dir, "", program, args...)
	}
	var states [2]string
	for i := range states {
		states[i] = statePattern.ReplaceAllString(string(testenv.ReadFile(t, filepath.Join(dir, fmt.Sprintf("seen%d.state", i)))), "")
	}
	if d := diff.Diff(states[0], states[1]); d != "" || !strings.Contains(states[0], "trust: ") || !strings.Contains(states[0], "generation: 1\n") {
		t.Errorf("%s\n%s", cmp.Or(d, "the same"), states[0])
	}
}
