package rows

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/schema"
)

// cellKind is how the cells of a column are read.
type cellKind int

const (
	likeTemplate cellKind = iota // of the type that the template has there, or a string
	jsonCell
	stringCell
	integerCell
	numberCell
	booleanCell
	dateCell
	mixedCell // a string or a number
)

// kindOf returns how the cells of a column are read: by its schema, or else by the
// template.
func kindOf(c Column, plan *Plan) cellKind {
	roles := plan.Roles()
	var f schema.Field
	if plan.Schema != nil {
		f = plan.Schema.Field(c.Pointer)
	}
	isDate := f.IsDate || c.Pointer == roles.NotBefore || c.Pointer == roles.NotAfter
	switch {
	case c.Kind == JSON:
		return jsonCell
	case isDate && (len(f.Types) == 0 || f.Is("string")):
		return dateCell
	case f.Is("string"):
		return stringCell
	case f.Is("integer"):
		return integerCell
	case f.Is("integer", "number"):
		return numberCell
	case f.Is("boolean"):
		return booleanCell
	case f.Is("object", "array"):
		return jsonCell
	case f.Is("string", "integer", "number"):
		return mixedCell
	}
	return likeTemplate
}

// value returns the JSON text that a cell sets, nil if it sets nothing.
func (c *column) value(cell string) ([]byte, *FieldError) {
	if !utf8.ValidString(cell) {
		return nil, c.wrong("the text is not UTF-8; save the file as UTF-8")
	}
	if strings.ContainsRune(cell, utf8.RuneError) {
		return nil, c.wrong(quote(cell) + " has a character that was lost when the file was saved; save it as UTF-8")
	}
	if c.kind != jsonCell {
		if detail := damaged(cell); detail != "" {
			return nil, c.wrong(quote(cell) + detail)
		}
	}
	text := strings.TrimSpace(cell)
	switch c.kind {
	case integerCell, numberCell, booleanCell, dateCell:
		if text == "" {
			return nil, nil
		}
	}
	switch c.kind {
	case dateCell:
		return c.date(cell)
	case integerCell, numberCell:
		return c.number(text)
	case booleanCell:
		if b := strings.ToLower(text); b == "true" || b == "false" {
			return []byte(b), nil
		}
		return nil, c.wrong(quote(cell) + " is neither true nor false")
	case mixedCell:
		if plainNumber().MatchString(text) && !c.oldIsString() {
			return nil, c.wrong(fmt.Sprintf("%s may be a number or a text; in a column called %q, it is the number, and %q is the text", quote(cell), c.Name+":", `"`+cell+`"`))
		}
	case stringCell:
		if c.isID && isTotal(text) {
			return nil, c.wrong(quote(cell) + " looks like the totals of a table, and not like an id; delete the row")
		}
		return quoted(cell)
	}
	return c.likeOld(cell)
}

func (c *column) wrong(detail string) *FieldError { return &FieldError{c.Pointer, detail} }

func (c *column) oldIsString() bool { return len(c.old) > 0 && c.old[0] == '"' }

// quoted returns a text as a JSON string.
func quoted(text string) ([]byte, *FieldError) {
	value, _ := jsontext.AppendQuote(nil, text) // it is UTF-8
	return value, nil
}

// likeOld returns a value of the type that the template has, or a string.
func (c *column) likeOld(cell string) ([]byte, *FieldError) {
	value, err := edit.Value(cell, c.kind == jsonCell, c.old)
	switch {
	case errors.Is(err, edit.ErrNotJSON) && c.Kind != JSON:
		return nil, c.wrong(quote(cell) + " is not a JSON object or array")
	case errors.Is(err, edit.ErrNotJSON):
		return nil, c.wrong(quote(cell) + " is not JSON; put strings in quotes, or in a column without ':'")
	case errors.Is(err, edit.ErrOtherType):
		return nil, c.wrong(quote(cell) + " is not of the type that the template has there")
	case err != nil:
		return nil, c.wrong(fmt.Sprintf("%s: %v", quote(cell), err))
	}
	if c.isID && isTotal(cell) {
		return nil, c.wrong(quote(cell) + " looks like the totals of a table, and not like an id; delete the row")
	}
	return value, nil
}

