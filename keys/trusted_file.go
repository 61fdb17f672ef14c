package keys

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal"
)

// TrustedFile is a file of trusted keys that can be changed. What a change is not
// about stays as it was, byte for byte: comments, order, blank lines.
type TrustedFile struct {
	source  source
	entries []entry
}

// entry is a key of a file of trusted keys, and where it stands.
type entry struct {
	key         licseal.TrustedKey
	signer      *signerLine // nil for a key by itself and for a PEM block
	namespaces  string      // the option, if there is one
	forLicenses bool        // whether namespaces has the one of licences
	line, lines int         // the first line, from 1, and how many there are
}

// TrustedEntry is a key in a file of trusted keys.
type TrustedEntry struct {
	Key  licseal.TrustedKey
	Line int // from 1

	// Namespaces is the option of an allowed_signers line, and empty where
	// there is none. If it does not allow Namespace, ForLicenses is false:
	// the key is not trusted for licences, and ParseTrusted leaves it out. It
	// may be one that is not read here, as an RSA key: then Key is empty.
	Namespaces  string
	ForLicenses bool
}

// ParseTrustedFile reads a file of trusted keys as [ParseTrusted] does, but for two
// things: it may have no key, and those for other namespaces are kept.
func ParseTrustedFile(name string, data []byte) (*TrustedFile, error) {
	s := source{name: name, data: data}
	elements, err := s.elements()
	if err != nil {
		return nil, err
	}
	f := &TrustedFile{source: s}
	for _, element := range elements {
		if strings.HasPrefix(element.text, "#") {
			continue
		}
		e, err := element.entry()
		if err != nil {
			return nil, s.errorf(element.line, "%v", err)
		}
		if first := f.overlapping(e); first != nil {
			return nil, s.errorf(e.line, "key %s is on line %d already: remove one of the two", ID(e.key.Key), first.line)
		}
		f.entries = append(f.entries, e)
	}
	return f, nil
}

// overlapping returns an entry that trusts the key of e for some of the same
// dates. Two that do would let the one undo what the other restricts.
func (f *TrustedFile) overlapping(e entry) *entry {
	id := ID(e.key.Key)
	for i := range f.entries {
		if other := &f.entries[i]; other.forLicenses && e.forLicenses && ID(other.key.Key) == id && overlap(other.key, e.key) {
			return other
		}
	}
	return nil
}

func overlap(a, b licseal.TrustedKey) bool {
	return (a.ValidBefore.IsZero() || b.ValidAfter.Before(a.ValidBefore)) &&
		(b.ValidBefore.IsZero() || a.ValidAfter.Before(b.ValidBefore))
}

// Entries returns the keys in the order of the file.
func (f *TrustedFile) Entries() []TrustedEntry {
	entries := make([]TrustedEntry, len(f.entries))
	for i, e := range f.entries {
		entries[i] = TrustedEntry{e.key, e.line, e.namespaces, e.forLicenses}
	}
	return entries
}

// Bytes returns the text of the file.
func (f *TrustedFile) Bytes() []byte { return slices.Clone(f.source.data) }

// Add adds a key at the end of the file, as an allowed_signers line for the
// namespace of licences. It needs at least one principal, so that ssh-keygen reads
// the line too. Its window is written in whole seconds.
func (f *TrustedFile) Add(key licseal.TrustedKey) error {
	if len(key.Principals) == 0 {
		return errors.New("the key needs a principal, the name of its issuer")
	}
	principals, err := quotePrincipals(key.Principals)
	if err != nil {
		return err
	}
	line, err := MarshalPublic(key.Key, key.Name)
	if err != nil {
		return err
	}
	l := signerLine{principals, []string{`namespaces="` + Namespace + `"`}, strings.TrimSuffix(string(line), "\n")}
	if !key.ValidAfter.IsZero() {
		l.options = append(l.options, `valid-after="`+formatTimestamp(key.ValidAfter)+`"`)
	}
	if !key.ValidBefore.IsZero() {
		l.options = append(l.options, `valid-before="`+formatTimestamp(key.ValidBefore)+`"`)
	}
	text := string(f.source.data)
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += f.newline()
	}
	return f.become(text + l.String() + f.newline())
}

// Retire ends the time of a key: it stays trusted for licences created before
// an instant, and for no others. A key that is listed several times loses the
// windows that begin later, and those that reach past the instant end there.
// principals are written where the key stands by itself, on a line that names no
// issuer; if there are none, its comment is taken, if that is one word.
func (f *TrustedFile) Retire(id string, before time.Time, principals []string) error {
	if err := f.checkOpen(id, before); err != nil {
		return err
	}
	changed := *f
	for _, e := range slices.Backward(f.entries) { // the lines above keep their numbers
		if ID(e.key.Key) != id || !e.forLicenses || !e.reaches(before) {
			continue
		}
		line, err := "", error(nil)
		if e.key.ValidAfter.Before(before) {
			line, err = f.retired(e, before, principals)
		}
		if err == nil {
			err = changed.replace(e, line)
		}
		if err != nil {
			return err
		}
	}
	*f = changed
	return nil
}

