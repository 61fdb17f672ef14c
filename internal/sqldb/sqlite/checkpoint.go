package sqlite

import (
	"context"
	"fmt"

	"github.com/licseal/licseal/internal/filelock"
	"github.com/licseal/licseal/internal/sqldb"
)

// checkpointSize is the size of the log in bytes at which it is moved into the file.
const checkpointSize = 4 << 20

// checkpoint moves the log into the file, unless another process is doing that. If it
// fails, it is tried again when the log has grown.
func (f *file) checkpoint(ctx context.Context) {
	f.nextCheckpoint.Store(size(f.path+"-wal") + checkpointSize)
	lock, err := filelock.Try(f.path + markerSuffix)
	if err != nil {
		return
	}
	defer lock.Release()
	if m, err := readMarker(f.path); err == nil {
		f.moveLog(ctx, m)
	}
}

// moveLog moves the log into the file. The file gets a new incarnation, and then the
// emptied log another. The caller has the lock of the marker. The log stays if somebody
// reads an older state of the database.
func (f *file) moveLog(ctx context.Context, m marker) error {
	before, err := incarnation(ctx, f.pin)
	if err != nil {
		return err
	}
	next := newIncarnation()
	m.allow(before, next)
	if err := m.write(f.path); err != nil {
		return err
	}
	if err := f.setIncarnation(ctx, next); err != nil {
		return err
	}
	var busy, frames, moved int
	if err := f.pin.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &frames, &moved); err != nil {
		return err
	}
	if busy == 0 {
		f.nextCheckpoint.Store(checkpointSize)
		found, err := incarnation(ctx, f.pin) // next, unless it could not be set
		if err != nil {
			return err
		}
		m.Incarnations = []uint32{found}
		if err := m.write(f.path); err != nil {
			return err
		}
	}
	return f.setIncarnation(ctx, newIncarnation())
}

// setIncarnation sets that of the database. If somebody else is writing, it remains.
func (f *file) setIncarnation(ctx context.Context, n uint32) error {
	_, err := f.pin.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, n))
	if sqldb.KindOf(err) == sqldb.Conflict {
		return nil
	}
	return err
}
