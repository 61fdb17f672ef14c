package clireference

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/licseal/licseal/internal/testenv"
)

// pageDate matches the date of a man page.
var pageDate = regexp.MustCompile(`(?m)^\.TH .* (\d{4}-\d{2}-\d{2}) `)

// Check compares the reference in a folder with the program, and lets man and mandoc read
// the page. With update, it writes the reference. A man page that is changed gets the
// date of that day.
func Check(t *testing.T, dir string, p *Program, update bool) {
	t.Helper()
	compare(t, filepath.Join(dir, p.App.Name+".md"), p.Markdown(), update)
	CheckPage(t, filepath.Join(dir, fmt.Sprintf("%s.%d", p.App.Name, p.Section)), p.Man, update)
}

// CheckPage does the same with a man page alone, which is made for a date.
func CheckPage(t *testing.T, page string, man func(date string) string, update bool) {
	t.Helper()
	old := string(read(t, page))
	var date string
	if found := pageDate.FindStringSubmatch(old); found != nil {
		date = found[1]
	}
	if update && man(date) != old {
		date = time.Now().UTC().Format(time.DateOnly)
	}
	compare(t, page, man(date), update)
	testenv.Programs(t, "mandoc", "man")
	findings, err := exec.Command("mandoc", "-Tlint", page).Output()
	if err != nil || len(findings) > 0 {
		t.Errorf("mandoc: %v\n%s", err, findings)
	}
	var warnings bytes.Buffer
	reader := exec.Command("man", "--warnings", "-l", page)
	reader.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	reader.Stderr = &warnings
	if err := reader.Run(); err != nil || warnings.Len() > 0 {
		t.Errorf("man: %v\n%s", err, &warnings)
	}
}

// compare compares a file with what it must have, or writes it.
func compare(t *testing.T, path, want string, update bool) {
	t.Helper()
	if update {
		testenv.WriteFile(t, path, want)
	}
	if string(read(t, path)) != want {
		t.Errorf("%s is not what the commands say: run this test with -update", path)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return data
}
