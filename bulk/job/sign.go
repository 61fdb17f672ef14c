package job

import (
	"cmp"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/nonblock"
	"github.com/licseal/licseal/verify"
)

// SignOptions say what [Sign] signs, and where it writes to.
type SignOptions struct {
	Input Input
	Shard Shard
	Plan  rows.Plan
	Renew *Renewal // if not nil, licences are renewed, and Input and Plan are not used
	Key   crypto.Signer

	Output Output
	Folder *Folder // if not nil, each licence is written to a file of its own

	Recorder Recorder // if not nil, it records each licence before it is written

	Resume bool // continue an interrupted job, if there is one

	Now      time.Time       // the date of this instant, in UTC, is "today"; if zero, the current time
	Progress *Progress       // if not nil, it is kept up to date
	Memory   func(bytes int) // if not nil, called now and then with how much memory the ids of the rows take
}

// Signed is what a job has done.
type Signed struct {
	Signed   int         // rows that were signed
	Kept     int         // rows that an earlier job has signed
	Recorded int         // of the signed rows, those that an earlier job had recorded and not written
	Rejected map[int]int // rows by exit code
	Complete bool        // the output was complete already, and nothing was signed

	Expired    Noted // licences that had already expired when they were signed
	NeverValid Noted // licences that expire at their creation
	OddText    Noted // licences with texts that [edit.Warnings] warns of

	Made []string // the fields, as JSON Pointers, that the table lacks and each row got anew

	LeftOut LeftOut // licences that were not renewed, and are no rows
}

// Rows returns how many rows there were.
func (s *Signed) Rows() int {
	n := s.Signed + s.Kept
	for _, count := range s.Rejected {
		n += count
	}
	return n
}

// Noted counts licences that were probably not meant as they are.
type Noted struct {
	Count int
	Where string // of the first of them: "line 3 of FILE"
}

func (n *Noted) add(where string) {
	if n.Count++; n.Count == 1 {
		n.Where = where
	}
}

// Sign signs the rows of a batch.
//
// An error with the Problem ResumeLater has stopped a job that can be resumed; the
// counts are then those of the rows that were done. Rejected rows are not errors.
func Sign(ctx context.Context, o *SignOptions) (*Signed, error) {
	s := &signer{
		ctx: ctx, o: o, key: o.Key, now: cmp.Or(o.Now, time.Now()), progress: cmp.Or(o.Progress, new(Progress)),
		isPart: o.Shard.Of > 0 && o.Folder == nil, sum: newLineSum(),
	}
	err := s.openSource()
	if err != nil {
		return nil, err
	}
	if s.verifier, err = bulk.NewVerifier([]licseal.TrustedKey{{Key: o.Key.Public()}}, nil); err != nil {
		return nil, err
	}
	s.settings = s.newSettings()
	return s.run()
}

// openSource opens what the payloads come from.
func (s *signer) openSource() (err error) {
	if s.source, err = newSource(s.ctx, s.o, s.progress); err != nil {
		return err
	}
	s.roles, s.signed.Made = s.source.roles(), s.source.made()
	s.begun = s.source.begin(s.now)
	return nil
}

// signer signs the rows of a batch.
type signer struct {
	ctx      context.Context
	o        *SignOptions
	key      crypto.Signer
	verifier *verify.Verifier // of licences by the key
	now      time.Time
	progress *Progress
	source   source
	roles    licseal.Roles
	settings Settings
	begun    start // of the job that is resumed, if one is
	rejects  *rejects
	work     *workFile     // nil unless the output is a file
	folder   *folderWriter // nil unless licences have files of their own
	lines    *lineWriter   // nil if licences have files of their own, or the output is complete
	isPart   bool          // each row has a line, and there is a first and a last line
	sum      lineSum       // of the lines of a part
	signed   Signed
}

