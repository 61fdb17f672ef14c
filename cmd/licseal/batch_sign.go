package main

import (
	"cmp"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/schema"
	"github.com/urfave/cli/v2"
)

var batchSignFlags = []cli.Flag{
	&cli.StringFlag{Name: "batch", Usage: "sign every row of `FILE`, a CSV with a header of field names or NDJSON payloads", TakesFile: true},
	&cli.StringFlag{Name: "rejects", Usage: "with --batch: write rows that become no licence to `FILE`, with all that is wrong with each", TakesFile: true},
	&cli.BoolFlag{Name: "resume", Usage: "with --batch: continue an interrupted run"},
	&cli.StringFlag{Name: "out-dir", Usage: "with --batch: write each licence to a file of its own in `DIR`", TakesFile: true},
	&cli.StringFlag{Name: "name", Usage: "with --out-dir: the `PATTERN` of the files' names, as '{license_key}.json'"},
	shardFlag,
}

var shardFlag = &cli.StringFlag{Name: "shard", Usage: "with --batch: take one of the equal `PART`s of the rows, as 3/16"}

// onlyWithBatch refuses flags that mean nothing without --batch.
func onlyWithBatch(c *cli.Context) error {
	for _, flag := range []string{"rejects", "resume", "out-dir", "name", "shard"} {
		if c.IsSet(flag) {
			return usagef("--%s goes with --batch", flag)
		}
	}
	return nil
}

// batchSigner signs the rows of a batch.
type batchSigner struct {
	ctx     context.Context
	key     crypto.Signer
	rules   *schema.Schema
	parser  *rowParser
	input   *batchInput
	bar     *batchProgress
	rejects *rejects
	isPart  bool         // each row has a line, and there is a first and a last
	names   *outputNames // with --out-dir
	work    *workFile    // with -o
	lines   *lineWriter  // nil with --out-dir, and where a whole file is resumed
	sum     lineSum      // of the lines of a part

	signed, kept int
	expired      noted // licences that are worth a warning
	neverValid   noted
	now          time.Time
}

func checkBatchFlags(c *cli.Context) error {
	toFile := c.String("o") != "" && c.String("o") != "-"
	switch {
	case c.NArg() > 0:
		return withHint(usagef("--batch takes its rows from the file that it names; %q is one file too many", c.Args().First()), "fields that all rows share come from --from and --set")
	case c.IsSet("out-dir") && c.IsSet("o"):
		return usagef("-o and --out-dir are two places for the licences; give one")
	case c.IsSet("out-dir") != c.IsSet("name"):
		return withHint(usagef("--out-dir and --name go together"), "--out-dir licences --name '{license_key}.json'")
	case c.Bool("resume") && !toFile && !c.IsSet("out-dir"):
		return usagef("--resume continues a file: it needs -o FILE or --out-dir DIR")
	case c.Bool("resume") && c.Bool("force"):
		return usagef("--resume keeps what there is, and --force replaces it; give one")
	}
	if err := checkResults(c, sourcesOf(c)); err != nil {
		return err
	}
	return checkStdin(sourcesOf(c)...)
}

// sourcesOf returns the files that are read.
func sourcesOf(c *cli.Context) []string {
	var sources []string
	for _, flag := range []string{"batch", "from", "k", "passphrase-file", "schema"} {
		sources = append(sources, c.String(flag))
	}
	return sources
}

// checkResults refuses to write results over what they are made from, or over each
// other, whatever --force and --resume allow.
func checkResults(c *cli.Context, sources []string) error {
	out, rejects := c.String("o"), c.String("rejects")
	if rejects == "-" {
		return withHint(usagef("--rejects takes the name of a file"), "without --rejects, they go to standard error")
	}
	for _, source := range sources {
		for _, result := range []string{out, rejects} {
			if samePath(result, source) {
				return usagef("%s would be written over: it is read", source)
			}
		}
	}
	for _, suffix := range []string{"", ".part", ".run", ".lock"} {
		if out != "" && samePath(rejects, out+suffix) {
			return usagef("-o %s and --rejects %s are one file", out, rejects)
		}
	}
	return nil
}

