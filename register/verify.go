package register

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/licseal/licseal/internal/text"
)

// FileError is an error about a file of a register.
type FileError struct {
	File string // in the folder of the register
	Err  error
}

func (e *FileError) Error() string { return e.File + ": " + e.Err.Error() }

// Unwrap returns e.Err.
func (e *FileError) Unwrap() error { return e.Err }

// InconsistentError means that a register does not contain what an earlier checkpoint of
// it says: entries were changed or removed after that.
type InconsistentError struct {
	Now, Then Checkpoint
}

func (e *InconsistentError) Error() string {
	switch {
	case e.Now.Origin != e.Then.Origin:
		return fmt.Sprintf("the checkpoint is that of another register, %s", e.Then.Origin)
	case e.Now.Size < e.Then.Size:
		return fmt.Sprintf("the register has %d entries, and had %d at the checkpoint: it was cut, or is an older copy", e.Now.Size, e.Then.Size)
	}
	return fmt.Sprintf("the first %d entries are not those of the checkpoint: the register was cut or changed after it, and signed again", e.Then.Size)
}

// Verify reads the whole register: every record, licence, tile and bundle, and the index.
// It returns an error that names the first entry, or the file, that is not what the
// checkpoint says, and an [*InconsistentError] if the register does not begin with what an
// earlier checkpoint says. It does not verify the signatures of licences.
func (r *Register) Verify(ctx context.Context, earlier ...Checkpoint) error {
	for _, then := range earlier {
		if then.Origin != r.current.Origin || then.Size > r.current.Size {
			return &InconsistentError{r.current, then}
		}
	}
	v := &checker{register: r, packs: &packReader{dir: r.dir}, tree: new(tree)}
	defer v.packs.close()
	if err := v.openIndex(); err != nil {
		return err
	}
	for number := int64(0); ; number++ {
		for _, then := range earlier {
			if then.Size == number && v.tree.root() != then.Root {
				return &InconsistentError{r.current, then}
			}
		}
		if number == r.current.Size {
			break
		}
		if err := v.next(ctx); err != nil {
			return err
		}
	}
	if err := v.compare(v.tree.partial()); err != nil {
		return err
	}
	if v.tree.root() != r.current.Root {
		return &FileError{checkpointPath, errors.New("the entries do not have the hash that it says")}
	}
	return v.rowErr
}

// checker reads a register from its start.
type checker struct {
	register *Register
	packs    *packReader
	tree     *tree
	rows     []byte // the index, if there is one
	rowErr   error  // the first row of it that is wrong
}

// openIndex reads the index. It need not exist, because it can be derived.
func (v *checker) openIndex() (err error) {
	v.rows, err = readIndex(filepath.Join(v.register.dir, indexPath), v.register.current.Size)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return &FileError{indexPath, text.Cause(err)}
	}
	return nil
}

// next checks the next entry.
func (v *checker) next(ctx context.Context) error {
	number := v.packs.next
	if number%tileWidth == 0 && ctx.Err() != nil {
		return ctx.Err()
	}
	l, offset, err := v.packs.read()
	if err != nil {
		return err
	}
	entry, err := l.entry(number)
	if err == nil && entry.HasReplaces && entry.Replaces >= number {
		err = errors.New("replaces an entry that comes later")
	}
	if err != nil {
		return &EntryError{number, packPath(number), err}
	}
	hash := sum(l.record)
	v.compareRow(entry, l, offset, hash)
	v.tree.add(hash)
	full := v.tree.full
	v.tree.full = nil
	return v.compare(full)
}

// compareRow compares the row of an entry with the index. It is the last to be blamed,
// because it is derived.
func (v *checker) compareRow(e *Entry, l line, offset int64, hash [32]byte) {
	if v.rowErr != nil || int64(len(v.rows)) < (e.Number+1)*rowSize {
		return // the rest is derived when it is needed
	}
	want := newRow(&e.Record, l, offset, hash)
	if !bytes.Equal(want.appendTo(nil, e.Number), v.rows[e.Number*rowSize:(e.Number+1)*rowSize]) {
		v.rowErr = &FileError{indexPath, fmt.Errorf("the row of entry %d is wrong; delete the file, and it is written again", e.Number)}
	}
}

// compare compares files with what the entries say.
func (v *checker) compare(files []file) error {
	for _, want := range files {
		got, err := os.ReadFile(filepath.Join(v.register.dir, want.path))
		if err != nil {
			return &FileError{want.path, text.Cause(err)}
		}
		if bytes.Equal(got, want.data) {
			continue
		}
		if number, ok := firstDifferent(want, got, v.tree.size); ok {
			return &EntryError{number, packPath(number), fmt.Errorf("is not the entry in %s", want.path)}
		}
		return &FileError{want.path, errors.New("does not match the entries")}
	}
	return nil
}

// firstDifferent returns the first entry of a bundle that differs. ok is false if the file
// is not a bundle. size is the number of entries up to the end of the bundle.
func firstDifferent(want file, got []byte, size int64) (number int64, ok bool) {
	const one = 2 + 32
	first := (size - 1) / tileWidth * tileWidth
	if len(want.data)%one != 0 || len(want.data) == 0 || binary.BigEndian.Uint16(want.data) != 32 {
		return 0, false
	}
	for i := 0; i+one <= len(want.data); i += one {
		if i+one > len(got) || !bytes.Equal(want.data[i:i+one], got[i:i+one]) {
			return first + int64(i/one), true
		}
	}
	return 0, false
}
