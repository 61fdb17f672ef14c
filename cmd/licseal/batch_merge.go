package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/idset"
	"github.com/urfave/cli/v2"
)

func mergeCommand() *cli.Command {
	return &cli.Command{
		Name:      "merge",
		Usage:     "join the parts of a batch that was signed or verified in shards",
		UsageText: "licseal merge [flags] PART…",
		Description: `Joins what --shard 1/N to N/N have made, in any order of files, into what one run
without --shard would have made: the same lines in the same order. It is an error if
a part is missing, not whole, there twice, or made from other rows or with other flags or
another key; then no file is written. A licence whose id an earlier one has goes to
--rejects, as do the rows that the parts have rejected. The exit code is the worst of
the rows', or of the verdicts'.

  licseal merge -o licences.ndjson --rejects rejects.ndjson part-*.ndjson`,
		Flags: []cli.Flag{
			outputFlag,
			forceFlag,
			&cli.StringFlag{Name: "rejects", Usage: "write rows that became no licence to `FILE`, with all that is wrong with each", TakesFile: true},
		},
		Action: mergeParts,
	}
}

// partFile is a part that is being read.
type partFile struct {
	name     string
	file     *os.File
	lines    *bufio.Reader
	long     []byte // a line that is longer than what lines holds
	line     int    // the number of the line that was read last
	rows     int    // that were taken
	sum      lineSum
	settings runSettings
}

func mergeParts(c *cli.Context) error {
	if c.NArg() == 0 {
		return usagef("'licseal merge' needs the parts to join")
	}
	if err := checkResults(c, c.Args().Slice()); err != nil {
		return err
	}
	parts, err := openParts(c.Args().Slice())
	defer func() {
		for _, p := range parts {
			p.file.Close()
		}
	}()
	if err != nil {
		return err
	}
	return newMerger(c, parts).run(c)
}

// openParts opens the parts of a batch, and puts them in the order of their numbers.
func openParts(names []string) ([]*partFile, error) {
	var parts, inOrder []*partFile
	for _, name := range names {
		p, err := openPart(name, min(64<<10, maxPartBuffers/len(names)))
		if p != nil {
			parts = append(parts, p)
		}
		if err != nil {
			return parts, about(name, err)
		}
		first := parts[0]
		if inOrder == nil {
			inOrder = make([]*partFile, p.settings.Of)
		}
		mine, others := p.settings, first.settings
		mine.Shard, others.Shard = 0, 0
		if mine != others {
			return parts, about(name, fmt.Errorf("was made with other flags, another key or on another day than %s (%s)", first.name, difference(mine, others)))
		}
		if other := inOrder[p.settings.Shard-1]; other != nil {
			return parts, about(name, fmt.Errorf("is part %d of %d, and so is %s", p.settings.Shard, p.settings.Of, other.name))
		}
		inOrder[p.settings.Shard-1] = p
	}
	for i, p := range inOrder {
		if p == nil {
			return parts, fmt.Errorf("part %d of %d is missing", i+1, len(inOrder))
		}
	}
	return inOrder, nil
}

// difference says in what the settings of two parts differ.
func difference(a, b runSettings) string {
	switch {
	case a.Kind != b.Kind:
		return fmt.Sprintf("%s and %s", a.Kind, b.Kind)
	case a.Of != b.Of:
		return fmt.Sprintf("of %d parts and of %d", a.Of, b.Of)
	case a.Key != b.Key:
		return fmt.Sprintf("%s and %s", plain(a.Key), plain(b.Key))
	case a.Settings != b.Settings:
		return "flags, template or schema"
	}
	return fmt.Sprintf("%s and %s; --created DATE or --at DATE is the same everywhere", plain(a.Today), plain(b.Today))
}

// maxPartBuffers bounds what is read ahead of all parts together.
const maxPartBuffers = 8 << 20

