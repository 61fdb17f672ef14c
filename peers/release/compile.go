package main

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

// target is a system that programs are built for.
type target struct{ os, arch string }

func (t target) String() string { return t.os + "/" + t.arch }

// allTargets are the systems of a release.
var allTargets = []target{
	{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"},
}

// chooseTargets returns the systems that a list names, or all.
func chooseTargets(only string) ([]target, error) {
	if only == "" {
		return allTargets, nil
	}
	var chosen []target
	for _, name := range strings.Split(only, ",") {
		i := slices.IndexFunc(allTargets, func(t target) bool { return t.String() == name })
		if i < 0 {
			return nil, fmt.Errorf("%q is not one of %v", name, allTargets)
		}
		chosen = append(chosen, allTargets[i])
	}
	return chosen, nil
}

// programs are the programs of a release, with the flags that each is built with, beside
// those of all.
var programs = []struct {
	name  string
	flags []string
}{
	{"licseal", []string{"-tags=urfave_cli_no_docs,nethttpomithttp2"}},
	{"licseald", []string{"-tags=urfave_cli_no_docs"}},
	{"licseal-verify", []string{"-gcflags=all=-l"}}, // smaller, and starts as fast
}

// buildFlags are those of all programs: no paths of this machine, the commit, no symbols.
var buildFlags = []string{"build", "-trimpath", "-buildvcs=true", "-ldflags=-s"}

// buildEnvironment is set in place of what a user has chosen that would change a program.
var buildEnvironment = []string{
	"CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOWORK=off", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "GODEBUG=", "GOFIPS140=off",
}

// program is a program that was built.
type program struct {
	name string // as licseal, without .exe
	data []byte
	info *debug.BuildInfo
}

// compile builds the programs for a system.
func (r *release) compile(t target) ([]program, error) {
	dir, err := os.MkdirTemp("", "licseal-release-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var built []program
	for _, p := range programs {
		path := filepath.Join(dir, p.name)
		if err := goBuild(r.root, t, p.name, p.flags, path); err != nil {
			return nil, err
		}
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if err := r.check(info); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		built = append(built, program{p.name, data, info})
	}
	return built, nil
}

// goBuild builds a program as it is released.
func goBuild(root string, t target, name string, flags []string, path string) error {
	command := exec.Command("go", slices.Concat(buildFlags, flags, []string{"-o", path, "./cmd/" + name})...)
	command.Dir, command.Stderr = root, os.Stderr
	command.Env = slices.Concat(os.Environ(), buildEnvironment, []string{"GOOS=" + t.os, "GOARCH=" + t.arch})
	if err := command.Run(); err != nil {
		return fmt.Errorf("building %s: %w", name, err)
	}
	return nil
}

// check fails unless a program says that it is of this version and this commit.
func (r *release) check(info *debug.BuildInfo) error {
	if r.version == "" { // the commit has no tag
		r.version = info.Main.Version
	}
	if r.goes == "" {
		r.goes = info.GoVersion
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if info.Main.Version != r.version || info.GoVersion != r.goes || settings["vcs.revision"] != r.commit || settings["vcs.modified"] != "false" {
		return fmt.Errorf("it was built from %s at %q by %s, and not from %s at %q by %s", info.Main.Version, settings["vcs.revision"], info.GoVersion, r.version, r.commit, r.goes)
	}
	return nil
}
