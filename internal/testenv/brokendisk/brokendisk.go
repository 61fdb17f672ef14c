// Package brokendisk lets tests see what is left of files when a change of the disk goes
// wrong.
package brokendisk

import (
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/licseal/licseal/internal/atomicfile"
)

// The ways in which a change goes wrong.
const (
	Error      = "error"       // it does not happen
	ShortWrite = "short write" // half of it happens
	SyncLost   = "fsync lost"  // what was written since is gone
	Crash      = "crash"       // it does not happen, and nothing after it
	TornWrite  = "torn write"  // half of it happens, and nothing after it
	PowerLost  = "power lost"  // nothing happens after it, and what was not synced is gone
)

// Kinds are all of these.
var Kinds = []string{Error, ShortWrite, SyncLost, Crash, TornWrite, PowerLost}

// Disk is a disk on which one change goes wrong.
type Disk struct {
	Kind string // how
	At   int    // the number of that change, from 1; 0: none

	Changes int    // how many there were
	What    string // went wrong; "" if nothing did
	Dead    bool   // so nothing happened after it

	mu       sync.Mutex
	unsynced map[string]bool // files whose data is not on the disk for sure
}

// While calls f, whose files are on the disk.
func (d *Disk) While(f func()) {
	d.unsynced = make(map[string]bool)
	end := atomicfile.Simulate(d.decide)
	f()
	end()
	if d.Dead && d.Kind == PowerLost {
		for path, isLost := range d.unsynced {
			if isLost {
				_ = os.Truncate(path, 0)
			}
		}
	}
}

func (d *Disk) decide(s atomicfile.Step) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.Dead {
		return 0, syscall.EIO
	}
	d.Changes++
	if d.Changes != d.At || !d.concerns(s.Op) {
		d.note(s)
		return 0, nil
	}
	d.What = fmt.Sprintf("%s: %s %s %s", d.Kind, s.Op, s.Path, s.To)
	d.Dead = d.Kind == Crash || d.Kind == TornWrite || d.Kind == PowerLost
	switch d.Kind {
	case ShortWrite, TornWrite:
		return len(s.Data) / 2, syscall.ENOSPC
	case SyncLost:
		_ = os.Truncate(s.Path, 0) // fails for folders
	}
	return 0, syscall.EIO
}

func (d *Disk) concerns(op string) bool {
	switch d.Kind {
	case ShortWrite, TornWrite:
		return op == "write"
	case SyncLost:
		return op == "sync"
	}
	return true
}

// note notes whose data is not on the disk.
func (d *Disk) note(s atomicfile.Step) {
	switch s.Op {
	case "write", "truncate":
		d.unsynced[s.Path] = true
	case "sync", "remove":
		delete(d.unsynced, s.Path)
	case "link":
		d.unsynced[s.To] = d.unsynced[s.Path]
	case "rename":
		d.unsynced[s.To] = d.unsynced[s.Path]
		delete(d.unsynced, s.Path)
	}
}
