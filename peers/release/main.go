// Command release builds a release of licseal, and signs it. From the folder peers:
//
//	go run ./release -o ../dist
//	go run ./release -sign ../dist -key KEY
//
// The first builds the version that the commit has as a tag: archives for all systems,
// Debian packages, an image, lists of what is in them, and checksums. Everyone who builds
// the same commit with the same Go gets the same bytes, in whatever folder and whenever.
// The second signs the checksums. docs/releases.md says more.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	root := flag.String("root", "..", "build or sign with the sources in this `FOLDER`")
	out := flag.String("o", "", "build into this `FOLDER`, which must not exist")
	only := flag.String("only", "", "build only for these `SYSTEMS`, as linux/amd64,windows/arm64")
	untagged := flag.Bool("untagged", false, "build a commit that has no tag, to try it")
	maintainer := flag.String("maintainer", "", "name `WHO` answers for the Debian packages, as 'NAME <ADDRESS>', instead of who made the tag; of a commit without one, who made the commit")
	sign := flag.String("sign", "", "sign what was built into this `FOLDER`")
	key := flag.String("key", "", "sign with this private key `FILE`, or with the key in the agent whose public half it is, as release.key.pub")
	flag.Parse()
	var err error
	switch {
	case flag.NArg() > 0 || (*out == "") == (*sign == "") || (*sign == "") != (*key == ""):
		flag.Usage()
		os.Exit(2)
	case *sign != "":
		err = signRelease(*root, *sign, *key)
	default:
		err = build(*root, *out, *only, *maintainer, *untagged)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// build builds a release into a new folder.
func build(root, out, only, maintainer string, untagged bool) error {
	targets, err := chooseTargets(only)
	if err != nil {
		return err
	}
	r, err := readSource(root, maintainer, untagged)
	if err != nil {
		return err
	}
	if err := os.Mkdir(out, 0o777); err != nil {
		return err
	}
	r.out = out
	for _, t := range targets {
		if err := r.buildFor(t); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
	}
	if err := r.writeImage(); err != nil {
		return fmt.Errorf("the image: %w", err)
	}
	if err := r.write(schemaFile, r.file("docs/"+schemaFile)); err != nil {
		return err
	}
	return r.writeSums()
}

// buildFor builds everything for one system.
func (r *release) buildFor(t target) error {
	built, err := r.compile(t)
	if err != nil {
		return err
	}
	if err := r.writeArchive(t, built); err != nil {
		return err
	}
	if err := r.writeBOM(t, built); err != nil {
		return err
	}
	if t.os == "linux" {
		r.images = append(r.images, image{t, built})
		return r.writePackages(t, built)
	}
	return nil
}

// name returns the name of a file of the release, as licseal_0.9.0_linux_amd64.zip.
func (r *release) name(parts ...string) string {
	return "licseal_" + strings.Join(append([]string{strings.TrimPrefix(r.version, "v")}, parts...), "_")
}

// write writes a file of the release.
func (r *release) write(name string, data []byte) error {
	return os.WriteFile(filepath.Join(r.out, name), data, 0o644)
}