func openPart(name string, buffer int) (*partFile, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, cause(err)
	}
	p := &partFile{name: name, file: f, lines: bufio.NewReaderSize(f, buffer), sum: newLineSum()}
	text, err := p.next()
	if err != nil {
		return p, err
	}
	first, err := parsePartLine(text)
	if err != nil || first.Part == nil {
		return p, errors.New("is not a part: it does not begin as 'licseal sign --batch --shard' writes it")
	}
	p.settings = *first.Part
	p.sum.add(string(text))
	if s := p.settings; s.Format != 1 || s.Shard < 1 || s.Shard > s.Of || s.Kind != "sign" && s.Kind != "verify" {
		return p, errors.New("is a part that this program cannot read")
	}
	return p, nil
}

// next returns the next line, which is valid until the call after it.
func (p *partFile) next() ([]byte, error) {
	text, err := p.lines.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		p.long = p.long[:0]
		for err == bufio.ErrBufferFull && len(p.long) < maxPartLine {
			p.long = append(p.long, text...)
			text, err = p.lines.ReadSlice('\n')
		}
		p.long = append(p.long, text...)
		text = p.long
	}
	p.line++
	switch {
	case err == io.EOF:
		return nil, withHint(errors.New("the part is not whole"), "the command that makes it finishes it, where it signs with --resume")
	case err == bufio.ErrBufferFull:
		return nil, fmt.Errorf("line %d is longer than %d bytes, the most that is read", p.line, maxPartLine)
	case err != nil:
		return nil, fmt.Errorf("reading: %w", cause(err))
	}
	return text[:len(text)-1], nil
}

// merger joins parts.
type merger struct {
	parts   []*partFile
	ctx     context.Context
	seen    idset.Set
	lines   *lineWriter
	bar     *batchProgress
	rejects *rejects
	rows    int
	written int
	counts  *batchCounts // of verdicts
	input   string       // the SHA-256 of the batch, as the first part has it
}

func newMerger(c *cli.Context, parts []*partFile) *merger {
	size := int64(0)
	for _, p := range parts {
		if info, err := p.file.Stat(); err == nil {
			size += info.Size()
		}
	}
	m := &merger{parts: parts, counts: newBatchCounts()}
	m.bar = startProgress("rows", toStdout(c), func() float64 {
		if len(parts) == 0 || size == 0 {
			return 0
		}
		at, _ := parts[0].file.Seek(0, io.SeekCurrent)
		return min(1, float64(at)*float64(len(parts))/float64(size))
	})
	return m
}

// run checks and joins the parts.
func (m *merger) run(c *cli.Context) error {
	defer m.bar.end()
	var stop func()
	m.ctx, stop = signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(m.ctx, stop) // a second signal ends it while it waits for a line
	tuneMemory(0)
	work, err := m.openOutput(c)
	if err != nil {
		return err
	}
	m.rejects, err = openRejectsAside(c.String("rejects"), "batch", m.bar, c.Bool("force"))
	if err == nil {
		err = firstError(m.join(), m.rejects.end())
	}
	err = firstError(err, m.lines.end())
	switch {
	case err == nil && work != nil:
		err = about(work.path, work.finish())
	case work != nil:
		work.discard()
	}
	if m.rejects != nil {
		err = firstError(err, about(m.rejects.path, m.rejects.moveInto(err == nil, c.Bool("force"))))
	}
	if err != nil {
		return err
	}
	m.bar.clear(func() {})
	return m.summary()
}

// summary says what was joined, and returns the worst exit code of the rows.
func (m *merger) summary() error {
	counts := m.rejects.counts
	if m.parts[0].settings.Kind == "verify" {
		counts = m.counts.refused
		fmt.Fprintf(os.Stderr, "%s in %s%s\n", plural(m.counts.total, "licence"), plural(len(m.parts), "part"), m.counts.outcome())
	} else {
		fmt.Fprintf(os.Stderr, "%s in %s: %s joined", plural(m.rows, "row"), plural(len(m.parts), "part"), thousands(m.written))
		if n := m.rejects.total(); n > 0 {
			fmt.Fprintf(os.Stderr, ", %s rejected (%s)", thousands(n), countsText(counts))
		}
		fmt.Fprintln(os.Stderr)
	}
	if code := worstCode(counts); code != exitOK {
		return fault.Reported(fault.ReasonOfExit(code))
	}
	return nil
}

