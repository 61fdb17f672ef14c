package main

import (
	"errors"
	"os"
	"sync"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/documents"
	"github.com/licseal/licseal/bulk/job"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/internal/verdict"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

var batchVerifyFlags = []cli.Flag{
	&cli.BoolFlag{Name: "batch", Usage: "verify many: NDJSON, folders, and quoted patterns such as 'licences/*.json'"},
	shardFlag,
}

func verifyBatch(c *cli.Context, args []string) error {
	shard, err := parseShard(c)
	if err != nil {
		return err
	}
	j, err := newJudge(c)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(c)
	defer stop()
	allowMemory(0)
	finder := &documents.Finder{Memory: allowMemory}
	var once sync.Once
	var unusable error // a refusal for which no licence is to blame
	o := &job.VerifyOptions{
		Documents: finder.All(args), Shard: shard, Part: c.Bool("json"),
		Trusted: j.trusted, Options: j.options,
		Word: func(d documents.Document, r *verify.Report) job.Verdict {
			v := j.verdictOn(d, r)
			if isOfReader(v.Err) {
				once.Do(func() { unusable = v.Err })
			}
			return batchLine(v, c.Bool("json"))
		},
		Output:   job.Output{Stream: os.Stdout, StreamName: "standard output"},
		Progress: new(job.Progress),
	}
	bar := startBar("licences", o.Progress, finder.Share, true)
	counts, err := job.Verify(ctx, o)
	bar.End()
	if err != nil {
		return jobError(err)
	}
	note("%s%s", plural(counts.Total, "licence"), verdictsText(counts))
	if unusable != nil {
		complain(unusable)
	}
	return worstOf(counts.Refused)
}

// isOfReader reports whether a licence was refused for the clock of the reader or for its
// revocation list, so that most others are refused for the same reason.
func isOfReader(err error) bool {
	reason := fault.Of(err).Reason
	return err != nil && (reason == licseal.ReasonClock || reason == licseal.ReasonRevocationList)
}

// acceptedStates are the states of accepted licences.
var acceptedStates = []verify.State{verify.Valid, verify.InGrace}

// verdictOn returns the verdict on a document, as judge does for a single licence.
func (j *judge) verdictOn(d documents.Document, report *verify.Report) verdict.Verdict {
	if d.Err == nil {
		return j.hint(verdict.Of(d.File, d.Line, report))
	}
	v := verdict.Verdict{File: d.File, Line: d.Line, Err: d.Err}
	if format := (*documents.FormatError)(nil); errors.As(d.Err, &format) {
		v.Err = fault.Because(licseal.ReasonParse, d.Err)
	}
	return v
}

// batchLine words a verdict in one line.
func batchLine(v verdict.Verdict, asJSON bool) job.Verdict {
	r := job.Verdict{Exit: v.Exit()}
	if v.Err == nil {
		r.State = v.Result.State
	}
	if !asJSON {
		r.Line = v.Summary().String()
		return r
	}
	r.Line = text.Escape(v.JSON())
	return r
}
