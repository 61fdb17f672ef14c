//go:build unix

package atomicfile_test

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/testenv"
)

// tree is what a folder holds: permissions and content by name, or the target of a link.
type tree map[string]string

func readTree(t *testing.T, dir string) tree {
	t.Helper()
	found := tree{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, _ := os.Readlink(path)
			found[entry.Name()] = "-> " + target
		case info.IsDir():
			found[entry.Name()] = "folder"
		default:
			data, _ := os.ReadFile(path)
			found[entry.Name()] = info.Mode().Perm().String() + " " + string(data)
		}
	}
	return found
}

func TestCreateAndReplace(t *testing.T) {
	umask := syscall.Umask(0o022)
	defer syscall.Umask(umask)

	none := func(string) error { return nil }
	file := func(perm fs.FileMode) func(string) error {
		return func(dir string) error {
			path := filepath.Join(dir, "f")
			if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
				return err
			}
			return os.Chmod(path, perm)
		}
	}
	folder := func(dir string) error { return os.Mkdir(filepath.Join(dir, "f"), 0o755) }
	link := func(target string, exists bool) func(string) error {
		return func(dir string) error {
			if exists {
				if err := os.WriteFile(filepath.Join(dir, target), []byte("old"), 0o640); err != nil {
					return err
				}
			}
			return os.Symlink(target, filepath.Join(dir, "f"))
		}
	}
	isDir := errors.New("is a directory") // an error of its own: compared by text

	tests := []struct {
		name    string
		write   func(string, []byte, fs.FileMode) error
		before  func(dir string) error
		path    string
		perm    fs.FileMode
		wantErr error
		want    tree
	}{
		{"create", atomicfile.Create, none, "f", 0o644, nil, tree{"f": "-rw-r--r-- new"}},
		{"create a secret", atomicfile.Create, none, "f", 0o600, nil, tree{"f": "-rw------- new"}},
		{"create under the umask", atomicfile.Create, none, "f", 0o666, nil, tree{"f": "-rw-r--r-- new"}},
		{"create keeps a file", atomicfile.Create, file(0o600), "f", 0o644, fs.ErrExist, tree{"f": "-rw------- old"}},
		{"create keeps a read-only file", atomicfile.Create, file(0o400), "f", 0o644, fs.ErrExist, tree{"f": "-r-------- old"}},
		{"create keeps a folder", atomicfile.Create, folder, "f", 0o644, fs.ErrExist, tree{"f": "folder"}},
		{"create keeps a link", atomicfile.Create, link("target", true), "f", 0o644, fs.ErrExist, tree{"f": "-> target", "target": "-rw-r----- old"}},
		{"create keeps a link to nowhere", atomicfile.Create, link("nowhere", false), "f", 0o644, fs.ErrExist, tree{"f": "-> nowhere"}},
		{"create in no folder", atomicfile.Create, none, "no/f", 0o644, fs.ErrNotExist, tree{}},
		{"create in a file", atomicfile.Create, file(0o600), "f/g", 0o644, syscall.ENOTDIR, tree{"f": "-rw------- old"}},

		{"replace", atomicfile.Replace, file(0o640), "f", 0o644, nil, tree{"f": "-rw-r----- new"}},
		{"replace keeps what the umask forbids", atomicfile.Replace, file(0o666), "f", 0o600, nil, tree{"f": "-rw-rw-rw- new"}},
		{"replace a read-only file", atomicfile.Replace, file(0o400), "f", 0o644, nil, tree{"f": "-r-------- new"}},
		{"replace nothing", atomicfile.Replace, none, "f", 0o666, nil, tree{"f": "-rw-r--r-- new"}},
		{"replace follows a link", atomicfile.Replace, link("target", true), "f", 0o644, nil, tree{"f": "-> target", "target": "-rw-r----- new"}},
		{"replace a link to nowhere", atomicfile.Replace, link("nowhere", false), "f", 0o644, nil, tree{"f": "-rw-r--r-- new"}},
		{"replace a folder", atomicfile.Replace, folder, "f", 0o644, isDir, tree{"f": "folder"}},
		{"replace in no folder", atomicfile.Replace, none, "no/f", 0o644, fs.ErrNotExist, tree{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := test.before(dir); err != nil {
				t.Fatal(err)
			}
			err := test.write(filepath.Join(dir, test.path), []byte("new"), test.perm)
			switch {
			case test.wantErr == isDir:
				if err == nil || !strings.HasSuffix(err.Error(), isDir.Error()) {
					t.Errorf("got the error %v, want one that ends in %v", err, isDir)
				}
			case !errors.Is(err, test.wantErr):
				t.Errorf("got the error %v, want %v", err, test.wantErr)
			}
			if diff := cmp.Diff(test.want, readTree(t, dir)); diff != "" {
				t.Errorf("the folder (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLostRace shows that Create keeps a file that came up after it had looked:
// of many that create the same name, exactly one has done so.
func TestLostRace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	const writers = 16
	results := make(chan string, writers)
	for i := range writers {
		go func() {
			text := strings.Repeat(string(rune('a'+i)), 1000)
			if atomicfile.Create(path, []byte(text), 0o644) != nil {
				text = ""
			}
			results <- text
		}()
	}
	var winners []string
	for range writers {
		if text := <-results; text != "" {
			winners = append(winners, text)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{string(data)}, winners); diff != "" {
		t.Errorf("who created the file (-its content +who said so):\n%s", diff)
	}
}

// TestReplaceKeepsOwner shows that what root replaces stays the owner's.
func TestReplaceKeepsOwner(t *testing.T) {
	if os.Getuid() != 0 {
		testenv.Missing(t, "only root gives files away")
	}
	path := filepath.Join(t.TempDir(), "f")
	if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chown(path, 1234, 2345)); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Replace(path, []byte("new"), 0o644); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if stat := info.Sys().(*syscall.Stat_t); stat.Uid != 1234 || stat.Gid != 2345 || info.Mode() != 0o600 {
		t.Errorf("owner %d, group %d, %v", stat.Uid, stat.Gid, info.Mode())
	}
}

// groupOnly names the file that the test binary replaces when it is run as another user.
const groupOnly = "LICSEAL_TEST_REPLACE_AS_OTHER"

// Who may not give a file away, but is a member of its group, keeps the group.
func TestReplaceKeepsGroup(t *testing.T) {
	if os.Getuid() != 0 {
		testenv.Missing(t, "only root becomes somebody else")
	}
	dir, err := os.MkdirTemp("/tmp", "licseal") // others may not enter the folder of a test
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path, program := filepath.Join(dir, "f"), filepath.Join(dir, "program")
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	testenv.WriteFile(t, program, testenv.ReadFile(t, own))
	testenv.WriteFile(t, path, "old")
	if err := errors.Join(os.Chmod(program, 0o755), os.Chown(path, 0, 2345), os.Chmod(path, 0o660), os.Chown(dir, 1234, 1234), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), groupOnly+"="+path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 1234, Gid: 1234, Groups: []uint32{2345}}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if stat := info.Sys().(*syscall.Stat_t); stat.Uid != 1234 || stat.Gid != 2345 || info.Mode() != 0o660 {
		t.Errorf("owner %d, group %d, %v", stat.Uid, stat.Gid, info.Mode())
	}
}

// TestFullDisk shows that a disk that fills up costs neither the old file nor
// what little room there is.
func TestFullDisk(t *testing.T) {
	dir := testenv.SmallDisk(t, "size=16k")
	if err := os.WriteFile(filepath.Join(dir, "f"), []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	tooMuch := make([]byte, 64<<10)
	for name, write := range map[string]func(string, []byte, fs.FileMode) error{"f": atomicfile.Replace, "g": atomicfile.Create} {
		if err := write(filepath.Join(dir, name), tooMuch, 0o644); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("writing %s: got the error %v, want %v", name, err, syscall.ENOSPC)
		}
	}
	if diff := cmp.Diff(tree{"f": "-rw-r--r-- old"}, readTree(t, dir)); diff != "" {
		t.Errorf("the folder (-want +got):\n%s", diff)
	}
}

// TestMountPoint shows that a file which is mounted by itself is kept, that the error
// says what to mount, and that no other file is left behind.
func TestMountPoint(t *testing.T) {
	dir := t.TempDir()
	path, source := filepath.Join(dir, "f"), filepath.Join(t.TempDir(), "source")
	if err := errors.Join(os.WriteFile(path, nil, 0o644), os.WriteFile(source, []byte("old"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "--bind", source, path).CombinedOutput(); err != nil {
		testenv.Missing(t, "no file can be mounted here: "+err.Error()+": "+string(out))
	}
	defer exec.Command("umount", path).Run()
	err := atomicfile.Replace(path, []byte("new"), 0o644)
	if !errors.Is(err, atomicfile.ErrMountPoint) || !strings.HasSuffix(err.Error(), "mount its folder instead, writable") {
		t.Errorf("got the error %v, want %v", err, atomicfile.ErrMountPoint)
	}
	if diff := cmp.Diff(tree{"f": "-rw-r--r-- old"}, readTree(t, dir)); diff != "" {
		t.Errorf("the folder (-want +got):\n%s", diff)
	}
}

// killedWriter names the file that the test binary, run anew, writes until it is killed.
const killedWriter = "LICSEAL_TEST_WRITE_UNTIL_KILLED"

func TestMain(m *testing.M) {
	if path := os.Getenv(killedWriter); path != "" {
		for i := 0; ; i++ {
			if err := atomicfile.Replace(path, content(byte('a'+i%2)), 0o644); err != nil {
				os.Stderr.WriteString(err.Error())
				os.Exit(1)
			}
		}
	}
	if path := os.Getenv(groupOnly); path != "" {
		if err := atomicfile.Replace(path, []byte("new"), 0o644); err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// content is larger than what a kernel writes in one go.
func content(letter byte) []byte { return bytes.Repeat([]byte{letter}, 4<<20) }

// TestKilled kills a program that replaces a file over and over. Whenever that is,
// the file holds one of the two contents, whole.
func TestKilled(t *testing.T) {
	rounds := testenv.Rounds(6, 25)
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := os.WriteFile(path, content('a'), 0o644); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for range rounds {
		cmd := exec.Command(program)
		cmd.Env = append(os.Environ(), killedWriter+"="+path)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20*time.Millisecond + rand.N(40*time.Millisecond))
		cmd.Process.Kill()
		cmd.Wait()
		if status := cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() {
			t.Fatalf("the program ended by itself: %v", cmd.ProcessState)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(data, content('a')) && !bytes.Equal(data, content('b')) {
			t.Fatalf("the file holds %d bytes that are neither the old content nor the new", len(data))
		}
	}
	left := 0
	for name := range readTree(t, dir) {
		switch {
		case strings.HasPrefix(name, ".f.") && strings.HasSuffix(name, ".tmp"):
			left++
		case name != "f":
			t.Errorf("%s was left behind, which is not named as a temporary file", name)
		}
	}
	t.Logf("killed %d times, %d of them while writing", rounds, left)
}
