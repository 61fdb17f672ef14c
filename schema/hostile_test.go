package schema_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/schema"
)

// doubling returns a schema of n definitions, each of which applies the next one
// twice: 2^n steps. wrap makes a schema of two others.
func doubling(n int, wrap string, last string) string {
	var b strings.Builder
	b.WriteString(`{"$ref":"#/$defs/d0","$defs":{`)
	for i := range n {
		next := fmt.Sprintf(`{"$ref":"#/$defs/d%d"}`, i+1)
		fmt.Fprintf(&b, `"d%d":%s,`, i, strings.ReplaceAll(wrap, "NEXT", next))
	}
	fmt.Fprintf(&b, `"d%d":%s}}`, n, last)
	return b.String()
}

// spellings returns references to /x/somewhere_ that differ in how it is escaped.
func spellings(n int) string {
	refs := make([]string, n)
	for i := range refs {
		refs[i] = `{"$ref":"#/x/`
		for bit, c := range "somewhere_" {
			if i>>bit&1 == 1 {
				refs[i] += fmt.Sprintf("%%%02X", c)
			} else {
				refs[i] += string(c)
			}
		}
		refs[i] += `"}`
	}
	return strings.Join(refs, ",")
}

func TestHostileSchemas(t *testing.T) {
	many := func(n int, format string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = strings.ReplaceAll(format, "N", fmt.Sprint(i))
		}
		return strings.Join(parts, ",")
	}
	arrays := `{"a":[` + strings.TrimSuffix(strings.Repeat("1,", 20000), ",") + `]}`
	text := `{"a":"` + strings.Repeat("a", 60000) + `"}`
	deep := strings.Repeat(`{"a":`, 29) + "1" + strings.Repeat("}", 29)
	tests := []struct {
		title, schema, payload string
		refused                string // the error of Compile, or of Validate; "" for none
	}{
		{"nested too deep", strings.Repeat(`{"not":`, 10000) + "{}" + strings.Repeat("}", 10000), `{}`, "nested deeper than"},
		{"too many values", `{"enum":[` + strings.TrimSuffix(strings.Repeat("1,", 5000), ",") + `]}`, `{}`, "too large"},
		{"too many bytes", `{"title":"` + strings.Repeat("x", 300<<10) + `"}`, `{}`, "bytes"},
		{"a long name", `{"properties":{"` + strings.Repeat("x", 300) + `":true}}`, `{}`, "too long"},
		{"2^100 by allOf", doubling(100, `{"allOf":[NEXT,NEXT]}`, `{}`), `{}`, "too much work"},
		{"2^100 by anyOf, refused", doubling(100, `{"anyOf":[NEXT,NEXT]}`, `{"type":"string"}`), `{}`, "too much work"},
		{"2^100 by not", doubling(100, `{"not":{"anyOf":[NEXT,NEXT]}}`, `{}`), `{}`, "too much work"},
		{"2^300", doubling(300, `{"oneOf":[NEXT,NEXT]}`, `false`), `{}`, "too much work"},
		{"2^29 by members", `{"$defs":{"n":{"allOf":[{"properties":{"a":{"$ref":"#/$defs/n"}}},{"properties":{"a":{"$ref":"#/$defs/n"}}}]}},"$ref":"#/$defs/n"}`, deep, "too much work"},
		{"3800 places", `{"$defs":{` + many(3800, `"dN":true`) + `}}`, `{}`, ""},
		{"1200 schemas", `{"properties":{` + many(1200, `"pN":{"type":"string"}`) + `}}`, `{}`, ""},
		{"one place in 300 spellings", `{"x":{"somewhere_":{"properties":{` + many(1000, `"pN":true`) + `}}},"allOf":[` + spellings(300) + `]}`, `{}`, "too much work to compile"},
		{"one large place in 1000 spellings", `{"x":{"somewhere_":{"enum":[` + many(1000, `N`) + `]}},"allOf":[` + spellings(1000) + `]}`, `{}`, "too much work to compile"},
		{"700 copies of 700", `{"x":[` + many(600, `{"properties":{"a":true}}`) + `],"allOf":[` + many(600, `{"$ref":"#/x/%30"}`) + `]}`, `{}`, ""},
		{"1000 dynamic anchors", `{"$defs":{` + many(1000, `"dN":{"$dynamicAnchor":"aN"}`) + `},"$dynamicRef":"#a0"}`, `{}`, ""},
		{"a loop through the dynamic scope", `{"$dynamicAnchor":"x","$dynamicRef":"#x"}`, `{}`, "leads back to itself"},
		{"20000 faults", `{"properties":{"a":{"items":{"type":"string"}}}}`, arrays, "broken"},
		{"20000 faults with long paths", `{"properties":{"a":{"patternProperties":{"` + strings.Repeat("(a|b)", 50) + `":true},"items":{"allOf":[` + many(5, `{"type":"string"}`) + `]}}}}`, arrays, "broken"},
		{"20000 faults below a long name", `{"additionalProperties":{"items":{"type":"string"}}}`, strings.Replace(arrays, "a", strings.Repeat("%", 20000), 1), "names are too long"},
		{"honest, with 1000 entries", `{"properties":{"entitlements":{"additionalProperties":{"$ref":"#/$defs/e"}}},"$defs":{"e":{"type":"object","required":["name"],"additionalProperties":false,"properties":{"name":{"type":"string"},"limited":{"type":"boolean"},"max":{"anyOf":[{"type":"integer"},{"const":"unlimited"},{"type":"null"}]}}}}}`,
			`{"entitlements":{` + many(1000, `"entitlement_N":{"name":"An entitlement","limited":true,"max":null}`) + `}}`, ""},
		{"a large repetition", `{"properties":{"a":{"pattern":"((a{100}){100}){100}"}}}`, `{}`, "regular expression"},
		{"a slow expression elsewhere", `{"properties":{"a":{"pattern":"^(a+)+$"}}}`, `{"a":"` + strings.Repeat("a", 60000) + `!"}`, "broken"},
		{"a long repetition", `{"properties":{"a":{"pattern":"^(?:a*){1000}b$"}}}`, text, "too much work"},
		{"a long repetition on a short text", `{"properties":{"a":{"pattern":"^(?:a*){1000}b$"}}}`, `{"a":"b"}`, ""},
		{"one among data", `{"$ref":"#/examples/0","examples":[{"properties":{"a":{"pattern":"^(?:a*){1000}b$"}}}]}`, text, "too much work"},
		{"one that only a dynamic reference finds", `{"$dynamicAnchor":"x","properties":{"a":{"$dynamicRef":"other.json#x"}},"$defs":{"o":{"$id":"other.json","$dynamicAnchor":"x"},"p":{"$id":"p.json","$dynamicAnchor":"x","pattern":"^(?:a*){1000}b$"}},"allOf":[{"$ref":"p.json"}]}`, text, "too"},
		{"one for names", `{"patternProperties":{"^(?:a*){1000}b$":true}}`, `{"` + strings.Repeat("a", 60000) + `":1}`, "too long for the regular expressions"},
		{"300 for names", `{"items":{},"properties":{"a":{"items":{"patternProperties":{"^(?:a*){100}b$":true}}}}}`, `{"a":[` + many(1000, `{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaN":1}`) + `]}`, "too"},
		{"20000 applications", `{"properties":{"a":{"allOf":[` + many(300, `{"pattern":"^a{10}[b]{0,N}$"}`) + `]}}}`, text, "too"},
		{"231 KB of expressions", `{"properties":{` + many(1200, `"pN":{"pattern":"^(?:[a-f]*){1,20}[^N]*(?i)`+strings.Repeat("longer than it should be", 6)+`$"}`) + `}}`, `{}`, "more than 8192 bytes"},
		{"expressions of large repetitions", `{"properties":{` + many(100, `"pN":{"pattern":"^(?:abN){1000}"}`) + `}}`, `{}`, "are too large"},
		{"expressions of large tables", `{"properties":{` + many(100, `"pN":{"pattern":"^\\pL{1000}N"}`) + `}}`, `{}`, "are too large"},
		{"an expression in 1000 spellings", `{"x":{"somewhere_":{"pattern":"(?:abc){1000}"}},"allOf":[` + spellings(1000) + `]}`, `{}`, "too much work to compile"},
		{"large tables as a value", `{"properties":{"a":{"items":{"format":"regex"}}}}`, `{"a":[` + many(100, `"(?i)`+strings.Repeat(`\\pL`, 300)+`N"`) + `]}`, "too much work"},
		{"a long expression as a value", `{"properties":{"a":{"format":"regex"}}}`, text, "broken"},
		{"many expressions as values", `{"properties":{"a":{"items":{"format":"regex"}}}}`, `{"a":[` + many(300, `"^[a-z]{1,20}-N$"`) + `]}`, ""},
		{"names as expressions", `{"regexProperties":true,"type":"object"}`, text, "not a keyword"},
		{"honest expressions", `{"properties":{"a":{"pattern":"^[\\p{L}\\p{N} .'-]{1,255}$"},"b":{"pattern":"^[A-Za-z0-9+/]{1,1000}={0,2}$"},"c":{"pattern":"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}}}`,
			`{"a":"Example Company, Inc","b":"` + strings.Repeat("QUJD", 250) + `","c":"0f6b7c9e-18a2-4c30-9d41-6b09f2c7eb18"}`, "broken"}, // for its comma
		{"an exponent", `{"properties":{"a":{"minimum":0e999999999,"type":"integer"}}}`, `{"a":0e999999999}`, ""},
		{"an exponent to compare with", `{"properties":{"a":{"enum":[0e99999999999]}}}`, `{"a":0e88888888}`, ""},
		{"names alike", `{"additionalProperties":false,"properties":{` + many(1300, `"name_of_a_member_that_is_long_N":true`) + `}}`, `{` + many(1300, `"name_of_the_member_that_is_long_N":1`) + `}`, "broken"},
	}
	for _, test := range tests {
		t.Run(test.title, func(t *testing.T) {
			start := time.Now()
			err := compileAndValidate(t, test.schema, test.payload)
			t.Logf("%v: %.200v", time.Since(start).Round(time.Millisecond), err)
			if broken, ok := err.(*schema.Error); ok && test.refused == "broken" && len(broken.Violations) > 0 {
				return
			}
			if test.refused == "" && err == nil {
				return
			}
			if test.refused == "" || err == nil || !strings.Contains(err.Error(), test.refused) {
				t.Errorf("got %.300v\nwant … %s …", err, test.refused)
			}
		})
	}
}

