package keys

import (
	"errors"
	"fmt"
	"strings"

	"github.com/licseal/licseal/internal/pubkey"
	"github.com/licseal/licseal/keys/internal/keytext"
)

// Namespace is the namespace of the allowed_signers lines whose keys sign licences:
// namespaces="licseal". A line without the option is for all namespaces.
const Namespace = "licseal"

// signerLine is a line of OpenSSH's allowed_signers format (ALLOWED SIGNERS in
// ssh-keygen(1)): PRINCIPALS [OPTIONS] TYPE KEY [COMMENT].
type signerLine struct {
	principals string // as in the line, with its quotes if it has any
	options    []option
	key        string // the rest: TYPE KEY [COMMENT]
}

// String returns the line, which has an option at least.
func (l signerLine) String() string {
	texts := make([]string, len(l.options))
	for i, o := range l.options {
		texts[i] = o.text
	}
	return l.principals + " " + strings.Join(texts, ",") + " " + l.key
}

// splitSigner splits a line into its parts without judging them.
func splitSigner(line string) (l signerLine, err error) {
	rest := ""
	if l.principals, rest, err = cutPrincipals(line); err != nil {
		return l, err
	}
	if !startsKey(keytext.Fields(rest)) {
		if l.options, rest, err = cutOptions(rest); err != nil {
			return l, err
		}
	}
	l.key = rest
	if !startsKey(keytext.Fields(rest)) {
		return l, errNoKey
	}
	return l, nil
}

var errNoKey = errors.New("no key after the principals and options: expected PRINCIPALS [OPTIONS] TYPE KEY")

// cutPrincipals splits the principals off a line.
func cutPrincipals(line string) (principals, rest string, err error) {
	if !strings.HasPrefix(line, `"`) {
		end := strings.IndexAny(line, " \t")
		if end < 0 {
			return "", "", errNoKey
		}
		principals, rest = line[:end], line[end:]
		if strings.Contains(principals, `"`) {
			return "", "", errors.New("quotes before the key, in what is not a list of principals: options are written between the principals and the key")
		}
		return principals, skipBlanks(rest), nil
	}
	end := strings.IndexByte(line[1:], '"')
	if end < 0 {
		return "", "", errors.New("the quoted principals have no end")
	}
	principals, rest = line[:end+2], line[end+2:]
	if skipBlanks(rest) == rest {
		return "", "", errors.New("no blank after the quoted principals")
	}
	return principals, skipBlanks(rest), nil
}

func skipBlanks(s string) string { return strings.TrimLeft(s, " \t") }

// parseSigner reads an allowed_signers line. A line for other namespaces may have
// what is refused in a line for licences, such as a key of another kind.
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

// foreign returns the namespaces of a line that is not for licences.
func (l *signerLine) foreign() (namespaces string, foreign bool) {
	for _, o := range l.options {
		if o.name != "namespaces" {
			continue
		}
		if !o.hasValue || foreign || checkPatterns(o.value) != nil || allowsNamespace(o.value) {
			return "", false
		}
		namespaces, foreign = o.value, true
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
	named, err := parseKeyLine(keytext.Fields(l.key))
	if err != nil {
		return entry{}, err
	}
	e.key.Key, e.key.Name, e.key.Principals = named.Key, named.Name, principals
	if e.key.Name == "" {
		e.key.Name = strings.Join(keytext.Fields(strings.Join(principals, ",")), " ")
	}
	return e, nil
}

// parsePrincipals reads a list of patterns: "issuer@vendor.example,*@example.com".
func parsePrincipals(list string) ([]string, error) {
	if err := checkPatterns(list); err != nil {
		return nil, err
	}
	principals := strings.Split(list, ",")
	for _, principal := range principals {
		if isAuthorizedKeysOption(principal) {
			return nil, fmt.Errorf("%s is an option of authorized_keys, not of allowed_signers: a line is TYPE KEY [COMMENT], or PRINCIPALS [OPTIONS] TYPE KEY", principal)
		}
		if name := strings.TrimPrefix(principal, "!"); name == "" || name != strings.Trim(name, " \t") {
			return nil, errors.New("a principal is empty or has blanks around it: expected a list such as licences@vendor.example,*@vendor.example")
		}
	}
	return principals, nil
}

// checkPatterns refuses a list with a pattern that OpenSSH does not match because
// it is too long for its buffer.
func checkPatterns(list string) error {
	const limit = 1022
	for pattern := range strings.SplitSeq(list, ",") {
		if len(strings.TrimPrefix(pattern, "!")) > limit {
			return fmt.Errorf("a pattern has more than %d bytes", limit)
		}
	}
	return nil
}

// isAuthorizedKeysOption reports whether a name is one of the options that precede
// a key in authorized_keys (sshd(8)), and would be taken for a principal.
func isAuthorizedKeysOption(name string) bool {
	switch strings.TrimPrefix(strings.ToLower(name), "no-") {
	case "agent-forwarding", "cert-authority", "port-forwarding", "pty", "restrict", "touch-required", "user-rc", "verify-required", "x11-forwarding":
		return true
	}
	return false
}

// quotePrincipals writes principals as a line has them.
func quotePrincipals(principals []string) (string, error) {
	list := strings.Join(principals, ",")
	if strings.ContainsAny(list, "\"\n") || keytext.CheckPrintable(list) != nil {
		return "", fmt.Errorf("%q cannot be the name of an issuer", list)
	}
	if _, err := parsePrincipals(list); err != nil {
		return "", err
	}
	if strings.ContainsAny(list, " \t") || strings.HasPrefix(list, "#") || pubkey.IsType(list) {
		return `"` + list + `"`, nil
	}
	return list, nil
}
