package keys

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/licseal/licseal"
)

// option is an option of an allowed_signers line.
type option struct {
	text     string // as in the line
	name     string // in lower case
	value    string // without its quotes
	hasValue bool   // NAME="VALUE", not NAME alone
}

// cutOptions reads the options that s begins with, and returns what follows them.
// An option is a NAME, or NAME="VALUE" where \" is a quote inside the value. It
// accepts no more than OpenSSH does, and no quote anywhere else.
func cutOptions(s string) (options []option, rest string, err error) {
	for rest = s; ; {
		var o option
		if o, rest, err = cutOption(rest); err != nil {
			return nil, "", err
		}
		options = append(options, o)
		switch {
		case rest == "":
			return nil, "", errNoKey
		case rest[0] == ',':
			rest = rest[1:]
		case rest[0] == ' ' || rest[0] == '\t':
			return options, skipBlanks(rest), nil
		default:
			return nil, "", fmt.Errorf("text after the value of %s: expected a comma or a blank", o.shown())
		}
	}
}

// cutOption reads one option.
func cutOption(s string) (o option, rest string, err error) {
	end := strings.IndexAny(s, "=,\" \t")
	if end < 0 {
		return o, "", errNoKey
	}
	o.text, o.name, rest = s[:end], strings.ToLower(s[:end]), s[end:]
	switch {
	case rest[0] == '"':
		return o, "", errors.New(`a quote in the name of an option: expected NAME="VALUE"`)
	case rest[0] != '=':
		return o, rest, nil
	}
	value, rest, err := cutQuoted(rest[1:])
	if err != nil {
		return o, "", fmt.Errorf("%s: %w", o.shown(), err)
	}
	o.text, o.value, o.hasValue = s[:len(s)-len(rest)], value, true
	return o, rest, nil
}

// cutQuoted reads a text in double quotes.
func cutQuoted(s string) (value, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		return "", "", errors.New(`expected a value in double quotes`)
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:], nil
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == '"':
			i++
		}
		b.WriteByte(s[i])
	}
	return "", "", errors.New("the quoted value has no end")
}

// shown returns how errors name an option. They do not quote what is not the name
// of one.
func (o option) shown() string {
	if isSignerOption(o.name) {
		return "option " + o.name
	}
	return "unknown option"
}

func isSignerOption(name string) bool {
	return name == "namespaces" || name == "valid-after" || name == "valid-before"
}

// applyOptions reads the options of a line. Each may be given once.
func (e *entry) applyOptions(options []option) error {
	seen := map[string]bool{}
	for _, o := range options {
		switch {
		case o.name == "cert-authority":
			return errors.New("cert-authority is not supported: list the keys themselves, one a line")
		case !isSignerOption(o.name):
			return errors.New("unknown option: expected namespaces, valid-after or valid-before")
		case seen[o.name]:
			return fmt.Errorf("option %s is given twice", o.name)
		case !o.hasValue:
			return fmt.Errorf("option %s needs a value in double quotes: %s=\"…\"", o.name, o.name)
		}
		seen[o.name] = true
		if err := e.applyOption(o); err != nil {
			return fmt.Errorf("option %s: %w", o.name, err)
		}
	}
	after, before := e.key.ValidAfter, e.key.ValidBefore
	if !before.IsZero() && !after.Before(before) {
		return errors.New("valid-before is not after valid-after: the key would never be trusted")
	}
	return nil
}

func (e *entry) applyOption(o option) (err error) {
	switch o.name {
	case "namespaces":
		e.namespaces = o.value
		e.forLicenses = allowsNamespace(o.value)
		err = checkPatterns(o.value)
	case "valid-after":
		e.key.ValidAfter, err = parseTimestamp(o.value)
	case "valid-before":
		e.key.ValidBefore, err = parseTimestamp(o.value)
	}
	return err
}

// newOption returns an option to be written. The value has no quotes.
func newOption(name, value string) option {
	return option{text: name + `="` + value + `"`, name: name}
}

// allowsNamespace reports whether a list of patterns allows Namespace.
func allowsNamespace(list string) bool {
	return licseal.MatchPatterns(strings.Split(list, ","), Namespace)
}

// timestampLayouts are the forms of OpenSSH's timestamps, without the zone.
var timestampLayouts = []string{"20060102", "200601021504", "20060102150405"}

// parseTimestamp reads a timestamp of OpenSSH, YYYYMMDD[HHMM[SS]]Z. OpenSSH reads
// one without the Z in the zone of the machine it runs on. Here it is refused,
// because the same file must mean the same everywhere.
func parseTimestamp(s string) (time.Time, error) {
	digits, isUTC := strings.CutSuffix(strings.ToUpper(s), "Z")
	for _, layout := range timestampLayouts {
		t, err := time.Parse(layout, digits)
		if err != nil || len(digits) != len(layout) || t.Unix() <= 0 { // 0 is no bound for OpenSSH
			continue
		}
		if !isUTC {
			return time.Time{}, errors.New("a time without a zone, which every machine would read in its own: write a Z after it for UTC")
		}
		return t, nil
	}
	return time.Time{}, errors.New("not a time: expected YYYYMMDDZ, YYYYMMDDHHMMZ or YYYYMMDDHHMMSSZ")
}

// formatTimestamp writes a time, in whole seconds, as parseTimestamp reads it.
func formatTimestamp(t time.Time) string {
	t = t.UTC()
	layout := timestampLayouts[2]
	if t.Equal(t.Truncate(24 * time.Hour)) {
		layout = timestampLayouts[0]
	}
	return t.Format(layout) + "Z"
}
