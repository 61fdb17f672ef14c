package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/bulk/documents"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/ordered"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

// batchResult is the verdict on one licence of many, as it is printed.
type batchResult struct {
	line  string
	code  int
	state verify.State // of an accepted one
}

func verifyBatch(c *cli.Context, args []string) error {
	part, err := parseShard(c.String("shard"))
	if err != nil {
		return err
	}
	j, err := newJudge(c)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM)
	defer stop()
	tuneMemory(0)
	found := &documents.Finder{Memory: func(bytes int) { allowMemory(int64(bytes)) }}
	settings, err := j.partOf(c, part)
	if err != nil {
		return err
	}
	input := newLineSum()
	docs := found.All(args)
	if settings != nil {
		docs = sumOf(docs, input)
	}
	results := j.judgeBatch(ctx, shardOf(docs, part), c.Bool("json"))
	bar := startProgress("licences", true, found.Share)
	counts, err := printResults(ctx, results, bar, settings, input)
	bar.end()
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, counts)
	if code := worstCode(counts.refused); code != exitOK {
		return fault.Reported(fault.ReasonOfExit(code))
	}
	return nil
}

// sumOf adds to a sum what shows that parts are of the same documents: the lines, and
// the names of files, which not every shard reads.
func sumOf(docs iter.Seq[documents.Document], sum lineSum) iter.Seq[documents.Document] {
	return func(yield func(documents.Document) bool) {
		for doc := range docs {
			if doc.Line > 0 {
				sum.add(string(doc.Text))
			} else {
				sum.add(filepath.Base(doc.Name()))
			}
			if !yield(doc) {
				return
			}
		}
	}
}

// shardOf returns the documents of a shard.
func shardOf(docs iter.Seq[documents.Document], s shard) iter.Seq[documents.Document] {
	return func(yield func(documents.Document) bool) {
		i := 0
		for doc := range docs {
			if i++; s.has(i) && !yield(doc) {
				return
			}
		}
	}
}

// load reads the documents of a batch that are files.
func load(batch, loaded []documents.Document) []documents.Document {
	for _, doc := range batch {
		doc.Load()
		loaded = append(loaded, doc)
	}
	return loaded
}

// judgeBatch reads and judges documents, and words the results.
func (j *judge) judgeBatch(ctx context.Context, docs iter.Seq[documents.Document], asJSON bool) iter.Seq[batchResult] {
	size := func(d documents.Document) int { return len(d.Text) }
	loaded := ordered.Map(ctx, docs, size, ordered.Options{}, load)
	texts := func(yield func(documents.Document, []byte) bool) {
		for doc := range loaded {
			if !yield(doc, doc.Text) {
				return
			}
		}
	}
	judged := func(yield func(verdict) bool) {
		for doc, report := range bulk.Verify(ctx, texts, j.Verifier, nil) {
			if !yield(j.verdictOfDocument(doc, report)) {
				return
			}
		}
	}
	word := func(batch []verdict, results []batchResult) []batchResult {
		for _, v := range batch {
			results = append(results, v.batchResult(asJSON))
		}
		return results
	}
	return ordered.Map(ctx, judged, nil, ordered.Options{}, word)
}

// verdictOfDocument is the verdict on one document of many.
func (j *judge) verdictOfDocument(doc documents.Document, report *verify.Report) verdict {
	v := verdict{file: doc.Name(), batchLine: doc.Line, err: doc.Err}
	if format := (*documents.FormatError)(nil); errors.As(doc.Err, &format) {
		v.err = fault.Because(licseal.ReasonParse, doc.Err)
	}
	if doc.Err != nil {
		return v
	}
	return j.verdictOf(v, report)
}

// batchResult words a verdict in one line.
func (v verdict) batchResult(asJSON bool) batchResult {
	r := batchResult{code: v.code()}
	if v.err == nil {
		r.state = v.result.State
	}
	switch {
	case asJSON:
		r.line = jsonLine(v.json())
	case v.err == nil:
		r.line = v.line()
		for _, warning := range v.warnings {
			r.line += "; warning: " + warning
		}
	default:
		f := fault.Of(v.err)
		r.line = text.Sprintf("%s: %s: %s", f.Reason, v.file, text.Join(f.Messages(), "; ")).String()
	}
	return r
}

