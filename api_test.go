package licseal_test

import (
	"flag"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/testenv/compat"
)

var update = flag.Bool("update", false, "add what is new to testdata/compatibility/…/api.txt")

// A program that was built with a release can be built with this version: nothing that the
// packages export is gone or has another type.
func TestCompatibleAPI(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the list was made on Linux")
	}
	lookAtSources(t)
	command := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", "./...")
	output, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for line := range strings.Lines(string(output)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[path] = file
	}
	open := func(path string) (io.ReadCloser, error) { return os.Open(files[path]) }
	packages := importer.ForCompiler(token.NewFileSet(), "gc", open)
	var api []string
	for path := range files {
		if !matches(module+"/...", path) || strings.Contains(path, "/internal/") || strings.HasPrefix(path, module+"/cmd/") {
			continue
		}
		p, err := packages.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		api = append(api, exported(p)...)
	}
	if len(api) < 1000 {
		t.Fatalf("%d lines", len(api))
	}
	slices.Sort(api)
	lists, err := filepath.Glob("testdata/compatibility/v*/api.txt")
	if err != nil {
		t.Fatal(err)
	}
	if *update && len(lists) == 0 {
		lists = []string{"testdata/compatibility/v0.9.0/api.txt"}
	}
	for _, list := range lists {
		compat.Lines(t, list, api, *update && list == lists[len(lists)-1])
	}
}

// exported returns a line for each name that a package exports, and for each field and
// method. An interface is one line, because a method that is added breaks those who
// implement it.
func exported(p *types.Package) (lines []string) {
	short := func(other *types.Package) string {
		if other.Path() == module {
			return "licseal"
		}
		return strings.TrimPrefix(other.Path(), module+"/")
	}
	add := func(format string, args ...any) {
		lines = append(lines, short(p)+": "+fmt.Sprintf(format, args...))
	}
	write := func(typ types.Type) string { return types.TypeString(typ, short) }
	for _, name := range p.Scope().Names() {
		object := p.Scope().Lookup(name)
		if !object.Exported() {
			continue
		}
		switch object := object.(type) {
		case *types.Const:
			add("const %s %s = %s", name, write(object.Type()), object.Val().ExactString())
		case *types.Var:
			add("var %s %s", name, write(object.Type()))
		case *types.Func:
			add("func %s%s", name, typeOf(object, short))
		case *types.TypeName:
			if named, ok := types.Unalias(object.Type()).(*types.Named); ok && strings.Contains(named.Obj().Pkg().Path(), "/internal/") {
				add("type %s, of an internal package", name) // to be handed on; what it has is not promised
				continue
			}
			switch under := object.Type().Underlying().(type) {
			case *types.Struct:
				add("type %s struct", write(object.Type()))
				for field := range under.Fields() {
					if field.Exported() {
						add("type %s struct: %s %s", name, field.Name(), write(field.Type()))
					}
				}
			default:
				add("type %s %s", write(object.Type()), write(under))
			}
			if _, isInterface := object.Type().Underlying().(*types.Interface); isInterface {
				continue
			}
			for _, receiver := range []types.Type{object.Type(), types.NewPointer(object.Type())} {
				for selection := range types.NewMethodSet(receiver).Methods() {
					if method := selection.Obj().(*types.Func); method.Exported() {
						add("method (%s) %s%s", write(receiver), method.Name(), typeOf(method, short))
					}
				}
			}
		}
	}
	return lines
}

// typeOf returns the parameters and results of a function, without their names.
func typeOf(f *types.Func, short types.Qualifier) string {
	s := f.Signature()
	nameless := func(tuple *types.Tuple) *types.Tuple {
		var all []*types.Var
		for v := range tuple.Variables() {
			all = append(all, types.NewParam(token.NoPos, nil, "", v.Type()))
		}
		return types.NewTuple(all...)
	}
	var typed []*types.TypeParam
	for p := range s.TypeParams().TypeParams() {
		typed = append(typed, p)
	}
	text := types.TypeString(types.NewSignatureType(nil, nil, nil, nameless(s.Params()), nameless(s.Results()), s.Variadic()), short)
	for _, p := range typed {
		text += fmt.Sprintf(" with %s %s", p, types.TypeString(p.Constraint(), short))
	}
	return strings.TrimPrefix(text, "func")
}
