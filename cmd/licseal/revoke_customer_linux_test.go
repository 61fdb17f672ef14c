package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
)

// What a customer has is revoked only if the answer is yes.
func TestRevokeCustomerOnTerminal(t *testing.T) {
	dir := t.TempDir()
	key, list, issued := filepath.Join(dir, "key"), filepath.Join(dir, "list.json"), filepath.Join(dir, "issued")
	writeKey(t, dir, "key", testKey(1))
	mustRun(t, dir, "register", "new", issued)
	mustRun(t, dir, "revoke", "new", list, "-k", key)
	for i := range 2 {
		mustRun(t, dir, "sign", "-k", key, "--register", issued, "--expires", "+1y", "--set", "admin_seats=1", "--set", "customer=Acme", "--set", "dataplanes=1",
			"--set", fmt.Sprintf("license_key=LS-%d", i), "--set", "product_subscription=a", "--set", "support_plan=a")
	}
	for _, test := range []struct {
		answer, says string
		code         int
	}{
		{"\n", ": nothing was revoked", exitFailed},
		{"no\n", ": nothing was revoked", exitFailed},
		{"yes\n", "2 licences and 0 signing keys revoked", 0},
	} {
		s := startOnTerminal(t, "revoke", "add", list, "-k", key, "--register", issued, "--customer", "acme")
		question := "Revoke 2 licences of 1 customer? Type yes [no]: "
		testenv.WaitUntil(t, question, func() bool { return strings.HasSuffix(s.text(), question) })
		if _, err := s.person.WriteString(test.answer); err != nil {
			t.Fatal(err)
		}
		code, seen := s.end(t)
		if code != test.code || !strings.Contains(seen, test.says) || !strings.Contains(seen, "LS-1  valid") {
			t.Errorf("%q: exit code %d:\n%s", test.answer, code, seen)
		}
	}
}
