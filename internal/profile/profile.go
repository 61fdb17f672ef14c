package profile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/nonblock"
	"github.com/licseal/licseal/internal/text"
)

// Name is the file name of a profile.
const Name = "licseal.yaml"

// MaxBytes is the size of the largest profile that is read.
const MaxBytes = 64 << 10

// Profile is what a profile says. Settings that it lacks are empty. The paths in it are
// absolute, or relative to the working directory if the profile was named so.
type Profile struct {
	Path   string
	Digest string // of its bytes, as in an [Approval]

	Product     string
	Schema      string         // a built-in schema, or the path of a file
	Roles       licseal.Roles  // of a schema file that names none
	Key         string         // the path of a private key, or agent:…
	Trust       []string       // the paths of files with trusted keys
	Revocations string         // the path of a revocation list
	Register    string         // the folder of the register of everything issued
	Expires     string         // when a licence expires if nothing else says so
	Variable    string         // the environment variable that holds a licence
	Secret      string         // the Kubernetes Secret that holds a licence
	Plans       []Plan         // in the order of the file
	Map         []rows.Mapping // the columns of tables, and their fields

	lines map[string]int
}

// Plan is a named template: fields of a payload, and an expiry.
type Plan struct {
	Name    string
	About   string // one line for people; "" if there is none
	Expires string // "" if it sets none
	Fields  []edit.Change
	Line    int
}

// Line returns the line in which a setting is, such as "trust"; 0 if it is not set.
func (p *Profile) Line(setting string) int { return p.lines[setting] }

// Plan returns the plan of a name, nil if there is none.
func (p *Profile) Plan(name string) *Plan {
	for i := range p.Plans {
		if p.Plans[i].Name == name {
			return &p.Plans[i]
		}
	}
	return nil
}

// Open reads the profile in a file, whether or not it is approved.
func Open(path string) (*Profile, error) {
	data, err := read(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

// read reads a profile.
func read(path string) ([]byte, error) { return readAtMost(path, MaxBytes) }

// readAtMost reads a regular file. Opening a named pipe must not wait for its writer.
func readAtMost(path string, limit int) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|nonblock.Flag, 0)
	if err != nil {
		return nil, text.Cause(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return nil, text.Cause(err)
	} else if !info.Mode().IsRegular() {
		return nil, errors.New("is not a regular file")
	}
	data, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return nil, text.Cause(err)
	}
	if len(data) > limit {
		return nil, fmt.Errorf("is larger than %d bytes, the most that is read", limit)
	}
	return data, nil
}

// digest returns the SHA-256 digest of a file's bytes, in hex.
func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Error says what is wrong in a profile.
type Error struct {
	Line   int
	Detail string // what was found, and what is expected
	Hint   string // the remedy; "" if the detail has it
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Detail
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Detail)
}

// resolve returns the path of a file that a profile names.
func resolve(profile, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(profile), filepath.FromSlash(name))
}