func (m *merger) openOutput(c *cli.Context) (*workFile, error) {
	out := c.String("o")
	if out == "" || out == "-" {
		m.lines = newLineWriter(stdoutName, os.Stdout)
		return nil, nil
	}
	// What joins parts is quick enough to be done again: there is no resuming.
	work, err := openWork(out, runSettings{Format: 1, Kind: "merge"}, false, c.Bool("force"))
	if err != nil {
		return nil, about(out, err)
	}
	m.lines = newLineWriter(work.part(), work.file)
	return work, nil
}

// join takes the rows from the parts in turns, which is their order.
func (m *merger) join() error {
	for i := 0; ; i++ {
		p := m.parts[i%len(m.parts)]
		text, err := p.next()
		switch {
		case err != nil:
			return about(p.name, err)
		case m.ctx.Err() != nil:
			return errInterrupted
		}
		if !isPartLine(text) {
			p.sum.add(string(text))
			if err := m.take(p, text); err != nil {
				return err
			}
			continue
		}
		line, err := parsePartLine(text)
		switch {
		case err != nil || line.Part != nil || line.Reject == nil && line.End == nil:
			return about(p.name, fmt.Errorf("line %d is not a line of a part", p.line))
		case line.End != nil:
			return m.ends(i%len(m.parts), line.End)
		}
		p.sum.add(string(text))
		p.rows++
		m.rows++
		if err := m.rejects.add(line.Reject); err != nil {
			return err
		}
	}
}

// take writes a line down unless its id came before.
func (m *merger) take(p *partFile, text []byte) error {
	p.rows++
	m.rows++
	m.bar.done.Add(1)
	tuneMemory(m.rows)
	if p.settings.Kind == "sign" {
		lic, err := licseal.ParseUnverified(text)
		if err != nil {
			return about(p.name, fmt.Errorf("line %d: %w", p.line, err))
		}
		if duplicate := m.duplicate(lic.Payload, p.settings.ID); duplicate != nil {
			at := &place{row: m.rows, text: lic.Payload.Bytes()} // only its part knew the line
			return m.rejects.add(newReject(at, duplicate))
		}
	}
	m.written++
	return m.lines.line(string(text))
}

// duplicate returns an error if the payload has the id of an earlier one.
func (m *merger) duplicate(p licseal.Payload, pointer string) error {
	id, ok := p.Field(pointer)
	if !ok {
		return nil
	}
	first := m.seen.Add(id, m.rows)
	if first == m.rows {
		return nil
	}
	text, isText := p.Text(pointer)
	if !isText {
		text = string(id)
	}
	return &bulk.DuplicateError{Pointer: pointer, ID: text, Row: first}
}

// ends checks that all parts end where the first of them does that has no row left.
func (m *merger) ends(at int, end *partEnd) error {
	for i := range m.parts {
		p := m.parts[(at+i)%len(m.parts)]
		if i > 0 {
			text, err := p.next()
			if err != nil {
				return about(p.name, err)
			}
			line, err := parsePartLine(text)
			if err != nil || line.End == nil {
				return about(p.name, fmt.Errorf("has more rows than %s; the parts are not of one batch", m.parts[at].name))
			}
			end = line.End
		}
		if i == 0 {
			m.input = end.Input
		}
		switch {
		case end.Rows != p.rows:
			return about(p.name, fmt.Errorf("has %s and says that it has %d", plural(p.rows, "row"), end.Rows))
		case end.Lines != p.sum.String():
			return about(p.name, errors.New("has been changed: its lines are not those that were written"))
		case end.Input != m.input:
			return about(p.name, fmt.Errorf("was made from other rows than %s", m.parts[at].name))
		}
		if _, err := p.lines.ReadByte(); err != io.EOF {
			return about(p.name, errors.New("has more lines after its end"))
		}
		m.counts.add(p.rows, end.States, end.Refused)
	}
	return nil
}
