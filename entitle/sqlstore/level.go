package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/licseal/licseal/entitle"
)

// Change implements [entitle.Store].
func (s *Store) Change(ctx context.Context, c entitle.LevelChange) (entitle.Level, error) {
	var level entitle.Level
	err := s.db.Tx(ctx, func(tx *sql.Tx) error {
		latest, err := see(ctx, tx, c.Installation, c.Time)
		if err != nil {
			return err
		}
		level = entitle.Level{OK: true, Latest: time.Unix(0, latest).UTC()}
		key, n := c.Once()
		isUsed, err := once(ctx, tx, c.Installation, key, c.Name, n, latest)
		if err != nil {
			return err
		}
		l := &levelTx{tx, c, latest}
		if !isUsed {
			if level.OK, err = l.change(ctx); err != nil {
				return err
			}
		}
		if level.Used, err = l.used(ctx, ""); err != nil {
			return err
		}
		if !level.OK && c.Lease == "" {
			return errRefused // the key is not used
		}
		return nil
	})
	if errors.Is(err, errRefused) {
		err = nil
	}
	return level, err
}

// levelTx is a change in a transaction, which holds the row of the installation.
type levelTx struct {
	tx     *sql.Tx
	c      entitle.LevelChange
	latest int64
}

func (l *levelTx) change(ctx context.Context) (bool, error) {
	if l.c.Lease != "" {
		return l.lease(ctx)
	}
	taken, err := l.taken(ctx)
	if err != nil {
		return false, err
	}
	after, isLess := l.c.After(taken)
	used, err := l.used(ctx, "")
	if err != nil || !isLess && after > l.c.Limit-(used-taken) {
		return false, err
	}
	_, err = l.tx.ExecContext(ctx, `INSERT INTO entitle_levels (installation, name, taken) VALUES ($1, $2, $3)
		ON CONFLICT (installation, name) DO UPDATE SET taken = excluded.taken`, l.c.Installation, l.c.Name, after)
	return err == nil, err
}

// lease takes, keeps or gives back a lease. Those that have lapsed are removed.
func (l *levelTx) lease(ctx context.Context) (bool, error) {
	if _, err := l.tx.ExecContext(ctx, `DELETE FROM entitle_leases WHERE installation = $1 AND name = $2 AND (until_ns <= $3 OR holder = $4)`,
		l.c.Installation, l.c.Name, l.latest, l.c.Lease); err != nil || l.c.Lapse <= 0 {
		return err == nil, err
	}
	used, err := l.used(ctx, l.c.Lease)
	if err != nil || used >= l.c.Limit {
		return false, err
	}
	_, err = l.tx.ExecContext(ctx, `INSERT INTO entitle_leases (installation, name, holder, until_ns) VALUES ($1, $2, $3, $4)`,
		l.c.Installation, l.c.Name, l.c.Lease, l.latest+int64(l.c.Lapse))
	return err == nil, err
}

func (l *levelTx) taken(ctx context.Context) (taken int64, err error) {
	err = l.tx.QueryRowContext(ctx, `SELECT taken FROM entitle_levels WHERE installation = $1 AND name = $2`, l.c.Installation, l.c.Name).Scan(&taken)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return taken, err
}

// used returns the level, with its leases but that of one holder.
func (l *levelTx) used(ctx context.Context, but string) (int64, error) {
	taken, err := l.taken(ctx)
	if err != nil {
		return 0, err
	}
	var leases int64
	err = l.tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM entitle_leases
		WHERE installation = $1 AND name = $2 AND holder <> $3 AND until_ns > $4`, l.c.Installation, l.c.Name, but, l.latest).Scan(&leases)
	return taken + leases, err
}

// Levels implements [entitle.Store].
func (s *Store) Levels(ctx context.Context, installation string) (map[string]int64, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT name, taken FROM entitle_levels WHERE installation = $1
		UNION ALL
		SELECT l.name, COUNT(*) FROM entitle_leases l JOIN entitle_installations i ON i.installation = l.installation
		WHERE l.installation = $1 AND l.until_ns > i.latest_ns GROUP BY l.name`, installation)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := make(map[string]int64)
	for rows.Next() {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			return nil, err
		}
		all[name] += n
	}
	return all, rows.Err()
}

// keyLife is how long an idempotency key is kept.
const keyLife = 24 * time.Hour

// once notes an idempotency key, and reports whether it was used before. For something
// else, it is an error.
func once(ctx context.Context, tx *sql.Tx, installation, key, name string, n, latest int64) (isUsed bool, err error) {
	if key == "" {
		return false, nil
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM entitle_keys WHERE installation = $1 AND at_ns < $2`, installation, latest-int64(keyLife)); err != nil {
		return false, err
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO entitle_keys (installation, once, name, n, at_ns) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (installation, once) DO NOTHING`, installation, key, name, n, latest)
	if err != nil {
		return false, err
	}
	if changed, err := result.RowsAffected(); err != nil || changed > 0 {
		return false, err
	}
	var before string
	var count int64
	if err := tx.QueryRowContext(ctx, `SELECT name, n FROM entitle_keys WHERE installation = $1 AND once = $2`, installation, key).Scan(&before, &count); err != nil {
		return true, err
	}
	if before != name || count != n {
		return true, entitle.ErrKeyReused
	}
	return true, nil
}
