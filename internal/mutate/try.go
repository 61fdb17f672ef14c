package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// alsoTests names packages whose tests are tests of another package, too.
var alsoTests = map[string][]string{
	".":                   {"./verify", "./sign"},
	"bulk":                {"./bulk/job"},
	"bulk/documents":      {"./bulk/job"},
	"bulk/rows":           {"./bulk", "./bulk/job"},
	"check/repair":        {"./check"},
	"internal/atomicfile": {"./state", "./keys"},
	"internal/sig":        {"./verify", "./sign"},
	"revoke":              {"./verify", "./state"},
}

// try tries changes of one package, and prints the survivors.
func try(ctx context.Context, w io.Writer, pkg string, also []string, mutants []mutant, known map[string]string) (s score, err error) {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return s, err
	}
	defer os.RemoveAll(dir)
	mutants, suites, err := compile(ctx, dir, append([]string{pkg}, also...), mutants)
	if err != nil {
		return s, err
	}
	var tests []test
	for _, suite := range suites {
		some, err := suite.tests(ctx, mutants)
		if err != nil {
			return s, err
		}
		tests = append(tests, some...)
	}
	for i, m := range mutants {
		v, err := tryOne(ctx, partsFor(m.decl, tests), i+1)
		switch {
		case err != nil:
			return s, err
		case v == hung:
			s.hung++
			s.killed++
		case v == failed:
			s.killed++
		case known[m.name()] != "":
			s.equivalent++
			s.survived++
		default:
			s.survived++
			s.unexplained = append(s.unexplained, m.name())
			fmt.Fprintf(w, "survived: %s (line %d)\n", m.name(), m.line())
		}
	}
	return s, nil
}

// verdict is what tests say of a change.
type verdict int

const (
	passed verdict = iota // no test notices
	failed
	hung // a test never ends
)

// tryOne returns what the first part that notices the change says of it. Tests that
// run out of time are run once more with more of it, because another program may have
// slowed them down.
func tryOne(ctx context.Context, parts []part, n int) (verdict, error) {
	for _, p := range parts {
		v := p.run(ctx, n, p.limit())
		if v == hung {
			v = p.run(ctx, n, 3*p.limit())
		}
		if v != passed || ctx.Err() != nil {
			return v, ctx.Err()
		}
	}
	return passed, nil
}

// suite is the compiled tests of a package.
type suite struct {
	pkg, binary, temp string
}

// test is one test of a suite, and what it is known to do.
type test struct {
	suite
	name    string
	took    time.Duration
	reaches map[*ast.FuncDecl]bool
}

// tests runs each test by itself without a change. It returns an error if one fails,
// because every change would then count as noticed.
func (s suite) tests(ctx context.Context, mutants []mutant) ([]test, error) {
	list, err := s.command(ctx, 0, time.Minute, "-test.list=^(Test|Fuzz|Example)").Output()
	if err != nil {
		return nil, err
	}
	var all []test
	for _, name := range strings.Fields(string(list)) {
		t := test{suite: s, name: name, reaches: make(map[*ast.FuncDecl]bool)}
		record := filepath.Join(s.temp, "reached")
		if err := shared(s.temp, record); err != nil {
			return nil, err
		}
		c := s.command(ctx, 0, 10*time.Minute, "-test.run=^"+name+"$")
		c.Env = append(c.Env, reachedVariable+"="+record)
		began := time.Now()
		if out, err := c.CombinedOutput(); err != nil {
			return nil, errors.Join(fmt.Errorf("%s of %s fails without a change: %w\n%s", name, s.pkg, err, out), ctx.Err())
		}
		t.took = time.Since(began)
		numbers, err := os.ReadFile(record)
		if err != nil {
			return nil, err
		}
		for _, n := range strings.Fields(string(numbers)) {
			if n, err := strconv.Atoi(n); err == nil {
				t.reaches[mutants[n-1].decl] = true
			}
		}
		all = append(all, t)
	}
	return all, nil
}

// shared makes an empty file that programs can write that a test starts as another user.
func shared(dir, file string) error {
	return errors.Join(os.Chmod(dir, 0o711), os.WriteFile(file, nil, 0o600), os.Chmod(file, 0o666))
}

// part is some tests of a suite, which are run together.
type part struct {
	suite
	names []string
	took  time.Duration
}

