package main

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/verify"
)

// verdict is what a review found about a record.
type verdict struct {
	updatedAt int64
	key       string
	state     verify.State
	reason    licseal.Reason // "" if the licence would be stored now
	notAfter  time.Time      // zero if it cannot be read
	until     time.Time      // when time alone may change the verdict; zero if never
}

func (v verdict) isDue(now time.Time) bool { return !v.until.IsZero() && !now.Before(v.until) }

// trustNow returns what judges signatures now, nil if nothing does.
func (j *judge) trustNow() *trust {
	if j.unverified != nil {
		return nil
	}
	return j.trust()
}

// verdict judges a stored licence.
func (j *judge) verdict(record admin.Record) verdict {
	var v verdict
	if now := j.trustNow(); now == nil {
		v = j.unverifiedVerdict(j.unverified.Report([]byte(record.Payload)))
	} else if now.noKey != nil {
		v.reason = licseal.ReasonSignature
	} else if recent, ok := j.recent.get(now, record.Payload); ok {
		v = recent
	} else {
		v = j.verdictOf(now.verifier.Report([]byte(record.Payload)))
	}
	v.updatedAt = record.UpdatedAt
	return v
}

func (j *judge) verdictOf(report *verify.Report) verdict {
	v := verdict{reason: report.Reason()}
	if result := report.Result(); result != nil {
		v.state = result.State
		j.describe(&v, result.License, result.Period, result.GraceEnd, result.Time)
	}
	return v
}

func (j *judge) unverifiedVerdict(report *verify.UnverifiedReport) verdict {
	v := verdict{state: report.State}
	if document, _ := report.Outcome(verify.StageDocument); document.Err != nil {
		v.reason = licseal.ReasonParse
	} else if fields, _ := report.Outcome(verify.StageFields); fields.Err != nil {
		v.reason = licseal.ReasonSchema
	}
	j.describe(&v, report.License, report.Period, report.GraceEnd, report.Time)
	return v
}

// describe adds what a licence, nil if it cannot be read, says of itself.
func (j *judge) describe(v *verdict, lic *licseal.License, period licseal.Period, graceEnd, now time.Time) {
	if lic != nil {
		v.key, _ = lic.Payload.Text(j.rules.Roles().WithDefaults().ID)
	}
	v.notAfter = period.NotAfter
	for _, instant := range []time.Time{graceEnd, period.NotAfter, period.NotBefore} {
		if instant.After(now) && (v.until.IsZero() || instant.Before(v.until)) {
			v.until = instant
		}
	}
}

// recentVerdicts are those on the licences that were accepted last, so that the review
// need not verify them again at once. The zero value is ready to use.
type recentVerdicts struct {
	mu   sync.Mutex
	ring [1024]recentVerdict
	next int
	byID map[[sha256.Size]byte]int // where the verdict on a payload is
}

type recentVerdict struct {
	payload [sha256.Size]byte
	by      *trust // by which it was judged
	verdict verdict
	at      time.Time
}

// recentAge is how long a verdict is recent.
const recentAge = 5 * time.Second

func (r *recentVerdicts) add(by *trust, payload string, v verdict) {
	sum := sha256.Sum256([]byte(payload))
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byID == nil {
		r.byID = make(map[[sha256.Size]byte]int)
	}
	if old := r.ring[r.next].payload; r.byID[old] == r.next {
		delete(r.byID, old)
	}
	r.ring[r.next] = recentVerdict{sum, by, v, time.Now()}
	r.byID[sum] = r.next
	r.next = (r.next + 1) % len(r.ring)
}

// get returns the verdict on a payload, if it is recent and holds still.
func (r *recentVerdicts) get(by *trust, payload string) (verdict, bool) {
	sum := sha256.Sum256([]byte(payload))
	r.mu.Lock()
	defer r.mu.Unlock()
	i, ok := r.byID[sum]
	if !ok {
		return verdict{}, false
	}
	recent, now := r.ring[i], time.Now()
	age := now.Sub(recent.at)
	return recent.verdict, recent.by == by && 0 <= age && age < recentAge && !recent.verdict.isDue(now)
}
