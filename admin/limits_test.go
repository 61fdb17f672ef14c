package admin_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
)

// answers is a server that gives the same answers to each path, whatever is asked.
func answers(t *testing.T, answers map[string]string) *admin.Client {
	t.Helper()
	client, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, ok := answers[r.URL.RequestURI()]
		if !ok {
			http.NotFound(w, r)
			return
		}
		io.WriteString(w, answer)
	}), nil)
	return client
}

// What a client reads of a list, page by page, and what stops it.
func TestRecords(t *testing.T) {
	record := func(id string) string {
		return fmt.Sprintf(`{"id":%q,"payload":"p","created_at":1,"updated_at":2}`, id)
	}
	page := func(rest string, ids ...string) string {
		var all []string
		for _, id := range ids {
			all = append(all, record(id))
		}
		return `{"data":[` + strings.Join(all, ",") + `]` + rest + `}`
	}
	const first, second = "/licenses?size=500", "/licenses?size=500&offset=a%26b"
	tests := []struct {
		name    string
		answers map[string]string
		want    string // the ids, and the error
	}{
		{"empty", map[string]string{first: `{"data":[]}`}, ""},
		{"no next page", map[string]string{first: page(`,"next":null`, "i")}, "i"},
		{"an empty next page", map[string]string{first: page(`,"next":""`, "i")}, "i"},
		{"two", map[string]string{first: page(`,"next":"/x","offset":"a&b"`, "i", "j"), second: page("", "k")}, "i j k"},
		{"the last is empty", map[string]string{first: page(`,"offset":"a&b"`, "i"), second: page("")}, "i"},
		{"no offset", map[string]string{first: page(`,"next":"/x"`, "i")}, `the list is not complete: the server names a next page, "/x", without an offset`},
		{"an empty page with a next one", map[string]string{first: page(`,"offset":"a&b"`)}, "the server's pages do not end: an empty page names a next page"},
		{"a loop", map[string]string{first: page(`,"offset":"a&b"`, "i"), second: page(`,"offset":"a&b"`, "j")}, `i the server's pages form a loop: the offset "a&b" came twice`},
		{"a record twice", map[string]string{first: page(`,"offset":"a&b"`, "i"), second: page("", "j", "i")}, "i j the server's pages repeat: the record i came twice"},
		{"no list", map[string]string{first: `{}`}, "GET /licenses: the answer is not one of an Admin API: the member data is not a list"},
		{"no id", map[string]string{first: page("", "")}, "GET /licenses: the answer is not one of an Admin API: a record has no id, or no payload"},
		{"no payload", map[string]string{first: `{"data":[{"id":"i"}]}`}, "GET /licenses: the answer is not one of an Admin API: a record has no id, or no payload"},
		{"no answer", nil, "GET /licenses: the server answered 404 Not Found"},
	}
	for _, test := range tests {
		client := answers(t, test.answers)
		var got []string
		for record, err := range client.Records(t.Context()) {
			if err != nil {
				got = append(got, err.Error())
				continue // after which nothing comes
			}
			got = append(got, record.ID)
		}
		if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		list, err := client.List(t.Context())
		if (err != nil) != strings.Contains(test.want, " the ") && (err != nil) != (len(test.want) > 10) || err != nil && list != nil {
			t.Errorf("%s: %v, %v", test.name, list, err)
		}
		for range client.Records(t.Context()) {
			break // at once
		}
	}
}

// A report without a figure that counts is none.
func TestClientReport(t *testing.T) {
	for answer, want := range map[string]string{
		`{"counters":[],"kong_version":"3","rbac_users":4}`: "", `{"counters":{"buckets":[]},"kong_version":"3","rbac_users":4,"x":1}`: "",
		`{"kong_version":"3","rbac_users":4}`: "it has no counters", `{"counters":[],"rbac_users":4}`: "it has no kong_version", `{"counters":[],"kong_version":"3"}`: "it has no rbac_users", `{}`: "it has no counters",
	} {
		report, err := answers(t, map[string]string{"/license/report": answer}).Report(t.Context())
		if want == "" && (err != nil || report.RBACUsers != 4) || want != "" && (err == nil || err.Error() != "GET /license/report: the answer is not one of an Admin API: "+want) {
			t.Errorf("%s: %+v, %v", answer, report, err)
		}
	}
	if _, err := answers(t, map[string]string{"/license/report": `{"counters":5,"kong_version":"3","rbac_users":4}`}).Report(t.Context()); err == nil {
		t.Error("counters that are a number")
	}
}

