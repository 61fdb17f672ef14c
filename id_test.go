package licseal_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

func TestCheckID(t *testing.T) {
	for id, want := range map[string]string{ // "" for accepted
		"LS-0001":       "",
		"LS 0001":       "",
		"Ключ-1":        "",
		"ключ é":        "",
		"17":            "",
		" LS-0001":      `the id " LS-0001" begins with a blank`,
		"LS-0001 ":      `the id "LS-0001 " ends with a blank`,
		" ":             `the id " " begins with a blank`,
		"LS\u00a00001":  `the id "LS\u00a00001" has U+00A0 (a no-break space) as character 3`,
		"LS-0001\u00a0": `the id "LS-0001\u00a0" has U+00A0 (a no-break space) as character 8`,
		"LS\u200b0001":  `the id "LS\u200b0001" has U+200B (an invisible character) as character 3`,
		"é\u3000":       `the id "é\u3000" has U+3000 (a blank that is not the ordinary space) as character 2`,
		"\ufeffLS":      `the id "\ufeffLS" has U+FEFF (an invisible character) as character 1`,
		"LS\t1":         `the id "LS\t1" has U+0009 (a control character) as character 3`,
		"LS-\u202e1":    `the id "LS-\u202e1" has U+202E (a character that changes the reading direction) as character 4`,
		"LS-\u2800":     `has U+2800 (an invisible character) as character 4`,
		"LS-\u3164":     `has U+3164 (an invisible character) as character 4`,
		"LS-\xe4":       `the id "LS-\xe4" is not UTF-8`,
	} {
		err := licseal.CheckID(id)
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", id, err)
		case want != "" && (!errors.As(err, new(*licseal.IDError)) || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: got %v, want %s", id, err, want)
		}
	}
}

// An id may have the characters that are shown as they are, and no others.
func TestCheckIDShowsAll(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if 0xd800 <= r && r <= 0xdfff {
			continue
		}
		if shown := text.Escape(string(r)) == string(r); (licseal.CheckID("a"+string(r)+"a") == nil) != shown {
			t.Errorf("%U: shown as it is: %v", r, shown)
		}
	}
}

func TestPayloadID(t *testing.T) {
	for fields, want := range map[string]string{
		`{"license_key":"a"}`:  "a",
		`{"license_key":17}`:   "17",
		`{"license_key":0}`:    "0",
		`{"license_key":9}`:    "9",
		`{"license_key":-1.5}`: "-1.5",
		`{"license_key":""}`:   "",
		`{"license_key":null}`: "",
		`{"license_key":{}}`:   "",
		`{"id":"a"}`:           "",
	} {
		p, err := licseal.ParsePayload([]byte(fields))
		if err != nil {
			t.Fatal(err)
		}
		if id, ok := p.ID(licseal.Roles{}); id != want || ok != (want != "") {
			t.Errorf("%s: got %q, %v", fields, id, ok)
		}
	}
	p, err := licseal.ParsePayload([]byte(`{"serial":"a\u00a0b","license_key":"a"}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.CheckID(licseal.Roles{}); err != nil {
		t.Error(err)
	}
	odd, ok := errors.AsType[*licseal.IDError](p.CheckID(licseal.Roles{ID: "/serial"}))
	if !ok || odd.Pointer != "/serial" || odd.Line != 1 || odd.Column != 11 {
		t.Errorf("got %v", odd)
	}
}
