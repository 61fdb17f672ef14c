package rows_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/licseal/licseal/bulk/rows"
)

// The batches of testdata/cases: how many columns the reader finds in each, or why it
// refuses the file. What is read wrongly must never be read silently.
func TestCases(t *testing.T) {
	const dir = "../../testdata/cases/42-csv"
	cases := map[string]struct {
		columns int
		err     string
	}{
		"bom.ndjson":       {0, ""},
		"de-date.csv":      {3, ""},
		"space-header.csv": {3, ""},
		"semi.csv":         {3, ""},
		"sep.csv":          {3, ""},
		"utf16-tab.csv":    {3, ""},
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(cases) {
		t.Fatalf("%d files for %d answers: %v", len(entries), len(cases), err)
	}
	for _, entry := range entries {
		test, ok := cases[entry.Name()]
		if !ok {
			t.Errorf("%s has no answer", entry.Name())
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		reader, err := rows.Open(strings.NewReader(string(text)), entry.Name(), 1000, nil)
		switch {
		case test.err != "":
			if err == nil || !strings.HasPrefix(err.Error(), test.err) {
				t.Errorf("%s: %v, want %s", entry.Name(), err, test.err)
			}
		case err != nil || len(reader.Columns()) != test.columns:
			t.Errorf("%s: %v", entry.Name(), err)
		default:
			for row := range rows.All(reader) {
				if _, err := reader.Content(row.Text); err != nil || len(row.Text) == 0 {
					t.Errorf("%s: %q: %v", entry.Name(), row.Text, err)
				}
			}
		}
	}
}