// limit returns how long a part may take.
func (p part) limit() time.Duration { return 10*time.Second + 4*p.took }

// partsFor returns the tests that reach a function: first the quick ones of each suite
// together, then the others, the quickest first.
func partsFor(f *ast.FuncDecl, tests []test) []part {
	const quick = 300 * time.Millisecond
	var together, single []part
	for _, t := range tests {
		last := len(together) - 1
		switch {
		case !t.reaches[f]:
		case t.took > quick:
			single = append(single, part{t.suite, []string{t.name}, t.took})
		case last >= 0 && together[last].suite == t.suite:
			together[last].names = append(together[last].names, t.name)
			together[last].took += t.took
		default:
			together = append(together, part{t.suite, []string{t.name}, t.took})
		}
	}
	slices.SortStableFunc(single, func(a, b part) int { return cmp.Compare(a.took, b.took) })
	return append(together, single...)
}

// run runs the tests with a change.
func (p part) run(ctx context.Context, n int, limit time.Duration) verdict {
	out, err := p.command(ctx, n, limit, "-test.run=^("+strings.Join(p.names, "|")+")$", "-test.failfast").CombinedOutput()
	switch {
	case err == nil:
		return passed
	case bytes.Contains(out, []byte("panic: test timed out after")):
		return hung
	}
	return failed
}

// command returns the command that runs tests with a change, or without one if n is 0.
// Memory is limited, because a loop that never ends may take all of it.
func (s suite) command(ctx context.Context, n int, limit time.Duration, flags ...string) *exec.Cmd {
	const script = `ulimit -v 8388608; exec "$0" "$@"`
	args := append([]string{"-c", script, s.binary, "-test.short", "-test.timeout=" + limit.String()}, flags...)
	c := exec.CommandContext(ctx, "/bin/sh", args...)
	c.Dir = s.pkg
	c.Env = slices.Concat(os.Environ(), []string{variable + "=" + strconv.Itoa(n), "TMPDIR=" + s.temp})
	c.WaitDelay = 5 * time.Second
	return c
}

// compile compiles the tests of packages with all changes in them, and returns the
// changes that compile. They are numbered from 1 in the binaries.
func compile(ctx context.Context, dir string, packages []string, mutants []mutant) ([]mutant, []suite, error) {
	overlay, err := overlayFor(ctx, dir, packages[0], &mutants)
	if err != nil {
		return nil, nil, err
	}
	var suites []suite
	for i, pkg := range packages {
		s := suite{pkg, filepath.Join(dir, fmt.Sprintf("%d.test", i)), dir}
		if out, err := goTool(ctx, "test", "-c", "-vet=off", "-overlay", overlay, "-o", s.binary, "./"+filepath.Clean(pkg)); err != nil {
			return nil, nil, fmt.Errorf("%w\n%s", err, out)
		}
		suites = append(suites, s)
	}
	return mutants, suites, nil
}

// overlayFor writes the files of a package with all changes in them, and returns what
// 'go build -overlay' takes. It deletes the changes that do not compile.
func overlayFor(ctx context.Context, dir, pkg string, mutants *[]mutant) (string, error) {
	for {
		overlay, err := writeOverlay(dir, pkg, *mutants)
		if err != nil {
			return "", err
		}
		out, err := goTool(ctx, "build", "-gcflags=-e", "-overlay", overlay, "-o", os.DevNull, "./"+filepath.Clean(pkg))
		if err == nil {
			return overlay, nil
		}
		broken := brokenIn(out)
		if len(broken) == 0 {
			return "", fmt.Errorf("%w\n%s", err, out)
		}
		var rest []mutant
		for i, m := range *mutants {
			if !broken[i+1] {
				rest = append(rest, m)
			}
		}
		*mutants = rest
	}
}

func goTool(ctx context.Context, args ...string) ([]byte, error) {
	return exec.CommandContext(ctx, "go", args...).CombinedOutput()
}

var mutantPosition = regexp.MustCompile(`\bmutant([0-9]+)\.go:`)

// brokenIn returns the numbers of the changes that a compiler complains about.
func brokenIn(out []byte) map[int]bool {
	broken := make(map[int]bool)
	for _, m := range mutantPosition.FindAllSubmatch(out, -1) {
		n, _ := strconv.Atoi(string(m[1]))
		broken[n] = true
	}
	return broken
}
