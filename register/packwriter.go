package register

import (
	"errors"
	"os"
	"path/filepath"
)

// packBuffer is how many bytes of a pack are written at a time.
const packBuffer = 256 << 10

// packWriter appends lines to packs.
type packWriter struct {
	dir    string
	file   *os.File // nil until a line is written
	buf    []byte
	end    int64 // of the file and the buffer
	synced int64 // what is safe of the file

}

// open opens the pack to which the next entry belongs, and removes what follows the
// committed lines.
func (p *packWriter) open(next, end int64) error {
	name := filepath.Join(p.dir, packPath(next))
	if end == 0 {
		return system.remove(name) // nil if there is none
	}
	file, err := system.open(name, os.O_RDWR)
	if err != nil {
		return err
	}
	p.file, p.end, p.synced = file, end, end
	info, err := file.Stat()
	if err == nil && info.Size() < end {
		err = errors.New("lines are missing at its end")
	}
	if err == nil && info.Size() > end {
		err = system.truncate(file, end)
	}
	if err != nil {
		file.Close()
	}
	return err
}

// add appends the line of an entry, and returns its offset.
func (p *packWriter) add(entry int64, l line) (offset int64, err error) {
	if p.file == nil || entry%packSize == 0 {
		if err := p.begin(filepath.Join(p.dir, packPath(entry))); err != nil {
			return 0, err
		}
	}
	offset = p.end
	p.buf = append(append(append(append(p.buf, l.record...), '\t'), l.license...), '\n')
	p.end += l.size()
	if len(p.buf) >= packBuffer {
		return offset, p.flush()
	}
	return offset, nil
}

// begin begins a pack.
func (p *packWriter) begin(name string) error {
	if p.file != nil {
		if err := p.sync(); err != nil {
			return err
		}
		if err := p.file.Close(); err != nil {
			return err
		}
	}
	if err := system.mkdir(filepath.Dir(name)); err != nil {
		return err
	}
	file, err := system.open(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	p.file, p.end, p.synced = file, 0, 0
	system.syncDir(filepath.Dir(name))
	return nil
}

func (p *packWriter) flush() error {
	if len(p.buf) == 0 {
		return nil
	}
	err := system.writeAt(p.file, p.buf, p.end-int64(len(p.buf)))
	p.buf = p.buf[:0]
	return err
}

// sync makes all lines safe on the disk.
func (p *packWriter) sync() error {
	if p.file == nil {
		return nil
	}
	if err := p.flush(); err != nil {
		return err
	}
	if p.synced == p.end {
		return nil
	}
	if err := system.sync(p.file); err != nil {
		return err
	}
	p.synced = p.end
	return nil
}

// close closes the pack. The lines that are not committed are left to the next writer,
// which removes them.
func (p *packWriter) close() error {
	if p.file == nil {
		return nil
	}
	return p.file.Close()
}
