package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
	"sigs.k8s.io/yaml"
)

// The action installs a release that is signed with the key of the workflow, from a folder
// or from a server, and nothing of any other.
func TestAction(t *testing.T) {
	dir, public := built(t)
	testenv.Programs(t, "bash", "curl")
	key := strings.TrimSpace(string(testenv.ReadFile(t, public)))
	other := filepath.Join(t.TempDir(), "other")
	testenv.Run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other)
	otherKey := strings.TrimSpace(string(testenv.ReadFile(t, other+".pub")))
	const archive = "licseal_0.9.0_linux_amd64.tar.gz"
	with := func(name, data string) string {
		changed := copied(t, dir)
		testenv.WriteFile(t, filepath.Join(changed, name), data)
		return changed
	}
	sums := string(testenv.ReadFile(t, filepath.Join(dir, sumsFile)))
	replaced := with(archive, "another archive")
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	tests := map[string]struct{ version, from, key, want string }{
		"a folder":               {"v0.9.0", dir, key, ""},
		"a server":               {"v0.9.0", server.URL + "/", key, ""},
		"a key without its name": {"v0.9.0", dir, strings.Join(strings.Fields(key)[:2], " "), ""},
		"another archive":        {"v0.9.0", replaced, key, "is not the file whose checksum is signed"},
		"checksums of a thief":   {"v0.9.0", with(sumsFile, strings.Replace(sums, "  "+archive, "  x\n"+sumOf([]byte("another archive"))+"  "+archive, 1)), key, "are not signed with this key"},
		"no signature":           {"v0.9.0", with(signatureFile, ""), key, "are not signed with this key"},
		"the key of another":     {"v0.9.0", dir, otherKey, "are not signed with this key"},
		"two keys":               {"v0.9.0", dir, otherKey + "\n" + key, "must be one public key"},
		"no key":                 {"v0.9.0", dir, "", "are required"},
		"options, and a key":     {"v0.9.0", dir, "cert-authority " + key, "must be one public key"},
		"another version":        {"v0.9.1", dir, key, "has no licseal_0.9.1"},
		"a path as version":      {"v0.9.0/../x", dir, key, "is not a version"},
		"nothing there":          {"v0.9.0", server.URL + "/none", key, "has no SHA256SUMS"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			temp := t.TempDir()
			said, err := runAction(t, temp, test.version, test.from, test.key)
			installed := filepath.Join(temp, "licseal")
			if test.want != "" {
				if err == nil || !strings.Contains(said, test.want) {
					t.Errorf("%v, without %q: %s", err, test.want, said)
				}
				if _, err := os.Stat(installed); err == nil {
					t.Error("something was installed")
				}
				return
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			if path := string(testenv.ReadFile(t, filepath.Join(temp, "path"))); path != installed+"\n" {
				t.Errorf("the path has %q", path)
			}
			if got := testenv.Run(t, filepath.Join(installed, "licseal"), "version"); !strings.HasPrefix(got, "licseal v0.9.0 ") {
				t.Error(got)
			}
		})
	}
}

// runAction does what a runner does with the action.
func runAction(t *testing.T, temp, version, from, key string) (string, error) {
	var action struct {
		Inputs map[string]struct {
			Description string `json:"description"`
			Required    bool   `json:"required"`
		} `json:"inputs"`
		Name        string `json:"name"`
		Description string `json:"description"`
		Runs        struct {
			Using string `json:"using"`
			Steps []struct {
				Shell string            `json:"shell"`
				Env   map[string]string `json:"env"`
				Run   string            `json:"run"`
			} `json:"steps"`
		} `json:"runs"`
	}
	if err := yaml.UnmarshalStrict(testenv.ReadFile(t, "../../action.yml"), &action); err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	inputs := map[string]string{"${{ inputs.version }}": version, "${{ inputs.from }}": from, "${{ inputs.key }}": key}
	if len(action.Inputs) != len(inputs) || len(action.Runs.Steps) != 1 || action.Runs.Steps[0].Shell != "bash" {
		t.Fatalf("%+v", action)
	}
	step := action.Runs.Steps[0]
	command := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run)
	command.Env = append(os.Environ(), "GITHUB_ACTION_PATH="+root, "RUNNER_TEMP="+temp, "GITHUB_PATH="+filepath.Join(temp, "path"))
	for name, value := range step.Env {
		given, ok := inputs[value]
		if !ok {
			t.Fatalf("%s is %s", name, value)
		}
		command.Env = append(command.Env, name+"="+given)
	}
	said, err := command.CombinedOutput()
	return string(said), err
}
