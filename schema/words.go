package schema

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal/internal/text"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

// allowed says in words what a keyword of a schema allows, such as: a string. It
// returns "" if it has no words for the keyword.
func allowed(s *jsonschema.Schema, keyword string) string {
	if s == nil {
		return ""
	}
	switch keyword {
	case "type":
		return typeWords(s.Types)
	case "const":
		return constants(s.Constant)
	case "enum":
		return constants(s.Enum)
	case "format":
		words := formatWords(s.Format) + exampleWords(s, s.Format)
		if s.Format == "regex" && chargeOf(s) != nil {
			words += fmt.Sprintf(" of at most %d bytes", maxRegexValue)
		}
		return words
	case "pattern":
		return patternWords(patternOf(s)) + exampleWords(s, "")
	case "minLength":
		if s.MinLength == 1 {
			return "a string that is not empty"
		}
		return "a string of at least " + text.Plural(s.MinLength, "character")
	case "maxLength":
		return "a string of at most " + text.Plural(s.MaxLength, "character")
	case "minimum":
		return "a number of at least " + decimal(s.Minimum)
	case "maximum":
		return "a number of at most " + decimal(s.Maximum)
	case "exclusiveMinimum":
		return "a number above " + decimal(s.ExclusiveMinimum)
	case "exclusiveMaximum":
		return "a number below " + decimal(s.ExclusiveMaximum)
	case "multipleOf":
		return "a multiple of " + decimal(s.MultipleOf)
	case "minItems":
		return "an array of at least " + text.Plural(s.MinItems, "element")
	case "maxItems":
		return "an array of at most " + text.Plural(s.MaxItems, "element")
	case "uniqueItems":
		return "an array without equal elements"
	case "minProperties":
		return "an object of at least " + text.Plural(s.MinProperties, "member")
	case "maxProperties":
		return "an object of at most " + text.Plural(s.MaxProperties, "member")
	}
	return ""
}

func typeWords(types []string) string {
	words := make([]string, len(types))
	for i, t := range types {
		switch t {
		case "array", "integer", "object":
			words[i] = "an " + t
		case "boolean":
			words[i] = "true or false"
		case "null":
			words[i] = "null"
		default:
			words[i] = "a " + t
		}
	}
	return strings.Join(words, " or ")
}

// constants lists values as JSON.
func constants(values []any) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = jsonText(v)
	}
	const most = 12
	if len(texts) > most {
		texts = append(texts[:most], fmt.Sprintf("one of %d more values", len(values)-most))
	}
	return strings.Join(texts, " or ")
}

func formatWords(format string) string {
	switch format {
	case "date":
		return "a real date"
	case "date-time":
		return "an RFC 3339 time"
	case "uuid":
		return "a UUID"
	case "json-pointer":
		return "a JSON Pointer"
	case "regex":
		return "a regular expression (RE2)"
	}
	return "a valid " + printable(format)
}

// patternOf returns the pattern of a schema, whether the library or a charge has it.
func patternOf(s *jsonschema.Schema) string {
	if c := chargeOf(s); c != nil && c.pattern != nil {
		return c.pattern.String()
	}
	return s.Pattern.String()
}

// patternWords puts the usual patterns in words.
func patternWords(pattern string) string {
	switch pattern {
	case "^[0-9]+$":
		return "a string of decimal digits"
	case "^[0-9a-f]{128}$":
		return "a string of 128 lower-case hex digits"
	case "^unlimited$":
		return `"unlimited", or a number without quotes,`
	case `^[0-9T:-]{19}\.[0-9]{3}Z$`:
		return `a time such as "2027-12-31T00:00:00.000Z", in UTC and with milliseconds,`
	case "^[^\x00-\x1f\x7f-\u009f]*$":
		return "a string without control characters"
	}
	return "a string that matches " + text.Quote(pattern)
}

// exampleWords gives an example: the schema's own, or else the usual one of a format.
func exampleWords(s *jsonschema.Schema, format string) string {
	switch {
	case len(s.Examples) > 0:
		return " such as " + jsonText(s.Examples[0])
	case format == "date":
		return ` such as "2027-12-31"`
	case format == "date-time":
		return ` such as "2027-12-31T00:00:00Z"`
	}
	return ""
}

// decimal formats a bound of a schema. Its numbers are doubles.
func decimal(r *big.Rat) string {
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// described returns the value at a pointer for a sentence: the number 5.
func (j *judge) described(pointer string) string {
	text, ok := j.doc.Field(pointer)
	if !ok {
		return "nothing"
	}
	switch jsontext.Value(text).Kind() {
	case '"':
		return "the string " + jsonShown(text)
	case '0':
		return "the number " + jsonShown(text)
	case '{':
		return "an object"
	case '[':
		return "an array"
	}
	return string(text) // true, false, null
}

// shown returns the value at a pointer as JSON text that is safe to print.
func (j *judge) shown(pointer string) string {
	text, ok := j.doc.Field(pointer)
	if !ok {
		return ""
	}
	return jsonShown(text)
}

func jsonShown(value []byte) string {
	if value[0] != '"' {
		return cut(string(value), maxShown)
	}
	unquoted, _ := jsontext.AppendUnquote(nil, value)
	return text.Quote(string(unquoted))
}

func jsonText(v any) string {
	if s, ok := v.(string); ok {
		return text.Quote(s)
	}
	value, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return printable(string(value))
}

// maxShown is how many bytes of a value are shown.
const maxShown = 60

// cut returns a text with escapes for what is not visible, and without what exceeds the
// limit.
func cut(s string, limit int) string {
	if len(s) > limit {
		return text.Escape(strings.ToValidUTF8(s[:limit], "")) + "…"
	}
	return text.Escape(s)
}

func quote(s string) string { return text.Quote(s) }

func printable(s string) string { return cut(s, 5*maxShown) }
