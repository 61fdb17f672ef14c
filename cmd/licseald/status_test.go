//go:build unix

package main

import (
	"net/http"
	"strings"
	"testing"
)

// /status shows the entitlement licence to who may see it, and to nobody else.
func TestStatusShowsEntitlements(t *testing.T) {
	p, secret := usageServer(t)
	for _, test := range []struct {
		scope string
		shows bool
	}{{"entitlement-use", true}, {"entitlement-read", true}, {"entitlement-write", true}, {"read", false}, {"metrics", false}, {"unknown", false}} {
		status, body, err := call(t.Context(), http.DefaultClient, "GET", p.url+"/status", "", "Authorization: Bearer "+secret(test.scope))
		if err != nil || status != 200 || !strings.Contains(body, `"reachable":true`) {
			t.Fatal(status, body, err)
		}
		shows := strings.Contains(body, `"license":{"status":"active"`) && strings.Contains(body, `{"name":"hosts","label":"Hosts","level":true,`)
		if shows != test.shows || !shows && strings.Contains(body, "hosts") {
			t.Errorf("with %s: %s", test.scope, body)
		}
	}
}