// samePath reports whether two names are those of one file, there or not.
func samePath(a, b string) bool {
	if a == "" || b == "" || a == "-" || b == "-" {
		return false
	}
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return infoA.Mode().IsRegular() && os.SameFile(infoA, infoB)
	}
	absA, errA := filepath.Abs(a)
	absB, errB := filepath.Abs(b)
	return errA == nil && errB == nil && absA == absB
}

func signBatch(c *cli.Context) error {
	if err := checkBatchFlags(c); err != nil {
		return err
	}
	part, err := parseShard(c.String("shard"))
	if err != nil {
		return err
	}
	b := &batchSigner{now: time.Now(), isPart: part.of > 0 && !c.IsSet("out-dir"), sum: newLineSum()}
	if b.rules, err = loadSchema(c.String("schema")); err != nil {
		return err
	}
	template, settings, err := b.prepare(c, part)
	if err != nil {
		return err
	}
	if b.key, err = loadPrivate(c, c.String("k")); err != nil {
		return err
	}
	settings.Key = licseal.KeyID(b.key.Public())
	if b.input, err = openBatch(c.String("batch"), part); err != nil {
		return about(displayName(c.String("batch")), err)
	}
	defer b.input.file.Close()
	b.parser.rows = b.input.rows
	b.parser.columns = withTemplate(b.input.rows.Columns(), template)
	if !b.usesToday(c) {
		settings.Today = ""
	}
	var stop func()
	b.ctx, stop = signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM)
	defer stop()
	return b.run(c, settings)
}

// prepare reads the template and the flags that shape the payloads.
func (b *batchSigner) prepare(c *cli.Context, part shard) (licseal.Payload, runSettings, error) {
	var template licseal.Payload
	var settings runSettings
	if from := c.String("from"); from != "" {
		data, err := readDocument(from)
		if err == nil {
			template, err = parseEither(data)
		}
		if err != nil {
			return template, settings, about(displayName(from), err)
		}
	}
	changes, err := edit.ParseChanges(c.StringSlice("set"))
	if err == nil {
		template, err = edit.Apply(template, changes)
	}
	if err != nil {
		return template, settings, editUsage(err)
	}
	roles := b.rules.Roles().WithDefaults()
	p := &rowParser{rules: b.rules, roles: roles, created: c.String("created"), expires: c.String("expires")}
	if p.defaults, err = splitObject(template.Bytes()); err != nil {
		return template, settings, err
	}
	if err := (edit.Dates{Created: p.created, Expires: p.expires}).Check(); err != nil {
		return template, settings, editUsage(err)
	}
	b.parser = p
	sum := sha256.Sum256([]byte(jsonLine([]string{
		string(template.Bytes()), b.rules.Name(), string(b.rules.JSON()), p.created, p.expires, fmt.Sprint(isBuilt(c)),
	})))
	settings = runSettings{
		Format: 1, Kind: "sign", Shard: part.number, Of: part.of,
		Settings: "sha256:" + hex.EncodeToString(sum[:]), Today: b.now.UTC().Format(time.DateOnly), ID: roles.ID,
	}
	return template, settings, nil
}

// run opens what is written to, signs all rows, and says how it went.
func (b *batchSigner) run(c *cli.Context, settings runSettings) error {
	b.bar = startProgress("rows", toStdout(c), func() float64 {
		if b.input.size == 0 {
			return 0
		}
		return float64(b.input.read.Load()) / float64(b.input.size)
	})
	defer b.bar.end()
	if err := b.openOutput(c, settings); err != nil {
		return err
	}
	tuneMemory(0)
	var err error
	if b.rejects, err = openRejects(c.String("rejects"), b.input.name, b.bar, b.rejectsMode(c)); err != nil {
		if b.work != nil && !b.work.resumed {
			b.work.discard() // nothing was begun
		} else if b.work != nil {
			b.work.leave()
		}
		return err
	}
	err = firstError(b.signAll(settings), b.rejects.end())
	if b.lines != nil {
		err = firstError(err, b.lines.end())
	}
	if err == nil && b.work != nil {
		err = about(b.work.path, b.work.finish())
	} else if b.work != nil {
		b.work.leave()
	}
	b.bar.clear(func() {})
	if err != nil {
		return b.resumable(err)
	}
	return b.summary(c)
}

