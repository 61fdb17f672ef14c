package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/licseal/licseal/admin"
)

// Writes and deletions with If-Match or If-None-Match.
func TestPreconditions(t *testing.T) {
	const current = "current" // stands for the ETag of the record
	tests := []struct {
		name, method, id, header, value string
		want                            int
	}{
		{"PUT, the current one", "PUT", id1, "If-Match", current, 200},
		{"PUT, one of several", "PUT", id1, "If-Match", `"1-ab", ` + current, 200},
		{"PUT, any", "PUT", id1, "If-Match", "*", 200},
		{"PUT, another", "PUT", id1, "If-Match", `"1-ab"`, 412},
		{"PUT, a weak one", "PUT", id1, "If-Match", "W/" + current, 412},
		{"PUT, not there", "PUT", id2, "If-Match", "*", 412},
		{"PUT, not an ETag", "PUT", id1, "If-Match", "abc", 400},
		{"PUT, empty", "PUT", id1, "If-Match", " ", 400},
		{"PUT, a new one", "PUT", id2, "If-None-Match", "*", 200},
		{"PUT, not a new one", "PUT", id1, "If-None-Match", "*", 412},
		{"PATCH, the current one", "PATCH", id1, "If-Match", current, 200},
		{"PATCH, another", "PATCH", id1, "If-Match", `"1-ab"`, 412},
		{"PATCH, not there", "PATCH", id2, "If-Match", "*", 412},
		{"DELETE, the current one", "DELETE", id1, "If-Match", current, 204},
		{"DELETE, another", "DELETE", id1, "If-Match", `"1-ab"`, 412},
		{"DELETE, not there", "DELETE", id2, "If-Match", "*", 412},
		{"DELETE, not an ETag", "DELETE", id1, "If-Match", `"x"`, 400},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := newHandler(&admin.Memory{})
			etag := request(t, h, "PUT", "/licenses/"+id1, jsonBody("one")).Header().Get("ETag")
			if again := request(t, h, "GET", "/licenses/"+id1, "").Header().Get("ETag"); etag == "" || again != etag {
				t.Fatalf("the ETag is %q, then %q", etag, again)
			}
			value := strings.ReplaceAll(test.value, current, etag)
			body := ""
			if test.method != http.MethodDelete {
				body = jsonBody("two")
			}
			w := request(t, h, test.method, "/licenses/"+test.id, body, test.header+": "+value)
			if w.Code != test.want {
				t.Errorf("got %d %s, want %d", w.Code, w.Body, test.want)
			}
			changed := request(t, h, "GET", "/licenses/"+id1, "").Header().Get("ETag") != etag
			if want := test.want < 300 && test.id == id1; changed != want {
				t.Errorf("the record has changed: %v", changed)
			}
		})
	}
}
