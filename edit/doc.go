// Package edit changes the payload of a licence before it is signed, and tells
// the difference between two payloads.
//
// A [Plan] collects what to change: fields, as NAME=VALUE, the two dates, and
// whether to fill in what a new payload lacks. [Plan.Apply] returns the changed
// payload. [Check] then checks it as package sign does not: against its schema, its
// dates, and its id; [Warnings] and [Doubts] find what is allowed and probably not
// meant. [Compare] lists what differs between two payloads.
//
// The package signs nothing and reads no files.
package edit