// Which addresses are those of an API, and how the client calls it.
func TestNewClient(t *testing.T) {
	const form = ` is not the address of an Admin API; write it as http://localhost:8001`
	const parts = "the address of an Admin API consists of a scheme, a host and a path; the token has its own option"
	for address, want := range map[string]string{
		"http://h": "", "https://h/a/": "", "ftp://h": `"ftp://h"` + form, "http://": `"http://"` + form, "h:1": `"h:1"` + form, "": `""` + form, "http://%": `"http://%"` + form,
		"http://u@h": parts, "http://h?q": parts, "http://h#f": parts,
	} {
		client, err := admin.NewClient(address, nil)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want || (client == nil) != (err != nil) {
			t.Errorf("%s: %v, want %s", address, err, want)
		}
	}
	for token, ok := range map[string]bool{"": true, "abc": true, "a\nb": false, "\x7f": false} {
		if _, err := admin.NewClient("http://h", &admin.ClientOptions{Token: token}); (err == nil) != ok {
			t.Errorf("the token %q: %v", token, err)
		}
	}
}

// Which calls a plan makes, by what is stored.
func TestPlan(t *testing.T) {
	const id3 = "f0000000-0000-4000-8000-000000000003"
	one, one6, two, other := licence(t, "A", 5), licence(t, "A", 6), licence(t, "B", 5), "no licence"
	spaced := strings.Replace(one, ":", ": ", 1)
	tests := []struct {
		name   string
		stored []string // of the ids 1 to 3, from the oldest; "" for none
		push   string
		want   string // the call, its target, and what is removed if all others are
	}{
		{"nothing", nil, one, "create"},
		{"active", []string{one}, one, "none"},
		{"active as another text", []string{one}, spaced, "none"},
		{"not active", []string{one, two}, one, "update 1 remove 2"},
		{"the same key", []string{one6, two}, one, "update 1 remove 2"},
		{"the same key, twice", []string{one6, licence(t, "A", 7), two}, one, "update 2 remove 1 3"},
		{"the same text before the same key", []string{one, one6, two}, one, "update 1 remove 2 3"},
		{"the same licence before the same key", []string{one6, spaced, two}, one, "update 2 remove 1 3"},
		{"the same text before the same licence", []string{spaced, one, two}, one, "update 2 remove 1 3"},
		{"others", []string{two, other}, one, "create remove 1 2"},
		{"active, and others", []string{two, other, one}, one, "none remove 1 2"},
	}
	ids := []string{id1, id2, id3}
	for _, test := range tests {
		store := &admin.Memory{}
		for i, payload := range test.stored {
			if _, err := store.Write(t.Context(), admin.Write{ID: ids[i], Payload: payload}); err != nil {
				t.Fatal(err)
			}
		}
		client, _ := serve(t, newHandler(store), nil)
		for _, prune := range []bool{true, false} {
			plan, err := client.Plan(t.Context(), test.push, licseal.Roles{}, prune)
			if err != nil {
				t.Fatal(test.name, err)
			}
			number := func(id string) string { return fmt.Sprint(1 + strings.Index(id1+id2+id3, id)/len(id1)) }
			got := string(plan.Call)
			if plan.Target != nil {
				got += " " + number(plan.Target.ID)
			}
			if len(plan.Remove) > 0 {
				got += " remove"
			}
			for _, record := range plan.Remove {
				got += " " + number(record.ID)
			}
			want := test.want
			if !prune {
				want, _, _ = strings.Cut(want, " remove")
			}
			if got != want || plan.Nothing() != (want == "none") || (plan.Active == nil) != (len(test.stored) == 0) {
				t.Errorf("%s, prune %t: %s, want %s", test.name, prune, got, want)
			}
		}
	}
	client, _ := serve(t, newHandler(&admin.Memory{}), nil)
	if plan, err := client.Plan(t.Context(), "no licence", licseal.Roles{}, false); plan != nil || !errors.As(err, new(*licseal.ParseError)) {
		t.Errorf("%v, %v", plan, err)
	}
}

