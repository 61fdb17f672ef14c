//go:build unix

package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/entitle/sqlstore"
	"github.com/licseal/licseal/internal/sqldb/postgres"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/pgtest"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
)

const entitlementToken = "fedcba9876543210fedcba9876543210"

// entitlementArgs returns flags that serve the licences of a folder, and the folder.
func entitlementArgs(t *testing.T, v *vendor) (args []string, dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "licences")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	tokens := filepath.Join(t.TempDir(), "tokens")
	testenv.WriteFile(t, tokens, "operator "+entitlementToken+"\n")
	return []string{"--trust", v.trust, "--license-dir", dir, "--entitlement-token-file", tokens}, dir
}

// license calls /api/v1/license and decodes the answer.
func (p *process) license(t *testing.T, method, body, token string) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.url+"/api/v1/license", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var decoded map[string]any
	if err := json.Unmarshal(text, &decoded); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return response.StatusCode, decoded
}

// Published example: the licence is put into the folder, chosen by its key, and
// shown as published, before and after a restart. What a product counts in the
// same database is in the answer, and in the Admin API's report.
func TestEntitlements(t *testing.T) {
	url := pgtest.Database(t)
	for name, store := range map[string]string{"SQLite": "sqlite:" + filepath.Join(t.TempDir(), "x.db"), "PostgreSQL": url} {
		t.Run(name, func(t *testing.T) {
			v := newVendor(t)
			args, dir := entitlementArgs(t, v)
			args = append(args, "--store", store, "--listen", "127.0.0.1:0")
			payload, err := os.ReadFile("../../testdata/entitlement/get-payload.json")
			if err != nil {
				t.Fatal(err)
			}
			var want map[string]any
			text, err := os.ReadFile("../../testdata/entitlement/get-response.json")
			if err != nil || json.Unmarshal(text, &want) != nil {
				t.Fatal(err)
			}
			p := start(t, args...)
			if status, body := p.license(t, "GET", "", entitlementToken); status != 404 {
				t.Errorf("without a licence: %d %v", status, body)
			}
			const post = `{"license_key":"7xxC94-xxxxx-27xxxB-xxxxx-6535D8-X3"}`
			if status, body := p.license(t, "POST", post, entitlementToken); status != 400 || body["message"] != "Error inserting license key" {
				t.Errorf("a key of nothing: %d %v", status, body)
			}
			testenv.WriteFile(t, filepath.Join(dir, "vendor.json"), v.sign(t, string(payload)))
			if status, body := p.license(t, "POST", post, "wrong"); status != 403 || body["message"] != "Forbidden" {
				t.Errorf("a wrong token: %d %v", status, body)
			}
			check := func(method, body, message string, used float64) {
				t.Helper()
				status, got := p.license(t, method, body, entitlementToken)
				want["message"] = message
				data := want["data"].(map[string]any)
				data["monthly_tx_counter"] = used
				license := data["license"].(map[string]any)
				gotLicense, _ := got["data"].(map[string]any)["license"].(map[string]any)
				for _, computed := range []string{"last_validated", "updated"} {
					text, _ := gotLicense[computed].(string)
					if at, err := time.Parse("2006-01-02T15:04:05.000Z", text); err != nil || time.Since(at).Abs() > time.Hour {
						t.Errorf("%s is %q", computed, text)
					}
					license[computed] = text
				}
				if diff := cmp.Diff(want, got); status != 200 || diff != "" {
					t.Errorf("%s: %d %s", method, status, diff)
				}
			}
			check("POST", post, "License succesfully inserted", 0)
			check("GET", "", "License info", 0)

			// A product counts in the same database, and licseald learns of it.
			month := func() string { return time.Now().UTC().Format("2006-01") }
			before := month()
			count(t, v, store, dir, 7)
			after := month() // if one began meanwhile, it may be that of the uses
			testenv.WaitUntil(t, "licseald learns of the uses", func() bool {
				_, got := p.license(t, "GET", "", entitlementToken)
				return got["data"].(map[string]any)["monthly_tx_counter"] == 7.0
			})
			check("GET", "", "License info", 7)
			report := expect(t, 200, "GET", p.url+"/license/report", "")
			if !strings.Contains(report, `"bucket":"`+before+`","request_count":7`) && !strings.Contains(report, `"bucket":"`+after+`","request_count":7`) {
				t.Errorf("the uses of %s are not in %s", after, report)
			}
			p.stop(t)
			p = start(t, args...)
			check("GET", "", "License info", 7)
			if log := p.log.String(); strings.Contains(log, "7xxC94") || strings.Contains(log, entitlementToken) {
				t.Errorf("a secret is in the log:\n%s", log)
			}
		})
	}
}

// count counts uses as a product does that shares the database.
func count(t *testing.T, v *vendor, store, dir string, n int64) {
	t.Helper()
	file, isFile := strings.CutPrefix(store, "sqlite:")
	open := postgres.Open
	if isFile {
		open = sqlite.Open
	}
	db, err := open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	usage, err := sqlstore.New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	guard, err := entitle.Open(t.Context(), entitle.NewFolder(dir), []licseal.TrustedKey{{Key: v.key.Public()}}, &entitle.Options{Store: usage, Installation: "licseald"})
	if err != nil {
		t.Fatal(err)
	}
	defer guard.Close()
	if err := guard.Use(t.Context(), entitle.MonthlyRequests, n); err != nil {
		t.Error(err)
	}
}