// batchCounts counts verdicts.
type batchCounts struct {
	total   int
	states  map[verify.State]int // of accepted licences
	refused map[int]int          // by exit code
}

func newBatchCounts() *batchCounts {
	return &batchCounts{states: map[verify.State]int{}, refused: map[int]int{}}
}

// add adds the counts of a part.
func (n *batchCounts) add(total int, states map[verify.State]int, refused map[int]int) {
	n.total += total
	for state, count := range states {
		n.states[state] += count
	}
	for code, count := range refused {
		n.refused[code] += count
	}
}

// String returns the summary, as: 10 licences: 7 valid, 1 in grace, 2 refused (1 signature, 1 expired)
func (n *batchCounts) String() string { return plural(n.total, "licence") + n.outcome() }

// outcome returns what is behind the number in the summary.
func (n *batchCounts) outcome() string {
	var parts []string
	for _, state := range []verify.State{verify.Valid, verify.InGrace} {
		if n.states[state] > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", thousands(n.states[state]), state))
		}
	}
	refused := 0
	for _, count := range n.refused {
		refused += count
	}
	if refused > 0 {
		parts = append(parts, fmt.Sprintf("%s refused (%s)", thousands(refused), countsText(n.refused)))
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

// partOf returns the first line of a part of results; nil unless they are in shards
// and in JSON. What differs between machines, the time and the place of the files, is
// not compared.
func (j *judge) partOf(c *cli.Context, s shard) (*runSettings, error) {
	if s.of == 0 || !c.Bool("json") {
		return nil, nil
	}
	all := []string{j.rules.Name(), string(j.rules.JSON())}
	for _, flag := range []string{"at", "grace", "issuer", "max-list-age", "max-clock-skew"} {
		all = append(all, c.String(flag))
	}
	for _, key := range j.trusted {
		all = append(all, licseal.KeyID(key.Key), key.Name, fmt.Sprint(key.ValidAfter, key.ValidBefore, len(key.Principals)))
		all = append(all, key.Principals...)
	}
	if list := j.options.Revocations; list != nil {
		p, err := list.Contents().Payload()
		if err != nil {
			return nil, err
		}
		all = append(all, string(p.Bytes()))
	}
	sum := sha256.Sum256([]byte(jsonLine(all)))
	return &runSettings{
		Format: 1, Kind: "verify", Shard: s.number, Of: s.of,
		Settings: "sha256:" + hex.EncodeToString(sum[:]), Today: j.now().UTC().Format(time.DateOnly),
	}, nil
}

// printResults prints a line for each result, and counts them. A part that is
// interrupted gets no last line: it is not whole.
func printResults(ctx context.Context, results iter.Seq[batchResult], bar *batchProgress, part *runSettings, input lineSum) (*batchCounts, error) {
	counts := newBatchCounts()
	lines, sum := newLineWriter(stdoutName, os.Stdout), newLineSum()
	line := func(text string) error {
		if part != nil {
			sum.add(text)
		}
		return lines.line(text)
	}
	if part != nil {
		line(jsonLine(partLine{Part: part})) // an error comes again with the next
	}
	for r := range results {
		counts.total++
		bar.done.Add(1)
		if r.code == exitOK {
			counts.states[r.state]++
		} else {
			counts.refused[r.code]++
		}
		if err := line(r.line); err != nil {
			return nil, err
		}
	}
	if ctx.Err() != nil {
		return nil, firstError(lines.end(), errInterrupted)
	}
	if part != nil {
		end := &partEnd{Rows: counts.total, Input: input.String(), Lines: sum.String(), States: counts.states, Refused: counts.refused}
		line(jsonLine(partLine{End: end}))
	}
	return counts, lines.end()
}

const stdoutName = "standard output"

var batchVerifyFlags = []cli.Flag{
	&cli.BoolFlag{Name: "batch", Usage: "verify many: NDJSON, folders, and patterns in quotes, as 'licences/*.json'"},
	shardFlag,
}
