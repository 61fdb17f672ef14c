package licseal

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustParse(t *testing.T, text string) Payload {
	t.Helper()
	payload, err := ParsePayload([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

func TestField(t *testing.T) {
	payload := mustParse(t, `{"a":{"b":["x",{"c":null}]},"":1,"/~":"slash","é\n":"\"\\","n":1.50,"ba":[],"b":{}}`)
	tests := []struct{ pointer, want string }{
		{"", string(payload.Bytes())},
		{"/", `1`},
		{"/a/b/0", `"x"`},
		{"/a/b/1", `{"c":null}`},
		{"/a/b/1/c", `null`},
		{"/~1~0", `"slash"`},
		{"/é\n", `"\"\\"`},
		{"/n", `1.5`},
		{"/b", `{}`},
		{"/ba", `[]`},
		{"/a/b/2", ""},
		{"/a/b/-", ""},
		{"/a/b/00", ""},
		{"/a/b/+0", ""},
		{"/a/b/-1", ""},
		{"/a/b/99999999999999999999", ""},
		{"/ba/0", ""},
		{"/n/0", ""},
		{"/A", ""},
		{"/a/", ""},
		{"a", ""},    // no pointer
		{"/~", ""},   // no pointer
		{"/~1~", ""}, // no pointer
	}
	for _, tt := range tests {
		t.Run(tt.pointer, func(t *testing.T) {
			got, ok := payload.Field(tt.pointer)
			if string(got) != tt.want || ok != (tt.want != "") {
				t.Errorf("got %q, %v, want %q", got, ok, tt.want)
			}
		})
	}
}

func TestText(t *testing.T) {
	payload := mustParse(t, `{"a":"x\n\u00e9","empty":"","n":1,"null":null,"o":{},"l":[]}`)
	for pointer, want := range map[string]string{"/a": "x\né", "/empty": ""} {
		if got, ok := payload.Text(pointer); got != want || !ok {
			t.Errorf("%s: %q, %v, want %q", pointer, got, ok, want)
		}
	}
	for _, pointer := range []string{"", "/n", "/null", "/o", "/l", "/none"} {
		if got, ok := payload.Text(pointer); got != "" || ok {
			t.Errorf("%s: %q, %v", pointer, got, ok)
		}
	}
}

func TestPosition(t *testing.T) {
	const payload = "{\n  \"é\": [\"😀\", {\"b\": 1}],\n\t\"x~/\":\t2\n}"
	bare := mustParse(t, payload)
	lic, err := ParseUnverified([]byte("{\"license\":\n{\"version\":1,\"payload\": " + payload + ",\"signature\":\"" + strings.Repeat("0", 128) + "\"}}"))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ pointer, inPayload, inLicense string }{
		{"", "1:1", "2:25 /license/payload"},
		{"/é", "2:8 /é", "3:8 /license/payload/é"},
		{"/é/0", "2:9 /é/0", "3:9 /license/payload/é/0"},
		{"/é/1/b", "2:20 /é/1/b", "3:20 /license/payload/é/1/b"},
		{"/x~0~1", "3:9 /x~0~1", "4:9 /license/payload/x~0~1"},
		// What is not there is at the nearest value around it.
		{"/none", "1:1 /none", "2:25 /license/payload/none"},
		{"/é/7", "2:8 /é/7", "3:8 /license/payload/é/7"},
		{"/é/1/c/d", "2:14 /é/1/c/d", "3:14 /license/payload/é/1/c/d"},
	}
	for _, tt := range tests {
		t.Run(tt.pointer, func(t *testing.T) {
			got := []string{bare.Position(tt.pointer).String(), lic.Payload.Position(tt.pointer).String()}
			if diff := cmp.Diff([]string{tt.inPayload, tt.inLicense}, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestZeroPayload(t *testing.T) {
	var payload Payload
	if got := string(payload.Bytes()); got != "{}" {
		t.Errorf("Bytes: %s", got)
	}
	if !payload.Equal(mustParse(t, " { } ")) {
		t.Error("not equal to the empty object")
	}
	if _, ok := payload.Field("/a"); ok {
		t.Error("has a field")
	}
	if got := payload.Position("/a").String(); got != "/a" {
		t.Errorf("Position: %s", got)
	}
	var dateErr *DateError
	if _, err := payload.Period(Roles{}, nil); !errors.As(err, &dateErr) {
		t.Errorf("Period: %v", err)
	}
}
