package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"sync"
	"sync/atomic"

	"github.com/licseal/licseal/internal/filelock"
	"github.com/licseal/licseal/internal/sqldb"
)

// ErrForeignLog means that the log next to a database, FILE-wal, has changes of another
// content of the file, as after a crash if a copy was put back by hand. SQLite would
// write them over the copy.
var ErrForeignLog = errors.New("the log next to it has changes that were not made to this file")

// ErrLost means that a database is missing or empty and was not when it was last open.
var ErrLost = errors.New("it is missing or empty, and something was stored in it before")

// file is an open database file and watches over it.
type file struct {
	name string // as the caller calls it; a symbolic link is followed at each look
	path string // without links

	pool  *sql.DB
	own   *sql.DB   // has one connection
	pin   *sql.Conn // that one, which is open as long as the pool, so that SQLite keeps the log
	lock  *filelock.Lock
	empty func(context.Context, *sql.DB) (bool, error)

	main, log fs.FileInfo // the files that were opened
	filled    atomic.Bool // the marker says so

	mu     sync.Mutex
	synced fs.FileInfo // the file when its incarnation was last checked
	wrong  error       // what was found wrong with its incarnation

	nextCheckpoint atomic.Int64 // size of the log
}

// opened counts how often this process has each file open. The header of an open file
// must not be read: closing it would release the locks that SQLite has on it.
var opened = struct {
	sync.Mutex
	files map[string]int
}{files: make(map[string]int)}

// start checks the files, opens them, and notes in the marker what they are now.
func (f *file) start(ctx context.Context, o Options) error {
	m, lock, err := lockedMarker(ctx, f.path)
	if err != nil {
		return err
	}
	defer lock.Release()
	if err := f.checkFiles(m, o); err != nil {
		return err
	}
	if !o.Existing {
		if err := create(f.path); err != nil {
			return err
		}
	}
	if f.pool, err = newPool(ctx, f.path); err != nil {
		return err
	}
	opened.Lock()
	opened.files[f.path]++
	opened.Unlock()
	if err := f.checkFilled(ctx, &m, o); err != nil {
		return err
	}
	if err := f.openPin(ctx); err != nil {
		return err
	}
	if err := f.identify(); err != nil {
		return err
	}
	if o.Existing {
		return nil
	}
	return f.moveLog(ctx, m)
}

// openPin opens a connection, which opens the log, and keeps it open.
func (f *file) openPin(ctx context.Context) (err error) {
	if f.own, err = newPool(ctx, f.path); err != nil {
		return err
	}
	if f.pin, err = f.own.Conn(ctx); err != nil {
		return err
	}
	// While the log is moved into the file, nobody waits longer than this.
	_, err = f.pin.ExecContext(ctx, `PRAGMA busy_timeout = 200`)
	return err
}

// checkFiles refuses files that do not belong together, without changing them.
func (f *file) checkFiles(m marker, o Options) error {
	opened.Lock()
	isOpen := opened.files[f.path] > 0
	opened.Unlock()
	if isOpen {
		return nil
	}
	log := size(f.path + "-wal")
	switch missing := size(f.path) == 0; {
	case missing && o.New:
		_, err := MoveAside(f.path)
		return err
	case missing && m.Filled:
		return ErrLost
	case missing && log > 0:
		return fmt.Errorf("it is missing or empty: %w", ErrForeignLog)
	case missing && o.Existing:
		return errors.New("there is no database in it")
	case missing || log == 0:
		return nil
	}
	found, err := headerIncarnation(f.path)
	if err != nil {
		return err
	}
	if !m.allows(found) {
		return ErrForeignLog
	}
	return nil
}

// size returns the size of a file in bytes, 0 if there is none.
func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// checkFilled refuses an empty database that was not empty, and sets Filled.
func (f *file) checkFilled(ctx context.Context, m *marker, o Options) error {
	if f.empty == nil {
		return nil
	}
	empty, err := f.empty(ctx, f.pool)
	if err != nil {
		return err
	}
	if empty && m.Filled && !o.New {
		return ErrLost
	}
	m.Filled = !empty
	f.filled.Store(!empty)
	return nil
}

// identify notes which files are open.
func (f *file) identify() (err error) {
	if f.main, err = os.Stat(f.name); err != nil {
		return err
	}
	if f.log, err = os.Stat(f.path + "-wal"); err != nil {
		return err
	}
	f.synced = f.main
	return nil
}

// Check implements sqldb.Guard. SQLite goes on with files that were moved or removed,
// and what is written to them is lost.
func (f *file) Check(ctx context.Context) error {
	_, err := f.check(ctx)
	return err
}

