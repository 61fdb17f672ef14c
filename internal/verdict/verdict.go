// Package verdict words what package verify has found out about a licence: a line for
// people, and an object of JSON for programs.
package verdict

import (
	"errors"
	"fmt"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/verify"
)

// Verdict is the judgement of one licence.
type Verdict struct {
	File     string              // as messages call it
	Line     int                 // of a file that holds many licences; 0 if the file is one licence
	Result   *verify.Result      // nil unless the signature is good
	Warnings []licseal.Violation // remarks that refuse nothing
	Err      error               // why the licence is refused, with hints; nil if it is accepted
}

// Of returns the verdict of a report.
func Of(file string, line int, r *verify.Report) Verdict {
	v := Verdict{File: file, Line: line, Result: r.Result(), Warnings: r.Warnings(), Err: r.Err()}
	if broken := (*licseal.SchemaError)(nil); errors.As(v.Err, &broken) && broken.Foreign {
		v.Err = fmt.Errorf("the signature is good, but %w", v.Err)
	}
	return v
}

// Name returns what messages call the licence: FILE, or FILE:LINE.
func (v *Verdict) Name() text.Line {
	if v.Line > 0 {
		return text.Sprintf("%s:%d", v.File, v.Line)
	}
	return text.Sprintf("%s", v.File)
}

// Exit returns the exit code for the licence.
func (v *Verdict) Exit() int { return fault.Exit(v.Err) }

// ok is the word for an accepted licence. The word for a refused one is its reason.
const ok = "ok"

// Accepted returns the line for an accepted licence: until when it is valid, and who
// signed it. With color, its first word is colored.
func (v *Verdict) Accepted(color bool) text.Line {
	var green text.Color
	if color {
		green = text.Green
	}
	r := v.Result
	return text.Sprintf("%s: %s: %s, signed by %s", green.Paint(text.Sprintf(ok)), v.Name(), Until(r.Period, r.GraceEnd, r.Time), KeyName(r.Key))
}

// Summary returns all about the licence in one line, whether it is accepted or refused.
func (v *Verdict) Summary() text.Line {
	if v.Err != nil {
		f := fault.Of(v.Err)
		return text.Sprintf("%s: %s: %s", f.Reason, v.Name(), text.Join(f.Messages(), "; "))
	}
	line := v.Accepted(false)
	for _, warning := range v.Warnings {
		line = text.Sprintf("%s; warning: %s", line, warning.String())
	}
	return line
}

// Until returns until when a licence holds that is valid or in grace at an instant.
func Until(p licseal.Period, graceEnd, now time.Time) text.Line {
	if now.Before(p.NotAfter) {
		return text.Sprintf("valid until %s (%s left)", text.Instant(p.NotAfter), daysLeft(p.NotAfter, now))
	}
	return text.Sprintf("in grace until %s (%s left), expired at %s", text.Instant(graceEnd), daysLeft(graceEnd, now), text.Instant(p.NotAfter))
}

// PeriodState returns where an instant is in the validity period of a licence.
func PeriodState(p licseal.Period, now time.Time) text.Line {
	switch {
	case !p.NotBefore.Before(p.NotAfter):
		return text.Sprintf("never valid")
	case now.Before(p.NotBefore):
		return text.Sprintf("not yet valid")
	case now.Before(p.NotAfter):
		return text.Sprintf("%s left", daysLeft(p.NotAfter, now))
	}
	return text.Sprintf("expired %s ago", daysLeft(now, p.NotAfter))
}

func daysLeft(until, now time.Time) string { return text.Days(text.DaysBetween(now, until)) }

// KeyName returns the name and the fingerprint of a key.
func KeyName(key licseal.TrustedKey) text.Line {
	if key.Name == "" {
		return text.Sprintf("%s", licseal.KeyID(key.Key))
	}
	return text.Sprintf("%s %s", key.Name, licseal.KeyID(key.Key))
}
