package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/licseal/licseal/admin"
)

// review judges the stored licences again, in the background: if the trusted keys, the
// revocation list or the records have changed, or time has passed.
type review struct {
	store admin.Store
	judge *judge
	log   *slog.Logger

	mu       sync.RWMutex
	verdicts map[string]verdict // by the id of the record; nil before the first review

	// Of the last review, for the next.
	trusted *trust
	head    admin.Head
	began   time.Time
	due     time.Time // when the first verdict is due; zero if none ever is
	lines   int       // logged by this review
}

const (
	// reviewInterval is how often the review looks whether something has changed.
	reviewInterval = time.Second
	// reviewAge is the age at which verdicts are not trusted any more.
	reviewAge = 10 * time.Minute
	// reviewRest is how long the review rests, as a multiple of the time that it worked.
	reviewRest = 4
	// reviewChanges is how many changes are read, rather than all records.
	reviewChanges = 10_000
	// reviewLines is the maximum number of lines that a review logs.
	reviewLines = 100
)

// run reviews until the context ends.
func (r *review) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := r.once(ctx); err != nil && ctx.Err() == nil {
			r.log.Error("the stored licences cannot be judged again", "error", err.Error())
			pause(ctx, 10*reviewInterval)
		}
		pause(ctx, reviewInterval)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// once reviews the records if something may have changed.
func (r *review) once(ctx context.Context) error {
	head, err := r.store.Head(ctx)
	if err != nil {
		return err
	}
	now, trusted := time.Now(), r.judge.trustNow()
	all := trusted != r.trusted || now.Sub(r.began) > reviewAge || now.Before(r.began)
	isDue := !r.due.IsZero() && !now.Before(r.due)
	if !all && head == r.head && !isDue {
		return nil
	}
	r.lines = 0
	defer func() {
		if r.lines > reviewLines {
			r.log.Warn("more stored licences are judged differently now", "licences", r.lines-reviewLines)
		}
	}()
	if !all && !isDue {
		if done, err := r.judgeChanges(ctx, head); done || err != nil {
			return err
		}
	}
	verdicts, err := r.judgeRecords(ctx, all, now)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.verdicts = verdicts
	r.mu.Unlock()
	if all {
		r.began = now
	}
	r.trusted, r.head, r.due = trusted, head, time.Time{}
	for _, v := range verdicts {
		r.noteDue(v)
	}
	return nil
}

// judgeChanges judges what was written since the last review. It reports whether the
// history leads from there to its head: otherwise it is another history, or a long one,
// and all records must be read.
func (r *review) judgeChanges(ctx context.Context, head admin.Head) (done bool, err error) {
	if r.head.Hash == "" || head.Number-r.head.Number > reviewChanges {
		return false, nil
	}
	last, latest := r.head, make(map[string]*admin.Record)
	for last.Number < head.Number {
		changes, err := r.store.History(ctx, last.Number, int(min(head.Number-last.Number, 100)))
		if err != nil || len(changes) == 0 {
			return false, err
		}
		for _, c := range changes {
			if last, err = last.Next(c, true); err != nil {
				return false, nil
			}
			latest[c.ID] = c.After
		}
	}
	if last != head {
		return false, nil
	}
	for id, record := range latest {
		r.judgeChange(ctx, id, record)
	}
	r.head = head
	return true, nil
}

// judgeChange judges a record that was written, nil if it was deleted.
func (r *review) judgeChange(ctx context.Context, id string, record *admin.Record) {
	r.mu.RLock()
	before, known := r.verdicts[id]
	r.mu.RUnlock()
	var v verdict
	if record != nil {
		v = r.judge.verdict(*record)
		r.noteDue(v)
		r.logDifference(ctx, id, before, known && before.updatedAt == record.UpdatedAt, v)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.verdicts, id)
	if record != nil {
		r.verdicts[id] = v
	}
}

// judgeRecords returns the verdicts on all records. It judges only those that have
// changed, or whose time has come, unless all is set.
func (r *review) judgeRecords(ctx context.Context, all bool, now time.Time) (map[string]verdict, error) {
	verdicts := make(map[string]verdict)
	for after, more := "", true; more && ctx.Err() == nil; {
		start := time.Now()
		var records []admin.Record
		var err error
		if records, more, err = r.store.List(ctx, after, 100); err != nil {
			return nil, err
		}
		for _, record := range records {
			r.mu.RLock()
			before, known := r.verdicts[record.ID]
			r.mu.RUnlock()
			known = known && before.updatedAt == record.UpdatedAt
			v := before
			if all || !known || v.isDue(now) {
				v = r.judge.verdict(record)
			}
			verdicts[record.ID] = v
			r.logDifference(ctx, record.ID, before, known, v)
			after = record.ID
		}
		if more {
			pause(ctx, reviewRest*time.Since(start))
		}
	}
	return verdicts, ctx.Err()
}

// noteDue notes when a verdict is due.
func (r *review) noteDue(v verdict) {
	if !v.until.IsZero() && (r.due.IsZero() || v.until.Before(r.due)) {
		r.due = v.until
	}
}

// logDifference logs a verdict that is another than the one before on the same licence, or
// a refusal if there was none before.
func (r *review) logDifference(ctx context.Context, id string, before verdict, known bool, v verdict) {
	if known && before.reason == v.reason || !known && v.reason == "" {
		return
	}
	if r.lines++; r.lines <= reviewLines {
		r.logVerdict(ctx, id, v)
	}
}

func (r *review) logVerdict(ctx context.Context, id string, v verdict) {
	if v.reason == "" {
		r.log.InfoContext(ctx, "a stored licence is good again", "id", id, "license_key", v.key)
		return
	}
	r.log.WarnContext(ctx, "a stored licence is refused now", "id", id, "license_key", v.key, "reason", string(v.reason))
}

// accepted returns the ids of the records that the review accepted, the newest first.
func (r *review) accepted() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var ids []string
	for id, v := range r.verdicts {
		if v.reason == "" {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(r.verdicts[b].updatedAt, r.verdicts[a].updatedAt) })
	return ids
}

// activeStore picks no refused licence as the active one if another is good.
type activeStore struct {
	admin.Store
	judge  *judge
	review *review
}

// Newest implements admin.Store.
func (s activeStore) Newest(ctx context.Context) (admin.Record, error) {
	newest, err := s.Store.Newest(ctx)
	if err != nil || s.judge.verdict(newest).reason == "" {
		return newest, err
	}
	for _, id := range s.review.accepted() {
		record, err := s.Get(ctx, id)
		if err != nil && !errors.Is(err, admin.ErrNotFound) {
			return admin.Record{}, err
		}
		if err == nil && s.judge.verdict(record).reason == "" {
			return record, nil
		}
	}
	return newest, nil
}
