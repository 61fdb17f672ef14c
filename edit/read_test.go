package edit_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/edit"
)

func TestParseTemplate(t *testing.T) {
	signature := strings.Repeat("0", 128)
	for text, want := range map[string]string{
		`{"a":1}`: `{"a":1}`,
		`{"license":{"payload":{"a":1},"signature":"` + signature + `","version":1}}`: `{"a":1}`,
		`{"license":"premium"}`: `{"license":"premium"}`,
	} {
		if p, err := edit.ParseTemplate([]byte(text)); err != nil || string(p.Bytes()) != want {
			t.Errorf("%s: %s, %v; want %s", text, p.Bytes(), err, want)
		}
	}
	for text, class := range map[string]licseal.Class{
		`[]`:                         licseal.ClassWrongType,
		`{"license":{"payload":{}}}`: licseal.ClassMissingMember, // a broken licence is not a payload
	} {
		var parse *licseal.ParseError
		if p, err := edit.ParseTemplate([]byte(text)); !errors.As(err, &parse) || parse.Class != class {
			t.Errorf("%s: %s, %v; want class %s", text, p.Bytes(), err, class)
		}
	}
}

func TestCheckPayload(t *testing.T) {
	for text, want := range map[string]error{`{"license":{"payload":{}}}`: edit.ErrIsLicense, `{"license":"premium"}`: nil} {
		if err := edit.CheckPayload(parsePayload(t, text)); err != want {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
	}
}
