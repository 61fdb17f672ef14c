package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// runner tries changes.
type runner struct {
	workers int
	timeout time.Duration
	also    map[string][]string // packages whose tests are run too, by package
}

// verdict is what became of a change.
type verdict int

const (
	killed   verdict = iota // a test fails, or hangs
	survived                // no test notices
	invalid                 // it does not compile, so it is no change
)

// alsoTests names packages whose tests are tests of another package, too.
var alsoTests = map[string][]string{
	".":                     {"./verify", "./sign"},
	"./internal/atomicfile": {"./state", "./keys/..."},
	"./internal/sig":        {"./verify", "./sign"},
	"./revoke":              {"./verify", "./state"},
}

// try tries changes of one package, and prints the survivors.
func (r runner) try(ctx context.Context, w io.Writer, pkg string, mutants []mutant, known map[string]string) (s score, err error) {
	if err := r.unchanged(ctx, pkg); err != nil {
		return s, err
	}
	var mu sync.Mutex
	var group sync.WaitGroup
	work := make(chan mutant)
	for range r.workers {
		group.Go(func() {
			for m := range work {
				v, failure := r.one(ctx, pkg, m)
				mu.Lock()
				switch {
				case failure != nil:
					err = failure
				case v == killed:
					s.killed++
				case v == survived && known[m.name()] != "":
					s.survived++
					s.equivalent++
				case v == survived:
					s.survived++
					fmt.Fprintf(w, "survived: %s (line %d)\n", m.name(), m.line)
				}
				mu.Unlock()
			}
		})
	}
	for _, m := range mutants {
		if ctx.Err() != nil {
			break
		}
		work <- m
	}
	close(work)
	group.Wait()
	return s, errors.Join(err, ctx.Err())
}

// unchanged returns an error if the tests fail without a change, because every change
// would then count as noticed.
func (r runner) unchanged(ctx context.Context, pkg string) error {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, []byte(`{"Replace":{}}`), 0o600); err != nil {
		return err
	}
	for _, p := range append([]string{pkg}, r.also[pkg]...) {
		if r.fails(ctx, overlay, p) {
			return errors.Join(fmt.Errorf("the tests of %s fail or time out without a change", p), ctx.Err())
		}
	}
	return nil
}

// one runs the tests with one change in place of the file, which stays as it is.
func (r runner) one(ctx context.Context, pkg string, m mutant) (verdict, error) {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return invalid, err
	}
	defer os.RemoveAll(dir)
	overlay, err := overlayOf(dir, m)
	if err != nil {
		return invalid, err
	}
	if exec.CommandContext(ctx, "go", "build", "-overlay", overlay, "-o", os.DevNull, pkg).Run() != nil {
		return invalid, ctx.Err()
	}
	if r.fails(ctx, overlay, pkg) || len(r.also[pkg]) > 0 && r.fails(ctx, overlay, r.also[pkg]...) {
		return killed, ctx.Err()
	}
	return survived, ctx.Err()
}

// fails reports whether a test of packages fails, or is still running after the
// timeout. The tests of the package that was changed are run first and by themselves,
// because most changes are noticed there.
func (r runner) fails(ctx context.Context, overlay string, packages ...string) bool {
	args := []string{"test", "-short", "-failfast", "-vet=off", "-timeout", r.timeout.String(), "-overlay", overlay}
	test := exec.CommandContext(ctx, "go", append(args, packages...)...)
	test.WaitDelay = 5 * time.Second
	return test.Run() != nil
}

// overlayOf writes what 'go test -overlay' takes: the changed file in place of the
// one that it was made from.
func overlayOf(dir string, m mutant) (string, error) {
	from, err := filepath.Abs(m.path)
	if err != nil {
		return "", err
	}
	to := filepath.Join(dir, filepath.Base(m.path))
	if err := os.WriteFile(to, m.text, 0o600); err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": {from: to}})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, text, 0o600)
}

// readKnown reads the survivors that change nothing: a line with the name of the
// change, and a line with the reason, which is indented. Empty lines and lines that
// begin with # are skipped.
func readKnown(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	known := make(map[string]string)
	name := ""
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		reason, indented := strings.CutPrefix(line, "\t")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case indented && name != "":
			known[name], name = reason, ""
		case indented || name != "":
			return nil, fmt.Errorf("%s:%d: a name and its reason, which is indented, take turns", path, n)
		default:
			name = line
		}
	}
	if name != "" {
		return nil, fmt.Errorf("%s: %q has no reason", path, name)
	}
	return known, lines.Err()
}
