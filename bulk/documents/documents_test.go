package documents

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// The share of the work that is done grows to all of it, and is not known where it
// would mislead.
func TestShareOfDocuments(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one, two := write("1.ndjson", "{}\n{}\n"), write("2.ndjson", "{}\n{}\n{}\n")
	single := write("single.json", "{\n}\n")
	for i, test := range []struct {
		args        []string
		first, size int64 // read at the first document, and in all
	}{
		{[]string{one, two, single}, 6, 19},
		{[]string{single, one}, 4, 10},
		{[]string{one, dir}, 6, 0},
		{[]string{one, filepath.Join(dir, "none")}, 6, 0},
	} {
		d, n := new(Finder), 0
		for range d.All(test.args) {
			if n++; n > 1 {
				continue
			}
			if d.read.Load() != test.first || d.size.Load() != test.size {
				t.Errorf("test %d: at the first, %d of %d bytes are read", i, d.read.Load(), d.size.Load())
			}
			want := 0.0
			if test.size > 0 {
				want = float64(test.first) / float64(test.size)
			}
			if got := d.Share(); got != want {
				t.Errorf("test %d: at the first, the share is %v, want %v", i, got, want)
			}
		}
		if test.size > 0 && d.read.Load() != test.size {
			t.Errorf("test %d: at the end, %d of %d bytes are read", i, d.read.Load(), d.size.Load())
		}
		d.read.Add(1) // a file that grows meanwhile
		if got := d.Share(); test.size > 0 && got != 1 || test.size == 0 && got != 0 {
			t.Errorf("test %d: at the end, the share is %v", i, got)
		}
	}
}

// Names are in order, and little of them is in memory.
func TestReadNames(t *testing.T) {
	dir := t.TempDir()
	const n = 2500
	for i := range n {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d.json", i*7919%n)), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	list, err := readNames(dir, func(name string) bool { return name != "00005.json" })
	if err != nil {
		t.Fatal(err)
	}
	for i := range list.spans {
		number := i
		if i >= 5 {
			number++
		}
		if want := fmt.Sprintf("%05d.json", number); list.name(i) != want {
			t.Fatalf("name %d is %s, want %s", i, list.name(i), want)
		}
	}
	if len(list.spans) != n-1 || list.memory() > 40*n {
		t.Errorf("%d names in %d bytes", len(list.spans), list.memory())
	}
	if _, err := readNames(filepath.Join(dir, "none"), nil); err == nil {
		t.Error("no error for a folder that is not there")
	}
}
