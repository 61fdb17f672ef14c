package entitle_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/sign"
)

// A product that asks its licence on every request.
func Example_service() {
	// In a product: entitle.File with the file that the customer got, the vendor's
	// public key, compiled in (see package keys), and a store that lasts (see
	// package sqlstore).
	key := ed25519.NewKeyFromSeed([]byte("0123456789abcdef0123456789abcdef"))
	trusted := []licseal.TrustedKey{{Key: key.Public(), Name: "vendor"}}
	guard, err := entitle.Open(context.Background(), entitle.Text(issue(key)), trusted, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer guard.Close()

	mux := http.NewServeMux()
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "hello") })
	mux.Handle("/hello", guard.Middleware("requests")(hello))
	mux.Handle("/report", guard.Including("reports")(hello))
	service := httptest.NewServer(mux)
	defer service.Close()

	for _, path := range []string{"/hello", "/hello", "/hello", "/report"} {
		response, err := http.Get(service.URL + path)
		if err != nil {
			log.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		response.Body.Close()
		answer, _, _ := strings.Cut(strings.TrimSpace(string(text)), ";")
		fmt.Println(response.StatusCode, answer)
	}
	// Output:
	// 200 hello
	// 200 hello
	// 402 {"title":"The limit of the licence is reached","status":402,"detail":"the monthly limit of \"requests\" is 2 uses, tolerance included
	// 403 {"title":"The licence does not allow this","status":403,"detail":"the licence does not include \"reports\"","reason":"not included"}
}

// issue is the vendor's half: a licence for two requests a month.
func issue(key ed25519.PrivateKey) []byte {
	payload, err := licseal.ParsePayload([]byte(`{
		"created": "2026-01-01T00:00:00.000Z", "expiry": "2100-01-01T00:00:00.000Z", "delay_expiry_days": 10,
		"customer_name": "Example Company, Inc", "id": "A-1", "max_machines": 1, "delay_max_uses_perc": 0,
		"entitlements": {"requests": {"is_limited": true, "max_uses": 2, "name": "Requests"}},
		"ordered_entitlements_keys": ["requests"]
	}`))
	if err != nil {
		log.Fatal(err)
	}
	lic, err := sign.License(payload, key)
	if err != nil {
		log.Fatal(err)
	}
	return []byte(lic.String())
}
