package check_test

import (
	"fmt"
	"time"

	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/verify"
)

// A licence was pasted with the quotes that a word processor makes.
func Example() {
	pasted := `{“license”:{“payload”:{“admin_seats”:“1”,“customer”:“Example Company, Inc”,“dataplanes”:“1”,` +
		`“license_creation_date”:“2017-07-20”,“license_expiration_date”:“2017-07-21”,“license_key”:“00141000017ODj3AAG_a1V41000004wT0OEAU”,` +
		`“product_subscription”:“Konnect Enterprise”,“support_plan”:“None”},` +
		`“signature”:“24cc21223633044c15c300be19cacc26ccc5aca0dd9a12df8a7324a1970fe304bc07b8dcd7fb08d7b92e04169313377ae3b550ead653b951bc44cd2eb59f6beb”,“version”:“1”}}`
	atLeastFour, err := check.ParseRequirement("dataplanes>=4")
	if err != nil {
		fmt.Println(err)
		return
	}
	checker, err := check.New(check.Options{
		NoSignature: true, // how Kong signs is not public
		Verify:      verify.Options{At: time.Date(2017, 7, 20, 12, 0, 0, 0, time.UTC)},
		Policy:      check.Policy{MinRemaining: time.Hour, WarnRemaining: -1, Require: []check.Requirement{atLeastFour}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	result := checker.License("pasted.txt", []byte(pasted))
	for _, f := range result.Findings {
		fmt.Println(f.Severity, f.Code)
		fmt.Println("  " + f.Found)
	}
	fmt.Println("ok:", result.OK(), "id:", result.ID)
	fmt.Println("repaired:", result.Repaired, string(result.Canonical()[:27]))
	// Output:
	// error curly-quotes
	//   found the quote “ (U+201C) where JSON needs a straight one
	// note signature-not-checked
	//   the signature was not checked: anyone may have written this licence
	// error requirement
	//   /dataplanes is "1", and dataplanes>=4 is required
	// ok: false id: 0014…OEAU
	// repaired: true {"license":{"payload":{"adm
}

// What a team shares is a file.
func ExampleParsePolicyFile() {
	policy, err := check.ParsePolicyFile([]byte(`
min_remaining: 30d
require:
  - product_subscription=Konnect Enterprise
  - dataplanes>=4
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	length, err := check.ParseLength(policy.MinRemaining)
	fmt.Println(length, err, len(policy.Require))
	// Output: 720h0m0s <nil> 2
}
