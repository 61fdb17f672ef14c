// Command mutate asks whether the tests would notice. It changes one thing in one
// function at a time, such as a comparison or a condition, and runs the tests of that
// package: a change that no test fails on is a survivor.
//
//	go run ./internal/mutate -sample 40 -seed 1 ./verify ./state
//
// A run takes a sample of each package's changes, chosen by the seed and by what each
// change is: an edit elsewhere does not alter the sample. With -only, it takes the sample
// from the changes whose name matches a regular expression, such as a file or a function,
// to try again what survived. Survivors are looked up in a
// file of survivors that are known to change nothing, each with the reason. The command
// prints the share of changes that were noticed, with and without these, and exits with
// 1 if a survivor is not in that file. With -results, it also writes what it found into
// a section of a Markdown file.
//
// All changes of a package are compiled into one test binary, in which an environment
// variable chooses one, so that a change costs one run of the tests.
package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

func main() {
	sample := flag.Int("sample", 20, "how many changes of each package to try; 0 for all")
	seed := flag.Uint64("seed", 1, "which changes to choose")
	only := flag.String("only", "", "try only changes whose name matches this `regexp`, such as 'licence.go read:'")
	known := flag.String("known", "internal/mutate/equivalent.txt", "the file of survivors that change nothing")
	results := flag.String("results", "", "a Markdown `file` with a section for each sample")
	title := flag.String("title", "", "the title of the section")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	found, err := run(ctx, os.Stdout, flag.Args(), choice{*sample, *seed, *only}, *known)
	if err == nil && *results != "" {
		err = writeSection(*results, cmp.Or(*title, fmt.Sprintf("Seed %d, %d changes of each package", *seed, *sample)), found)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(2)
	}
	if len(found.total.unexplained) > 0 {
		os.Exit(1)
	}
}

// findings are what a run found.
type findings struct {
	table string // in Markdown
	total score
}

// run tries a sample of the changes of each package, and prints what it finds.
func run(ctx context.Context, w io.Writer, packages []string, c choice, knownFile string) (found findings, err error) {
	known, err := readKnown(knownFile)
	if err != nil {
		return found, err
	}
	var table strings.Builder
	table.WriteString(header)
	for _, pkg := range packages {
		mutants, err := mutantsOf(pkg)
		if err != nil {
			return found, err
		}
		chosen, err := c.choose(mutants)
		if err != nil {
			return found, err
		}
		s, err := try(ctx, w, pkg, alsoTests[path.Clean(pkg)], chosen, known)
		if err != nil {
			return found, err
		}
		s.changes = len(mutants)
		fmt.Fprintln(&table, s.row(path.Clean(pkg)))
		found.total.add(s)
	}
	fmt.Fprintln(&table, found.total.row("all"))
	found.table = table.String()
	_, err = fmt.Fprintf(w, "\n%s", found.table)
	return found, err
}

// choice says which changes of a package to try.
type choice struct {
	sample int // how many; 0 for all
	seed   uint64
	only   string // a regular expression that their names match
}

// choose returns a sample of mutants, in their order.
func (c choice) choose(mutants []mutant) ([]mutant, error) {
	only, err := regexp.Compile(c.only)
	if err != nil {
		return nil, err
	}
	mutants = slices.DeleteFunc(slices.Clone(mutants), func(m mutant) bool { return !only.MatchString(m.name()) })
	if c.sample == 0 || c.sample >= len(mutants) {
		return mutants, nil
	}
	rank := func(m mutant) string {
		sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", c.seed, m.name()))
		return string(sum[:])
	}
	ranks := make([]string, len(mutants))
	for i, m := range mutants {
		ranks[i] = rank(m)
	}
	slices.Sort(ranks)
	return slices.DeleteFunc(mutants, func(m mutant) bool { return rank(m) >= ranks[c.sample] }), nil
}

// score counts what became of changes. Those that do not compile are not counted.
type score struct {
	changes    int // all that there are, tried or not
	killed     int
	hung       int // of those killed
	survived   int
	equivalent int // of those that survived

	unexplained []string // the names of the others
}

func (s *score) add(t score) {
	s.changes += t.changes
	s.killed += t.killed
	s.hung += t.hung
	s.survived += t.survived
	s.equivalent += t.equivalent
	s.unexplained = append(s.unexplained, t.unexplained...)
}

const header = `| package | changes | tried | noticed | of these, never ended | survived | of these, change nothing | score | without those |
| --- | --: | --: | --: | --: | --: | --: | --: | --: |
`

// row returns a row of a table in Markdown.
func (s score) row(name string) string {
	tried := s.killed + s.survived
	share := func(of int) float64 { return 100 * float64(s.killed) / float64(max(1, of)) }
	return fmt.Sprintf("| %s | %d | %d | %d | %d | %d | %d | %.1f %% | %.1f %% |",
		name, s.changes, tried, s.killed, s.hung, s.survived, s.equivalent, share(tried), share(tried-s.equivalent))
}
