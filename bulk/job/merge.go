package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/idset"
	"github.com/licseal/licseal/internal/nonblock"
)

// The kinds of jobs, as [Settings] has them.
const (
	kindSign   = "sign"
	kindVerify = "verify"
	kindMerge  = "merge"
)

// MergeOptions say where the merged output goes.
type MergeOptions struct {
	Output   Output
	Progress *Progress       // if not nil, it is kept up to date
	Memory   func(bytes int) // as in SignOptions
}

// Merged is what a merge has done.
type Merged struct {
	Parts    int
	Rows     int // of all parts
	Written  int
	Rejected map[int]int // rows by exit code

	// Verdicts are the counts of parts that were written by [Verify], otherwise nil.
	Verdicts *Verdicts
}

// Merge joins the parts of a batch into what a single job would have written: the
// same lines, in the same order. A licence whose id an earlier one has is rejected.
// It is an error if a part is missing, incomplete, changed, there twice, or was made from other
// rows or with other options or another key; then no output is left behind.
func Merge(ctx context.Context, parts []string, o *MergeOptions) (*Merged, error) {
	if len(parts) == 0 {
		return nil, errors.New("no parts were given")
	}
	m := &merger{ctx: ctx, o: o, progress: cmp.Or(o.Progress, new(Progress))}
	var err error
	m.parts, err = openParts(ctx, parts, m.progress)
	defer func() {
		for _, p := range m.parts {
			p.file.Close()
		}
	}()
	if err == nil {
		err = m.run()
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, interrupted(ctx)
	case err != nil:
		return nil, err
	}
	return &m.merged, nil
}

// merger joins parts.
type merger struct {
	ctx      context.Context
	o        *MergeOptions
	parts    []*partFile
	seen     idset.Set
	lines    *lineWriter
	progress *Progress
	rejects  *rejects
	merged   Merged
}

// run joins the parts into the output.
func (m *merger) run() error {
	m.merged.Parts = len(m.parts)
	if m.parts[0].settings.Kind == kindVerify {
		m.merged.Verdicts = newVerdicts()
	}
	work, err := m.openOutput()
	if err != nil {
		return err
	}
	out := m.o.Output
	mode := keepRejects
	if out.Overwrite {
		mode = overwriteRejects
	}
	m.rejects, err = openRejects(m.ctx, out.Rejects, out.Reject, mode)
	if err == nil {
		err = firstError(m.join(), m.rejects.end())
		m.merged.Rejected = m.rejects.counts
	}
	err = firstError(err, m.lines.end())
	switch {
	case err == nil && work != nil:
		err = about(work.path, work.finish())
	case work != nil:
		work.discard()
	}
	switch {
	case m.rejects == nil:
	case err == nil:
		err = m.rejects.moveInPlace(false)
	case m.rejects.temp != "":
		_ = atomicfile.Remove(m.rejects.temp)
	}
	return err
}

// openOutput opens the output. It returns nil if that is a stream.
func (m *merger) openOutput() (*workFile, error) {
	out := m.o.Output
	if err := out.check(); err != nil {
		return nil, err
	}
	if out.Path == "" {
		m.lines = newLineWriter(out.StreamName, nonblock.Writer(m.ctx, out.Stream))
		return nil, nil
	}
	// A merge is fast enough to be done again, so it cannot be resumed.
	work, err := openWork(out.Path, Settings{Format: 1, Kind: kindMerge}, start{}, false, out.Overwrite)
	if err != nil {
		return nil, about(out.Path, err)
	}
	m.lines = newLineWriter(work.part(), work.file)
	return work, nil
}

// join takes the rows from the parts in turns, which is the order of the batch.
func (m *merger) join() error {
	for i := 0; ; i++ {
		p := m.parts[i%len(m.parts)]
		line, err := p.next()
		switch {
		case err != nil:
			return about(p.name, err)
		case m.ctx.Err() != nil:
			return interrupted(m.ctx)
		}
		if !isPartLine(line) {
			m.count(p, line)
			if err := m.take(p, line); err != nil {
				return err
			}
			continue
		}
		part, err := parsePartLine(line)
		switch {
		case err != nil || part.Part != nil || part.Reject == nil && part.End == nil:
			return about(p.name, fmt.Errorf("line %d is not a line of a part", p.line))
		case part.End != nil:
			return m.end(i%len(m.parts), part.End)
		}
		m.count(p, line)
		if err := m.rejects.add(part.Reject); err != nil {
			return err
		}
	}
}

// count counts a line that is a row.
func (m *merger) count(p *partFile, line []byte) {
	p.sum.add(string(line))
	p.rows++
	m.merged.Rows++
	m.progress.done.Add(1)
	reportMemory(m.o.Memory, m.merged.Rows)
}

// take writes a line, unless an earlier licence has its id.
func (m *merger) take(p *partFile, line []byte) error {
	if p.settings.Kind == kindSign {
		lic, err := licseal.ParseUnverified(line)
		if err != nil {
			return about(p.name, fmt.Errorf("line %d: %w", p.line, err))
		}
		if duplicate := m.duplicate(lic.Payload, p.settings.ID); duplicate != nil {
			at := &place{row: m.merged.Rows, text: lic.Payload.Bytes()} // only the part had the line
			return m.rejects.add(newReject(at, duplicate))
		}
	}
	m.merged.Written++
	return m.lines.line(string(line))
}

// duplicate returns an error if an earlier payload has the same id.
func (m *merger) duplicate(p licseal.Payload, pointer string) error {
	id, ok := p.Field(pointer)
	if !ok {
		return nil
	}
	first := m.seen.Add(id, m.merged.Rows)
	if first == m.merged.Rows {
		return nil
	}
	text, isText := p.Text(pointer)
	if !isText {
		text = string(id)
	}
	return &bulk.DuplicateError{Pointer: pointer, ID: text, Row: first}
}

// end checks that all parts end here. Part number at, from 0, has ended first.
func (m *merger) end(at int, end *partEnd) error {
	first, batch := m.parts[at], end.Input
	for i := range m.parts {
		p := m.parts[(at+i)%len(m.parts)]
		if i > 0 {
			line, err := p.next()
			if err != nil {
				return about(p.name, err)
			}
			part, err := parsePartLine(line)
			if err != nil || part.End == nil {
				return about(p.name, fmt.Errorf("has more rows than %s; the parts are not of the same batch", first.name))
			}
			end = part.End
		}
		if err := p.checkEnd(end, first, batch); err != nil {
			return about(p.name, err)
		}
		if m.merged.Verdicts != nil {
			m.merged.Verdicts.add(p.rows, end.States, end.Refused)
		}
	}
	return nil
}
