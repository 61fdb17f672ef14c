package edit_test

import (
	"errors"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/schema"
)

func TestExpiry(t *testing.T) {
	tests := []struct {
		created string
		expires string
		want    string // "" if it is refused
	}{
		{"2026-01-31", "2027-12-31", "2027-12-31"},
		{"2026-01-31", "2027-12-31T12:00:00+02:00", "2027-12-31T12:00:00+02:00"},
		{"2026-01-31", "+1d", "2026-02-01"},
		{"2026-01-31", "+365d", "2027-01-31"},
		{"2024-02-28", "+365d", "2025-02-27"},
		{"2026-01-31", "+0d", "2026-01-31"},
		{"2026-01-31", "+48h", "2026-02-02"},
		{"2026-01-31", "+12h", "2026-01-31T12:00:00Z"},
		{"2026-01-31T23:30:00+02:00", "+1d", "2026-02-01T21:30:00Z"},
		{"2026-01-31T00:00:00Z", "+1d", "2026-02-01T00:00:00Z"},
		{"2026-01-31T00:00:00.5Z", "+1d", "2026-02-01T00:00:00.5Z"},
		{"2026-01-31", "+1mo", "2026-02-28"},
		{"2028-02-29", "+1y", "2029-02-28"},
		{"2026-01-31", "+1y6mo2w1d", "2027-08-15"},
		{"2026-01-15", "@month-end", "2026-01-31"},
		{"2026-01-15", "+@month-end", "2026-01-31"},
		{"2026-01-15", "+1y@month-end", "2027-01-31"},
		{"2026-01-31T23:30:00-02:00", "+1mo", "2026-03-01T01:30:00Z"}, // from 1 February, in UTC
		{"2026-01-31T00:00:00Z", "+1y", "2027-01-31T00:00:00Z"},
		{"2026-01-31", "+6m", ""},
		{"2026-01-31", "month-end", ""},
		{"9999-12-30", "+1d", "9999-12-31"},
		{"9999-12-31", "+1d", ""}, // no date can express the year 10000
		{"2026-01-31", "1d", ""},
		{"2026-01-31", "+1", ""},
		{"2026-01-31", "+-1d", ""},
		{"2026-01-31", "++1d", ""},
		{"2026-01-31", "+", ""},
		{"2026-01-31", "2027-02-29", ""},
		{"2026-01-31", "tomorrow", ""},
		{"never", "+1d", ""},
		{"", "+1d", ""},
	}
	for _, test := range tests {
		t.Run(test.created+" "+test.expires, func(t *testing.T) {
			got, err := edit.Expiry(test.created, test.expires)
			if e := (*edit.Error)(nil); err != nil && (!errors.As(err, &e) || e.Input != edit.InputExpires) {
				t.Errorf("the error is %#v", err)
			}
			if got != test.want {
				t.Errorf("got %q and the error %v, want %q", got, err, test.want)
			}
		})
	}
}

var now = time.Date(2026, 3, 1, 23, 30, 0, 0, time.FixedZone("", -3600)) // 2 March in UTC

