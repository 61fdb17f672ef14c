package main

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// nobody is the user of the image. The user has no name, since the image has no files but
// those of licseal.
const nobody = 65532

// image is the image for one system.
type image struct {
	target
	built []program
}

// writeImage writes an image for all Linux systems, as a tar archive of an OCI layout.
func (r *release) writeImage() error {
	if len(r.images) == 0 {
		return nil
	}
	index := mutate.Annotations(empty.Index, r.annotations()).(v1.ImageIndex)
	for _, i := range r.images {
		made, err := r.imageFor(i)
		if err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: made, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: i.os, Architecture: i.arch}},
		})
	}
	dir, err := os.MkdirTemp("", "licseal-image-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	written, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	name := layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": r.version})
	if err := written.AppendIndex(index, name); err != nil {
		return err
	}
	files, err := filesIn(dir)
	if err != nil {
		return err
	}
	data, err := tarOf(files, r.time, "")
	if err != nil {
		return err
	}
	return r.write(r.name("oci")+".tar", data)
}

// annotations say what the image is.
func (r *release) annotations() map[string]string {
	return map[string]string{
		"org.opencontainers.image.title":    "licseal",
		"org.opencontainers.image.version":  r.version,
		"org.opencontainers.image.revision": r.commit,
		"org.opencontainers.image.licenses": "Apache-2.0",
	}
}

// imageFor returns the image for one system: the programs and their licences, no shell,
// no other user than nobody, and two folders that nobody can write to.
func (r *release) imageFor(i image) (v1.Image, error) {
	files := []file{
		{path: "LICENSE", mode: 0o644, data: r.file("LICENSE")},
		{path: "NOTICE", mode: 0o644, data: r.file("NOTICE")},
		{path: "data/", mode: 0o755, owner: nobody},
		{path: "tmp/", mode: 0o1777}, // for licseal demo and large sorts of SQLite
	}
	for _, p := range i.built {
		files = append(files, file{path: p.name, mode: 0o755, data: p.data})
	}
	data, err := tarOf(files, r.time, "")
	if err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	layer, err := tarball.LayerFromOpener(open, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	made, err := mutate.ConfigFile(mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON), &v1.ConfigFile{
		OS: i.os, Architecture: i.arch, Created: v1.Time{Time: r.time}, RootFS: v1.RootFS{Type: "layers"},
		Config: v1.Config{
			User: "65532:65532", Entrypoint: []string{"/licseal"}, WorkingDir: "/data", Volumes: map[string]struct{}{"/data": {}},
			Env: []string{"PATH=/", "LICSEALD_STORE=sqlite:/data/licences.db"}, Labels: r.annotations(),
		},
	})
	if err != nil {
		return nil, err
	}
	return mutate.Append(made, mutate.Addendum{Layer: layer, History: v1.History{Created: v1.Time{Time: r.time}, CreatedBy: "licseal " + r.version}})
}

// filesIn returns the files in a folder, for an archive.
func filesIn(dir string) (files []file, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		files = append(files, file{path: filepath.ToSlash(name), mode: 0o644, data: data})
		return err
	})
	return files, err
}
