//go:build unix

package filelock

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/licseal/licseal/internal/testenv"
)

// heldFile names the file that this test binary locks, when it is run again as
// another process.
const heldFile = "LICSEAL_TEST_HOLD_LOCK"

func TestMain(m *testing.M) {
	if path := os.Getenv(heldFile); path != "" {
		if _, err := Try(path); err != nil {
			os.Stdout.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Stdout.WriteString("locked\n")
		bufio.NewReader(os.Stdin).ReadByte() // until it is killed
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// hold has another process lock a file, and returns what kills it.
func hold(t *testing.T, path string) (kill func()) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), heldFile+"="+path)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() { cmd.Process.Kill(); stdin.Close(); cmd.Wait() })
	t.Cleanup(kill)
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "locked\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	return kill
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// A lock that another process holds is not given to this one, and is once that
// process was killed, although its file is still there.
func TestOtherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	kill := hold(t, path)
	if _, err := Try(path); !errors.Is(err, ErrHeld) {
		t.Errorf("locked by another process: %v", err)
	}
	expired, cancel := context.WithTimeout(t.Context(), 1)
	defer cancel()
	if _, err := Acquire(expired, path); !errors.Is(err, ErrHeld) {
		t.Errorf("at the end of the time: %v", err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Acquire(canceled, path); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	kill()
	if !exists(path + Suffix) {
		t.Fatal("a killed process has removed its lock; this tests nothing")
	}
	l, err := Try(path)
	if err != nil {
		t.Fatal(err)
	}
	l.Release()
	if exists(path + Suffix) {
		t.Error("the lock was left behind")
	}
}

// All names of a file have one lock, in the folder of the file.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "f"), filepath.Join(t.TempDir(), "link")
	if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Symlink(path, link)); err != nil {
		t.Fatal(err)
	}
	l, err := Try(link)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	if _, err := Try(path); !errors.Is(err, ErrHeld) {
		t.Errorf("by its other name: %v", err)
	}
	if exists(link + Suffix) {
		t.Error("the lock is next to the link")
	}
}

