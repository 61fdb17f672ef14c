package profile

import (
	"errors"
	"os"
	"path/filepath"
)

// Locate returns the path of the profile that applies in a folder: that in the folder
// itself, or in the nearest one above it. The path has no symbolic links, except that
// the profile may be one. It returns "" if there is no profile.
//
// A profile that was approved and has been removed applies, too: whoever can remove it
// must not choose another one for the user.
func (s Store) Locate(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return "", nil // the folder does not exist: nothing was found on the way up
	}
	for {
		path := filepath.Join(dir, Name)
		if _, err := os.Lstat(path); err == nil {
			return path, nil
		}
		if approval, err := s.Get(path); err != nil || approval != nil {
			return path, err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", nil
		}
		dir = parent
	}
}

// Find returns the profile that applies in a folder, and its approval; nil if there is
// none. A profile that the user has not approved, or that has changed since, is a
// [*NotApprovedError]. The files that the profile names are for the caller to check:
// see [Approval.Check].
func (s Store) Find(dir string) (*Profile, *Approval, error) {
	path, err := s.Locate(dir)
	if err != nil || path == "" {
		return nil, nil, err
	}
	approval, err := s.Get(path)
	if err != nil {
		return nil, nil, err
	}
	no := &NotApprovedError{Profile: path, File: path, Never: approval == nil}
	switch info, err := os.Lstat(path); {
	case err != nil:
		no.Gone = true
		return nil, nil, no
	case !info.Mode().IsRegular():
		no.Link = true
		return nil, nil, no
	case approval == nil:
		return nil, nil, no
	}
	data, err := read(path)
	if err != nil {
		no.Changed = true
		return nil, nil, no
	}
	if err := approval.Check(path, data); err != nil {
		return nil, nil, err
	}
	p, err := Parse(path, data)
	return p, approval, err
}

// FindApproved is as Find, but passes over profiles that the user has never approved,
// and returns their paths: what it finds is what Find would find without them.
func (s Store) FindApproved(dir string) (p *Profile, a *Approval, passed []string, err error) {
	for {
		p, a, err = s.Find(dir)
		var no *NotApprovedError
		if !errors.As(err, &no) || !no.Never {
			return p, a, passed, err
		}
		passed = append(passed, no.Profile)
		here := filepath.Dir(no.Profile)
		if dir = filepath.Dir(here); dir == here {
			return nil, nil, passed, nil
		}
	}
}