func compileAndValidate(t testing.TB, text, payload string) error {
	s, err := schema.Compile("hostile", []byte(text))
	if err != nil {
		return err
	}
	p, err := licseal.Parser{MaxBytes: 1 << 20}.ParsePayload([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(p)
}

// After a document that was too much work, the next one has all of the bound.
func TestBoundIsPerDocument(t *testing.T) {
	s, err := schema.Compile("hostile", []byte(doubling(9, `{"properties":{"a":{"allOf":[NEXT,NEXT]}}}`, `{}`)))
	if err != nil {
		t.Fatal(err)
	}
	deep := mustParse(t, strings.Repeat(`{"a":`, 10)+"1"+strings.Repeat("}", 10))
	for i := range 20 {
		if err := s.Validate(deep); err != nil {
			t.Fatalf("document %d: %v", i, err)
		}
	}
}

// FuzzCompile: no schema makes Compile or Validate panic or run on, and what is
// accepted is accepted again.
func FuzzCompile(f *testing.F) {
	for _, name := range schema.Names() {
		f.Add(mustBuiltin(f, name).JSON(), []byte(kongWith("", "")))
	}
	f.Add([]byte(vendorSchema), []byte(`{"serial":"acme","hosts":[1]}`))
	f.Add([]byte(doubling(30, `{"anyOf":[NEXT,NEXT]}`, `false`)), []byte(`{"a":1}`))
	f.Add([]byte(`{"$dynamicAnchor":"x","$dynamicRef":"#x","unevaluatedItems":false}`), []byte(`{"a":[1]}`))
	f.Fuzz(func(t *testing.T, text, payload []byte) {
		s, err := schema.Compile("fuzz", text)
		if (s == nil) == (err == nil) {
			t.Fatalf("%v, %v", s, err)
		}
		p, parseErr := licseal.ParsePayload(payload)
		if err != nil || parseErr != nil {
			return
		}
		first, second := s.Validate(p), s.Validate(p)
		if fmt.Sprint(first) != fmt.Sprint(second) {
			t.Fatalf("once %v, then %v", first, second)
		}
	})
}

// FuzzValidate: the built-in schemas judge any JSON without a panic, and every
// fault that is no lesser one is of a member that is there or of one that is not.
func FuzzValidate(f *testing.F) {
	f.Add([]byte(kongWith("customer", "1")))
	f.Add([]byte(published[0]))
	f.Add([]byte(`{"data":[{"id":1}],"next":2}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := licseal.ParsePayload(text)
		if err != nil {
			return
		}
		for _, name := range schema.Names() {
			for _, v := range violations(t, mustBuiltin(t, name), p) {
				_, there := p.Field(v.Pointer)
				if there != (v.Value != "") || v.Message == "" || v.Line < 1 {
					t.Errorf("%s: %+v", name, v)
				}
			}
		}
		if !json.Valid(text) {
			t.Error("not JSON")
		}
	})
}
