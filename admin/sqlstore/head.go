package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/licseal/licseal/admin"
)

// Head implements [admin.Store]. The hash is "" if the history is older than its hashes.
func (s *Store) Head(ctx context.Context) (admin.Head, error) {
	var head admin.Head
	var hash sql.NullString
	err := s.db.Row(ctx, `SELECT changes, head FROM licenses_clock WHERE one = 1`, nil, &head.Number, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return admin.Head{}, errNoClock
	}
	head.Hash = hash.String
	return head, storeError(err)
}

// findHead computes the hash of the last entry of a history that is older than its hashes.
func (s *Store) findHead(ctx context.Context) error {
	return s.db.Tx(ctx, func(tx *sql.Tx) error {
		query := `SELECT changes FROM licenses_clock WHERE one = 1`
		if s.db.Dialect == PostgreSQL {
			query += ` FOR UPDATE`
		}
		var last int64
		if err := tx.QueryRowContext(ctx, query).Scan(&last); err != nil {
			return err
		}
		var head admin.Head
		for head.Number < last {
			changes, err := history(ctx, tx, head.Number, 500)
			if err == nil && len(changes) == 0 {
				err = fmt.Errorf("%w: the entries after %d are missing", admin.ErrHistoryChanged, head.Number)
			}
			for _, c := range changes {
				if err == nil {
					head, err = head.Next(c, false)
				}
			}
			if err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `UPDATE licenses_clock SET head = $1 WHERE one = 1`, head.Hash)
		return err
	})
}
