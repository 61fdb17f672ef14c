package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/verify"
)

// oldLine is a line of an interrupted run.
type oldLine struct {
	text []byte
	end  int64 // the offset after it
}

// maxPartLine bounds the lines of a part: a reject holds a row, escaped, and all
// that is wrong with it.
const maxPartLine = 2 << 20

// wholeLines yields the lines of a file that have an end.
func wholeLines(r io.Reader) iter.Seq2[oldLine, []byte] {
	return func(yield func(oldLine, []byte) bool) {
		lines := bufio.NewReaderSize(r, maxPartLine)
		for end := int64(0); ; {
			text, err := lines.ReadSlice('\n')
			if err != nil {
				return // what follows is torn
			}
			end += int64(len(text))
			text = bytes.Clone(text[:len(text)-1])
			if !yield(oldLine{text, end}, text) {
				return
			}
		}
	}
}

// replay compares what an interrupted run has left with the rows that it was made
// from, and returns the rows that are left to sign. A line counts if it is the
// licence of its row and its signature holds; what follows the last of these, such
// as half a line, is cut off. No row is signed again, and none is left out.
func (b *batchSigner) replay(rows iter.Seq2[*place, bulk.Row]) (rest iter.Seq2[*place, bulk.Row], stop func(), err error) {
	trusted := []licseal.TrustedKey{{Key: b.key.Public()}}
	verifier, err := bulk.NewVerifier(trusted, nil)
	if err != nil {
		return nil, nil, err
	}
	nextOld, stopOld := iter.Pull2(bulk.Verify(b.ctx, wholeLines(b.work.file), verifier, nil))
	next, stop := iter.Pull2(rows)
	r := &replayer{batchSigner: b, nextOld: nextOld}
	if b.isPart {
		r.keep = r.header()
	}
	var p *place
	var row bulk.Row
	for ok := true; ; {
		if p, row, ok = next(); !ok {
			p = nil
			break
		}
		same, err := r.compare(p, row)
		if err != nil {
			stopOld()
			stop()
			return nil, nil, err
		}
		if !same {
			break
		}
	}
	if b.ctx.Err() != nil {
		return nil, nil, errInterrupted
	}
	switch {
	case p != nil && b.work.complete:
		err = r.differs(p)
	case p == nil && b.work.complete && b.input.err() == nil:
		err = r.ends()
	case p == nil && r.moreRows():
		err = withHint(fmt.Errorf("%s has more rows than %s; was the input cut?", b.work.part(), b.input.name), "--force begins anew")
	}
	stopOld()
	if err != nil {
		stop()
		return nil, nil, err
	}
	if err := b.work.keep(r.end); err != nil {
		return nil, nil, err
	}
	if b.isPart && r.end == 0 {
		if err := b.line(jsonLine(partLine{Part: b.partSettings(b.work.settings)})); err != nil {
			return nil, nil, err
		}
	}
	return chain(p, row, next), stop, nil
}

// replayer walks through the lines of an interrupted run.
type replayer struct {
	*batchSigner
	nextOld func() (oldLine, *verify.Report, bool)
	keep    bool  // the lines so far are to be kept
	end     int64 // the offset after the last of them
}

// header compares the first line of a part.
func (r *replayer) header() bool {
	line, _, ok := r.nextOld()
	if !ok || string(line.text) != jsonLine(partLine{Part: r.partSettings(r.work.settings)}) {
		return false
	}
	r.keepLine(line)
	return true
}

// keepLine counts a line among those that stay.
func (r *replayer) keepLine(line oldLine) {
	r.end = line.end
	r.addToSum(string(line.text))
}

// compare reports whether the next line of the interrupted run is what this row
// becomes. It is an error if it is something else that is whole.
func (r *replayer) compare(p *place, row bulk.Row) (bool, error) {
	if r.isPart && !r.keep {
		return false, nil
	}
	rejected := rowErr(p, row)
	if rejected != nil && !r.isPart {
		r.bar.done.Add(1)
		return true, r.rejects.add(newReject(p, rejected)) // it has no line
	}
	line, report, ok := r.nextOld()
	if !ok {
		return false, nil
	}
	switch {
	case rejected != nil:
		reject := newReject(p, rejected)
		if string(line.text) != jsonLine(partLine{Reject: reject}) {
			return false, r.unlessTorn(line, report, p)
		}
		r.bar.done.Add(1)
		r.keepLine(line)
		return true, r.takeReject(reject, true)
	case report.Result() == nil:
		return false, r.unlessTorn(line, report, p)
	case !report.Result().License.Payload.Equal(row.Payload) || report.Result().License.String() != string(line.text):
		return false, r.differs(p)
	}
	p.kept = true
	r.keepLine(line)
	return true, r.take(p, row)
}

// differs is the error for a row that makes something else than what is there.
func (r *replayer) differs(p *place) error {
	err := fmt.Errorf("line %d of %s is not what %s has there; were the rows changed?", p.line, plain(r.input.name), plain(r.work.name()))
	if r.work.complete {
		err = fmt.Errorf("the file exists, and line %d of %s is not what it has there; were the rows, the flags or the key changed?", p.line, plain(r.input.name))
	}
	return withHint(err, "resume with the same rows, or begin anew with --force")
}

// unlessTorn returns the error for a line that is whole but another; one that is
// neither a licence of this key nor a line of a part is damaged, and cut off.
func (r *replayer) unlessTorn(line oldLine, report *verify.Report, p *place) error {
	if report.Result() == nil && !isPartLine(line.text) {
		return nil
	}
	if part, err := parsePartLine(line.text); err == nil && part.End != nil {
		return nil // the end of a part is written anew
	}
	return r.differs(p)
}

// moreRows reports whether the licence or the reject of a row follows the last row.
func (r *replayer) moreRows() bool {
	line, report, ok := r.nextOld()
	if !ok || report.Result() != nil {
		return ok
	}
	part, err := parsePartLine(line.text)
	return r.isPart && err == nil && part.Reject != nil
}

// ends compares what follows the last row in a file that is whole.
func (r *replayer) ends() error {
	want := ""
	if r.isPart {
		want = r.lastLine() + "\n"
	}
	got, err := io.ReadAll(io.NewSectionReader(r.work.file, r.end, maxPartLine))
	switch {
	case err != nil:
		return cause(err)
	case string(got) != want:
		return withHint(fmt.Errorf("the file exists, and its end is not that of %s; were the rows changed?", plain(r.input.name)), "resume with the same rows, or begin anew with --force")
	}
	return nil
}

// madeOn returns the day on which the making of a whole file began: as the first
// line of a part says, or else the day that its first licence has. It is "" if
// that is not known.
func (b *batchSigner) madeOn(file *os.File) string {
	line, err := bufio.NewReader(io.NewSectionReader(file, 0, maxPartLine)).ReadBytes('\n')
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
	text, _ := lic.Payload.Text(b.parser.roles.NotBefore)
	begins, err := licseal.ParseDate(text, nil) // that of an entitlement has a time
	if err != nil {
		return ""
	}
	return begins.Format(time.DateOnly)
}
