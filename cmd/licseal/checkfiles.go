package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/licseal/licseal/check"
	"golang.org/x/term"
)

// walkFiles reads files, and all files in folders but for hidden ones, in the
// order of their names. It keeps one of them in memory at a time.
func walkFiles(names []string, visit func(name string, data []byte, err error) error) error {
	for _, name := range names {
		info, err := os.Stat(name)
		if name == "-" || err != nil || !info.IsDir() {
			data, err := readFile(name, check.MaxBytes)
			if err := visit(name, data, err); err != nil {
				return err
			}
			continue
		}
		if err := walkFolder(name, visit); err != nil {
			return err
		}
	}
	return nil
}

func walkFolder(folder string, visit func(name string, data []byte, err error) error) error {
	files := 0
	err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		isHidden := strings.HasPrefix(entry.Name(), ".") && name != folder
		switch {
		case err != nil:
			files++
			return visit(name, nil, cause(err))
		case entry.IsDir() && isHidden:
			return fs.SkipDir
		case entry.IsDir() || isHidden:
			return nil
		}
		files++
		if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
			return visit(name, nil, errNotAPlainFile) // a pipe would be waited for
		}
		data, err := readFile(name, check.MaxBytes)
		return visit(name, data, err)
	})
	if err == nil && files == 0 {
		return about(folder, withHint(fmt.Errorf("there is no file in the folder"), "a file whose name begins with a dot is passed over"))
	}
	return err
}

// progress says on a terminal how far long work has got.
type progress struct {
	out          *os.File // nil where there is no terminal
	count        int
	start, shown time.Time
}

func newProgress() *progress {
	p := &progress{start: time.Now()}
	if term.IsTerminal(int(os.Stderr.Fd())) && !term.IsTerminal(int(os.Stdout.Fd())) {
		p.out = os.Stderr
	}
	return p
}

// step counts one more, and shows the count a few times a second once the work
// has taken longer than a second.
func (p *progress) step() {
	p.count++
	now := time.Now()
	if p.out == nil || now.Sub(p.start) < time.Second || now.Sub(p.shown) < 200*time.Millisecond {
		return
	}
	p.shown = now
	fmt.Fprintf(p.out, "\r\x1b[K%d licences checked, %.0f a second", p.count, float64(p.count)/now.Sub(p.start).Seconds())
}

// stop takes the line away again.
func (p *progress) stop() {
	if p.out != nil && !p.shown.IsZero() {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
