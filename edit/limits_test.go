package edit_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/schema"
)

// doubts returns what is probably not meant in one text of a payload, without the text.
func doubts(t *testing.T, field, value string) (all []string) {
	t.Helper()
	p, err := edit.Apply(parsePayload(t, `{}`), []edit.Change{{Pointer: "/" + field, Value: value}})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range edit.Warnings(p, licseal.Roles{}) {
		_, doubt, _ := strings.Cut(strings.TrimPrefix(w.Message, `"`), `" `)
		all = append(all, doubt)
	}
	return all
}

// The characters at the limits of each kind.
func TestWarningsAtLimits(t *testing.T) {
	const (
		hidden = ", which cannot be seen or is not the ordinary space"
		alike  = ", which is easily taken for an ASCII character"
	)
	tests := []struct {
		field, value string
		want         []string
	}{
		{"x", "", nil},
		{"x", "~!", nil},
		{"x", " ", []string{"begins and ends with a blank"}},
		{"x", "a\x7fb", []string{"has U+007F" + hidden}},
		{"x", "a\x1fb", []string{"has U+001F" + hidden}},
		{"x", "a\u0080b", []string{"has U+0080" + hidden}},
		// What joins belongs to the character before it, unless that is Latin or none.
		{"x", "ÿ\u200d", []string{"has U+200D" + hidden}},
		{"x", "Ā\u200d", nil},
		{"x", "Ā\u200c", nil},
		{"x", "Ā\u200b", []string{"has U+200B" + hidden}},
		{"x", "Ā\u200d\ufe0f", nil},
		{"x", "\u200dĀ", []string{"has U+200D" + hidden}},
		// Letters that look like others, in words and in ids; the first and the last of them.
		{"x", "a＀b", []string{"has U+FF00" + hidden}},
		{"license_key", "a！", []string{"has U+FF01" + alike}},
		{"license_key", "a～", []string{"has U+FF5E" + alike}},
		{"license_key", "a｟", nil},
		{"license_key", "a“”", []string{"has U+201C, U+201D" + alike}},
		{"license_key", "ա-", nil},
		{"license_key", "Ս-", []string{"has U+054D" + alike}},
		{"x", "Ս-", nil},
		{"x", "Ս-a", nil},
		{"x", "ՍA", []string{"has U+054D" + alike}},
		{"x", "АЖA", []string{"has U+0410" + alike}},
		{"license_key", "АЖ", nil},
		{"license_key", "АЖ Е", []string{"has U+0415" + alike}},
		// Up to five are named.
		{"license_key", "АВСЕН", []string{"has U+0410, U+0412, U+0421, U+0415, U+041D" + alike}},
		{"license_key", "АВСЕНА", []string{"has U+0410, U+0412, U+0421, U+0415, U+041D" + alike}},
		{"license_key", "АВСЕНКМ", []string{"has U+0410, U+0412, U+0421, U+0415, U+041D, …" + alike}},
		// Several doubts about one text.
		{"license_key", " А\u200b\u202e", []string{"begins with a blank", "has U+200B" + hidden, "has U+202E, which changes the reading direction", "has U+0410" + alike}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, doubts(t, test.field, test.value)); diff != "" {
			t.Errorf("%s %q: %s", test.field, test.value, diff)
		}
	}
}

