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
	page := filepath.Join(dir, fmt.Sprintf("%s.%d", p.App.Name, p.Section))
	old := string(read(t, page))
	var date string
	if found := pageDate.FindStringSubmatch(old); found != nil {
		date = found[1]
	}
	if update && p.Man(date) != old {
		date = time.Now().UTC().Format(time.DateOnly)
	}
	for path, want := range map[string]string{page: p.Man(date), filepath.Join(dir, p.App.Name+".md"): p.Markdown()} {
		if update {
			testenv.WriteFile(t, path, want)
		}
		if string(read(t, path)) != want {
			t.Errorf("%s is not what the commands say: run this test with -update", path)
		}
	}
	testenv.Programs(t, "mandoc", "man")
	findings, err := exec.Command("mandoc", "-Tlint", page).Output()
	if err != nil || len(findings) > 0 {
		t.Errorf("mandoc: %v\n%s", err, findings)
	}
	var warnings bytes.Buffer
	man := exec.Command("man", "--warnings", "-l", page)
	man.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	man.Stderr = &warnings
	if err := man.Run(); err != nil || warnings.Len() > 0 {
		t.Errorf("man: %v\n%s", err, &warnings)
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
