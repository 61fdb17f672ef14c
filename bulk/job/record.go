package job

import (
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/internal/ordered"
)

// Recorder records licences before the job writes them, such as [register.Batch]. Check
// may be called while Add or Commit is working.
type Recorder interface {
	// Name identifies the place where licences are recorded. A job is resumed only with
	// a recorder of the same name.
	Name() string

	// Check says what is recorded about the licence that a row would become. known is a
	// licence of this very payload that is recorded, if the job may write it without
	// recording it again: the job before was stopped between the two. An error that is a
	// [*RefusedError] rejects the row, and any other error stops the job.
	Check(r *bulk.Row) (known *licseal.License, err error)

	// Add records a licence, but need not make the record safe.
	Add(row int, r *bulk.Row) error

	// Commit makes everything that was added safe on the disk.
	Commit() error
}

// RefusedError means that a recorder does not take the licence of a row.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return e.Err.Error() }

// Unwrap returns e.Err.
func (e *RefusedError) Unwrap() error { return e.Err }

// recordError means that recording has failed. It stops the job.
type recordError struct{ err error }

func (e *recordError) Error() string { return e.err.Error() }
func (e *recordError) Unwrap() error { return e.err }

// Licences are recorded in blocks, because each block has to wait for the disk. A licence
// waits at most recordDelay for others.
const (
	recordBlock = 4096
	recordBytes = 4 << 20
	recordDelay = 500 * time.Millisecond
)

// checkRecorded rejects rows that the recorder refuses, and takes the licences that it
// knows.
func (s *signer) checkRecorded(payloads iter.Seq2[*place, bulk.Row]) iter.Seq2[*place, bulk.Row] {
	if s.o.Recorder == nil {
		return payloads
	}
	return func(yield func(*place, bulk.Row) bool) {
		for p, row := range payloads {
			if rowErr(p, row) == nil {
				s.checkRow(p, &row)
			}
			if !yield(p, row) {
				return
			}
		}
	}
}

func (s *signer) checkRow(p *place, row *bulk.Row) {
	if s.o.Renew != nil {
		row.Old, _ = licseal.ParseUnverified(p.text) // it was verified before
	}
	known, err := s.o.Recorder.Check(row)
	var refused *RefusedError
	switch {
	case known != nil:
		row.License, p.recorded = known, true
	case errors.As(err, &refused):
		row.Err = refused
	case err != nil:
		row.Err = &recordError{err}
	}
}

// record records the licences of the rows, in blocks. The rows of a block are returned
// when all of its licences are safe.
func (s *signer) record(signed iter.Seq2[*place, bulk.Row]) iter.Seq2[*place, bulk.Row] {
	if s.o.Recorder == nil {
		return signed
	}
	size := func(r placedRow) int { return 3 * len(r.row.Payload.Bytes()) }
	opts := ordered.Options{Workers: 1, Batch: recordBlock, BatchSize: recordBytes, Wait: recordDelay}
	return func(yield func(*place, bulk.Row) bool) {
		for r := range ordered.Map(s.ctx, placedRows(signed), size, opts, s.recordBlock) {
			if !yield(r.place, r.row) {
				return
			}
		}
	}
}

// recordBlock records a block of rows. After an error, none of its rows has a licence.
func (s *signer) recordBlock(block, done []placedRow) []placedRow {
	var err error
	for i := range block {
		r := &block[i]
		if err == nil && rowErr(r.place, r.row) == nil && !r.place.recorded {
			err = s.o.Recorder.Add(r.place.row, &r.row)
		}
	}
	if err == nil {
		err = s.o.Recorder.Commit()
	}
	if err != nil {
		err = fmt.Errorf("recording licences: %w", err)
	}
	for _, r := range block {
		if err != nil && rowErr(r.place, r.row) == nil {
			r.row.License, r.row.Err = nil, &recordError{err}
		}
		done = append(done, r)
	}
	return done
}

// placedRows returns rows with their places.
func placedRows(rows iter.Seq2[*place, bulk.Row]) iter.Seq[placedRow] {
	return func(yield func(placedRow) bool) {
		for p, row := range rows {
			if !yield(placedRow{p, row}) {
				return
			}
		}
	}
}
