package entitlement

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

const (
	maxDays    = 36500         // about a hundred years
	maxPercent = 1_000_000     // ten thousand times as much
	maxNumber  = 1<<53 - 1     // the largest integer that a payload can hold
	maxName    = 200           // characters in the name of an entitlement
	maxFound   = 100           // warnings, and refusals, that are reported
	unlimited  = `"unlimited"` // in max_uses, as JSON
)

// License is what an entitlement payload grants.
type License struct {
	Key      string // by which it is chosen from a folder; "" if it has none
	Percent  int64  // by how much each limit may be exceeded
	Machines int64  // how many may hold the licence at once
	Order    []string
	Grants   map[string]Grant
}

// Grant is what a licence says of one entitlement.
type Grant struct {
	Label   string
	Counted bool  // is_limited
	Bounded bool  // it is, and max_uses is a number
	Max     int64 // that number
}

// Read reads a payload, and judges it as the built-in schema entitlement does,
// without a JSON Schema library. It returns what is wrong: warnings are members of
// the payload itself that are unknown here, since the licence may be newer than this
// program. If there are refusals, the licence is nil.
//
// A member inside an entitlement that is unknown is refused: it may restrict what
// the entitlement grants.
func Read(p licseal.Payload) (l *License, warnings, refusals []licseal.Violation) {
	r := &reader{payload: p, license: License{Grants: make(map[string]Grant)}}
	r.top()
	for _, f := range CrossFaults(p) {
		r.add(func() licseal.Violation {
			message := r.found(f.Pointer) + "; " + f.Detail
			return licseal.Violation{Position: r.payload.Position(f.Pointer), Keyword: "x-licseal", Message: message}
		})
	}
	r.sort()
	if len(r.refusals) > 0 {
		return nil, r.warnings, r.refusals
	}
	return &r.license, r.warnings, nil
}

// reader reads one payload.
type reader struct {
	payload            licseal.Payload
	license            License
	warnings, refusals []licseal.Violation
}

// top reads the payload.
func (r *reader) top() {
	members := r.object("", r.payload.Bytes(), "created", "customer_name", "delay_expiry_days", "delay_max_uses_perc",
		"entitlements", "expiry", "id", "max_machines", "ordered_entitlements_keys")
	for _, name := range sorted(members) {
		at, value := pointer("", name), members[name]
		switch name {
		case "created", "expiry":
			r.time(at, value)
		case "customer_name", "id":
			r.text(at, value)
		case "key":
			r.license.Key = r.text(at, value)
		case "policy":
			if value.Kind() != 'n' && value.Kind() != '"' {
				r.expect(at, "type", "a string or null")
			}
		case "delay_expiry_days":
			r.integer(at, value, maxDays)
		case "delay_max_uses_perc":
			r.license.Percent = r.integer(at, value, maxPercent)
		case "max_machines":
			r.license.Machines = r.integer(at, value, maxNumber)
		case "ordered_entitlements_keys":
			r.license.Order = r.names(at, value)
		case "entitlements":
			r.entitlements(at, value)
		default:
			if len(r.warnings) < maxFound {
				r.warnings = append(r.warnings, r.unknown(at, name))
			}
		}
	}
}

func (r *reader) entitlements(at string, value jsontext.Value) {
	members := r.object(at, value)
	for _, name := range sorted(members) {
		at := pointer(at, name)
		switch n := utf8.RuneCountInString(name); {
		case n < 1:
			r.refuse(at, "minLength", `found the name ""; a string that is not empty is expected`)
		case n > maxName:
			r.refuse(at, "maxLength", fmt.Sprintf("found the name %s; a string of at most %d characters is expected", text.Quote(name), maxName))
		case strings.ContainsFunc(name, isControl):
			// A store that cannot keep one count would keep none of a batch.
			r.refuse(at, "pattern", fmt.Sprintf("found the name %s; a string without control characters is expected", text.Quote(name)))
		}
		r.license.Grants[name] = r.grant(at, members[name])
	}
}

func isControl(c rune) bool { return c < ' ' || '\x7f' <= c && c <= '\u009f' }

func (r *reader) grant(at string, value jsontext.Value) (g Grant) {
	members := r.object(at, value, "is_limited", "max_uses", "name")
	limited, isThere := members["is_limited"]
	g.Counted = isThere && string(limited) != "false"
	for _, name := range sorted(members) {
		at, value := pointer(at, name), members[name]
		switch name {
		case "is_limited":
			if k := value.Kind(); k != 't' && k != 'f' {
				r.expect(at, "type", "true or false")
			}
		case "name":
			g.Label = r.text(at, value)
		case "max_uses":
			g.Bounded, g.Max = r.uses(at, value, g.Counted)
		default:
			r.add(func() licseal.Violation { return r.unknown(at, name) })
		}
	}
	return g
}

