package rows

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

// DateFormat is the order of day, month and year in dates, or a count of days. The zero
// value is found out. Dates that can be read in one way only, such as 2027-12-31 and
// 31 Dec 2027, are read whatever the format is.
type DateFormat string

const (
	dayFirst   DateFormat = "dd.mm.yyyy"
	monthFirst DateFormat = "mm/dd/yyyy"
	yearFirst  DateFormat = "yy-mm-dd"
	serial1900 DateFormat = "excel"      // days since 1899-12-30
	serial1904 DateFormat = "excel-1904" // days since 1904-01-01
	isoOnly    DateFormat = "yyyy-mm-dd"
)

// ParseDateFormat returns the format that a text such as dd.mm.yyyy, m/d/yy or excel
// means. Only the order of its letters counts.
func ParseDateFormat(text string) (DateFormat, error) {
	switch f := DateFormat(strings.ToLower(text)); f {
	case "", serial1900, serial1904:
		return f, nil
	}
	switch groups := datePattern().FindStringSubmatch(strings.ToLower(text)); {
	case groups == nil:
	case groups[1][0] == 'd' && groups[2][0] == 'm' && groups[3][0] == 'y':
		return dayFirst, nil
	case groups[1][0] == 'm' && groups[2][0] == 'd' && groups[3][0] == 'y':
		return monthFirst, nil
	case groups[1] == "yy" && groups[2][0] == 'm' && groups[3][0] == 'd':
		return yearFirst, nil
	case groups[1] == "yyyy" && groups[2][0] == 'm' && groups[3][0] == 'd':
		return isoOnly, nil
	}
	return "", fmt.Errorf("%q: write it as dd.mm.yyyy, mm/dd/yyyy, yyyy-mm-dd, excel or excel-1904", text)
}

var datePattern = text.Pattern(`^(dd?|m{1,4}|yy|yyyy)[-./ ]*(dd?|m{1,4})[-./ ]*(dd?|yy|yyyy)$`)

// reading is one way to read a date.
type reading struct {
	format DateFormat // "" if there is no other way
	date   string     // as in a payload
}

var (
	midnight    = text.Pattern(`(?i)([ T]0?0:00(:00(\.0+)?)?|[ ]12:00(:00)? ?AM)$`)
	weekday     = text.Pattern(`^\p{L}+\.?,? +`)
	digitsOnly  = text.Pattern(`^[0-9]+$`)
	threeParts  = text.Pattern(`^([0-9]{1,4})([-./])([0-9]{1,2})([-./])([0-9]{1,4})$`)
	dayName     = text.Pattern(`^([0-9]{1,2})[. -]+(\p{L}+)\.?[ ,.-]+([0-9]{4}|[0-9]{2})$`)
	nameDay     = text.Pattern(`^(\p{L}+)\.? +([0-9]{1,2}),? +([0-9]{4})$`)
	spacedDot   = text.Pattern(`\. +`)
	firstSerial = 20_000 // 1954
	lastSerial  = 99_999
)

// readDate returns the ways to read a cell as a date, nil if there is none. A date that
// is written as in a payload is returned as it is.
func readDate(cell string) []reading {
	cell = strings.TrimSpace(cell)
	if _, err := licseal.ParseDate(cell, nil); err == nil {
		return []reading{{"", cell}}
	}
	cell = midnight().ReplaceAllString(cell, "")
	if _, err := licseal.ParseDate(cell, nil); err == nil && len(cell) == len(time.DateOnly) {
		return []reading{{"", cell}}
	}
	if digitsOnly().MatchString(cell) {
		return readDigits(cell)
	}
	if parts := threeParts().FindStringSubmatch(spacedDot().ReplaceAllString(cell, ".")); parts != nil && parts[2] == parts[4] {
		return readParts(parts[1], parts[3], parts[5])
	}
	if date := readNamed(cell); date != "" {
		return []reading{{"", date}}
	}
	return nil
}

