package keys

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal"
)

// An edit changes all the keys it names, or, with an error, nothing. Its cost is
// linear in the size of the file.

// ErrNoIssuer means that a key has no principal, the name of its issuer, and no
// comment that can be one.
var ErrNoIssuer = errors.New("no issuer")

// Add adds keys at the end of the file, as allowed_signers lines for the namespace
// of licences. Such a line needs a principal, the name of the issuer: if a key has
// no Principals, its Name is used, provided that it is one word; otherwise the
// error wraps [ErrNoIssuer]. A window is written in whole seconds.
func (f *TrustedFile) Add(added ...licseal.TrustedKey) error {
	newline := f.newline()
	var b strings.Builder
	b.Write(f.source.Data)
	if len(f.source.Data) > 0 && !bytes.HasSuffix(f.source.Data, []byte("\n")) {
		b.WriteString(newline)
	}
	for i := range added {
		line, err := addedLine(&added[i])
		if err != nil {
			return err
		}
		b.WriteString(line + newline)
	}
	return f.become(b.String())
}

func addedLine(key *licseal.TrustedKey) (string, error) {
	principals, err := issuer(key, nil)
	if err != nil {
		return "", err
	}
	public, err := publicLine(key.Key, key.Name)
	if err != nil {
		return "", err
	}
	l := signerLine{principals, []option{newOption("namespaces", Namespace)}, public}
	if !key.ValidAfter.IsZero() {
		l.options = append(l.options, newOption("valid-after", formatTimestamp(key.ValidAfter)))
	}
	if !key.ValidBefore.IsZero() {
		l.options = append(l.options, newOption("valid-before", formatTimestamp(key.ValidBefore)))
	}
	return l.String(), nil
}

// Retire ends the time for which keys are trusted: they stay trusted for licences
// created before an instant, and for no others. ids are the [licseal.KeyID] of
// the keys. If a key is listed several times, the windows that begin at the
// instant or later are removed, and one that lasts longer ends there. principals are
// written for a key without any, a bare key or a PEM block; if principals is
// empty, its comment is used, as by [TrustedFile.Add].
func (f *TrustedFile) Retire(before time.Time, principals []string, ids ...string) error {
	places := f.byID()
	lines := map[int]string{}
	for _, id := range ids {
		if err := f.checkOpen(id, places[id], before); err != nil {
			return err
		}
		for _, i := range places[id] {
			e := &f.entries[i]
			switch {
			case !e.forLicenses || !e.reaches(before):
				continue
			case !e.key.ValidAfter.Before(before):
				lines[i] = ""
				continue
			}
			line, err := f.retired(e, before, principals)
			if err != nil {
				return err
			}
			lines[i] = line
		}
	}
	return f.replace(lines)
}

// Remove removes keys from the file: all their lines. ids are the [licseal.KeyID]
// of the keys.
func (f *TrustedFile) Remove(ids ...string) error {
	places := f.byID()
	lines := map[int]string{}
	for _, id := range ids {
		if len(places[id]) == 0 {
			return f.unknown(id)
		}
		for _, i := range places[id] {
			lines[i] = ""
		}
	}
	return f.replace(lines)
}

// byID returns the indices of the entries of each key.
func (f *TrustedFile) byID() map[string][]int {
	places := map[string][]int{}
	for i := range f.entries {
		if id := f.entries[i].id; id != "" { // "" is a key of another kind
			places[id] = append(places[id], i)
		}
	}
	return places
}

// checkOpen refuses to retire a key that is trusted for no licence created right
// before an instant or later. places are the entries of the key.
func (f *TrustedFile) checkOpen(id string, places []int, before time.Time) error {
	err := f.unknown(id)
	earlier, later := false, false
	for _, i := range places {
		e := &f.entries[i]
		switch {
		case !e.forLicenses:
			err = f.source.Errorf(e.line, "the key is not for licences, but for the namespaces %q", e.namespaces)
		case !e.reaches(before):
			earlier = true
			err = f.source.Errorf(e.line, "the key is retired already, from %s on", e.key.ValidBefore.Format(time.RFC3339))
		case !e.key.ValidAfter.Before(before):
			later = true
			err = f.source.Errorf(e.line, "the key is trusted from %s on only: remove it, or give a later time", e.key.ValidAfter.Format(time.RFC3339))
		default:
			return nil
		}
	}
	if earlier && later {
		return nil
	}
	return err
}

// reaches reports whether an entry trusts its key for licences created at an
// instant or later.
func (e *entry) reaches(t time.Time) bool {
	return e.key.ValidBefore.IsZero() || t.Before(e.key.ValidBefore)
}

func (f *TrustedFile) unknown(id string) error {
	return f.source.Errorf(0, "no key %s in this file", id)
}

// retired returns the line of an entry whose window ends at an instant.
func (f *TrustedFile) retired(e *entry, before time.Time, principals []string) (string, error) {
	l := signerLine{}
	if e.signer != nil {
		l = *e.signer
	} else {
		var err error
		if l, err = bareLine(&e.key, principals); err != nil {
			return "", f.source.Errorf(e.line, "%w", err)
		}
	}
	l.options = slices.DeleteFunc(slices.Clone(l.options), func(o option) bool { return o.name == "valid-before" })
	l.options = append(l.options, newOption("valid-before", formatTimestamp(before)))
	return l.String(), nil
}

// bareLine returns the allowed_signers line of a key that had no principals.
func bareLine(key *licseal.TrustedKey, principals []string) (l signerLine, err error) {
	if l.principals, err = issuer(key, principals); err != nil {
		return l, err
	}
	l.options = []option{newOption("namespaces", Namespace)}
	l.key, err = publicLine(key.Key, key.Name)
	return l, err
}

// issuer returns the principals of the line for a key, as the line has them:
// those given, those of the key, or the comment of the key.
func issuer(key *licseal.TrustedKey, principals []string) (string, error) {
	switch {
	case len(principals) > 0:
	case len(key.Principals) > 0:
		principals = key.Principals
	case key.Name == "":
		return "", fmt.Errorf("the key %s has %w, and no comment that could be one", licseal.KeyID(key.Key), ErrNoIssuer)
	case strings.ContainsAny(key.Name, " \t,\""):
		return "", fmt.Errorf("the key %s has %w, and its comment %q cannot be one", licseal.KeyID(key.Key), ErrNoIssuer, key.Name)
	default:
		principals = []string{key.Name}
	}
	return quotePrincipals(principals)
}

// replace writes other lines, or none, in the place of entries. lines has them by
// the index of the entry.
func (f *TrustedFile) replace(lines map[int]string) error {
	newline := f.newline()
	old := strings.SplitAfter(string(f.source.Data), "\n")
	var b strings.Builder
	next := 0 // index of the first line that is not written yet
	for i := range f.entries {
		line, changed := lines[i]
		if !changed {
			continue
		}
		e := &f.entries[i]
		b.WriteString(strings.Join(old[next:e.line-1], ""))
		if line != "" {
			b.WriteString(line + newline)
		}
		next = e.line - 1 + e.lines
	}
	b.WriteString(strings.Join(old[next:], ""))
	return f.become(b.String())
}

// newline returns the line ending of the file.
func (f *TrustedFile) newline() string {
	if bytes.Contains(f.source.Data, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

// become parses the changed text, so that nothing is written that cannot be read.
func (f *TrustedFile) become(text string) error {
	changed, err := ParseTrustedFile(f.source.Name, []byte(text))
	if err != nil {
		return err
	}
	*f = *changed
	return nil
}
