//go:build unix

package state_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
)

// What is no regular file is refused, and not waited for; nothing is made beside it.
func TestNoRegularFile(t *testing.T) {
	folder := t.TempDir()
	pipe := filepath.Join(folder, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, "/dev/null", t.TempDir()} {
		if _, err := state.Read(path); err == nil || !strings.HasSuffix(err.Error(), "is not a regular file") {
			t.Errorf("read %s: %v", path, err)
		}
		if _, err := state.Update(path, func(*verify.Memory) error { return nil }); err == nil || !strings.HasSuffix(err.Error(), "is not a regular file") {
			t.Errorf("update %s: %v", path, err)
		}
	}
	if left, _ := os.ReadDir(folder); len(left) != 1 { // not /dev, where others may leave files
		t.Errorf("made in the folder: %v", left)
	}
}

// A state file with two names is refused: only one of them would be updated, and the
// other would keep an old memory.
func TestHardLink(t *testing.T) {
	path, link := filepath.Join(t.TempDir(), "state"), filepath.Join(t.TempDir(), "link")
	if err := errors.Join(state.Create(path, verify.Memory{}), os.Link(path, link)); err != nil {
		t.Fatal(err)
	}
	change := func(m *verify.Memory) error { m.Latest = m.Latest.Add(1); return nil }
	for _, name := range []string{path, link} {
		if m, err := state.Read(name); m != nil || err == nil || !strings.Contains(err.Error(), "has 2 names") {
			t.Errorf("read %s: %v", name, err)
		}
		if _, err := state.Update(name, change); err == nil || !strings.Contains(err.Error(), "has 2 names") {
			t.Errorf("update %s: %v", name, err)
		}
	}
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	if _, err := state.Update(path, change); err != nil {
		t.Errorf("with one name left: %v", err)
	}
}

// A pipe where the lock should be is refused, and not waited for.
func TestPipeAsLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	if err := errors.Join(state.Create(path, verify.Memory{}), syscall.Mkfifo(path+".lock", 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := state.Update(path, func(*verify.Memory) error { return nil }); err == nil || !strings.HasSuffix(err.Error(), ".lock: is not a regular file") {
		t.Errorf("got %v", err)
	}
}

// A state file that is mounted by itself, as a container may do, cannot be updated, and
// the error says what to mount.
func TestMountedAlone(t *testing.T) {
	path, source := filepath.Join(t.TempDir(), "state"), filepath.Join(t.TempDir(), "source")
	if err := errors.Join(state.Create(source, verify.Memory{}), os.WriteFile(path, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "--bind", source, path).CombinedOutput(); err != nil {
		testenv.Missing(t, "no file can be mounted here: "+err.Error()+": "+string(out))
	}
	defer exec.Command("umount", path).Run()
	_, err := state.Update(path, func(m *verify.Memory) error { m.Latest = m.Latest.Add(1); return nil })
	if err == nil || !strings.Contains(err.Error(), "mount its folder instead") {
		t.Errorf("got %v", err)
	}
	if _, err := state.Update(path, func(*verify.Memory) error { return nil }); err != nil {
		t.Errorf("without a change: %v", err)
	}
}

// In a folder that cannot be written, the error says so: a container may mount the file
// alone into one.
func TestReadOnlyFolder(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "tmpfs", dir).CombinedOutput(); err != nil {
		testenv.Missing(t, "no disk can be mounted here: "+err.Error()+": "+string(out))
	}
	defer exec.Command("umount", dir).Run()
	path := filepath.Join(dir, "state")
	if err := state.Create(path, verify.Memory{}); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-o", "remount,ro", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if _, err := state.Update(path, func(*verify.Memory) error { return nil }); err == nil || !strings.HasSuffix(err.Error(), "the folder of the state file must be writable") {
		t.Errorf("got %v", err)
	}
}
