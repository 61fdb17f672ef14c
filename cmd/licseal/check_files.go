package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/licseal/licseal/check"
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

// inFolder returns a folder as filepath.WalkDir wants it, which follows no link that
// is named without a / at its end.
func inFolder(folder string) string { return strings.TrimRight(folder, "/") + "/" }

func walkFolder(folder string, visit func(name string, data []byte, err error) error) error {
	files := 0
	root := inFolder(folder)
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		isHidden := strings.HasPrefix(entry.Name(), ".") && name != root
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
		switch info, err := os.Stat(name); {
		case err == nil && info.IsDir():
			return visit(name, nil, errFolderLink) // it may lead round in a circle
		case err == nil && !info.Mode().IsRegular():
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

// countFiles returns how many files walkFiles will visit.
func countFiles(names []string) int64 {
	count := int64(0)
	for _, name := range names {
		if info, err := os.Stat(name); name == "-" || err != nil || !info.IsDir() {
			count++
			continue
		}
		root := inFolder(name)
		filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			isHidden := strings.HasPrefix(entry.Name(), ".") && path != root
			switch {
			case entry.IsDir() && isHidden:
				return fs.SkipDir
			case !entry.IsDir() && !isHidden:
				count++
			}
			return nil // what cannot be read is the business of the walk itself
		})
	}
	return count
}
