package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/verify"
)

// review judges the stored licences again, in the background: if the trusted keys, the
// revocation list or the records have changed, or time has passed.
type review struct {
	store admin.Store
	judge *judge
	log   *slog.Logger

	mu       sync.Mutex
	verdicts map[string]verdict // by the id of the record; nil before the first review

	// Of the last review, for the next.
	trusted *trust
	head    admin.Head
	began   time.Time
}

// verdict is what a review found about a record.
type verdict struct {
	updatedAt int64
	key       string
	state     verify.State
	reason    licseal.Reason // "" if the licence would be stored now
	notAfter  time.Time      // zero if it cannot be read
	until     time.Time      // when time alone may change the verdict; zero if never
}

const (
	// reviewInterval is how often the review looks whether something has changed.
	reviewInterval = time.Second
	// reviewAge is the age at which verdicts are not trusted any more.
	reviewAge = 10 * time.Minute
	// reviewRest is how long the review rests, as a multiple of the time that it worked.
	reviewRest = 4
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
	if !all && head == r.head && !r.isDue(now) {
		return nil
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
	r.trusted, r.head = trusted, head
	return nil
}

// judgeRecords returns the verdicts on all records. It judges only those that have
// changed, or whose time has come, unless all is set.
func (r *review) judgeRecords(ctx context.Context, all bool, now time.Time) (map[string]verdict, error) {
	before, lines := r.all(), 0
	verdicts := make(map[string]verdict, len(before))
	for after, more := "", true; more && ctx.Err() == nil; {
		start := time.Now()
		var records []admin.Record
		var err error
		if records, more, err = r.store.List(ctx, after, 100); err != nil {
			return nil, err
		}
		for _, record := range records {
			v, known := before[record.ID]
			known = known && v.updatedAt == record.UpdatedAt
			reason := v.reason
			if all || !known || v.isDue(now) {
				v = r.judge.verdict(record)
			}
			verdicts[record.ID] = v
			if known && reason != v.reason || !known && v.reason != "" {
				if lines++; lines <= reviewLines {
					r.logVerdict(ctx, record.ID, v)
				}
			}
			after = record.ID
		}
		if more {
			pause(ctx, reviewRest*time.Since(start))
		}
	}
	if lines > reviewLines {
		r.log.Warn("more stored licences are judged differently now", "licences", lines-reviewLines)
	}
	return verdicts, ctx.Err()
}

func (r *review) logVerdict(ctx context.Context, id string, v verdict) {
	if v.reason == "" {
		r.log.InfoContext(ctx, "a stored licence is good again", "id", id, "license_key", v.key)
		return
	}
	r.log.WarnContext(ctx, "a stored licence is refused now", "id", id, "license_key", v.key, "reason", string(v.reason))
}

func (v verdict) isDue(now time.Time) bool { return !v.until.IsZero() && !now.Before(v.until) }

// isDue reports whether time alone may have changed a verdict.
func (r *review) isDue(now time.Time) bool {
	for _, v := range r.all() {
		if v.isDue(now) {
			return true
		}
	}
	return false
}

// all returns the verdicts, which are not changed any more. They are nil before the
// first review.
func (r *review) all() map[string]verdict {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.verdicts
}

// accepted returns the ids of the records that the review accepted, the newest first.
func (r *review) accepted() []string {
	verdicts := r.all()
	var ids []string
	for id, v := range verdicts {
		if v.reason == "" {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(verdicts[b].updatedAt, verdicts[a].updatedAt) })
	return ids
}

// trustNow returns what judges signatures now, nil if nothing does.
func (j *judge) trustNow() *trust {
	if j.unverified != nil {
		return nil
	}
	return j.trust()
}

// verdict judges a stored licence.
func (j *judge) verdict(record admin.Record) verdict {
	v := verdict{updatedAt: record.UpdatedAt}
	var period licseal.Period
	var graceEnd, now time.Time
	var lic *licseal.License
	if j.unverified != nil {
		report := j.unverified.Report([]byte(record.Payload))
		lic, v.state, period, graceEnd, now = report.License, report.State, report.Period, report.GraceEnd, report.Time
		if document, _ := report.Outcome(verify.StageDocument); document.Err != nil {
			v.reason = licseal.ReasonParse
		} else if fields, _ := report.Outcome(verify.StageFields); fields.Err != nil {
			v.reason = licseal.ReasonSchema
		}
	} else if trusted := j.trust(); trusted.noKey != nil {
		v.reason = licseal.ReasonSignature
	} else {
		report := trusted.verifier.Report([]byte(record.Payload))
		v.reason = report.Reason()
		if result := report.Result(); result != nil {
			lic, v.state, period, graceEnd, now = result.License, result.State, result.Period, result.GraceEnd, result.Time
		}
	}
	if lic != nil {
		v.key, _ = lic.Payload.Text(j.rules.Roles().WithDefaults().ID)
	}
	v.notAfter = period.NotAfter
	for _, instant := range []time.Time{graceEnd, period.NotAfter, period.NotBefore} {
		if instant.After(now) && (v.until.IsZero() || instant.Before(v.until)) {
			v.until = instant
		}
	}
	return v
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
