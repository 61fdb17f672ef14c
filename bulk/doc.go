// Package bulk signs and verifies licences by the million.
//
// It does to a stream of licences what packages sign, verify and schema do to one
// licence, with the same verdicts and errors: on all cores, in order, and in memory
// that does not grow with the stream. Licences that share a trusted key are
// verified several times as fast as one by one.
//
// Each function takes a sequence of keys and texts, and returns a sequence of the
// same keys and the results. The keys are the caller's, such as line numbers or file
// names.
//
// The input sequence is read by another goroutine, a few hundred items ahead of
// the caller. If the caller stops early, the input has ended before the call returns.
// If the context is canceled, the returned sequence ends early, and the context's
// Err tells why; the input ends after the item that it may be waiting for.
//
// Package rows reads batches, package documents finds licences to verify, and package
// job does both into files, in a way that survives interruptions.
package bulk
