package main

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/fieldname"
	"github.com/licseal/licseal/internal/idset"
	"github.com/licseal/licseal/internal/ordered"
	"github.com/licseal/licseal/verify"
)

// outputNames says which file each licence of a batch is written to.
type outputNames struct {
	dir           string
	pieces        []namePiece
	resume, force bool
	taken         idset.Set // the names of this run
	sources       []string  // what is read, and never replaced
}

// namePiece is text, or stands for a field of the payload.
type namePiece struct {
	text    string
	pointer string
}

// newOutputNames reads a pattern such as {customer}-{license_key}.json, and makes
// the folder unless it is there.
func newOutputNames(dir, pattern string, resume, force bool) (*outputNames, error) {
	n := &outputNames{dir: dir, resume: resume, force: force}
	rest := pattern
	for rest != "" {
		text, after, found := strings.Cut(rest, "{")
		field, more, closed := strings.Cut(after, "}")
		n.pieces = append(n.pieces, namePiece{text: text})
		if !found {
			break
		}
		pointer, isPointer := fieldname.Pointer(field)
		if !closed || field == "" || !isPointer {
			return nil, usagef("--name %q: write a field as {license_key}", pattern)
		}
		n.pieces = append(n.pieces, namePiece{pointer: pointer})
		rest = more
	}
	if len(n.pieces) < 2 {
		return nil, usagef("--name %q would give all licences one name; write a field in it, as {license_key}", pattern)
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, about(dir, noFolder(dir, err))
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, about(dir, errors.New("is not a folder"))
	}
	return n, nil
}

// onlyOf reports whether the names are made of one field and nothing else. Two rows of
// one value have one name then, and nobody needs to remember the values, too.
func (n *outputNames) onlyOf(pointer string) bool {
	return !slices.ContainsFunc(n.pieces, func(p namePiece) bool { return p.pointer != "" && p.pointer != pointer })
}

// path returns the file for a payload. What the payload says never leads out of the
// folder, nor to a hidden file.
func (n *outputNames) path(p licseal.Payload) (string, error) {
	var name strings.Builder
	for _, piece := range n.pieces {
		name.WriteString(piece.text)
		if piece.pointer == "" {
			continue
		}
		value, ok := p.Field(piece.pointer)
		if !ok {
			return "", rowError("%s: the field is missing, and the file is named after it", plain(piece.pointer))
		}
		text, isText := p.Text(piece.pointer)
		if !isText {
			text = string(value)
		}
		name.WriteString(text)
	}
	if err := checkFileName(name.String()); err != nil {
		return "", err
	}
	return filepath.Join(n.dir, name.String()), nil
}

// checkFileName refuses names that would not be those of plain files everywhere.
func checkFileName(name string) error {
	const most = 200 // a name for the time of writing is longer
	bad := func(r rune) bool {
		return r == utf8.RuneError || unicode.IsControl(r) || strings.ContainsRune(`/\:*?"<>|`, r)
	}
	switch {
	case strings.IndexFunc(name, bad) >= 0, !filepath.IsLocal(name), strings.HasPrefix(name, "."), strings.HasSuffix(name, "."), strings.HasSuffix(name, " "):
		return rowError("%s cannot be the name of a file", quoteCell(name))
	case len(name) > most:
		return rowError("%s is too long for the name of a file: %d bytes, at most %d", quoteCell(name), len(name), most)
	}
	return nil
}

// findFiles gives each row its file, and those that have been signed before their
// licence.
func (b *batchSigner) findFiles(rows iter.Seq2[*place, bulk.Row]) iter.Seq2[*place, bulk.Row] {
	named := func(yield func(placedRow) bool) {
		for p, row := range rows {
			b.nameFile(p, &row)
			if !yield(placedRow{p, row}) {
				return
			}
		}
	}
	return b.eachRow(named, func(p *place, row *bulk.Row) {
		if b.names.resume {
			row.License, p.kept = b.existing(p.path, row.Payload)
		}
	})
}

