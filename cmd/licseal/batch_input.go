package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/records"
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
	header []byte    // the first row of a CSV
	isCSV  bool
	rows   *records.Reader
	shard  shard
}

// Read counts what is read.
func (b *batchInput) Read(p []byte) (int, error) {
	n, err := b.file.Read(p)
	b.read.Add(int64(n))
	if b.digest != nil {
		b.digest.Write(p[:n])
	}
	return n, err
}

// openBatch opens a batch and finds out whether it is CSV: NDJSON begins with '{'.
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
	buffered := bufio.NewReader(b)
	b.isCSV, err = looksLikeCSV(name, buffered)
	if err != nil {
		return nil, fmt.Errorf("reading: %w", cause(err))
	}
	b.rows = records.NewReader(buffered, licseal.DefaultMaxBytes, b.isCSV)
	if !b.isCSV {
		return b, nil
	}
	first, ok := b.rows.Next()
	if first.Err != nil {
		return nil, fmt.Errorf("line %d: the header: %w", first.Line, first.Err)
	}
	if err := b.rows.Err(); !ok && err != nil {
		return nil, fmt.Errorf("reading: %w", cause(err))
	}
	b.header = first.Text
	return b, nil
}

// looksLikeCSV goes by the name, and else by the first character.
func looksLikeCSV(name string, r *bufio.Reader) (bool, error) {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		return true, nil
	case ".ndjson", ".jsonl", ".json":
		return false, nil
	}
	for n := 1; n <= r.Size(); n++ {
		start, err := r.Peek(n) // no more than it needs: a pipe may give little at a time
		start = bytes.TrimLeft(bytes.TrimPrefix(start, utf8Mark), " \t\r\n")
		switch {
		case err != nil && err != io.EOF:
			return false, err
		case err != nil || len(start) > 0 && !bytes.HasPrefix(utf8Mark, start):
			return len(start) > 0 && start[0] != '{', nil
		}
	}
	return false, nil
}

// all yields the rows of the shard.
func (b *batchInput) all(ctx context.Context) iter.Seq2[*place, []byte] {
	return func(yield func(*place, []byte) bool) {
		n := 0
		for record := range b.rows.All() {
			n++
			if ctx.Err() != nil {
				return
			}
			if !b.shard.has(n) {
				continue
			}
			p := &place{row: n, line: record.Line, text: record.Text, err: record.Err}
			text := record.Text
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
		return fmt.Errorf("reading: %w", cause(err))
	}
	return nil
}

// sum returns the SHA-256 of all that was read.
func (b *batchInput) sum() string { return hex.EncodeToString(b.digest.Sum(nil)) }
