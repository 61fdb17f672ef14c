// Package bulk signs and verifies licences by the million.
//
// It does what packages sign, verify and schema do to one licence, with their
// verdicts and errors, to a stream of them: on all cores, in order, and in memory
// that does not grow with the stream. Licences that share a trusted key are
// verified several times as fast as one by one.
//
// Each function takes a sequence of keys and texts and returns a sequence of the
// same keys and what became of the texts. The key of an item is the caller's own,
// such as a line number or a file name.
//
// A sequence given is read by another goroutine than the caller's, ahead of what
// the caller has seen by a few hundred items. When the caller breaks off, it has
// ended before the call returns. When the context is cancelled, the sequence returned ends
// early and the context's Err says so; the one given ends after the item that it
// may be waiting for.
package bulk
