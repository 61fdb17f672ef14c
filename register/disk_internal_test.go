package register

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
)

// The ways in which a disk breaks. After a crash nothing more is written; with the power,
// what was not synced is lost, too.
var breaks = []string{"error", "short write", "crash", "torn write", "power lost", "sync lost"}

// brokenDisk breaks at a change of the disk.
type brokenDisk struct {
	how string
	at  int // the number of the change, from 1

	mu      sync.Mutex
	changes int
	what    string // broke
	dead    bool   // nothing is written any more

	lost    map[string][]byte // what files had when they were last synced; nil: they were not there
	lies    bool              // a sync has not happened, and nobody knows
	unnamed map[string]bool   // files and folders whose names are not on the disk yet
	again   []string          // tiles that were written again
}

var errBroken = errors.New("the disk is broken")

// change counts a change, and returns an error in its place, if it is the one. half is
// whether half of it happens.
func (d *brokenDisk) change(op, name string) (half bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead {
		return false, errBroken
	}
	d.changes++
	writes, syncs := op == "write", strings.HasPrefix(op, "sync")
	if d.changes != d.at || !writes && (d.how == "short write" || d.how == "torn write") || !syncs && d.how == "sync lost" {
		return false, nil
	}
	d.what = fmt.Sprintf("%s at change %d, %s %s", d.how, d.at, op, filepath.Base(name))
	switch d.how {
	case "crash", "torn write", "power lost":
		d.dead = true
	case "sync lost":
		d.lies = true
		return false, nil
	}
	return writes && strings.HasSuffix(d.how, " write"), errBroken
}

// keep remembers what a file has before it is changed without a sync.
func (d *brokenDisk) keep(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, known := d.lost[name]; !known {
		d.lost[name], _ = os.ReadFile(name)
	}
}

// synced forgets what a file had, unless the disk lies.
func (d *brokenDisk) synced(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lies {
		d.lies = false
		d.how = "power lost" // sooner or later
		return
	}
	if name == "" {
		clear(d.lost)
		clear(d.unnamed)
	}
	delete(d.lost, name)
}

// named makes the names in a folder survive.
func (d *brokenDisk) named(dir string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name := range d.unnamed {
		if filepath.Dir(name) == dir {
			delete(d.unnamed, name)
		}
	}
}

// end is the end of the power, if it is lost.
func (d *brokenDisk) end() {
	if d.how != "power lost" || d.what == "" {
		return
	}
	for name, data := range d.lost {
		if _, err := os.Stat(name); err != nil {
			continue
		}
		if data == nil {
			os.Truncate(name, 0)
		} else {
			os.WriteFile(name, data, 0o644)
		}
	}
	for name := range d.unnamed {
		os.RemoveAll(name)
	}
}

// disk returns the operations.
func (d *brokenDisk) disk() disk {
	replace := func(real func(string, []byte, fs.FileMode) error) func(string, []byte, fs.FileMode) error {
		return func(name string, data []byte, perm fs.FileMode) error {
			if _, err := d.change("replace", name); err != nil {
				return err
			}
			err := real(name, data, perm)
			if _, broken := d.change("replaced", name); broken != nil {
				return broken // after it has happened
			}
			d.mu.Lock()
			delete(d.lost, name)
			d.mu.Unlock()
			d.named(filepath.Dir(name))
			return err
		}
	}
	return disk{
		chmod: realDisk.chmod,
		mkdir: func(dir string) error {
			if _, err := d.change("mkdir", dir); err != nil {
				return err
			}
			d.mu.Lock()
			for up := dir; ; up = filepath.Dir(up) {
				if _, err := os.Stat(up); err == nil {
					break
				}
				d.unnamed[up] = true
			}
			d.mu.Unlock()
			return realDisk.mkdir(dir)
		},
		open: func(name string, flag int) (*os.File, error) {
			if flag&(os.O_CREATE|os.O_TRUNC) == 0 {
				return realDisk.open(name, flag)
			}
			if _, err := d.change("open", name); err != nil {
				return nil, err
			}
			d.keep(name)
			_, err := os.Stat(name)
			d.mu.Lock()
			switch {
			case err != nil:
				d.unnamed[name] = true
			case strings.Contains(name, "tile"):
				d.again = append(d.again, name)
			}
			d.mu.Unlock()
			return realDisk.open(name, flag)
		},
		writeAt: func(f *os.File, data []byte, offset int64) error {
			half, err := d.change("write", f.Name())
			if half {
				d.keep(f.Name())
				f.WriteAt(data[:len(data)/2], offset)
			}
			if err != nil {
				return err
			}
			d.keep(f.Name())
			return realDisk.writeAt(f, data, offset)
		},
		truncate: func(f *os.File, size int64) error {
			if _, err := d.change("truncate", f.Name()); err != nil {
				return err
			}
			d.keep(f.Name())
			return realDisk.truncate(f, size)
		},
		sync: func(f *os.File) error {
			if _, err := d.change("sync", f.Name()); err != nil {
				return err
			}
			d.synced(f.Name())
			return nil
		},
		syncDir: func(dir string) {
			if _, err := d.change("folder", dir); err == nil {
				d.named(dir)
			}
		},
		syncAll: func(dir string) (bool, error) {
			if _, err := d.change("sync all", dir); err != nil {
				return true, err
			}
			d.synced("")
			return true, nil
		},
		remove: func(name string) error {
			if _, err := d.change("remove", name); err != nil {
				return err
			}
			return realDisk.remove(name)
		},
		create: replace(realDisk.create), replace: replace(realDisk.replace),
	}
}

