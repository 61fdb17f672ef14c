//go:build unix

package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/secretforms"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/urfave/cli/v2"
)

// No output shows six bytes of a secret that is given in place of another file, in
// whatever form it is, and in the place of whatever file.
func TestNoSecretIsShown(t *testing.T) {
	dir := t.TempDir()
	secret, tokens := filepath.Join(dir, "secret"), filepath.Join(dir, "tokens")
	testenv.WriteFile(t, tokens, "operator "+entitlementToken+"\n")
	trust := newVendor(t).trust
	certificate, key := filepath.Join(dir, "certificate"), filepath.Join(dir, "key")
	certificateText, keyText := secretforms.Certificate(t)
	testenv.WriteFile(t, certificate, certificateText)
	testenv.WriteFile(t, key, keyText)
	lines := map[string][]string{
		"trust":                  {"--trust", secret},
		"trust-root":             {"--trust-root", secret},
		"trust-chain":            {"--trust-root", "SHA256:" + strings.Repeat("0", 64), "--trust-chain", secret},
		"schema":                 {"--trust", trust, "--schema", secret},
		"revocations":            {"--trust", trust, "--revocations", secret},
		"token-file":             {"--trust", trust, "--token-file", secret},
		"license-dir":            {"--trust", trust, "--license-dir", dir, "--entitlement-token-file", tokens},
		"entitlement-token-file": {"--trust", trust, "--license-dir", dir, "--entitlement-token-file", secret},
		"state":                  {"--trust", trust, "--state", secret},
		"tls-cert":               {"--trust", trust, "--tls-cert", secret, "--tls-key", key},
		"tls-key":                {"--trust", trust, "--tls-cert", certificate, "--tls-key", secret},
		"client-ca":              {"--trust", trust, "--tls-cert", certificate, "--tls-key", key, "--client-ca", secret},
		"client-crl":             {"--trust", trust, "--tls-cert", certificate, "--tls-key", key, "--client-ca", certificate, "--client-crl", secret},
		"report-file":            {"--trust", trust, "--report-file", secret},
		"client-scopes":          {"--trust", trust, "--tls-cert", certificate, "--tls-key", key, "--client-ca", certificate, "--client-scopes", secret},
	}
	for _, flag := range serveFlags() {
		if d, ok := flag.(cli.DocGenerationFlag); ok && strings.Contains(d.GetUsage(), "`FILE`") && lines[flag.Names()[0]] == nil {
			t.Errorf("no line gives --%s", flag.Names()[0])
		}
	}
	stopped, stop := context.WithCancel(t.Context())
	stop() // what starts all the same ends at once
	for name, file := range secretforms.All(t) {
		shown := file.Needles()
		if err := os.WriteFile(secret, file.Text, 0o600); err != nil {
			t.Fatal(err)
		}
		for flag, line := range lines {
			var output bytes.Buffer
			code := run(stopped, append([]string{"licseald", "--ephemeral"}, line...), &output, &output)
			if i := slices.IndexFunc(shown, func(needle string) bool { return strings.Contains(output.String(), needle) }); i >= 0 {
				t.Errorf("%s, as --%s (exit %d), shows %q:\n%s", name, flag, code, shown[i], &output)
			}
			if flag == "trust" && !strings.Contains(output.String(), "error: --trust: "+secret) {
				t.Errorf("%s, as --trust (exit %d): %s", name, code, &output)
			}
		}
	}
}
