package job

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/bulk/documents"
	"github.com/licseal/licseal/internal/nonblock"
	"github.com/licseal/licseal/internal/ordered"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

// VerifyOptions say what [Verify] judges, and how.
type VerifyOptions struct {
	Documents iter.Seq[documents.Document]
	Shard     Shard
	Part      bool // the output of a shard is a part, for Merge

	Trusted []licseal.TrustedKey
	Options verify.Options

	// Word puts the judgement of a document into words. If the document has an
	// error, the report is nil. Word is called by many goroutines.
	Word func(documents.Document, *verify.Report) Verdict

	Output   Output    // a stream
	Progress *Progress // if not nil, it is kept up to date
}

// Verdict is the judgement of a document in words.
type Verdict struct {
	Line  string       // what is written
	Exit  int          // the exit code of 'licseal verify' for this document; 0 if it is accepted
	State verify.State // of an accepted licence
	Err   error        // if not nil, there is no line, and the job stops with this error
}

// Verdicts counts the documents that were judged.
type Verdicts struct {
	Total   int
	States  map[verify.State]int // accepted licences
	Refused map[int]int          // refused licences by exit code
}

func newVerdicts() *Verdicts {
	return &Verdicts{States: map[verify.State]int{}, Refused: map[int]int{}}
}

// add adds counts.
func (v *Verdicts) add(total int, states map[verify.State]int, refused map[int]int) {
	v.Total += total
	for state, count := range states {
		v.States[state] += count
	}
	for exit, count := range refused {
		v.Refused[exit] += count
	}
}

// count counts a verdict.
func (v *Verdicts) count(verdict Verdict) {
	v.Total++
	if verdict.Exit == 0 {
		v.States[verdict.State]++
	} else {
		v.Refused[verdict.Exit]++
	}
}

// Verify judges documents and writes a line for each, in their order. Refused
// documents are not errors.
func Verify(ctx context.Context, o *VerifyOptions) (*Verdicts, error) {
	v := &verifier{ctx: ctx, o: o, input: newLineSum(), sum: newLineSum(), isPart: o.Part && o.Shard.Of > 0}
	judge, err := bulk.NewVerifier(o.Trusted, &o.Options)
	if err != nil {
		return nil, err
	}
	var settings Settings
	if v.isPart {
		if settings, err = v.settings(); err != nil {
			return nil, err
		}
	}
	v.lines = newLineWriter(o.Output.StreamName, nonblock.Writer(v.ctx, o.Output.Stream))
	counts, err := v.write(v.verdicts(judge), settings)
	if err = firstError(err, v.lines.end()); err != nil {
		return nil, err
	}
	return counts, nil
}

// verifier judges documents.
type verifier struct {
	ctx    context.Context
	o      *VerifyOptions
	isPart bool
	input  lineSum // of all documents
	sum    lineSum // of the lines of a part
	lines  *lineWriter
}

// write writes a line for each verdict. An interrupted part has no last line: it is
// incomplete.
func (v *verifier) write(verdicts iter.Seq[Verdict], settings Settings) (*Verdicts, error) {
	counts := newVerdicts()
	if v.isPart {
		if err := v.line(jsonLine(partLine{Part: &settings})); err != nil {
			return nil, err
		}
	}
	for verdict := range verdicts {
		if verdict.Err != nil {
			return nil, verdict.Err
		}
		counts.count(verdict)
		if v.o.Progress != nil {
			v.o.Progress.done.Add(1)
		}
		if err := v.line(verdict.Line); err != nil {
			return nil, err
		}
	}
	if v.ctx.Err() != nil {
		return nil, interrupted(v.ctx)
	}
	if v.isPart {
		end := &partEnd{Rows: counts.Total, Input: v.input.String(), Lines: v.sum.String(), States: counts.States, Refused: counts.Refused}
		return counts, v.line(jsonLine(partLine{End: end}))
	}
	return counts, nil
}

func (v *verifier) line(text string) error {
	if v.isPart {
		v.sum.add(text)
	}
	return v.lines.line(text)
}

// verdicts reads, judges and words the documents of the shard, on all cores.
func (v *verifier) verdicts(judge *verify.Verifier) iter.Seq[Verdict] {
	size := func(d documents.Document) int { return len(d.Text) }
	loaded := ordered.Map(v.ctx, v.documents(), size, ordered.Options{}, load)
	texts := func(yield func(documents.Document, []byte) bool) {
		for d := range loaded {
			if !yield(d, d.Text) {
				return
			}
		}
	}
	packed := func(yield func(judgement) bool) {
		for d, report := range bulk.Verify(v.ctx, texts, judge, nil) {
			if !yield(judgement{d, report}) {
				return
			}
		}
	}
	return ordered.Map(v.ctx, packed, nil, ordered.Options{}, v.word)
}

// judgement is a document and how it was judged.
type judgement struct {
	document documents.Document
	report   *verify.Report
}

// word puts judgements into words.
func (v *verifier) word(batch []judgement, verdicts []Verdict) []Verdict {
	for _, j := range batch {
		if j.document.Err != nil {
			j.report = nil
		}
		verdicts = append(verdicts, v.o.Word(j.document, j.report))
	}
	return verdicts
}

// load reads the documents of a batch.
func load(batch, loaded []documents.Document) []documents.Document {
	for _, d := range batch {
		d.Load()
		loaded = append(loaded, d)
	}
	return loaded
}

// documents returns the documents of the shard. It adds all documents to the sum that
// shows whether parts belong together: lines by their text, files by their name,
// because not every shard reads every file.
func (v *verifier) documents() iter.Seq[documents.Document] {
	return func(yield func(documents.Document) bool) {
		i := 0
		for d := range v.o.Documents {
			i++
			if v.isPart && d.Line > 0 {
				v.input.add(string(d.Text))
			} else if v.isPart {
				v.input.add(filepath.Base(d.File))
			}
			if v.o.Shard.Has(i) && !yield(d) {
				return
			}
		}
	}
}

// settings returns the settings of a part. What may differ between machines, such as the
// time and the folder of the files, is not in them.
func (v *verifier) settings() (Settings, error) {
	o := &v.o.Options
	all := []string{o.Issuer, fmt.Sprint(o.At.UTC(), o.Grace, o.MaxListAge, o.MaxClockSkew, o.Roles)}
	if rules, ok := o.Fields.(*schema.Schema); ok {
		all = append(all, rules.Name(), string(rules.JSON()))
	}
	for _, key := range v.o.Trusted {
		all = append(all, licseal.KeyID(key.Key), key.Name, fmt.Sprint(key.ValidAfter, key.ValidBefore, len(key.Principals)))
		all = append(all, key.Principals...)
	}
	if list := o.Revocations; list != nil {
		p, err := list.Contents().Payload()
		if err != nil {
			return Settings{}, err
		}
		all = append(all, string(p.Bytes()))
	}
	now := o.At
	if now.IsZero() {
		now = clockOf(o)()
	}
	return Settings{
		Format: 1, Kind: kindVerify, Shard: v.o.Shard.Number, Of: v.o.Shard.Of,
		Settings: settingsSum(all), Today: now.UTC().Format(time.DateOnly),
	}, nil
}

// clockOf returns the clock of the options.
func clockOf(o *verify.Options) func() time.Time {
	if o.Clock != nil {
		return o.Clock
	}
	return time.Now
}