// readDigits reads a date that is written as a number.
func readDigits(cell string) []reading {
	n, _ := strconv.Atoi(cell)
	switch {
	case len(cell) == 5 && n >= firstSerial && n <= lastSerial:
		return []reading{
			{serial1900, firstInstant(1899, 12, 30+n).Format(time.DateOnly)},
			{serial1904, firstInstant(1904, 1, 1+n).Format(time.DateOnly)},
		}
	case len(cell) == 8:
		all := appendReading(nil, "", cell[:4], cell[4:6], cell[6:])
		if len(all) > 0 {
			all[0].format = isoOnly
		}
		all = appendReading(all, dayFirst, cell[4:], cell[2:4], cell[:2])
		return appendReading(all, monthFirst, cell[4:], cell[:2], cell[2:4])
	case len(cell) == 6:
		return readParts(cell[:2], cell[2:4], cell[4:])
	}
	return nil
}

// readParts reads a date of three numbers.
func readParts(a, b, c string) (all []reading) {
	switch {
	case len(a) == 4 && len(c) <= 2:
		return appendReading(nil, "", a, b, c)
	case len(a) <= 2 && len(c) == 4:
		return appendReading(appendReading(nil, dayFirst, c, b, a), monthFirst, c, a, b)
	case len(a) <= 2 && len(c) == 2:
		all = appendReading(appendReading(nil, dayFirst, "20"+c, b, a), monthFirst, "20"+c, a, b)
		if len(a) == 2 {
			all = appendReading(all, yearFirst, "20"+a, b, c)
		}
	}
	return all
}

// readNamed reads a date with the name of a month.
func readNamed(cell string) string {
	for _, text := range []string{cell, weekday().ReplaceAllString(cell, "")} {
		if p := dayName().FindStringSubmatch(text); p != nil {
			if len(p[3]) == 2 {
				p[3] = "20" + p[3]
			}
			return date(p[3], monthNumber(p[2]), p[1])
		}
		if p := nameDay().FindStringSubmatch(text); p != nil {
			return date(p[3], monthNumber(p[1]), p[2])
		}
	}
	return ""
}

func appendReading(all []reading, format DateFormat, year, month, day string) []reading {
	m, _ := strconv.Atoi(month)
	if d := date(year, m, day); d != "" {
		return append(all, reading{format, d})
	}
	return all
}

// firstInstant returns the first instant of a day, which may be beyond the end of its month.
func firstInstant(year, month, day int) time.Time {
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

// date returns a date as in a payload, "" if there is no such day.
func date(year string, month int, day string) string {
	y, _ := strconv.Atoi(year)
	d, _ := strconv.Atoi(day)
	t := firstInstant(y, month, d)
	if y < 1900 || t.Day() != d || t.Month() != time.Month(month) {
		return ""
	}
	return t.Format(time.DateOnly)
}

// monthNames are the names of the months in English, German, French, Spanish and
// Italian. The first three letters of a name are enough, where they are no other's.
var monthNames = []string{
	"january januar janvier enero gennaio jän",
	"february februar février fevrier febrero febbraio fév fev",
	"march märz maerz mars marzo mär",
	"april avril abril aprile",
	"may mai mayo maggio mag",
	"june juni juin junio giugno",
	"july juli juillet julio luglio",
	"august août aout agosto",
	"september septembre septiembre settembre sept set",
	"october oktober octobre octubre ottobre",
	"november novembre noviembre",
	"december dezember décembre decembre diciembre dicembre déc",
}

// monthNumber returns the month of a name, 0 if it is none.
func monthNumber(name string) int {
	name = strings.ToLower(name)
	found := 0
	for i, names := range monthNames {
		for month := range strings.FieldsSeq(names) {
			if name == month {
				return i + 1
			}
			if len([]rune(name)) >= 3 && strings.HasPrefix(month, name) && found != i+1 {
				if found != 0 {
					return 0 // juin and juillet
				}
				found = i + 1
			}
		}
	}
	return found
}
