package entitlement_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/entitlement"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/schema"
)

// good is a payload that is accepted, to be changed by the tests.
const good = `{
  "created": "2026-01-01T00:00:00.000Z",
  "customer_name": "Example Company, Inc",
  "delay_expiry_days": 10,
  "delay_max_uses_perc": 20,
  "entitlements": {
    "requests": {"is_limited": true, "max_uses": 900, "name": "Requests"},
    "hosts": {"is_limited": true, "max_uses": "unlimited", "name": "Hosts"},
    "reports": {"is_limited": false, "max_uses": null, "name": "Reports"},
    "logs": {"is_limited": false, "max_uses": "null", "name": "Logs"}
  },
  "expiry": "2027-01-01T00:00:00.000Z",
  "id": "A-1",
  "key": "K-1",
  "max_machines": 2,
  "ordered_entitlements_keys": ["requests", "hosts", "reports", "logs"],
  "policy": null
}`

func mustParse(t testing.TB, text string) licseal.Payload {
	t.Helper()
	p, err := licseal.ParsePayload([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRead(t *testing.T) {
	l, warnings, refusals := entitlement.Read(mustParse(t, good))
	if len(warnings)+len(refusals) > 0 {
		t.Fatal(warnings, refusals)
	}
	want := &entitlement.License{
		Key: "K-1", Percent: 20, Machines: 2, Order: []string{"requests", "hosts", "reports", "logs"},
		Grants: map[string]entitlement.Grant{
			"requests": {Label: "Requests", Counted: true, Bounded: true, Max: 900},
			"hosts":    {Label: "Hosts", Counted: true},
			"reports":  {Label: "Reports"},
			"logs":     {Label: "Logs"},
		},
	}
	if diff := cmp.Diff(want, l); diff != "" {
		t.Error(diff)
	}
}

// What is refused, and where; TestAgrees holds the verdicts against the schema's.
func TestRefusals(t *testing.T) {
	tests := []struct{ old, new, want string }{
		{`"customer_name": "Example Company, Inc",`, ``, `1:1 /customer_name: member "customer_name" is missing`},
		{`"Requests"`, `5`, `7:63 /entitlements/requests/name: found the number 5; a string is expected`},
		{`"name": "Requests"`, `"name": "Requests", "window": "day"`, `7:85 /entitlements/requests/window: unknown member "window"`},
		{`"name": "Requests"`, `"name": ""`, `7:63 /entitlements/requests/name: found the string ""; a string that is not empty is expected`},
		{`900`, `-1`, `7:50 /entitlements/requests/max_uses: found the number -1; a number of at least 0 is expected`},
		{`900`, `0.5`, `7:50 /entitlements/requests/max_uses: found the number 0.5; an integer is expected`},
		{`900`, `"900"`, `7:50 /entitlements/requests/max_uses: found the string "900"; "unlimited", or a number without quotes, is expected`},
		{`"max_uses": null`, `"max_uses": 5`, `9:50 /entitlements/reports/max_uses: found the number 5; null or "null" is expected`},
		{`"2027-01-01T00:00:00.000Z"`, `"2027-01-01T00:00:00Z"`, `12:13 /expiry: found the string "2027-01-01T00:00:00Z"; a time such as "2027-12-31T00:00:00.000Z", in UTC and with milliseconds, is expected`},
		{`"2027-01-01T00:00:00.000Z"`, `"2026-01-01T00:00:00.000Z"`, `12:13 /expiry: found the string "2026-01-01T00:00:00.000Z"; it must lie after the creation, 2026-01-01T00:00:00.000Z`},
		{`"policy": null`, `"policy": 7`, `17:13 /policy: found the number 7; a string or null is expected`},
		{`10`, `36501`, `4:24 /delay_expiry_days: found the number 36501; a number of at most 36500 is expected`},
		{`["requests", "hosts"`, `["requests", 5`, `16:45 /ordered_entitlements_keys/1: found the number 5; a string is expected`},
	}
	for _, test := range tests {
		text := strings.Replace(good, test.old, test.new, 1)
		if text == good {
			t.Fatalf("%s is not in the text", test.old)
		}
		l, warnings, refusals := entitlement.Read(mustParse(t, text))
		if l != nil || len(warnings) > 0 || len(refusals) == 0 {
			t.Errorf("%s: %v, %v, %v", test.new, l, warnings, refusals)
			continue
		}
		if got := refusals[0].String(); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.new, got, test.want)
		}
	}
}

// Members of the payload itself that are unknown are warnings, however many.
func TestWarnings(t *testing.T) {
	var more strings.Builder
	for i := range 300 {
		fmt.Fprintf(&more, `"a%d": {}, `, i)
	}
	text := strings.Replace(good, `{`, `{`+more.String(), 1)
	l, warnings, refusals := entitlement.Read(mustParse(t, text))
	if l == nil || len(warnings) != 100 || len(refusals) > 0 || !warnings[0].UnknownMember || warnings[0].Pointer != "/a0" {
		t.Errorf("%v, %d warnings, %v", l, len(warnings), refusals)
	}
	text = strings.Replace(text, `"name": "Requests"`, `"name": "Requests", "window": "day"`, 1)
	if l, _, refusals := entitlement.Read(mustParse(t, text)); l != nil || len(refusals) != 1 {
		t.Errorf("a restriction among many warnings: %v", refusals)
	}
}

// agree fails unless Read and the built-in schema have the same verdict.
func agree(t *testing.T, p licseal.Payload) (accepted bool) {
	t.Helper()
	warnings, err := schema.Entitlement().Judge(p)
	l, own, refusals := entitlement.Read(p)
	if (l == nil) != (err != nil) || (l == nil) != (len(refusals) > 0) {
		t.Fatalf("%s\nthe schema: %v\nRead: %v", p.Bytes(), err, refusals)
	}
	if l != nil && len(warnings) != len(own) {
		t.Errorf("%s\nwarnings of the schema: %v\nof Read: %v", p.Bytes(), warnings, own)
	}
	return l != nil
}

// odd are values that are put in place of others.
var odd = []string{
	`null`, `"null"`, `true`, `false`, `"unlimited"`, `""`, `" "`, `"x"`, `0`, `-0`, `-1`, `1`, `1.0`, `1e2`, `0.5`, `36500`, `36501`,
	`1000000`, `1000001`, `9007199254740991`, `"900"`, `[]`, `{}`, `["requests"]`, `[null]`, `{"requests":{}}`,
	`"2026-01-01T00:00:00.000Z"`, `"2026-12-31T23:59:60.000Z"`, `"2026-02-30T00:00:00.000Z"`, `"2026-01-01T24:00:00.000Z"`, `"2026-01-01"`,
	`"2026-01-01T00:00:00Z"`, `"2026-01-01T00:00:00.0000Z"`, `"2026-01-01T00:00:00.00Z"`, `"2026-01-01T00:00:00.000z"`, `"2026-01-01t00:00:00.000Z"`,
	`"2026-01-01T00:00:00,000Z"`, `"2026-01-01T00:00:00.000+00:00"`, `"2026-01-01T00:00:00.000Z\n"`, `"0000-01-01T00:00:00.000Z"`, `"9999-12-31T23:59:59.999Z"`,
	`"\u0000"`, `"é"`, `{"is_limited":true,"max_uses":1,"name":"x"}`, `{"is_limited":false,"max_uses":null,"name":"x"}`,
}

// names are given to members.
var names = []string{
	"", "a", "window", "is_limited", "max_uses", "name", "policy", "key", "customer_name", "requests", "entitlements", "\n", "\x7f", "\u0080", "\u009f", "\u00a0", "a/b~c",
	strings.Repeat("é", 200), strings.Repeat("é", 201), "ordered_entitlements_keys", "status",
}

// mutate changes some of a value.
func mutate(r *rand.Rand, v any) any {
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		if len(keys) == 0 || r.IntN(8) == 0 {
			v[names[r.IntN(len(names))]] = value(r)
			return v
		}
		k := keys[r.IntN(len(keys))]
		switch r.IntN(9) {
		case 0:
			delete(v, k)
		case 1:
			name := names[r.IntN(len(names))]
			v[name] = v[k]
			delete(v, k)
		case 2:
			v[k] = value(r)
		default:
			v[k] = mutate(r, v[k])
		}
		return v
	case []any:
		switch i := r.IntN(len(v) + 1); {
		case i == len(v) || r.IntN(3) == 0:
			return append(v, names[r.IntN(len(names))])
		case r.IntN(2) == 0:
			return slices.Delete(v, i, i+1)
		default:
			v[i] = value(r)
			return v
		}
	}
	return value(r)
}

