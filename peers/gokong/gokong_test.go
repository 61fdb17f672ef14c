//go:build unix

// Package gokong runs go-kong, Kong's own client of the Admin API, against
// licseald: its own test of licences, as it stands, a whole round by its client, and
// one by go-database-reconciler, which brings a gateway to a declared state with it.
package gokong

import (
	"bufio"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/kong/go-database-reconciler/pkg/diff"
	"github.com/kong/go-database-reconciler/pkg/state"
	"github.com/kong/go-database-reconciler/pkg/utils"
	"github.com/kong/go-kong/kong"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/testenv/pgtest"
	"github.com/licseal/licseal/sign"
	"golang.org/x/crypto/ssh"
)

// build runs go build, or go test -c, in a module's folder and returns the path of
// the program.
func build(t *testing.T, name, dir string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	last := len(args) - 1
	args = append(args[:last:last], "-o", path, args[last])
	command := exec.Command("go", args...)
	command.Dir = dir
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", args, err, output)
	}
	return path
}

// vendor returns a trusted-keys file, and a func that makes licences of a key.
func vendor(t *testing.T) (trust string, licence func(key string) string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	line, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	trust = filepath.Join(t.TempDir(), "trusted")
	if err := os.WriteFile(trust, ssh.MarshalAuthorizedKey(line), 0o600); err != nil {
		t.Fatal(err)
	}
	return trust, func(key string) string {
		text, _ := json.Marshal(map[string]string{
			"admin_seats": "5", "customer": "Example Company, Inc", "dataplanes": "2", "license_key": key,
			"license_creation_date":   time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly),
			"license_expiration_date": time.Now().UTC().AddDate(1, 0, 0).Format(time.DateOnly),
			"product_subscription":    "Konnect Enterprise", "support_plan": "None",
		})
		payload, err := licseal.ParsePayload(text)
		if err != nil {
			t.Fatal(err)
		}
		lic, err := sign.License(payload, private)
		if err != nil {
			t.Fatal(err)
		}
		return lic.String()
	}
}

// serve starts licseald with the flags of a store and returns its address.
func serve(t *testing.T, program, trust string, store ...string) string {
	t.Helper()
	command := exec.Command(program, append(store, "--trust", trust)...)
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	command.Stderr = &stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { command.Process.Kill(); command.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		command.Wait()
		t.Fatalf("licseald did not start: %s", &stderr)
	}
	return strings.TrimSpace(line)
}

func TestGoKong(t *testing.T) {
	licseald := build(t, "licseald", "../..", "build", "./cmd/licseald")
	itsOwnTests := build(t, "gokong.test", ".", "test", "-c", "github.com/kong/go-kong/kong")
	trust, licence := vendor(t)
	kept := func(store string) []string { return []string{"--store", store, "--listen", "127.0.0.1:0"} }
	stores := map[string]func(t *testing.T) []string{
		"Memory":     func(*testing.T) []string { return []string{"--ephemeral"} },
		"SQLite":     func(t *testing.T) []string { return kept("sqlite:" + filepath.Join(t.TempDir(), "licences.db")) },
		"PostgreSQL": func(t *testing.T) []string { return kept(pgtest.Database(t)) },
	}
	for name, store := range stores {
		t.Run(name, func(t *testing.T) {
			url := serve(t, licseald, trust, store(t)...)
			t.Run("ItsOwnTest", func(t *testing.T) { runItsOwnTest(t, itsOwnTests, url, licence("LS-OWN")) })
			t.Run("Client", func(t *testing.T) { clientRound(t, url, licence) })
			t.Run("Reconciler", func(t *testing.T) { reconcilerRound(t, url, licence) })
		})
	}
}

// runItsOwnTest runs TestLicensesService, which skips itself where it takes the
// server for no enterprise gateway: that is a failure here.
func runItsOwnTest(t *testing.T, program, url, licence string) {
	command := exec.Command(program, "-test.run", "^TestLicensesService$", "-test.v")
	command.Env = append(os.Environ(), "KONG_ADMIN_URL="+url, "KONG_LICENSE_DATA="+licence)
	output, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "--- PASS: TestLicensesService") {
		t.Errorf("%v\n%s", err, output)
	}
	t.Logf("%s", output)
}

func hasCode(err error, code int) bool {
	var apiError *kong.APIError
	return errors.As(err, &apiError) && apiError.Code() == code
}

