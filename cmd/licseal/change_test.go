package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
)

func parsePayload(t *testing.T, text string) licseal.Payload {
	t.Helper()
	p, err := licseal.ParsePayload([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func setAll(p licseal.Payload, sets []string) (licseal.Payload, error) {
	changes, err := parseChanges(sets)
	if err != nil {
		return p, err
	}
	return applyChanges(p, changes)
}

func TestChanges(t *testing.T) {
	tests := []struct {
		name string
		from string
		sets []string
		want string
	}{
		{"nothing", `{"b":1,"a":2}`, nil, `{"a":2,"b":1}`},
		{"a string", `{}`, []string{"a=x"}, `{"a":"x"}`},
		{"commas, equal signs and quotes", `{}`, []string{`a=Miller, "M" & Co = x`}, `{"a":"Miller, \"M\" & Co = x"}`},
		{"an empty string", `{"a":"x"}`, []string{"a="}, `{"a":""}`},
		{"digits stay a string", `{"a":"1"}`, []string{"a=5"}, `{"a":"5"}`},
		{"digits make a string", `{}`, []string{"a=5"}, `{"a":"5"}`},
		{"a number stays a number", `{"a":1}`, []string{"a=5"}, `{"a":5}`},
		{"a truth stays a truth", `{"a":true}`, []string{"a=false"}, `{"a":false}`},
		{"an object in place of one", `{"a":{"b":1}}`, []string{`a={"c":2}`}, `{"a":{"c":2}}`},
		{"JSON", `{"a":"x"}`, []string{`a:=[1,"2",null]`}, `{"a":[1,"2",null]}`},
		{"a colon in the value", `{}`, []string{"a=b:=c"}, `{"a":"b:=c"}`},
		{"dots lead into objects", `{"a":{"b":"x","c":1}}`, []string{"a.b=y"}, `{"a":{"b":"y","c":1}}`},
		{"objects are made on the way", `{}`, []string{"a.b.c=x"}, `{"a":{"b":{"c":"x"}}}`},
		{"a JSON Pointer", `{"a.b":{"c/d":"x"}}`, []string{"/a.b/c~1d=y"}, `{"a.b":{"c/d":"y"}}`},
		{"an element", `{"a":["x","y"]}`, []string{"a.1=z"}, `{"a":["x","z"]}`},
		{"into what was just set", `{}`, []string{`a:={"b":[1]}`, "a.b.0=2"}, `{"a":{"b":["2"]}}`},
		{"large and small numbers elsewhere", `{"n":9007199254740991,"m":1e-7}`, []string{"a=x"}, `{"a":"x","m":1e-7,"n":9007199254740991}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := setAll(parsePayload(t, test.from), test.sets)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got.Bytes())); diff != "" {
				t.Errorf("the payload (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChangesRefused(t *testing.T) {
	tests := []struct {
		name string
		from string
		sets []string
		want string
	}{
		{"no value", `{}`, []string{"a"}, `--set "a": write it as NAME=VALUE`},
		{"no name", `{}`, []string{"=x"}, `--set "=x": write it as NAME=VALUE`},
		{"no name before :=", `{}`, []string{":=1"}, `--set ":=1": write it as NAME=VALUE`},
		{"no pointer", `{}`, []string{"/a~2=x"}, `--set "/a~2=x": /a~2 is not a JSON Pointer`},
		{"no UTF-8", `{}`, []string{"a=\xff"}, `--set "a=\xff": the text is not UTF-8`},
		{"twice", `{}`, []string{"a=1", "a=2"}, `--set "a=2": the field is set twice`},
		{"twice, spelt differently", `{}`, []string{"a.b=1", "/a/b:=2"}, `--set "/a/b:=2": the field is set twice`},
		{"no number", `{"a":1}`, []string{"a=x"}, `--set /a: "x" is not of the kind that is there (1); := sets any JSON value`},
		{"a string for a number", `{"a":1}`, []string{`a="x"`}, `--set /a: "\"x\"" is not of the kind that is there (1); := sets any JSON value`},
		{"no JSON", `{}`, []string{"a:=x"}, `--set /a: "x" is not JSON; a string has quotes, or is set with = in place of :=`},
		{"a name twice in JSON", `{}`, []string{`a:={"b":1,"b":2}`}, `--set /a: "{\"b\":1,\"b\":2}" is not JSON; a string has quotes, or is set with = in place of :=`},
		{"into a string", `{"a":"x"}`, []string{"a.b=y"}, `--set /a/b: what should hold "b" is not an object`},
		{"an element with a leading zero", `{"a":[1]}`, []string{"a.00=y"}, `--set /a/00: "00" is not an index of the array there, which has 1 elements`},
		{"no such element", `{"a":[1]}`, []string{"a.1=y"}, `--set /a/1: "1" is not an index of the array there, which has 1 elements`},
		{"an element by name", `{"a":[1]}`, []string{"a.b=y"}, `--set /a/b: "b" is not an index of the array there, which has 1 elements`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := setAll(parsePayload(t, test.from), test.sets)
			if err == nil {
				t.Fatalf("it was accepted: %s", got.Bytes())
			}
			if code := classify(err).code; code != exitUsage {
				t.Errorf("the exit code is %d, want %d", code, exitUsage)
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Errorf("the error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNumbersOutOfRangeAreRefused(t *testing.T) {
	for _, set := range []string{"a:=1e400", "a:=9007199254740993"} {
		got, err := setAll(parsePayload(t, `{}`), []string{set})
		if err == nil {
			t.Errorf("--set %s was accepted: %s", set, got.Bytes())
		} else if code := classify(err).code; code != exitUsage {
			t.Errorf("--set %s: the exit code is %d, want %d", set, code, exitUsage)
		}
	}
}

func TestExpiry(t *testing.T) {
	tests := []struct {
		created string
		expires string
		want    string // "" if it is refused
	}{
		{"2026-01-31", "2027-12-31", "2027-12-31"},
		{"2026-01-31", "2027-12-31T12:00:00+02:00", "2027-12-31T12:00:00+02:00"},
		{"2026-01-31", "+1d", "2026-02-01"},
		{"2026-01-31", "+365d", "2027-01-31"},
		{"2024-02-28", "+365d", "2025-02-27"},
		{"2026-01-31", "+0d", "2026-01-31"},
		{"2026-01-31", "+48h", "2026-02-02"},
		{"2026-01-31", "+12h", "2026-01-31T12:00:00Z"},
		{"2026-01-31T23:30:00+02:00", "+1d", "2026-02-01T21:30:00Z"},
		{"2026-01-31T00:00:00Z", "+1d", "2026-02-01T00:00:00Z"},
		{"2026-01-31T00:00:00.5Z", "+1d", "2026-02-01T00:00:00.5Z"},
		{"2026-01-31", "1d", ""},
		{"2026-01-31", "+1", ""},
		{"2026-01-31", "+-1d", ""},
		{"2026-01-31", "++1d", ""},
		{"2026-01-31", "+", ""},
		{"2026-01-31", "2027-02-29", ""},
		{"2026-01-31", "tomorrow", ""},
		{"never", "+1d", ""},
		{"", "+1d", ""},
	}
	for _, test := range tests {
		t.Run(test.created+" "+test.expires, func(t *testing.T) {
			p := parsePayload(t, `{"license_creation_date":"`+test.created+`"}`)
			got, err := expiry(p, licseal.Roles{}.WithDefaults(), test.expires)
			if err != nil && classify(err).code != exitUsage {
				t.Errorf("the exit code is %d, want %d", classify(err).code, exitUsage)
			}
			if got != test.want {
				t.Errorf("got %q and the error %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestParseLength(t *testing.T) {
	const day = 24 * time.Hour
	tests := []struct {
		text string
		want time.Duration // -1 if it is refused
	}{
		{"30d", 30 * day},
		{"0d", 0},
		{"0", 0},
		{"36500d", 36500 * day},
		{"12h", 12 * time.Hour},
		{"1h30m", 90 * time.Minute},
		{"36501d", -1},
		{"106752d", -1}, // more than a Duration holds
		{"9223372036854775807d", -1},
		{"-9223372036854775807d", -1}, // in nanoseconds, modulo 2^64: one day
		{"99999999999999999999d", -1},
		{"-1d", -1},
		{"-1h", -1},
		{"+1d", -1},
		{"+1h", -1},
		{"1.5d", -1},
		{"1d12h", -1},
		{"30", -1},
		{"30 d", -1},
		{"d", -1},
		{"", -1},
		{"month", -1},
	}
	for _, test := range tests {
		got, err := parseLength(test.text)
		if err != nil {
			got = -1
			if classify(err).code != exitUsage {
				t.Errorf("parseLength(%q): the exit code is %d, want %d", test.text, classify(err).code, exitUsage)
			}
		}
		if got != test.want {
			t.Errorf("parseLength(%q) = %v, %v; want %v", test.text, got, err, test.want)
		}
	}
}