func value(r *rand.Rand) any { return json.RawMessage(odd[r.IntN(len(odd))]) }

// changed returns the good payload with some changes.
func changed(t testing.TB, r *rand.Rand) (licseal.Payload, bool) {
	var v any
	decoder := json.NewDecoder(strings.NewReader(good))
	decoder.UseNumber()
	if err := decoder.Decode(&v); err != nil {
		t.Fatal(err)
	}
	for range 1 + r.IntN(3) {
		v = mutate(r, v)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	p, err := licseal.ParsePayload(text)
	return p, err == nil
}

// Every value of the payload is replaced by every odd one, and each is left out.
func TestAgrees(t *testing.T) {
	pointers := []string{
		"created", "customer_name", "delay_expiry_days", "delay_max_uses_perc", "entitlements", "expiry", "id", "key", "max_machines",
		"ordered_entitlements_keys", "policy", "entitlements/requests", "entitlements/reports", "entitlements/requests/is_limited",
		"entitlements/requests/max_uses", "entitlements/requests/name", "entitlements/requests/window", "entitlements/reports/is_limited",
		"entitlements/reports/max_uses", "entitlements/more", "status",
	}
	accepted := 0
	for _, path := range pointers {
		for _, value := range append(odd, "") {
			var top map[string]any
			if err := json.Unmarshal([]byte(good), &top); err != nil {
				t.Fatal(err)
			}
			object, steps := top, strings.Split(path, "/")
			for _, step := range steps[:len(steps)-1] {
				object = object[step].(map[string]any)
			}
			last := steps[len(steps)-1]
			delete(object, last)
			if value != "" {
				object[last] = json.RawMessage(value)
			}
			text, err := json.Marshal(top)
			if err != nil {
				t.Fatal(err)
			}
			if agree(t, mustParse(t, string(text))) {
				accepted++
			}
		}
	}
	if accepted < 50 {
		t.Errorf("only %d were accepted, so little was tested", accepted)
	}
}

// Payloads with several random changes.
func TestAgreesOnChanges(t *testing.T) {
	accepted, rounds := 0, testenv.Rounds(2000, 20_000)
	for i := range rounds {
		if p, ok := changed(t, rand.New(rand.NewPCG(uint64(i), 2))); ok && agree(t, p) {
			accepted++
		}
	}
	if accepted < rounds/100 {
		t.Errorf("only %d of %d were accepted", accepted, rounds)
	}
}

// FuzzAgrees: Read has the verdict of the schema on any payload.
func FuzzAgrees(f *testing.F) {
	for i := range uint64(30) {
		p, ok := changed(f, rand.New(rand.NewPCG(i, 0)))
		if ok {
			f.Add(p.Bytes())
		}
	}
	f.Add([]byte(good))
	f.Fuzz(func(t *testing.T, text []byte) {
		if p, err := licseal.ParsePayload(text); err == nil {
			agree(t, p)
		}
		seed := uint64(len(text))
		for _, b := range bytes.TrimSpace(text) {
			seed = seed*31 + uint64(b)
		}
		if p, ok := changed(t, rand.New(rand.NewPCG(seed, 1))); ok {
			agree(t, p)
		}
	})
}
