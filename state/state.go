// Package state keeps in a file what a verifier must remember from one run to the
// next: the latest instant it has seen, the newest revocation list, and the chain of trust
// that it follows.
//
// The file is text that people can read, with a checksum in its last line. At every
// moment, and after any crash, it is whole; several processes may use one file at
// once. A file that is damaged is an error and never a fresh start, and so is one
// that is not there: [Create] makes it, once, when a verifier is installed. Who can
// write the file can change what it says: the checksum finds accidents, and is no
// protection from the owner of the machine.
package state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/filelock"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

const (
	// maxBytes is room for all keys that a revocation list may have.
	maxBytes = 4 << 20

	heading = "licseal state, version 1"
)

// DamagedError says that a file is not a whole state file.
type DamagedError struct {
	Detail string
}

func (e *DamagedError) Error() string { return "the state file is damaged: " + e.Detail }

// Create makes a state file. If there is anything of that name, it is left as it
// is, and the error is fs.ErrExist.
func Create(path string, m verify.Memory) error {
	return atomicfile.Create(path, format(m), 0o644)
}

// Read reads a state file. The error is a [*DamagedError], or one of package os:
// fs.ErrNotExist if there is no file. A file that is not a regular one, or that has
// several hard links, is an error.
func Read(path string) (*verify.Memory, error) {
	if err := checkRegular(path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := checkLinks(f); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return nil, err
	}
	m, err := parse(data)
	if err != nil {
		return nil, &DamagedError{err.Error()}
	}
	return m, nil
}

// Update reads a state file, changes what it says, and writes it, while no other
// process does. It returns what the file says now. If change returns an error, the
// file is left as it was, and that is the error.
//
// While it does so, there is an empty file next to it whose name ends in .lock. One
// that a killed process has left behind locks nothing.
func Update(path string, change func(*verify.Memory) error) (*verify.Memory, error) {
	lock, err := filelock.Acquire(context.Background(), path)
	if errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("%w: the folder of the state file must be writable", err)
	}
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	m, err := Read(path)
	if err != nil {
		return nil, err
	}
	before := format(*m)
	if err := change(m); err != nil {
		return nil, err
	}
	after := format(*m)
	if bytes.Equal(before, after) {
		return m, nil
	}
	if err := atomicfile.Replace(path, after, 0o644); err != nil {
		return nil, err
	}
	return m, nil
}

// Observe records in a state file what a verifier with these options sees: the time of
// its clock, its revocation list if it has one, and the chain from which its trusted keys
// come, or nil. It returns what the file says now; the Floor of that belongs into
// [verify.Options]. The file is left as it was if an error is returned: a
// [*revoke.Error] for a list that must not replace the newest one seen, a
// [*trust.Error] for keys that must not replace the chain seen, or an error of [Read].
//
// A list that was issued later than the clock says is not recorded, and neither is the
// clock, because one of the two is wrong. It is no error here: a [verify.Verifier]
// reports it for each licence that is not revoked.
//
// With Options.At, which is not the time of a clock, the file is read and the list and
// the chain are compared with it, but nothing is recorded.
func Observe(path string, o *verify.Options, chain *trust.Chain) (*verify.Memory, error) {
	observe := func(m *verify.Memory) error {
		if err := m.Follow(chain); err != nil {
			return err
		}
		err := m.Observe(clockOf(o), o.Revocations, o.MaxClockSkew)
		if errors.As(err, new(*verify.ClockError)) {
			return nil
		}
		return err
	}
	if o.At.IsZero() {
		return Update(path, observe)
	}
	m, err := Read(path)
	if err != nil {
		return nil, err
	}
	compared := *m
	if err := observe(&compared); err != nil {
		return nil, err
	}
	return m, nil
}

// clockOf returns what the clock of a verifier says.
func clockOf(o *verify.Options) time.Time {
	if o.Clock != nil {
		return o.Clock()
	}
	return time.Now()
}

// Reset sets the latest time seen to now, after a clock that was ahead, but never to before
// the issue of the newest revocation list. It returns the time that was recorded before,
// and what the file says now.
func Reset(path string, now time.Time) (before time.Time, m *verify.Memory, err error) {
	m, err = Update(path, func(m *verify.Memory) error {
		before, m.Latest = m.Latest, now
		m.Latest = m.Floor()
		return nil
	})
	return before, m, err
}

// checkLinks refuses a file with several hard links. Update replaces one of its names,
// and the others would keep an old memory.
func checkLinks(f *os.File) error {
	info, err := f.Stat()
	if err == nil && links(info) > 1 {
		err = &fs.PathError{Op: "open", Path: f.Name(), Err: fmt.Errorf("has %d names (hard links), which would not change together: remove the others, or copy the file", links(info))}
	}
	return err
}

// checkRegular refuses what keeps nothing: a folder, a device, and a pipe, whose
// opening would wait for somebody to write.
func checkRegular(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: errors.New("is not a regular file")}
	}
	return err
}
