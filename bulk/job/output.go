package job

import (
	"io"
	"os"
	"path/filepath"
)

// Output is where a job writes to.
type Output struct {
	Path       string    // the file; "" if the output is a stream or a folder
	Stream     io.Writer // used if Path is ""
	StreamName string    // for errors

	Overwrite bool // overwrite existing files

	Rejects string              // the file for rejected rows; if "", they are passed to Reject
	Reject  func(*Reject) error // may be nil
}

// SamePath reports whether a and b name the same regular file, or will do so if they
// do not exist. "" and "-" name no file.
func SamePath(a, b string) bool {
	if a == "" || b == "" || a == "-" || b == "-" {
		return false
	}
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return infoA.Mode().IsRegular() && os.SameFile(infoA, infoB)
	}
	absA, errA := filepath.Abs(a)
	absB, errB := filepath.Abs(b)
	return errA == nil && errB == nil && absA == absB
}
