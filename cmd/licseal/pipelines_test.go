//go:build unix

package main

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/schema"
	"go.yaml.in/yaml/v3"
)

func TestCheckGuide(t *testing.T) {
	runGuide(t, "../../docs/check.md")
}

// What check reads as a policy is what its schema describes.
func TestPolicySchema(t *testing.T) {
	data, err := os.ReadFile("../../docs/pipelines/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	shape, err := schema.Builtin("check-policy")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		text string
		ok   bool
	}{
		{string(data), true},
		{"min_remaining: 30d\n", true},
		{"grace: 1h30m\nschema: kong\n", true},
		{"min_remainig: 30d\n", false},
		{"require: dataplanes>=4\n", false},
		{"zone: {}\n", false},
		{"{}\n", false},
		{"require: [~]\n", false},
		{"min_remaining: ~\n", false},
		{"min_remaining: ''\n", false},
		{"min_remaining: nope\n", false},
	} {
		var document any
		if err := yaml.Unmarshal([]byte(test.text), &document); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		schemaErr := shape.ValidateJSON(text)
		_, parseErr := check.ParsePolicyFile([]byte(test.text))
		if (schemaErr == nil) != test.ok || (parseErr == nil) != test.ok {
			t.Errorf("%q: %v; %v", test.text, schemaErr, parseErr)
		}
	}
}

// licsealCommand returns the command line in a snippet that runs licseal check.
func licsealCommand(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../docs/pipelines", name))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	if strings.HasSuffix(name, ".service") {
		for line := range strings.Lines(string(data)) {
			if command, ok := strings.CutPrefix(line, "ExecStart=/usr/local/bin/"); ok {
				found = append(found, strings.TrimSpace(command))
			}
		}
	} else {
		var document yaml.Node
		if err := yaml.Unmarshal(data, &document); err != nil {
			t.Fatal(err)
		}
		found = commandsIn(&document)
	}
	if len(found) != 1 {
		t.Fatalf("%d commands: %q", len(found), found)
	}
	return found[0]
}

// commandsIn finds the shell lines that begin with licseal, and the arguments of
// containers, in a YAML document.
func commandsIn(n *yaml.Node) (found []string) {
	if n.Kind == yaml.ScalarNode && strings.HasPrefix(n.Value, "licseal ") {
		return []string{n.Value}
	}
	if n.Kind == yaml.SequenceNode && len(n.Content) > 0 && n.Content[0].Value == "check" {
		words := []string{"licseal"}
		for _, word := range n.Content {
			words = append(words, "'"+word.Value+"'")
		}
		return []string{strings.Join(words, " ")}
	}
	for _, child := range n.Content {
		found = append(found, commandsIn(child)...)
	}
	return found
}

// TestPipelines runs the command of each snippet, on a licence that holds and on
// one that has expired. Its files are in a folder in place of /.
func TestPipelines(t *testing.T) {
	for _, name := range []string{"github-actions.yml", "gitlab-ci.yml", "init-container.yaml", "helm-pre-upgrade.yaml", "licseal-check.service"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			command := licsealCommand(t, name)
			for _, folder := range []string{"/trusted/", "/licence/", "/etc/licseal/", "/var/lib/prometheus/node-exporter/"} {
				command = strings.ReplaceAll(command, folder, dir+"/")
			}
			sh := func(script string, env ...string) (string, int) {
				cmd := exec.Command("sh", "-c", script)
				cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
				out, _ := cmd.CombinedOutput()
				return string(out), cmd.ProcessState.ExitCode()
			}
			plan := strings.Replace(fields, `"dataplanes":"2"`, `"dataplanes":"4"`, 1)
			if out, code := sh(`licseal keygen -o vendor --no-passphrase && echo '` + plan + `' > plan.json &&
				licseal sign -k vendor --from plan.json --expires +200d -o license && licseal sign -k vendor --from plan.json --created 2020-01-01 --expires 2021-01-01 -o old`); code != 0 {
				t.Fatal(out)
			}
			policy, err := os.ReadFile("../../docs/pipelines/policy.yaml")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "policy.yaml"), policy, 0o600); err != nil {
				t.Fatal(err)
			}
			for file, want := range map[string]int{"license": exitOK, "old": exitExpired} {
				data, err := os.ReadFile(filepath.Join(dir, file))
				if err != nil {
					t.Fatal(err)
				}
				if out, code := sh(strings.ReplaceAll(command, dir+"/license", dir+"/"+file), "KONG_LICENSE_DATA="+string(data), "LICENCE_BASE64="+base64.StdEncoding.EncodeToString(data)); code != want {
					t.Errorf("$ %s\n%sended with %d, not %d", command, out, code, want)
				}
			}
			for _, report := range []string{"licence.xml", "licence.prom"} {
				data, err := os.ReadFile(filepath.Join(dir, report))
				if strings.Contains(command, report) && (err != nil || len(data) == 0) {
					t.Errorf("%s was not written: %v", report, err)
				}
			}
		})
	}
}

