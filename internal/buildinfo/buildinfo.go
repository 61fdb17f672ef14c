// Package buildinfo says what a program was built from, as the Go toolchain recorded it
// in the program.
package buildinfo

import (
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/licseal/licseal/internal/jsonline"
	"github.com/licseal/licseal/internal/text"
)

// Info says what a program was built from.
type Info struct {
	Program    string
	Version    string // as "v0.9.0"; "(devel)" or "(unknown)" without version control
	Go, System string // as "go1.26.4" and "linux/amd64"
	Commit     string // "" if it is not recorded
	CommitTime string // in RFC 3339
	Modified   bool   // by changes that were not committed
	Settings   []Pair // of the build, as "-tags"
	Modules    []Pair // that the program is linked with, and the version of each
}

// Pair is a name with a value.
type Pair struct{ Name, Value string }

// Of returns the information on the program that is running. The name is what the program
// is called.
func Of(program string) Info {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{GoVersion: runtime.Version()}
	}
	return from(program, info)
}

// Version returns the version of the program that is running.
func Version() string { return Of("").Version }

func from(program string, recorded *debug.BuildInfo) Info {
	info := Info{
		Program: program, Version: recorded.Main.Version, Go: recorded.GoVersion,
		System: runtime.GOOS + "/" + runtime.GOARCH,
	}
	if info.Version == "" {
		info.Version = "(unknown)"
	}
	for _, s := range recorded.Settings {
		switch s.Key {
		case "vcs.revision":
			info.Commit = s.Value
		case "vcs.time":
			info.CommitTime = s.Value
		case "vcs.modified":
			info.Modified = s.Value == "true"
		case "vcs", "GOOS", "GOARCH", "-compiler", "-buildmode": // always the same, or in System
		default:
			if s.Value != "" {
				info.Settings = append(info.Settings, Pair{s.Key, s.Value})
			}
		}
	}
	for _, m := range recorded.Deps {
		version := m.Version
		if r := m.Replace; r != nil {
			version = strings.TrimSpace("replaced by " + r.Path + " " + r.Version)
		}
		info.Modules = append(info.Modules, Pair{m.Path, version})
	}
	return info
}

// IsRelease reports whether the program was built from a version that has a name, and
// from nothing else.
func (i *Info) IsRelease() bool {
	replaced := func(m Pair) bool { return strings.HasPrefix(m.Value, "replaced") }
	return strings.HasPrefix(i.Version, "v") && !isPseudo(i.Version) && !i.Modified &&
		!strings.HasSuffix(i.Version, "+dirty") && !slices.ContainsFunc(i.Modules, replaced)
}

// isPseudo reports whether a version is one that Go makes up for a commit without a name:
// it ends with the time and the beginning of the commit, as -0.20261128081200-997e4f0c1234.
func isPseudo(version string) bool {
	version, _, _ = strings.Cut(version, "+")
	parts := strings.Split(version, "-")
	if len(parts) < 3 {
		return false
	}
	stamp := parts[len(parts)-2]
	stamp = stamp[strings.LastIndexByte(stamp, '.')+1:]
	return len(stamp) == len("20261128081200") && strings.Trim(stamp, "0123456789") == "" && len(parts[len(parts)-1]) == 12
}

// Hint returns what the user should know about a program that is not a release, "" for a
// release.
func (i *Info) Hint() string {
	switch changed := i.Modified || strings.HasSuffix(i.Version, "+dirty"); {
	case i.IsRelease():
		return ""
	case i.Commit == "":
		return "this is not a release: it was built from source, and the commit is not recorded"
	case changed:
		return "this is not a release: it was built from source at " + short(i.Commit) + ", with local changes"
	default:
		return "this is not a release: it was built from source at " + short(i.Commit)
	}
}

func short(commit string) string { return commit[:min(12, len(commit))] }

// Lines returns the information for people, without a line break at the end.
func (i *Info) Lines() text.Line {
	lines := []text.Line{text.Sprintf("%s %s %s %s", i.Program, i.Version, i.Go, i.System)}
	if i.Commit != "" {
		lines = append(lines, text.Sprintf("commit %s of %s", i.Commit, i.CommitTime))
	}
	for _, list := range []struct {
		title string
		pairs []Pair
		joint string
	}{{"build settings", i.Settings, "="}, {"modules", i.Modules, " "}} {
		if len(list.pairs) > 0 {
			lines = append(lines, text.Sprintf("%s:", list.title))
		}
		for _, p := range list.pairs {
			lines = append(lines, text.Sprintf("  %s%s%s", p.Name, list.joint, p.Value))
		}
	}
	return text.Join(lines, "\n")
}

// JSON returns the information for programs, one line without a line break.
func (i *Info) JSON() string {
	var o jsonline.Object
	o.Text("program", i.Program)
	o.Text("version", i.Version)
	o.Bool("release", i.IsRelease())
	if i.Commit != "" {
		o.Text("commit", i.Commit)
		o.Text("commit_time", i.CommitTime)
		o.Bool("modified", i.Modified)
	}
	o.Text("go", i.Go)
	o.Text("system", i.System)
	o.Raw("settings", object(i.Settings))
	o.Raw("modules", object(i.Modules))
	return o.String()
}

func object(pairs []Pair) string {
	var o jsonline.Object
	for _, p := range pairs {
		o.Text(p.Name, p.Value)
	}
	return o.String()
}
