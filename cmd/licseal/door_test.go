package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

// doors lists the files that may name standard output and standard error, and
// what they use them for.
var doors = map[string]string{
	"app.go":              "hands them to the command-line library, and to report",
	"output.go":           "is the door",
	"terminal.go":         "asks how wide it is",
	"batch.go":            "writes licences",
	"cmd_verify_batch.go": "writes lines that are escaped already",
	"cmd_conformance.go":  "hands it to the client that licseal is, which writes JSON",
	"cmd_register.go":     "hands it to the list's writer, which escapes the table, and writes JSON and CSV",
	"revoke_customer.go":  "hands it to the list's writer, which escapes the table",
	"cmd_check_run.go":    "hands them to the report's writer, which escapes",
}

// Lines for people leave through say, show, note, warn and hint, which escape
// what they are given. No other function prints, and no format is put together at run time.
func TestOneDoor(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		positions := token.NewFileSet()
		file, err := parser.ParseFile(positions, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			where := func() string { return positions.Position(n.Pos()).String() }
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if streams[selector(n)] && doors[name] == "" {
					t.Errorf("%s: %s is used outside the door", where(), selector(n))
				}
			case *ast.CallExpr:
				called := selector(n.Fun)
				if strings.HasPrefix(called, "fmt.Print") || called == "print" || called == "println" {
					t.Errorf("%s: %s prints what is not escaped", where(), called)
				}
				if i, ok := formatAt[called]; ok && i < len(n.Args) && !isConstant(n.Args[i]) {
					t.Errorf("%s: the format of %s is not a constant", where(), called)
				}
			}
			return true
		})
	}
}

var streams = map[string]bool{"os.Stdout": true, "os.Stderr": true, "App.Writer": true, "App.ErrWriter": true}

// formatAt says which argument of the functions for people is the format.
var formatAt = map[string]int{
	"say": 1, "note": 0, "warn": 0, "hint": 0, "text.Sprintf": 0, "text.Fprintf": 1, "withHint": 1, "fault.WithHint": 1,
}

// selector returns the last two names of an expression: os.Stdout.
func selector(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		before := selector(x.X)
		return before[strings.LastIndexByte(before, '.')+1:] + "." + x.Sel.Name
	}
	return ""
}

// isConstant reports whether an expression is a text in quotes, or a sum of such, or
// the parameter of a function that hands on its format.
func isConstant(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.BasicLit:
		return true
	case *ast.BinaryExpr:
		return isConstant(x.X) && isConstant(x.Y)
	case *ast.Ident:
		return x.Name == "format"
	}
	return false
}

// A value that JSON cannot express is an error, not a panic.
func TestJSONLineError(t *testing.T) {
	for _, value := range []any{func() {}, math.NaN(), map[bool]int{}} {
		if line, err := jsonLine(value); err == nil {
			t.Errorf("%T became %q", value, line)
		}
	}
}
