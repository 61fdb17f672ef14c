package licseal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
)

// writers are the functions of package os that change files.
var writers = map[string]bool{
	"Create": true, "CreateTemp": true, "WriteFile": true, "OpenFile": true, "CopyFS": true, "Truncate": true,
	"Rename": true, "Link": true, "Symlink": true, "Remove": true, "RemoveAll": true,
}

// writersAllowed are the files and folders that may call them, and why.
var writersAllowed = map[string]string{
	"internal/atomicfile":             "is the door",
	"internal/testenv":                "is for tests",
	"internal/mutate":                 "is for tests",
	"keys/internal/keytest":           "is for tests",
	"internal/filelock/filelock.go":   "removes locks, which are empty",
	"internal/conformance/oneshot.go": "a temporary folder",
	"cmd/licseal/cmd_demo.go":         "a temporary folder",
	"cmd/licseal/terminal.go":         "opens the terminal",
	"keys/agent/dial.go":              "opens a pipe of Windows",
	"register":                        "appends to its files; its own tests break the disk",
}

// Files are written by package atomicfile, which tests let fail at every step. Nothing else
// writes any.
func TestFilesAreWrittenByOnePackage(t *testing.T) {
	used := map[string]bool{}
	for _, dir := range packageFolders(t) {
		names, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			allowed := writersAllowedIn(name)
			for _, call := range writersIn(t, name) {
				if allowed == "" {
					t.Errorf("%s: use package atomicfile", call)
				}
				used[allowed] = true
			}
		}
	}
	for name := range writersAllowed {
		if !used[name] {
			t.Errorf("%s writes nothing, and is in the list", name)
		}
	}
}

// Tables are written by package text, which escapes what a terminal or a spreadsheet would act
// on.
func TestTablesAreWrittenByOnePackage(t *testing.T) {
	for _, dir := range packageFolders(t) {
		names, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") || name == filepath.Join("internal", "text", "sheet.go") {
				continue
			}
			if source := string(testenv.ReadFile(t, name)); strings.Contains(source, "csv.NewWriter") {
				t.Errorf("%s: use text.Sheet", name)
			}
		}
	}
}

// writersAllowedIn returns the entry of the list that a file is in, or "".
func writersAllowedIn(name string) string {
	for entry := range writersAllowed {
		if name == entry || strings.HasPrefix(name, entry+"/") {
			return entry
		}
	}
	return ""
}

// writersIn returns where a file changes files by package os.
func writersIn(t *testing.T, name string) (calls []string) {
	t.Helper()
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		call, isCall := n.(*ast.CallExpr)
		if isCall && isReading(call) {
			return false
		}
		selected, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		pkg, ok := selected.X.(*ast.Ident)
		simulated := ok && pkg.Name == "atomicfile" && selected.Sel.Name == "Simulate"
		if ok && pkg.Name == "os" && writers[selected.Sel.Name] || simulated {
			calls = append(calls, positions.Position(n.Pos()).String()+": "+pkg.Name+"."+selected.Sel.Name)
		}
		return true
	})
	return calls
}

// isReading reports whether a call opens a file to read it.
func isReading(call *ast.CallExpr) bool {
	selected, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || selected.Sel.Name != "OpenFile" || len(call.Args) < 2 {
		return false
	}
	reads := false
	ast.Inspect(call.Args[1], func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok && name.Name == "O_RDONLY" {
			reads = true
		}
		return true
	})
	return reads
}
