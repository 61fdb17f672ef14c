// Package officer remembers which trust documents a person's keys have signed, so that
// no key signs two documents in the same place of a chain. Whoever has seen one of the
// two would refuse the other for ever.
package officer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/filelock"
)

// Record is a file with a line for each document that was signed: the fingerprint of
// the key, the digest of the document before, and the digest of the document.
type Record struct {
	Path string
}

// UserRecord returns the record in the user's configuration folder. The error says that
// there is no such folder.
func UserRecord() (Record, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return Record{}, errors.New("there is no configuration folder to remember in what a key has signed; set HOME, or XDG_CONFIG_HOME")
	}
	return Record{filepath.Join(dir, "licseal", "trust-signed")}, nil
}

// ConflictError says that a key has signed another document in the same place.
type ConflictError struct {
	Key    string // its fingerprint
	Digest string // of the document that it has signed
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("the key %s has signed another document of this generation, SHA256:%s", e.Key, e.Digest)
}

// Add remembers that a key signs a document that follows the document previous. It is
// called before the signature leaves the program. The error is a [*ConflictError] if the
// key has signed another document in that place, and else that of the file.
func (r Record) Add(key, previous, digest string) error {
	if err := os.MkdirAll(filepath.Dir(r.Path), 0o700); err != nil {
		return err
	}
	lock, err := filelock.Acquire(context.Background(), r.Path)
	if err != nil {
		return err
	}
	defer lock.Release()
	data, err := os.ReadFile(r.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for i, line := range slices.Collect(strings.Lines(string(data))) {
		fields := strings.Fields(line)
		switch {
		case len(fields) != 3:
			return fmt.Errorf("%s: line %d is not a key and two digests", r.Path, i+1) // not quoted: it may be a secret
		case fields[0] != key || fields[1] != previous:
		case fields[2] == digest:
			return nil
		default:
			return &ConflictError{key, fields[2]}
		}
	}
	if len(data) > 0 && data[len(data)-1] != '\n' { // by an editor
		data = append(data, '\n')
	}
	return atomicfile.Replace(r.Path, fmt.Appendf(data, "%s %s %s\n", key, previous, digest), 0o600)
}
