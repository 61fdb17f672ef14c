package admin

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Store keeps records, and the history of their changes. It must be safe for
// concurrent use. [Memory] is one; package sqlstore has another.
//
// Writes are atomic, together with their entry in the history, and durable once
// acknowledged. No two records have the same payload. UpdatedAt never repeats and
// never decreases: a write gets the current time in seconds, or the last UpdatedAt
// plus one if that is later. The CreatedAt of a new record is its UpdatedAt.
//
// Errors other than those named here are failures of the store itself.
type Store interface {
	// List returns the records whose ids come after the given one, ordered by id,
	// and whether there are more after them. It returns at most limit records, and
	// fewer if the payloads are large, but at least one if there is any.
	List(ctx context.Context, after string, limit int) (records []Record, more bool, err error)

	// Get returns a record, or ErrNotFound.
	Get(ctx context.Context, id string) (Record, error)

	// Newest returns the record with the newest UpdatedAt, or ErrNotFound.
	Newest(ctx context.Context) (Record, error)

	// Write stores a payload and returns the resulting record. The error is
	// ErrNotFound, ErrMismatch or an *ExistsError if the write's condition is not met,
	// or if another record has the payload.
	Write(ctx context.Context, w Write) (Record, error)

	// Delete removes a record. It does nothing if there is none. If versions are given,
	// the error is ErrMismatch unless the record has one of them: see Write.Match.
	Delete(ctx context.Context, id, who string, match ...string) error

	// History returns the changes whose numbers come after the given one, at most
	// limit, in the order in which they happened.
	History(ctx context.Context, after int64, limit int) ([]Change, error)

	// Head returns the last entry of the history. As long as it is the same, so are the
	// records. Its hash is "" if the store does not know it.
	Head(ctx context.Context) (Head, error)
}

// Write is one change of a [Store].
type Write struct {
	ID      string // a UUID in lower case
	Payload string
	If      Condition
	Who     string // for the history

	// Match, if not empty, has the versions that the present record may have:
	// [Record.Version], or "*" for any.
	Match []string
}

// Condition is the condition under which a write is carried out.
type Condition uint8

// The conditions of a write.
const (
	IfAbsent  Condition = iota // no record has this id: POST
	IfPresent                  // a record has this id: PATCH
	Always                     // PUT
)

// Change is one entry of a store's history. Entries are numbered from 1 without gaps,
// and are never changed or removed.
type Change struct {
	Number int64     `json:"number"`
	Time   time.Time `json:"time"` // by the server's clock, in milliseconds
	Who    string    `json:"who"`
	Action Action    `json:"action"`
	ID     string    `json:"id"`
	Before *Record   `json:"before,omitempty"` // nil if there was no record
	After  *Record   `json:"after,omitempty"`  // nil if it was deleted
	Hash   string    `json:"hash,omitempty"`   // see [Head]; "" if the store has none
}

// Action is the kind of a change.
type Action string

// The actions of a history.
const (
	Created  Action = "created"
	Replaced Action = "replaced"
	Deleted  Action = "deleted"
)

// ErrNotFound means that no record has the id, or that there are no records.
var ErrNotFound = errors.New("there is no such licence record")

// ErrMismatch means that a record is not there, or has changed since it was read.
var ErrMismatch = errors.New("the record has changed, or was deleted, since it was read")

// ErrUnavailable means that a store cannot be used at the moment. Stores wrap it.
var ErrUnavailable = errors.New("the store cannot be reached")

// ErrReadOnly means that a store serves reads only, as a standby does. Stores wrap it.
var ErrReadOnly = errors.New("the store is read-only")

// ErrFull means that a store has no space left. Stores wrap it.
var ErrFull = errors.New("the store is full")

// ExistsError is a write that another record prevents.
type ExistsError struct {
	ID        string // of the other record
	SameValue string // what both have in common: "id" or "payload"
}

func (e *ExistsError) Error() string {
	if e.SameValue == "id" {
		return fmt.Sprintf("a record with the id %s already exists", e.ID)
	}
	return fmt.Sprintf("this licence is already stored, as %s", e.ID)
}

// MaxPageBytes is the maximum size of the payloads that one call of [Store.List]
// returns, in bytes.
const MaxPageBytes = 1 << 20
