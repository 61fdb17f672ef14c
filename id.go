package licseal

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// ID returns the id by which a licence is revoked: the string at roles.ID, or the
// text of the number there. ok is false if there is neither, or if the string is
// empty.
func (p Payload) ID(roles Roles) (id string, ok bool) {
	pointer := roles.WithDefaults().ID
	value, ok := p.Field(pointer)
	switch {
	case !ok:
		return "", false
	case value[0] == '-' || '0' <= value[0] && value[0] <= '9':
		return string(value), true
	}
	id, ok = p.Text(pointer)
	return id, ok && id != ""
}

// IDError reports a licence id that nobody could type to revoke the licence.
type IDError struct {
	Position // of the id in its payload; zero for an id by itself
	Detail   string
	Fault    string // what is wrong, without the id: ends with a blank
}

func (e *IDError) Error() string {
	if e.Position == (Position{}) {
		return e.Detail
	}
	return e.Position.String() + ": " + e.Detail
}

// CheckID returns an [*IDError] if the payload has an id that [CheckID] refuses.
func (p Payload) CheckID(roles Roles) error {
	id, ok := p.ID(roles)
	if !ok {
		return nil
	}
	if err := checkID(id); err != nil {
		err.Position = p.Position(roles.WithDefaults().ID)
		return err
	}
	return nil
}

// CheckID returns an [*IDError] if an id cannot be read from a screen and typed: if
// it begins or ends with a blank, contains a blank other than the ordinary space, a
// control character or an invisible one, or is not UTF-8.
func CheckID(id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	return nil
}

func checkID(id string) *IDError {
	if !utf8.ValidString(id) {
		return oddID(id, "is not UTF-8")
	}
	n := 0
	for at, r := range id {
		n++
		switch {
		case r == ' ' && at == 0:
			return oddID(id, "begins with a blank")
		case r == ' ' && at == len(id)-1:
			return oddID(id, "ends with a blank")
		case !visible(r):
			return oddID(id, fmt.Sprintf("has %s as character %d", describeRune(r), n))
		}
	}
	return nil
}

func oddID(id, fault string) *IDError {
	return &IDError{Detail: fmt.Sprintf("the id %s %s, so nobody could type it to revoke the licence", quote([]byte(id)), fault), Fault: fault}
}

// visible reports whether a character is visible or the ordinary space. Package
// internal/text, which this one cannot import, escapes the same characters; a test
// compares the two.
func visible(r rune) bool {
	const brailleBlank = '\u2800'
	return unicode.IsPrint(r) && r != brailleBlank && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// describeRune names a character that is not visible.
func describeRune(r rune) string {
	name := "an invisible character"
	switch {
	case r == '\u00a0' || r == '\u202f':
		name = "a no-break space"
	case unicode.IsSpace(r) && !unicode.IsControl(r):
		name = "a blank that is not the ordinary space"
	case unicode.IsControl(r):
		name = "a control character"
	case unicode.Is(unicode.Bidi_Control, r):
		name = "a character that changes the reading direction"
	}
	return fmt.Sprintf("%U (%s)", r, name)
}