// The figures of a product: which are read, and which are missing counts.
func TestFigures(t *testing.T) {
	for text, want := range map[string]string{
		`{"rbac_users":0,"services_count":0,"workspaces_count":0,"routes_count":0,"consumers_count":0}`: "", `{}`: "",
		`{"rbac_users":-1}`: "rbac_users is -1; expected a count", `{"services_count":-1}`: "services_count is -1; expected a count", `{"workspaces_count":-1}`: "workspaces_count is -1; expected a count",
		`{"system_info":{"cores":-1}}`: "cores is -1; expected a count", `{"routes_count":-1}`: "routes_count is -1; expected a count", `{"consumers_count":-1}`: "consumers_count is -1; expected a count",
		`{"deployment_info":{"type":"hybrid","connected_dp_count":-1}}`: "connected_dp_count is -1; expected a count", `{"deployment_info":{"type":"hybrid","connected_dp_count":0}}`: "",
		`{"counters":[{"bucket":"2026-01","request_count":-1}]}`: "request_count of 2026-01 is -1; expected a count", `{"counters":{"buckets":[{"bucket":"2026-01","request_count":0}]}}`: "",
	} {
		_, err := admin.ParseFigures([]byte(text))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	got, err := admin.ParseFigures([]byte(`{"counters":{"buckets":[{"bucket":"b","request_count":1}]},"db_version":"d","kong_version":"v","license_key":"k","rbac_users":2,"services_count":3,
		"system_info":{"cores":4,"hostname":"h","uname":"u"},"workspaces_count":5,"routes_count":6,"consumers_count":7}`))
	want := admin.Figures{Counters: []admin.Counter{{Bucket: "b", RequestCount: 1}}, DBVersion: "d", RBACUsers: 2, Services: 3, Workspaces: 5, Cores: 4, Hostname: "h", Uname: "u", Routes: 6, Consumers: 7}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

// How much is used of what is allowed.
func TestUsageAtLimits(t *testing.T) {
	parse := func(text string) licseal.Payload {
		p, err := licseal.ParsePayload([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	r := &admin.Report{RBACUsers: 5, DeploymentInfo: &admin.DeploymentInfo{ConnectedDPCount: 3}, Counters: admin.Counters{
		{Bucket: "2026-02", RequestCount: 20}, {Bucket: "UNKNOWN", RequestCount: 99}, {Bucket: "2026-01", RequestCount: 50}}}
	requests := func(limited, most string) string {
		return `{"entitlements":{"monitored_monthly_requests":{"is_limited":` + limited + `,"max_uses":` + most + `}}}`
	}
	for payload, want := range map[string][]admin.Usage{
		`{}`: nil, `{"admin_seats":"5","dataplanes":"2"}`: {{Name: "admin_seats", Used: 5, Allowed: 5}, {Name: "dataplanes", Used: 3, Allowed: 2}}, `{"admin_seats":5,"dataplanes":"many"}`: nil,
		requests("true", "19"): {{Name: "monitored_monthly_requests", Used: 20, Allowed: 19}}, requests("false", "19"): nil, requests("true", `"unlimited"`): nil,
	} {
		if diff := cmp.Diff(want, r.Usage(parse(payload))); diff != "" {
			t.Errorf("%s: %s", payload, diff)
		}
	}
	if (admin.Usage{Used: 5, Allowed: 5}).Exceeded() || !(admin.Usage{Used: 6, Allowed: 5}).Exceeded() {
		t.Error("exceeded at another number")
	}
	if got := (&admin.Report{DeploymentInfo: nil}).Usage(parse(`{"dataplanes":"2"}`)); got != nil {
		t.Errorf("no deployment: %v", got)
	}
	if got := (&admin.Report{}).Usage(parse(requests("true", "1"))); got[0].Used != 0 {
		t.Errorf("no counters: %v", got)
	}
	for _, report := range []*admin.Report{{LicenseKey: "K"}, {LicenseKey: admin.Hash("K")}, {License: &admin.ReportLicense{LicenseKey: "K"}}, {LicenseKey: "K", License: &admin.ReportLicense{LicenseKey: "L"}}} {
		if !report.IsAbout("K") || report.IsAbout("L") {
			t.Errorf("%+v is about another key", report)
		}
	}
	if r.Counters.Total() != 169 {
		t.Errorf("the total is %d", r.Counters.Total())
	}
}

// The store in memory, where the contract of all stores says nothing.
func TestMemory(t *testing.T) {
	now := time.Unix(100, 999_999_999)
	store := &admin.Memory{Now: func() time.Time { return now }}
	big := strings.Repeat("x", admin.MaxPageBytes/2)
	for i, payload := range []string{big, big + "y", big[:len(big)-1] + "z", "small"} {
		r, err := store.Write(t.Context(), admin.Write{ID: fmt.Sprint(i), Payload: payload, Who: "w"})
		if err != nil || r.CreatedAt != int64(100+i) || r.UpdatedAt != r.CreatedAt {
			t.Errorf("%+v, %v", r, err)
		}
	}
	for _, test := range []struct {
		after string
		limit int
		want  int
		more  bool
	}{
		{"", 9, 1, true}, {"0", 9, 1, true}, {"1", 9, 2, false}, {"00", 9, 1, true}, {"3", 9, 0, false}, {"1", 1, 1, true}, {"9", 9, 0, false},
	} {
		records, more, err := store.List(t.Context(), test.after, test.limit)
		if len(records) != test.want || more != test.more || err != nil {
			t.Errorf("after %q: %d, %t, %v", test.after, len(records), more, err)
		}
	}
	for _, test := range []struct {
		after       int64
		limit, want int
	}{{0, 9, 4}, {-5, 2, 2}, {3, 9, 1}, {4, 9, 0}, {9, 9, 0}, {0, -1, 0}, {0, 0, 0}} {
		changes, err := store.History(t.Context(), test.after, test.limit)
		if len(changes) != test.want || err != nil || len(changes) > 0 && changes[0].Number != max(test.after, 0)+1 {
			t.Errorf("after %d: %v, %v", test.after, changes, err)
		}
	}
	changes, _ := store.History(context.Background(), 0, 1)
	if want := time.UnixMilli(100_999).UTC(); changes[0].Time != want {
		t.Errorf("it was written at %v", changes[0].Time)
	}
}
