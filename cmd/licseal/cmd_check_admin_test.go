package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/licseal/licseal/admin"
	"github.com/rogpeppe/go-internal/testscript"
)

// adminAPI starts an Admin API that takes every licence, and whose token is
// "open-sesame", adds the licences in files to it, and puts its URL into a variable.
//
//	adminapi VARIABLE FILE…
func adminAPI(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: adminapi VARIABLE FILE…")
	}
	api := admin.NewHandler(new(admin.Memory), func(context.Context, string) error { return nil }, nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Kong-Admin-Token") != "open-sesame" {
			http.Error(w, `{"message":"Unauthorized"}`, http.StatusUnauthorized)
			return
		}
		api.ServeHTTP(w, r)
	}))
	ts.Defer(server.Close)
	for _, name := range args[1:] {
		contentType, body := admin.Body(admin.JSON, strings.TrimSuffix(ts.ReadFile(name), "\n"))
		request, err := http.NewRequest(http.MethodPost, server.URL+"/licenses", strings.NewReader(string(body)))
		ts.Check(err)
		request.Header.Set("Content-Type", contentType)
		request.Header.Set("Kong-Admin-Token", "open-sesame")
		response, err := http.DefaultClient.Do(request)
		ts.Check(err)
		response.Body.Close()
		if response.StatusCode != http.StatusCreated {
			ts.Fatalf("%s: %s", name, response.Status)
		}
	}
	ts.Setenv(args[0], server.URL)
}

// A server whose list has no end is not listened to for ever.
func TestInstalledAtBounds(t *testing.T) {
	pages := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pages++
		var records []string
		for i := range 1000 {
			records = append(records, fmt.Sprintf(`{"id":"%d-%d","payload":"b","created_at":1,"updated_at":1}`, pages, i))
		}
		fmt.Fprintf(w, `{"data":[%s],"next":"/licenses","offset":"%d"}`, strings.Join(records, ","), pages)
		if pages > 2*maxRecords/1000 {
			panic(http.ErrAbortHandler)
		}
	}))
	defer server.Close()
	client, err := admin.NewClient(server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if all, err := installedAt(t.Context(), client); err == nil || !strings.Contains(err.Error(), "more than 10000 licences") {
		t.Errorf("%d licences, %v", len(all), err)
	}
}
