package job

import (
	"bufio"
	"bytes"
	"io"
	"iter"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/verify"
)

// oldLine is a line that an earlier job has written.
type oldLine struct {
	text []byte
	end  int64 // the offset after it
}

// completeLines returns the lines of a file. A last line without a line end is dropped.
func completeLines(r io.Reader) iter.Seq2[oldLine, []byte] {
	return func(yield func(oldLine, []byte) bool) {
		lines := bufio.NewReaderSize(r, maxPartLine)
		for end := int64(0); ; {
			text, err := lines.ReadSlice('\n')
			if err != nil {
				return
			}
			end += int64(len(text))
			text = bytes.Clone(text[:len(text)-1])
			if !yield(oldLine{text, end}, text) {
				return
			}
		}
	}
}

// replay compares what an earlier job has written with the rows, and returns the rows
// that are left to sign.
// A line is kept if it is the licence of its row and its signature is good. What
// follows the last of these, such as an incomplete line, is removed. So no row is
// signed twice, and none is left out.
func (s *signer) replay(payloads iter.Seq2[*place, bulk.Row]) (rest iter.Seq2[*place, bulk.Row], err error) {
	nextOld, stopOld := iter.Pull2(bulk.Verify(s.ctx, completeLines(s.work.file), s.verifier, nil))
	next, stop := iter.Pull2(payloads)
	r := &replayer{signer: s, nextOld: nextOld}
	p, row, err := r.keepSame(next)
	if s.ctx.Err() != nil {
		stopOld()
		go stop() // which waits for a row that is being read
		return nil, interrupted(s.ctx)
	}
	if err == nil {
		err = r.checkRest(p)
	}
	stopOld()
	if err == nil {
		err = r.cut()
	}
	if err != nil {
		stop()
		return nil, err
	}
	return chain(p, row, next, stop), nil
}

// replayer reads the lines of an earlier job.
type replayer struct {
	*signer
	nextOld func() (oldLine, *verify.Report, bool)
	end     int64 // the offset after the lines that are kept
}

// keepSame keeps the lines that rows have. It returns the first row that has no line,
// or a nil place if all rows have one.
func (r *replayer) keepSame(next func() (*place, bulk.Row, bool)) (*place, bulk.Row, error) {
	hasHeader := !r.isPart || r.header()
	for {
		p, row, ok := next()
		if !ok {
			return nil, bulk.Row{}, nil
		}
		if !hasHeader {
			return p, row, nil
		}
		if same, err := r.compare(p, row); err != nil || !same {
			return p, row, err
		}
	}
}

// header keeps the first line of a part, if it is that of this job.
func (r *replayer) header() bool {
	line, _, ok := r.nextOld()
	if !ok || string(line.text) != jsonLine(partLine{Part: &r.settings}) {
		return false
	}
	r.keepLine(line)
	return true
}

func (r *replayer) keepLine(line oldLine) {
	r.end = line.end
	r.addToSum(string(line.text))
}

// compare reports whether the next line is what the row becomes, and keeps it. If the
// line is damaged or missing, it returns false. If the line is something else, it
// returns an error.
func (r *replayer) compare(p *place, row bulk.Row) (bool, error) {
	rejected := rowErr(p, row)
	if rejected != nil && !r.isPart { // only parts have a line for each reject
		r.progress.done.Add(1)
		return true, r.rejects.add(newReject(p, rejected))
	}
	line, report, ok := r.nextOld()
	if !ok {
		return false, nil
	}
	if rejected == nil && report.Result() != nil && r.work.complete && r.settings.Made != "" {
		row = r.source.asWritten(p, row, report.Result().License.Payload)
	}
	switch {
	case rejected != nil:
		reject := newReject(p, rejected)
		if string(line.text) != jsonLine(partLine{Reject: reject}) {
			return false, r.unlessDamaged(line, report, p)
		}
		r.progress.done.Add(1)
		r.keepLine(line)
		return true, r.takeReject(reject, true)
	case report.Result() == nil:
		return false, r.unlessDamaged(line, report, p)
	case !isLicenseOf(row, report.Result().License, line):
		return false, r.differs(p)
	}
	p.kept = true
	r.keepLine(line)
	return true, r.take(p, row)
}

