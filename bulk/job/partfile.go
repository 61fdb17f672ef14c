package job

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/licseal/licseal/internal/nonblock"
	"github.com/licseal/licseal/internal/text"
)

// maxPartBuffers bounds how much is read ahead from all parts together, in bytes.
const maxPartBuffers = 8 << 20

// partFile is a part that is being read.
type partFile struct {
	name     string
	file     *os.File
	lines    *bufio.Reader
	long     []byte // a line that does not fit in the buffer of lines
	line     int    // the number of the line that was read last
	rows     int    // how many were read
	sum      lineSum
	settings Settings
}

// openParts opens the parts of a batch, and sorts them by their numbers. On an error,
// it returns the parts that are open.
func openParts(ctx context.Context, names []string, progress *Progress) ([]*partFile, error) {
	var parts, sorted []*partFile
	for _, name := range names {
		p, err := openPart(ctx, name, partBuffer(len(names)), progress)
		if p != nil {
			parts = append(parts, p)
		}
		if err != nil {
			return parts, about(name, err)
		}
		if sorted == nil {
			sorted = make([]*partFile, p.settings.Of)
		}
		if err := p.fits(parts[0], sorted); err != nil {
			return parts, about(name, err)
		}
		sorted[p.settings.Shard-1] = p
	}
	for i, p := range sorted {
		if p == nil {
			return parts, fmt.Errorf("part %d of %d is missing", i+1, len(sorted))
		}
	}
	return sorted, nil
}

// partBuffer returns how many bytes are read ahead from each of some parts.
func partBuffer(parts int) int { return min(64<<10, maxPartBuffers/parts) }

func openPart(ctx context.Context, name string, buffer int, progress *Progress) (*partFile, error) {
	f, err := nonblock.Until(ctx, func() (*os.File, error) { return os.Open(name) }) // it may be a pipe
	if err != nil {
		return nil, text.Cause(err)
	}
	if info, err := f.Stat(); err == nil {
		progress.size.Add(info.Size())
	}
	context.AfterFunc(ctx, func() { f.Close() }) // the pipe may say nothing
	p := &partFile{name: name, file: f, lines: bufio.NewReaderSize(&countingReader{f, progress}, buffer), sum: newLineSum()}
	line, err := p.next()
	if err != nil {
		return p, err
	}
	first, err := parsePartLine(line)
	if err != nil || first.Part == nil {
		return p, errors.New("is not a part: it does not begin as 'licseal sign --batch --shard' writes it")
	}
	p.settings = *first.Part
	p.sum.add(string(line))
	if s := p.settings; s.Format != 1 || s.Shard < 1 || s.Shard > s.Of || s.Of > maxShards || s.Kind != kindSign && s.Kind != kindVerify {
		return p, errors.New("is a part in a format that this program cannot read")
	}
	return p, nil
}

// fits returns an error unless the part belongs to the same batch as the first, and
// is not there twice.
func (p *partFile) fits(first *partFile, sorted []*partFile) error {
	mine, others := p.settings, first.settings
	mine.Shard, others.Shard = 0, 0
	mine.Register, others.Register = "", ""
	const message = "was made with other flags, another key or on another day than %s (%s)"
	switch {
	case mine.Kind != others.Kind:
		return fmt.Errorf(message, first.name, mine.Kind+" and "+others.Kind)
	case mine.Of != others.Of:
		return fmt.Errorf(message, first.name, fmt.Sprintf("of %d parts and of %d", mine.Of, others.Of))
	case mine.Key != others.Key:
		return fmt.Errorf(message, first.name, mine.Key+" and "+others.Key)
	case mine.Settings != others.Settings:
		return fmt.Errorf(message, first.name, "flags, template or schema")
	case mine != others:
		return problem(OtherDay, message, first.name, mine.Today+" and "+others.Today)
	}
	if other := sorted[p.settings.Shard-1]; other != nil {
		return fmt.Errorf("is part %d of %d, and so is %s", p.settings.Shard, p.settings.Of, other.name)
	}
	return nil
}

// next returns the next line, which is valid until the next call.
func (p *partFile) next() ([]byte, error) {
	line, err := p.lines.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		p.long = p.long[:0]
		for err == bufio.ErrBufferFull && len(p.long) < maxPartLine {
			p.long = append(p.long, line...)
			line, err = p.lines.ReadSlice('\n')
		}
		p.long = append(p.long, line...)
		line = p.long
	}
	p.line++
	switch {
	case err == io.EOF:
		return nil, problem(Incomplete, "the part is incomplete")
	case err == bufio.ErrBufferFull:
		return nil, fmt.Errorf("line %d is longer than %d bytes, the limit", p.line, maxPartLine)
	case err != nil:
		return nil, fmt.Errorf("reading: %w", text.Cause(err))
	}
	return line[:len(line)-1], nil
}

// checkEnd checks the last line of the part. The first part that ends decides what
// the batch was.
func (p *partFile) checkEnd(end *partEnd, first *partFile, batch string) error {
	switch {
	case end.Rows != p.rows:
		return fmt.Errorf("has %s, but says that it has %d", text.Plural(p.rows, "row"), end.Rows)
	case end.Lines != p.sum.String():
		return errors.New("has been changed: its lines are not those that were written")
	case end.Input != batch:
		return fmt.Errorf("was made from other rows than %s", first.name)
	}
	if _, err := p.lines.ReadByte(); err != io.EOF {
		return errors.New("has more lines after its end")
	}
	return nil
}
