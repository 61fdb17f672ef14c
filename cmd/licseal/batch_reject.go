package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/schema"
)

// reject is a row that became no licence: a line of the file that --rejects names.
type reject struct {
	Row     int      `json:"row"`            // in the batch, from 1; the header of a CSV is none
	Line    int      `json:"line,omitempty"` // in the file, from 1; 0 where it is not known
	Exit    int      `json:"exit"`           // the exit code that the row alone would have
	Reasons []string `json:"reasons"`
	Text    string   `json:"text,omitempty"`
	Base64  string   `json:"text_base64,omitempty"` // in place of a text that is not UTF-8
}

func newReject(p *place, err error) *reject {
	r := &reject{Row: p.row, Line: p.line, Exit: rejectCode(err), Reasons: reasons(err)}
	if utf8.Valid(p.text) {
		r.Text = string(p.text)
	} else {
		r.Base64 = base64.StdEncoding.EncodeToString(p.text)
	}
	return r
}

func (r *reject) where() string {
	if r.Line == 0 {
		return fmt.Sprintf("row %d", r.Row)
	}
	return fmt.Sprintf("line %d", r.Line)
}

// json returns the reject as one line.
func (r *reject) json() string { return jsonLine(r) }

// jsonLine returns a value as one line of JSON.
func jsonLine(v any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err) // the types of this program have no values that JSON lacks
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// faults returns the single errors of a row.
func faults(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, err := range joined.Unwrap() {
		all = append(all, faults(err)...)
	}
	return all
}

// rejectCode returns the exit code that a row alone would have: the worst of its faults'.
func rejectCode(err error) int {
	counts := map[int]int{}
	for _, fault := range faults(err) {
		counts[faultCode(fault)]++
	}
	return worstCode(counts)
}

func faultCode(err error) int {
	var duplicate *bulk.DuplicateError
	code := fault.Exit(err)
	switch {
	case errors.As(err, &duplicate):
		return exitRequirement
	case code == exitFailed:
		return exitNotALicence // of rows, what is left are those that cannot be read
	}
	return code
}

// reasons returns all that is wrong with a row. A row is one line to whoever
// wrote it, so a place in it is a column or a field.
func reasons(err error) []string {
	var all []string
	for _, fault := range faults(err) {
		all = append(all, faultReasons(fault)...)
	}
	return all
}

func faultReasons(err error) []string {
	var parse *licseal.ParseError
	var schemaErr *schema.Error
	var date *licseal.DateError
	switch {
	case errors.As(err, &parse):
		return []string{strings.TrimSpace(fmt.Sprintf("column %d %s", parse.Column, plain(parse.Pointer))) + ": " + parse.Detail}
	case errors.As(err, &schemaErr):
		var all []string
		for _, v := range schemaErr.Violations {
			all = append(all, fmt.Sprintf("%s: %s", plain(v.Pointer), v.Message))
		}
		if schemaErr.Omitted > 0 {
			all = append(all, fmt.Sprintf("and %d more violations", schemaErr.Omitted))
		}
		return all
	case errors.As(err, &date):
		return []string{fmt.Sprintf("%s: %s", plain(date.Pointer), date.Detail)}
	}
	return []string{err.Error()}
}

// rejects is where rows go that became no licence: a file, or standard error.
type rejects struct {
	source string // the batch, as messages call it
	path   string // "" for standard error
	temp   string // the name that it has until it is whole; "" if that is path
	lines  *lineWriter
	file   *os.File
	bar    *batchProgress
	counts map[int]int // by exit code
}

// rejectsMode says what becomes of a file of rejects that is there.
type rejectsMode int

const (
	keepRejects    rejectsMode = iota // that is an error
	replaceRejects                    // it is replaced, whatever it is
	againRejects                      // one of rejects is replaced: the same ones are found again
	sameRejects                       // one of rejects is what it is to be
)