// isLicenseOf reports whether a line is the licence of a row, in canonical form.
func isLicenseOf(row bulk.Row, lic *licseal.License, line oldLine) bool {
	return lic.Payload.Equal(row.Payload) && lic.String() == string(line.text)
}

// differs returns the error for a row that becomes something else than what its line
// says.
func (r *replayer) differs(p *place) error {
	if r.work.complete {
		return problem(OtherRows, "the file exists, and %s does not match it; were the rows, the flags or the key changed?", p.where(r.source.name()))
	}
	return problem(OtherRows, "%s does not match %s; were the rows changed?", p.where(r.source.name()), r.work.name())
}

// unlessDamaged returns nil for a line that is neither a licence by this key nor a
// line of a part: it is damaged, and is removed. For any other line, it returns an
// error.
func (r *replayer) unlessDamaged(line oldLine, report *verify.Report, p *place) error {
	if report.Result() == nil && !isPartLine(line.text) {
		return nil
	}
	if part, err := parsePartLine(line.text); err == nil && part.End != nil {
		return nil // the last line of a part is written again
	}
	return r.differs(p)
}

// checkRest checks what follows the lines that are kept. p is the first row that has no
// line, or nil.
func (r *replayer) checkRest(p *place) error {
	switch {
	case p != nil && r.work.complete:
		return r.differs(p)
	case p == nil && r.work.complete && r.source.err() == nil:
		return r.checkEnd()
	case p == nil && r.moreRows():
		return problem(FewerRows, "%s has more rows than %s; was the input cut off?", r.work.part(), r.source.name())
	}
	return nil
}

// moreRows reports whether the next line is that of one more row.
func (r *replayer) moreRows() bool {
	line, report, ok := r.nextOld()
	if !ok || report.Result() != nil {
		return ok
	}
	part, err := parsePartLine(line.text)
	return r.isPart && err == nil && part.Reject != nil
}

// checkEnd checks the end of a complete file.
func (r *replayer) checkEnd() error {
	want := ""
	if r.isPart {
		want = r.lastLine() + "\n"
	}
	got, err := io.ReadAll(io.NewSectionReader(r.work.file, r.end, maxPartLine))
	switch {
	case err != nil:
		return text.Cause(err)
	case string(got) != want:
		return problem(OtherRows, "the file exists, and its end does not match %s; were the rows changed?", r.source.name())
	}
	return nil
}

// cut removes what follows the lines that are kept. A part of which nothing is kept
// gets its first line again.
func (r *replayer) cut() error {
	if err := r.work.keep(r.end); err != nil {
		return err
	}
	if r.isPart && r.end == 0 {
		return r.line(jsonLine(partLine{Part: &r.settings}))
	}
	return nil
}

// dayOfComplete returns the day on which the job began that wrote a complete file: as
// the first line of a part says, or else the creation date of the first licence. It
// returns "" if that is not known.
func (s *signer) dayOfComplete() string {
	line, err := bufio.NewReader(io.NewSectionReader(s.work.file, 0, maxPartLine)).ReadBytes('\n')
	if err != nil {
		return ""
	}
	if first, err := parsePartLine(line); err == nil && first.Part != nil {
		return first.Part.Today
	}
	lic, err := licseal.ParseUnverified(line)
	if err != nil {
		return ""
	}
	text, _ := lic.Payload.Text(s.roles.NotBefore)
	begins, err := licseal.ParseDate(text, nil) // it may have a time
	if err != nil {
		return ""
	}
	return begins.Format(time.DateOnly)
}

// chain returns a sequence of one row, if p is not nil, and then the others. At its end it
// calls stop.
func chain(p *place, row bulk.Row, next func() (*place, bulk.Row, bool), stop func()) iter.Seq2[*place, bulk.Row] {
	return func(yield func(*place, bulk.Row) bool) {
		defer stop()
		for ok := p != nil; ok; p, row, ok = next() {
			if !yield(p, row) {
				return
			}
		}
	}
}