// retired returns the line of an entry whose window ends at an instant.
func (f *TrustedFile) retired(e entry, before time.Time, principals []string) (string, error) {
	l := signerLine{}
	if e.signer != nil {
		l = *e.signer
	} else {
		var err error
		if l, err = alone(e.key, principals); err != nil {
			return "", f.source.errorf(e.line, "%v", err)
		}
	}
	l.options = slices.DeleteFunc(slices.Clone(l.options), func(option string) bool {
		return strings.HasPrefix(strings.ToLower(option), "valid-before=")
	})
	l.options = append(l.options, `valid-before="`+formatTimestamp(before)+`"`)
	return l.String(), nil
}

// Remove takes a key out of the file: all its lines.
func (f *TrustedFile) Remove(id string) error {
	found := false
	for id != "" {
		i := slices.IndexFunc(f.entries, func(e entry) bool { return ID(e.key.Key) == id })
		if i < 0 {
			break
		}
		found = true
		if err := f.replace(f.entries[i], ""); err != nil {
			return err
		}
	}
	if !found {
		return f.unknown(id)
	}
	return nil
}

// reaches reports whether an entry trusts its key for licences created at an
// instant or after it.
func (e *entry) reaches(t time.Time) bool {
	return e.key.ValidBefore.IsZero() || t.Before(e.key.ValidBefore)
}

// checkOpen refuses to retire a key whose time has ended before an instant, or that
// would be left with no time at all.
func (f *TrustedFile) checkOpen(id string, before time.Time) error {
	err := f.unknown(id)
	earlier, later := false, false
	for i := range f.entries {
		e := &f.entries[i]
		switch {
		case ID(e.key.Key) != id:
		case !e.forLicenses:
			err = f.source.errorf(e.line, "the key is not for licences, but for the namespaces %s", quote(e.namespaces))
		case !e.reaches(before):
			earlier = true
			err = f.source.errorf(e.line, "the key is retired already, from %s on", e.key.ValidBefore.Format(time.RFC3339))
		case !e.key.ValidAfter.Before(before):
			later = true
			err = f.source.errorf(e.line, "the key is trusted from %s on only: remove it, or name a later time", e.key.ValidAfter.Format(time.RFC3339))
		default:
			return nil
		}
	}
	if earlier && later {
		return nil
	}
	return err
}

func (f *TrustedFile) unknown(id string) error {
	return f.source.errorf(0, "no key %s in this file", id)
}

// alone returns the line of a key that stood by itself.
func alone(key licseal.TrustedKey, principals []string) (l signerLine, err error) {
	if len(principals) == 0 {
		if words := blankFields(key.Name); len(words) == 1 {
			principals = words
		} else {
			return l, errors.New("the line names no issuer: name one for it")
		}
	}
	if l.principals, err = quotePrincipals(principals); err != nil {
		return l, err
	}
	line, err := MarshalPublic(key.Key, key.Name)
	l.key = strings.TrimSuffix(string(line), "\n")
	l.options = []string{`namespaces="` + Namespace + `"`}
	return l, err
}

// quotePrincipals writes principals as a line holds them.
func quotePrincipals(principals []string) (string, error) {
	list := strings.Join(principals, ",")
	if strings.ContainsAny(list, "\"\n") || checkPrintable(list) != nil {
		return "", fmt.Errorf("%s cannot be the name of an issuer", quote(list))
	}
	if _, err := parsePrincipals(list); err != nil {
		return "", err
	}
	if strings.ContainsAny(list, " \t") || strings.HasPrefix(list, "#") || isKeyType(list) || isBegin(list) {
		return `"` + list + `"`, nil
	}
	return list, nil
}

// replace puts another line, or none, in the place of an entry.
func (f *TrustedFile) replace(e entry, line string) error {
	lines := strings.SplitAfter(string(f.source.data), "\n")
	if line != "" {
		line += f.newline()
	}
	return f.become(strings.Join(slices.Replace(lines, e.line-1, e.line-1+e.lines, line), ""))
}

// newline returns the end of line that the file has.
func (f *TrustedFile) newline() string {
	if strings.Contains(string(f.source.data), "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// become reads the changed text, so that nothing is written that is not read.
func (f *TrustedFile) become(text string) error {
	changed, err := ParseTrustedFile(f.source.name, []byte(text))
	if err != nil {
		return err
	}
	*f = *changed
	return nil
}
