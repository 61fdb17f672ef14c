package keys

import (
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/pubkey"
	"github.com/licseal/licseal/keys/internal/keytext"
)

// ParseTrusted reads a file of trusted keys: OpenSSH public keys and
// allowed_signers lines, one a line, and PEM blocks of type PUBLIC KEY, in any mix;
// blank lines and lines that start with # are skipped. It returns at least one key,
// in the order of the file. A key's Name is the comment of its line, or else its
// principals, and empty for a PEM block. name is what errors call the file. To
// trust the keys of several files, use [ParseTrustedFile] and [Trusted].
//
// In an allowed_signers line, the options namespaces, valid-after and valid-before
// are read. A line whose namespaces do not allow [Namespace] is skipped, whatever
// its key and other options; [ParseTrustedFile] keeps it. A time needs its Z:
// without it, OpenSSH reads the time in the zone of the machine. A licence is
// trusted if it was created at valid-after or later, and before valid-before.
//
// The whole file is refused, with an error that names the line, if it has anything
// else, the same key twice for some of the same dates, a private key, or a key that
// proves nothing (an Ed25519 point of small order).
func ParseTrusted(name string, data []byte) ([]licseal.TrustedKey, error) {
	f, err := ParseTrustedFile(name, data)
	if err != nil {
		return nil, err
	}
	return Trusted(f)
}

// Trusted returns the keys that the files trust for licences, as [ParseTrusted]
// does for one file. Several files are treated as one: a key that two of them trust
// for different times with some dates in common is an error, because one file would
// undo the retirement in the other. A key that they trust for the same time is
// returned once for each list of principals. It is an error if a file has no key
// for licences.
func Trusted(files ...*TrustedFile) ([]licseal.TrustedKey, error) {
	var trusted []licseal.TrustedKey
	seen := windows{}
	for _, f := range files {
		found := false
		for i := range f.entries {
			e := &f.entries[i]
			if !e.forLicenses {
				continue
			}
			found = true
			repeated, err := seen.add(f, e)
			if err != nil {
				return nil, err
			}
			if !repeated {
				trusted = append(trusted, e.key)
			}
		}
		if !found {
			return nil, f.noKeys()
		}
	}
	return trusted, nil
}

// noKeys returns the error for a file without a key for licences.
func (f *TrustedFile) noKeys() error {
	if len(f.entries) == 0 {
		return f.source.Errorf(0, "no key in this file: expected at least one OpenSSH public key line or PEM public key")
	}
	first := f.entries[0]
	return f.source.Errorf(first.line, "no key in this file is for licences: the namespaces of this one are %q, without %s", first.namespaces, Namespace)
}

// windows are the times for which keys are trusted: for each key, by its id, times
// that do not overlap, in order.
type windows map[string][]window

// window is a time for which a key is trusted, and the entries that say so.
type window struct {
	after, before time.Time // zero: no bound
	file          *TrustedFile
	line          int
	principals    []string // of each entry, joined
}

// add adds the time of an entry of f. It is an error if the key is trusted for some
// of that time already: one of the two lines would undo what the other restricts.
// Two files may trust a key for the very same time; repeated reports that an
// earlier one does so with the same principals.
func (w windows) add(f *TrustedFile, e *entry) (repeated bool, err error) {
	principals := strings.Join(e.key.Principals, ",")
	added := window{e.key.ValidAfter, e.key.ValidBefore, f, e.line, []string{principals}}
	known := w[e.id]
	i, _ := slices.BinarySearchFunc(known, added, func(a, b window) int { return a.after.Compare(b.after) })
	for _, j := range []int{i - 1, i} {
		switch {
		case j < 0 || j >= len(known) || !known[j].overlaps(added):
		case known[j].file != f && known[j].equals(added):
			if slices.Contains(known[j].principals, principals) {
				return true, nil
			}
			known[j].principals = append(known[j].principals, principals)
			return false, nil
		default:
			return false, known[j].conflict(f, e)
		}
	}
	w[e.id] = slices.Insert(known, i, added)
	return false, nil
}

func (w *window) overlaps(other window) bool {
	return (w.before.IsZero() || other.after.Before(w.before)) &&
		(other.before.IsZero() || w.after.Before(other.before))
}

func (w *window) equals(other window) bool {
	return w.after.Equal(other.after) && w.before.Equal(other.before)
}

// conflict returns the error for an entry of f that overlaps the window.
func (w *window) conflict(f *TrustedFile, e *entry) error {
	if w.file != f {
		return f.source.Errorf(e.line, "key %s is on line %d of %s already, for other dates: remove one of the two", e.id, w.line, w.file.source.Name)
	}
	return f.source.Errorf(e.line, "key %s is on line %d already: remove one of the two", e.id, w.line)
}

// parsePublicBlock reads a PEM block of a file of trusted keys.
func parsePublicBlock(block *pem.Block) (licseal.TrustedKey, error) {
	switch {
	case strings.HasSuffix(block.Type, "PRIVATE KEY"):
		return licseal.TrustedKey{}, errPrivate
	case block.Type == "CERTIFICATE":
		return licseal.TrustedKey{}, errors.New("certificate, not a public key: openssl x509 -pubkey -noout -in FILE prints its key")
	case block.Type == "RSA PUBLIC KEY":
		return licseal.TrustedKey{}, pubkey.Unsupported("RSA")
	case block.Type != "PUBLIC KEY":
		return licseal.TrustedKey{}, errors.New("PEM block of another type: expected PUBLIC KEY")
	}
	if err := keytext.CheckNoHeaders(block); err != nil {
		return licseal.TrustedKey{}, err
	}
	key, err := pubkey.ParseSPKI(block.Bytes)
	if err != nil {
		return licseal.TrustedKey{}, err
	}
	return licseal.TrustedKey{Key: key}, nil
}

var errPrivate = errors.New("private key in a file of trusted keys: put its public key here, and keep the private key secret")
