package main

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
)

// memory is what this server remembers of the time, the revocation list and the chain of
// trust: in a state file, or until it ends.
type memory struct {
	path string // "" for no file

	mu    sync.Mutex
	inRAM verify.Memory
	file  os.FileInfo // of the state file when known was read from it
	known int64       // the newest generation of the chain of trust
}

// open remembers the time, and refuses a memory that follows a chain of trust if the
// trusted keys do not come from one.
func (m *memory) open(chain bool) error {
	return m.update(func(m *verify.Memory) error {
		if !chain {
			if err := m.Follow(nil); err != nil {
				return err
			}
		}
		return m.Observe(time.Now(), nil, 0)
	})
}

// Remember implements the Remember of entitle.Options.
func (m *memory) Remember(change func(*verify.Memory) error) (*verify.Memory, error) {
	if m.path != "" {
		now, err := state.Update(m.path, change)
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("%w; 'licseal state new %s' creates it", err, m.path)
		}
		return now, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.inRAM
	if err := change(&now); err != nil {
		return nil, err
	}
	m.inRAM = now
	return &now, nil
}

func (m *memory) update(change func(*verify.Memory) error) error {
	_, err := m.Remember(change)
	return err
}

// generation returns the newest generation of the chain of trust that is remembered, zero
// if there is none. Another process may have followed the chain further. The file is not
// read unless it has changed, because a state may be large.
func (m *memory) generation() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.path == "" {
		return int64(len(m.inRAM.Trust.Digests))
	}
	info, err := os.Stat(m.path)
	if err != nil {
		return 0 // the next update says so
	}
	if m.file != nil && os.SameFile(info, m.file) && info.ModTime().Equal(m.file.ModTime()) && info.Size() == m.file.Size() {
		return m.known
	}
	now, err := state.Read(m.path)
	if err != nil {
		return 0
	}
	m.file, m.known = info, int64(len(now.Trust.Digests))
	return m.known
}

// floor remembers the time, and returns the latest instant that is known to have passed:
// zero without a file.
func (m *memory) floor() time.Time {
	if m.path == "" {
		return time.Time{}
	}
	now, err := m.Remember(func(m *verify.Memory) error { return m.Observe(time.Now(), nil, 0) })
	if err != nil {
		return time.Time{} // what is remembered next says so
	}
	return now.Floor()
}
