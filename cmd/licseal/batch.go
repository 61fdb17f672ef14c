package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"

	"github.com/licseal/licseal/bulk/job"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/progress"
	"github.com/urfave/cli/v2"
)

var (
	shardFlag   = &cli.StringFlag{Name: "shard", Usage: "with --batch: take one of the equal `PART`s of the rows, such as 3/16; job/16 in a Kubernetes Job"}
	rejectsFlag = &cli.StringFlag{Name: "rejects", Usage: "write rejected rows to `FILE`, with everything that is wrong with each", TakesFile: true, Category: writes}
)

// parseShard reads --shard.
func parseShard(c *cli.Context) (job.Shard, error) {
	part := c.String("shard")
	if total, ok := strings.CutPrefix(part, "job/"); ok {
		index, err := strconv.Atoi(os.Getenv(jobIndex))
		if err != nil {
			return job.Shard{}, withHint(usagef("--shard %s: the variable %s is not a number", part, jobIndex), "Kubernetes sets it in the pods of an Indexed Job; elsewhere: --shard 1/%s", total)
		}
		part = fmt.Sprintf("%d/%s", index+1, total)
	}
	shard, err := job.ParseShard(part)
	if err != nil {
		return shard, usagef("--shard %v", err)
	}
	return shard, nil
}

// jobIndex is the variable that has the number of a pod of an Indexed Job, from 0.
const jobIndex = "JOB_COMPLETION_INDEX"

// checkRejects refuses to write rejects to standard output, which is for results.
func checkRejects(c *cli.Context) error {
	if c.String("rejects") == "-" {
		return withHint(usagef("--rejects needs a file"), "without --rejects, rejected rows go to standard error")
	}
	return nil
}

// toStdout reports whether results go to standard output.
func toStdout(c *cli.Context) bool {
	return !c.IsSet("out-dir") && (c.String("o") == "" || c.String("o") == "-")
}

// batchOutput returns where results and rejects go. Rejects without a file are printed;
// source is what they call the batch, "" if their places say it.
func batchOutput(c *cli.Context, source string, bar *progress.Bar) job.Output {
	out := job.Output{
		Stream: os.Stdout, StreamName: "standard output",
		Overwrite: c.Bool("force"), Rejects: c.String("rejects"),
	}
	if c.String("o") != "-" {
		out.Path = c.String("o")
	}
	if source != "" {
		source += ": "
	}
	out.Reject = rejectPrinter(func(r *job.Reject) {
		bar.Pause(func() {
			for _, reason := range r.Reasons {
				note("%s: %s%s: %s", fault.ReasonOfExit(r.Exit), source, r.Where(), reason)
			}
		})
	})
	return out
}

// startBar shows how far a job is.
func startBar(noun string, p *job.Progress, share func() float64, resultsToStdout bool) *progress.Bar {
	return progress.Start(progress.Job{Noun: noun, Done: p.Done, Share: share}, resultsToStdout)
}

// untilSignal returns a context that ends at an interrupt. A second one ends the
// program.
func untilSignal(c *cli.Context) (ctx context.Context, stop func()) {
	ctx, stop = signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// allowMemory lets the garbage collector run rarely, within the memory that every batch
// needs, and the bytes that must be kept. Without that, it would run all the time.
// GOGC and GOMEMLIMIT take precedence.
func allowMemory(bytes int) {
	const base = 40 << 20
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(base + int64(bytes))
}

// remedies are the hints for the problems of a job.
var remedies = map[job.Problem]string{
	job.Exists:      "--force overwrites it",
	job.Appeared:    "move one of them away",
	job.NotRegular:  "without -o, results go to standard output",
	job.NotRejects:  "move it away, or name another file",
	job.Interrupted: "to continue it, run the same command with --resume; --force starts over",
	job.Overwriting: "to continue it, move the file away and use --resume; --force starts over",
	job.NoSettings:  "--force starts over",
	job.OtherKey:    "resume with that key, or start over with --force",
	job.OtherJob:    "resume with those, or start over with --force",
	job.OtherRows:   "resume with the same rows, or start over with --force",
	job.FewerRows:   "resume with the same rows, or start over with --force",
	job.Incomplete:  "run the command that writes it again, with --resume if it signs",
	job.OtherDay:    "--created DATE or --at DATE is the same on every day",
	job.ResumeLater: "signed rows are kept; run the same command with --resume to continue",
}

// jobError adds the name of the file and a hint to the error of a job.
func jobError(err error) error {
	var e *job.Error
	if !errors.As(err, &e) {
		return err
	}
	err = e.Err
	if e.File != "" {
		err = about(displayName(e.File), err)
	}
	if hint := remedies[e.Problem]; hint != "" {
		err = withHint(err, "%s", hint)
	}
	return hintTable(err)
}

// judgedFirst are the exit codes in the order of judgement. The worst of several is
// the one that comes first.
var judgedFirst = []int{
	exitFailed, exitUsage, exitNotALicence, exitSignature, exitRevoked, exitSchema, exitNotYetValid, exitExpired, exitRequirement,
}

// worstOf returns an error with the worst of the exit codes that were counted, or nil
// if there are none.
func worstOf(counts map[int]int) error {
	for _, code := range judgedFirst {
		if counts[code] > 0 {
			return fault.Reported(fault.ReasonOfExit(code))
		}
	}
	return nil
}

// countsText returns counts by exit code: "3 parse, 1 schema".
func countsText(counts map[int]int) string {
	var parts []string
	for _, code := range judgedFirst {
		if counts[code] > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", thousands(counts[code]), fault.ReasonOfExit(code)))
		}
	}
	return strings.Join(parts, ", ")
}

// rejectedText returns what the summary says of rejected rows: ", 4 rejected (3 parse, 1 schema)".
func rejectedText(counts map[int]int) string {
	if n := sum(counts); n > 0 {
		return fmt.Sprintf(", %s rejected (%s)", thousands(n), countsText(counts))
	}
	return ""
}

// verdictsText returns the summary of verdicts after their number: ": 7 valid, 1 in
// grace, 2 refused (1 signature, 1 expired)".
func verdictsText(v *job.Verdicts) string {
	var parts []string
	for _, state := range acceptedStates {
		if v.States[state] > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", thousands(v.States[state]), state))
		}
	}
	if n := sum(v.Refused); n > 0 {
		parts = append(parts, fmt.Sprintf("%s refused (%s)", thousands(n), countsText(v.Refused)))
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

func sum(counts map[int]int) (n int) {
	for _, count := range counts {
		n += count
	}
	return n
}