// fill appends entries, in several commits, and returns the size after the last commit that
// did not fail, and whether it got to the end.
func fill(dir string, commits ...int) (safe int64, err error) {
	w, err := OpenWriter(context.Background(), dir, nil)
	if err != nil {
		return 0, err
	}
	defer w.Close()
	safe = w.Len()
	for _, n := range commits {
		for range n {
			if err := w.Mark(Mark{Kind: Revoked, ID: fmt.Sprintf("id %d", w.Len())}); err != nil {
				return safe, err
			}
		}
		if err := w.Commit(); err != nil {
			return safe, err
		}
		safe = w.Len()
	}
	return safe, nil
}

// Whatever breaks at any step of appending, the register is the old one or a new one, has
// all that was committed, and can be appended to. If the disk lies about a sync, that is
// found out.
func TestBrokenDisk(t *testing.T) {

	defer func() { system = realDisk }()
	start := filepath.Join(testenv.QuickDir(t), "start")
	if _, err := Create(start); err != nil {
		t.Fatal(err)
	}
	if _, err := fill(start, 250); err != nil {
		t.Fatal(err)
	}
	runs, lied := 0, 0
	step := 5
	if testing.Short() {
		step = 11
	}
	step = testenv.Rounds(step, 1)
	for i, how := range breaks {
		for at := 1 + i%step; ; at += step {
			dir := filepath.Join(testenv.QuickDir(t), "register")
			if err := os.CopyFS(dir, os.DirFS(start)); err != nil {
				t.Fatal(err)
			}
			d := &brokenDisk{how: how, at: at, lost: map[string][]byte{}, unnamed: map[string]bool{}}
			system = d.disk()
			safe, err := fill(dir, 10, 3, 1030) // a full tile; a few files; many
			system = realDisk
			d.end()
			if d.what == "" && d.changes < at {
				if err != nil {
					t.Fatalf("%s: nothing broke: %v", how, err)
				}
				if len(d.again) > 0 {
					t.Fatalf("tiles that were committed are written again: %q", d.again)
				}
				break
			}
			runs++
			if how == "sync lost" && d.what != "" {
				if lies(t, dir, d.what) {
					lied++
				}
				continue
			}
			checkAfter(t, dir, d.what, safe)
		}
	}
	t.Logf("broke %d times; %d syncs were lost", runs, lied)
}

// checkAfter checks a register after the disk broke.
func checkAfter(t *testing.T, dir, what string, safe int64) {
	t.Helper()
	sizes := map[int64]bool{250: true, 260: true, 263: true, 1293: true}
	r, err := Open(dir)
	if err == nil {
		err = r.Verify(context.Background())
	}
	var index *FileError
	if errors.As(err, &index) && index.File == indexPath {
		err = nil // it is derived
	}
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	if n := r.Len(); !sizes[n] || n < safe {
		t.Errorf("%s: %d entries, and %d were committed", what, n, safe)
	}
	before := r.Checkpoint()
	if _, err := fill(dir, 3); err != nil {
		t.Errorf("%s: it cannot be appended to: %v", what, err)
		return
	}
	if r, err = Open(dir); err == nil {
		err = r.Verify(context.Background(), before)
	}
	if err != nil || r.Len() != before.Size+3 {
		t.Errorf("%s: after the next writer: %v", what, err)
	}
}

// lies reports whether a lost sync has cost something. Then that is found.
func lies(t *testing.T, dir, what string) bool {
	t.Helper()
	r, err := Open(dir)
	if err == nil {
		err = r.Verify(context.Background())
	}
	if err == nil && r.Len() != 1293 {
		t.Errorf("%s: %d entries, and nobody would notice", what, r.Len())
	}
	return err != nil
}
