package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"iter"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
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
	verdicts, err := bulk.Verify(b.ctx, wholeLines(b.work.file), trusted, nil)
	if err != nil {
		return nil, nil, err
	}
	nextOld, stopOld := iter.Pull2(verdicts)
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
	if p == nil && r.moreLicenses() {
		stopOld()
		return nil, nil, withHint(fmt.Errorf("%s has more licences than %s has rows; was the input cut?", b.work.part(), b.input.name), "--force begins anew")
	}
	stopOld()
	if err := b.work.keep(r.end); err != nil {
		return nil, nil, err
	}
	if b.isPart && r.end == 0 {
		if err := b.lines.line(jsonLine(partLine{Part: b.partSettings(b.work.settings)})); err != nil {
			return nil, nil, err
		}
	}
	return chain(p, row, next), stop, nil
}

// replayer walks through the lines of an interrupted run.
type replayer struct {
	*batchSigner
	nextOld func() (oldLine, bulk.Verdict, bool)
	keep    bool  // the lines so far are to be kept
	end     int64 // the offset after the last of them
}

// header compares the first line of a part.
func (r *replayer) header() bool {
	line, _, ok := r.nextOld()
	if !ok || string(line.text) != jsonLine(partLine{Part: r.partSettings(r.work.settings)}) {
		return false
	}
	r.end = line.end
	return true
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
	line, verdict, ok := r.nextOld()
	if !ok {
		return false, nil
	}
	differs := fmt.Errorf("line %d of %s is not what %s has there; were the rows changed?", p.line, plain(r.input.name), plain(r.work.part()))
	switch {
	case rejected != nil:
		reject := newReject(p, rejected)
		if string(line.text) != jsonLine(partLine{Reject: reject}) {
			return false, r.unlessTorn(line, verdict, differs)
		}
		r.bar.done.Add(1)
		r.end = line.end
		return true, r.takeReject(reject, true)
	case verdict.Result == nil:
		return false, r.unlessTorn(line, verdict, differs)
	case !verdict.Result.License.Payload.Equal(row.Payload) || verdict.Result.License.String() != string(line.text):
		return false, withHint(differs, "resume with the same rows, or begin anew with --force")
	}
	p.kept = true
	r.end = line.end
	return true, r.take(p, row)
}

// unlessTorn returns the error for a line that is whole but another; one that is
// neither a licence of this key nor a line of a part is damaged, and cut off.
func (r *replayer) unlessTorn(line oldLine, verdict bulk.Verdict, differs error) error {
	if verdict.Result == nil && !isPartLine(line.text) {
		return nil
	}
	if part, err := parsePartLine(line.text); err == nil && part.End != nil {
		return nil // the end of a part is written anew
	}
	return withHint(differs, "resume with the same rows, or begin anew with --force")
}

// moreLicenses reports whether licences follow the last row.
func (r *replayer) moreLicenses() bool {
	_, verdict, ok := r.nextOld()
	return ok && verdict.Result != nil
}
