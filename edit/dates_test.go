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
		{edit.Dates{Expires: "1d"}, edit.InputExpires, `expires "1d" is not a date; write it as 2027-12-31, as an RFC 3339 time, or as +365d`},
		{edit.Dates{Expires: "+1"}, edit.InputExpires, `expires +1: "1" is not a length of time; write it as 30d (at most 36500d) or 12h`},
	} {
		err := test.d.Check()
		var e *edit.Error
		if errors.As(err, &e) != (test.want != "") || e != nil && (e.Input != test.input || e.Error() != test.want) {
			t.Errorf("%+v: %v, want %s", test.d, err, test.want)
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
