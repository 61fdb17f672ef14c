package entitle_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/sign"
)

// A payload that matches the schema opens, and then the limits are those that it
// lists, in its order.
func FuzzOpen(f *testing.F) {
	for _, name := range []string{"get-payload.json", "post-payload.json"} {
		text, err := os.ReadFile("../testdata/entitlement/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, p := range []fields{plan(), plan().limit("requests", 1<<53-1).with("delay_max_uses_perc", 1000000)} {
		text, err := json.Marshal(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := licseal.ParsePayload(text)
		if err != nil {
			return // not a payload
		}
		lic, err := sign.License(p, vendorKey)
		if err != nil {
			t.Fatal(err)
		}
		g, err := entitle.OpenStill(entitle.Text([]byte(lic.String())), trusted, &entitle.Options{Batch: true})
		if err != nil {
			if schemaErr := schema.Entitlement().Validate(p); schemaErr == nil {
				t.Fatalf("it matches the schema, and does not open: %v", err)
			}
			return
		}
		var listed struct {
			Order []string `json:"ordered_entitlements_keys"`
		}
		if err := json.Unmarshal(p.Bytes(), &listed); err != nil {
			t.Fatal(err)
		}
		limits := g.Limits()
		if len(limits) != len(listed.Order) {
			t.Fatalf("%d limits, %d are listed", len(limits), len(listed.Order))
		}
		for i, limit := range limits {
			if limit.Name != listed.Order[i] || limit.Remaining < 0 {
				t.Errorf("%+v in place of %s", limit, listed.Order[i])
			}
			err := g.Use(context.Background(), limit.Name, 1)
			if (err == nil) != (limit.Remaining > 0) {
				t.Errorf("%+v: %v", limit, err)
			}
		}
	})
}

// Whatever is posted, the answer is one of the documented ones, and JSON.
func FuzzPost(f *testing.F) {
	for _, body := range []string{`{"license_key":"K-1"}`, `{"license_key":"` + strings.ReplaceAll(string(signed(f, plan())), `"`, `\"`) + `"}`, `{`, ``, `{"license_key":"\ud800"}`} {
		f.Add(body)
	}
	g, err := entitle.OpenStill(entitle.NewFolder(f.TempDir()), trusted, &entitle.Options{MayBeMissing: true, Clock: at("2026-11-21").now})
	if err != nil {
		f.Fatal(err)
	}
	h := entitle.NewHandler(g, &entitle.HandlerOptions{Authorize: entitle.BearerTokens(token)})
	f.Fuzz(func(t *testing.T, body string) {
		w, r := httptest.NewRecorder(), httptest.NewRequest("POST", entitle.LicensePath, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		h.ServeHTTP(w, r)
		if w.Code != 200 && w.Code != 400 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}
