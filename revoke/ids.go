package revoke

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/jsonread"
)

// CheckID refuses an id that somebody typed and that no licence has, which would be
// on a list and revoke nothing: the fingerprint of a key is a [*ValueError], and
// [licseal.CheckID] refuses the rest. The id of a licence that has such an id after all
// must come from the licence itself.
func CheckID(id string) error {
	if strings.HasPrefix(id, "SHA256:") {
		return valueErrorf("%s is the fingerprint of a key, not the id of a licence", jsonread.Quote(id))
	}
	return licseal.CheckID(id)
}

// ParseIDs reads a file of ids, one a line, and refuses those that [CheckID]
// refuses. Empty lines are skipped. An error names the line and does not quote it,
// because any file may be given by mistake, also one that holds a secret.
func ParseIDs(text []byte) ([]string, error) {
	if bytes.HasPrefix(text, []byte("\ufeff")) {
		return nil, fmt.Errorf("line 1: the file starts with a byte order mark (U+FEFF); save it as UTF-8 without one")
	}
	var ids []string
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		id := strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if id == "" {
			continue
		}
		if err := CheckID(id); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, withoutID(err))
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// withoutID returns an error of CheckID that does not quote the id.
func withoutID(err error) error {
	if odd, ok := errors.AsType[*licseal.IDError](err); ok {
		return &licseal.IDError{Detail: "the id " + odd.Fault + ", so nobody could type it to revoke the licence", Fault: odd.Fault}
	}
	return valueErrorf("the fingerprint of a key, not the id of a licence")
}
