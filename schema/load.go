package schema

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/nonblock"
)

// besideBase is the URL that stands for the folder of a vendor's schema. Its path is
// not the root, so that a reference that leaves the folder can be detected.
const besideBase = "beside:///schema/"

// loader reads the files of one vendor's schema. The compiler has no other access to
// files, and none to a network.
type loader struct {
	dir    string                               // "" if no file may be read
	check  func(path string, text []byte) error // allows a file; nil allows all
	bases  map[string]string                    // URL folder → folder under dir, as the "$id"s say
	files  int
	values int

	patterns patternSizes
	warnings []Warning
}

// loadError is an error of open, as opposed to one of the compiler.
type loadError struct{ err error }

func (e *loadError) Error() string { return e.err.Error() }

// entryURL returns the URL of the schema file itself.
func (l *loader) entryURL(name string) string {
	return besideBase + url.PathEscape(filepath.Base(name))
}

// open implements jsonschema.Compiler.LoadURL.
func (l *loader) open(target string) (io.ReadCloser, error) {
	if text, ok := builtinByURL(target); ok {
		return io.NopCloser(bytes.NewReader(text)), nil
	}
	doc, err := l.readBeside(target)
	if err != nil {
		return nil, &loadError{err}
	}
	return io.NopCloser(bytes.NewReader(doc.Bytes())), nil
}

// readBeside reads the schema file that a resolved "$ref" leads to.
func (l *loader) readBeside(target string) (licseal.Payload, error) {
	name, ok := l.pathOf(target)
	if !ok {
		return licseal.Payload{}, refusal(target)
	}
	text, err := l.readFile(name)
	if err != nil {
		return licseal.Payload{}, fmt.Errorf("the $ref to %s: %w", quote(name), err)
	}
	return l.read(name, text)
}

// pathOf returns the path that a URL stands for, relative to the folder of the
// schema. It may lead out of the folder: readFile checks that.
func (l *loader) pathOf(target string) (string, bool) {
	longest := ""
	for base := range l.bases {
		if strings.HasPrefix(target, base) && len(base) > len(longest) {
			longest = base
		}
	}
	if longest == "" {
		return "", false
	}
	name, err := url.PathUnescape(target[len(longest):])
	return path.Join(l.bases[longest], name), err == nil
}

// readFile reads a file in the folder of the schema or below it. os.Root keeps
// symbolic links from leading out.
func (l *loader) readFile(name string) ([]byte, error) {
	if l.dir == "" {
		return nil, errors.New("a schema that was not read from a file cannot refer to one")
	}
	root, err := os.OpenRoot(l.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	// A pipe must not make this wait for its writer.
	f, err := root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|nonblock.Flag, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	text, err := readBounded(f)
	if err == nil && l.check != nil {
		err = l.check(filepath.Join(l.dir, filepath.FromSlash(name)), text)
	}
	return text, err
}

// read parses a schema file and checks all that can be checked before compiling:
// its size, its "$schema", that it is a JSON Schema, and its "$ref"s.
func (l *loader) read(name string, text []byte) (licseal.Payload, error) {
	doc, err := l.parse(name, text)
	if err != nil {
		return licseal.Payload{}, err
	}
	value, err := decode(doc.Bytes())
	if err != nil {
		return licseal.Payload{}, fmt.Errorf("schema %s: %v", name, err)
	}
	if err := l.checkSize(value); err != nil {
		return licseal.Payload{}, fmt.Errorf("schema %s: %v", name, err)
	}
	if err := l.patterns.add(value); err != nil {
		return licseal.Payload{}, fmt.Errorf("schema %s: %v", name, err)
	}
	draft, err := draftIn(name, doc)
	if err != nil {
		return licseal.Payload{}, err
	}
	if err := checkAgainstDraft(name, doc, draft); err != nil {
		return licseal.Payload{}, err
	}
	var r review
	r.walk(value, "")
	if err := r.check(name, doc); err != nil {
		return licseal.Payload{}, err
	}
	l.learnBases(name, doc)
	l.warnings = append(l.warnings, reviewKeywords(name, doc, value, draft)...)
	return doc, nil
}

func (l *loader) parse(name string, text []byte) (licseal.Payload, error) {
	switch {
	case len(text) > maxSchemaBytes:
		return licseal.Payload{}, fmt.Errorf("schema %s: it has %d bytes; a schema may have %d", name, len(text), maxSchemaBytes)
	case len(bytes.TrimSpace(text)) == 0:
		return licseal.Payload{}, fmt.Errorf("schema %s: the text is empty; a schema is a JSON object", name)
	}
	// Twice the bound, because the canonical form of a number may be longer.
	doc, err := licseal.Parser{MaxBytes: 2 * maxSchemaBytes}.ParsePayload(text)
	if err != nil {
		return licseal.Payload{}, fmt.Errorf("schema %s: %v", name, err)
	}
	return doc, nil
}

// draftIn returns the draft that a schema is written in.
func draftIn(name string, doc licseal.Payload) (*jsonschema.Draft, error) {
	uri, ok := doc.Field("/$schema")
	if !ok {
		return drafts[0], nil
	}
	text, _ := doc.Text("/$schema")
	draft, ok := draftOf(text)
	if !ok {
		return nil, fmt.Errorf("schema %s: %s: the $schema is %s; this program reads %q, and drafts 2019-09 and 07", name, doc.Position("/$schema"), printable(string(uri)), drafts[0].URL())
	}
	return draft, nil
}

// checkAgainstDraft checks that a document is a JSON Schema.
func checkAgainstDraft(name string, doc licseal.Payload, draft *jsonschema.Draft) error {
	meta, err := metaSchema(draft)
	if err != nil {
		return fmt.Errorf("schema %s: %v", name, err)
	}
	if err := meta.validate(name, doc, nil); err != nil {
		return faultIn(name, err)
	}
	return nil
}

// learnBases records the folder that the relative references of a file start from,
// under the URL that its "$id" gives it.
func (l *loader) learnBases(name string, doc licseal.Payload) {
	folder := path.Dir(name)
	if l.bases == nil {
		folder = "." // the first file, whose name may be any path
		l.bases = map[string]string{besideBase: folder}
	}
	if id, ok := doc.Text("/$id"); ok {
		if base, ok := dirOf(id); ok && !strings.HasPrefix(base, besideBase) {
			if _, known := l.bases[base]; !known {
				l.bases[base] = folder
			}
		}
	}
}

// dirOf returns the directory part of a hierarchical absolute URL.
func dirOf(id string) (string, bool) {
	u, err := url.Parse(id)
	if err != nil || !u.IsAbs() || u.Opaque != "" {
		return "", false
	}
	return id[:strings.LastIndexByte(id, '/')+1], true
}
