package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// mayConnect lists the files, of all that licseal and licseal-verify are made of, that
// import net, net/http or crypto/tls, and what for.
var mayConnect = map[string]string{
	"admin":                       "the client of the Admin API, its server, and their words",
	"cmd/licseal/admin_client.go": "makes the client of the Admin API",
	"keys/agent/dial.go":          "connects to the SSH agent of this machine, by a Unix socket",
}

// Only admin and check --admin-url open a network connection: no other command comes to
// what could open one, and their help says so.
func TestOnlyAdminConnects(t *testing.T) {
	list := exec.Command("go", "list", "-deps", "-f", `{{if .Module}}{{if .Module.Main}}{{$dir := .Dir}}{{range .GoFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}{{end}}{{end}}`, ".", "../licseal-verify")
	output, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	files := strings.Fields(string(output))
	if len(files) < 200 {
		t.Fatalf("%d files", len(files))
	}
	positions := token.NewFileSet()
	for _, path := range files {
		file, err := parser.ParseFile(positions, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		name = filepath.ToSlash(name)
		if imports(file, "net", "net/http", "crypto/tls") && mayConnect[name] == "" && mayConnect[strings.Split(name, "/")[0]] == "" {
			t.Errorf("%s can open a network connection", name)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			switch called := selector(call.Fun); {
			case name == "keys/agent/dial.go" && strings.HasPrefix(lastOf(call.Fun), "Dial"):
				if network, ok := call.Args[1].(*ast.BasicLit); !ok || network.Value != `"unix"` {
					t.Errorf("%s: the agent is not on this machine", positions.Position(n.Pos()))
				}
			case !strings.HasPrefix(name, "cmd/licseal/"):
			case called == "connect" || called == "newAdminClient" || called == "admin.NewClient":
				if base := filepath.Base(name); !strings.HasPrefix(base, "cmd_admin") && base != "admin_client.go" && base != "cmd_check_run.go" && base != "cmd_check_fleet.go" {
					t.Errorf("%s: this command opens a network connection", positions.Position(n.Pos()))
				}
			}
			return true
		})
	}
	for _, command := range newApp().Commands {
		says := strings.Contains(command.Description, "network connection") || strings.Contains(command.Description, "network\nconnection")
		if want := command.Name == "admin" || command.Name == "check"; says != want {
			t.Errorf("the help of %s says that it opens a network connection: %v, want %v", command.Name, says, want)
		}
	}
}

func imports(file *ast.File, paths ...string) bool {
	return slices.ContainsFunc(file.Imports, func(spec *ast.ImportSpec) bool {
		path, err := strconv.Unquote(spec.Path.Value)
		return err == nil && slices.Contains(paths, path)
	})
}

// lastOf returns the name of the function or method that is called.
func lastOf(called ast.Expr) string {
	switch called := called.(type) {
	case *ast.SelectorExpr:
		return called.Sel.Name
	case *ast.Ident:
		return called.Name
	}
	return ""
}

// A secret is never the value of a flag, which other users of the machine can see.
func TestNoFlagTakesASecret(t *testing.T) {
	looked := 0
	var look func(commands []*cli.Command)
	look = func(commands []*cli.Command) {
		for _, command := range commands {
			look(command.Subcommands)
			for _, flag := range command.Flags {
				looked++
				if _, isSwitch := flag.(*cli.BoolFlag); isSwitch {
					continue
				}
				for _, name := range flag.Names() {
					words := strings.Split(name, "-")
					secret := slices.ContainsFunc(words, func(word string) bool {
						return slices.Contains([]string{"passphrase", "password", "token", "pin", "private"}, word)
					})
					if secret && words[len(words)-1] != "file" {
						t.Errorf("%s --%s takes a secret: let it name a file", command.Name, name)
					}
				}
			}
		}
	}
	look(newApp().Commands)
	if looked < 100 {
		t.Errorf("%d flags", looked)
	}
}
