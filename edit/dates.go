package edit

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/timespan"
	"github.com/licseal/licseal/schema"
)

// Today is the word for the current day in [Dates.Created].
const Today = "today"

// Dates are the dates to set in a payload, as people write them.
type Dates struct {
	// Created is a date such as 2026-01-31, an RFC 3339 time, or [Today]. If
	// empty, the field is kept.
	Created string

	// Expires is a date, an RFC 3339 time, or a length of time after the
	// creation date, such as +365d. If empty, the field is kept.
	Expires string

	// Now is the instant whose day in UTC is today. If zero, the current time.
	Now time.Time
}

// Check returns an error, an [*Error], if the dates can be set in no payload.
func (d Dates) Check() error {
	_, err := SetDates(licseal.Payload{}, licseal.Roles{}, Dates{cmp.Or(d.Created, Today), d.Expires, d.Now})
	return err
}

// SetDates returns the payload with the dates set in the fields that roles name.
//
// An error is always an [*Error].
func SetDates(p licseal.Payload, roles licseal.Roles, d Dates) (licseal.Payload, error) {
	roles = roles.WithDefaults()
	var changes []Change
	if d.Created != "" {
		created, err := d.created()
		if err != nil {
			return p, err
		}
		changes = append(changes, setText(roles.NotBefore, created))
	}
	p, err := Apply(p, changes)
	if err != nil || d.Expires == "" {
		return p, err
	}
	created, _ := p.Text(roles.NotBefore)
	expires, err := Expiry(created, d.Expires)
	if err != nil {
		return p, err
	}
	return Apply(p, []Change{setText(roles.NotAfter, expires)})
}

func (d Dates) created() (string, error) {
	if d.Created == Today {
		return cmp.Or(d.Now, time.Now()).UTC().Format(time.DateOnly), nil
	}
	if _, err := licseal.ParseDate(d.Created, nil); err != nil {
		return "", &Error{InputCreated, fmt.Sprintf("%q is not a date; write it as 2026-01-31 or as an RFC 3339 time", d.Created)}
	}
	return d.Created, nil
}

// setText returns the change that sets a field to a string, whatever it is now.
func setText(pointer, text string) Change {
	value, _ := Value(text, false, nil) // dates, ids and keys are ASCII
	return Change{Pointer: pointer, Value: string(value), JSON: true}
}

// Expiry returns the expiration date that expires stands for: itself if it is a
// date or an RFC 3339 time; for +365d and the like, that much after the creation
// date. Whole days after a date are a date, anything else is an RFC 3339 time.
//
// An error is always an [*Error].
func Expiry(created, expires string) (string, error) {
	length, isRelative := strings.CutPrefix(expires, "+")
	if !isRelative {
		if _, err := licseal.ParseDate(expires, nil); err != nil {
			return "", expiresError("%q is not a date; write it as 2027-12-31, as an RFC 3339 time, or as +365d", expires)
		}
		return expires, nil
	}
	d, err := timespan.Parse(length)
	if err != nil {
		return "", expiresError("%s: %v", expires, err)
	}
	start, err := licseal.ParseDate(created, nil)
	if err != nil {
		return "", expiresError("%s counts from the creation date, and %q is not a date", expires, created)
	}
	end, layout := start.Add(d), time.RFC3339Nano
	if end.Year() > 9999 {
		return "", expiresError("%s after %s is later than the year 9999, the last one that a date can express", expires, created)
	}
	if len(created) == len(time.DateOnly) && end.Equal(end.Truncate(24*time.Hour)) {
		layout = time.DateOnly
	}
	return end.Format(layout), nil
}

func expiresError(format string, args ...any) error {
	return &Error{InputExpires, fmt.Sprintf(format, args...)}
}

// NormalizeDates returns the payload with its two dates in the layout that the
// schema requires, if it requires one. A date that cannot be read, or that the
// layout would round, is kept, for the schema to refuse.
func NormalizeDates(p licseal.Payload, rules *schema.Schema) (licseal.Payload, error) {
	layout := rules.TimeLayout()
	if layout == "" {
		return p, nil
	}
	roles := rules.Roles().WithDefaults()
	var changes []Change
	for _, pointer := range []string{roles.NotBefore, roles.NotAfter} {
		text, _ := p.Text(pointer)
		t, err := licseal.ParseDate(text, nil)
		if err != nil {
			continue
		}
		written := t.Format(layout)
		if same, err := licseal.ParseDate(written, nil); err == nil && same.Equal(t) {
			changes = append(changes, setText(pointer, written))
		}
	}
	return Apply(p, changes)
}

// Doubt is why a licence was probably not meant as it is. It may be signed all
// the same.
type Doubt string

// The doubts about a licence's dates.
const (
	NeverValid     Doubt = "never valid"     // it expires at its creation
	AlreadyExpired Doubt = "already expired" // its expiration is not after now
)

// Doubts returns the doubt about a period at an instant, "" if there is none.
func Doubts(period licseal.Period, now time.Time) Doubt {
	switch {
	case !period.NotBefore.Before(period.NotAfter):
		return NeverValid
	case !now.Before(period.NotAfter):
		return AlreadyExpired
	}
	return ""
}