var (
	plainInteger = text.Pattern(`^-?(0|[1-9][0-9]*)$`)
	plainNumber  = text.Pattern(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
	// 1.000 is a thousand in some countries, and one in others.
	twoNumbers = text.Pattern(`^-?[1-9][0-9]{0,2}[.,][0-9]{3}$`)
)

// number returns the JSON text of a number. One with separators of thousands, an
// exponent, leading zeros or a unit is refused.
func (c *column) number(cell string) ([]byte, *FieldError) {
	if detail := doubtfulNumber(cell); detail != "" {
		return nil, c.wrong(detail)
	}
	pattern, what := plainNumber(), "a number such as 1000.5"
	if c.kind == integerCell {
		pattern, what = plainInteger(), "an integer such as 1000"
	}
	if !pattern.MatchString(cell) {
		return nil, c.wrong(quote(cell) + " is not " + what + ", without separators, exponent, unit or leading zeros")
	}
	return []byte(cell), nil
}

// doubtfulNumber returns both readings of a number that has two, "" for all others.
func doubtfulNumber(cell string) string {
	if !twoNumbers().MatchString(cell) {
		return ""
	}
	i := len(cell) - 4
	whole := strings.TrimRight(cell[:i]+"."+cell[i+1:], "0")
	return fmt.Sprintf("%s is %s in some countries and %s in others", quote(cell), strings.TrimSuffix(whole, "."), cell[:i]+cell[i+1:])
}

// date returns a date as in a payload. A text that is no date is kept, for the schema to
// refuse.
func (c *column) date(cell string) ([]byte, *FieldError) {
	readings := readDate(cell)
	var date string
	for _, r := range readings {
		switch {
		case !c.allows(r.format), r.date == date:
		case date == "":
			date = r.date
		default:
			return nil, c.wrong(twoReadings(cell, readings, c.allows))
		}
	}
	if date == "" {
		return quoted(cell)
	}
	return quoted(date)
}

// allows reports whether the dates of the column may have a format.
func (c *column) allows(f DateFormat) bool {
	return f == "" || c.formats == nil || slices.Contains(c.formats, f)
}

// twoReadings says how a date can be read.
func twoReadings(cell string, readings []reading, allows func(DateFormat) bool) string {
	var ways []string
	for _, r := range readings {
		if allows(r.format) {
			ways = append(ways, fmt.Sprintf("%s as %s", r.date, r.format))
		}
	}
	return quote(cell) + " is " + strings.Join(ways, ", and ")
}

var (
	// Excel writes a long number so, and its last digits are lost.
	shortened = text.Pattern(`^[+-]?[0-9]([.,][0-9]+)?E[+-][0-9]{2,3}$`)
	// What a spreadsheet shows instead of a value.
	cellErrors = text.Pattern(`^(#(N/A|NA|NV|N/V|REF!|BEZUG!|NAME\?|VALUE!|WERT!|VALEUR!|DIV/0!|NUM!|ZAHL!|NOMBRE!|NULL!|SPILL!|CALC!|#+)|Err:[0-9]{3})$`)
)

// damaged says why a cell is not what somebody has entered, "" if it may be.
func damaged(cell string) string {
	switch {
	case shortened().MatchString(cell):
		return " is a number that the spreadsheet has shortened; give the column the format of a text, and enter it again"
	case cellErrors().MatchString(cell):
		return " is an error of the spreadsheet, and not a value"
	}
	return ""
}

// totals are the words with which a row of totals begins.
var totals = []string{
	"total", "totals", "grand total", "subtotal", "sum", "summe", "gesamt", "gesamtsumme", "zwischensumme",
	"somme", "total général", "sous-total", "totale", "somma", "suma", "totaal",
}

func isTotal(cell string) bool {
	return slices.Contains(totals, strings.ToLower(strings.TrimRight(strings.TrimSpace(cell), ":")))
}

// validPrefix returns at most n bytes of a text, without a character that is cut.
func validPrefix(text string, n int) string { return strings.ToValidUTF8(text[:n], "") }
