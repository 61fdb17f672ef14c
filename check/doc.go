// Package check is the pre-flight of a licence: it tells, before a rollout,
// whether a licence will hold, and if not, what exactly to mend.
//
// [Checker.License] reads a text, judges it in the order of SPEC.md (document,
// signature, fields, dates, then the caller's own requirements) and returns all
// that it found, not only the first fault:
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
// A text that is not a licence is diagnosed: curly quotes, base64, a Kubernetes
// manifest, an Admin API record and the like are known by a code of their own.
// Where the licence can be had back without guessing, the result has it, and it
// was judged as if it had come in one piece. What is signed is never changed: a
// repair only takes away what was put around or on top of the licence.
//
// [Checker.Effective] finds the licence that a Kong gateway would use, and
// [KubernetesDump] those in the manifests of a namespace.
package check
