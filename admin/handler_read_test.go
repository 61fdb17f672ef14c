package admin_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/admin"
)

// Hidden records are in no page, whatever its size, and cannot be read; they can be
// replaced and deleted.
func TestHide(t *testing.T) {
	store := &admin.Memory{}
	for i, payload := range []string{"hidden 1", "hidden 2", "shown 1", "hidden 3", "shown 2", "hidden 4"} {
		if _, err := store.Write(t.Context(), admin.Write{ID: number(i + 1), Payload: payload}); err != nil {
			t.Fatal(err)
		}
	}
	h := admin.NewHandler(store, anything, &admin.Options{Log: slog.New(slog.DiscardHandler), Hide: func(r *http.Request) func(admin.Record) bool {
		if r.Header.Get("X-All") != "" {
			return nil
		}
		return func(r admin.Record) bool { return strings.HasPrefix(r.Payload, "hidden") }
	}})
	list := func(size, header string) (payloads []string) {
		for path := "/licenses?size=" + size; path != ""; {
			w := request(t, h, "GET", path, "", header)
			page := decode[admin.Page](t, w)
			for _, record := range page.Data {
				payloads = append(payloads, record.Payload)
			}
			path = ""
			if page.Next != nil {
				path = *page.Next
			}
		}
		return payloads
	}
	for _, size := range []string{"1", "2", "3", "100"} {
		if diff := cmp.Diff([]string{"shown 1", "shown 2"}, list(size, "X-None: ")); diff != "" {
			t.Errorf("size %s: %s", size, diff)
		}
		if got := list(size, "X-All: yes"); len(got) != 6 {
			t.Errorf("size %s: %v", size, got)
		}
	}
	for _, test := range []struct {
		method, id, body string
		want             int
	}{
		{"GET", number(1), "", 404}, {"GET", number(3), "", 200},
		{"PATCH", number(1), jsonBody("shown 3"), 200}, {"GET", number(1), "", 200}, {"DELETE", number(2), "", 204},
	} {
		if w := request(t, h, test.method, "/licenses/"+test.id, test.body); w.Code != test.want {
			t.Errorf("%s %s: %d, want %d", test.method, test.id, w.Code, test.want)
		}
	}
}

// What a client may send back without meaning it is ignored.
func TestIgnoredFields(t *testing.T) {
	for _, body := range []string{
		`{"payload":"two","id":null,"created_at":null,"updated_at":null,"tags":null}`,
		`{"payload":"two","tags":["a","b"]}`, `{"payload":"two","created_at":1,"updated_at":2.5}`,
	} {
		h := newHandler(&admin.Memory{})
		w := request(t, h, "POST", "/licenses", body)
		if record := decode[admin.Record](t, w); w.Code != 201 || record.Payload != "two" || record.ID == "" {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}
