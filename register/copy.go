package register

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/filelock"
	"github.com/licseal/licseal/internal/text"
)

// Copy makes a copy of the register in a folder, or brings one up to date, and returns how
// many entries were added. The copy has no private key: nothing can be appended to it. The
// register is verified whole first, and must begin with everything that the copy has: if
// it does not, the error is a [*ForkError] with the first entry that differs, or an
// [*InconsistentError].
func (r *Register) Copy(ctx context.Context, dir string) (added int64, err error) {
	old, err := Open(dir)
	if errors.Is(err, ErrNoRegister) || errors.Is(err, fs.ErrNotExist) {
		old, err = nil, newFolder(dir)
	}
	if err != nil {
		return 0, err
	}
	lock, err := filelock.Acquire(ctx, filepath.Join(dir, checkpointPath))
	if errors.Is(err, filelock.ErrHeld) {
		return 0, ErrLocked
	} else if err != nil {
		return 0, text.Cause(err)
	}
	defer lock.Release()
	for _, name := range []string{checkpointPath, indexPath, settingsPath} {
		atomicfile.RemoveLeft(filepath.Join(dir, name))
	}
	w := newWriter(dir, nil, Checkpoint{Origin: r.current.Origin}, new(tree))
	if old == nil {
		err = r.Verify(ctx)
	} else {
		err = r.continues(ctx, old, w)
	}
	if err != nil {
		return 0, err
	}
	defer w.pack.close()
	start := w.tree.size
	if err := r.appendTo(ctx, w); err != nil {
		return 0, err
	}
	return r.current.Size - start, r.finishCopy(w)
}

// continues checks that the register begins with what a copy has, and opens the copy.
func (r *Register) continues(ctx context.Context, old *Register, w *Writer) (err error) {
	if err := r.Verify(ctx, old.current); err != nil {
		if _, fork := r.Compare(old); fork != nil {
			return fork
		}
		return err
	}
	read := func(path string) ([]byte, error) { return os.ReadFile(filepath.Join(old.dir, path)) }
	if w.tree, err = loadTree(read, old.current.Size, old.current.Root); err != nil {
		return &DamagedError{text.Cause(err)}
	}
	w.committed = old.current
	return w.openFiles()
}

// appendTo appends the entries that a copy lacks.
func (r *Register) appendTo(ctx context.Context, w *Writer) error {
	rows, err := r.index()
	if err != nil {
		return err
	}
	packs := &packReader{dir: r.dir}
	defer packs.close()
	if start := w.tree.size; start < r.current.Size {
		first := rows.row(start)
		if err := packs.seek(start, first.offset); err != nil {
			return err
		}
	}
	for w.tree.size < r.current.Size {
		number := w.tree.size
		l, _, err := packs.read()
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if _, err := w.pack.add(number, l); err != nil {
			return text.Cause(err)
		}
		at := rows.row(number)
		w.rows = at.appendTo(w.rows, number)
		w.tree.add(sum(l.record))
		if len(w.tree.full) >= importBlock/tileWidth {
			if err := writeFiles(w.dir, w.tree.full); err != nil {
				return err
			}
			w.tree.full = nil
		}
	}
	return nil
}

// finishCopy gives a copy the checkpoint of the register.
func (r *Register) finishCopy(w *Writer) error {
	if w.tree.root() != r.current.Root {
		return errors.New("the register has changed while it was copied")
	}
	if err := w.pack.sync(); err != nil {
		return text.Cause(err)
	}
	if err := writeFiles(w.dir, append(w.tree.full, w.tree.partialSince(w.committed.Size)...)); err != nil {
		return err
	}
	if err := w.writeRows(); err != nil {
		return text.Cause(err)
	}
	if err := system.mkdir(filepath.Join(w.dir, "packs")); err != nil {
		return text.Cause(err)
	}
	s := settings{1, r.key}
	err := system.replace(filepath.Join(w.dir, checkpointPath), r.signed, 0o644)
	if err == nil {
		err = system.replace(filepath.Join(w.dir, settingsPath), s.text(), 0o644)
	}
	return text.Cause(err)
}
