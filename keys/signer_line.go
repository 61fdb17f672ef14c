package keys

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/licseal/licseal"
)

// Namespace is the namespace of allowed_signers lines whose keys sign licences:
// namespaces="licseal". A line without the option is for all namespaces.
const Namespace = "licseal"

// signerLine is a line of OpenSSH's allowed_signers format (ALLOWED SIGNERS in
// ssh-keygen(1)): PRINCIPALS [OPTIONS] TYPE KEY [COMMENT].
type signerLine struct {
	principals string   // as it stands in the line, with its quotes if it has any
	options    []string // as they stand in the line
	key        string   // the rest: TYPE KEY [COMMENT]
}

// String returns the line anew.
func (l signerLine) String() string {
	parts := []string{l.principals}
	if len(l.options) > 0 {
		parts = append(parts, strings.Join(l.options, ","))
	}
	return strings.Join(append(parts, l.key), " ")
}

// splitSigner takes a line apart, without looking at what the parts say.
func splitSigner(line string) (l signerLine, err error) {
	rest := ""
	if l.principals, rest, err = cutPrincipals(line); err != nil {
		return l, err
	}
	if !isKeyType(firstField(rest)) {
		if l.options, rest, err = cutOptions(rest); err != nil {
			return l, err
		}
	}
	l.key = rest
	if fields := blankFields(rest); len(fields) == 0 || !isKeyType(fields[0]) {
		return l, errors.New("no key after the principals and options: wanted PRINCIPALS [OPTIONS] TYPE KEY")
	}
	return l, nil
}

func firstField(s string) string {
	field, _, _ := strings.Cut(strings.ReplaceAll(s, "\t", " "), " ")
	return field
}

func cutPrincipals(line string) (principals, rest string, err error) {
	if strings.HasPrefix(line, `"`) {
		end := strings.IndexByte(line[1:], '"')
		if end < 0 {
			return "", "", errors.New("the quoted principals have no end")
		}
		principals, rest = line[:end+2], line[end+2:]
	} else {
		principals = firstField(line)
		rest = line[len(principals):]
		if strings.Contains(principals, `"`) {
			return "", "", fmt.Errorf("%s before the key is no list of principals: options stand between the principals and the key", quote(principals))
		}
	}
	return principals, strings.TrimLeft(rest, " \t"), nil
}

// cutOptions splits the options off, at the commas that are not in quotes.
func cutOptions(s string) (options []string, rest string, err error) {
	start, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\' && i+1 < len(s) && s[i+1] == '"':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',':
			options, start = append(options, s[start:i]), i+1
		case c == ' ' || c == '\t':
			return append(options, s[start:i]), strings.TrimLeft(s[i:], " \t"), nil
		}
	}
	return nil, "", errors.New("no key after the principals and options: wanted PRINCIPALS [OPTIONS] TYPE KEY")
}

// parseSigner reads an allowed_signers line. One that is for other things than
// licences may have what is refused here, as a key of another kind.
func parseSigner(line string) (entry, error) {
	l, err := splitSigner(line)
	if err != nil {
		return entry{}, err
	}
	e, err := l.entry()
	if namespaces, foreign := l.foreign(); err != nil && foreign {
		return entry{signer: &l, namespaces: namespaces}, nil
	}
	return e, err
}

// foreign returns the namespaces of a line that are not those of licences.
func (l *signerLine) foreign() (namespaces string, foreign bool) {
	for _, option := range l.options {
		name, value, _ := strings.Cut(option, "=")
		if !strings.EqualFold(name, "namespaces") {
			continue
		}
		value, err := unquoteOption(value)
		if err != nil || foreign || allowsNamespace(value) {
			return "", false
		}
		namespaces, foreign = value, true
	}
	return namespaces, foreign
}

func (l *signerLine) entry() (entry, error) {
	principals, err := parsePrincipals(strings.Trim(l.principals, `"`))
	if err != nil {
		return entry{}, err
	}
	e := entry{signer: l, forLicenses: true}
	if err := e.applyOptions(l.options); err != nil {
		return entry{}, err
	}
	named, err := parseKeyLine(l.key)
	if err != nil {
		return entry{}, err
	}
	e.key.Key, e.key.Name, e.key.Principals = named.Key, named.Name, principals
	if e.key.Name == "" {
		e.key.Name = strings.Join(blankFields(strings.Join(principals, ",")), " ")
	}
	return e, nil
}

