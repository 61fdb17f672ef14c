package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const source = `package p

func f(a, b int) bool {
	if a < b {
		g()
		return true
	}
	for a > 0 {
		if b == 1 {
			continue
		}
	}
	return a+b != 2 && "x"+s == t
}

func (e *E) Error() string { return "a" + b }
`

// Each kind of change is found, by a name that does not depend on the line.
func TestMutantsIn(t *testing.T) {
	mutants, err := mutantsIn("p.go", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range mutants {
		got = append(got, m.name())
		if string(m.text) == source || !strings.HasPrefix(string(m.text), "package p") {
			t.Errorf("%s changes nothing:\n%s", m.name(), m.text)
		}
	}
	want := []string{
		"p.go f: negated if in `if a < b { g() return true }`",
		"p.go f: < → <= in `a < b`",
		"p.go f: call removed in `g()`",
		"p.go f: flipped in `true`",
		"p.go f: no loop in `for a > 0 { if b == 1 { continue } }`",
		"p.go f: > → >= in `a > 0`",
		"p.go f: 0 → 1 in `0`",
		"p.go f: negated if in `if b == 1 { continue }`",
		"p.go f: == → != in `b == 1`",
		"p.go f: 1 → 2 in `1`",
		"p.go f: continue → break in `continue`",
		"p.go f: && → || in `a+b != 2 && \"x\"+s == t`",
		"p.go f: != → == in `a+b != 2`",
		"p.go f: + → - in `a + b`",
		"p.go f: 2 → 3 in `2`",
		"p.go f: == → != in `\"x\"+s == t`",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}

// A sample is chosen by its seed.
func TestChoose(t *testing.T) {
	mutants, err := mutantsIn("p.go", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	names := func(ms []mutant) (all []string) {
		for _, m := range ms {
			all = append(all, m.name())
		}
		return all
	}
	a, b, c := names(choose(mutants, 5, 1)), names(choose(mutants, 5, 1)), names(choose(mutants, 5, 2))
	if len(a) != 5 || !cmp.Equal(a, b) || cmp.Equal(a, c) {
		t.Errorf("got %q, %q and %q", a, b, c)
	}
	if got := choose(mutants, 0, 1); len(got) != len(mutants) {
		t.Errorf("all are %d", len(got))
	}
}

// Survivors that change nothing are listed with their reasons.
func TestReadKnown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "known")
	for text, want := range map[string]bool{
		"":                          true,
		"# a comment\n\na\n\twhy\n": true,
		"a\n":                       false,
		"\twhy\n":                   false,
		"a\nb\n\twhy\n":             false,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		known, err := readKnown(path)
		if (err == nil) != want || want && strings.Contains(text, "why") != (known["a"] == "why") {
			t.Errorf("%q: %v, %v", text, known, err)
		}
	}
	if _, err := readKnown("equivalent.txt"); err != nil {
		t.Error(err)
	}
}

// The runner tells a change that a test notices from one that none does, and from
// one that does not compile.
func TestTry(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":    "module example.com/p\n\ngo 1.26\n",
		"p.go":      "package p\n\nfunc Less(a, b int) bool { return a < b }\n\nfunc Untested(a, b int) bool { return a < b }\n",
		"p_test.go": "package p\n\nimport \"testing\"\n\nfunc TestLess(t *testing.T) {\n\tif Less(1, 1) {\n\t\tt.Error()\n\t}\n}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	mutants, err := mutantsOf(".")
	if err != nil {
		t.Fatal(err)
	}
	broken := mutants[0]
	broken.text = []byte("package p\n\nfunc Less() { return 1 }\n")
	var out strings.Builder
	r := runner{workers: 1, timeout: 60e9}
	s, err := r.try(t.Context(), &out, ".", append(mutants, broken), nil)
	if err != nil || s != (score{killed: 1, survived: 1}) {
		t.Errorf("got %+v, %v\n%s", s, err, out.String())
	}
	if want := "survived: p.go Untested: < → <= in `a < b` (line 5)\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// If the tests fail without a change, nothing can be said about changes.
func TestTryFailsAlready(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":    "module example.com/p\n\ngo 1.26\n",
		"p.go":      "package p\n\nfunc Less(a, b int) bool { return a < b }\n",
		"p_test.go": "package p\n\nimport \"testing\"\n\nfunc TestLess(t *testing.T) { t.Error() }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	mutants, err := mutantsOf(".")
	if err != nil {
		t.Fatal(err)
	}
	r := runner{workers: 1, timeout: 60e9}
	if s, err := r.try(t.Context(), &strings.Builder{}, ".", mutants, nil); err == nil || s != (score{}) {
		t.Errorf("got %+v, %v", s, err)
	}
}
