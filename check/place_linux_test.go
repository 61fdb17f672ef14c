package check_test

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// A pipe in place of a file is not waited for, and of a file without an end little is read.
func TestNoPlainFile(t *testing.T) {
	good := signed(t)
	for _, inRoot := range []bool{true, false} {
		p := newPlace(t)
		p.env["KONG_LICENSE_DATA"] = good
		p.write(t, "/etc/kong/README", "")
		place, name := p.place(), "etc/kong/license.json"
		if !inRoot {
			name = "pipe"
			p.env["KONG_LICENSE_PATH"] = filepath.Join(p.root, name)
			place.Root = ""
		}
		if err := syscall.Mkfifo(filepath.Join(p.root, name), 0o600); err != nil {
			t.Fatal(err)
		}
		if e := newChecker(t, nil).Effective(t.Context(), place); codes(e.Findings) != "error source-unreadable, note local-licence" {
			t.Errorf("in a root %v: %v", inRoot, e.Findings)
		}
	}
	p := newPlace(t)
	p.write(t, "/etc/kong/license.json", "{")
	if err := os.Truncate(filepath.Join(p.root, "etc/kong/license.json"), 1<<28); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	e := newChecker(t, nil).Effective(t.Context(), p.place())
	runtime.ReadMemStats(&after)
	if e.Active == nil || codes(e.Active.Findings) != "error too-large" || after.TotalAlloc-before.TotalAlloc > 1<<25 {
		t.Errorf("%d bytes of memory: %+v", after.TotalAlloc-before.TotalAlloc, e.Active)
	}
}
