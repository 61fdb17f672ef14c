package keys

import (
	"slices"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/keys/internal/keytext"
)

// TrustedFile is a file of trusted keys that can be edited. Everything that an edit
// does not concern stays the same, byte for byte: comments, order, blank lines.
type TrustedFile struct {
	source  keytext.Source
	entries []entry
}

// entry is a key of a file of trusted keys, and its place.
type entry struct {
	key         licseal.TrustedKey
	id          string      // of key; "" for a key of another kind
	signer      *signerLine // nil for a bare key and for a PEM block
	namespaces  string      // the option, if the line has it
	forLicenses bool        // whether namespaces allow those of licences
	line, lines int         // the first line, from 1, and the number of lines
}

// TrustedEntry is a key in a file of trusted keys.
type TrustedEntry struct {
	Key  licseal.TrustedKey
	Line int // from 1

	// Namespaces is the option of an allowed_signers line, or empty. If it does
	// not allow Namespace, ForLicenses is false: the key is not trusted for
	// licences, and ParseTrusted skips it. It may be of a kind that is not
	// supported, such as RSA: then Key is empty.
	Namespaces  string
	ForLicenses bool
}

// ParseTrustedFile reads a file of trusted keys as [ParseTrusted] does, with two
// differences: it may have no key, and keys for other namespaces are kept.
func ParseTrustedFile(name string, data []byte) (*TrustedFile, error) {
	f := &TrustedFile{source: keytext.Source{Name: name, Data: slices.Clone(data)}}
	elements, err := f.source.Elements()
	if err != nil {
		return nil, err
	}
	seen := windows{}
	for _, element := range elements {
		if strings.HasPrefix(element.Text, "#") {
			continue
		}
		e, err := parseElement(element)
		if err != nil {
			return nil, f.source.Errorf(element.Line, "%w", err)
		}
		if e.forLicenses {
			if _, err := seen.add(f, &e); err != nil {
				return nil, err
			}
		}
		f.entries = append(f.entries, e)
	}
	return f, nil
}

// parseElement reads the key of a line or of a PEM block.
func parseElement(element keytext.Element) (e entry, err error) {
	if element.Block == nil {
		e, err = parseLine(element.Text)
	} else {
		e.key, err = parsePublicBlock(element.Block)
		e.forLicenses = true
	}
	e.id = licseal.KeyID(e.key.Key)
	e.line, e.lines = element.Line, element.Lines
	return e, err
}

// Entries returns the keys in the order of the file.
func (f *TrustedFile) Entries() []TrustedEntry {
	entries := make([]TrustedEntry, len(f.entries))
	for i, e := range f.entries {
		entries[i] = TrustedEntry{e.key, e.line, e.namespaces, e.forLicenses}
	}
	return entries
}

// Bytes returns the content of the file.
func (f *TrustedFile) Bytes() []byte { return slices.Clone(f.source.Data) }
