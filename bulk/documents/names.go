package documents

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"slices"

	"github.com/licseal/licseal/internal/nonblock"
)

// nameList is a list of names in one block of memory: a string for each would take
// several times as much.
type nameList struct {
	text  []byte
	spans []nameSpan
}

type nameSpan struct{ start, end uint32 }

// readNames returns the names in a folder that are wanted, sorted.
func readNames(path string, want func(name string) bool) (*nameList, error) {
	dir, err := os.OpenFile(path, os.O_RDONLY|nonblock.Flag, 0) // a pattern may lead to a pipe
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	list := new(nameList)
	for {
		names, err := dir.Readdirnames(1000)
		for _, name := range names {
			if !want(name) {
				continue
			}
			start := len(list.text)
			if uint64(start+len(name)) > math.MaxUint32 {
				return nil, errors.New("the folder contains too many names")
			}
			list.text = append(list.text, name...)
			list.spans = append(list.spans, nameSpan{uint32(start), uint32(len(list.text))})
		}
		if err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(list.spans, func(a, b nameSpan) int {
		return bytes.Compare(list.text[a.start:a.end], list.text[b.start:b.end])
	})
	return list, nil
}

func (l *nameList) name(i int) string { return string(l.text[l.spans[i].start:l.spans[i].end]) }

// memory returns how many bytes the list takes.
func (l *nameList) memory() int { return cap(l.text) + 8*cap(l.spans) }
