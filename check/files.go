package check

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
)

// File is a file to be checked.
type File struct {
	Name string
	Data []byte // at most MaxBytes and one more, which makes it too large
	Err  error  // why it could not be read
}

// Files reads files, and all files in folders except hidden ones, in the order of their
// names. It keeps one of them in memory at a time. "-" is standard input. A
// symbolic link in a folder is followed to a file, and not to a folder. A folder without
// files is an error, [ErrEmptyFolder].
func Files(names []string, stdin io.Reader) iter.Seq[File] {
	return func(yield func(File) bool) {
		for _, name := range names {
			info, err := os.Stat(name)
			if name != "-" && err == nil && info.IsDir() {
				if !folder(name, yield) {
					return
				}
			} else if !yield(ReadFile(name, stdin)) {
				return
			}
		}
	}
}

// ErrEmptyFolder means that a folder has no files, or only hidden ones.
var ErrEmptyFolder = errors.New("there is no file in the folder")

var (
	errFolderLink = errors.New("is a link to a folder, which is not followed; name the folder itself")
	errNoFile     = errors.New("is neither a file nor a folder")
)

// folder reads the files in a folder, and reports whether to go on.
func folder(name string, yield func(File) bool) (more bool) {
	files := 0
	walk(name, func(path string, entry fs.DirEntry, err error) bool {
		files++
		more = yield(readEntry(path, err))
		return more
	})
	if files == 0 {
		return yield(File{name, nil, ErrEmptyFolder})
	}
	return more
}

// readEntry reads a file of a folder.
func readEntry(path string, err error) File {
	if err != nil {
		return File{path, nil, cause(err)}
	}
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return File{path, nil, errFolderLink} // it may lead round in a circle
	case err == nil && !info.Mode().IsRegular():
		return File{path, nil, errNoFile} // a pipe would be waited for
	}
	return ReadFile(path, nil)
}

// ReadFile reads a file, or standard input if its name is "-".
func ReadFile(name string, stdin io.Reader) File {
	if name == "-" {
		data, err := readAtMost(stdin)
		return File{name, data, err}
	}
	f, err := os.Open(name)
	if err != nil {
		return File{name, nil, cause(err)}
	}
	defer f.Close()
	data, err := readAtMost(f)
	return File{name, data, err}
}

// readAtMost reads what may be endless.
func readAtMost(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, cause(err)
	}
	return data, nil
}

// walk calls visit for all entries of a folder that are neither folders nor hidden, and
// for folders that cannot be read, until visit returns false.
func walk(folder string, visit func(path string, entry fs.DirEntry, err error) bool) {
	root := strings.TrimRight(folder, "/") + "/" // a link to a folder is followed
	filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		isHidden := entry != nil && strings.HasPrefix(entry.Name(), ".") && path != root
		switch {
		case err == nil && entry.IsDir() && isHidden:
			return fs.SkipDir
		case err == nil && (entry.IsDir() || isHidden):
			return nil
		case !visit(path, entry, err):
			return fs.SkipAll
		}
		return nil
	})
}

// CountFiles returns how many files [Files] will read.
func CountFiles(names []string) int {
	count := 0
	for _, name := range names {
		info, err := os.Stat(name)
		if name == "-" || err != nil || !info.IsDir() {
			count++
			continue
		}
		walk(name, func(string, fs.DirEntry, error) bool { count++; return true })
	}
	return count
}

// File judges a file. A licence that was given in place of its file's name is a finding, and
// no message repeats it.
func (c *Checker) File(f File) *Result {
	if f.Err == nil {
		return c.License(f.Name, f.Data)
	}
	r := &Result{Name: f.Name, Time: c.now(), Signature: SignatureUnreached, Findings: []Finding{{
		Code: CodeSourceUnreadable, Stage: StageSource, Severity: Error,
		Found: "the file cannot be read: " + f.Err.Error(), Remedy: "correct the name, or let this user read the file",
	}}}
	if HoldsLicence(f.Name) {
		r.Name = "an argument"
		r.Findings = []Finding{{Code: CodeLicenceAsName, Stage: StageSource, Severity: Error,
			Found: "a licence was given in place of the name of its file", Remedy: "name the file, or give the text on standard input"}}
	}
	return r
}