// nameFile refuses a name that an earlier row has, also but for upper and lower case,
// which not all file systems tell apart. What becomes of the rows must not depend on
// which of their files is written first.
func (b *batchSigner) nameFile(p *place, row *bulk.Row) {
	path, err := b.names.path(row.Payload)
	if row.Err == nil && p.err == nil && err != nil {
		row.Err = err
	}
	if err != nil {
		return
	}
	name, first := []byte(strings.ToLower(path)), 0
	if row.Err == nil && p.err == nil {
		p.path = path
		first = b.names.taken.Add(name, p.row)
	} else {
		first = b.names.taken.Find(name) // a row that is refused anyway leaves it to others
	}
	if first != p.row && first != 0 {
		taken := fault.New(licseal.ReasonRequirement, "%s is the file of row %d already", plain(path), first)
		row.Err = errors.Join(row.Err, taken)
	}
}

// placedRow is a row and its place.
type placedRow struct {
	place *place
	row   bulk.Row
}

// eachRow applies f, on all cores, to the rows that are in order so far.
func (b *batchSigner) eachRow(rows iter.Seq[placedRow], f func(*place, *bulk.Row)) iter.Seq2[*place, bulk.Row] {
	work := func(rows, done []placedRow) []placedRow {
		for _, r := range rows {
			if r.place.err == nil && r.row.Err == nil {
				f(r.place, &r.row)
			}
			done = append(done, r)
		}
		return done
	}
	return func(yield func(*place, bulk.Row) bool) {
		for r := range ordered.Map(b.ctx, rows, nil, ordered.Options{}, work) {
			if !yield(r.place, r.row) {
				return
			}
		}
	}
}

// existing returns the licence in a file if it is one of that payload, with a
// signature by this run's key that holds.
func (b *batchSigner) existing(path string, p licseal.Payload) (*licseal.License, bool) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, false
	}
	lic, err := licseal.ParseUnverified(data)
	if err != nil || !lic.Payload.Equal(p) {
		return nil, false
	}
	_, err = verify.License(data, []licseal.TrustedKey{{Key: b.key.Public()}}, nil)
	var forged *verify.SignatureError
	return lic, !errors.As(err, &forged)
}

// brokenOutput is an error of the disk: no fault of the row.
type brokenOutput struct{ err error }

func (e *brokenOutput) Error() string { return e.err.Error() }

// writeFiles writes each licence to its file.
func (b *batchSigner) writeFiles(rows iter.Seq2[*place, bulk.Row]) iter.Seq2[*place, bulk.Row] {
	packed := func(yield func(placedRow) bool) {
		for p, row := range rows {
			if !yield(placedRow{p, row}) {
				return
			}
		}
	}
	return b.eachRow(packed, func(p *place, row *bulk.Row) {
		if p.kept {
			return
		}
		data := []byte(row.License.String())
		err := atomicfile.CreateSoon(p.path, data, 0o644)
		isSource := func(source string) bool { return samePath(p.path, source) }
		if errors.Is(err, fs.ErrExist) && b.names.force && !slices.ContainsFunc(b.names.sources, isSource) {
			err = atomicfile.Replace(p.path, data, 0o644)
		}
		switch {
		case errors.Is(err, fs.ErrExist) && b.isTorn(p.path):
			err = atomicfile.Replace(p.path, data, 0o644)
		case errors.Is(err, fs.ErrExist):
			row.Err = fault.New(licseal.ReasonRequirement, "the file %s exists, and was kept", strconv.Quote(p.path))
			return
		}
		if err != nil {
			row.Err = &brokenOutput{fmt.Errorf("writing %s: %w", p.path, cause(err))}
		}
	})
}

// isTorn reports whether a file that this run is to resume holds nothing, because
// the power failed before the disk had its data.
func (b *batchSigner) isTorn(path string) bool {
	info, err := os.Stat(path)
	return b.names.resume && err == nil && info.Mode().IsRegular() && info.Size() == 0
}
