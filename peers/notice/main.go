// Command notice prints the file NOTICE: the licences of the software that the
// commands of this project contain. From the folder peers:
//
//	go run ./notice >../NOTICE
//
// It reads the licence files of each module that a command is linked with, in any of
// the systems that commands are built for, and identifies them with the library that
// pkg.go.dev uses. A test fails if NOTICE is out of date.
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

func main() {
	text, err := notice("..")
	if err != nil {
		fmt.Fprintln(os.Stderr, "notice:", err)
		os.Exit(1)
	}
	os.Stdout.Write(text)
}

// systems are the operating systems that the commands are built for.
var systems = []string{"linux", "darwin", "windows"}

// module is software of others, with its licence files.
type module struct {
	path, version string
	files         []file
}

// file is a licence or a notice.
type file struct {
	name string   // from the module's folder
	ids  []string // SPDX identifiers; none for a notice
	text string
}

// notice returns the contents of NOTICE for the commands of the module in a folder.
func notice(dir string) ([]byte, error) {
	modules, err := find(dir)
	if err != nil {
		return nil, err
	}
	std, err := standardLibrary(dir)
	if err != nil {
		return nil, err
	}
	return write(append(modules, std)), nil
}

// find returns the modules that the commands are linked with, ordered by path.
func find(dir string) ([]module, error) {
	folders := map[string]map[string]bool{} // of each module, those of its packages
	modules := map[string]goModule{}
	for _, system := range systems {
		packages, err := list(dir, system)
		if err != nil {
			return nil, err
		}
		for _, p := range packages {
			if p.Module == nil || p.Module.Main {
				continue
			}
			path := p.Module.Path
			if folders[path] == nil {
				folders[path] = map[string]bool{}
			}
			modules[path], folders[path][p.Dir] = *p.Module, true
		}
	}
	var found []module
	for path, m := range modules {
		files, err := licences(m.Dir, folders[path])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		found = append(found, module{path, m.Version, files})
	}
	slices.SortFunc(found, func(a, b module) int { return cmp.Compare(a.path, b.path) })
	return found, nil
}

type goModule struct {
	Path, Version, Dir string
	Main               bool
}

type goPackage struct {
	Dir    string
	Module *goModule
}

// list returns the packages that the commands consist of, as go list does.
func list(dir, system string) ([]goPackage, error) {
	command := exec.Command("go", "list", "-deps", "-json=Dir,Module", "./cmd/...")
	command.Dir, command.Stderr = dir, os.Stderr
	command.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0")
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go list for %s: %w", system, err)
	}
	var packages []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
}

var (
	licenceName = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying)`)
	noticeName  = regexp.MustCompile(`(?i)^(notice|copyright)`)
)

// licences returns the licence files in a module's folder, and in those of its
// packages and all folders between.
func licences(dir string, packages map[string]bool) ([]file, error) {
	folders := map[string]bool{dir: true}
	for folder := range packages {
		for ; folder != dir && strings.HasPrefix(folder, dir); folder = filepath.Dir(folder) {
			folders[folder] = true
		}
	}
	var files []file
	licensed := false
	for folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			f, err := read(dir, filepath.Join(folder, entry.Name()), entry)
			if err != nil {
				return nil, err
			}
			if f != nil {
				files = append(files, *f)
				licensed = licensed || len(f.ids) > 0
			}
		}
	}
	if !licensed {
		return nil, errors.New("no licence was found")
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(a.name, b.name) })
	return files, nil
}

// read returns a licence or notice of the module in a folder, nil if the file is
// neither.
func read(dir, path string, entry fs.DirEntry) (*file, error) {
	isNotice := noticeName.MatchString(entry.Name())
	if entry.IsDir() || filepath.Ext(path) == ".go" || !isNotice && !licenceName.MatchString(entry.Name()) {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	name, err := filepath.Rel(dir, path)
	if err != nil {
		return nil, err
	}
	f := &file{name: filepath.ToSlash(name), text: string(data)}
	for _, match := range licensecheck.Scan(data).Match {
		if !match.IsURL && !slices.Contains(f.ids, match.ID) {
			f.ids = append(f.ids, match.ID)
		}
	}
	if len(f.ids) == 0 && !isNotice { // such as the licence of a logo
		return nil, nil
	}
	return f, nil
}

// standardLibrary returns what every Go program is linked with.
func standardLibrary(dir string) (module, error) {
	command := exec.Command("go", "env", "GOROOT")
	command.Dir = dir
	root, err := command.Output()
	if err != nil {
		return module{}, fmt.Errorf("go env GOROOT: %w", err)
	}
	files, err := licences(strings.TrimSpace(string(root)), nil)
	if err != nil {
		return module{}, fmt.Errorf("the standard library: %w", err)
	}
	return module{path: "Go's standard library", files: files}, nil
}

const header = `licseal
Copyright The licseal authors

Licensed under the Apache License, Version 2.0; see the file LICENSE.

The commands licseal and licseald contain software of others. This file lists it,
with its licences. It is generated: cd peers && go run ./notice >../NOTICE

`

// write returns the text of NOTICE: a list of the modules, then each text once, under
// the names of the modules that have it.
func write(modules []module) []byte {
	var b bytes.Buffer
	b.WriteString(header)
	var texts []string
	owners := map[string][]string{} // of a text
	for _, m := range modules {
		var ids []string
		for _, f := range m.files {
			ids = append(ids, f.ids...)
			text := strings.TrimSpace(strings.ReplaceAll(f.text, "\r\n", "\n"))
			if owners[text] == nil {
				texts = append(texts, text)
			}
			owners[text] = append(owners[text], strings.TrimSpace(m.path+" "+m.version)+", "+f.name)
		}
		slices.Sort(ids)
		fmt.Fprintf(&b, "%s: %s\n", strings.TrimSpace(m.path+" "+m.version), strings.Join(slices.Compact(ids), ", "))
	}
	line := strings.Repeat("=", 80)
	for _, text := range texts {
		fmt.Fprintf(&b, "\n%s\n%s\n%s\n\n%s\n", line, strings.Join(owners[text], "\n"), line, text)
	}
	return b.Bytes()
}
