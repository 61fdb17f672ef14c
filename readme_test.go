package licseal_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/decode"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

// What a product of a vendor with its own fields ships, and the licence that its
// customer was given.
const (
	vendorKeys    = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c licences@vendor.example\n"
	vendorLicense = `{"license":{"payload":{"from":"2026-01-01","seats":5,"serial":"A-1","until":"2027-01-01"},"signature":"5939c3a349fe7398614c5267010e93b77c12878ea0b16fac46a73e76f5911de30df52284644b5ac4b99b0f8bb682b6d438adc276a288e12259f91a646e9bd70a","version":"1"}}`
)

var vendorSchema = []byte(`{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "required": ["serial", "from", "until", "seats"],
  "additionalProperties": false,
  "properties": {
    "serial": {"type": "string"},
    "from": {"type": "string", "format": "date"},
    "until": {"type": "string", "format": "date"},
    "seats": {"type": "integer", "minimum": 1}
  },
  "x-licseal": {
    "roles": {"id": "/serial", "not_before": "/from", "not_after": "/until"}
  }
}`)

// Terms is what a licence grants in the product of the example.
type Terms struct {
	Serial string `json:"serial"`
	From   string `json:"from"`
	Until  string `json:"until"`
	Seats  int    `json:"seats"`
}

// newVerifier is made once, when the product starts.
func newVerifier(publicKeys, schemaText []byte) (*verify.Verifier, error) {
	trusted, err := keys.ParseTrusted("vendor.key.pub", publicKeys)
	if err != nil {
		return nil, err
	}
	fields, err := schema.Compile("mine.json", schemaText)
	if err != nil {
		return nil, err
	}
	return verify.New(trusted, &verify.Options{Fields: fields, Grace: 14 * 24 * time.Hour})
}

// termsOf judges a licence file, and returns what it grants.
func termsOf(v *verify.Verifier, file []byte) (terms Terms, err error) {
	report := v.Report(file)
	switch report.Reason() {
	case "":
		err = decode.Payload(report.Result().License.Payload, &terms)
	case licseal.ReasonExpired:
		err = errors.New("your licence has expired: ask sales@vendor.example for a new one")
	default:
		err = report.Err() // forged, not yet valid, a field is wrong, …
	}
	return terms, err
}

func Example() {
	verifier, err := newVerifier([]byte(vendorKeys), vendorSchema)
	if err != nil {
		fmt.Println(err)
		return
	}
	forged := strings.Replace(vendorLicense, `"seats":5`, `"seats":500`, 1)
	_, err = termsOf(verifier, []byte(forged))
	fmt.Println(err)
	// Output: the signature does not match the trusted key
}

// The product of the example accepts its vendor's licence, within the grace too,
// and not later.
func TestVendorExample(t *testing.T) {
	trusted, err := keys.ParseTrusted("vendor.key.pub", []byte(vendorKeys))
	if err != nil {
		t.Fatal(err)
	}
	fields, err := schema.Compile("mine.json", vendorSchema)
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]string{
		"2026-06-01": "",
		"2027-01-10": "",
		"2027-01-15": "your licence has expired: ask sales@vendor.example for a new one",
		"2025-12-31": "not yet valid: valid from 2026-01-01T00:00:00Z, and it is 2025-12-31T00:00:00Z",
	} {
		at, err := licseal.ParseDate(day, nil)
		if err != nil {
			t.Fatal(err)
		}
		v, err := verify.New(trusted, &verify.Options{At: at, Fields: fields, Grace: 14 * 24 * time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		terms, err := termsOf(v, []byte(vendorLicense))
		if want == "" && (err != nil || terms.Seats != 5) || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%s: %+v, %v, want %q", day, terms, err, want)
		}
	}
}

// The README shows the code and the schema that are tested here.
func TestREADMEShowsTheExample(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("readme_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(source), "// Terms is what")
	code, _, _ = strings.Cut(code, "\nfunc Example()")
	code = "// Terms is what" + code
	for name, want := range map[string]string{"code": strings.TrimSpace(code), "schema": string(vendorSchema)} {
		if !strings.Contains(string(readme), "\n"+want+"\n") {
			t.Errorf("the README does not show the %s of this file", name)
		}
	}
}
