package decode_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/decode"
)

func Example() {
	payload, err := licseal.ParsePayload([]byte(`{"customer": "Example Company, Inc", "seats": 5}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	var terms struct {
		Customer string `json:"customer"`
		Seats    int    `json:"seats"`
	}
	if err := decode.Payload(payload, &terms); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d seats for %s\n", terms.Seats, terms.Customer)
	// Output:
	// 5 seats for Example Company, Inc
}

func mustParse(t *testing.T, text string) licseal.Payload {
	t.Helper()
	payload, err := licseal.ParsePayload([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

func TestPayload(t *testing.T) {
	type fields struct {
		Customer string `json:"customer"`
		Seats    int    `json:"seats"`
	}
	var got fields
	if err := decode.Payload(mustParse(t, `{"seats":5,"customer":"\u00c9"}`), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fields{"É", 5}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if err := decode.Payload(licseal.Payload{}, &got); err != nil {
		t.Errorf("the empty object: %v", err)
	}
	for name, text := range map[string]string{
		"another case":        `{"Seats":5}`,
		"a letter that folds": `{"ſeats":5}`,
		"no such field":       `{"seat":5}`,
		"another type":        `{"seats":"5"}`,
		"a fraction":          `{"seats":5.5}`,
	} {
		if err := decode.Payload(mustParse(t, text), new(fields)); err == nil {
			t.Errorf("%s: %s was decoded", name, text)
		}
	}
}