// openRejects opens the file of rejects, if path is one.
func openRejects(path, source string, bar *batchProgress, mode rejectsMode) (*rejects, error) {
	r := &rejects{source: source, path: path, bar: bar, counts: map[int]int{}}
	if path == "" {
		return r, nil
	}
	flags := os.O_RDWR | os.O_CREATE | os.O_TRUNC
	info, err := os.Stat(path)
	switch {
	case err != nil:
		flags |= os.O_EXCL
	case !info.Mode().IsRegular():
		flags = os.O_WRONLY
	case mode == keepRejects:
		return nil, about(path, errKept)
	case mode == replaceRejects:
	case !holdsRejects(path):
		return nil, about(path, withHint(errors.New("the file exists, holds no rejects, and was kept"), "move it away, or give another name"))
	case mode == sameRejects:
		return r, nil
	}
	if r.file, err = os.OpenFile(path, flags, 0o644); err != nil {
		return nil, about(path, noFolder(path, err))
	}
	r.lines = newLineWriter(path, r.file)
	return r, nil
}

// openRejectsAside begins a file of rejects that has another name until moveInto.
func openRejectsAside(path, source string, bar *batchProgress, force bool) (*rejects, error) {
	info, err := os.Stat(path)
	switch exists := err == nil; {
	case path == "", exists && !info.Mode().IsRegular():
		return openRejects(path, source, bar, replaceRejects)
	case exists && !force:
		return nil, about(path, errKept)
	}
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:12]+".tmp")
	r, err := openRejects(temp, source, bar, keepRejects)
	if err != nil {
		return nil, err
	}
	r.path, r.temp = path, temp
	return r, nil
}

// moveInto gives a file that was begun aside its name, if all went well.
func (r *rejects) moveInto(ok, force bool) error {
	if r.temp == "" {
		return nil
	}
	if ok {
		return giveName(r.temp, r.path, force)
	}
	return os.Remove(r.temp)
}

// holdsRejects reports whether a file may be one that a run was writing rejects to. It
// may have ended within the first line.
func holdsRejects(path string) bool {
	const prefix = `{"row":`
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	start, err := io.ReadAll(io.LimitReader(f, int64(len(prefix))))
	return err == nil && strings.HasPrefix(prefix, string(start))
}

func (r *rejects) add(row *reject) error {
	r.counts[row.Exit]++
	switch {
	case r.lines != nil:
		return r.lines.line(row.json())
	case r.path != "":
		return nil // it is there
	}
	r.bar.clear(func() {
		for _, reason := range row.Reasons {
			fmt.Fprintf(os.Stderr, "%s: %s: %s: %s\n", fault.ReasonOfExit(row.Exit), r.source, row.where(), reason)
		}
	})
	return nil
}

// end writes what is left, in whole lines.
func (r *rejects) end() error {
	if r.lines == nil {
		return nil
	}
	err := r.lines.end()
	if err != nil {
		cutTail(r.file)
	}
	return errors.Join(err, cause(r.file.Close()))
}

func (r *rejects) total() (n int) {
	for _, count := range r.counts {
		n += count
	}
	return n
}

// judgedFirst are the exit codes in the order of judgement. The worst of several
// is the one that comes first.
var judgedFirst = []int{
	exitFailed, exitUsage, exitNotALicence, exitSignature, exitRevoked, exitSchema, exitNotYetValid, exitExpired, exitRequirement,
}

// worstCode returns the worst of the exit codes that were counted.
func worstCode(counts map[int]int) int {
	i := slices.IndexFunc(judgedFirst, func(code int) bool { return counts[code] > 0 })
	if i < 0 {
		return exitOK
	}
	return judgedFirst[i]
}

// countsText returns the counts, as: 3 parse, 1 schema
func countsText(counts map[int]int) string {
	var parts []string
	for _, code := range judgedFirst {
		if counts[code] > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", thousands(counts[code]), fault.ReasonOfExit(code)))
		}
	}
	return strings.Join(parts, ", ")
}
