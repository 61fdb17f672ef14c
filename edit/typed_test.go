package edit_test

import (
	"errors"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/schema"
)

// A text becomes a value of the type that the schema has, if that is not a string.
func TestTypedChanges(t *testing.T) {
	rules, err := schema.Compile("own", []byte(`{"type":"object","properties":{"serial":{"type":"string"},"seats":{"type":"integer"},"open":{"type":["boolean","null"]},
		"tags":{"type":"array"},"uses":{"type":["integer","string"]},"limits":{"properties":{"sites":{"type":"number"}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for set, want := range map[string]string{
		"seats=18":         `{"seats":18}`,
		"seats:=\"x\"":     `{"seats":"x"}`, // for the schema to refuse
		"serial=18":        `{"serial":"18"}`,
		"other=18":         `{"other":"18"}`,
		"uses=18":          `{"uses":"18"}`,
		"open=true":        `{"open":true}`,
		"open=null":        `{"open":null}`,
		`tags=["a"]`:       `{"tags":["a"]}`,
		"limits.sites=1.5": `{"limits":{"sites":1.5}}`,
		"seats=five":       `set /seats: "five" is not of the type that the schema own has there: integer`,
		"seats=true":       `set /seats: "true" is not of the type that the schema own has there: integer`,
		"open=yes":         `set /open: "yes" is not of the type that the schema own has there: boolean or null`,
		"tags={}":          `set /tags: "{}" is not of the type that the schema own has there: array`,
	} {
		changes, err := edit.ParseChanges(nil, []string{set})
		if err != nil {
			t.Fatal(err)
		}
		p, err := edit.Plan{Changes: changes}.Apply(parsePayload(t, "{}"), rules)
		got := string(p.Bytes())
		if err != nil {
			got = err.Error()
			if !errors.As(err, new(*edit.Error)) {
				t.Errorf("%s: %T", set, err)
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", set, got, want)
		}
	}
	if p, err := (edit.Plan{Changes: []edit.Change{{Pointer: "/seats", Unset: true}}}).Apply(parsePayload(t, `{"seats":1}`), rules); err != nil || !p.Equal(licseal.Payload{}) && string(p.Bytes()) != "{}" {
		t.Errorf("%s %v", p.Bytes(), err)
	}
}