// Which places can be set, in objects and in arrays; "" is all of the payload.
func TestPlaces(t *testing.T) {
	const from = `{"":{"":1},"a":[[1],{"b":2}],"n":null,"o":{"~/":1}}`
	one := func(i string) string { return `"` + i + `" is not an index of the array there, which has 2 elements` }
	tests := []struct{ pointer, want string }{
		{"", "9"},
		{"/", `{"":9,"a":[[1],{"b":2}],"n":null,"o":{"~/":1}}`},
		{"//", `{"":{"":9},"a":[[1],{"b":2}],"n":null,"o":{"~/":1}}`},
		{"/a/0/0", `{"":{"":1},"a":[[9],{"b":2}],"n":null,"o":{"~/":1}}`},
		{"/a/1/c/d", `{"":{"":1},"a":[[1],{"b":2,"c":{"d":9}}],"n":null,"o":{"~/":1}}`},
		{"/a/1", `{"":{"":1},"a":[[1],9],"n":null,"o":{"~/":1}}`},
		{"/n/m", `{"":{"":1},"a":[[1],{"b":2}],"n":{"m":9},"o":{"~/":1}}`},
		{"/o/~0~1", `{"":{"":1},"a":[[1],{"b":2}],"n":null,"o":{"~/":9}}`},
		{"/a/2", one("2")}, {"/a/-1", one("-1")}, {"/a/-", one("-")}, {"/a/01", one("01")}, {"/a/+1", one("+1")}, {"/a/", one("")},
		{"/a/1/b/c", `the value that should contain "c" is not an object`},
		{"/a/0/0/c", `the value that should contain "c" is not an object`},
	}
	for _, test := range tests {
		got, err := edit.Apply(parsePayload(t, from), []edit.Change{{Pointer: test.pointer, Value: "9", JSON: true}})
		switch {
		case test.pointer == "": // a payload is an object
			if err == nil {
				t.Errorf("all of it: %s", got.Bytes())
			}
		case test.want[0] == '{' && (err != nil || string(got.Bytes()) != test.want):
			t.Errorf("%s: %s, %v; want %s", test.pointer, got.Bytes(), err, test.want)
		case test.want[0] != '{' && (err == nil || err.Error() != "set "+test.pointer+": "+test.want):
			t.Errorf("%s: %s, %v; want %s", test.pointer, got.Bytes(), err, test.want)
		}
	}
	got, err := edit.Apply(parsePayload(t, from), []edit.Change{{Value: `{"new":1}`, JSON: true}})
	if err != nil || string(got.Bytes()) != `{"new":1}` {
		t.Errorf("all of it: %s, %v", got.Bytes(), err)
	}
}

// What is not there is not removed, and an index is written in one way.
func TestUnsetPlaces(t *testing.T) {
	const from = `{"":1,"a":[{"b":1},[{"c":2}]],"o":{"p":{"q":3}}}`
	tests := map[string]string{
		"/":         `{"a":[{"b":1},[{"c":2}]],"o":{"p":{"q":3}}}`,
		"/a/0/b":    `{"":1,"a":[{},[{"c":2}]],"o":{"p":{"q":3}}}`,
		"/a/1/0/c":  `{"":1,"a":[{"b":1},[{}]],"o":{"p":{"q":3}}}`,
		"/o/p/q":    `{"":1,"a":[{"b":1},[{"c":2}]],"o":{"p":{}}}`,
		"/o/p":      `{"":1,"a":[{"b":1},[{"c":2}]],"o":{}}`,
		"/a":        `{"":1,"o":{"p":{"q":3}}}`,
		"/a/00/b":   from,
		"/a/-1/b":   from,
		"/a/2":      from,
		"/a/2/b":    from,
		"/a/b":      from,
		"/a/00":     from,
		"/a/0/x/y":  from,
		"/o/p/q/r":  from,
		"/o/x/q":    from,
		"/x/y/z":    from,
		"/o/p/q/r/": from,
	}
	for pointer, want := range tests {
		got, err := edit.Apply(parsePayload(t, from), []edit.Change{{Pointer: pointer, Unset: true}})
		if err != nil || string(got.Bytes()) != want {
			t.Errorf("%s: %s, %v; want %s", pointer, got.Bytes(), err, want)
		}
	}
}

