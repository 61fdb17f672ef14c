package licseal_test

import (
	"errors"
	"fmt"

	"github.com/licseal/licseal"
)

func ExampleParseUnverified() {
	file := []byte(`{
  "license": {
    "version": "1",
    "signature": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "payload": { "license_key": "LS-0001", "customer": "Example Company, Inc" }
  }
}`)
	lic, err := licseal.ParseUnverified(file)
	if err != nil {
		fmt.Println(err)
		return
	}
	customer, _ := lic.Payload.Text("/customer")
	fmt.Println("it says that it is for:", customer)
	fmt.Println(lic)
	// Output:
	// it says that it is for: Example Company, Inc
	// {"license":{"payload":{"customer":"Example Company, Inc","license_key":"LS-0001"},"signature":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","version":"1"}}
}

func ExampleParsePayload() {
	payload, err := licseal.ParsePayload([]byte(`{"seats": 5.0, "customer": "Caf\u00e9"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", payload.Bytes())

	_, err = licseal.ParsePayload([]byte(`{"seats": 5, "\u0073eats": 500}`))
	if parseErr, ok := errors.AsType[*licseal.ParseError](err); ok {
		fmt.Println(parseErr.Class)
		fmt.Println(err)
	}
	// Output:
	// {"customer":"Café","seats":5}
	// duplicate-name
	// 1:14 /seats: member "seats" is there twice; keep one of them
}
