package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	adminstore "github.com/licseal/licseal/admin/sqlstore"
	entitlestore "github.com/licseal/licseal/entitle/sqlstore"
	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/filelock"
	"github.com/licseal/licseal/internal/nonblock"
	"github.com/licseal/licseal/internal/sqldb"
	"github.com/licseal/licseal/internal/sqldb/dump"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/urfave/cli/v2"
)

func restoreCommand() *cli.Command {
	return &cli.Command{
		Name:      "restore",
		Usage:     "replace everything in a store by a backup",
		UsageText: "licseald restore [--store STORE] [--keep FILE] BACKUP",
		Description: `BACKUP is a file of 'licseald backup', or a copy of a SQLite store. What is in the
store is first backed up to a new file, and then replaced in one transaction. A SQLite
file that cannot be opened is renamed, with its log. Stop all servers of a SQLite
store first. Servers of a PostgreSQL store may go on; the role must own the tables.`,
		Flags: []cli.Flag{
			storeFlag(),
			&cli.StringFlag{Name: "keep", Usage: "back up what is in the store to the new `FILE`, not to one next to the store"},
		},
		Action: restore,
	}
}

func restore(c *cli.Context) error {
	path, err := oneFile(c)
	if err != nil {
		return err
	}
	name := c.String("store")
	file, err := sqliteFile(name)
	if err != nil {
		return err
	}
	if target, err := filepath.EvalSymlinks(file); file != "" && err == nil {
		file, name = target, "sqlite:"+target // next to which the log is
	}
	r := &restoring{store: name, file: file, backup: path, keep: c.String("keep"), out: c.App.Writer}
	if r.keep == "" {
		r.keep = "licseald"
		if file != "" {
			r.keep = file
		}
		r.keep += ".before-restore-" + time.Now().UTC().Format("20060102T150405.000Z")
	}
	if file == "" {
		return r.postgres(c.Context)
	}
	return r.sqlite(c.Context)
}

// restoring is one restore.
type restoring struct {
	store  string // as the user calls it
	file   string // of a SQLite store
	backup string // file to restore from
	keep   string // new file for what is in the store
	out    io.Writer
}

func (r *restoring) postgres(ctx context.Context) error {
	source, closeSource, err := openBackup(ctx, r.backup, false)
	if err != nil {
		return err
	}
	defer closeSource()
	db, err := openDatabase(ctx, r.store, sqlite.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	return r.replace(ctx, db, source)
}

func (r *restoring) sqlite(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	lock, err := filelock.Acquire(waiting, r.file)
	if errors.Is(err, filelock.ErrHeld) {
		return fmt.Errorf("%s is open in a server or another command; stop it first", r.file)
	}
	if err != nil {
		return err
	}
	defer lock.Release()
	if sameFile(r.backup, r.file) {
		return r.fromItself(ctx, lock)
	}
	source, closeSource, err := openBackup(ctx, r.backup, false)
	if err != nil {
		return err
	}
	defer closeSource()
	return r.into(ctx, lock, source)
}

func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

// fromItself restores a file that was put next to the log of another. The log is left
// out.
func (r *restoring) fromItself(ctx context.Context, lock *filelock.Lock) error {
	db, err := openDatabase(ctx, r.store, sqlite.Options{Lock: lock})
	if err == nil {
		db.Close()
		return fmt.Errorf("%s is the store itself, and there is nothing to restore", r.backup)
	}
	if !errors.Is(err, sqlite.ErrForeignLog) {
		return err
	}
	_, closeSource, err := openBackup(ctx, r.file, true) // which looks whether it is whole
	if err != nil {
		return err
	}
	closeSource()
	aside, err := r.moveAside()
	if err != nil {
		return err
	}
	source, closeSource, err := openBackup(ctx, aside, true)
	if err != nil {
		return err
	}
	defer closeSource()
	return r.into(ctx, lock, source)
}

// into restores into a file that nobody else has open. If it cannot be opened, it is
// moved aside.
func (r *restoring) into(ctx context.Context, lock *filelock.Lock, source dump.Source) error {
	for moved := false; ; moved = true {
		err := r.tryInto(ctx, lock, source)
		unusable := errors.Is(err, sqlite.ErrForeignLog) || sqldb.KindOf(err) == sqldb.Corrupt
		if moved || !unusable || errors.Is(err, errBackup) {
			return err
		}
		if _, err := r.moveAside(); err != nil {
			return err
		}
	}
}

func (r *restoring) tryInto(ctx context.Context, lock *filelock.Lock, source dump.Source) (err error) {
	db, err := openDatabase(ctx, r.store, sqlite.Options{Lock: lock, New: true})
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := db.Close(); err == nil {
			err = closeErr
		}
	}()
	return r.replace(ctx, db, source)
}