// A text for a field of each type: which texts are values of it.
func TestTypes(t *testing.T) {
	texts := []string{"1", "1.5", "true", "false", "null", "{}", "[]", `"x"`, "x", "", "01"}
	for types, want := range map[string]map[string]bool{
		`"integer"`:          {"1": true, "1.5": true},
		`"number"`:           {"1": true, "1.5": true},
		`"boolean"`:          {"true": true, "false": true},
		`"object"`:           {"{}": true},
		`"array"`:            {"[]": true},
		`["number","null"]`:  {"1": true, "1.5": true, "null": true},
		`["object","array"]`: {"{}": true, "[]": true},
	} {
		rules, err := schema.Compile("own", []byte(`{"type":"object","properties":{"f":{"type":`+types+`}}}`))
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			got, err := edit.TypedChanges([]edit.Change{{Pointer: "/f", Value: text}}, rules)
			if (err == nil) != want[text] {
				t.Errorf("%s for %s: %v, %v", text, types, got, err)
			}
			if diff := cmp.Diff([]edit.Change{{Pointer: "/f", Value: text, JSON: true}}, got); err == nil && diff != "" {
				t.Errorf("%s for %s: %s", text, types, diff)
			}
		}
	}
	// Each change of a list is looked at.
	list, err := schema.Compile("own", []byte(`{"type":"object","properties":{"f":{"type":"integer"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := edit.TypedChanges([]edit.Change{{Pointer: "/x", Value: "1"}, {Pointer: "/f", Value: "1"}, {Pointer: "/y", Unset: true}, {Pointer: "/f", Value: "2"}}, list)
	want := []edit.Change{{Pointer: "/x", Value: "1"}, {Pointer: "/f", Value: "1", JSON: true}, {Pointer: "/y", Unset: true}, {Pointer: "/f", Value: "2", JSON: true}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	// Whatever its type, a text for a field that may be a string is one; so is null alone.
	for _, types := range []string{`"string"`, `["integer","string"]`, `"null"`} {
		rules, err := schema.Compile("own", []byte(`{"type":"object","properties":{"f":{"type":`+types+`}}}`))
		if err != nil {
			t.Fatal(err)
		}
		given := []edit.Change{{Pointer: "/f", Value: "1"}, {Pointer: "/f", Value: "x", JSON: true}, {Pointer: "/f", Unset: true}}
		got, err := edit.TypedChanges(given, rules)
		if diff := cmp.Diff(given, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", types, err, diff)
		}
	}
}

// A text for a field of each kind, without a schema: the type stays, whatever the value.
func TestValue(t *testing.T) {
	old := []string{"", `"x"`, "1", "true", "false", "null", "[1]", `{"a":1}`}
	for text, want := range map[string]map[string]bool{
		"5": {"1": true}, "true": {"true": true, "false": true}, "false": {"true": true, "false": true}, "null": {"null": true}, "[]": {"[1]": true}, "{}": {`{"a":1}`: true}, "": {}, "x": {}, `"y"`: {},
	} {
		for _, before := range old {
			got, err := edit.Value(text, false, []byte(before))
			if isText := before == "" || before[0] == '"'; isText {
				if value, unquoteErr := parsePayload(t, `{"v":`+string(got)+`}`).Text("/v"); err != nil || !unquoteErr || value != text {
					t.Errorf("%s for %s: %s, %v", text, before, got, err)
				}
			} else if want[before] != (err == nil) || err == nil && string(got) != text || err != nil && err != edit.ErrOtherType {
				t.Errorf("%s for %s: %s, %v", text, before, got, err)
			}
		}
		if _, err := edit.Value(text, true, []byte("1")); (err == nil) != (text != "" && text != "x") || err != nil && err != edit.ErrNotJSON {
			t.Errorf("%s as JSON: %v", text, err)
		}
	}
}

// What differs, at any depth; and the members of a text up to where it is broken.
func TestCompareDeep(t *testing.T) {
	a := parsePayload(t, `{"b":{"c":{"d":1,"e":2}},"a":{"x":{}},"z":{"only":"here"}}`)
	b := parsePayload(t, `{"b":{"c":{"d":1,"e":3,"f":{}}},"a":{"x":{"y":null}},"z":null}`)
	want := []edit.Difference{{"/a/x/y", "", "null"}, {"/b/c/e", "2", "3"}, {"/b/c/f", "", "{}"}, {"/z", `{"only":"here"}`, "null"}}
	if diff := cmp.Diff(want, edit.Compare(a, b)); diff != "" {
		t.Error(diff)
	}
	for i, d := range want {
		want[i] = edit.Difference{Pointer: d.Pointer, A: d.B, B: d.A}
	}
	if diff := cmp.Diff(want, edit.Compare(b, a)); diff != "" {
		t.Error("the other way round: ", diff)
	}
	for text, want := range map[string][]string{
		`{}`: nil, ``: nil, `[]`: nil, `{"a":1,"b":[2,3],"c":{"d":4}}`: {"a", "1", "b", "[2,3]", "c", `{"d":4}`}, `{"a":1,"b":`: {"a", "1"}, `{"a":1,"b"}`: {"a", "1"}, `{"\u0061":"\u0062"}`: {"a", `"\u0062"`},
	} {
		var got []string
		for name, value := range edit.Members([]byte(text)) {
			got = append(got, name, value)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	for range edit.Members([]byte(`{"a":1,"b":2}`)) {
		break // which it survives
	}
}

// Which payloads are checked, by which options. All that is wrong with the first is
// allowed with the last.
func TestCheck(t *testing.T) {
	rules, err := schema.Compile("any", []byte(`{"type":"object","properties":{"seats":{"type":"integer"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	payload := func(id, until string) licseal.Payload {
		return parsePayload(t, `{"license_creation_date":"2026-01-01","license_expiration_date":"`+until+`","license_key":"`+id+`"}`)
	}
	both := &edit.CheckOptions{AllowOddID: true, AllowShortTerm: true}
	for _, test := range []struct {
		name string
		p    licseal.Payload
		o    *edit.CheckOptions
		want error // of its type
	}{
		{"good", payload("LS-1", "2027-01-01"), nil, nil},
		{"odd id", payload("LS-1 ", "2027-01-01"), &edit.CheckOptions{AllowShortTerm: true}, new(licseal.IDError)},
		{"odd id, and short", payload("LS-1 ", "2026-01-02"), nil, new(licseal.IDError)},
		{"short", payload("LS-1", "2026-01-02"), &edit.CheckOptions{AllowOddID: true}, new(edit.ShortTermError)},
		{"all allowed", payload("LS-1 ", "2026-01-02"), both, nil},
		{"no date", payload("LS-1", "never"), both, new(licseal.DateError)},
		{"against its schema", parsePayload(t, `{"seats":"x","license_key":"LS-1 "}`), both, new(schema.Error)},
	} {
		period, err := edit.Check(test.p, rules, test.o)
		if test.want == nil {
			if err != nil || period.NotBefore != time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) || !period.NotAfter.After(period.NotBefore) {
				t.Errorf("%s: %v, %v", test.name, period, err)
			}
			continue
		}
		ok := false
		switch test.want.(type) {
		case *licseal.IDError:
			ok = errors.As(err, new(*licseal.IDError))
		case *edit.ShortTermError:
			ok = errors.As(err, new(*edit.ShortTermError))
		case *licseal.DateError:
			ok = errors.As(err, new(*licseal.DateError))
		case *schema.Error:
			ok = errors.As(err, new(*schema.Error))
		}
		if !ok {
			t.Errorf("%s: %v, want %T", test.name, err, test.want)
		}
	}
	_, err = edit.Check(payload("LS-1", "2026-01-02"), rules, nil)
	var short *edit.ShortTermError
	if want := `1:65 /license_expiration_date: the licence is created at 2026-01-01T00:00:00Z and expires at 2026-01-02T00:00:00Z, within a day`; !errors.As(err, &short) || err.Error() != want || short.Reason() != licseal.ReasonSchema {
		t.Errorf("%v, want %s", err, want)
	}
}

// A plan fills in what is missing only, and only if it is asked to.
func TestComplete(t *testing.T) {
	for _, test := range []struct {
		from string
		plan edit.Plan
		want string
	}{
		{`{}`, edit.Plan{Complete: true}, `{"license_creation_date":"2026-03-02"}`},
		{`{"license_creation_date":"2020-01-01"}`, edit.Plan{Complete: true}, `{"license_creation_date":"2020-01-01"}`},
		{`{"license_creation_date":"2020-01-01"}`, edit.Plan{Complete: true, Dates: edit.Dates{Created: edit.Today}}, `{"license_creation_date":"2026-03-02"}`},
		{`{}`, edit.Plan{Complete: true, Dates: edit.Dates{Created: "2020-01-01", DefaultExpires: "+1d"}}, `{"license_creation_date":"2020-01-01","license_expiration_date":"2020-01-02"}`},
		{`{}`, edit.Plan{}, `{}`},
	} {
		test.plan.Dates.Now = now
		if got, err := test.plan.Apply(parsePayload(t, test.from), schema.Kong()); err != nil || string(got.Bytes()) != test.want {
			t.Errorf("%s: %s, %v; want %s", test.from, got.Bytes(), err, test.want)
		}
	}
	for _, plan := range []edit.Plan{
		{Dates: edit.Dates{Created: "never"}}, {Dates: edit.Dates{Expires: "+1"}}, {Changes: []edit.Change{{Pointer: "/a", Value: "x", JSON: true}}},
	} {
		if got, err := plan.Apply(parsePayload(t, `{}`), schema.Kong()); !errors.As(err, new(*edit.Error)) {
			t.Errorf("%+v: %s, %v", plan, got.Bytes(), err)
		}
	}
}
