package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// variable is the environment variable with the number of the change to make. Without
// it, nothing is changed. reachedVariable names a file for the functions that are
// called then, each by the number of its first change.
const (
	variable        = "LICSEAL_MUTANT"
	reachedVariable = "LICSEAL_MUTANT_REACHED"
)

// chooser is a file that is added to a package.
const chooser = `package %s

import (
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
)

var mutant__ = func() int {
	n, _ := strconv.Atoi(os.Getenv(%q))
	return n
}()

var reachedFile__ = func() *os.File {
	f, _ := os.OpenFile(os.Getenv(%q), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	return f
}()

var reachedBefore__ [%d]atomic.Bool // which allocates nothing: tests may count that

func reached__(n int) {
	if reachedFile__ != nil && !reachedBefore__[n].Swap(true) {
		fmt.Fprintln(reachedFile__, n)
	}
}
`

// writeOverlay writes the files of a package with all changes in them, and returns the
// name of a file for 'go build -overlay' that puts them in place of the real ones.
func writeOverlay(dir, pkg string, mutants []mutant) (string, error) {
	byFile := make(map[*source]map[int]mutant)
	name := ""
	for i, m := range mutants {
		if byFile[m.file] == nil {
			byFile[m.file] = make(map[int]mutant)
		}
		byFile[m.file][i+1] = m
		name = m.file.tree.Name.Name
	}
	texts := map[string]string{filepath.Join(pkg, "mutant_chooser.go"): fmt.Sprintf(chooser, name, variable, reachedVariable, len(mutants)+1)}
	for file, some := range byFile {
		texts[file.path] = instrument(file, some)
	}
	replace := make(map[string]string)
	for path, text := range texts {
		from, err := filepath.Abs(path)
		if err != nil {
			return "", err
		}
		to := filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[from] = to
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, text, 0o600)
}

// insertion is a text that is written in place of a part of a file.
type insertion struct {
	from, to token.Pos
	text     string
}

// instrument returns a file with changes, by number. Each is a copy of a function with
// the change in it, at the end of the file, and the function calls the one that is
// chosen. What is wrong in a copy is reported at a position that has its number.
func instrument(file *source, mutants map[int]mutant) string {
	numbers := make(map[*ast.FuncDecl][]int)
	for n, m := range mutants {
		numbers[m.decl] = append(numbers[m.decl], n)
	}
	var calls []insertion
	var copies strings.Builder
	for decl, some := range numbers {
		slices.Sort(some)
		names, call := callOf(file, decl)
		var cases strings.Builder
		fmt.Fprintf(&cases, "case 0: reached__(%d); ", some[0])
		for _, n := range some {
			fmt.Fprintf(&cases, "case %d: %s; ", n, fmt.Sprintf(call, n))
			m := mutants[n]
			changed := []insertion{{decl.Name.Pos(), decl.Name.End(), fmt.Sprintf("%s__m%d", decl.Name.Name, n)}, {m.from, m.to, m.by}}
			fmt.Fprintf(&copies, "\n//line mutant%d.go:1\n%s\n", n, file.with(decl.Pos(), decl.End(), changed))
		}
		calls = append(calls, names...)
		after := decl.Body.Lbrace + 1
		calls = append(calls, insertion{after, after, " switch mutant__ { " + cases.String() + "}; "})
	}
	return file.with(file.tree.FileStart, file.tree.FileEnd, calls) + copies.String()
}

// with returns a part of a file with texts inserted.
func (s *source) with(from, to token.Pos, insertions []insertion) string {
	slices.SortFunc(insertions, func(a, b insertion) int { return int(a.from - b.from) })
	var b strings.Builder
	for _, i := range insertions {
		b.WriteString(s.between(from, i.from))
		b.WriteString(i.text)
		from = i.to
	}
	b.WriteString(s.between(from, to))
	return b.String()
}

// callOf returns the statements by which a function calls a copy of itself, with %d in
// place of the number of the copy, and the names that parameters without one need.
func callOf(file *source, f *ast.FuncDecl) (names []insertion, call string) {
	call = f.Name.Name + "__m%d"
	if f.Recv != nil {
		receiver, more := named(f.Recv, "receiver__")
		names = append(names, more...)
		call = receiver[0] + "." + call
	}
	if f.Type.TypeParams != nil {
		types, _ := named(f.Type.TypeParams, "")
		call += "[" + strings.Join(types, ", ") + "]"
	}
	args, more := named(f.Type.Params, "p__")
	if last := len(f.Type.Params.List) - 1; last >= 0 {
		if _, variadic := f.Type.Params.List[last].Type.(*ast.Ellipsis); variadic {
			args[len(args)-1] += "..."
		}
	}
	call += "(" + strings.Join(args, ", ") + ")"
	if f.Type.Results == nil {
		return append(names, more...), call + "; return"
	}
	return append(names, more...), "return " + call
}

// named returns the names of parameters, and what to insert where one has none.
func named(fields *ast.FieldList, prefix string) (names []string, missing []insertion) {
	next := func() string { return fmt.Sprintf("%s%d", prefix, len(names)) }
	for _, f := range fields.List {
		if len(f.Names) == 0 {
			missing = append(missing, insertion{f.Type.Pos(), f.Type.Pos(), next() + " "})
			names = append(names, next())
		}
		for _, n := range f.Names {
			name := n.Name
			if name == "_" {
				name = next()
				missing = append(missing, insertion{n.Pos(), n.End(), name})
			}
			names = append(names, name)
		}
	}
	return names, missing
}
