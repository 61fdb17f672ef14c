// Package check is the pre-flight of a licence: it reports, before a rollout, whether a
// licence will hold and, if not, what exactly to fix.
//
// [Checker.License] reads a text, has package verify judge it in the order of SPEC.md
// (document, signature, revocation, fields, dates), judges the caller's own policy last,
// and returns all findings, not only the first:
//
//	checker, err := check.New(check.Options{Trusted: keys})
//	if err != nil {
//		return err
//	}
//	result := checker.License("licence.json", data)
//	for _, f := range result.Findings {
//		fmt.Println(f)
//	}
//
// A text that is not a licence is diagnosed by package check/repair: curly quotes, base64,
// a Kubernetes manifest, the answer of a secrets manager and many more have a code of
// their own. If the licence in it can be recovered unambiguously, the result has it, and
// it was judged as if it had come alone. What is signed is never changed: a repair is
// confirmed by the signature, or only removes what was put around the licence.
//
// [Checker.Effective] finds the licence that a Kong gateway would use, and
// [KubernetesDump] those in the manifests of a namespace. [Files] reads files and
// folders to be checked.
package check
