package licseal

import (
	"errors"
	"fmt"
	"testing"
	"time"
	_ "time/tzdata" // the zones below, on every machine
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// A day begins at its first instant, also where the clocks are changed at
// midnight and there is no 00:00, or there are two.
func TestParseDate(t *testing.T) {
	tests := []struct{ date, zone, want string }{
		{"2027-01-01", "", "2027-01-01T00:00:00Z"},
		{"2027-01-01", "UTC", "2027-01-01T00:00:00Z"},
		{"2028-02-29", "", "2028-02-29T00:00:00Z"},
		{"0000-01-01", "", "0000-01-01T00:00:00Z"},
		{"9999-12-31", "", "9999-12-31T00:00:00Z"},
		{"2027-01-01", "Asia/Tokyo", "2026-12-31T15:00:00Z"},
		{"2027-07-01", "America/New_York", "2027-07-01T04:00:00Z"},
		{"2021-03-27", "Asia/Beirut", "2021-03-26T22:00:00Z"},
		{"2021-03-28", "Asia/Beirut", "2021-03-27T22:00:00Z"},      // 00:00 becomes 01:00
		{"2021-10-31", "Asia/Beirut", "2021-10-30T22:00:00Z"},      // 00:00 becomes 23:00 of the day before
		{"2021-10-30", "Asia/Beirut", "2021-10-29T21:00:00Z"},      //
		{"2021-03-14", "America/Havana", "2021-03-14T05:00:00Z"},   // 00:00 becomes 01:00
		{"2018-11-04", "America/Havana", "2018-11-04T04:00:00Z"},   // 01:00 becomes 00:00
		{"2018-11-05", "America/Havana", "2018-11-05T05:00:00Z"},   //
		{"2021-10-29", "Asia/Amman", "2021-10-28T21:00:00Z"},       // 01:00 becomes 00:00, east of Greenwich
		{"2006-10-29", "America/St_Johns", "2006-10-29T02:30:00Z"}, // 00:01 becomes 23:01 of the day before
		{"2011-12-29", "Pacific/Apia", "2011-12-29T10:00:00Z"},
		{"2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00Z"}, // left out when Samoa crossed the date line
		{"2011-12-31", "Pacific/Apia", "2011-12-30T10:00:00Z"},
		{"2027-01-01T00:00:00Z", "Asia/Tokyo", "2027-01-01T00:00:00Z"},
		{"2027-01-01T00:00:00+09:00", "", "2026-12-31T15:00:00Z"},
		{"2023-11-17T09:20:30.783Z", "", "2023-11-17T09:20:30.783Z"},
		{"2027-01-01T00:00:00.5Z", "", "2027-01-01T00:00:00.5Z"},
		{"2027-01-01T23:59:59+23:59", "", "2027-01-01T00:00:59Z"},
		{"2027-01-01T00:00:00-23:59", "", "2027-01-01T23:59:00Z"},
		{"2027-01-01T00:00:00.000000001-00:00", "", "2027-01-01T00:00:00.000000001Z"},
	}
	for _, tt := range tests {
		t.Run(tt.date+" "+tt.zone, func(t *testing.T) {
			var loc *time.Location
			if tt.zone != "" {
				loc = zone(t, tt.zone)
			}
			got, err := ParseDate(tt.date, loc)
			if err != nil {
				t.Fatal(err)
			}
			if got.Format(time.RFC3339Nano) != tt.want {
				t.Errorf("got %s, want %s", got.Format(time.RFC3339Nano), tt.want)
			}
			if got.Location() != time.UTC {
				t.Errorf("in %s, want UTC", got.Location())
			}
		})
	}
}

func TestParseDateRefusals(t *testing.T) {
	for _, date := range []string{
		"", " ", "never", "0", "2027", "2027-1-1", "2027-01-1 ", " 2027-01-01", "2027-01-01 ", "2027/01/01", "01-01-2027", "20270101",
		"2027-02-29", "2027-13-01", "2027-00-01", "2027-01-00", "2027-01-32", "2027-W01-1", "２０２７-01-01",
		"2027-01-01T00:00:00", "2027-01-01 00:00:00Z", "2027-01-01t00:00:00z", "2027-01-01T1:00:00Z", "2027-01-01T24:00:00Z",
		"2027-01-01T23:59:60Z", "2027-01-01T00:00Z", "2027-01-01T00:00:00,5Z", "2027-01-0/T00:00:00Z", "2027-01-0:T00:00:00Z", "2027-01-01T00:00:00+0/:00", "2027-01-01T00:00:00", "2027-01-01T00:00:00ZZ", "2027-01-01T00:00:00.5", "2027-01-01T00:00:00.5+00:0", "2027-01-01T00:00:00+00:00Z", "2027-01-01T00:00:00+24:00", "2027-01-01T00:00:00+0900",
		"10000-01-01T00:00:00Z", "2027-01-01T00:00:00+05:60", "2027-01-01T00:00:00.Z", "2027-01-01T00:00:00.0123456789Z", "2027-01-01T00:00:00Z ", "2027-01-01T00:00:00", "2027-02-30T00:00:00Z",
	} {
		if got, err := ParseDate(date, nil); err == nil {
			t.Errorf("%q was read as %s", date, got)
		}
		if got, err := ParseDate(date, zone(t, "Asia/Tokyo")); err == nil {
			t.Errorf("%q was read as %s in Tokyo", date, got)
		}
	}
}

// A licence whose dates cannot be read has no period, never an endless one.
func TestPeriod(t *testing.T) {
	const kong = `{"license_creation_date":%s,"license_expiration_date":%s}`
	own := Roles{NotBefore: "/terms/0", NotAfter: "/terms/1"}
	const missing = "the date is missing; a licence states when it begins and when it expires"
	const write = `; write it as "2027-12-31" or as an RFC 3339 time`
	tests := []struct {
		name, text string
		roles      Roles
		want       string
	}{
		{"Kong's", fmt.Sprintf(kong, `"2026-01-01"`, `"2027-01-01"`), Roles{}, "2026-01-01T00:00:00Z 2027-01-01T00:00:00Z"},
		{"the same instant", fmt.Sprintf(kong, `"2026-01-01"`, `"2026-01-01T09:00:00+09:00"`), Roles{}, "2026-01-01T00:00:00Z 2026-01-01T00:00:00Z"},
		{"other roles", `{"terms":["2026-01-01","2027-01-01"]}`, own, "2026-01-01T00:00:00Z 2027-01-01T00:00:00Z"},
		{"one other role", `{"license_creation_date":"2026-01-01","end":"2027-01-01"}`, Roles{NotAfter: "/end"}, "2026-01-01T00:00:00Z 2027-01-01T00:00:00Z"},
		{"no creation", `{"license_expiration_date":"2027-01-01"}`, Roles{}, "1:1 /license_creation_date: " + missing},
		{"no expiration", ` {"license_creation_date":"2026-01-01"}`, Roles{}, "1:2 /license_expiration_date: " + missing},
		{"name in another case", `{"license_creation_date":"2026-01-01","License_expiration_date":"2027-01-01"}`, Roles{}, "1:1 /license_expiration_date: " + missing},
		{"a role that is no pointer", `{"license_creation_date":"2026-01-01","end":"2027-01-01"}`, Roles{NotAfter: "end"}, "1:1 end: " + missing},
		{"empty", fmt.Sprintf(kong, `"2026-01-01"`, `""`), Roles{}, `1:65 /license_expiration_date: found the string "" where a date is expected` + write},
		{"never", fmt.Sprintf(kong, `"2026-01-01"`, `"never"`), Roles{}, `1:65 /license_expiration_date: found the string "never" where a date is expected` + write},
		{"null", fmt.Sprintf(kong, `"2026-01-01"`, `null`), Roles{}, `1:65 /license_expiration_date: found null where a date is expected` + write},
		{"a number", fmt.Sprintf(kong, `1`, `"2027-01-01"`), Roles{}, `1:26 /license_creation_date: found the number 1 where a date is expected` + write},
		{"a long number", fmt.Sprintf(kong, `"2026-01-01"`, `202701010000`), Roles{}, `1:65 /license_expiration_date: found the number 202701010000 where a date is expected` + write},
		{"an array", fmt.Sprintf(kong, `"2026-01-01"`, `["2027-01-01"]`), Roles{}, `1:65 /license_expiration_date: found an array where a date is expected` + write},
		{"an object", fmt.Sprintf(kong, `"2026-01-01"`, `{}`), Roles{}, `1:65 /license_expiration_date: found an object where a date is expected` + write},
		{"reversed", fmt.Sprintf(kong, `"2027-01-01"`, `"2026-12-31T23:59:59Z"`), Roles{}, "1:65 /license_expiration_date: the licence expires (2026-12-31T23:59:59Z) before it was created (2027-01-01T00:00:00Z)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			period, err := mustParse(t, tt.text).Period(tt.roles, nil)
			got := period.NotBefore.Format(time.RFC3339) + " " + period.NotAfter.Format(time.RFC3339)
			if err != nil {
				got = err.Error()
				var dateErr *DateError
				if !errors.As(err, &dateErr) || period != (Period{}) {
					t.Errorf("got %T and %v, want a DateError and nothing", err, period)
				}
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestPeriodInAnotherZone(t *testing.T) {
	payload := mustParse(t, `{"license_creation_date":"2021-03-28","license_expiration_date":"2021-10-31T00:00:00Z"}`)
	period, err := payload.Period(Roles{}, zone(t, "Asia/Beirut"))
	if err != nil {
		t.Fatal(err)
	}
	want := Period{time.Date(2021, 3, 27, 22, 0, 0, 0, time.UTC), time.Date(2021, 10, 31, 0, 0, 0, 0, time.UTC)}
	if period != want {
		t.Errorf("got %v, want %v", period, want)
	}
}

func TestHasShape(t *testing.T) {
	for text, want := range map[string]bool{
		"+00:00": true, "+09:59": true, "": false, "+00:0": false, "+00:000": false, "-00:00": false, "+0/:00": false, "+0::00": false, "+00.00": false, " 00:00": false, "+００:": false,
	} {
		if got := hasShape(text, "+00:00"); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}
