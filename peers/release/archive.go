package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal/internal/completion/scripts"
)

// file is a file, or a folder if its path ends with a slash, in an archive. Paths have no
// slash at the beginning.
type file struct {
	path  string
	mode  fs.FileMode
	data  []byte
	owner int // user and group
}

func (f *file) isDir() bool { return strings.HasSuffix(f.path, "/") }

// withFolders returns files with all the folders that they are in, sorted.
func withFolders(files []file) []file {
	all := slices.Clone(files)
	seen := map[string]bool{}
	for _, f := range files {
		seen[f.path] = true
	}
	for _, f := range files {
		for dir := path.Dir(strings.TrimSuffix(f.path, "/")); dir != "."; dir = path.Dir(dir) {
			if !seen[dir+"/"] {
				seen[dir+"/"] = true
				all = append(all, file{path: dir + "/", mode: 0o755})
			}
		}
	}
	slices.SortFunc(all, func(a, b file) int { return strings.Compare(a.path, b.path) })
	return all
}

// tarOf returns an archive of files, each with a time, and with a prefix before its path.
func tarOf(files []file, at time.Time, prefix string) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range withFolders(files) {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: prefix + f.path, Size: int64(len(f.data)), Mode: int64(f.mode), ModTime: at,
			Uid: f.owner, Gid: f.owner, Format: tar.FormatUSTAR,
		}
		if f.isDir() {
			header.Typeflag = tar.TypeDir
		}
		if f.owner == 0 {
			header.Uname, header.Gname = "root", "root"
		}
		if err := w.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// gzipped returns compressed data, without a name and a time.
func gzipped(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}

// zipOf returns an archive of files, each with a time.
func zipOf(files []file, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range withFolders(files) {
		header := &zip.FileHeader{Name: f.path, Modified: at, Method: zip.Deflate}
		header.SetMode(f.mode)
		if f.isDir() {
			header.Method = zip.Store
			header.SetMode(f.mode | fs.ModeDir)
		}
		to, err := w.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := to.Write(f.data); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// manPages are what packages install, by where they are in the source.
var manPages = []string{"docs/reference/licseal.1", "docs/reference/licseal-verify.1", "docs/reference/licseald.8"}

// documents returns what there is to read, but for man pages, as it is in the source.
func (r *release) documents() []file {
	var files []file
	for name, data := range r.sources {
		isDocument := path.Dir(name) == "." || strings.HasPrefix(name, "docs/")
		if isDocument && !slices.Contains(manPages, name) {
			files = append(files, file{path: name, mode: 0o644, data: data})
		}
	}
	return files
}

// writeArchive writes the archive for a system: programs, licences, documents, man pages
// and completions in one folder.
func (r *release) writeArchive(t target, built []program) error {
	name, suffix := r.name(t.os, t.arch), ""
	if t.os == "windows" {
		suffix = ".exe"
	}
	files := r.documents()
	for _, p := range built {
		files = append(files, file{path: p.name + suffix, mode: 0o755, data: p.data})
	}
	for _, page := range manPages {
		files = append(files, file{path: "man/" + path.Base(page), mode: 0o644, data: r.file(page)})
	}
	for _, program := range []string{"licseal", "licseald"} {
		for _, shell := range scripts.Shells() {
			name, script := scripts.For(program, shell)
			files = append(files, file{path: "completions/" + name, mode: 0o644, data: []byte(script)})
		}
	}
	for i := range files {
		files[i].path = name + "/" + files[i].path
	}
	if t.os == "windows" {
		data, err := zipOf(files, r.time)
		if err != nil {
			return err
		}
		return r.write(name+".zip", data)
	}
	data, err := tarOf(files, r.time, "")
	if err != nil {
		return err
	}
	if data, err = gzipped(data); err != nil {
		return err
	}
	return r.write(name+".tar.gz", data)
}
