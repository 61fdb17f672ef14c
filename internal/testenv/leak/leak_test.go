package leak

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// tests are tests that do something and end with a code.
type tests func() int

func (run tests) Run() int { return run() }

// A file that stays open and a goroutine that does not end are found; what ends is not.
func TestLeaks(t *testing.T) {
	if len(openFiles()) == 0 {
		t.Skip("this system does not tell which files are open")
	}
	if code := Checked(tests(func() int { return 0 })).Run(); code != 0 {
		t.Error("something was found where nothing is")
	}
	patience = 10 * time.Millisecond
	t.Cleanup(func() { patience = 5 * time.Second })
	before := openFiles()
	path := filepath.Join(t.TempDir(), "file")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := filesBeside(before); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a file that is open: %v", err)
	}
	Keep(file)
	if err := filesBeside(before); err != nil {
		t.Errorf("a file that is kept: %v", err)
	}
	file.Close()
	if err := filesBeside(before); err != nil {
		t.Error(err)
	}
	done := make(chan bool)
	go func() { <-done }()
	if err := goleak.Find(); err == nil {
		t.Error("a goroutine is not found")
	}
	close(done)
	patience = 5 * time.Second
	if err := goroutines(); err != nil {
		t.Error(err)
	}
}