// rejectsMode says what becomes of a file of rejects that is there.
func (b *batchSigner) rejectsMode(c *cli.Context) rejectsMode {
	switch {
	case c.Bool("force"):
		return replaceRejects
	case b.work != nil && b.work.complete:
		return sameRejects
	case b.work != nil && b.work.resumed, b.names != nil && b.names.resume:
		return againRejects
	}
	return keepRejects
}

// toStdout reports whether licences go to standard output.
func toStdout(c *cli.Context) bool {
	return !c.IsSet("out-dir") && (c.String("o") == "" || c.String("o") == "-")
}

// openOutput opens where the licences go.
func (b *batchSigner) openOutput(c *cli.Context, settings runSettings) (err error) {
	out := c.String("o")
	switch {
	case c.IsSet("out-dir"):
		if b.names, err = newOutputNames(c.String("out-dir"), c.String("name"), c.Bool("resume"), c.Bool("force")); err != nil {
			return err
		}
		b.names.sources = append(sourcesOf(c), c.String("rejects"))
	case out != "" && out != "-":
		if b.work, err = openWork(out, settings, c.Bool("resume"), c.Bool("force")); err != nil {
			return about(out, err)
		}
		if b.work.complete {
			b.work.settings.Today = cmp.Or(b.madeOn(b.work.file), settings.Today)
		} else {
			b.lines = newLineWriter(b.work.part(), b.work.file)
		}
		settings = b.work.settings
	default:
		b.lines = newLineWriter(stdoutName, os.Stdout)
	}
	b.useToday(settings.Today)
	return nil
}

// usesToday reports whether a licence may get the day of the run.
func (b *batchSigner) usesToday(c *cli.Context) bool {
	return b.parser.created == "today" || b.parser.created == "" && (b.parser.columns != nil || isBuilt(c))
}

// useToday sets the day that "today" stands for: the one on which the run began.
func (b *batchSigner) useToday(today string) {
	if b.parser.created == "today" {
		b.parser.created = today
	} else if b.parser.created == "" {
		b.parser.today = today
	}
}

// signAll takes the rows through all that is done to them.
func (b *batchSigner) signAll(settings runSettings) error {
	opts := &bulk.PayloadOptions{Schema: b.rules, Parse: b.parser.parse, Number: b.input.shard.row}
	opts.AllowDuplicates = b.names != nil && b.names.onlyOf(b.parser.roles.ID)
	rows := bulk.Payloads(b.ctx, b.input.all(b.ctx), opts)
	if b.work != nil && b.work.resumed {
		rest, stop, err := b.replay(rows)
		if err != nil {
			return err
		}
		defer func() {
			if b.ctx.Err() == nil { // otherwise the rows may be in use
				stop()
			}
		}()
		rows = rest
	} else if b.isPart {
		if err := b.line(jsonLine(partLine{Part: b.partSettings(settings)})); err != nil {
			return err
		}
	}
	if b.names != nil {
		rows = b.findFiles(rows)
	}
	signed := bulk.Sign(b.ctx, rows, b.key, &bulk.SignOptions{Workers: signWorkers(b.key)})
	if b.names != nil {
		signed = b.writeFiles(signed)
	}
	for p, row := range signed {
		if err := b.take(p, row); err != nil {
			return err
		}
	}
	if b.ctx.Err() != nil {
		return errInterrupted
	}
	if err := b.input.err(); err != nil {
		return about(b.input.name, err)
	}
	if b.isPart && b.lines != nil {
		return b.line(b.lastLine())
	}
	return nil
}

// lastLine returns the last line of a part.
func (b *batchSigner) lastLine() string {
	return jsonLine(partLine{End: &partEnd{Rows: b.rows(), Input: "sha256:" + b.input.sum(), Lines: b.sum.String()}})
}

// line writes a line.
func (b *batchSigner) line(text string) error {
	b.addToSum(text)
	return b.lines.line(text)
}

func (b *batchSigner) addToSum(text string) {
	if b.isPart {
		b.sum.add(text)
	}
}

// partSettings returns the settings of the run, as the first line of a part has them.
func (b *batchSigner) partSettings(settings runSettings) *runSettings {
	if b.work != nil {
		settings = b.work.settings // resumed, perhaps on another day
	}
	return &settings
}

