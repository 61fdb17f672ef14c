package check_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/verify"
)

// caseDir has files and texts as people had them, and the key that signed the good ones.
const caseDir = "../testdata/cases"

// notHere are the cases that other tests answer: those of batches, in package bulk/rows,
// and the texts of those of schemas, in package schema.
var notHere = []string{"42-csv/", "43-schema/", "vendor.key.pub"}

// Each row is a file of testdata/cases, what is found in it, and whether the licence in
// it, by the name of its own file, is restored.
var cases = map[string]struct {
	finds    string
	restores string // "" if there is no licence that a trusted key has signed
	remedy   string // a part of the first remedy
}{
	"lic.json":                         {"", "lic.json", ""},
	"01-mesh-version/license.json":     {"", "lic.json", ""},
	"07-vault-kv/out.json":             {"error json-value", "lic.json", "jq -r '.data.data.license'"},
	"09-go-map/injector-default":       {"error go-map", "lic.json", "toJSON"},
	"11-aws-sm/secret.json":            {"error json-value", "lic.json", "jq -r '.KONG_LICENSE_DATA'"},
	"12-ecs/taskdef.json":              {"error json-value", "lic.json", "jq -r '.containerDefinitions[0].environment[1].value'"},
	"13-zsh-percent/b64.txt":           {"error surrounding-text, error base64", "lic.json", "remove the %"},
	"14-certutil/license.b64":          {"error armour", "lic.json", "certutil -decode"},
	"25-sealed/es.yaml":                {"error pointer", "", "kubectl get secret kong-enterprise-license -n kong -o yaml"},
	"28-sops/gpg.txt":                  {"error encrypted", "", "gpg --decrypt"},
	"28-sops/license.enc.json":         {"error encrypted", "", "sops decrypt"},
	"29-placeholders/argocd-avp.txt":   {"error placeholder", "", "resolves references"},
	"29-placeholders/null.txt":         {"error placeholder", "", "check the path"},
	"29-placeholders/op.txt":           {"error placeholder", "", "resolves references"},
	"29-placeholders/vault-ref.txt":    {"error placeholder", "", "resolves references"},
	"30-mesh-payload/mesh-padded.json": {"note version-integer, error signature", "", ""},
	"34-terraform-var/tfvars.json":     {"error json-value, note version-integer, error signature", "", "jq -r '.kong_license'"},
	"34-terraform-var/variables.tf":    {"error string-value, error wrapped-in-quotes, note version-integer, error signature", "", "only the string"},
	"47-invisible-id/lk-sp.json":       {"warning odd-id", "47-invisible-id/lk-sp.json", ""},
	"47-invisible-id/lk-zw.json":       {"warning odd-id", "47-invisible-id/lk-zw.json", ""},
}

func caseChecker(t *testing.T, change func(*check.Options)) *check.Checker {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(caseDir, "vendor.key.pub"))
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := keys.ParseTrusted("vendor.key.pub", data)
	if err != nil {
		t.Fatal(err)
	}
	return newChecker(t, func(o *check.Options) {
		o.Trusted, o.Verify.At = trusted, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
		if change != nil {
			change(o)
		}
	})
}

func TestCases(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(caseDir, func(path string, entry fs.DirEntry, err error) error {
		name := strings.TrimPrefix(filepath.ToSlash(path), caseDir+"/")
		if err != nil || entry.IsDir() || hasAnyPrefix(name, notHere) {
			return err
		}
		test, ok := cases[name]
		if !ok {
			t.Errorf("%s has no answer", name)
			return nil
		}
		seen++
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			r := caseChecker(t, nil).License(name, text)
			if got := codes(r.Findings); got != test.finds {
				t.Errorf("found %q; want %q: %v", got, test.finds, r.Findings)
			}
			if len(r.Findings) > 0 && !strings.Contains(r.Findings[0].Remedy, test.remedy) {
				t.Errorf("the remedy is %q; want %q", r.Findings[0].Remedy, test.remedy)
			}
			want := ""
			if test.restores != "" {
				text, err := os.ReadFile(filepath.Join(caseDir, test.restores))
				if err != nil {
					t.Fatal(err)
				}
				want = strings.TrimSpace(string(text))
			}
			if diff := cmp.Diff(want, string(r.Canonical())); diff != "" {
				t.Error(diff)
			}
		})
		return nil
	})
	if err != nil || seen != len(cases) {
		t.Errorf("%d files for %d answers: %v", seen, len(cases), err)
	}
}

// Goroutines that share a checker find what each would find alone.
func TestConcurrentCases(t *testing.T) {
	c := caseChecker(t, nil)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for name, test := range cases {
				text, err := os.ReadFile(filepath.Join(caseDir, name))
				if err != nil {
					t.Error(err)
				}
				if got := codes(c.License(name, text).Findings); got != test.finds {
					t.Errorf("%s: found %q; want %q", name, got, test.finds)
				}
			}
		})
	}
	group.Wait()
}

func hasAnyPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// What nobody here has signed is restored all the same if signatures are not checked.
func TestCasesUnsigned(t *testing.T) {
	for _, name := range []string{"34-terraform-var/tfvars.json", "34-terraform-var/variables.tf"} {
		text, err := os.ReadFile(filepath.Join(caseDir, name))
		if err != nil {
			t.Fatal(err)
		}
		r := caseChecker(t, func(o *check.Options) { o.Trusted, o.NoSignature = nil, true }).License(name, text)
		if r.License == nil || r.License.Version != licseal.Version1Integer || r.State != verify.Valid {
			t.Errorf("%s: %v", name, r.Findings)
		}
	}
}
