// Package languages has the verifiers of sdk, in other languages, judge all test vectors
// and thousands of mutants. Each must say what this project says: the same reason, the
// same class, and for what is accepted the same digest of the payload.
package languages

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal/internal/conformance"
	"github.com/licseal/licseal/internal/testenv"
)

// client is a verifier in a language.
type client struct {
	language string
	start    func(t *testing.T, sdk string) (command []string) // skips the test if it cannot run here
}

var clients = []client{
	{"JavaScript", func(t *testing.T, sdk string) []string {
		testenv.Programs(t, "node")
		return []string{"node", filepath.Join(sdk, "js/bin/licseal-verify.js")}
	}},
	{"Python", func(t *testing.T, sdk string) []string {
		const python = "/usr/bin/python3" // the one of the system, which has the package
		if exec.Command(python, "-c", "import cryptography").Run() != nil {
			testenv.Missing(t, "cryptography for Python is not installed")
		}
		t.Setenv("PYTHONPATH", filepath.Join(sdk, "python"))
		t.Setenv("PYTHONDONTWRITEBYTECODE", "1")
		return []string{python, "-m", "licseal_verify"}
	}},
	{"Java", func(t *testing.T, sdk string) []string {
		testenv.Programs(t, "java", "javac")
		var sources []string
		err := filepath.WalkDir(filepath.Join(sdk, "java/src/main"), func(path string, _ os.DirEntry, err error) error {
			if strings.HasSuffix(path, ".java") {
				sources = append(sources, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		classes := t.TempDir()
		testenv.Run(t, "javac", append([]string{"--release", "17", "-d", classes}, sources...)...)
		return []string{"java", "-cp", classes, "io.github.licseal.Client"}
	}},
}

// perRound is how many mutants one process judges.
const perRound = 10_000

func TestLanguagesAgree(t *testing.T) {
	sdk, err := filepath.Abs("../../sdk")
	if err != nil {
		t.Fatal(err)
	}
	vectors, err := conformance.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	for round := range testenv.Rounds(1, 10) {
		seed := uint64(1 + round)
		judged := append(slices.Clone(vectors), slices.Collect(conformance.Mutants(vectors, seed, perRound))...)
		if round > 0 {
			judged = judged[len(vectors):]
		}
		for _, c := range clients {
			t.Run(c.language, func(t *testing.T) { agrees(t, c.start(t, sdk), judged) })
		}
	}
}

func agrees(t *testing.T, command []string, vectors []conformance.Vector) {
	began, different := time.Now(), 0
	options := conformance.Options{Command: command, Call: conformance.CallServe, Classes: true, Timeout: time.Minute}
	_, err := conformance.Run(context.Background(), slices.Values(vectors), options, func(r conformance.Result) {
		if r.Status == conformance.Passed {
			return
		}
		if different++; different <= 20 {
			t.Errorf("%s: %s (%s)", r.Request.ID, r.Detail, r.Why)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d vectors, %d differences, %v", len(vectors), different, time.Since(began).Round(time.Second/10))
}
