package adminview_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/adminview"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
)

var (
	vendor = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	now    = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
)

func licence(t *testing.T, payload string, key ed25519.PrivateKey) *licseal.License {
	t.Helper()
	p, err := licseal.ParsePayload([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(p, key)
	if err != nil {
		t.Fatal(err)
	}
	return lic
}

func payload(key, until, more string) string {
	return fmt.Sprintf(`{"customer":"c\u001b","license_creation_date":"2026-01-01","license_expiration_date":%q,"license_key":%q%s}`, until, key, more)
}

// records are one of each kind, the newest neither first nor last.
func records(t *testing.T) []admin.Record {
	t.Helper()
	other := ed25519.NewKeyFromSeed([]byte("another key, of 32 bytes exactly"))
	return []admin.Record{
		{ID: "i1", Payload: licence(t, payload("A", "2026-02-01", ""), vendor).String(), CreatedAt: 1, UpdatedAt: 5},
		{ID: "i2", Payload: licence(t, payload("B", "2027-01-01", ""), vendor).String(), CreatedAt: 2, UpdatedAt: 7},
		{ID: "i3", Payload: licence(t, payload("C", "2027-01-01", ""), other).String(), CreatedAt: 3, UpdatedAt: 6},
		{ID: "i4\x1b", Payload: "{", CreatedAt: 4, UpdatedAt: 5},
		{ID: "i5", Payload: licence(t, `{"license_key":"E"}`, vendor).String(), CreatedAt: 5, UpdatedAt: 4},
	}
}

// Without a verifier, licences are shown as they are; with one, only what is signed.
func TestRows(t *testing.T) {
	verifier, err := verify.New([]licseal.TrustedKey{{Key: vendor.Public()}}, &verify.Options{At: now})
	if err != nil {
		t.Fatal(err)
	}
	list := records(t)
	row := func(i int, active bool, state, key, customer, until string) adminview.Row {
		r := list[i]
		return adminview.Row{ID: r.ID, Active: active, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, State: state, Key: key, Customer: customer, NotAfter: until, Payload: r.Payload}
	}
	const late = "2027-01-01T00:00:00Z"
	for _, test := range []struct {
		d    adminview.Describer
		want []adminview.Row
	}{
		{adminview.Describer{}, []adminview.Row{
			row(1, true, "UNVERIFIED", "B", "c\x1b", late), row(2, false, "UNVERIFIED", "C", "c\x1b", late), row(0, false, "UNVERIFIED", "A", "c\x1b", "2026-02-01T00:00:00Z"),
			row(3, false, "not a licence", "", "", ""), row(4, false, "UNVERIFIED", "E", "", "")}},
		{adminview.Describer{Verifier: verifier}, []adminview.Row{
			row(1, true, "valid", "B", "c\x1b", late), row(2, false, "signature", "", "", ""), row(0, false, "expired", "A", "c\x1b", "2026-02-01T00:00:00Z"),
			row(3, false, "parse", "", "", ""), row(4, false, "schema", "E", "", "")}},
		{adminview.Describer{Roles: licseal.Roles{ID: "/customer", Customer: "/license_key"}}, []adminview.Row{
			row(1, true, "UNVERIFIED", "c\x1b", "B", late), row(2, false, "UNVERIFIED", "c\x1b", "C", late), row(0, false, "UNVERIFIED", "c\x1b", "A", "2026-02-01T00:00:00Z"),
			row(3, false, "not a licence", "", "", ""), row(4, false, "UNVERIFIED", "", "E", "")}},
	} {
		if diff := cmp.Diff(test.want, test.d.Rows(list)); diff != "" {
			t.Error(diff)
		}
	}
	if list[0].ID != "i1" {
		t.Error("the list of the caller was sorted")
	}
	const table = "   ID        UPDATED               STATE          KEY  CUSTOMER  EXPIRES\n" +
		"*  i2        1970-01-01T00:00:07Z  UNVERIFIED     B    c\\u001b   2027-01-01T00:00:00Z\n" +
		"   i4\\u001b  1970-01-01T00:00:05Z  not a licence  -    -         -\n"
	rows := (&adminview.Describer{}).Rows([]admin.Record{list[1], list[3]})
	if diff := cmp.Diff(table, adminview.Table(rows).String()); diff != "" {
		t.Error(diff)
	}
	if got := adminview.Table(nil).String(); got != "no licences are stored\n" {
		t.Errorf("%q", got)
	}
}

// Each kind of push, done and planned, in lines and as JSON.
func TestPush(t *testing.T) {
	list := records(t)
	lic := licence(t, payload("B", "2028-01-01", `,"seats":5`), vendor)
	active := admin.Record{ID: "n", Payload: lic.String(), UpdatedAt: 9}
	const was = "was active: i2, B until 2027-01-01T00:00:00Z\n  /license_expiration_date: \"2027-01-01\" → \"2028-01-01\"\n  /seats: - → 5\n"
	const changes = `"was_active":"i2","changes":[{"pointer":"/license_expiration_date","a":"2027-01-01","b":"2028-01-01"},{"pointer":"/seats","b":5}]`
	remove := []admin.Record{list[0], list[3]}
	for _, test := range []struct {
		name, text, json string
		push             adminview.Push
	}{
		{"added to nothing", "was active: nothing\nadded: n, B until 2028-01-01T00:00:00Z is active\n",
			`{"call":"create","dry_run":false,"id":"n","updated_at":9,"changes":[],"removed":[],"backups":[]}`,
			adminview.Push{Plan: &admin.Plan{Call: admin.CreateCall}, Active: active}},
		{"would be added", "was active: nothing\nwould add a record (PUT)\n",
			`{"call":"create","dry_run":true,"changes":[],"removed":[],"backups":[]}`,
			adminview.Push{Plan: &admin.Plan{Call: admin.CreateCall}, DryRun: true}},
		{"updated", was + "updated: n, B until 2028-01-01T00:00:00Z is active\nremoved: i1, A until 2026-02-01T00:00:00Z\nremoved: i4\\u001b, not a licence\nbackup: /b\\n\n",
			`{"call":"update","dry_run":false,"id":"n","updated_at":9,` + changes + `,"removed":["i1","i4\u001b"],"backups":["/b\n"]}`,
			adminview.Push{Plan: &admin.Plan{Call: admin.UpdateCall, Active: &list[1], Target: &list[1], Remove: remove}, Active: active, Backups: []string{"/b\n"}}},
		{"would be updated", was + "would update i2 (PATCH)\nwould remove: i1, A until 2026-02-01T00:00:00Z\nwould remove: i4\\u001b, not a licence\n",
			`{"call":"update","dry_run":true,"id":"i2",` + changes + `,"removed":["i1","i4\u001b"],"backups":[]}`,
			adminview.Push{Plan: &admin.Plan{Call: admin.UpdateCall, Active: &list[1], Target: &list[1], Remove: remove}, DryRun: true}},
		{"active already", "was active: n, B until 2028-01-01T00:00:00Z\nnothing to do: the licence is already active\n",
			`{"call":"none","dry_run":false,"id":"n","updated_at":9,"was_active":"n","changes":[],"removed":[],"backups":[]}`,
			adminview.Push{Plan: &admin.Plan{Call: admin.NoCall, Active: &active}, Active: active}},
		{"active already, planned", "was active: n, B until 2028-01-01T00:00:00Z\nnothing to do: the licence is already active\n",
			`{"call":"none","dry_run":true,"was_active":"n","changes":[],"removed":[],"backups":[]}`,
			adminview.Push{Plan: &admin.Plan{Call: admin.NoCall, Active: &active}, DryRun: true}},
		{"what was active is no licence", "was active: i4\\u001b, not a licence\nadded: n, B until 2028-01-01T00:00:00Z is active\n",
			`{"call":"create","dry_run":false,"id":"n","updated_at":9,"was_active":"i4\u001b","changes":[],"removed":[],"backups":[]}`,
			adminview.Push{Plan: &admin.Plan{Call: admin.CreateCall, Active: &list[3]}, Active: active}},
		{"what was active has no dates", "was active: i5, E until -\n  /customer: - → \"c\\u001b\"\n  /license_creation_date: - → \"2026-01-01\"\n  /license_expiration_date: - → \"2028-01-01\"\n  /license_key: \"E\" → \"B\"\n  /seats: - → 5\nwould add a record (PUT)\n", "",
			adminview.Push{Plan: &admin.Plan{Call: admin.CreateCall, Active: &list[4]}, DryRun: true}},
	} {
		test.push.License = lic
		if diff := cmp.Diff(test.text, test.push.Text().String()); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		got, err := json.Marshal(test.push.JSON())
		if diff := cmp.Diff(test.json, string(got)); test.json != "" && (err != nil || diff != "") {
			t.Errorf("%s: %v %s", test.name, err, diff)
		}
	}
	if got, err := json.Marshal(adminview.JSONChanges([]edit.Difference{{Pointer: "/a", A: "1"}})); err != nil || string(got) != `[{"pointer":"/a","a":1}]` {
		t.Errorf("%s, %v", got, err)
	}
}

// A report, and what it says of the licence that is stored.
func TestReport(t *testing.T) {
	lic := licence(t, payload("K", "2027-01-01", `,"admin_seats":"5","dataplanes":"2"`), vendor)
	full := func(key string) *admin.Report {
		return &admin.Report{
			KongVersion: "3.9", DBVersion: "pg\x1b", LicenseKey: key, RBACUsers: 6, ServicesCount: 1234, WorkspacesCount: 2, SystemInfo: admin.SystemInfo{Cores: 8, Uname: "linux"},
			DeploymentInfo: &admin.DeploymentInfo{Type: "hybrid", ConnectedDPCount: 2}, Counters: admin.Counters{{Bucket: "2026-01", RequestCount: 50}, {Bucket: "2026-02\n", RequestCount: 100}, {Bucket: "x", RequestCount: 0}},
		}
	}
	const rest = "deployment   hybrid, 2 data planes\nservices     1234\nworkspaces   2\nmachine      linux, 8 cores\nrequests     150\n"
	const months = "  2026-01            50\n  2026-02\\n          100\n  x                   0\n"
	for _, test := range []struct {
		name   string
		report *admin.Report
		lic    *licseal.License
		text   string
		err    string
	}{
		{"about it", full("K"), lic, "gateway      3.9, pg\\u001b\nlicence      K (UNVERIFIED)\nadmin_seats  6 of 5, EXCEEDED\ndataplanes   2 of 2, ok\n" + rest + months, "admin_seats: 6 are used, and the licence allows 5"},
		{"about another", full("L"), lic, "gateway      3.9, pg\\u001b\nlicence      K (UNVERIFIED; the report names another: L)\nadmin_seats  6 of 5, EXCEEDED\ndataplanes   2 of 2, ok\n" + rest + months, "admin_seats: 6 are used, and the licence allows 5"},
		{"about none", &admin.Report{}, nil, "gateway     -, -\nlicence     none is stored\nservices    0\nworkspaces  0\nmachine     -, 0 cores\nrequests    0\n", ""},
		{"empty", &admin.Report{DeploymentInfo: &admin.DeploymentInfo{}}, licence(t, `{"a":1}`, vendor), "gateway     -, -\nlicence     - (UNVERIFIED)\ndeployment  -, 0 data planes\nservices    0\nworkspaces  0\nmachine     -, 0 cores\nrequests    0\n", ""},
	} {
		r := adminview.NewReport(test.report, test.lic, licseal.Roles{})
		if diff := cmp.Diff(test.text, r.Text(0).String()); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		got := ""
		if err := r.Err(); err != nil {
			got = err.Error()
		}
		if got != test.err || r.Exceeded != (test.err != "") || r.IsAbout != (test.lic != nil && test.report.Key() != "L") || r.Usage == nil {
			t.Errorf("%s: %+v, %s", test.name, r, got)
		}
	}
	want := "  a                  -5\n  b                   0\n  c                   1\n  d                   5 ██\n  e                  10 ████\n"
	counters := admin.Counters{{Bucket: "a", RequestCount: -5}, {Bucket: "b"}, {Bucket: "c", RequestCount: 1}, {Bucket: "d", RequestCount: 5}, {Bucket: "e", RequestCount: 10}}
	if diff := cmp.Diff(want, adminview.Months(counters, 4).String()); diff != "" {
		t.Error(diff)
	}
	if got := adminview.Months(nil, 4).String(); got != "" {
		t.Errorf("no months: %q", got)
	}
	if got, want := adminview.Months(admin.Counters{{Bucket: "b"}}, 4).String(), "  b                   0\n"; got != want {
		t.Errorf("%q", got)
	}
}
