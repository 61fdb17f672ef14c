package admin_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/verify"
)

// A product accepts licences over its own Admin API if the vendor signed them.
func ExampleNewHandler() {
	trusted, err := keys.ParseTrusted("vendor.pub", []byte(
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea vendor\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	check := func(_ context.Context, payload string) error {
		_, err := verify.License([]byte(payload), trusted, nil)
		return err
	}
	server := httptest.NewServer(admin.NewHandler(&admin.Memory{}, check, nil))
	defer server.Close()

	// A client that checks nothing itself sends a licence that somebody else signed.
	client, err := admin.NewClient(server.URL, &admin.ClientOptions{
		Check: func(context.Context, string) error { return nil },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	licence, err := os.ReadFile("../testdata/published/kong-until-2017-07-21.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Create(context.Background(), string(licence))
	fmt.Println(err)
	// Output:
	// POST /licenses: the server answered 400 Bad Request: schema violation (payload: the signature does not match the trusted key)
}

// A licence is made the active one of a server with the fewest calls.
func ExampleClient_Plan() {
	anything := func(context.Context, string) error { return nil }
	server := httptest.NewServer(admin.NewHandler(&admin.Memory{}, anything, nil))
	defer server.Close()
	client, err := admin.NewClient(server.URL, &admin.ClientOptions{Check: anything})
	if err != nil {
		fmt.Println(err)
		return
	}
	licence, err := os.ReadFile("../testdata/published/kong-until-2017-07-21.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	keep := func(admin.Record) error { return nil } // a real one writes a file
	for range 2 {
		plan, err := client.Plan(context.Background(), string(licence), licseal.Roles{}, false)
		if err != nil {
			fmt.Println(err)
			return
		}
		active, err := client.Apply(context.Background(), plan, keep)
		fmt.Println(plan.Call, active.Payload == string(licence), err)
	}
	// Output:
	// create true <nil>
	// none true <nil>
}

// The body to store a licence, for your own client.
func ExampleBody() {
	contentType, body := admin.Body(admin.JSON, `{"license":{"payload":{},"signature":"…","version":"1"}}`)
	fmt.Printf("%s\n%s\n", contentType, body)
	// Output:
	// application/json
	// {"payload":"{\"license\":{\"payload\":{},\"signature\":\"…\",\"version\":\"1\"}}"}
}