// parsePrincipals reads a list of patterns: "issuer@vendor.example,*@example.com".
func parsePrincipals(list string) ([]string, error) {
	principals := strings.Split(list, ",")
	for _, principal := range principals {
		if isAuthorizedKeysOption(principal) {
			return nil, fmt.Errorf("%s is an option of authorized_keys, which means nothing here: a line is TYPE KEY [COMMENT], or PRINCIPALS [OPTIONS] TYPE KEY", quote(principal))
		}
		if name := strings.TrimPrefix(principal, "!"); name == "" || name != strings.Trim(name, " \t") {
			return nil, fmt.Errorf("a principal of %s is empty, or has blanks around it", quote(list))
		}
	}
	return principals, nil
}

// isAuthorizedKeysOption reports whether a name is one of the options that stand
// before a key in authorized_keys (sshd(8)), and would be taken for a principal.
func isAuthorizedKeysOption(name string) bool {
	switch strings.TrimPrefix(strings.ToLower(name), "no-") {
	case "agent-forwarding", "cert-authority", "port-forwarding", "pty", "restrict", "touch-required", "user-rc", "verify-required", "x11-forwarding":
		return true
	}
	return false
}

// applyOptions reads the options of a line, each of which may be there once.
func (e *entry) applyOptions(options []string) error {
	seen := map[string]bool{}
	for _, option := range options {
		name, value, hasValue := strings.Cut(option, "=")
		name = strings.ToLower(name)
		if seen[name] {
			return fmt.Errorf("option %s is there twice", name)
		}
		seen[name] = true
		if name == "cert-authority" {
			return errors.New("cert-authority is not supported: name the keys themselves, one a line")
		}
		if !isSignerOption(name) {
			return fmt.Errorf("option %s is not supported: wanted namespaces, valid-after or valid-before", quote(option))
		}
		value, err := unquoteOption(value)
		if err != nil || !hasValue {
			return fmt.Errorf("option %s needs a value in double quotes: %s=\"…\"", name, name)
		}
		if err := e.applyOption(name, value); err != nil {
			return err
		}
	}
	after, before := e.key.ValidAfter, e.key.ValidBefore
	if !before.IsZero() && !after.Before(before) {
		return errors.New("valid-before is not after valid-after: the key would never be trusted")
	}
	return nil
}

func isSignerOption(name string) bool {
	return name == "namespaces" || name == "valid-after" || name == "valid-before"
}

func (e *entry) applyOption(name, value string) (err error) {
	switch name {
	case "namespaces":
		e.namespaces = value
		e.forLicenses = allowsNamespace(value)
	case "valid-after":
		e.key.ValidAfter, err = parseTimestamp(value)
	case "valid-before":
		e.key.ValidBefore, err = parseTimestamp(value)
	}
	if err != nil {
		return fmt.Errorf("%s=%s: %v", name, quote(value), err)
	}
	return nil
}

func unquoteOption(value string) (string, error) {
	if len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
		return "", errors.New("no quotes")
	}
	value = value[1 : len(value)-1]
	if strings.Contains(strings.ReplaceAll(value, `\"`, ""), `"`) {
		return "", errors.New("quotes inside")
	}
	return strings.ReplaceAll(value, `\"`, `"`), nil
}

// allowsNamespace reports whether a list of patterns allows Namespace.
func allowsNamespace(list string) bool {
	return licseal.MatchPatterns(strings.Split(list, ","), Namespace)
}

// timestampLayouts are the forms of OpenSSH's timestamps, less the zone.
var timestampLayouts = []string{"20060102", "200601021504", "20060102150405"}

// parseTimestamp reads a timestamp of OpenSSH, YYYYMMDD[HHMM[SS]]Z. OpenSSH reads
// one without the Z in the zone of the machine that it happens to run on; here it
// is refused, because the same file must mean the same everywhere.
func parseTimestamp(s string) (time.Time, error) {
	digits, isUTC := strings.CutSuffix(strings.ToUpper(s), "Z")
	for _, layout := range timestampLayouts {
		t, err := time.Parse(layout, digits)
		if err != nil || len(digits) != len(layout) || t.Unix() <= 0 { // to OpenSSH, 0 is no bound
			continue
		}
		if !isUTC {
			return time.Time{}, fmt.Errorf("time without a zone, which every machine would read in its own: write %sZ for UTC", digits)
		}
		return t, nil
	}
	return time.Time{}, errors.New("not a time: wanted YYYYMMDDZ, YYYYMMDDHHMMZ or YYYYMMDDHHMMSSZ")
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
