//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A folder of many licences takes no more memory than one of few.
func TestCheckManyFiles(t *testing.T) {
	dir := t.TempDir()
	sh := func(script string) {
		t.Helper()
		cmd := exec.Command("sh", "-c", script)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	sh(`licseal keygen -o vendor --no-passphrase && echo '` + fields + `' > plan.json && licseal sign -k vendor --from plan.json --expires +200d -o licence.json`)
	licence := filepath.Join(dir, "licence.json")
	memory := map[int]int64{}
	for _, count := range []int{100, 10_000} {
		folder := filepath.Join(dir, fmt.Sprint(count))
		for i := range count {
			sub := filepath.Join(folder, fmt.Sprint(i%100))
			if i < 100 {
				if err := os.MkdirAll(sub, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Link(licence, filepath.Join(sub, fmt.Sprintf("%d.json", i))); err != nil {
				t.Fatal(err)
			}
		}
		for _, format := range []string{"text", "json", "github"} {
			cmd := exec.Command("licseal", "check", "-t", filepath.Join(dir, "vendor.pub"), "--format", format, folder)
			out, err := cmd.Output()
			if err != nil || strings.Count(string(out), ".json") != count {
				t.Fatalf("%v: %d of %d licences", err, strings.Count(string(out), ".json"), count)
			}
			usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
			memory[count] = max(memory[count], usage.Maxrss)
		}
	}
	if memory[10_000] > 2*memory[100] {
		t.Errorf("%d KiB for 10,000 licences, and %d KiB for 100", memory[10_000], memory[100])
	}
}
