package profile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/schema"
)

// Approval is what a user has approved: a profile, and the files that decide what it
// accepts, as they were then.
type Approval struct {
	Profile string            `json:"profile"` // its path, without symbolic links
	Files   map[string]string `json:"files"`   // the SHA-256 digest of each file, by its path
}

// NewApproval returns an approval of a profile with its schema, all files that the
// schema refers to, and its trusted keys, as they are now. It fails if one of them
// cannot be used.
func NewApproval(p *Profile) (*Approval, error) {
	a := &Approval{Profile: p.Path, Files: map[string]string{p.Path: p.Digest}}
	if p.Schema != "" && !slices.Contains(schema.Names(), p.Schema) {
		rules, err := schema.LoadChecked(p.Schema, func(path string, data []byte) error {
			a.Files[path] = digest(data)
			return nil
		})
		if err != nil {
			return nil, err
		}
		if _, err := rules.WithRoles(p.Roles); err != nil {
			return nil, err
		}
	}
	return a, a.addTrust(p.Trust)
}

// addTrust adds files of trusted keys, which must agree with each other.
func (a *Approval) addTrust(paths []string) error {
	var files []*keys.TrustedFile
	for _, path := range paths {
		data, err := readAtMost(path, keys.MaxBytes)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		file, err := keys.ParseTrustedFile(path, data)
		if err != nil {
			return err
		}
		files = append(files, file)
		a.Files[path] = digest(data)
	}
	if len(files) == 0 {
		return nil
	}
	_, err := keys.Trusted(files...)
	return err
}

// Check returns a [*NotApprovedError] if the bytes of a file are not those that were
// approved.
func (a *Approval) Check(path string, data []byte) error {
	switch want, ok := a.Files[path]; {
	case !ok:
		return &NotApprovedError{Profile: a.Profile, File: path}
	case want != digest(data):
		return &NotApprovedError{Profile: a.Profile, File: path, Changed: true}
	}
	return nil
}

// NotApprovedError says that a profile was found, but must not be used.
type NotApprovedError struct {
	Profile string // its path
	File    string // the file that was not approved, the profile or one that it names
	Never   bool   // the user has approved no profile of this path
	Changed bool   // another content was approved
	Gone    bool   // the profile was approved, and cannot be read any more
	Link    bool   // the profile is a symbolic link, or not a file
}

func (e *NotApprovedError) Error() string {
	file := "this profile"
	if e.File != e.Profile {
		file = text.Quote(e.File) + ", which the profile names,"
	}
	switch {
	case e.Gone:
		return "you have approved this profile, but it cannot be found any more"
	case e.Link:
		return "this profile is not a regular file, so it is not used"
	case e.Changed:
		return file + " has changed since you approved it, so it is not used"
	case e.File != e.Profile:
		return "you have not approved " + file + " so it is not used"
	}
	return "you have not approved this profile, so it is not used"
}

// Store keeps approvals in a folder.
type Store struct {
	Dir string // "" if there is no such folder: nothing is approved
}

// UserStore returns the store in the user's configuration folder.
func UserStore() Store {
	dir, err := os.UserConfigDir()
	if err != nil {
		return Store{}
	}
	return Store{filepath.Join(dir, "licseal", "approved")}
}

// file returns the file that holds the approval of a profile.
func (s Store) file(profile, ending string) string {
	return filepath.Join(s.Dir, digest([]byte(profile))+ending)
}

// StateFile returns the path of the state file that belongs to an approved profile:
// what its revocation list must not fall behind.
func (s Store) StateFile(profile string) string { return s.file(profile, ".state") }

// Get returns the approval of a profile, nil if there is none.
func (s Store) Get(profile string) (*Approval, error) {
	if s.Dir == "" {
		return nil, nil
	}
	path := s.file(profile, ".json")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", path, text.Cause(err))
	}
	var a Approval
	if err := json.Unmarshal(data, &a); err != nil || a.Profile != profile {
		return nil, fmt.Errorf("%s: the approval is damaged; delete it and approve the profile again", path)
	}
	return &a, nil
}

// Put keeps an approval. Only the user can read or change it.
func (s Store) Put(a *Approval) error {
	if s.Dir == "" {
		return errors.New("there is no configuration folder to keep the approval in; set HOME, or XDG_CONFIG_HOME")
	}
	data, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return fmt.Errorf("%s: %w", s.Dir, text.Cause(err))
	}
	path := s.file(a.Profile, ".json")
	if err := atomicfile.Replace(path, append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("%s: %w", path, text.Cause(err))
	}
	return nil
}

// Forget removes the approval of a profile, and what its state file remembers. It
// reports whether there was an approval.
func (s Store) Forget(profile string) (bool, error) {
	if s.Dir == "" {
		return false, nil
	}
	err := atomicfile.Remove(s.file(profile, ".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if stateErr := atomicfile.Remove(s.StateFile(profile)); !errors.Is(stateErr, fs.ErrNotExist) {
		err = errors.Join(err, stateErr)
	}
	return err == nil, err
}
