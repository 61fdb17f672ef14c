// Package repair finds the licence in a text that is not a licence document: one
// with curly quotes, in base64, in a Kubernetes manifest, in an Admin API record.
//
// [Diagnose] undoes one fault after the other, as often as that leads to something
// new, and returns every different licence that the text can be read as, with the
// faults on the way to it. It never changes what is signed by guessing: a text that
// can be read in two ways gives two candidates, and only the caller, who has the
// trusted keys, can choose between them. A candidate is not verified.
//
// The package has no words for people. A [Fault] has a [Kind], a place and the values
// that a message needs; package check has the messages.
package repair
