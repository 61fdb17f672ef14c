package conformance

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal/internal/ordered"
)

// How a client is called.
const (
	CallServe  = "serve"  // one process for many requests
	CallVerify = "verify" // one process for each
)

// Options say how a client is run.
type Options struct {
	Command []string      // the program and its first arguments
	Call    string        // CallServe, CallVerify, or "": the first if the client can do it
	Timeout time.Duration // for one answer; if zero, DefaultTimeout
	Classes bool          // whether a class that differs is a failure
}

// Status is how a client did on a vector.
type Status string

// The statuses.
const (
	Passed      Status = "passed"      // the answer is the expected one
	OtherClass  Status = "other-class" // only the class differs
	Failed      Status = "failed"      // another answer
	Unsupported Status = "unsupported" // the client does not do this
	NotAsked    Status = "not-asked"   // CMD verify cannot express it
	NoAnswer    Status = "no-answer"   // it crashed, took too long, or the answer cannot be read
)

// Result is how a client did on one vector.
type Result struct {
	Vector
	Status Status
	Answer Answer
	Detail string // what is wrong, "" if nothing is
	Known  bool   // the failure was expected
}

// OK reports whether the result is none that fails a run.
func (r *Result) OK() bool {
	return r.Status == Passed || r.Status == OtherClass || r.Status == NotAsked || r.Known
}

// maxRestarts is how often a client that fails to answer is started again.
const maxRestarts = 20

// window is how many requests a client is sent before its answers are awaited.
const window = 64

// errGivenUp says that a client was started too often.
var errGivenUp = fmt.Errorf("not asked: the client has failed to answer %d times", maxRestarts)

// Run has a client judge vectors and passes on each result, in order. It returns how the
// client was called. The error says that the client cannot be started, or that ctx has
// ended.
func Run(ctx context.Context, vectors iter.Seq[Vector], options Options, each func(Result)) (call string, err error) {
	if options.Timeout <= 0 {
		options.Timeout = DefaultTimeout
	}
	r := &runner{Options: options, each: each}
	defer r.end()
	if options.Call == CallVerify {
		return CallVerify, r.once(ctx, vectors)
	}
	next, stop := iter.Pull(vectors)
	defer stop()
	for {
		batch := take(next, window)
		if len(batch) == 0 {
			return CallServe, nil
		}
		err := r.serve(ctx, batch)
		if errors.Is(err, errNoServe) {
			rest := func(yield func(Vector) bool) {
				for v, ok := next(); ok && yield(v); v, ok = next() {
				}
			}
			return CallVerify, r.once(ctx, chain(slices.Values(batch), rest))
		}
		if err != nil {
			return CallServe, err
		}
	}
}

func chain[V any](parts ...iter.Seq[V]) iter.Seq[V] {
	return func(yield func(V) bool) {
		for _, part := range parts {
			for v := range part {
				if !yield(v) {
					return
				}
			}
		}
	}
}

func take(next func() (Vector, bool), n int) (batch []Vector) {
	for len(batch) < n {
		v, ok := next()
		if !ok {
			break
		}
		batch = append(batch, v)
	}
	return batch
}

// runner is one run of a client.
type runner struct {
	Options
	each     func(Result)
	server   *server
	starts   int
	answered bool // some process has answered
}

func (r *runner) end() {
	if r.server != nil {
		r.server.close()
	}
}

// errNoServe says that the client has ended at once and without an answer, as one does
// that knows no 'serve'. It is returned if the caller leaves the form to the client.
var errNoServe = errors.New("the client ended without an answer to 'serve'")

// serve has a batch judged by CMD serve. A process that fails to answer is replaced.
func (r *runner) serve(ctx context.Context, batch []Vector) error {
	for len(batch) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.server == nil {
			if r.starts > maxRestarts {
				r.report(batch[0], Answer{}, errGivenUp)
				batch = batch[1:]
				continue
			}
			var err error
			if r.server, err = startServer(ctx, r.Command, r.Timeout); err != nil {
				return err
			}
			r.starts++
		}
		requests := make([]Request, len(batch))
		for i := range batch {
			requests[i] = batch[i].Request
		}
		err := r.server.ask(requests, func(a Answer) {
			r.answered = true
			r.report(batch[0], a, nil)
			batch = batch[1:]
		})
		if err == nil {
			return nil // all were answered
		}
		if r.Call == "" && !r.answered && r.starts == 1 {
			if code, exited := exitCode(r.server.close()); exited && code != 0 {
				r.server = nil
				return errors.Join(errNoServe, err)
			}
		}
		r.server.kill()
		r.server = nil
		if ctx.Err() == nil {
			r.report(batch[0], Answer{}, err)
			batch = batch[1:]
		}
	}
	return nil
}

