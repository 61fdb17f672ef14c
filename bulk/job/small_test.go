package job

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/filelock"
	"github.com/licseal/licseal/verify"
)

// The fault that is judged first has the lower exit code, whatever the order; 0 is none.
func TestFirstJudged(t *testing.T) {
	for _, test := range []struct{ a, b, want int }{{0, 0, 0}, {0, 4, 4}, {4, 0, 4}, {3, 4, 3}, {4, 3, 3}, {4, 4, 4}} {
		if got := firstJudged(test.a, test.b); got != test.want {
			t.Errorf("of %d and %d, %d is first", test.a, test.b, got)
		}
	}
}

// The rows of a shard are numbered as those of the batch.
func TestShardRow(t *testing.T) {
	for _, s := range []Shard{{}, {1, 1}, {1, 3}, {2, 3}, {3, 3}} {
		var want, got []int
		for i := 1; len(want) < 5; i++ {
			if s.Has(i) {
				want = append(want, i)
			}
		}
		for i := range 5 {
			got = append(got, s.row(i))
		}
		if !slices.Equal(got, want) {
			t.Errorf("shard %v: rows %d, want %d", s, got, want)
		}
	}
}

// The memory of the ids is reported after every 65,536 rows.
func TestReportMemory(t *testing.T) {
	var got []int
	for _, rows := range []int{1, 65_535, 65_536, 65_537, 98_304, 131_072} {
		reportMemory(func(bytes int) { got = append(got, bytes) }, rows)
	}
	if want := []int{32 * 65_536, 32 * 131_072}; !slices.Equal(got, want) {
		t.Errorf("got %d, want %d", got, want)
	}
	reportMemory(nil, 65_536)
}

// A clock that is given is the clock.
func TestClockOf(t *testing.T) {
	at := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	if got := clockOf(&verify.Options{Clock: func() time.Time { return at }})(); !got.Equal(at) {
		t.Errorf("the clock says %v, want %v", got, at)
	}
	if got := clockOf(&verify.Options{}); got == nil || got().IsZero() {
		t.Error("there is no clock")
	}
}

// An incomplete last line is removed from what is left for another job, and nothing from
// a file that is complete.
func TestLeave(t *testing.T) {
	long := strings.Repeat("x", maxPartLine)
	for text, want := range map[string]string{
		"": "", "a": "", "a\n": "a\n", "a\nb": "a\n", "a\n\nb": "a\n\n",
		"a\n" + long[:maxPartLine-10] + "\nb": "a\n" + long[:maxPartLine-10] + "\n",
	} {
		for _, complete := range []bool{false, true} {
			path := filepath.Join(t.TempDir(), "out")
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			file, err := atomicfile.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			lock, err := filelock.Try(path)
			if err != nil {
				t.Fatal(err)
			}
			(&workFile{path: path, file: file, lock: lock, complete: complete}).leave()
			left, err := os.ReadFile(path)
			if complete {
				want = text
			}
			if err != nil || string(left) != want {
				t.Errorf("complete %t: %d of %d bytes are left, want %d (%v)", complete, len(left), len(text), len(want), err)
			}
		}
	}
}

// A merge that was interrupted is started over; another job is not.
func TestIsMerge(t *testing.T) {
	merge := Settings{Format: 1, Kind: kindMerge}
	for old, want := range map[string]bool{
		jsonLine(merge):         true,
		`{"format":1,"kind":"m`: false,
		"":                      false,
		jsonLine(Settings{}):    false,
		jsonLine(Settings{Format: 2, Kind: kindMerge}): false,
	} {
		if got := (&workFile{settings: merge}).isMerge([]byte(old)); got != want {
			t.Errorf("%s: %t", old, got)
		}
	}
	if sign := (Settings{Format: 1, Kind: kindVerify}); (&workFile{settings: sign}).isMerge([]byte(jsonLine(sign))) {
		t.Error("another job is taken for a merge")
	}
}
