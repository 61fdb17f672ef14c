package register

import (
	"bytes"
	"fmt"
)

// ForkError means that two copies of a register went apart: both have an entry of a number,
// and the entries differ.
type ForkError struct {
	Number int64
	Other  string // the folder of the other copy
}

func (e *ForkError) Error() string {
	return fmt.Sprintf("the two went apart: entry %d is not the one in %s", e.Number, e.Other)
}

// Compare compares two copies of a register, and returns by how many entries r is longer,
// or shorter if that is negative. The error is a [*ForkError] if an entry differs. The
// entries are not verified.
func (r *Register) Compare(other *Register) (longer int64, err error) {
	if r.current.Origin != other.current.Origin {
		return 0, fmt.Errorf("is not a copy of %s: its origin is %s", other.dir, r.current.Origin)
	}
	mine, theirs := &packReader{dir: r.dir}, &packReader{dir: other.dir}
	defer mine.close()
	defer theirs.close()
	for number := range min(r.current.Size, other.current.Size) {
		a, _, err := mine.read()
		if err != nil {
			return 0, err
		}
		b, _, err := theirs.read()
		if err != nil {
			return 0, err
		}
		if !bytes.Equal(a.record, b.record) {
			return 0, &ForkError{number, other.dir}
		}
	}
	return r.current.Size - other.current.Size, nil
}