var errInterrupted = errors.New("interrupted")

// signWorkers returns how many goroutines may use a key: all for one in memory,
// one for an agent or a token.
func signWorkers(key crypto.Signer) int {
	switch key.(type) {
	case ed25519.PrivateKey, *ed25519.PrivateKey, *ecdsa.PrivateKey:
		return 0
	}
	return 1
}

func (b *batchSigner) rows() int { return b.signed + b.kept + b.rejects.total() }

// take writes down what became of a row.
func (b *batchSigner) take(p *place, row bulk.Row) error {
	b.bar.done.Add(1)
	tuneMemory(b.rows())
	var signErr *bulk.SignError
	if errors.As(row.Err, &signErr) {
		return fmt.Errorf("line %d of %s: %w", p.line, b.input.name, signErr.Err)
	}
	var broken *brokenOutput
	if errors.As(row.Err, &broken) {
		return broken.err
	}
	if err := rowErr(p, row); err != nil {
		return b.takeReject(newReject(p, err), false)
	}
	b.noteDates(p, row.Period)
	if p.kept {
		b.kept++
		return nil
	}
	b.signed++
	if b.lines == nil {
		return nil
	}
	return b.line(row.License.String())
}

// rowErr returns why a row becomes no licence.
func rowErr(p *place, row bulk.Row) error {
	if p.err != nil {
		return p.err
	}
	return row.Err
}

// takeReject writes a reject down, in a part as well unless it is there.
func (b *batchSigner) takeReject(r *reject, inPart bool) error {
	if b.isPart && !inPart {
		if err := b.line(jsonLine(partLine{Reject: r})); err != nil {
			return err
		}
	}
	return b.rejects.add(r)
}

// noteDates counts licences that were hardly meant.
func (b *batchSigner) noteDates(p *place, period licseal.Period) {
	switch edit.Doubts(period, b.now) {
	case edit.NeverValid:
		b.neverValid.add(p.line)
	case edit.AlreadyExpired:
		b.expired.add(p.line)
	}
}

// firstError returns the first error there is: others follow from it.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// resumable adds how to go on to the error that ended a run.
func (b *batchSigner) resumable(err error) error {
	if b.work == nil && b.names == nil || b.work != nil && b.work.complete {
		return err
	}
	return withHint(err, "what is signed is kept; the same command with --resume goes on from there")
}

// summary says how many were signed, and returns the worst exit code of the rows.
func (b *batchSigner) summary(c *cli.Context) error {
	if b.work != nil && b.work.complete {
		fmt.Fprintf(os.Stderr, "%s is whole already; nothing was signed\n", b.work.path)
	}
	b.neverValid.warn("never valid, because it expires at its creation")
	b.expired.warn("expired already")
	fmt.Fprintf(os.Stderr, "%s: %s signed", plural(b.rows(), "row"), thousands(b.signed))
	if b.kept > 0 {
		fmt.Fprintf(os.Stderr, ", %s signed before", thousands(b.kept))
	}
	if n := b.rejects.total(); n > 0 {
		fmt.Fprintf(os.Stderr, ", %s rejected (%s)", thousands(n), countsText(b.rejects.counts))
		if path := c.String("rejects"); path != "" {
			fmt.Fprintf(os.Stderr, "; see %s", path)
		}
	}
	fmt.Fprintln(os.Stderr)
	if code := worstCode(b.rejects.counts); code != exitOK {
		return fault.Reported(fault.ReasonOfExit(code))
	}
	return nil
}

// noted counts licences, and keeps the line of the first.
type noted struct {
	count, line int
}

func (n *noted) add(line int) {
	if n.count++; n.count == 1 {
		n.line = line
	}
}

// warn warns of the licences, if there are any.
func (n *noted) warn(what string) {
	if n.count > 0 {
		warn("signed although %s: %s, the first of line %d", what, plural(n.count, "licence"), n.line)
	}
}

// chain returns a sequence of one row and then the others.
func chain(p *place, row bulk.Row, next func() (*place, bulk.Row, bool)) iter.Seq2[*place, bulk.Row] {
	return func(yield func(*place, bulk.Row) bool) {
		for ok := p != nil; ok; p, row, ok = next() {
			if !yield(p, row) {
				return
			}
		}
	}
}
