package edit_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/schema"
)

func TestWarnings(t *testing.T) {
	const (
		hidden  = ", which cannot be seen or is not the ordinary space"
		turning = ", which changes the reading direction"
		alike   = ", which is easily taken for an ASCII character"
	)
	for _, tt := range []struct {
		field, value string
		want         []string
	}{
		{"customer", "Example Company, Inc", nil},
		{"customer", `Miller, "M" \ Co`, nil},
		{"customer", "Société Générale – Zürich’s", nil},
		{"customer", "Яндекс ООО", nil},
		{"customer", "ΑΒΓ Example", nil},
		{"customer", "株式会社　", []string{"ends with a blank", "has U+3000" + hidden}},
		{"customer", "می\u200cخواهم", nil},
		{"customer", "Acme ❤\ufe0f", nil},
		{"customer", "two\nlines\tand a tab", nil},
		{"customer", "Acme ", []string{"ends with a blank"}},
		{"customer", " Acme", []string{"begins with a blank"}},
		{"customer", " Acme\n", []string{"begins and ends with a blank"}},
		{"customer", "\u00a0Acme", []string{"begins with a blank", "has U+00A0" + hidden}},
		{"customer", "Ac\u200bme\u00a0Inc", []string{"has U+200B, U+00A0" + hidden}},
		{"customer", "Ac\u200bme\u200b", []string{"has U+200B" + hidden}},
		{"customer", "Ac\u200dme", []string{"has U+200D" + hidden}},
		{"customer", "Ac\x00me", []string{"has U+0000" + hidden}},
		{"customer", "Acme\u202egro.", []string{"has U+202E" + turning}},
		{"customer", "Аcme", []string{"has U+0410" + alike}},
		{"customer", "Ex\u0430mple Сo", []string{"has U+0430, U+0421" + alike}},
		{"customer", "ａcme", []string{"has U+FF41" + alike}},
		{"customer", "ＮＴＴ", nil},
		{"license_key", "LS-0001", nil},
		{"license_key", "Ключ-1", nil},
		{"license_key", "Ключ-1 Аcme", []string{"has U+0410" + alike}},
		{"license_key", "LS‑0001", []string{"has U+2011" + alike}},
		{"license_key", "АС-1", []string{"has U+0410, U+0421" + alike}},
		{"license_key", "АВСЕНК", []string{"has U+0410, U+0412, U+0421, U+0415, U+041D, …" + alike}},
	} {
		text, err := json.Marshal(map[string]any{"in": map[string]string{"customer": "x"}, tt.field: tt.value})
		if err != nil {
			t.Fatal(err)
		}
		p, err := licseal.ParsePayload(text)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range edit.Warnings(p, licseal.Roles{}) {
			if w.Pointer != "/"+tt.field || !strings.HasPrefix(w.Message, `"`) {
				t.Errorf("%q: %v", tt.value, w)
			}
			_, doubt, _ := strings.Cut(w.Message[1:], `" `)
			got = append(got, doubt)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q: -want +got\n%s", tt.value, diff)
		}
	}
}

// Texts are found wherever they are in a payload, and names are not texts.
func TestWarningsAnywhere(t *testing.T) {
	p, err := licseal.ParsePayload([]byte(`{"a ":[{"b":"x "},1,"y",["z "]],"c":{" d ":true},"e":" ","license_key":" LS"}`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range edit.Warnings(p, licseal.Roles{}) {
		got = append(got, w.String())
	}
	want := []string{
		`1:13 /a /0/b: "x " ends with a blank`, `1:26 /a /3/0: "z " ends with a blank`,
		`1:54 /e: " " begins and ends with a blank`, `1:72 /license_key: " LS" begins with a blank`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// A payload with an id that nobody could type is not signed unless that is asked for.
func TestCheckOddID(t *testing.T) {
	p, err := licseal.ParsePayload([]byte(`{"customer":"x","license_key":"LS-0001 ","license_creation_date":"2026-01-01","license_expiration_date":"2027-01-01"}`))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := schema.Compile("any", []byte(`{"type":"object"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := edit.Check(p, rules, nil); !errors.As(err, new(*licseal.IDError)) {
		t.Errorf("got %v", err)
	}
	if _, err := edit.Check(p, rules, &edit.CheckOptions{AllowOddID: true}); err != nil {
		t.Errorf("allowed: %v", err)
	}
}
