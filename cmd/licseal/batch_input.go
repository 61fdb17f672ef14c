package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"iter"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/rows"
)

// shard is one of the equal parts that a batch is split into: every of-th row,
// from row number number on. The zero value is all of it.
type shard struct {
	number, of int
}

// parseShard reads a shard like 3/16, the third of sixteen.
func parseShard(s string) (shard, error) {
	if s == "" {
		return shard{}, nil
	}
	number, of, ok := strings.Cut(s, "/")
	n, err1 := strconv.Atoi(number)
	m, err2 := strconv.Atoi(of)
	const most = 10_000
	if !ok || err1 != nil || err2 != nil || n < 1 || n > m || m > most {
		return shard{}, usagef("--shard %q: write it as 3/16, the third of sixteen; the first is 1/16", s)
	}
	return shard{n, m}, nil
}

// has reports whether row i of a batch, counted from 1, is in the shard.
func (s shard) has(i int) bool { return s.of == 0 || (i-1)%s.of == s.number-1 }

// row returns the number in the batch of row i of the shard, counted from 0.
func (s shard) row(i int) int {
	if s.of == 0 {
		return i + 1
	}
	return i*s.of + s.number
}

// place is where a row stands, and what is known of it so far.
type place struct {
	row  int    // in the batch, from 1
	line int    // in the file, from 1
	text []byte // of the row
	err  error  // why it cannot be read
	path string // the file to write its licence to, with --out-dir
	kept bool   // that file holds it already
}

// batchInput is a stream of rows.
type batchInput struct {
	name   string // as messages call it
	file   *os.File
	size   int64 // in bytes, 0 if it is not known
	read   atomic.Int64
	digest hash.Hash // of all bytes; nil unless there are shards
	rows   rows.Reader
	shard  shard
}

// Read counts what is read.
func (b *batchInput) Read(p []byte) (int, error) {
	n, err := b.file.Read(p)
	b.read.Add(int64(n))
	if b.digest != nil {
		b.digest.Write(p[:n])
	}
	return n, cause(err)
}

// openBatch opens a batch.
func openBatch(name string, s shard) (*batchInput, error) {
	b := &batchInput{name: displayName(name), file: os.Stdin, shard: s}
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, cause(err)
		}
		b.file = file
	}
	info, err := b.file.Stat()
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("is a directory, not a file")
	case err == nil && info.Mode().IsRegular():
		b.size = info.Size()
	}
	if s.of > 0 {
		b.digest = sha256.New()
	}
	if b.rows, err = rows.Open(b, name, licseal.DefaultMaxBytes); err != nil {
		return nil, err
	}
	return b, nil
}

// all yields the rows of the shard.
func (b *batchInput) all(ctx context.Context) iter.Seq2[*place, []byte] {
	return func(yield func(*place, []byte) bool) {
		n := 0
		for row := range rows.All(b.rows) {
			n++
			if ctx.Err() != nil {
				return
			}
			if !b.shard.has(n) {
				continue
			}
			p := &place{row: n, line: row.Line, text: row.Text, err: row.Err}
			text := row.Text
			if p.err != nil {
				text = nil // it is nothing to be parsed
			}
			if !yield(p, text) {
				return
			}
		}
	}
}

// err returns the error that ended the rows.
func (b *batchInput) err() error {
	if err := b.rows.Err(); err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	return nil
}

// sum returns the SHA-256 of all that was read.
func (b *batchInput) sum() string { return hex.EncodeToString(b.digest.Sum(nil)) }
