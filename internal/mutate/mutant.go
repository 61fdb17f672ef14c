package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// mutant is one change to one function of a file.
type mutant struct {
	file     *source
	decl     *ast.FuncDecl
	function string
	change   string // such as: < → <= in `a < b`
	nth      int    // which of the changes in this function that read the same, from 1
	from, to token.Pos
	by       string // what is written in place of the text between from and to
}

// source is a file that was parsed.
type source struct {
	path  string
	text  string
	files *token.FileSet
	tree  *ast.File
}

// between returns a part of the text.
func (s *source) between(from, to token.Pos) string {
	return s.text[s.offset(from):s.offset(to)]
}

func (s *source) offset(at token.Pos) int { return s.files.Position(at).Offset }

// line returns where the change is.
func (m mutant) line() int { return m.file.files.Position(m.from).Line }

// name identifies a mutant, whatever lines are added above it.
func (m mutant) name() string {
	name := fmt.Sprintf("%s %s: %s", filepath.ToSlash(m.file.path), m.function, m.change)
	if m.nth > 1 {
		name += fmt.Sprintf(" #%d", m.nth)
	}
	return name
}

// mutantsOf returns the changes to the files of a package that are built here and are
// not tests.
func mutantsOf(pkg string) ([]mutant, error) {
	dir, err := build.Default.ImportDir(pkg, 0)
	if err != nil {
		return nil, err
	}
	var all []mutant
	for _, name := range dir.GoFiles {
		path := filepath.Join(pkg, name)
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		some, err := mutantsIn(path, string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has nothing to change", pkg)
	}
	return all, nil
}

// mutantsIn returns the changes to one file.
func mutantsIn(path, text string) ([]mutant, error) {
	files := token.NewFileSet()
	tree, err := parser.ParseFile(files, path, text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	file := &source{path, text, files, tree}
	var all []mutant
	for _, decl := range tree.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Body == nil || isWording(f) {
			continue
		}
		seen := make(map[string]int)
		ast.Inspect(f.Body, func(n ast.Node) bool {
			for _, e := range editsOf(n) {
				m := mutant{file: file, decl: f, function: functionName(f), change: e.describe(files, n),
					from: e.from, to: e.to, by: e.replace(file.between(e.from, e.to))}
				seen[m.change]++
				m.nth = seen[m.change]
				all = append(all, m)
			}
			return true
		})
	}
	return all, nil
}

// isWording reports whether a function only puts an error or a value into words.
func isWording(f *ast.FuncDecl) bool {
	return f.Recv != nil && (f.Name.Name == "Error" || f.Name.Name == "String")
}

func functionName(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return f.Name.Name
	}
	receiver := f.Recv.List[0].Type
	if star, ok := receiver.(*ast.StarExpr); ok {
		receiver = star.X
	}
	if index, ok := receiver.(*ast.IndexExpr); ok {
		receiver = index.X
	}
	if name, ok := receiver.(*ast.Ident); ok {
		return name.Name + "." + f.Name.Name
	}
	return f.Name.Name
}

// edit replaces the text of a node, or of a part of it.
type edit struct {
	from, to token.Pos
	kind     string // how it reads in a name; "" shows both texts
	replace  func(before string) string
}

// describe returns the change in one line.
func (e edit) describe(files *token.FileSet, n ast.Node) string {
	var b bytes.Buffer
	printer.Fprint(&b, files, n)
	whole := strings.Join(strings.Fields(b.String()), " ")
	const most = 80
	if len(whole) > most {
		whole = strings.ToValidUTF8(whole[:most], "") + "…"
	}
	return fmt.Sprintf("%s in `%s`", e.kind, whole)
}

// operators are what each operator becomes.
var operators = map[token.Token]token.Token{
	token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.LAND: token.LOR, token.LOR: token.LAND,
	token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL,
	token.AND: token.OR, token.OR: token.AND,
}

// editsOf returns the edits of one node.
func editsOf(n ast.Node) []edit {
	always := func(text string) func(string) string { return func(string) string { return text } }
	not := func(before string) string { return "!(" + before + ")" }
	switch n := n.(type) {
	case *ast.BinaryExpr:
		to, ok := operators[n.Op]
		if !ok || n.Op == token.ADD && (isText(n.X) || isText(n.Y)) {
			return nil
		}
		return []edit{{n.OpPos, n.OpPos + token.Pos(len(n.Op.String())), fmt.Sprintf("%s → %s", n.Op, to), always(to.String())}}
	case *ast.IfStmt:
		return []edit{{n.Cond.Pos(), n.Cond.End(), "negated if", not}}
	case *ast.ForStmt:
		if n.Cond == nil {
			return nil
		}
		return []edit{{n.Cond.Pos(), n.Cond.End(), "no loop", func(before string) string { return "false && (" + before + ")" }}}
	case *ast.ExprStmt:
		if _, ok := n.X.(*ast.CallExpr); ok {
			return []edit{{n.Pos(), n.End(), "call removed", always("_ = 0")}}
		}
	case *ast.BasicLit:
		if v, err := strconv.Atoi(n.Value); n.Kind == token.INT && err == nil {
			return []edit{{n.Pos(), n.End(), fmt.Sprintf("%d → %d", v, v+1), always(strconv.Itoa(v + 1))}}
		}
	case *ast.Ident:
		if n.Name == "true" || n.Name == "false" {
			return []edit{{n.Pos(), n.End(), "flipped", always(strconv.FormatBool(n.Name == "false"))}}
		}
	case *ast.BranchStmt:
		if n.Tok == token.CONTINUE && n.Label == nil {
			return []edit{{n.Pos(), n.End(), "continue → break", always("break")}}
		}
	}
	return nil
}

// isText reports whether an expression is plainly a string.
func isText(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Kind == token.STRING
	case *ast.BinaryExpr:
		return isText(e.X) || isText(e.Y)
	}
	return false
}
