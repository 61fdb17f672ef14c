//go:build unix

package register

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
)

// A folder that exists is used if it is empty. Then only its owner can enter it.
func TestFolderIsMadePrivate(t *testing.T) {
	defer func() { system = realDisk }()
	for _, test := range []struct {
		name  string
		mode  fs.FileMode
		chmod func(dir string, perm fs.FileMode) error
		file  bool   // the folder has a file
		want  string // a part of the error
	}{
		{name: "private already", mode: 0o700, chmod: refuse},
		{name: "others may enter", mode: 0o755, chmod: os.Chmod},
		{name: "others may pass", mode: 0o701, chmod: os.Chmod},
		{name: "everybody may write", mode: 0o777, chmod: os.Chmod},
		{name: "a folder of another user", mode: 0o710, chmod: refuse, want: "others can enter the folder (mode 0710), and it cannot be made private: operation not permitted; use a folder of your own"},
		{name: "a folder that is used", mode: 0o755, chmod: os.Chmod, file: true, want: "the folder exists, and is not empty"},
		{name: "somebody is faster", mode: 0o777, chmod: addFile, want: "the folder exists, and is not empty"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "issued")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if test.file {
				testenv.WriteFile(t, filepath.Join(dir, "notes"), "mine")
			}
			if err := os.Chmod(dir, test.mode); err != nil {
				t.Fatal(err)
			}
			system.chmod = test.chmod
			_, err := Create(dir)
			if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) || test.want == "" && err != nil {
				t.Errorf("the error is %v", err)
			}
			want := fs.FileMode(0o700)
			if test.file || test.name == "a folder of another user" {
				want = test.mode
			}
			if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != want {
				t.Errorf("the folder has mode %v: %v", info.Mode(), err)
			}
			if _, err := os.Stat(filepath.Join(dir, settingsPath)); (err == nil) != (test.want == "") {
				t.Errorf("the folder has a register although it was refused, or none: %v", err)
			}
		})
	}
}

// refuse is what the system does with the folder of another user.
func refuse(dir string, _ fs.FileMode) error {
	return &fs.PathError{Op: "chmod", Path: dir, Err: syscall.EPERM}
}

// addFile adds a file at the last moment.
func addFile(dir string, perm fs.FileMode) error {
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte("mine"), 0o600); err != nil {
		return err
	}
	return os.Chmod(dir, perm)
}
