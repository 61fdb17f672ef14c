package atomicfile

import (
	"io/fs"
	"os"
)

// Step is a change of the disk that is about to happen.
type Step struct {
	Op   string // open, write, truncate, sync, close, link, rename or remove
	Path string // of the file or folder
	To   string // the new name, of link and rename
	Data []byte // to be written
}

// Simulate lets a test decide about every change of the disk, until end is called. An error
// takes the place of the change; of a write, the first n bytes are written all the same. It
// is for tests of one goroutine at a time.
func Simulate(decide func(Step) (n int, err error)) (end func()) {
	ask := func(s Step, change func() error) error {
		if _, err := decide(s); err != nil {
			return err
		}
		return change()
	}
	system = disk{
		open: func(name string, flag int, perm fs.FileMode) (f *os.File, err error) {
			if flag&(os.O_CREATE|os.O_TRUNC) == 0 {
				return real.open(name, flag, perm)
			}
			err = ask(Step{Op: "open", Path: name}, func() error { f, err = real.open(name, flag, perm); return err })
			return f, err
		},
		write: func(f *os.File, b []byte) (int, error) {
			if n, err := decide(Step{Op: "write", Path: f.Name(), Data: b}); err != nil {
				n, _ = real.write(f, b[:n])
				return n, err
			}
			return real.write(f, b)
		},
		truncate: func(f *os.File, size int64) error {
			return ask(Step{Op: "truncate", Path: f.Name()}, func() error { return real.truncate(f, size) })
		},
		sync: func(f *os.File) error {
			return ask(Step{Op: "sync", Path: f.Name()}, func() error { return real.sync(f) })
		},
		close: func(f *os.File) error {
			closed := real.close(f)
			return ask(Step{Op: "close", Path: f.Name()}, func() error { return closed })
		},
		link: func(from, to string) error {
			return ask(Step{Op: "link", Path: from, To: to}, func() error { return real.link(from, to) })
		},
		rename: func(from, to string) error {
			return ask(Step{Op: "rename", Path: from, To: to}, func() error { return real.rename(from, to) })
		},
		remove: func(name string) error {
			return ask(Step{Op: "remove", Path: name}, func() error { return real.remove(name) })
		},
	}
	return func() { system = real }
}