// run opens the output, signs all rows, and closes the output.
func (s *signer) run() (*Signed, error) {
	if err := s.openOutput(); err != nil {
		return nil, err
	}
	var err error
	if s.rejects, err = openRejects(s.ctx, s.o.Output.Rejects, s.o.Output.Reject, s.rejectsMode()); err != nil {
		if s.lines != nil {
			s.lines.end() // there are none yet
		}
		s.abandon()
		return nil, err
	}
	err = s.signAll()
	if s.folder != nil {
		s.folder.close()
	}
	err = s.endRejects(err)
	if s.lines != nil {
		err = firstError(err, s.lines.end())
	}
	if err == nil && s.work != nil {
		err = about(s.work.path, s.work.finish())
	} else if s.work != nil {
		s.work.leave()
	}
	s.signed.Rejected = s.rejects.counts
	if s.o.Renew != nil {
		s.signed.LeftOut = s.o.Renew.Chooser.LeftOut()
	}
	return &s.signed, s.resumable(err)
}

// endRejects ends the file of rejects, whatever has happened before.
func (s *signer) endRejects(err error) error {
	err = firstError(err, s.rejects.end())
	return firstError(err, s.rejects.moveInPlace(err != nil))
}

// openOutput opens the output for licences.
func (s *signer) openOutput() (err error) {
	out := s.o.Output
	if err := out.check(); err != nil {
		return err
	}
	switch {
	case s.o.Folder != nil:
		err = s.o.Folder.create()
	case out.Path != "":
		if s.work, err = openWork(out.Path, s.settings, s.begun, s.o.Resume, out.Overwrite); err != nil {
			return about(out.Path, err)
		}
		s.settings = s.work.settings
		s.begun = s.work.begun
		if s.work.complete {
			s.signed.Complete = true
			s.settings.Today = cmp.Or(s.dayOfComplete(), s.settings.Today)
		} else {
			s.lines = newLineWriter(s.work.part(), s.work.file)
		}
	default:
		s.lines = newLineWriter(out.StreamName, nonblock.Writer(s.ctx, out.Stream))
	}
	s.source.start(s.begun, s.settings.Today)
	return err
}

// rejectsMode returns what happens to an existing file of rejects.
func (s *signer) rejectsMode() rejectsMode {
	switch {
	case s.o.Output.Overwrite:
		return overwriteRejects
	case s.work != nil && s.work.complete:
		return sameRejects
	case s.work != nil && s.work.resumed, s.o.Folder != nil && s.o.Resume:
		return renewRejects
	}
	return keepRejects
}

// abandon leaves the output as it was before the job.
func (s *signer) abandon() {
	switch {
	case s.work == nil:
	case s.work.resumed:
		s.work.leave()
	default:
		s.work.discard()
	}
}

// resumable adds to the error that has stopped a job that it can be resumed.
func (s *signer) resumable(err error) error {
	switch {
	case err == nil, s.work == nil && s.o.Folder == nil, s.work != nil && s.work.complete:
		return err
	}
	if e := (*Error)(nil); errors.As(err, &e) {
		if e.Problem != "" {
			return err
		}
		return &Error{ResumeLater, e.File, e.Err}
	}
	return &Error{ResumeLater, "", err}
}

// payloads returns the payloads of the rows, checked.
func (s *signer) payloads() iter.Seq2[*place, bulk.Row] {
	return s.checkRecorded(s.source.payloads())
}

// signAll takes the rows through everything that is done to them.
func (s *signer) signAll() error {
	if s.o.Renew != nil && s.work != nil && s.work.complete {
		return s.checkComplete()
	}
	payloads := s.payloads()
	if s.work != nil && s.work.resumed {
		rest, err := s.replay(payloads)
		if err != nil {
			return err
		}
		payloads = rest
	} else if s.isPart {
		if err := s.line(jsonLine(partLine{Part: &s.settings})); err != nil {
			return err
		}
	}
	for p, row := range s.signRows(payloads) {
		if err := s.take(p, row); err != nil {
			return err
		}
	}
	if err := s.inputEnd(); err != nil {
		return err
	}
	if s.isPart && s.lines != nil {
		return s.line(s.lastLine())
	}
	return nil
}