// uses reads how many uses a month are granted, and whether there is a bound.
func (r *reader) uses(at string, value jsontext.Value, counted bool) (bounded bool, n int64) {
	switch {
	case !counted:
		if s := string(value); s != "null" && s != `"null"` {
			r.expect(at, "enum", `null or "null"`)
		}
		return false, 0
	case string(value) == unlimited:
		return false, 0
	case value.Kind() == '"':
		r.expect(at, "pattern", `"unlimited", or a number without quotes,`)
		return false, 0
	}
	return true, r.integer(at, value, maxNumber)
}

func (r *reader) time(at string, value jsontext.Value) {
	s, isText := r.payload.Text(at)
	if !isText {
		r.expect(at, "type", "a string")
		return
	}
	_, err := licseal.ParseDate(s, nil)
	if err != nil || len(s) != len(TimeLayout) || s[19] != '.' || s[23] != 'Z' {
		r.expect(at, "format", `a time such as "2027-12-31T00:00:00.000Z", in UTC and with milliseconds,`)
	}
}

// text reads a string that is not empty.
func (r *reader) text(at string, value jsontext.Value) string {
	if value.Kind() != '"' {
		r.expect(at, "type", "a string")
		return ""
	}
	unquoted, _ := jsontext.AppendUnquote(nil, value)
	if len(unquoted) == 0 {
		r.expect(at, "minLength", "a string that is not empty")
	}
	return string(unquoted)
}

// integer reads a whole number from 0 to most.
func (r *reader) integer(at string, value jsontext.Value, most int64) int64 {
	n, err := strconv.ParseInt(string(value), 10, 64) // canonical JSON writes every integer like this
	switch {
	case err != nil:
		r.expect(at, "type", "an integer")
	case n < 0:
		r.expect(at, "minimum", "a number of at least 0")
	case n > most:
		r.expect(at, "maximum", fmt.Sprintf("a number of at most %d", most))
	}
	return n
}

// names reads an array of strings.
func (r *reader) names(at string, value jsontext.Value) []string {
	var elements []jsontext.Value
	if value.Kind() != '[' || json.Unmarshal(value, &elements) != nil {
		r.expect(at, "type", "an array")
		return nil
	}
	names := make([]string, len(elements))
	for i, element := range elements {
		if element.Kind() != '"' {
			r.expect(at+"/"+strconv.Itoa(i), "type", "a string")
			continue
		}
		unquoted, _ := jsontext.AppendUnquote(nil, element)
		names[i] = string(unquoted)
	}
	return names
}

// object reads the members of an object, and refuses one that lacks some of them.
func (r *reader) object(at string, value jsontext.Value, required ...string) map[string]jsontext.Value {
	var members map[string]jsontext.Value
	if value.Kind() != '{' || json.Unmarshal(value, &members) != nil {
		r.expect(at, "type", "an object")
		return nil
	}
	for _, name := range required {
		if _, isThere := members[name]; !isThere {
			r.refuse(pointer(at, name), "required", fmt.Sprintf("member %q is missing", name))
		}
	}
	return members
}

// add adds a refusal, unless there are enough: each costs a search in the text.
func (r *reader) add(refusal func() licseal.Violation) {
	if len(r.refusals) < maxFound {
		r.refusals = append(r.refusals, refusal())
	}
}

// refuse refuses the value at a pointer.
func (r *reader) refuse(at, keyword, message string) {
	r.add(func() licseal.Violation {
		return licseal.Violation{Position: r.payload.Position(at), Keyword: keyword, Message: message}
	})
}

// expect refuses the value at a pointer and says what would be right.
func (r *reader) expect(at, keyword, allowed string) {
	r.add(func() licseal.Violation {
		message := r.found(at) + "; " + allowed + " is expected"
		return licseal.Violation{Position: r.payload.Position(at), Keyword: keyword, Allowed: allowed, Message: message}
	})
}

func (r *reader) unknown(at, name string) licseal.Violation {
	return licseal.Violation{
		Position: r.payload.Position(at), Keyword: "additionalProperties", UnknownMember: true,
		Message: "unknown member " + text.Quote(name),
	}
}

// found says which value is at a pointer.
func (r *reader) found(at string) string {
	value, _ := r.payload.Field(at)
	switch jsontext.Value(value).Kind() {
	case '"':
		unquoted, _ := jsontext.AppendUnquote(nil, value)
		return "found the string " + text.Quote(string(unquoted))
	case '0':
		return "found the number " + string(value)
	case '{':
		return "found an object"
	case '[':
		return "found an array"
	}
	return "found " + string(value) // true, false, null
}

// sort brings what was found into the order of the text.
func (r *reader) sort() {
	for _, list := range [][]licseal.Violation{r.warnings, r.refusals} {
		slices.SortStableFunc(list, func(a, b licseal.Violation) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Message, b.Message))
		})
	}
}

// pointer returns the JSON Pointer of a member.
func pointer(object, name string) string {
	return string(jsontext.Pointer(object).AppendToken(name))
}

func sorted[V any](members map[string]V) []string { return slices.Sorted(maps.Keys(members)) }
