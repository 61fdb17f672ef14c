package entitle

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/entitlement"
)

// installedName is the file in a folder that contains the licence in use.
const installedName = "installed.json"

// maxFolderFiles is the maximum number of files in a folder.
const maxFolderFiles = 1000

// Folder is the source for a product whose operator chooses the licence. The operator
// puts licence files into a folder and selects one by its key; see [Guard.Install]. The
// licence in use is kept there as installed.json.
type Folder struct {
	dir string
}

// NewFolder returns the licence folder at a path.
func NewFolder(dir string) *Folder { return &Folder{dir} }

// Load implements [Source]. It reads the licence that was installed last.
func (f *Folder) Load() ([]byte, time.Time, error) { return file(f.installed()).read(maxLicenseBytes) }

// String returns the path of that licence.
func (f *Folder) String() string { return f.installed() }

func (f *Folder) installed() string { return filepath.Join(f.dir, installedName) }

// InstallError says why a licence was not installed.
type InstallError struct {
	Err error
}

func (e *InstallError) Error() string { return "the licence was not installed: " + e.Err.Error() }

// Unwrap returns e.Err.
func (e *InstallError) Unwrap() error { return e.Err }

// Install puts a licence in use, and keeps it for the next start. The argument is the
// text of the licence, or the key of a licence in the guard's [Folder]. The licence must
// be good now. If several licences have the key, the one that was created last is
// installed. The error is an [*InstallError]; it is a [*StoreError] if the licence is in
// use but its counts could not be read.
func (g *Guard) Install(ctx context.Context, keyOrText string) error {
	_, err := g.install(ctx, keyOrText)
	return err
}

// install is Install, and returns the licence.
func (g *Guard) install(ctx context.Context, keyOrText string) (*license, error) {
	if g.closed.Load() {
		return nil, ErrClosed
	}
	next, err := g.installNew(strings.TrimSpace(keyOrText))
	if err != nil {
		return nil, &InstallError{err}
	}
	return next, g.flush(ctx)
}

func (g *Guard) installNew(keyOrText string) (*license, error) {
	folder, ok := g.source.(*Folder)
	if !ok {
		return nil, errors.New("this product reads its licence from a fixed place; replace it there")
	}
	g.changing.Lock()
	defer g.changing.Unlock()
	before := g.current.Load()
	next, err := g.replace(folder, keyOrText)
	if err == nil {
		g.noteLoad(before, nil)
	}
	return next, err
}

// replace judges a licence, writes it to the folder and puts it in use.
func (g *Guard) replace(folder *Folder, keyOrText string) (*license, error) {
	g.loading.Lock()
	defer g.loading.Unlock()
	g.loadTrust() // a chain that is refused leaves the one in force; reload reports it
	if err := g.loadRevocations(); err != nil {
		return nil, &brokenError{err}
	}
	var next *license
	var err error
	if strings.HasPrefix(strings.TrimPrefix(keyOrText, "\ufeff"), "{") {
		next, err = g.judgeNow([]byte(keyOrText))
	} else {
		next, err = g.find(folder, keyOrText)
	}
	if err != nil {
		return nil, err
	}
	text := []byte(next.result.License.String())
	if next.modified, err = folder.keep(text); err != nil {
		return nil, err
	}
	g.mustJudge = false
	g.put(next, text, g.now())
	return next, nil
}

// brokenError says that no licence can be installed, whatever its key.
type brokenError struct{ err error }

func (e *brokenError) Error() string { return e.err.Error() }
func (e *brokenError) Unwrap() error { return e.err }

// broken says why the folder cannot be used.
func (f *Folder) broken(err error) error {
	return &brokenError{fmt.Errorf("the licence folder cannot be used: %w", cause(err))}
}

// cause returns an error about a file without its path.
func cause(err error) error {
	var file *fs.PathError
	if errors.As(err, &file) {
		return file.Err
	}
	return err
}

// keep writes a licence to the folder unless it is there already. It returns the time of
// the file.
func (f *Folder) keep(text []byte) (time.Time, error) {
	if before, modified, err := f.Load(); err == nil && bytes.Equal(before, text) {
		return modified, nil
	}
	if err := atomicfile.Replace(f.installed(), text, 0o644); err != nil {
		return time.Time{}, f.broken(err)
	}
	info, err := os.Stat(f.installed())
	if err != nil {
		return time.Time{}, nil // put takes the present time
	}
	return info.ModTime(), nil
}

// judgeNow verifies a licence that must be good now. The caller has locked g.loading.
func (g *Guard) judgeNow(data []byte) (*license, error) {
	now := g.now()
	next, _, err := g.judge(data)
	if err != nil {
		return nil, err
	}
	if state := next.stateAt(now); !state.Good() {
		return nil, next.inactiveError(state, now)
	}
	return next, g.checkOlder(next)
}

// find returns the licence of a folder that has a key and is good now. If there is none,
// the error is about the last one that has the key.
func (g *Guard) find(folder *Folder, key string) (*license, error) {
	if key == "" {
		return nil, errors.New("the key is empty")
	}
	if CheckKey(key) == nil { // in lower case, too
		key = strings.ToUpper(key)
	}
	files, err := os.ReadDir(folder.dir)
	if err != nil {
		return nil, folder.broken(err)
	}
	files = slices.DeleteFunc(files, func(f os.DirEntry) bool {
		return f.Name() == installedName || strings.HasPrefix(f.Name(), ".") || f.IsDir()
	})
	if len(files) > maxFolderFiles {
		return nil, fmt.Errorf("the licence folder has %d files, and the maximum is %d: remove some", len(files), maxFolderFiles)
	}
	var best *license
	var refusal, unread error
	for _, f := range files {
		data, _, err := file(filepath.Join(folder.dir, f.Name())).read(maxLicenseBytes)
		if err != nil {
			unread = cmp.Or(unread, fmt.Errorf("none of the readable licences has this key, and %s cannot be read: %w", f.Name(), cause(err)))
		}
		if err != nil || !hasKey(data, key) {
			continue
		}
		next, err := g.judgeNow(data)
		switch {
		case err != nil:
			refusal = fmt.Errorf("%s: %w", f.Name(), err)
		case best == nil || best.notBefore < next.notBefore:
			best = next
		}
	}
	switch {
	case best != nil:
		return best, nil
	case refusal != nil:
		return nil, refusal
	case looksMistyped(key):
		return nil, fmt.Errorf("no licence in the folder has this key: %w", CheckKey(key))
	case unread != nil:
		return nil, unread
	}
	return nil, errors.New("no licence in the folder has this key; put the licence file there first, or send the licence instead of its key")
}

// hasKey reports whether a file is a licence document with a key. The document is not
// verified yet.
func hasKey(data []byte, key string) bool {
	if !bytes.Contains(data, []byte(`"key"`)) && !bytes.Contains(data, []byte(`\u`)) {
		return false // a quick check for most files
	}
	lic, err := licseal.ParseUnverified(data)
	if err != nil {
		return false
	}
	found, ok := lic.Payload.Text(entitlement.Key)
	return ok && found == key
}

// looksMistyped reports whether a key has the form of those that [NewKey] makes,
// and not their check digit.
func looksMistyped(key string) bool {
	return entitlement.HasKeyShape(key) && CheckKey(key) != nil
}
