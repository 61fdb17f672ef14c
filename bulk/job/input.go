package job

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"iter"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/internal/text"
)

// Input is a batch to read.
type Input struct {
	Reader io.Reader
	Name   string // for errors; its extension tells the format, as in [rows.Open]
	Size   int64  // in bytes, or 0 if it is not known
}

// place is where a row is, and what is known of it so far.
type place struct {
	row    int    // in the batch, from 1
	line   int    // in the input, from 1
	name   string // of a licence to renew, in place of the line
	header string // of the table, "" if there is none
	text   []byte // of the row
	err    error  // why it cannot be read, or nil
	path   string // the file to write its licence to, if licences have files of their own
	kept   bool   // its licence is in the output already

	recorded bool // its licence was recorded by the job that is resumed
}

// input is a batch that is being read.
type input struct {
	name     string
	r        io.Reader
	progress *Progress
	digest   hash.Hash // of all bytes; nil unless there are shards
	shard    Shard
	rows     rows.Reader
	plan     rows.Plan // with what was found in the whole batch
}

// openInput opens a batch. If the reader can seek, the whole batch is looked at first.
func openInput(ctx context.Context, in Input, shard Shard, progress *Progress, plan rows.Plan) (*input, error) {
	progress.size.Store(in.Size)
	var err error
	if plan.Found, err = look(ctx, in, &plan); err != nil {
		return nil, err
	}
	i := &input{name: in.Name, r: in.Reader, progress: progress, shard: shard}
	if shard.Of > 0 {
		i.digest = sha256.New()
	}
	i.rows, err = rows.Open(i, in.Name, licseal.DefaultMaxBytes, &plan)
	i.plan = plan
	return i, err
}

// look returns what the whole batch shows, nil if it can be read only once.
func look(ctx context.Context, in Input, plan *rows.Plan) (*rows.Found, error) {
	whole, ok := in.Reader.(io.ReadSeeker)
	if !ok {
		return nil, nil
	}
	if _, err := whole.Seek(0, io.SeekCurrent); err != nil {
		return nil, nil
	}
	found, err := rows.Look(ctx, whole, in.Name, licseal.DefaultMaxBytes, plan)
	if ctx.Err() != nil {
		return nil, interrupted(ctx)
	}
	return found, text.Cause(err)
}

// Read counts and digests what is read.
func (i *input) Read(p []byte) (int, error) {
	n, err := i.r.Read(p)
	i.progress.read.Add(int64(n))
	if i.digest != nil {
		i.digest.Write(p[:n])
	}
	return n, text.Cause(err)
}

// all returns the rows of the shard. The text of a row that cannot be read is nil:
// there is nothing to parse.
func (i *input) all(ctx context.Context) iter.Seq2[*place, []byte] {
	return func(yield func(*place, []byte) bool) {
		n := 0
		for row := range rows.All(i.rows) {
			n++
			if ctx.Err() != nil {
				return
			}
			if !i.shard.Has(n) {
				continue
			}
			p := &place{row: n, line: row.Line, header: i.rows.Header(), text: row.Text, err: row.Err}
			text := row.Text
			if p.err != nil {
				text = nil
			}
			if !yield(p, text) {
				return
			}
		}
	}
}

// err returns the read error that ended the rows, or nil.
func (i *input) err() error {
	if err := i.rows.Err(); err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	return nil
}

// sum returns the SHA-256 of everything that was read, as parts contain it.
func (i *input) sum() string { return "sha256:" + hex.EncodeToString(i.digest.Sum(nil)) }
