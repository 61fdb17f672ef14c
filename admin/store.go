package admin

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Store keeps records, and the history of all that happened to them. Several
// goroutines use one at the same time. [Memory] is one, package sqlstore has
// another.
//
// A write is whole or has not happened, and is in the history or has not
// happened; what was acknowledged stays. No two records have the same payload.
// UpdatedAt never repeats and never runs backwards: a write gets the current
// time in seconds, or the last one given plus one where that is not later,
// and a new record's CreatedAt is its UpdatedAt.
//
// Errors that are none of those named here are failures of the store itself.
type Store interface {
	// List returns the records whose ids come after the given one, in the order
	// of their ids, and whether there are more behind them. It returns at most
	// limit, and fewer where their payloads are large; one, if there is any.
	List(ctx context.Context, after string, limit int) (records []Record, more bool, err error)

	// Get returns a record, or ErrNotFound.
	Get(ctx context.Context, id string) (Record, error)

	// Newest returns the record with the newest UpdatedAt, or ErrNotFound.
	Newest(ctx context.Context) (Record, error)

	// Write stores a payload and returns the record as it is now. The error is
	// ErrNotFound, or an *ExistsError, where the write's condition or the
	// uniqueness of payloads forbids it.
	Write(ctx context.Context, w Write) (Record, error)

	// Delete removes a record, and does nothing where there is none.
	Delete(ctx context.Context, id, who string) error

	// History returns the changes whose numbers come after the given one, in
	// the order in which they happened, at most limit.
	History(ctx context.Context, after int64, limit int) ([]Change, error)
}

// Write is one change of a [Store].
type Write struct {
	ID      string // a UUID in lower case
	Payload string
	If      Condition
	Who     string // for the history
}

// Condition says when a write may happen.
type Condition uint8

// The conditions of a write.
const (
	IfAbsent  Condition = iota // there is no record of this id: POST
	IfPresent                  // there is one: PATCH
	Always                     // either way: PUT
)

// Change is one entry of a store's history. Entries are numbered from 1 without
// a gap, and none is ever changed or removed.
type Change struct {
	Number int64     `json:"number"`
	Time   time.Time `json:"time"` // of the server's clock, in milliseconds
	Who    string    `json:"who"`
	Action Action    `json:"action"`
	ID     string    `json:"id"`
	Before *Record   `json:"before,omitempty"` // nil if there was no record
	After  *Record   `json:"after,omitempty"`  // nil if it was deleted
}

// Action is what a change did.
type Action string

// The actions of a history.
const (
	Created  Action = "created"
	Replaced Action = "replaced"
	Deleted  Action = "deleted"
)

// ErrNotFound means that no record has the id, or that there is none at all.
var ErrNotFound = errors.New("there is no such licence record")

// ErrUnavailable means that a store cannot be used at the moment. Errors of a
// store wrap it.
var ErrUnavailable = errors.New("the store cannot be reached")

// ErrFull means that a store has no room left. Errors of a store wrap it.
var ErrFull = errors.New("the store is full")

// ExistsError says that a record is in the way of a write.
type ExistsError struct {
	ID        string // of that record
	SameValue string // what it has in common with the write: "id" or "payload"
}

func (e *ExistsError) Error() string {
	if e.SameValue == "id" {
		return fmt.Sprintf("there is a record with the id %s already", e.ID)
	}
	return fmt.Sprintf("this licence is stored already, as %s", e.ID)
}

// MaxPageBytes bounds the payloads in one answer of [Store.List].
const MaxPageBytes = 1 << 20
