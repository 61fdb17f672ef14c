package job

import "io"

// Output is where a job writes to.
type Output struct {
	Path       string    // the file; "" if the output is a stream or a folder
	Stream     io.Writer // used if Path is ""
	StreamName string    // for errors

	Overwrite bool // overwrite existing files

	Rejects string              // the file for rejected rows; if "", they are passed to Reject
	Reject  func(*Reject) error // may be nil
}
