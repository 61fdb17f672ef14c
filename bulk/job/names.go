package job

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/internal/fieldname"
	"github.com/licseal/licseal/internal/text"
)

// Names is a pattern for the names of files.
type Names struct{ pieces []namePiece }

// namePiece is a text, or a field of the payload.
type namePiece struct {
	text    string
	pointer string
}

// ParseNames reads a pattern such as {customer}-{license_key}.json.
func ParseNames(pattern string) (*Names, error) {
	n := new(Names)
	fields := 0
	for rest := pattern; rest != ""; {
		text, after, found := strings.Cut(rest, "{")
		n.pieces = append(n.pieces, namePiece{text: text})
		if !found {
			break
		}
		field, more, closed := strings.Cut(after, "}")
		pointer, isPointer := fieldname.Pointer(field)
		if !closed || field == "" || !isPointer {
			return nil, fmt.Errorf("%q: write a field as {license_key}", pattern)
		}
		n.pieces = append(n.pieces, namePiece{pointer: pointer})
		fields++
		rest = more
	}
	if fields == 0 {
		return nil, fmt.Errorf("%q gives all licences the same name; write a field in it, such as {license_key}", pattern)
	}
	return n, nil
}

// onlyOf reports whether the names contain no other field. Then rows with the same
// value have the same name, and there is no need to remember the values, too.
func (n *Names) onlyOf(pointer string) bool {
	return !slices.ContainsFunc(n.pieces, func(p namePiece) bool { return p.pointer != "" && p.pointer != pointer })
}

// name returns the name for a payload. Whatever the payload contains, the name is that of
// a file in the folder that is not hidden.
func (n *Names) name(p licseal.Payload) (string, error) {
	var name strings.Builder
	for _, piece := range n.pieces {
		name.WriteString(piece.text)
		if piece.pointer == "" {
			continue
		}
		value, ok := p.Field(piece.pointer)
		if !ok {
			return "", &rows.FieldError{Pointer: piece.pointer, Detail: "the field is missing, but the file is named after it"}
		}
		text, isText := p.Text(piece.pointer)
		if !isText {
			text = string(value)
		}
		name.WriteString(text)
	}
	return name.String(), checkName(name.String())
}

// checkName refuses names that are not those of regular files on all systems.
func checkName(name string) error {
	const limit = 200 // in bytes; temporary names are longer
	bad := func(r rune) bool {
		return r == utf8.RuneError || unicode.IsControl(r) || strings.ContainsRune(`/\:*?"<>|`, r)
	}
	switch {
	case strings.IndexFunc(name, bad) >= 0, !filepath.IsLocal(name), strings.HasPrefix(name, "."), strings.HasSuffix(name, "."), strings.HasSuffix(name, " "):
		return &rows.FieldError{Detail: text.Quote(name) + " cannot be a file name"}
	case len(name) > limit:
		return &rows.FieldError{Detail: fmt.Sprintf("%s is too long for a file name: %d bytes, at most %d", text.Quote(name), len(name), limit)}
	}
	return nil
}