// A revocation list that names the licence suspends it, while licseald runs.
func TestEntitlementsSuspended(t *testing.T) {
	v := newVendor(t)
	args, dir := entitlementArgs(t, v)
	list := filepath.Join(t.TempDir(), "revoked.json")
	revoke := func(generation int64, ids ...string) {
		t.Helper()
		r := revoke.New(time.Now(), time.Now().Add(time.Hour))
		r.Generation = generation
		for _, id := range ids {
			if err := r.RevokeLicense(id, ""); err != nil {
				t.Fatal(err)
			}
		}
		signed, err := revoke.Sign(r, v.key)
		if err != nil {
			t.Fatal(err)
		}
		testenv.WriteFile(t, list, signed.String())
	}
	revoke(1)
	payload, err := os.ReadFile("../../testdata/entitlement/get-payload.json")
	if err != nil {
		t.Fatal(err)
	}
	testenv.WriteFile(t, filepath.Join(dir, "installed.json"), v.sign(t, string(payload)))
	p := start(t, append(args, "--ephemeral", "--revocations", list)...)
	if _, body := p.license(t, "GET", "", entitlementToken); body["data"].(map[string]any)["status"] != "active" {
		t.Errorf("%v", body)
	}
	revoke(2, "xxxxxx-18X2-4xx0-xxxx-6b09xxxebxx8")
	p.log.WaitFor(t, "suspended")
	_, body := p.license(t, "GET", "", entitlementToken)
	data := body["data"].(map[string]any)
	if license := data["license"].(map[string]any); data["status"] != "suspended" || license["suspended"] != true || license["status"] != "suspended" {
		t.Errorf("%v", body)
	}
}

// A database that hangs holds the entitlements for no longer than --store-timeout.
func TestEntitlementsStoreHangs(t *testing.T) {
	v, store := newVendor(t), pgtest.Database(t)
	args, _ := entitlementArgs(t, v)
	payload, err := os.ReadFile("../../testdata/entitlement/get-payload.json")
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, append(args, "--store", store, "--listen", "127.0.0.1:0", "--store-timeout", "300ms")...)
	db, err := postgres.Open(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec(`LOCK TABLE entitle_usage, entitle_installations`); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]string{"license_key": v.sign(t, string(payload))})
	if err != nil {
		t.Fatal(err)
	}
	within(t, 4*time.Second, func() {
		expect(t, 503, "GET", p.url+"/license/report", "")
		// It needs no database to be put in use.
		if status, answer := p.license(t, "POST", string(body), entitlementToken); status != 200 {
			t.Errorf("%d %v", status, answer)
		}
	})
}

// What --issuer, --max-list-age, --state and --trust say of licences
// holds for entitlement licences too.
func TestEntitlementsFlags(t *testing.T) {
	v := newVendor(t)
	payload, err := os.ReadFile("../../testdata/entitlement/get-payload.json")
	if err != nil {
		t.Fatal(err)
	}
	list := func(issued time.Time, generation int64) string {
		t.Helper()
		r := revoke.New(issued, time.Now().Add(time.Hour))
		r.Generation = generation
		signed, err := revoke.Sign(r, v.key)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "revoked.json")
		testenv.WriteFile(t, path, signed.String())
		return path
	}
	memory := filepath.Join(t.TempDir(), "licence.state")
	if err := state.Create(memory, verify.Memory{}); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	fails := func(flag, want string, flags ...string) {
		t.Helper()
		args, dir := entitlementArgs(t, v)
		testenv.WriteFile(t, filepath.Join(dir, "installed.json"), v.sign(t, string(payload)))
		c := command(append(append(args, "--ephemeral"), flags...)...)
		stop := time.AfterFunc(testenv.Patience, func() { c.Process.Kill() }) // if it starts
		defer stop.Stop()
		if output, err := c.CombinedOutput(); err == nil || !strings.Contains(string(output), flag) || !strings.Contains(string(output), want) {
			t.Errorf("%v: %v\n%s", flags, err, output)
		}
	}
	fails("--license-dir", "issuer", "--issuer", "*@vendor.example")
	fails("--license-dir", "list", "--revocations", list(now.Add(-48*time.Hour), 1), "--max-list-age", "1d")
	fails("--state", "licseal state new", "--state", memory+".none")

	args, dir := entitlementArgs(t, v)
	testenv.WriteFile(t, filepath.Join(dir, "installed.json"), v.sign(t, string(payload)))
	p := start(t, append(args, "--ephemeral", "--entitlement-state", memory, "--revocations", list(now, 2))...)
	p.stop(t)
	fails("--revocations", "generation 2 was seen already", "--entitlement-state", memory, "--revocations", list(now, 1))

	// Its key is trusted no longer, while licseald runs: the licence is suspended.
	p = start(t, append(args, "--ephemeral")...)
	testenv.WriteFile(t, v.trust, newVendor(t).line(t))
	p.log.WaitFor(t, "state=suspended")
}

// An entitlement licence that is sent to the Admin API is told from one with a fault.
func TestEntitlementLicenceElsewhere(t *testing.T) {
	v := newVendor(t)
	payload, err := os.ReadFile("../../testdata/entitlement/get-payload.json")
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, "--ephemeral", "--trust", v.trust)
	body := expect(t, 400, "POST", p.url+"/licenses", v.sign(t, string(payload)))
	if !strings.Contains(body, "the fields are those of the schema entitlement, and not of kong") {
		t.Error(body)
	}
	p = start(t, "--ephemeral", "--trust", v.trust, "--schema", "entitlement")
	expect(t, 201, "POST", p.url+"/licenses", v.sign(t, string(payload)))
}
