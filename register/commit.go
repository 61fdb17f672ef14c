package register

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/licseal/licseal/internal/text"
)

// Commit makes all entries that were added safe on the disk, in an order in which a crash
// loses none that Commit has returned for: packs, tiles, and when these are on the disk,
// the checkpoint. After an error, nothing more can be added.
func (w *Writer) Commit() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.commit()
}

func (w *Writer) commit() error {
	if w.err != nil || w.tree.size == w.committed.Size && w.committed.Size > 0 {
		return w.err
	}
	if err := w.writeAll(); err != nil {
		w.err = fmt.Errorf("writing to the register: %w", err)
	}
	return w.err
}

func (w *Writer) writeAll() error {
	if err := w.pack.sync(); err != nil {
		return text.Cause(err)
	}
	full := w.tree.full
	if err := writeFiles(w.dir, append(full, w.tree.partialSince(w.committed.Size)...)); err != nil {
		return err
	}
	if err := w.writeRows(); err != nil {
		return text.Cause(err)
	}
	next := Checkpoint{w.committed.Origin, w.tree.size, w.tree.root()}
	signed, err := next.sign(w.signer)
	if err != nil {
		return err
	}
	if err := system.replace(filepath.Join(w.dir, checkpointPath), signed, 0o644); err != nil {
		return text.Cause(err)
	}
	w.committed, w.rows, w.tree.full = next, w.rows[:0], nil
	removePartials(w.dir, full)
	return nil
}

// writeRows writes the rows of the new entries to the index. It does not wait until they
// are on the disk, since they can be derived again.
func (w *Writer) writeRows() error {
	file, err := system.open(filepath.Join(w.dir, indexPath), os.O_WRONLY|os.O_CREATE)
	if err != nil {
		return err
	}
	err = system.writeAt(file, w.rows, w.committed.Size*rowSize)
	return errors.Join(err, file.Close())
}

// syncers is how many files are synced at the same time: a disk does several for the
// price of one.
const syncers = 8

// writeFiles writes files of the log, and returns when they are on the disk. A file may
// exist already: an interrupted writer has left it.
func writeFiles(dir string, files []file) error {
	folders := map[string]bool{}
	for _, f := range files {
		folder := path.Dir(f.path)
		if !folders[folder] {
			if err := system.mkdir(filepath.Join(dir, folder)); err != nil {
				return text.Cause(err)
			}
		}
		for ; folder != "." && !folders[folder]; folder = path.Dir(folder) {
			folders[folder] = true
		}
	}
	if len(files) >= manyFiles {
		for _, f := range files {
			if err := system.writeFile(filepath.Join(dir, f.path), f.data, false); err != nil {
				return fmt.Errorf("%s: %w", f.path, text.Cause(err))
			}
		}
		if ok, err := system.syncAll(dir); ok || err != nil {
			return err
		}
	}
	if err := writeEach(dir, files); err != nil {
		return err
	}
	for folder := range folders {
		system.syncDir(filepath.Join(dir, folder))
	}
	return nil
}

// writeEach writes files and syncs each.
func writeEach(dir string, files []file) error {
	jobs, errs := make(chan file), make(chan error, syncers)
	var all sync.WaitGroup
	for range syncers {
		all.Go(func() {
			var failed error
			for f := range jobs {
				if err := system.writeFile(filepath.Join(dir, f.path), f.data, true); err != nil {
					failed = fmt.Errorf("%s: %w", f.path, text.Cause(err))
				}
			}
			errs <- failed
		})
	}
	for _, f := range files {
		jobs <- f
	}
	close(jobs)
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// removePartials removes the incomplete versions of tiles that are full now. It does not
// matter if some are left.
func removePartials(dir string, full []file) {
	for _, f := range full {
		if strings.HasPrefix(f.path, "tile/") {
			_ = system.remove(filepath.Join(dir, f.path) + partialEnding)
		}
	}
}