func TestSetDates(t *testing.T) {
	const old = `{"license_creation_date":"2020-01-01","license_expiration_date":"2021-01-01"}`
	tests := []struct {
		name string
		from string
		d    edit.Dates
		want string
	}{
		{"nothing", old, edit.Dates{}, old},
		{"today, in UTC", `{}`, edit.Dates{Created: edit.Today}, `{"license_creation_date":"2026-03-02"}`},
		{"both", old, edit.Dates{Created: "2026-01-31", Expires: "2027-01-31T00:00:00Z"},
			`{"license_creation_date":"2026-01-31","license_expiration_date":"2027-01-31T00:00:00Z"}`},
		{"a length after the date that is set", old, edit.Dates{Created: edit.Today, Expires: "+1d"},
			`{"license_creation_date":"2026-03-02","license_expiration_date":"2026-03-03"}`},
		{"a length after the date that is there", old, edit.Dates{Expires: "+31d"},
			`{"license_creation_date":"2020-01-01","license_expiration_date":"2020-02-01"}`},
		{"a length after the old expiry, in its form", old, edit.Dates{Created: edit.Today, Extend: "+6mo"},
			`{"license_creation_date":"2026-03-02","license_expiration_date":"2021-07-01"}`},
		{"a length after an old time", `{"license_expiration_date":"2024-02-29T12:00:00+01:00"}`, edit.Dates{Extend: "+1y"},
			`{"license_expiration_date":"2025-02-28T11:00:00Z"}`},
		{"a default that is needed", `{"license_creation_date":"2026-01-31"}`, edit.Dates{DefaultExpires: "+1y"},
			`{"license_creation_date":"2026-01-31","license_expiration_date":"2027-01-31"}`},
		{"a default that is not needed", old, edit.Dates{DefaultExpires: "+1y"}, old},
		{"whatever type the field has", `{"license_creation_date":5}`, edit.Dates{Created: "2026-01-31"}, `{"license_creation_date":"2026-01-31"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.d.Now = now
			got, err := edit.SetDates(parsePayload(t, test.from), licseal.Roles{}, test.d)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got.Bytes())); diff != "" {
				t.Errorf("the payload (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDatesRefused(t *testing.T) {
	for _, test := range []struct {
		d     edit.Dates
		input edit.Input
		want  string // "" if only a payload can tell
	}{
		{edit.Dates{}, "", ""},
		{edit.Dates{Created: edit.Today, Expires: "+1d"}, "", ""},
		{edit.Dates{Expires: "+1d"}, "", ""},
		{edit.Dates{Created: "yesterday"}, edit.InputCreated, `created "yesterday" is not a date; write it as 2026-01-31 or as an RFC 3339 time`},
		{edit.Dates{Expires: "1d"}, edit.InputExpires, `expires "1d" needs a plus sign: +1d`},
		{edit.Dates{Expires: "soon"}, edit.InputExpires, `expires "soon" is not a date; write it as 2027-12-31, as an RFC 3339 time, or as +1y, +6mo, +90d or @month-end`},
		{edit.Dates{Expires: "+1"}, edit.InputExpires, `expires +1: "1" is not a length of time; write it as 1y, 6mo, 2w, 90d, 12h, 1y6mo or 1y@month-end`},
		{edit.Dates{Expires: "+6m"}, edit.InputExpires, `expires +6m: "6m" is ambiguous: write 6mo for months, or 6min for minutes`},
		{edit.Dates{Extend: "+1y"}, "", ""},
		{edit.Dates{Extend: "@month-end"}, "", ""},
		{edit.Dates{Extend: "2027-12-31"}, edit.InputExtend, `extend "2027-12-31" is not a length of time; write it as +1y, +6mo, +90d or @month-end`},
		{edit.Dates{Extend: "+6m"}, edit.InputExtend, `extend +6m: "6m" is ambiguous: write 6mo for months, or 6min for minutes`},
		{edit.Dates{Extend: "+1y", Expires: "+1y"}, edit.InputExtend, "extend and expires are mutually exclusive"},
	} {
		err := test.d.Check()
		var e *edit.Error
		if errors.As(err, &e) != (test.want != "") || e != nil && (e.Input != test.input || e.Error() != test.want) {
			t.Errorf("%+v: %v, want %s", test.d, err, test.want)
		}
	}
}

// Without an old expiry there is nothing to extend.
func TestNothingToExtend(t *testing.T) {
	for _, from := range []string{`{}`, `{"license_expiration_date":"never"}`, `{"license_expiration_date":5}`} {
		got, err := edit.SetDates(parsePayload(t, from), licseal.Roles{}, edit.Dates{Extend: "+1y"})
		if e := (*edit.Error)(nil); !errors.As(err, &e) || e.Input != edit.InputExtend {
			t.Errorf("%s: %s, %v", from, got.Bytes(), err)
		}
	}
}

// A licence for a day or less is not signed unless that is asked for.
func TestShortTerm(t *testing.T) {
	rules, err := schema.Compile("any", []byte(`{"type":"object"}`))
	if err != nil {
		t.Fatal(err)
	}
	for until, short := range map[string]bool{
		"2026-01-01": true, "2026-01-01T00:06:00Z": true, "2026-01-02": true, "2026-01-02T00:00:01Z": false, "2026-01-03": false,
	} {
		p := parsePayload(t, `{"license_creation_date":"2026-01-01","license_expiration_date":"`+until+`","license_key":"LS-0001"}`)
		_, err := edit.Check(p, rules, nil)
		if errors.As(err, new(*edit.ShortTermError)) != short || (err != nil) != short {
			t.Errorf("%s: %v", until, err)
		}
		if _, err := edit.Check(p, rules, &edit.CheckOptions{AllowShortTerm: true}); err != nil {
			t.Errorf("%s, allowed: %v", until, err)
		}
	}
}

func TestDoubts(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	for _, test := range []struct {
		from, until int
		want        edit.Doubt
	}{
		{1, 4, ""}, {4, 5, ""}, {1, 3, edit.AlreadyExpired}, {1, 2, edit.AlreadyExpired}, {2, 2, edit.NeverValid}, {5, 5, edit.NeverValid},
	} {
		if got := edit.Doubts(licseal.Period{NotBefore: day(test.from), NotAfter: day(test.until)}, day(3)); got != test.want {
			t.Errorf("from %d until %d: %q, want %q", test.from, test.until, got, test.want)
		}
	}
}

// What a plan fills in for a new payload: Kong's gets a creation date; an
// entitlement gets an id, a key, and dates in its layout as well.
func TestPlan(t *testing.T) {
	plan := edit.Plan{Changes: []edit.Change{{Pointer: "/a", Value: "x"}}, Dates: edit.Dates{Expires: "+1d", Now: now}, Complete: true}
	got, err := plan.Apply(parsePayload(t, `{}`), schema.Kong())
	if want := `{"a":"x","license_creation_date":"2026-03-02","license_expiration_date":"2026-03-03"}`; err != nil || string(got.Bytes()) != want {
		t.Errorf("%s, %v; want %s", got.Bytes(), err, want)
	}
	got, err = plan.Apply(parsePayload(t, `{"id":"mine"}`), schema.Entitlement())
	if err != nil {
		t.Fatal(err)
	}
	key, _ := got.Text("/key")
	if err := entitle.CheckKey(key); err != nil {
		t.Errorf("the key %q: %v", key, err)
	}
	text := regexp.MustCompile(`"key":"[^"]*"`).ReplaceAllString(string(got.Bytes()), `"key":"K"`)
	if want := `{"a":"x","created":"2026-03-02T00:00:00.000Z","expiry":"2026-03-03T00:00:00.000Z","id":"mine","key":"K"}`; text != want {
		t.Errorf("%s, want %s", text, want)
	}
	plan.Complete, plan.Dates.Expires = false, "2027-01-01"
	got, err = plan.Apply(parsePayload(t, `{}`), schema.Entitlement())
	if want := `{"a":"x","expiry":"2027-01-01"}`; err != nil || string(got.Bytes()) != want {
		t.Errorf("%s, %v; want %s", got.Bytes(), err, want)
	}
}

// Dates that the layout would round are kept, for the schema to refuse.
func TestNormalizeDates(t *testing.T) {
	for from, want := range map[string]string{
		`{"created":"2026-01-31","expiry":"2027-01-31T02:00:00+02:00"}`: `{"created":"2026-01-31T00:00:00.000Z","expiry":"2027-01-31T00:00:00.000Z"}`,
		`{"created":"2026-01-31T00:00:00.0005Z","expiry":"never"}`:      `{"created":"2026-01-31T00:00:00.0005Z","expiry":"never"}`,
	} {
		got, err := edit.NormalizeDates(parsePayload(t, from), schema.Entitlement())
		if err != nil || string(got.Bytes()) != want {
			t.Errorf("%s becomes %s, %v; want %s", from, got.Bytes(), err, want)
		}
	}
}
