package licseal_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
)

// Each Containerfile copies files that exist, builds a program that needs nothing of its
// image, and shows flags that the program takes.
func TestContainerfiles(t *testing.T) {
	for name, program := range map[string]string{"docs/Containerfile": "licseal", "docs/licseald/Containerfile": "licseald"} {
		t.Run(program, func(t *testing.T) {
			file := readContainerfile(t, name)
			if !strings.HasPrefix("go"+strings.TrimPrefix(file["FROM"][0][0], "golang:")+".", strings.Join(goVersion(t), ".")+".") {
				t.Errorf("it builds with %s, and go.mod has go %v", file["FROM"][0][0], goVersion(t))
			}
			for _, run := range file["RUN"] {
				dryRun(t, strings.Join(run, " "))
			}
			for _, words := range file["COPY"] {
				for _, source := range words[:len(words)-1] {
					if strings.HasPrefix(source, "/out/") || strings.HasPrefix(source, "--") {
						continue
					}
					if _, err := os.Stat(source); err != nil {
						t.Errorf("COPY %v: %v", words, err)
					}
				}
			}
			if !isCopied(file["COPY"], "/out/"+program, "/"+program) || file["ENTRYPOINT"][0][0] != `["/`+program+`"]` {
				t.Errorf("the image does not begin with %s: %v", program, file)
			}
			checkShownFlags(t, name, program)
		})
	}
}

// What documents and pipelines install has a version: what runs today is what ran
// yesterday.
func TestPinnedVersions(t *testing.T) {
	files := []string{"README.md", "action.yml"}
	err := filepath.WalkDir("docs", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	pinned := 0
	for _, path := range files {
		for _, found := range installed.FindAllStringSubmatch(string(testenv.ReadFile(t, path)), -1) {
			pinned++
			if found[1] != "v0.9.0" {
				t.Errorf("%s: %s has not the version v0.9.0", path, found[0])
			}
		}
	}
	if pinned < 8 {
		t.Errorf("%d versions", pinned)
	}
}

// installed matches what is installed of this project: a module, an action or an image.
var installed = regexp.MustCompile(`(?:licseal/licseal(?:/cmd/[a-z-]+)?@|registry[.]example/licseald?:)([\w.-]*)`)

// readContainerfile returns the words of each instruction, without options of builds.
func readContainerfile(t *testing.T, name string) map[string][][]string {
	file := map[string][][]string{}
	for _, line := range strings.Split(string(testenv.ReadFile(t, name)), "\n") {
		if words := strings.Fields(line); len(words) > 1 && words[0] != "#" {
			file[words[0]] = append(file[words[0]], words[1:])
		}
	}
	return file
}

// goVersion returns the language version of go.mod: "go1" and "26".
func goVersion(t *testing.T) []string {
	found := regexp.MustCompile(`(?m)^go (\d+)\.(\d+)`).FindSubmatch(testenv.ReadFile(t, "go.mod"))
	return []string{"go" + string(found[1]), string(found[2])}
}

func isCopied(copies [][]string, from, to string) bool {
	return slices.ContainsFunc(copies, func(words []string) bool {
		return len(words) > 1 && slices.Equal(words[len(words)-2:], []string{from, to})
	})
}

// dryRun runs a command up to where it would compile. A program for an empty image must be
// built without cgo, because it has no loader there.
func dryRun(t *testing.T, command string) {
	build, isBuild := strings.CutPrefix(command, "CGO_ENABLED=0 go build ")
	if !isBuild {
		if command != "go mod download" {
			t.Errorf("RUN %s: is this tried anywhere?", command)
		}
		return
	}
	build, _, _ = strings.Cut(build, " && mkdir -p /out/")
	if said, err := exec.Command("sh", "-c", "CGO_ENABLED=0 go build -n "+build).CombinedOutput(); err != nil {
		t.Errorf("RUN %s: %v\n%s", command, err, said[max(0, len(said)-2000):])
	}
}

// checkShownFlags runs the program with the flags in the comment of its Containerfile. Its
// files are missing here, so it fails, but not for its flags.
func checkShownFlags(t *testing.T, name, program string) {
	comment := strings.ReplaceAll(string(testenv.ReadFile(t, name)), "\\\n#", "")
	_, shown, ok := strings.Cut(comment, "licences:/data")
	if !ok {
		return
	}
	shown, _, _ = strings.Cut(shown, "\n")
	args := strings.Fields(shown)
	args = args[slices.Index(args, program)+1:]
	cmd := exec.Command(testenv.Build(t, program), args...)
	cmd.Dir, cmd.Env = t.TempDir(), []string{"LICSEALD_STORE=sqlite:licences.db"}
	said, err := cmd.CombinedOutput()
	if failed := (*exec.ExitError)(nil); !errors.As(err, &failed) || failed.ExitCode() == 2 || len(args) < 4 {
		t.Errorf("%v: %v\n%s", args, err, said)
	}
}
