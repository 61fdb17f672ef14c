package main

import (
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const sample = `package p

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
	mutants, err := mutantsIn("p.go", sample)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range mutants {
		got = append(got, m.name())
		if m.file.between(m.from, m.to) == m.by {
			t.Errorf("%s changes nothing", m.name())
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

// A sample is chosen by its seed, and what is added elsewhere does not alter it.
func TestChoose(t *testing.T) {
	mutants, err := mutantsIn("p.go", sample)
	if err != nil {
		t.Fatal(err)
	}
	names := func(ms []mutant) (all []string) {
		for _, m := range ms {
			all = append(all, m.name())
		}
		return all
	}
	choose := func(all []mutant, sample int, seed uint64, only string) []mutant {
		chosen, err := choice{sample, seed, only}.choose(all)
		if err != nil {
			t.Fatal(err)
		}
		return chosen
	}
	a, b, c := names(choose(mutants, 5, 1, "")), names(choose(mutants, 5, 1, "")), names(choose(mutants, 5, 2, ""))
	if len(a) != 5 || !cmp.Equal(a, b) || cmp.Equal(a, c) {
		t.Errorf("got %q, %q and %q", a, b, c)
	}
	more, err := mutantsIn("p.go", strings.Replace(sample, "\n\n", "\n\nfunc more() bool { return true }\n\n", 1))
	if err != nil || len(more) != len(mutants)+1 {
		t.Fatalf("got %d changes, %v", len(more), err)
	}
	for _, name := range names(choose(more, 5, 1, "")) {
		if !slices.Contains(a, name) && !strings.Contains(name, "more") {
			t.Errorf("%s is chosen after another function was added", name)
		}
	}
	if got := choose(mutants, 0, 1, ""); len(got) != len(mutants) {
		t.Errorf("all are %d", len(got))
	}
	if got := names(choose(more, 1, 1, " more:")); len(got) != 1 || !strings.Contains(got[0], "more:") {
		t.Errorf("of the function that was added: %q", got)
	}
	if _, err := (choice{only: "("}).choose(mutants); err == nil {
		t.Error("an expression that is none is accepted")
	}
}

// A function with changes calls the copy that is chosen, whatever its parameters are.
func TestInstrument(t *testing.T) {
	for before, want := range map[string]string{
		"func f(a, b int) bool { return true }":           "func f(a, b int) bool { switch mutant__ { case 0: reached__(1); case 1: return f__m1(a, b); };  return true }",
		"func f(_ int, b ...int) { return; true }":        "func f(p__0 int, b ...int) { switch mutant__ { case 0: reached__(1); case 1: f__m1(p__0, b...); return; };  return; true }",
		"func (*T) f(int, string) (x int) { true }":       "func (receiver__0 *T) f(p__0 int, p__1 string) (x int) { switch mutant__ { case 0: reached__(1); case 1: return receiver__0.f__m1(p__0, p__1); };  true }",
		"func (t T[K]) f() { true }":                      "func (t T[K]) f() { switch mutant__ { case 0: reached__(1); case 1: t.f__m1(); return; };  true }",
		"func f[K any, V int | string](k K) V { true }":   "func f[K any, V int | string](k K) V { switch mutant__ { case 0: reached__(1); case 1: return f__m1[K, V](k); };  true }",
		"func f() {\n\t// a comment\n\tg()\n\t// more\n}": "func f() { switch mutant__ { case 0: reached__(1); case 1: f__m1(); return; }; \n\t// a comment\n\tg()\n\t// more\n}",
	} {
		mutants, err := mutantsIn("p.go", "package p\n\n"+before+"\n")
		if err != nil || len(mutants) != 1 {
			t.Fatalf("%s: got %d changes, %v", before, len(mutants), err)
		}
		got, _, _ := strings.Cut(instrument(mutants[0].file, map[int]mutant{1: mutants[0]}), "\n\n//line mutant1.go:1\n")
		if diff := cmp.Diff("package p\n\n"+want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", before, diff)
		}
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

// module changes to a folder with a module of one package.
func module(t *testing.T, source, tests string) []mutant {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":    "module example.com/p\n\ngo 1.26\n",
		"p.go":      "package p\n\n" + source,
		"p_test.go": "package p\n\nimport \"testing\"\n\n" + tests,
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
	return mutants
}

// A change that a test notices is told from one that none does, and from one that does
// not compile.
func TestTry(t *testing.T) {
	mutants := module(t, `func Less(a, b int) bool { return a < b }

func Untested(a, b int) bool { return a < b }

func Text(a, b string) string { return a + b }
`, `func TestLess(t *testing.T) {
	if Less(1, 1) || Text("a", "b") != "ab" {
		t.Error()
	}
}
`)
	if len(mutants) != 3 {
		t.Fatalf("got %d changes", len(mutants))
	}
	const name = "p.go Untested: < → <= in `a < b`"
	for _, known := range []map[string]string{nil, {name: "a reason"}} {
		var out strings.Builder
		s, err := try(t.Context(), &out, ".", nil, mutants, known)
		want := score{killed: 1, survived: 1, equivalent: 1}
		if len(known) == 0 {
			want.equivalent, want.unexplained = 0, []string{name}
		}
		if err != nil || !cmp.Equal(s, want, cmp.AllowUnexported(score{})) {
			t.Errorf("got %+v, %v\n%s", s, err, out.String())
		}
		if want := "survived: " + name + " (line 5)\n"; len(known) == 0 && out.String() != want || len(known) > 0 && out.Len() > 0 {
			t.Errorf("got %q", out.String())
		}
	}
}

// If the tests fail without a change, nothing can be said about changes.
func TestTryFailsAlready(t *testing.T) {
	mutants := module(t, "func Less(a, b int) bool { return a < b }\n", "func TestLess(t *testing.T) { t.Error() }\n")
	if s, err := try(t.Context(), &strings.Builder{}, ".", nil, mutants, nil); err == nil || s.killed > 0 {
		t.Errorf("got %+v, %v", s, err)
	}
}

// The quick tests that reach a function are run together, the others by themselves.
func TestPartsFor(t *testing.T) {
	f, g := new(ast.FuncDecl), new(ast.FuncDecl)
	a, b := suite{pkg: "a"}, suite{pkg: "b"}
	both := map[*ast.FuncDecl]bool{f: true, g: true}
	var got []string
	for _, p := range partsFor(f, []test{
		{a, "TestSlow", 2 * time.Second, both}, {a, "TestOne", time.Millisecond, both}, {a, "TestOther", 0, map[*ast.FuncDecl]bool{g: true}},
		{a, "TestTwo", time.Millisecond, both}, {b, "TestSlower", time.Second, both}, {b, "TestThree", 0, both},
	}) {
		got = append(got, fmt.Sprintf("%s%v%v", p.pkg, p.names, p.took))
	}
	if want := []string{"a[TestOne TestTwo]2ms", "b[TestThree]0s", "b[TestSlower]1s", "a[TestSlow]2s"}; !cmp.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A section of the results is replaced, or added, and the others are kept.
func TestWithSection(t *testing.T) {
	const before = "# Results\n\n## one\n\nold\n\n## two\n\nkept\n"
	for heading, want := range map[string]string{
		"## one":   "# Results\n\n## one\n\nnew\n\n## two\n\nkept\n",
		"## two":   "# Results\n\n## one\n\nold\n\n## two\n\nnew\n",
		"## three": "# Results\n\n## one\n\nold\n\n## two\n\nkept\n\n## three\n\nnew\n",
	} {
		if diff := cmp.Diff(want, withSection(before, heading, "new\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", heading, diff)
		}
	}
}

// A section names the survivors that have no explanation.
func TestSectionOf(t *testing.T) {
	for want, found := range map[string]findings{
		"| table |\n": {table: "| table |\n"},
		"| table |\n\nSurvivors without an explanation in this run:\n\n- `` p.go f: 0 → 1 in `0` ``\n": {"| table |\n", score{unexplained: []string{"p.go f: 0 → 1 in `0`"}}},
	} {
		if diff := cmp.Diff(want, sectionOf(found)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
