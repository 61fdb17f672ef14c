// Package verify is the one judge of licences: it turns bytes and trusted keys
// into a report of every stage of the judgement, or into a refusal that says why.
//
// The stages are those of SPEC.md section 6, and no other package puts them in
// order: document, signature, revocation, fields, dates, issuer. The first
// refusal is the answer. Of a licence that is not signed, or whose signing key is
// revoked, nothing is returned.
//
//	verifier, err := verify.New(trusted, nil) // once
//	if err != nil {
//		return err
//	}
//	report := verifier.Report(data) // for each licence
//	if err := report.Err(); err != nil {
//		return err
//	}
//	customer, _ := report.Result().License.Payload.Text("/customer")
//
// It needs public keys and a clock, and nothing else: no network, no files, and
// no library but a JSON tokenizer.
package verify
