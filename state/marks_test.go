package state_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
)

// What package entitle remembers comes back as it was, whatever the names are.
func TestMarks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "product.state")
	at := time.Date(2026, 11, 21, 12, 0, 0, 1, time.UTC)
	want := &verify.Memory{
		Latest: at, Lead: verify.Lead{Sum: 90 * time.Minute, At: at, Since: at.Add(-time.Hour)},
		Used: []verify.Mark{
			{Installation: "", Month: "2026-11", Name: "requests", Count: 1},
			{Installation: "a \"b\"\nc", Month: "2026-11", Name: "checksum: \u2028 ü \\", Count: 1<<53 - 1},
		},
		Unwritten: []verify.Mark{{Installation: "unwritten: 1", Month: "2026-11", Name: "requests", Count: 7}},
	}
	if err := state.Create(path, *want); err != nil {
		t.Fatal(err)
	}
	got, err := state.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
