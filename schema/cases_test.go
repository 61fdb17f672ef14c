package schema_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Schemas as people wrote them: each compiles, and what is probably not meant is named.
func TestCases(t *testing.T) {
	const dir = "../testdata/cases/43-schema"
	answers := map[string][]string{
		"norole.json": {"this schema names no roles: which field is the id, and which are the dates, is taken from Kong's payload"},
		"typo.json": {
			`1:32 /requierd: unknown keyword "requierd", which has no effect; did you mean "required"?`,
			`1:80 /properties/seats/minumum: unknown keyword "minumum", which has no effect; did you mean "minimum"?`,
		},
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != len(answers) {
		t.Fatalf("%d files for %d answers: %v", len(files), len(answers), err)
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(answers[f.Name()], warnings(t, string(text))); diff != "" {
			t.Errorf("%s: %s", f.Name(), diff)
		}
	}
}
