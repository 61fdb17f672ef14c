package sqlite

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"slices"

	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/filelock"
)

// markerSuffix is at the end of the name of a database's marker.
const markerSuffix = "-marker"

// marker is what the processes that had a database open last leave for the next. It
// tells a database file from a copy of it.
//
// The header of a file has a number, its incarnation, which SQLite calls the user
// version. The file gets a new one whenever its log is moved into it. Right after
// that, the emptied log gets another, while that of the file remains. A copy of the
// file from before its log was last moved, and a copy made by means of SQLite at any
// time, have an incarnation that the file does not have. Whatever changes the
// incarnation of the file first adds the new one to the marker.
type marker struct {
	// Incarnations are those that the file on the disk may have.
	Incarnations []uint32 `json:"incarnations"`

	// Filled says that something was stored in the database.
	Filled bool `json:"filled"`
}

// readMarker returns a zero marker if there is none.
func readMarker(path string) (marker, error) {
	var m marker
	data, err := os.ReadFile(path + markerSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err != nil {
		return marker{}, fmt.Errorf("reading %s: %w; if it is damaged, remove it", path+markerSuffix, err)
	}
	return m, nil
}

func (m marker) write(path string) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return atomicfile.ReplaceLike(path+markerSuffix, path, append(data, '\n'), 0o600)
}

// allows reports whether the file may have an incarnation. A database without a
// marker may have any.
func (m marker) allows(incarnation uint32) bool {
	return len(m.Incarnations) == 0 || slices.Contains(m.Incarnations, incarnation)
}

// allow adds incarnations.
func (m *marker) allow(incarnations ...uint32) {
	for _, n := range incarnations {
		if !slices.Contains(m.Incarnations, n) {
			m.Incarnations = append(m.Incarnations, n)
		}
	}
}

// changeMarker changes the marker of a database, if need be after other processes have.
func changeMarker(ctx context.Context, path string, change func(*marker)) error {
	m, lock, err := lockedMarker(ctx, path)
	if err != nil {
		return err
	}
	defer lock.Release()
	change(&m)
	return m.write(path)
}

// lockMarker keeps other processes from changing the marker, and from moving the log
// into the file.
func lockMarker(ctx context.Context, path string) (*filelock.Lock, error) {
	return filelock.Acquire(ctx, path+markerSuffix)
}

// lockedMarker locks the marker, and reads it.
func lockedMarker(ctx context.Context, path string) (marker, *filelock.Lock, error) {
	lock, err := lockMarker(ctx, path)
	if err != nil {
		return marker{}, nil, err
	}
	m, err := readMarker(path)
	if err != nil {
		lock.Release()
		return marker{}, nil, err
	}
	return m, lock, nil
}

// newIncarnation returns a random number that fits into the header of a database.
func newIncarnation() uint32 { return rand.Uint32N(math.MaxInt32) + 1 }

// headerIncarnation reads the incarnation of a file that this process does not have
// open: closing it would release all locks that SQLite has on it.
func headerIncarnation(path string) (uint32, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var header [64]byte // of 100, which are never written in part
	if _, err := io.ReadFull(f, header[:]); err != nil {
		return 0, fmt.Errorf("reading its header: %w", err)
	}
	return binary.BigEndian.Uint32(header[60:]), nil
}