// The Job needs nothing in its image but licseal, and its parts are those of the batch.
func TestBulkJob(t *testing.T) {
	data, err := os.ReadFile("../../docs/bulk-job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Spec struct {
			Completions int
			Template    struct {
				Spec struct {
					Containers []struct{ Command, Args []string }
				}
			}
		}
	}
	if err := yaml.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	container := manifest.Spec.Template.Spec.Containers[0]
	if container.Command != nil || manifest.Spec.Completions != 16 {
		t.Fatalf("%d pods run %q", manifest.Spec.Completions, container.Command)
	}
	dir := t.TempDir()
	run := func(index string, args ...string) string {
		t.Helper()
		for i, arg := range args {
			for _, folder := range []string{"/keys/", "/data/"} {
				arg = strings.Replace(arg, folder, dir+"/", 1)
			}
			args[i] = strings.ReplaceAll(arg, "$(JOB_COMPLETION_INDEX)", index)
		}
		cmd := exec.Command("licseal", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "JOB_COMPLETION_INDEX="+index)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("licseal %q: %v\n%s", args, err, out)
		}
		return string(out)
	}
	testenv.WriteFile(t, filepath.Join(dir, "passphrase"), "a passphrase\n")
	testenv.WriteFile(t, filepath.Join(dir, "defaults.json"), fields)
	testenv.WriteFile(t, filepath.Join(dir, "customers.csv"), "license_key,customer\n"+"A-1,X\nA-2,Y\nA-3,Z\n")
	run("", "keygen", "-o", "vendor.key", "--no-passphrase")
	parts := []string{"merge", "-o", "licences.ndjson", "--rejects", "rejects.ndjson"}
	for i := range 16 {
		run("", "register", "new", "issued-"+strconv.Itoa(i))
		run(strconv.Itoa(i), slices.Clone(container.Args)...)
		parts = append(parts, "part-"+strconv.Itoa(i)+".ndjson")
	}
	if out := run("", parts...); !strings.Contains(out, "3 joined") {
		t.Errorf("merge: %s", out)
	}
}

// The tasks of the Slurm array make the parts of the batch, and a task that is started again
// ends as before. Slurm itself is in peers/slurm.sh.
func TestBulkArray(t *testing.T) {
	script, err := filepath.Abs("../../docs/bulk.sbatch")
	if err != nil {
		t.Fatal(err)
	}
	dir := batchDir(t, 200)
	testenv.WriteFile(t, filepath.Join(dir, "customers.csv"), readIn(t, dir, "rows.csv"))
	testenv.WriteFile(t, filepath.Join(dir, "defaults.json"), `{"dataplanes":"2","product_subscription":"Konnect Enterprise","support_plan":"None"}`)
	parts := []string{"merge", "-o", "licences.ndjson", "--rejects", "rejects.ndjson"}
	for i := range 8 {
		n := strconv.Itoa(i + 1)
		runIn(t, dir, "register", "new", "issued-"+n)
		for range 1 + i%2 {
			cmd := exec.Command("bash", script)
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "SLURM_ARRAY_TASK_ID="+n)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("task %s: %v\n%s", n, err, out)
			}
		}
		parts = append(parts, "part-"+n+".ndjson")
	}
	if out, err := inDir(dir, parts...).CombinedOutput(); !strings.Contains(string(out), "198 joined, 2 rejected") {
		t.Errorf("merge: %v: %s", err, out)
	}
	inDir(dir, "sign", "-k", "vendor.key", "--batch", "customers.csv", "--from", "defaults.json", "--created", "2026-12-01",
		"--expires", "+365d", "-o", "single.ndjson", "--rejects", "single.rejects").Run()
	sameFile(t, dir, "licences.ndjson", "single.ndjson")
}