func clientRound(t *testing.T, url string, licence func(string) string) {
	ctx := t.Context()
	client, err := kong.NewClient(&url, nil)
	if err != nil {
		t.Fatal(err)
	}
	created, err := client.Licenses.Create(ctx, &kong.License{Payload: kong.String(licence("LS-0"))})
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.Licenses.Get(ctx, created.ID)
	if err != nil || *got.Payload != licence("LS-0") || *got.CreatedAt != *created.CreatedAt {
		t.Errorf("got %v, %v", got, err)
	}
	const more = 4
	for i := range more {
		id := uuid.NewString()
		put, err := client.Licenses.Create(ctx, &kong.License{ID: &id, Payload: kong.String(licence(fmt.Sprintf("LS-%d", i+1)))})
		if err != nil || *put.ID != id {
			t.Errorf("PUT: %v, %v", put, err)
		}
	}
	// Pages of two, then all at once.
	seen := map[string]bool{}
	for options := (&kong.ListOpt{Size: 2}); options != nil; {
		var page []*kong.License
		if page, options, err = client.Licenses.List(ctx, options); err != nil {
			t.Fatal(err)
		}
		for _, record := range page {
			seen[*record.ID] = true
		}
	}
	all, err := client.Licenses.ListAll(ctx)
	if err != nil || len(all) != more+1 || len(seen) != more+1 {
		t.Errorf("%d in pages, %d at once: %v", len(seen), len(all), err)
	}
	got.Payload = kong.String(licence("LS-NEW"))
	updated, err := client.Licenses.Update(ctx, got) // sends the whole record
	if err != nil || *updated.Payload != licence("LS-NEW") || *updated.UpdatedAt <= *got.UpdatedAt || *updated.CreatedAt != *got.CreatedAt {
		t.Errorf("updated: %v, %v", updated, err)
	}
	_, err = client.Licenses.Create(ctx, &kong.License{Payload: kong.String(licence("LS-NEW"))})
	if !hasCode(err, 409) {
		t.Errorf("a duplicate: %v", err)
	}
	if _, err = client.Licenses.Create(ctx, &kong.License{Payload: kong.String("{}")}); !hasCode(err, 400) {
		t.Errorf("no licence: %v", err)
	}
	for _, record := range all {
		if err := client.Licenses.Delete(ctx, record.ID); err != nil {
			t.Error(err)
		}
	}
	if _, err := client.Licenses.Get(ctx, created.ID); !kong.IsNotFoundErr(err) {
		t.Errorf("after all were deleted: %v", err)
	}
	if all, err := client.Licenses.ListAll(ctx); err != nil || len(all) != 0 {
		t.Errorf("%d are left: %v", len(all), err)
	}
}

// reconcilerRound declares licences, changes them and takes them away. What is there
// is listed by go-kong, because the reconciler's own dump asks for all that a gateway
// has beside licences.
func reconcilerRound(t *testing.T, url string, licence func(string) string) {
	client, err := kong.NewClient(&url, nil)
	if err != nil {
		t.Fatal(err)
	}
	stored := func() []*kong.License {
		all, err := client.Licenses.ListAll(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	one, two := uuid.NewString(), uuid.NewString()
	declare := func(id, key string) *kong.License { return &kong.License{ID: &id, Payload: kong.String(licence(key))} }
	for _, test := range []struct {
		declared                  []*kong.License
		created, updated, deleted int32
	}{
		{[]*kong.License{declare(one, "LS-1"), declare(two, "LS-2")}, 2, 0, 0},
		{[]*kong.License{declare(one, "LS-1"), declare(two, "LS-2")}, 0, 0, 0},
		{[]*kong.License{declare(one, "LS-1"), declare(two, "LS-3")}, 0, 1, 0},
		{[]*kong.License{declare(two, "LS-3")}, 0, 0, 1},
		{nil, 0, 0, 1},
	} {
		syncer, err := diff.NewSyncer(diff.SyncerOpts{
			CurrentState: declaredState(t, stored()), TargetState: declaredState(t, test.declared),
			KongClient: client, IncludeLicenses: true, SilenceWarnings: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		stats, problems, _ := syncer.Solve(t.Context(), 2, false, true)
		if len(problems) > 0 || stats.CreateOps.Count() != test.created || stats.UpdateOps.Count() != test.updated || stats.DeleteOps.Count() != test.deleted {
			t.Errorf("%v: %d created, %d updated, %d deleted: %v", test.declared, stats.CreateOps.Count(), stats.UpdateOps.Count(), stats.DeleteOps.Count(), problems)
		}
		there := map[string]string{}
		for _, record := range stored() {
			there[*record.ID] = *record.Payload
		}
		for _, record := range test.declared {
			if there[*record.ID] != *record.Payload {
				t.Errorf("%s is not as declared", *record.ID)
			}
		}
		if len(there) != len(test.declared) {
			t.Errorf("%d are stored, %d declared", len(there), len(test.declared))
		}
	}
}

func declaredState(t *testing.T, licences []*kong.License) *state.KongState {
	t.Helper()
	s, err := state.Get(&utils.KongRawState{Licenses: licences})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
