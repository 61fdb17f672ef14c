//go:build unix

package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
)

const usagePayload = `{
	"created": "2026-01-01T00:00:00.000Z", "expiry": "2999-01-01T00:00:00.000Z", "delay_expiry_days": 10,
	"customer_name": "Example Company, Inc", "id": "A-1", "key": "K-1", "max_machines": 1, "delay_max_uses_perc": 0, "policy": null,
	"entitlements": {
		"scans/large": {"is_limited": true, "max_uses": 3, "name": "Scans"},
		"hosts": {"is_limited": true, "max_uses": 2, "name": "Hosts"}
	},
	"ordered_entitlements_keys": ["scans/large", "hosts"]
}`

// usageServer is a server with a licence in use, and a token for each scope.
func usageServer(t *testing.T, args ...string) (p *process, secret func(scope string) string) {
	t.Helper()
	v := newVendor(t)
	dir, tokens := t.TempDir(), filepath.Join(t.TempDir(), "tokens")
	testenv.WriteFile(t, filepath.Join(dir, "installed.json"), v.sign(t, usagePayload))
	secret = func(scope string) string { return "secret-of-the-token-" + scope }
	var lines string
	for _, scope := range []string{"entitlement-use", "entitlement-read", "entitlement-write", "read", "write", "metrics"} {
		lines += scope + " " + secret(scope) + " " + scope + "\n"
	}
	testenv.WriteFile(t, tokens, lines)
	return start(t, append([]string{"--ephemeral", "--trust", v.trust, "--license-dir", dir, "--entitlement-token-file", tokens, "--level", "hosts"}, args...)...), secret
}

// Entitlements are used with a token of their own scope, and seen with one for reading, too.
func TestUsageScopes(t *testing.T) {
	p, secret := usageServer(t)
	for _, scope := range []string{"entitlement-use", "entitlement-read", "entitlement-write", "read", "write", "metrics", "unknown"} {
		mayUse := scope == "entitlement-use"
		maySee := mayUse || strings.HasPrefix(scope, "entitlement-")
		for _, call := range []struct {
			method, path string
			may          bool
		}{
			{"GET", "/api/v1/entitlements", maySee}, {"GET", "/api/v1/entitlements/hosts", maySee}, {"POST", "/api/v1/entitlements/scans%2Flarge/use", mayUse},
			{"POST", "/api/v1/entitlements/hosts/take", mayUse}, {"POST", "/api/v1/entitlements/hosts/give", mayUse}, {"GET", "/api/v1/openapi.json", true},
		} {
			if status := statusOf(t, http.DefaultClient, call.method, p.url+call.path, secret(scope)); (status == 200) != call.may || status != 200 && status != 403 {
				t.Errorf("%s %s with %s: %d", call.method, call.path, scope, status)
			}
		}
	}
	if status := statusOf(t, http.DefaultClient, "GET", p.url+"/api/v1/license", secret("entitlement-use")); status != 403 {
		t.Errorf("a product sees the licence: %d", status)
	}
}

// The product in Python does as much as the licence allows.
func TestPythonProduct(t *testing.T) {
	testenv.Programs(t, "python3")
	p, secret := usageServer(t)
	run := func(name string) string {
		cmd := exec.Command("python3", "../../docs/entitlements/product.py", p.url, name, "5")
		cmd.Env = append(os.Environ(), "TOKEN="+secret("entitlement-use"))
		out, err := cmd.CombinedOutput()
		if err == nil {
			t.Errorf("%s: it does more than it may", name)
		}
		return string(out)
	}
	want := "unit 1 is done\nunit 2 is done\nunit 3 is done\nunit 4: the monthly limit of \"scans/large\" is 3 uses, tolerance included; 3 are used, and 1 more would exceed it"
	if got := run("scans/large"); !strings.HasPrefix(got, want) {
		t.Errorf("it prints %s", got)
	}
	if got := run("none"); !strings.HasPrefix(got, `unit 1: the licence does not include "none"`) {
		t.Errorf("it prints %s", got)
	}
}