// inputEnd returns why the rows ended before the end of the input, or nil.
func (s *signer) inputEnd() error {
	switch {
	case s.ctx.Err() != nil:
		return interrupted(s.ctx)
	case s.source.err() != nil:
		return about(s.source.name(), s.source.err())
	}
	return nil
}

// signRows returns the rows with their licences.
func (s *signer) signRows(payloads iter.Seq2[*place, bulk.Row]) iter.Seq2[*place, bulk.Row] {
	opts := &bulk.SignOptions{Workers: signWorkers(s.key)}
	if s.o.Folder == nil {
		return s.record(bulk.Sign(s.ctx, payloads, s.key, opts))
	}
	s.folder = &folderWriter{ctx: s.ctx, folder: s.o.Folder, verifier: s.verifier, resume: s.o.Resume, overwrite: s.o.Output.Overwrite}
	return s.folder.write(s.record(bulk.Sign(s.ctx, s.folder.find(payloads), s.key, opts)))
}

// signWorkers returns how many goroutines may use a key: all for a key in memory,
// one for an agent or a token.
func signWorkers(key crypto.Signer) int {
	switch key.(type) {
	case ed25519.PrivateKey, *ed25519.PrivateKey, *ecdsa.PrivateKey:
		return 0
	}
	return 1
}

// lastLine returns the last line of a part.
func (s *signer) lastLine() string {
	return jsonLine(partLine{End: &partEnd{Rows: s.rows(), Input: s.source.sum(), Lines: s.sum.String()}})
}

// line writes a line.
func (s *signer) line(text string) error {
	s.addToSum(text)
	return s.lines.line(text)
}

func (s *signer) addToSum(text string) {
	if s.isPart {
		s.sum.add(text)
	}
}

// take writes what a row became.
func (s *signer) take(p *place, row bulk.Row) error {
	s.progress.done.Add(1)
	reportMemory(s.o.Memory, s.rows())
	var signErr *bulk.SignError
	if errors.As(row.Err, &signErr) {
		return fmt.Errorf("%s: %w", p.where(s.source.name()), signErr.Err)
	}
	if failed := failureOf(row.Err); failed != nil {
		return failed
	}
	if err := rowErr(p, row); err != nil {
		return s.takeReject(newReject(p, err), false)
	}
	s.note(p, row)
	if p.kept {
		s.signed.Kept++
		return nil
	}
	s.signed.Signed++
	if p.recorded {
		s.signed.Recorded++
	}
	if s.lines == nil {
		return nil
	}
	return s.line(row.License.String())
}

// failureOf returns the error of a disk that stops the job, or nil.
func failureOf(err error) error {
	var writeErr *writeError
	var recordErr *recordError
	switch {
	case errors.As(err, &writeErr):
		return writeErr
	case errors.As(err, &recordErr):
		return recordErr
	}
	return nil
}

// note counts a licence that was probably not meant as it is.
func (s *signer) note(p *place, row bulk.Row) {
	switch edit.Doubts(row.Period, s.now) {
	case edit.NeverValid:
		s.signed.NeverValid.add(p.where(s.source.name()))
	case edit.AlreadyExpired:
		s.signed.Expired.add(p.where(s.source.name()))
	}
	if len(edit.Warnings(row.Payload, s.roles)) > 0 {
		s.signed.OddText.add(p.where(s.source.name()))
	}
}

// rows returns how many rows are done.
func (s *signer) rows() int { return s.signed.Signed + s.signed.Kept + s.rejects.total() }

// rowErr returns why a row cannot become a licence.
func rowErr(p *place, row bulk.Row) error {
	if p.err != nil {
		return p.err
	}
	return row.Err
}

// takeReject writes a reject. In a part it also has a line, unless that is written
// already.
func (s *signer) takeReject(r *Reject, written bool) error {
	if s.isPart && !written {
		if err := s.line(jsonLine(partLine{Reject: r})); err != nil {
			return err
		}
	}
	return s.rejects.add(r)
}
