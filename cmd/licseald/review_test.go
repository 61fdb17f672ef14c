//go:build unix

package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/revoke"
)

// revokeAll writes a revocation list that names licences.
func (v *vendor) revokeAll(t *testing.T, path string, generation int64, ids ...string) {
	t.Helper()
	list := revoke.New(time.Now(), time.Now().Add(time.Hour))
	list.Generation = generation
	for _, id := range ids {
		revokeIn(t, list, id)
	}
	v.writeList(t, path, list)
}

// A licence that is revoked after it was stored is named in the log and counted, is not
// taken for the active one, and with --hide-refused is shown only to who may write.
func TestReview(t *testing.T) {
	v := newVendor(t)
	dir := t.TempDir()
	list, tokens := filepath.Join(dir, "revoked.json"), filepath.Join(dir, "tokens")
	const reader, writer = "Authorization: Bearer reader-0123456789", "Authorization: Bearer writer-0123456789"
	testenv.WriteFile(t, tokens, "reader reader-0123456789 read,metrics\nwriter writer-0123456789 write\n")
	v.revokeAll(t, list, 1)
	p := start(t, "--store", "sqlite:"+filepath.Join(dir, "licences.db"), "--listen", "127.0.0.1:0",
		"--trust", v.trust, "--revocations", list, "--token-file", tokens, "--hide-refused")
	first := postedID(t, expect(t, 201, "POST", p.url+"/licenses", v.licence(t, "LS-1", 30), writer))
	revoked := v.licence(t, "LS-2", 30)
	second := postedID(t, expect(t, 201, "POST", p.url+"/licenses", revoked, writer))
	has := func(body string, texts ...string) bool {
		for _, text := range texts {
			if !strings.Contains(body, text) {
				return false
			}
		}
		return true
	}
	metrics := func() string { return expect(t, 200, "GET", p.url+"/metrics", "", reader) }
	testenv.WaitUntil(t, "both are counted as good", func() bool {
		return has(metrics(), `licseald_licenses{reason="",state="valid"} 2`, "licseald_next_expiry_timestamp_seconds ")
	})

	v.revokeAll(t, list, 2, "LS-2")
	testenv.WaitUntil(t, "one is counted as revoked", func() bool {
		return has(metrics(), `licseald_licenses{reason="",state="valid"} 1`, `licseald_licenses{reason="revoked",state="valid"} 1`)
	})
	if log := p.log.String(); !strings.Contains(log, `msg="a stored licence is refused now" id=`+second) || !strings.Contains(log, "reason=revoked") {
		t.Errorf("the log: %s", log)
	}
	if report := expect(t, 200, "GET", p.url+"/license/report", "", reader); !strings.Contains(report, admin.Hash("LS-1")) {
		t.Errorf("the report is about another licence: %s", report)
	}
	for _, test := range []struct {
		who  string
		want int // status of the revoked one
	}{{reader, 404}, {writer, 200}} {
		expect(t, test.want, "GET", p.url+"/licenses/"+second, "", test.who)
		body := expect(t, 200, "GET", p.url+"/licenses", "", test.who)
		if !strings.Contains(body, first) || strings.Contains(body, second) != (test.want == 200) {
			t.Errorf("%s gets the list %s", test.who, body)
		}
	}
	expect(t, 400, "POST", p.url+"/schemas/licenses/validate", revoked, writer)
	expect(t, 200, "POST", p.url+"/schemas/licenses/validate", v.licence(t, "LS-3", 30), writer)
	client, err := admin.NewClient(p.url, &admin.ClientOptions{Token: "writer-0123456789"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Plan(t.Context(), revoked, licseal.Roles{}, false)
	if err == nil || !strings.Contains(err.Error(), "the server refuses it now") {
		t.Errorf("a plan for the revoked licence: %v", err)
	}

	v.revokeAll(t, list, 3)
	testenv.WaitUntil(t, "it is good again", func() bool {
		return has(metrics(), `licseald_licenses{reason="",state="valid"} 2`) && has(p.log.String(), "a stored licence is good again")
	})
	expect(t, http.StatusOK, "GET", p.url+"/licenses/"+second, "", reader)
}
