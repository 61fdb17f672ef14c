// Command mutate asks whether the tests would notice. It changes one thing in one
// function at a time, such as a comparison or a condition, and runs the tests of that
// package: a change that no test fails on is a survivor.
//
//	go run ./internal/mutate -sample 40 -seed 1 ./verify ./state
//
// A run takes a sample of each package's changes, chosen by the seed, so it can be
// repeated. Survivors are looked up in a file of survivors that are known to change
// nothing, each with the reason. It prints the share of changes that were noticed,
// with and without these, and exits with 1 if a survivor is not in that file.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"time"
)

func main() {
	sample := flag.Int("sample", 20, "how many changes of each package to try; 0 for all")
	seed := flag.Uint64("seed", 1, "which changes to choose")
	workers := flag.Int("workers", 1, "how many changes to try at the same time")
	timeout := flag.Duration("timeout", time.Minute, "how long the tests of a package may run; a change that makes them hang is noticed")
	known := flag.String("known", "internal/mutate/equivalent.txt", "the file of survivors that change nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r := runner{workers: *workers, timeout: *timeout, also: alsoTests}
	unexplained, err := run(ctx, os.Stdout, r, flag.Args(), *sample, *seed, *known)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(2)
	}
	if unexplained > 0 {
		os.Exit(1)
	}
}

// run tries a sample of the changes of each package, and returns how many survived
// without an explanation.
func run(ctx context.Context, w io.Writer, r runner, packages []string, sample int, seed uint64, knownFile string) (unexplained int, err error) {
	known, err := readKnown(knownFile)
	if err != nil {
		return 0, err
	}
	var total score
	for _, pkg := range packages {
		mutants, err := mutantsOf(pkg)
		if err != nil {
			return 0, err
		}
		s, err := r.try(ctx, w, pkg, choose(mutants, sample, seed), known)
		if err != nil {
			return 0, err
		}
		fmt.Fprintf(w, "%-24s %s of %d\n", pkg, s, len(mutants))
		total.add(s)
	}
	fmt.Fprintf(w, "%-24s %s\n", "all", total)
	return total.survived - total.equivalent, nil
}

// choose returns a sample of mutants, in their order; all of them if sample is 0.
func choose(mutants []mutant, sample int, seed uint64) []mutant {
	if sample == 0 || sample >= len(mutants) {
		return mutants
	}
	random := rand.New(rand.NewPCG(seed, uint64(len(mutants))))
	chosen := make(map[int]bool)
	for _, i := range random.Perm(len(mutants))[:sample] {
		chosen[i] = true
	}
	var some []mutant
	for i, m := range mutants {
		if chosen[i] {
			some = append(some, m)
		}
	}
	return some
}

// score counts what became of changes.
type score struct{ killed, survived, equivalent int }

func (s *score) add(t score) {
	s.killed += t.killed
	s.survived += t.survived
	s.equivalent += t.equivalent
}

func (s score) String() string {
	share := func(of int) float64 { return 100 * float64(s.killed) / float64(max(1, of)) }
	all := s.killed + s.survived
	return fmt.Sprintf("%d tried, %d noticed, %d survived (%d change nothing): %.1f %% raw, %.1f %% without those",
		all, s.killed, s.survived, s.equivalent, share(all), share(all-s.equivalent))
}
