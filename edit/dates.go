package edit

import (
	"cmp"
	"errors"
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
	// creation date; see [Expiry]. If empty, the field is kept.
	Expires string

	// DefaultExpires is set as Expires is, but only if Expires and Extend are empty and
	// the payload has no expiration date.
	DefaultExpires string

	// Extend is a length of time after the expiration date that the payload
	// has, such as +1y. At most one of Expires and Extend is set.
	Extend string

	// Now is the instant whose day in UTC is today. If zero, the current time.
	Now time.Time
}

// Check returns an error, an [*Error], if the dates can be set in no payload.
func (d Dates) Check() error {
	const example = "2026-01-31" // any payload's date
	if d.Extend != "" {
		if _, err := d.expires(example, example); err != nil {
			return err
		}
	}
	_, err := SetDates(licseal.Payload{}, licseal.Roles{}, Dates{Created: cmp.Or(d.Created, Today), Expires: d.Expires, DefaultExpires: d.DefaultExpires, Now: d.Now})
	return err
}

// SetDates returns the payload with the dates set in the fields that roles name.
//
// An error is always an [*Error].
func SetDates(p licseal.Payload, roles licseal.Roles, d Dates) (licseal.Payload, error) {
	roles = roles.WithDefaults()
	old, _ := p.Text(roles.NotAfter)
	var changes []Change
	if d.Created != "" {
		created, err := d.created()
		if err != nil {
			return p, err
		}
		changes = append(changes, setText(roles.NotBefore, created))
	}
	p, err := Apply(p, changes)
	if _, exists := p.Field(roles.NotAfter); !exists && d.Expires == "" && d.Extend == "" {
		d.Expires = d.DefaultExpires
	}
	if err != nil || d.Expires == "" && d.Extend == "" {
		return p, err
	}
	created, _ := p.Text(roles.NotBefore)
	expires, err := d.expires(created, old)
	if err != nil {
		return p, err
	}
	return Apply(p, []Change{setText(roles.NotAfter, expires)})
}

// expires returns the expiration date of a payload, given its creation date, and the
// expiration date that it has.
func (d Dates) expires(created, old string) (string, error) {
	length, isRelative := relative(d.Extend)
	switch {
	case d.Extend == "":
		return Expiry(created, d.Expires)
	case d.Expires != "":
		return "", extendError("and expires are mutually exclusive")
	case !isRelative:
		return "", extendError("%q is not a length of time; write it as +1y, +6mo, +90d or @month-end", d.Extend)
	}
	date, err := after(old, length)
	if errors.Is(err, errNoDate) {
		return "", extendError("%s counts from the old expiration date, and %q is not a date", d.Extend, old)
	} else if err != nil {
		return "", extendError("%s: %v", d.Extend, err)
	}
	return date, nil
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
// date or an RFC 3339 time. Otherwise it is a length of time after the creation date:
// +1y, +6mo, +2w, +90d, +12h, several of them in this order as in +1y6mo, or
// @month-end, the last day of a month, alone or after the others: +1y@month-end.
//
// Years and months keep the day of the month, or lead to the last day of a shorter
// month: a month after 31 January is 28 or 29 February, and a year after 29 February is
// 28 February. Days are those of UTC and have 24 hours. A date plus whole days is a
// date; anything else is an RFC 3339 time in UTC.
//
// An error is always an [*Error].
func Expiry(created, expires string) (string, error) {
	length, isRelative := relative(expires)
	if !isRelative {
		if err := checkExpiry(expires); err != nil {
			return "", err
		}
		return expires, nil
	}
	date, err := after(created, length)
	if errors.Is(err, errNoDate) {
		return "", expiresError("%s counts from the creation date, and %q is not a date", expires, created)
	} else if err != nil {
		return "", expiresError("%s: %v", expires, err)
	}
	return date, nil
}

// checkExpiry refuses a text that is not a date.
func checkExpiry(expires string) error {
	if _, err := licseal.ParseDate(expires, nil); err == nil {
		return nil
	}
	if _, err := timespan.ParseSpan(expires); err == nil {
		return expiresError("%q needs a plus sign: +%s", expires, expires)
	}
	return expiresError("%q is not a date; write it as 2027-12-31, as an RFC 3339 time, or as +1y, +6mo, +90d or @month-end", expires)
}

// relative returns the length of time that a text asks for. It returns false if the
// text does not begin with a plus sign, or with @month-end.
func relative(text string) (length string, ok bool) {
	length, ok = strings.CutPrefix(text, "+")
	return length, ok || strings.HasPrefix(text, "@")
}

// errNoDate is the error of after for a text that is not a date.
var errNoDate = errors.New("not a date")

// after returns the date that lies a length of time after a date.
func after(date, length string) (string, error) {
	span, err := timespan.ParseSpan(length)
	if err != nil {
		return "", err
	}
	start, err := licseal.ParseDate(date, nil)
	if err != nil {
		return "", errNoDate
	}
	end, err := span.After(start)
	if err != nil {
		return "", fmt.Errorf("after %s, that is %w", date, err)
	}
	if len(date) == len(time.DateOnly) && end.Equal(end.Truncate(24*time.Hour)) {
		return end.Format(time.DateOnly), nil
	}
	return end.Format(time.RFC3339Nano), nil
}

func expiresError(format string, args ...any) error {
	return &Error{InputExpires, fmt.Sprintf(format, args...)}
}

func extendError(format string, args ...any) error {
	return &Error{InputExtend, fmt.Sprintf(format, args...)}
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
