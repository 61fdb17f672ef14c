// Package edit changes the payload of a licence before it is signed, and tells
// the difference between two payloads.
//
// A [Plan] collects what to change: fields, as NAME=VALUE, the two dates, and
// whether to fill in what a new payload lacks. [Plan.Apply] returns the changed
// payload; [Compare] lists what differs between two.
//
// The package signs nothing, and reads no files. Check what it returns with
// package schema, and sign it with package sign.
package edit
