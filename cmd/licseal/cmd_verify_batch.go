package main

import (
	"errors"
	"os"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/documents"
	"github.com/licseal/licseal/bulk/job"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/text"
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
	o := &job.VerifyOptions{
		Documents: finder.All(args), Shard: shard, Part: c.Bool("json"),
		Trusted: j.trusted, Options: j.options,
		Word: func(d documents.Document, r *verify.Report) job.Verdict {
			return j.verdictOfDocument(d, r).batch(c.Bool("json"))
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
	return worstOf(counts.Refused)
}

// acceptedStates are the states of accepted licences.
var acceptedStates = []verify.State{verify.Valid, verify.InGrace}

// verdictOfDocument returns the verdict on a document, as judge does for a single
// licence.
func (j *judge) verdictOfDocument(d documents.Document, report *verify.Report) verdict {
	v := verdict{file: d.Name(), batchLine: d.Line, err: d.Err}
	if format := (*documents.FormatError)(nil); errors.As(d.Err, &format) {
		v.err = fault.Because(licseal.ReasonParse, d.Err)
	}
	if d.Err != nil {
		return v
	}
	return j.verdictOf(v, report)
}

// batch words a verdict in one line.
func (v verdict) batch(asJSON bool) job.Verdict {
	r := job.Verdict{Exit: v.code()}
	if v.err == nil {
		r.State = v.result.State
	}
	switch {
	case asJSON:
		r.Line = text.Escape(jsonLine(v.json()))
	case v.err == nil:
		line := v.line()
		for _, warning := range v.warnings {
			line = text.Sprintf("%s; warning: %s", line, warning)
		}
		r.Line = line.String()
	default:
		f := fault.Of(v.err)
		r.Line = text.Sprintf("%s: %s: %s", f.Reason, v.file, text.Join(f.Messages(), "; ")).String()
	}
	return r
}
