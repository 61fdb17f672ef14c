package job

import (
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/filelock"
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

// check returns an error if the rejects would go into the file of the licences, by
// whatever name.
func (o *Output) check() error {
	switch {
	case o.Rejects == "":
		return nil
	case o.Path == "":
		if stream, ok := o.Stream.(*os.File); ok && isFile(stream, o.Rejects) {
			return about(o.Rejects, fmt.Errorf("rejects cannot be written to this file: %s goes there", o.StreamName))
		}
		return nil
	case Clash(o.Path, o.Rejects):
		return about(o.Rejects, fmt.Errorf("rejects cannot be written to this file: the output %s needs it", o.Path))
	}
	return nil
}

// isFile reports whether a stream writes to the regular file at path.
func isFile(stream *os.File, path string) bool {
	info, err := stream.Stat()
	named, nameErr := os.Stat(path)
	return err == nil && nameErr == nil && info.Mode().IsRegular() && os.SameFile(info, named)
}

// Clash reports whether writing to output would overwrite a file, by whatever name: the
// output itself, or one of the files that are kept next to it while it is being written.
func Clash(output, file string) bool {
	return slices.ContainsFunc([]string{"", partEnding, runEnding, filelock.Suffix}, func(ending string) bool {
		return atomicfile.Same(output+ending, file)
	})
}
