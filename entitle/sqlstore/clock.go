package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/internal/sqldb"
)

// See implements [entitle.Store].
func (s *Store) See(ctx context.Context, installation string, sighting entitle.Sighting) (clock entitle.Clock, err error) {
	err = s.changeClock(ctx, installation, &clock, func(*sql.Tx) error { clock.See(sighting); return nil })
	return clock, err
}

// SetClock implements [entitle.Store].
func (s *Store) SetClock(ctx context.Context, installation string, t time.Time) error {
	var clock entitle.Clock
	return s.changeClock(ctx, installation, &clock, func(tx *sql.Tx) error {
		clock.Set(t, time.Now().UTC())
		for _, statement := range []string{
			`UPDATE entitle_seats SET heard_ns = $2 WHERE installation = $1 AND heard_ns > $2`,
			`UPDATE entitle_leases SET until_ns = $2 WHERE installation = $1 AND until_ns > $2`,
			`UPDATE entitle_keys SET at_ns = $2 WHERE installation = $1 AND at_ns > $2`,
			`UPDATE entitle_writers SET at_ns = $2 WHERE installation = $1 AND at_ns > $2`,
		} {
			if _, err := tx.ExecContext(ctx, statement, installation, clock.Latest.UnixNano()); err != nil {
				return err
			}
		}
		return nil
	})
}

// Clock implements [entitle.Store].
func (s *Store) Clock(ctx context.Context, installation string) (entitle.Clock, error) {
	return readClock(s.db.QueryRowContext(ctx, `SELECT latest_ns, clock FROM entitle_installations WHERE installation = $1`, installation))
}

// changeClock changes the clock of an installation in a transaction.
func (s *Store) changeClock(ctx context.Context, installation string, clock *entitle.Clock, change func(*sql.Tx) error) error {
	query := `SELECT latest_ns, clock FROM entitle_installations WHERE installation = $1`
	if s.db.Dialect == sqldb.PostgreSQL {
		query += ` FOR UPDATE`
	}
	return s.db.Tx(ctx, func(tx *sql.Tx) (err error) {
		// The row is there to be locked, even at the first time.
		if _, err := tx.ExecContext(ctx, `INSERT INTO entitle_installations (installation, latest_ns) VALUES ($1, 0)
			ON CONFLICT (installation) DO NOTHING`, installation); err != nil {
			return err
		}
		if *clock, err = readClock(tx.QueryRowContext(ctx, query, installation)); err != nil {
			return err
		}
		if err := change(tx); err != nil {
			return err
		}
		text, err := json.Marshal(clock)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE entitle_installations SET latest_ns = $2, clock = $3 WHERE installation = $1`,
			installation, clock.Latest.UnixNano(), string(text))
		return err
	})
}

func readClock(row *sql.Row) (entitle.Clock, error) {
	var nanos int64
	var text string
	var clock entitle.Clock
	switch err := row.Scan(&nanos, &text); {
	case errors.Is(err, sql.ErrNoRows):
		return clock, nil
	case err != nil:
		return clock, err
	}
	if err := json.Unmarshal([]byte(text), &clock); err != nil {
		return clock, fmt.Errorf("the clock in the database: %w", err)
	}
	if clock.Latest = time.Unix(0, nanos).UTC(); nanos == 0 {
		clock.Latest = time.Time{}
	}
	return clock, nil
}