// check is Check, and returns the size of the log.
func (f *file) check(ctx context.Context) (int64, error) {
	main, err := os.Stat(f.name)
	if err != nil {
		return 0, fmt.Errorf("%w: %v", sqldb.ErrReplaced, err)
	}
	if !os.SameFile(main, f.main) {
		return 0, fmt.Errorf("%w: %s is another file now", sqldb.ErrReplaced, f.name)
	}
	log, err := os.Stat(f.path + "-wal")
	if err != nil {
		return 0, fmt.Errorf("%w: %v", sqldb.ErrReplaced, err)
	}
	if !os.SameFile(log, f.log) {
		return 0, fmt.Errorf("%w: %s-wal is another file now", sqldb.ErrReplaced, f.path)
	}
	return log.Size(), f.checkContent(ctx, main)
}

// checkContent looks whether a copy was written over the file. That changes its time,
// as moving the log into it does.
func (f *file) checkContent(ctx context.Context, main fs.FileInfo) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.wrong != nil || same(main, f.synced) {
		return f.wrong
	}
	lock, err := lockMarker(ctx, f.path) // so that nobody moves the log
	if err != nil {
		return err
	}
	defer lock.Release()
	if main, err = os.Stat(f.name); err != nil {
		return err
	}
	m, err := readMarker(f.path)
	if err != nil {
		return err
	}
	found, err := diskIncarnation(ctx, f.path)
	if err == nil && !m.allows(found) {
		// A process that does not know of markers may have moved the log.
		var current uint32
		if current, err = incarnation(ctx, f.pool); err == nil && found == current {
			m.allow(found)
			err = m.write(f.path)
		} else if err == nil {
			err = fmt.Errorf("%w: another content was written over %s", sqldb.ErrReplaced, f.name)
		}
	}
	if errors.Is(err, sqldb.ErrReplaced) || sqldb.KindOf(err) == sqldb.Corrupt {
		f.wrong = err // for good: SQLite has mixed the two
	}
	if err == nil {
		f.synced = main
	}
	return err
}

// same reports whether a file was not written between two looks.
func same(a, b fs.FileInfo) bool { return a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) }

// Committed implements sqldb.Guard.
func (f *file) Committed(ctx context.Context) error {
	size, err := f.check(ctx)
	if err != nil {
		return err
	}
	// The commit is on the disk. If these fail, they are tried again after the next.
	f.noteFilled(ctx)
	if size >= f.nextCheckpoint.Load() {
		f.checkpoint(ctx)
	}
	return nil
}

// noteFilled notes in the marker that the database is not empty.
func (f *file) noteFilled(ctx context.Context) {
	if f.empty == nil || f.filled.Load() {
		return
	}
	if empty, err := f.empty(ctx, f.pool); err != nil || empty {
		return
	}
	err := changeMarker(ctx, f.path, func(m *marker) { m.Filled = true })
	f.filled.Store(err == nil)
}

// Close implements sqldb.Guard.
func (f *file) Close() error {
	if f.pool == nil {
		return nil
	}
	defer f.release()
	ctx := context.Background()
	if err := f.Check(ctx); err != nil {
		// Closing the pool could write the log over another file, and remove another
		// log. It stays open until the process ends.
		f.pool = nil
		return err
	}
	if f.lock != nil {
		f.lock.Release()
		f.lock = nil
		alone, err := filelock.Try(f.path)
		if err != nil {
			return f.closePool() // others have it open, so that SQLite does not move the log
		}
		f.lock = alone
	}
	return f.closeLast(ctx)
}

// closeLast closes a database that nobody else has open. SQLite moves the log into the
// file then, and removes it.
func (f *file) closeLast(ctx context.Context) error {
	m, lock, err := lockedMarker(ctx, f.path)
	if err != nil {
		return err
	}
	defer lock.Release()
	current, err := incarnation(ctx, f.pool)
	if err != nil {
		return err
	}
	m.allow(current)
	if err := m.write(f.path); err != nil {
		return err
	}
	if err := f.closePool(); err != nil || size(f.path+"-wal") > 0 {
		return err // a program that does not know of markers has it open
	}
	m.Incarnations = []uint32{current}
	return m.write(f.path)
}

// release closes and unlocks what is open.
func (f *file) release() {
	f.closePool()
	if f.lock != nil {
		f.lock.Release()
		f.lock = nil
	}
}

func (f *file) closePool() error {
	if f.pool == nil {
		return nil
	}
	if f.pin != nil {
		f.pin.Close()
	}
	if f.own != nil {
		f.own.Close()
	}
	err := f.pool.Close()
	f.pool = nil
	opened.Lock()
	opened.files[f.path]--
	opened.Unlock()
	return err
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// incarnation returns that of the database as SQLite sees it, with the log.
func incarnation(ctx context.Context, q querier) (uint32, error) {
	var n uint32
	err := q.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&n)
	return n, err
}

// diskIncarnation returns that of the file, without the log. It may be open.
func diskIncarnation(ctx context.Context, path string) (uint32, error) {
	pool, err := sql.Open("sqlite", fileURL(path, url.Values{"mode": {"ro"}, "immutable": {"1"}}))
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	return incarnation(ctx, pool)
}
