package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/testenv"
)

// licsealIn runs the real program in a folder, and returns its standard output
// and exit code.
func licsealIn(t *testing.T, dir string, args ...string) (string, int) {
	t.Helper()
	cmd := exec.Command("licseal", args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

type object = map[string]any

// jsonLines decodes a JSON value from each line.
func jsonLines(t *testing.T, text string) []object {
	t.Helper()
	var values []object
	for line := range strings.Lines(text) {
		var value object
		if err := json.Unmarshal([]byte(line), &value); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		values = append(values, value)
	}
	return values
}

// TestJSON holds the shape of what programs read.
func TestJSON(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	succeed := func(args ...string) string {
		t.Helper()
		out, code := licsealIn(t, dir, args...)
		if code != exitOK {
			t.Fatalf("licseal %v ended with exit code %d", args, code)
		}
		return out
	}
	fields := object{
		"admin_seats": "5", "customer": "<Example> & Company, Inc", "dataplanes": "2",
		"license_creation_date": "2026-01-01", "license_expiration_date": "2027-01-01",
		"license_key": "K", "product_subscription": "P", "support_plan": "None",
	}
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	write("payload.json", string(text))
	write("any.schema.json", `{"type":"object"}`)
	succeed("keygen", "-o", "vendor.key", "--no-passphrase", "--comment", "Vendor, Inc")
	licence := succeed("sign", "-k", "vendor.key", "payload.json")
	write("good.json", licence)
	write("forged.json", strings.Replace(licence, `"admin_seats":"5"`, `"admin_seats":"50"`, 1))
	write("broken.json", succeed("sign", "-k", "vendor.key", "--schema", "any.schema.json", "--from", "payload.json", "--set", "admin_seats=x"))
	write("newer.json", succeed("sign", "-k", "vendor.key", "--schema", "any.schema.json", "--from", "payload.json", "--set", "region=EU"))

	key := object{"id": fingerprint(t, dir), "name": "Vendor, Inc"}
	with := func(changes object) object {
		result := object{
			"ok": true, "exit": 0.0, "state": "valid", "time": "2026-12-30T00:00:00Z",
			"not_before": "2026-01-01T00:00:00Z", "not_after": "2027-01-01T00:00:00Z", "grace_end": "2027-01-01T00:00:00Z",
			"days_left": 2.0, "key": key, "payload": fields,
		}
		for name, value := range changes {
			result[name] = value
		}
		return result
	}
	payloadWith := func(name, value string) object {
		result := object{name: value}
		for n, v := range fields {
			if n != name {
				result[n] = v
			}
		}
		return result
	}

	t.Run("verify", func(t *testing.T) {
		tests := []struct {
			args []string
			code int
			want object
		}{
			{[]string{"--at", "2026-12-30", "good.json"}, exitOK, with(object{"file": "good.json"})},
			{[]string{"--at", "2027-01-10", "--grace", "30d", "good.json"}, exitOK, with(object{
				"file": "good.json", "state": "in grace", "time": "2027-01-10T00:00:00Z", "grace_end": "2027-01-31T00:00:00Z", "days_left": -9.0})},
			{[]string{"--at", "2027-01-10", "good.json"}, exitExpired, with(object{
				"file": "good.json", "ok": false, "reason": "expired", "exit": 7.0, "state": "expired", "time": "2027-01-10T00:00:00Z", "days_left": -9.0,
				"error": "expired at 2027-01-01T00:00:00Z, and it is 2027-01-10T00:00:00Z"})},
			{[]string{"--at", "2025-12-31", "good.json"}, exitNotYetValid, with(object{
				"file": "good.json", "ok": false, "reason": "not-yet-valid", "exit": 6.0, "state": "not yet valid", "time": "2025-12-31T00:00:00Z", "days_left": 366.0,
				"error": "not yet valid: valid from 2026-01-01T00:00:00Z, and it is 2025-12-31T00:00:00Z"})},
			{[]string{"--at", "2026-12-30", "broken.json"}, exitSchema, with(object{
				"file": "broken.json", "ok": false, "reason": "schema", "exit": 4.0, "payload": payloadWith("admin_seats", "x"),
				"error": `schema kong: 1:38 /license/payload/admin_seats: found the string "x"; a string of decimal digits such as "5" is expected`,
				"violations": []any{object{"pointer": "/license/payload/admin_seats", "line": 1.0, "column": 38.0,
					"value": `"x"`, "allowed": `a string of decimal digits such as "5"`,
					"message": `found the string "x"; a string of decimal digits such as "5" is expected`}}})},
			{[]string{"--at", "2026-12-30", "newer.json"}, exitOK, with(object{
				"file": "newer.json", "payload": payloadWith("region", "EU"),
				"warnings": []any{`1:227 /license/payload/region: unknown member "region"`}})},
			{[]string{"--at", "2026-12-30", "forged.json"}, exitSignature, object{
				"file": "forged.json", "ok": false, "reason": "signature", "exit": 5.0, "error": "the signature does not match the trusted key"}},
			{[]string{"payload.json"}, exitNotALicence, object{
				"file": "payload.json", "ok": false, "reason": "parse", "exit": 3.0,
				"error": `1:2 /admin_seats: unknown member "admin_seats"; only license may stand here, spelt exactly so, because nothing outside the payload is signed`}},
			{[]string{"nofile"}, exitFailed, object{
				"file": "nofile", "ok": false, "reason": "error", "exit": 1.0, "error": "no such file or directory"}},
		}
		for _, test := range tests {
			t.Run(strings.Join(test.args, " "), func(t *testing.T) {
				out, code := licsealIn(t, dir, append([]string{"verify", "-t", "vendor.key.pub", "--json"}, test.args...)...)
				if code != test.code {
					t.Errorf("the exit code is %d, want %d", code, test.code)
				}
				if diff := cmp.Diff([]object{test.want}, jsonLines(t, out)); diff != "" {
					t.Errorf("the output (-want +got):\n%s", diff)
				}
			})
		}
	})

	t.Run("verify many", func(t *testing.T) {
		out, code := licsealIn(t, dir, "verify", "-t", "vendor.key.pub", "--json", "--at", "2026-12-30", "good.json", "nofile", "forged.json")
		if code != exitFailed {
			t.Errorf("the exit code is %d, want that of the first failure, %d", code, exitFailed)
		}
		var files []any
		for _, value := range jsonLines(t, out) {
			files = append(files, value["file"])
		}
		if diff := cmp.Diff([]any{"good.json", "nofile", "forged.json"}, files); diff != "" {
			t.Errorf("the files, a line each (-want +got):\n%s", diff)
		}
	})

	t.Run("inspect", func(t *testing.T) {
		end := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
		most := wholeDays(end, now())
		got := jsonLines(t, succeed("inspect", "--json", "good.json"))
		least := wholeDays(end, now()) // a day may begin meanwhile
		if days, ok := got[0]["days_left"].(float64); !ok || int(days) < least || int(days) > most {
			t.Errorf("days_left is %v, want %d", got[0]["days_left"], most)
		}
		delete(got[0], "days_left")
		_, signature, _ := strings.Cut(licence, `"signature":"`)
		want := object{
			"verified": false, "payload": fields, "signature": signature[:128], "version": "1",
			"not_before": "2026-01-01T00:00:00Z", "not_after": "2027-01-01T00:00:00Z",
		}
		if diff := cmp.Diff([]object{want}, got); diff != "" {
			t.Errorf("the output (-want +got):\n%s", diff)
		}
	})

	t.Run("inspect without dates", func(t *testing.T) {
		zeros := strings.Repeat("0", 128)
		write("undated.json", `{"license":{"payload":{"n":1.0},"signature":"`+zeros+`","version":1}}`)
		want := object{
			"verified": false, "payload": object{"n": 1.0}, "signature": zeros, "version": 1.0,
			"error": "no fields have names that say when it begins and when it expires",
		}
		if diff := cmp.Diff([]object{want}, jsonLines(t, succeed("inspect", "--json", "undated.json"))); diff != "" {
			t.Errorf("the output (-want +got):\n%s", diff)
		}
	})
}

// fingerprint returns what ssh-keygen calls the key in vendor.key.pub.
func fingerprint(t *testing.T, dir string) string {
	t.Helper()
	testenv.Programs(t, "ssh-keygen")
	out, err := exec.Command("ssh-keygen", "-l", "-f", filepath.Join(dir, "vendor.key.pub")).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))[1]
}