// once has each vector judged by a process of its own.
func (r *runner) once(ctx context.Context, vectors iter.Seq[Vector]) error {
	type judged struct {
		v   Vector
		a   Answer
		err error
	}
	results := ordered.Map(ctx, vectors, nil, ordered.Options{Batch: 1}, func(items []Vector, results []judged) []judged {
		for _, v := range items {
			a, err := askOnce(ctx, r.Command, r.Timeout, &v.Request)
			results = append(results, judged{v, a, err})
		}
		return results
	})
	for j := range results {
		r.report(j.v, j.a, j.err)
	}
	return ctx.Err()
}

// report compares an answer with the expected one.
func (r *runner) report(v Vector, a Answer, err error) {
	result := Result{Vector: v, Answer: a}
	result.Status, result.Detail = compare(v.Expect, a, r.server != nil)
	switch {
	case errors.Is(err, errNotAsked):
		result.Status, result.Detail = NotAsked, err.Error()
	case err != nil:
		result.Status, result.Detail = NoAnswer, err.Error()
	}
	if r.Classes && (result.Status == OtherClass || result.Status == Passed && r.server != nil && !sameClass(v.Expect, a)) {
		result.Status, result.Detail = Failed, fmt.Sprintf("the client says %s; expected %s", words(a), words(v.Expect))
	}
	r.each(result)
}

func sameClass(want, got Answer) bool {
	return want.Class == got.Class && slices.EqualFunc(want.Steps, got.Steps, sameClass)
}

// compare returns how an answer compares with the expected one. What only CMD serve can
// say is compared if the answer is from there.
func compare(want, got Answer, served bool) (Status, string) {
	switch {
	case got.Reason == reasonUsage:
		return Unsupported, "the client does not support this"
	case got.Reason != want.Reason:
		return Failed, fmt.Sprintf("the client says %s; expected %s", words(got), words(want))
	case want.Steps != nil:
		return compareSteps(want.Steps, got.Steps)
	case want.Reason == "" && served:
		return compareAccepted(want, got)
	case got.Class != "" && got.Class != want.Class:
		return OtherClass, fmt.Sprintf("the client says %s; expected %s", words(got), words(want))
	}
	return Passed, ""
}

// compareAccepted compares what has to be said about what is accepted.
func compareAccepted(want, got Answer) (Status, string) {
	switch {
	case got.Class != want.Class:
		return Failed, fmt.Sprintf("the client says %s; expected %s", words(got), words(want))
	case got.Digest != want.Digest:
		return Failed, fmt.Sprintf("the digest of the payload is %q; expected %q", got.Digest, want.Digest)
	case got.Generation != want.Generation || !slices.Equal(got.Keys, want.Keys):
		return Failed, fmt.Sprintf("generation %d with the keys %v; expected %d with %v", got.Generation, got.Keys, want.Generation, want.Keys)
	}
	return Passed, ""
}

// compareSteps returns how the first step compares that is not as expected.
func compareSteps(want, got []Answer) (Status, string) {
	if len(want) != len(got) {
		return Failed, fmt.Sprintf("%d answers for %d steps", len(got), len(want))
	}
	other, detail := Passed, ""
	for i := range want {
		status, what := compare(want[i], got[i], true)
		if status == Passed || status == OtherClass && other == OtherClass {
			continue
		}
		other, detail = status, fmt.Sprintf("step %d: %s", i+1, what)
		if status != OtherClass {
			break
		}
	}
	return other, detail
}

// words returns what an answer says, for people.
func words(a Answer) string {
	switch {
	case a.Steps != nil:
		var steps []string
		for _, step := range a.Steps {
			steps = append(steps, words(step))
		}
		return strings.Join(steps, ", ")
	case a.Reason == "" && a.Class == "":
		return "accepted"
	case a.Reason == "" || a.Reason == a.Class:
		return a.Class
	case a.Class == "":
		return a.Reason
	}
	return a.Reason + " (" + a.Class + ")"
}
