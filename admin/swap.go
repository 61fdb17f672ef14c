package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Swap is a change of one record that loses nothing that somebody else has stored.
type Swap struct {
	ID      string
	Payload string // the new licence document; "" deletes the record

	// Create stores the licence if there is no record: PUT. Otherwise, it is an error.
	Create bool

	// Planned is what the record is expected to be. If nil, it may be anything.
	Planned *Record

	// Backup is called with the record right before it is replaced or deleted. It must
	// not be nil.
	Backup func(Record) error
}

// ChangedError means that a record is not what was planned to be replaced or deleted:
// somebody else has changed it. It was not touched.
type ChangedError struct {
	ID  string
	Now *Record // nil if it was deleted
}

func (e *ChangedError) Error() string {
	if e.Now == nil {
		return fmt.Sprintf("the record %s was deleted meanwhile; nothing was changed", shorten(e.ID))
	}
	return fmt.Sprintf("the record %s was changed meanwhile; it was not touched", shorten(e.ID))
}

// Swap reads a record, backs it up, and replaces or deletes it. It returns a
// *ChangedError if the record is not what was planned, or changes between reading and
// writing. Servers that do not give an ETag cannot tell the latter: there, a change in
// between is overwritten. If the other one overwrites the new record instead, the error
// is a *MismatchError, and the new record is backed up, too.
func (c *Client) Swap(ctx context.Context, s Swap) (Record, error) {
	path, err := recordPath(s.ID)
	if err != nil {
		return Record{}, err
	}
	q := call{method: http.MethodPatch, path: path}
	if s.Create {
		q.method = http.MethodPut
	}
	before, etag, err := c.read(ctx, s.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		return c.swapNothing(ctx, q, s)
	case err != nil:
		return Record{}, err
	case s.Planned != nil && before != *s.Planned:
		return Record{}, &ChangedError{s.ID, &before}
	}
	if err := s.Backup(before); err != nil {
		return Record{}, fmt.Errorf("the record %s was not touched: writing a backup: %w", shorten(s.ID), err)
	}
	q.ifMatch = etag
	if s.Payload != "" {
		return c.swapFor(ctx, q, s)
	}
	q.method = http.MethodDelete
	_, err = c.do(ctx, q, nil)
	if hasStatus(err, http.StatusPreconditionFailed) {
		return Record{}, c.changed(ctx, s)
	}
	return Record{}, err
}

// swapNothing is Swap if there is no record.
func (c *Client) swapNothing(ctx context.Context, q call, s Swap) (Record, error) {
	switch {
	case s.Planned != nil:
		return Record{}, &ChangedError{s.ID, nil}
	case s.Payload == "":
		return Record{}, nil
	case !s.Create:
		return Record{}, ErrNotFound
	}
	q.ifNoneMatch = true
	return c.swapFor(ctx, q, s)
}

// swapFor writes the new record.
func (c *Client) swapFor(ctx context.Context, q call, s Swap) (Record, error) {
	record, err := c.write(ctx, q, s.Payload)
	var overwritten *MismatchError
	switch {
	case hasStatus(err, http.StatusPreconditionFailed):
		now, readErr := c.Get(ctx, s.ID)
		if readErr == nil && now.Payload == s.Payload { // the answer to an earlier try was lost
			return now, nil
		}
		return Record{}, c.changed(ctx, s)
	case hasStatus(err, http.StatusNotFound):
		return Record{}, ErrNotFound
	case errors.As(err, &overwritten):
		if backupErr := s.Backup(Record{ID: s.ID, Payload: s.Payload}); backupErr != nil {
			err = fmt.Errorf("%w; writing a backup of it: %w", err, backupErr)
		}
	}
	return record, err
}

// changed returns the error about a record that changed between reading and writing.
func (c *Client) changed(ctx context.Context, s Swap) error {
	now, err := c.Get(ctx, s.ID)
	switch {
	case errors.Is(err, ErrNotFound) && s.Payload == "": // an earlier try has deleted it, or somebody else
		return nil
	case err != nil:
		return &ChangedError{s.ID, nil}
	}
	return &ChangedError{s.ID, &now}
}