func (r *restoring) moveAside() (string, error) {
	aside, err := sqlite.MoveAside(r.file)
	if err == nil {
		_, err = fmt.Fprintf(r.out, "renamed: %s and its log are now %s\n", r.file, aside)
	}
	return aside, err
}

// replace replaces everything in a database.
func (r *restoring) replace(ctx context.Context, db *sqldb.DB, source dump.Source) error {
	if _, err := adminstore.New(ctx, db); err != nil {
		return err
	}
	if _, err := entitlestore.New(ctx, db); err != nil {
		return err
	}
	var counts dump.Counts
	var kept bool
	err := db.Tx(ctx, func(tx *sql.Tx) error {
		var err error
		counts, err = dump.Replace(ctx, tx, db.Dialect, source, func() error {
			if kept { // by a try before this one
				kept = false
				atomicfile.Remove(r.keep)
			}
			if empty, err := dump.Empty(ctx, tx, db.Dialect); err != nil || empty {
				return err
			}
			err := backUpBefore(ctx, tx, db.Dialect, r.keep)
			kept = err == nil
			return err
		})
		return err
	})
	if kept {
		fmt.Fprintf(r.out, "backed up what was in the store to %s\n", r.keep)
	}
	if err != nil {
		return fmt.Errorf("restoring: %w", err)
	}
	_, err = fmt.Fprintf(r.out, "restored: %s\n", describe(counts))
	return err
}

// errBackup is in the error of a backup that cannot be used.
var errBackup = errors.New("the backup cannot be used")

// openBackup opens a backup of either kind, and checks that it is whole. If alone, the
// log of a SQLite file is ignored.
func openBackup(ctx context.Context, path string, alone bool) (s dump.Source, closeSource func() error, err error) {
	f, err := openRegular(path)
	if err != nil {
		return s, nil, err
	}
	begin := make([]byte, 16)
	n, _ := io.ReadFull(f, begin)
	if string(begin[:n]) == "SQLite format 3\x00" {
		f.Close()
		s, closeSource, err = openSQLiteCopy(ctx, path, alone)
	} else {
		closeSource = f.Close
		if _, err = f.Seek(0, io.SeekStart); err == nil {
			s, err = dump.Read(f)
		}
	}
	if err == nil {
		_, err = s.Count()
	}
	if err != nil {
		if closeSource != nil {
			closeSource()
		}
		return s, nil, fmt.Errorf("%w: %s: %w", errBackup, filepath.Clean(path), err)
	}
	return s, closeSource, nil
}

// openRegular opens a file that can be read twice.
func openRegular(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|nonblock.Flag, 0)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, cmp.Or(err, fmt.Errorf("%w: %s is not a regular file", errBackup, path))
	}
	return f, nil
}

func openSQLiteCopy(ctx context.Context, path string, alone bool) (dump.Source, func() error, error) {
	db, err := sqlite.OpenCopy(ctx, path, alone)
	if err != nil {
		return dump.Source{}, nil, err
	}
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return dump.Source{}, db.Close, err
	}
	closeAll := func() error { return errors.Join(tx.Rollback(), db.Close()) }
	source, err := dump.Of(ctx, tx, sqldb.SQLite)
	return source, closeAll, err
}