// A file or a lock that is not a regular file is refused without waiting, and is
// left as it is. Nothing is made beside it.
func TestNotRegular(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, err := range []error{
		syscall.Mkfifo(at("pipe"), 0o600), os.Mkdir(at("folder"), 0o700), os.Symlink("/dev/null", at("device")),
		syscall.Mkfifo(at("a"+Suffix), 0o600), os.Mkdir(at("b"+Suffix), 0o700), os.Symlink(at("elsewhere"), at("c"+Suffix)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"pipe", "folder", "device", "a", "b", "c"} {
		l, err := Try(at(name))
		if l != nil || err == nil || !strings.HasSuffix(err.Error(), "is not a regular file") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, path := range []string{at("pipe" + Suffix), at("folder" + Suffix), at("device" + Suffix), at("elsewhere")} {
		if exists(path) {
			t.Errorf("%s was made", path)
		}
	}
	for _, name := range []string{"a", "b", "c"} {
		if !exists(at(name + Suffix)) {
			t.Errorf("the lock of %s was removed", name)
		}
	}
}

// A file that only happens to have the name of a lock is kept.
func TestNotEmpty(t *testing.T) {
	for _, text := range []string{"mine", "m"} {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path+Suffix, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 { // nor does it stay locked
			if l, err := Try(path); l != nil || err == nil || err.Error() != "lock "+path+Suffix+": is not a lock, since it is not empty; move it away" {
				t.Errorf("got %v, %v", l, err)
			}
		}
		if l, err := AcquireShared(t.Context(), path); l != nil || err == nil {
			t.Errorf("shared: %v, %v", l, err)
		}
		if data, err := os.ReadFile(path + Suffix); string(data) != text {
			t.Errorf("it now holds %q, %v", data, err)
		}
	}
}

// Who waits gets the lock as soon as it is released, and one who may not wait is told.
func TestWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for name, acquire := range map[string]func(context.Context, string) (*Lock, error){"alone": Acquire, "shared": AcquireShared} {
		held, err := Acquire(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Try(path); err != ErrHeld {
			t.Errorf("%s: %v", name, err)
		}
		got := make(chan *Lock)
		go func() {
			l, err := acquire(t.Context(), path)
			if err != nil {
				t.Error(err)
			}
			got <- l
		}()
		select {
		case <-got:
			t.Fatalf("%s: two have the lock", name)
		case <-time.After(50 * time.Millisecond):
		}
		held.Release()
		if l := <-got; l != nil {
			l.Release()
		}
		if exists(path + Suffix) {
			t.Errorf("%s: the lock was left behind", name)
		}
	}
}

// A lock that was removed, or is another file by now, is no lock any more.
func TestRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for name, change := range map[string]func() error{
		"removed":  func() error { return os.Remove(path + Suffix) },
		"replaced": func() error { return errors.Join(os.Remove(path+Suffix), os.WriteFile(path+Suffix, nil, 0o600)) },
	} {
		l, err := Try(path)
		if err != nil {
			t.Fatal(err)
		}
		if isThere, err := check(l.file); !isThere || err != nil {
			t.Errorf("held: %t, %v", isThere, err)
		}
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if isThere, err := check(l.file); isThere || err != nil {
			t.Errorf("%s: %t, %v", name, isThere, err)
		}
		l.Release()
	}
}

// Whatever becomes of a lock, no file stays open.
func TestNoFileStaysOpen(t *testing.T) {
	open := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			testenv.Missing(t, "this system does not tell which files are open: "+err.Error())
		}
		return len(entries)
	}
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(at("b"+Suffix), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := open()
	for range 20 {
		held, err := Try(at("a"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{at("a"), at("b"), at("no/c")} {
			if _, err := Try(path); err == nil {
				t.Errorf("%s was locked", path)
			}
		}
		held.Release()
		one, err := AcquireShared(t.Context(), at("a"))
		two, err2 := AcquireShared(t.Context(), at("a"))
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		one.Release()
		two.Release()
	}
	if after := open(); after > before+10 { // other tests may have some
		t.Errorf("%d files are open, %d before", after, before)
	}
}

func TestNoFolder(t *testing.T) {
	if _, err := Try(filepath.Join(t.TempDir(), "no", "f")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("in a missing folder: %v", err)
	}
}

// Where there are no locks, that is said, whatever the system calls it.
func TestUnsupported(t *testing.T) {
	for _, system := range []error{syscall.ENOLCK, syscall.EOPNOTSUPP, syscall.ENOSYS} {
		for _, err := range []error{system, &os.PathError{Op: "flock", Path: "f.lock", Err: system}} {
			err := explain("f.lock", err)
			if want := fmt.Sprintf("f.lock: the file system does not support file locks (%v): %v", system, errors.ErrUnsupported); !errors.Is(err, errors.ErrUnsupported) || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	}
	if err := explain("f.lock", syscall.EACCES); err != syscall.EACCES {
		t.Errorf("got %v", err)
	}
}

// Many that count in one file lose nothing of each other, although the lock is
// removed each time that it is released.
func TestConcurrent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	const goroutines, rounds = 8, 50
	var all sync.WaitGroup
	for range goroutines {
		all.Go(func() {
			for range rounds {
				l, err := Acquire(t.Context(), path)
				if err != nil {
					t.Error(err)
					return
				}
				data, _ := os.ReadFile(path)
				os.WriteFile(path, append(data, '.'), 0o600)
				l.Release()
			}
		})
	}
	all.Wait()
	if data, err := os.ReadFile(path); err != nil || len(data) != goroutines*rounds {
		t.Errorf("%d changes are there, want %d (%v)", len(data), goroutines*rounds, err)
	}
}

// Several share a lock, and nobody has it alone meanwhile. The last removes it.
func TestShared(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	var locks []*Lock
	for range 3 {
		l, err := AcquireShared(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		locks = append(locks, l)
	}
	for _, l := range locks {
		if _, err := Try(path); !errors.Is(err, ErrHeld) {
			t.Errorf("while others share it: %v", err)
		}
		l.Release()
	}
	if exists(path + Suffix) {
		t.Error("the lock was left behind")
	}
	alone, err := Try(path)
	if err != nil {
		t.Fatal(err)
	}
	defer alone.Release()
	expired, cancel := context.WithTimeout(t.Context(), 1)
	defer cancel()
	if _, err := AcquireShared(expired, path); !errors.Is(err, ErrHeld) {
		t.Errorf("while another has it alone: %v", err)
	}
}

// Of many that share a lock and others that want it alone, none meets the wrong kind.
func TestSharedConcurrent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	var all sync.WaitGroup
	var gate sync.RWMutex
	for i := range 8 {
		all.Go(func() {
			for range 40 {
				acquire, enter, leave := AcquireShared, gate.TryRLock, gate.RUnlock
				if i%4 == 0 {
					acquire, enter, leave = Acquire, gate.TryLock, gate.Unlock
				}
				l, err := acquire(t.Context(), path)
				if err != nil {
					t.Error(err)
					return
				}
				if !enter() {
					t.Error("somebody else has the lock in another way")
				} else {
					leave()
				}
				l.Release()
			}
		})
	}
	all.Wait()
}
