package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/schema"
	"github.com/urfave/cli/v2"
)

// print writes the verdict: an accepted licence and all JSON to standard
// output, a refusal to standard error.
func (v verdict) print(c *cli.Context) error {
	for _, warning := range v.warnings {
		warn("%s: %s", v.file, warning)
	}
	if v.err != nil {
		err := about(v.file, v.err)
		if c.NArg() <= 1 {
			err = hintCheck(err, v.file)
		}
		report(os.Stderr, err)
	}
	if c.Bool("json") {
		return printJSON(c, v.json())
	}
	if v.err == nil {
		return say(c, "%s", v.line())
	}
	return nil
}

// line says that a licence is accepted.
func (v verdict) line() text.Line {
	r := v.result
	until := text.Sprintf("valid until %s (%s)", instant(r.NotAfter), daysLeft(r.NotAfter, r.Time))
	if !r.Time.Before(r.NotAfter) {
		until = text.Sprintf("in grace until %s (%s), expired at %s", instant(r.GraceEnd), daysLeft(r.GraceEnd, r.Time), instant(r.NotAfter))
	}
	return text.Sprintf("%s: %s, signed by %s", v.file, until, keyName(r.Key.Name, licseal.KeyID(r.Key.Key)))
}

func keyName(name, id string) string { return strings.TrimSpace(name + " " + id) }

func instant(t time.Time) string { return text.Instant(t) }

// wholeDays returns how many whole days lie between two instants; it is
// negative once until has passed.
func wholeDays(until, now time.Time) int { return text.DaysBetween(now, until) }

func daysLeft(until, now time.Time) string { return text.Days(wholeDays(until, now)) + " left" }

func daysText(days int) string { return text.Days(days) }

// jsonVerdict is what 'licseal verify --json' prints for one file.
type jsonVerdict struct {
	File     string          `json:"file"`
	Line     int             `json:"line,omitempty"` // of a file that holds many
	OK       bool            `json:"ok"`
	Exit     int             `json:"exit"`
	State    string          `json:"state,omitempty"`
	Time     string          `json:"time,omitempty"`
	From     string          `json:"not_before,omitempty"`
	Until    string          `json:"not_after,omitempty"`
	GraceEnd string          `json:"grace_end,omitempty"`
	DaysLeft *int            `json:"days_left,omitempty"`
	Key      *jsonKey        `json:"key,omitempty"`
	Payload  json.RawMessage `json:"payload,omitempty"`
	Warnings []string        `json:"warnings,omitempty"`
	Error    string          `json:"error,omitempty"`

	Violations []jsonViolation `json:"violations,omitempty"` // all that is wrong with the fields
}

type jsonViolation struct {
	Pointer    string `json:"pointer"`
	Line       int    `json:"line"`
	Column     int    `json:"column"`
	Message    string `json:"message"`
	Value      string `json:"value,omitempty"`   // JSON text, cut where it is long
	Allowed    string `json:"allowed,omitempty"` // in words
	DidYouMean string `json:"did_you_mean,omitempty"`
}

type jsonKey struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Issuers []string `json:"issuers,omitempty"`
}

func newJSONKey(key licseal.TrustedKey) *jsonKey {
	return &jsonKey{licseal.KeyID(key.Key), key.Name, key.Principals}
}

func (v verdict) json() jsonVerdict {
	j := jsonVerdict{File: v.file, Line: v.batchLine, OK: v.err == nil, Exit: v.code(), Warnings: v.warnings}
	if v.batchLine > 0 {
		j.File = strings.TrimSuffix(v.file, fmt.Sprintf(":%d", v.batchLine))
	}
	if v.err != nil {
		j.Error = v.err.Error()
	}
	if broken := (*schema.Error)(nil); errors.As(v.err, &broken) {
		for _, x := range broken.Violations {
			j.Violations = append(j.Violations, jsonViolation{x.Pointer, x.Line, x.Column, x.Message, x.Value, x.Allowed, x.DidYouMean})
		}
	}
	if v.result == nil {
		return j
	}
	r := v.result
	j.State, j.Time = string(r.State), instant(r.Time)
	j.Key = newJSONKey(r.Key)
	j.Payload = r.License.Payload.Bytes()
	if r.State != "" {
		days := wholeDays(r.NotAfter, r.Time)
		j.From, j.Until, j.GraceEnd, j.DaysLeft = instant(r.NotBefore), instant(r.NotAfter), instant(r.GraceEnd), &days
	}
	return j
}
