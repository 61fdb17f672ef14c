package register

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/licseal/licseal/internal/text"
	"golang.org/x/mod/sumdb/note"
)

// The files of a register that are not part of the log.
const (
	settingsPath   = "register.json"
	keyPath        = "key"
	checkpointPath = "checkpoint"
)

// settings are what the file register.json has.
type settings struct {
	Format int    `json:"format"` // 1
	Key    string `json:"key"`    // the public key, as a verifier key of golang.org/x/mod/sumdb/note
}

// text returns the content of the file.
func (s settings) text() []byte {
	return fmt.Appendf(nil, "{\"format\":%d,\"key\":%q}\n", s.Format, s.Key)
}

// Register is a register that is open for reading: all entries under its checkpoint.
type Register struct {
	dir      string
	verifier note.Verifier
	key      string // the verifier's text
	current  Checkpoint
	signed   []byte // the checkpoint as it was read
	rows     index
}

// ErrNoRegister means that a folder has no register.
var ErrNoRegister = errors.New("is not a register")

// Create makes a register without entries in a folder that does not exist or is empty. Only
// the owner can enter the folder afterwards.
func Create(dir string) (*Register, error) {
	return create(dir, nil)
}

// CreateAfter makes a register that follows another one, of which a checkpoint is known:
// its first entry says so.
func CreateAfter(dir string, after Checkpoint) (*Register, error) {
	return create(dir, &Record{Kind: Continued, After: after.String()})
}

// create makes a register with one entry, or without entries if first is nil. The file
// register.json is written last: a folder without it is not a register.
func create(dir string, first *Record) (*Register, error) {
	if err := newFolder(dir); err != nil {
		return nil, err
	}
	secret, public, err := note.GenerateKey(rand.Reader, "licseal-register/"+rand.Text())
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, err
	}
	w := newWriter(dir, signer, Checkpoint{Origin: signer.Name()}, new(tree))
	if first != nil {
		err = w.add(first, nil, time.Now())
	}
	if err == nil {
		err = system.mkdir(filepath.Join(dir, "packs"))
	}
	if err == nil {
		err = w.commit()
	}
	if err == nil {
		err = system.create(filepath.Join(dir, keyPath), []byte(secret+"\n"), 0o600)
	}
	if err == nil {
		s := settings{1, public}
		err = system.create(filepath.Join(dir, settingsPath), s.text(), 0o644)
	}
	if err != nil {
		return nil, text.Cause(err)
	}
	return Open(dir)
}

// Open opens a register for reading, and verifies its checkpoint. It does not read the
// entries; [Register.Verify] does.
func Open(dir string) (*Register, error) {
	r := &Register{dir: dir}
	if err := r.readSettings(); err != nil {
		return nil, err
	}
	if err := r.readCheckpoint(); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Register) readSettings() error {
	data, err := os.ReadFile(filepath.Join(r.dir, settingsPath))
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNoRegister
	} else if err != nil {
		return text.Cause(err)
	}
	var s settings
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("%s cannot be read: it is not JSON", settingsPath)
	}
	if s.Format != 1 {
		return fmt.Errorf("the register has format %d, and this program reads format 1", s.Format)
	}
	r.key = s.Key
	r.verifier, err = note.NewVerifier(s.Key)
	// Only one spelling is accepted, so that every change is found.
	if err != nil || !bytes.Equal(data, s.text()) || !strings.HasPrefix(s.Key, fmt.Sprintf("%s+%08x+", r.verifier.Name(), r.verifier.KeyHash())) {
		return fmt.Errorf("%s was changed, or has no key that can be used", settingsPath)
	}
	return nil
}

func (r *Register) readCheckpoint() (err error) {
	if r.signed, err = os.ReadFile(filepath.Join(r.dir, checkpointPath)); err != nil {
		return fmt.Errorf("%s: %w", checkpointPath, text.Cause(err))
	}
	r.current, err = openCheckpoint(r.signed, r.verifier)
	if err != nil {
		return fmt.Errorf("%s: %w", checkpointPath, err)
	}
	return nil
}

// Dir returns the folder of the register.
func (r *Register) Dir() string { return r.dir }

// Checkpoint returns the checkpoint as of when the register was opened.
func (r *Register) Checkpoint() Checkpoint { return r.current }

// Key returns the public key of the register, as a verifier key of
// golang.org/x/mod/sumdb/note.
func (r *Register) Key() string { return r.key }

// Len returns the number of entries.
func (r *Register) Len() int64 { return r.current.Size }

// index returns the index of all entries.
func (r *Register) index() (index, error) {
	if r.rows != nil || r.current.Size == 0 {
		return r.rows, nil
	}
	rows, _, err := loadIndex(r.dir, r.current.Size)
	if err != nil {
		return nil, err
	}
	r.rows = rows
	return rows, nil
}

// Entry returns an entry by its number.
func (r *Register) Entry(number int64) (*Entry, error) {
	rows, err := r.index()
	if err != nil {
		return nil, err
	}
	if number < 0 || number >= r.current.Size {
		return nil, fmt.Errorf("the register has no entry %d", number)
	}
	return r.entry(rows, number)
}

// entry reads one entry. The index may have been changed, so it is not trusted.
func (r *Register) entry(rows index, number int64) (*Entry, error) {
	at := rows.row(number)
	reader := entryReader{dir: r.dir}
	defer reader.close()
	return reader.read(&at, number)
}

// entryReader reads entries in any order. It keeps the last pack open.
type entryReader struct {
	dir string

	mu   sync.Mutex // guards the fields below
	file *os.File
	path string
	data []byte
}

// read reads the entry that a row of the index describes.
func (p *entryReader) read(at *row, number int64) (*Entry, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	entry, err := p.tryRead(at, number)
	if err != nil {
		return nil, &EntryError{number, packPath(number), text.Cause(err)}
	}
	return entry, nil
}

func (p *entryReader) tryRead(at *row, number int64) (*Entry, error) {
	if path := packPath(number); p.path != path {
		p.close() // nobody else reads
		file, err := os.Open(filepath.Join(p.dir, path))
		if err != nil {
			return nil, err
		}
		p.file, p.path = file, path
	}
	size := at.end() - at.offset
	if size > maxLine {
		return nil, errors.New("is too long")
	}
	p.data = slices.Grow(p.data[:0], int(size))[:size]
	if _, err := p.file.ReadAt(p.data, at.offset); err != nil {
		return nil, err
	}
	l, err := splitLine(p.data)
	if err != nil {
		return nil, err
	}
	if entry := sum(l.record); binary.BigEndian.Uint64(entry[:]) != at.entry {
		return nil, errors.New("is not the entry of the index")
	}
	return l.entry(number)
}

func (p *entryReader) close() {
	if p.file != nil {
		p.file.Close()
		p.file, p.path = nil, ""
	}
}
