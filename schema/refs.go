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
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/licseal/licseal"
)

// besideBase is the URL that stands for the folder of a vendor's schema. It has a
// folder of its own, so that a path that leaves it can be told.
const besideBase = "beside:///schema/"

// loader reads the files of one vendor's schema. What it does not allow is not
// read: the compiler has no other way to a file, and none to a network.
type loader struct {
	dir    string            // "" where no file may be read
	bases  map[string]string // URL folder → folder under dir, as the "$id"s say
	files  int
	values int
}

// loadError is an error of open, to be told from the compiler's own.
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

// pathOf returns the path, below the folder of the schema, that a URL stands for.
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
	name = path.Join(l.bases[longest], name)
	return name, err == nil && filepath.IsLocal(filepath.FromSlash(name))
}

// readFile reads a file at or below the folder of the schema. os.Root holds it
// there, also where a symbolic link would lead out.
func (l *loader) readFile(name string) ([]byte, error) {
	if l.dir == "" {
		return nil, errors.New("a schema that was not read from a file cannot refer to one")
	}
	root, err := os.OpenRoot(l.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	name = filepath.FromSlash(name)
	info, err := root.Stat(name) // before Open, which would wait for the writer of a pipe
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readBounded(f)
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
	if err := checkAgainstDraft(name, doc); err != nil {
		return licseal.Payload{}, err
	}
	var r review
	r.walk(value, "")
	if err := r.check(name, doc); err != nil {
		return licseal.Payload{}, err
	}
	l.learnBases(name, doc)
	return doc, nil
}

func (l *loader) parse(name string, text []byte) (licseal.Payload, error) {
	switch {
	case len(text) > maxSchemaBytes:
		return licseal.Payload{}, fmt.Errorf("schema %s: it has %d bytes; a schema may have %d", name, len(text), maxSchemaBytes)
	case len(bytes.TrimSpace(text)) == 0:
		return licseal.Payload{}, fmt.Errorf("schema %s: the text is empty; a schema is a JSON object", name)
	}
	// Twice the bound, because the canonical form of a number may be the longer one.
	doc, err := licseal.Parser{MaxBytes: 2 * maxSchemaBytes}.ParsePayload(text)
	if err != nil {
		return licseal.Payload{}, fmt.Errorf("schema %s: %v", name, err)
	}
	return doc, nil
}

// checkSize counts a file's values towards the bounds.
func (l *loader) checkSize(value any) error {
	if l.files++; l.files > maxSchemaFiles {
		return fmt.Errorf("it is one file too many; a schema may have %d", maxSchemaFiles)
	}
	return l.count(value)
}

func (l *loader) count(value any) error {
	if l.values++; l.values > maxSchemaValues {
		return fmt.Errorf("it is too large; a schema may have %d JSON values in all its files", maxSchemaValues)
	}
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			if len(name) > maxSchemaName {
				return fmt.Errorf("the name %s is too long; a name may have %d bytes", quote(name), maxSchemaName)
			}
			if err := l.count(member); err != nil {
				return err
			}
		}
	case []any:
		for _, element := range v {
			if err := l.count(element); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkAgainstDraft checks that a document is a JSON Schema.
func checkAgainstDraft(name string, doc licseal.Payload) error {
	draft := drafts[0]
	if uri, ok := doc.Field("/$schema"); ok {
		text, _ := doc.Text("/$schema")
		if draft, ok = draftOf(text); !ok {
			return fmt.Errorf("schema %s: %s: the $schema is %s; this program reads %q, and drafts 2019-09 and 07", name, doc.Position("/$schema"), printable(string(uri)), drafts[0].URL())
		}
	}
	meta, err := metaSchema(draft)
	if err != nil {
		return fmt.Errorf("schema %s: %v", name, err)
	}
	if err := meta.validate(name, doc); err != nil {
		return faultIn(name, err)
	}
	return nil
}

// learnBases notes which folder a file's relative references start from: its
// own, which its "$id" may name by a URL.
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

// review goes through a schema file for keywords that licseal takes more
// strictly than JSON Schema does.
type review struct {
	refs    []keyword
	formats []keyword
	ids     []string // every "$id" in the file
}

// keyword is the text of one keyword and its JSON Pointer in the file.
type keyword struct{ text, pointer string }

// walk reviews a value that is a schema, or may hold one.
func (r *review) walk(value any, pointer string) {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range sortedNames(v) {
			r.keyword(name, v[name], pointer+"/"+escape(name))
		}
	case []any:
		for i, element := range v {
			r.walk(element, pointer+"/"+strconv.Itoa(i))
		}
	}
}

func (r *review) keyword(name string, value any, pointer string) {
	text, _ := value.(string)
	switch name {
	case "const", "enum", "examples", "default", "x-licseal": // data, whose members are no keywords
	case "$ref", "$dynamicRef", "$recursiveRef":
		r.refs = append(r.refs, keyword{text, pointer})
	case "format":
		r.formats = append(r.formats, keyword{text, pointer})
	case "$id":
		r.ids = append(r.ids, strings.TrimSuffix(text, "#"))
	case "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies":
		members, _ := value.(map[string]any) // their names are no keywords
		for _, name := range sortedNames(members) {
			r.walk(members[name], pointer+"/"+escape(name))
		}
	default:
		r.walk(value, pointer)
	}
}

// check refuses the first fault by its place in the text.
func (r *review) check(name string, doc licseal.Payload) error {
	var first error
	var at licseal.Position
	note := func(k keyword, err error) {
		p := doc.Position(k.pointer)
		if first == nil || p.Line < at.Line || p.Line == at.Line && p.Column < at.Column {
			first, at = err, p
		}
	}
	for _, ref := range r.refs {
		if err := r.checkTarget(ref.text); err != nil {
			note(ref, err)
		}
	}
	for _, format := range r.formats {
		if err := checkFormat(format.text); err != nil {
			note(format, err)
		}
	}
	if first == nil {
		return nil
	}
	return fmt.Errorf("schema %s: %s: %v", name, at, first)
}

// checkFormat refuses a format that would not be checked.
func checkFormat(format string) error {
	names := sortedNames(jsonschema.Formats)
	if slices.Contains(names, format) {
		return nil
	}
	hint := "there are " + strings.Join(names, ", ")
	if meant := nearest(format, names); meant != "" {
		hint = fmt.Sprintf("did you mean %q?", meant)
	}
	return fmt.Errorf("the format %s is unknown, so it would not be checked; %s", quote(format), hint)
}

// checkTarget refuses what can only lead out. A path that it lets pass still has
// to get past readFile.
func (r *review) checkTarget(target string) error {
	u, err := url.Parse(target)
	if err != nil {
		return refusal(target)
	}
	whole, _, _ := strings.Cut(target, "#")
	switch {
	case whole == "" || slices.Contains(r.ids, whole):
		return nil // in this file
	case strings.HasPrefix(whole, "https://json-schema.org/draft/") || strings.HasPrefix(whole, "http://json-schema.org/draft-"):
		return nil // JSON Schema's own, which the library has
	case u.IsAbs():
		if _, ok := builtinByURL(whole); ok {
			return nil
		}
		return refusal(target)
	case u.Host != "", u.RawQuery != "", path.IsAbs(u.Path), strings.Contains(u.Path, `\`),
		slices.Contains(strings.Split(u.Path, "/"), ".."):
		return refusal(target)
	}
	return nil
}

// refusal says why a reference is not followed.
func refusal(target string) error {
	return fmt.Errorf("the $ref %s is not followed: it may lead to a place in this file (#/$defs/…), to a built-in schema, or to a file beside this one by a relative path without \"..\"; nothing else is read, and nothing is fetched", quote(target))
}

// escape returns a name as a reference token of a JSON Pointer (RFC 6901).
func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// dirOf returns the directory part of a hierarchical absolute URL.
func dirOf(id string) (string, bool) {
	u, err := url.Parse(id)
	if err != nil || !u.IsAbs() || u.Opaque != "" {
		return "", false
	}
	return id[:strings.LastIndexByte(id, '/')+1], true
}
