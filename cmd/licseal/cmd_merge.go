package main

import (
	"github.com/licseal/licseal/bulk/job"
	"github.com/urfave/cli/v2"
)

func mergeCommand() *cli.Command {
	return &cli.Command{
		Name:      "merge",
		Usage:     "join the parts of a batch that was signed or verified in shards",
		UsageText: "licseal merge [flags] PART…",
		Description: `Joins the outputs of --shard 1/N to N/N, in any order of files, into what one run
without --shard would have written: the same lines in the same order. If a part is
missing, incomplete, given twice, or was made from other rows or with other flags or
another key, that is an error, and no file is written. A licence whose id an earlier
one has is rejected, like the rows that the parts have rejected. The exit code is the
worst of the rows, or of the verdicts.

  licseal merge -o licences.ndjson --rejects rejects.ndjson part-*.ndjson`,
		Flags:  []cli.Flag{outputFlag, forceFlag, rejectsFlag},
		Action: mergeParts,
	}
}

func mergeParts(c *cli.Context) error {
	if c.NArg() == 0 {
		return usagef("'licseal merge' requires the parts to join")
	}
	parts := c.Args().Slice()
	if err := checkRejects(c); err != nil {
		return err
	}
	ctx, stop := untilSignal(c)
	defer stop()
	o := &job.MergeOptions{Progress: new(job.Progress), Memory: allowMemory}
	bar := startBar("rows", o.Progress, o.Progress.Share, toStdout(c))
	o.Output = batchOutput(c, "batch", bar)
	allowMemory(0)
	merged, err := job.Merge(ctx, parts, o)
	bar.End()
	if err != nil {
		return jobError(err)
	}
	if v := merged.Verdicts; v != nil {
		note("%s in %s%s", plural(v.Total, "licence"), plural(merged.Parts, "part"), verdictsText(v))
		return worstOf(v.Refused)
	}
	note("%s in %s: %s joined%s", plural(merged.Rows, "row"), plural(merged.Parts, "part"), thousands(merged.Written), rejectedText(merged.Rejected))
	return worstOf(merged.Rejected)
}
