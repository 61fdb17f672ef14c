package repair

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
)

// Places and offsets of a text lead to each other, for each character.
func TestPlaces(t *testing.T) {
	const text = "aé\n\nb\n"
	for offset, want := range map[int][2]int{-1: {1, 1}, 0: {1, 1}, 1: {1, 2}, 3: {1, 3}, 4: {2, 1}, 5: {3, 1}, 6: {3, 2}, 7: {4, 1}, 8: {4, 1}} {
		pos := at([]byte(text), offset)
		if got := [2]int{pos.Line, pos.Column}; got != want {
			t.Errorf("offset %d: %v, want %v", offset, got, want)
		}
		if back := offsetOf([]byte(text), pos); back != min(max(offset, 0), len(text)) {
			t.Errorf("offset %d: %v leads to %d", offset, pos, back)
		}
	}
	for _, pos := range []licseal.Position{{Line: 5, Column: 1}, {Line: 9, Column: 9}, {Line: 4, Column: 9}} {
		if got := offsetOf([]byte(text), pos); got != len(text) {
			t.Errorf("%v leads to %d", pos, got)
		}
	}
	for text, want := range map[string]int{"": 0, "a": 0, " a": 1, "\n\t\v\f\r a ": 6, "  ": 2} {
		if got := startOf([]byte(text)); got != want {
			t.Errorf("%q starts at %d", text, got)
		}
	}
}

// Where a value of a JSON document is, for jq and for a message.
func TestNodePaths(t *testing.T) {
	top := parseJSON([]byte(" {\"a\":[1,{\"b-c\":\"x\"}],\n\"d's\":{\"e\":null,\"e\":2},\"\":3} "))
	var got []string
	top.walk(func(n *node) bool {
		got = append(got, fmt.Sprintf("%v %s %s %s", n.position(), n.shellPath(), n.string(), n.raw()))
		return n.name != "d's"
	})
	want := []string{
		"1:2 '.'  {\"a\":[1,{\"b-c\":\"x\"}],\n\"d's\":{\"e\":null,\"e\":2},\"\":3}",
		`1:7 /a '.a'  [1,{"b-c":"x"}]`, `1:8 /a/0 '.a[0]'  1`, `1:10 /a/1 '.a[1]'  {"b-c":"x"}`, `1:17 /a/1/b-c '.a[1]["b-c"]' x "x"`,
		`2:7 /d's '.["d'\''s"]'  {"e":null,"e":2}`, `2:27 / '.[""]'  3`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	object := top.children[1]
	if m := object.member("e", '0'); m == nil || string(m.raw()) != "2" || object.member("e", '"') != nil || object.member("f", '0') != nil || top.children[0].member("0", '0') != nil {
		t.Error("a member is found by its name and kind")
	}
	for text, ok := range map[string]bool{"5": true, " [] ": true, `"a"`: true, "": false, "{": false, "[1": false, "[1] x": false, `{"a"}`: false, `{"a":}`: false, "[1,]": false, `{"a":1`: false, `{5:1}`: false,
		strings.Repeat("[", 100) + strings.Repeat("]", 100): true, strings.Repeat("[", 102) + "1" + strings.Repeat("]", 102): true, strings.Repeat("[", 102): false} {
		if got := parseJSON([]byte(text)) != nil; got != ok {
			t.Errorf("%.20s: %t", text, got)
		}
	}
	depth := 0
	for n := parseJSON([]byte(strings.Repeat("[", 120) + strings.Repeat("]", 120))); len(n.children) > 0; n = n.children[0] {
		depth++
	}
	if depth != 100 {
		t.Errorf("values are found %d levels deep", depth)
	}
}

// What is a licence document, and what only holds one.
func TestIsDocument(t *testing.T) {
	for text, want := range map[string]bool{
		`{"license":{"payload":1}}`: true, `{"License":{"signature":1}}`: true, `{"LICENSE":{"payload":1,"signature":2,"x":3}}`: true,
		`{"license":{"x":1}}`: false, `{"license":5}`: false, `{"licence":{"payload":1}}`: false, `{"license":{"payload":1},"x":2}`: false, `[{"payload":1}]`: false, `{}`: false,
	} {
		if got := parseJSON([]byte(text)).isDocument(); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
	for text, want := range map[string]bool{`{"payload":{},"signature":""}`: true, `{"payload":"","signature":""}`: false, `{"payload":{},"signature":1}`: false, `{"payload":{}}`: false, `[]`: false} {
		if got := parseJSON([]byte(text)).isLicense(); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}

// The records of a list, with what names and dates each.
func TestRecords(t *testing.T) {
	day := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	got := Records([]byte(`{"data":[{"id":"a","payload":"x","updated_at":1767312000},{"id":"b"},{"payload":{"c":1},"updated_at":"2026-01-02"},{"id":"d","payload":5,"updated_at":0},{"id":"e","payload":"","updated_at":"soon"},{"id":"f","payload":"y","updated_at":-1},{"id":"g","payload":"z","updated_at":1}]}`))
	want := []Embedded{
		{Name: "a", Text: []byte("x"), Updated: day}, {Name: "number 3", Text: []byte(`{"c":1}`), Updated: day}, {Name: "d", Text: []byte("5")},
		{Name: "e", Text: []byte("")}, {Name: "f", Text: []byte("y")}, {Name: "g", Text: []byte("z"), Updated: time.Unix(1, 0).UTC()},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, text := range []string{"x", "[]", `{"data":5}`, "{}", `{"data":[]}`} {
		if got := Records([]byte(text)); got != nil {
			t.Errorf("%s: %v", text, got)
		}
	}
	// A list may be larger than a licence.
	large := `{"data":[{"id":"a","payload":"` + strings.Repeat("x", 500_000) + `"},{"id":"b","payload":"` + strings.Repeat("x", 500_000) + `"}],"next":null}`
	if got := Records([]byte(large)); len(got) != 2 {
		t.Errorf("%d records of a large list", len(got))
	}
	if r := detectRecord([]byte(large), nil); r == nil || r.fault.Kind != AdminListUnclear {
		t.Errorf("a large list: %+v", r)
	}
}

// The text that was changed last counts, unless two were at once, or it is not used.
func TestNewest(t *testing.T) {
	day := func(d int) Embedded { return Embedded{Updated: time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC)} }
	alone, disabled := day(9), day(9)
	alone.Alone, disabled.Disabled = true, true
	for _, test := range []struct {
		all  []Embedded
		want int
	}{
		{nil, -1}, {[]Embedded{day(1)}, 0}, {[]Embedded{{}}, 0}, {[]Embedded{day(1), day(2)}, 1}, {[]Embedded{day(2), day(1)}, 0}, {[]Embedded{day(1), day(1)}, -1},
		{[]Embedded{day(1), day(1), day(2)}, 2}, {[]Embedded{day(2), day(1), day(1)}, 0}, {[]Embedded{day(1), day(2), day(2)}, -1}, {[]Embedded{alone, day(1), disabled}, 1}, {[]Embedded{alone}, -1}, {[]Embedded{disabled}, -1},
	} {
		if got := Newest(test.all); got != test.want {
			t.Errorf("%v: %d, want %d", test.all, got, test.want)
		}
	}
}

func licenceOf(t *testing.T, payload string) *licseal.License {
	t.Helper()
	lic, err := licseal.ParseUnverified(fmt.Appendf(nil, `{"license":{"payload":%s,"signature":"%0128d","version":"1"}}`, payload, 0))
	if err != nil {
		t.Fatal(err)
	}
	return lic
}

// Only the dates that are named, and that lack zeros, change.
func TestPadDates(t *testing.T) {
	for payload, want := range map[string]string{
		`{"a":"2026-8-4","b":{"c":"2026-12-4"},"d":"2026-1-1"}`: `{"a":"2026-08-04","b":{"c":"2026-12-04"},"d":"2026-1-1"} [{/a 2026-8-4 2026-08-04} {/b/c 2026-12-4 2026-12-04}]`,
		`{"a":"2026-08-4","x":"2026-08-4"}`:                     `{"a":"2026-08-04","x":"2026-08-4"} [{/a 2026-08-4 2026-08-04}]`,
		`{"a":"2026-08-04","b":{"c":5}}`:                        `{"a":"2026-08-04","b":{"c":5}} []`,
		`{"a":"26-8-4","b":{"c":"2026-8-004"}}`:                 `{"a":"26-8-4","b":{"c":"2026-8-004"}} []`,
	} {
		padded, dates := PadDates(licenceOf(t, payload), "/a", "/b/c", "/none")
		if got := fmt.Sprintf("%s %v", padded.Payload.Bytes(), dates); got != want {
			t.Errorf("%s: %s", payload, got)
		}
	}
}

// What a payload has instead of values.
func TestStandInsOfPayload(t *testing.T) {
	var got []string
	for _, f := range StandIns(licenceOf(t, `{"a":"${X}","b":"None","c":{"d":"**"},"e":5,"f":null,"g":"ok"}`)) {
		got = append(got, fmt.Sprint(f.Kind, f.Pointer))
	}
	if diff := cmp.Diff([]string{"placeholder/license/payload/a", "masked/license/payload/c/d"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for n, want := range map[int]bool{50: true, 51: false} { // members next to a name
		members := []string{`"name":"license"`, `"value":"**"`}
		for i := len(members); i < n; i++ {
			members = append(members, fmt.Sprintf(`"m%d":1`, i))
		}
		if got := detectJSONStandIn([]byte("{"+strings.Join(members, ",")+"}"), nil) != nil; got != want {
			t.Errorf("among %d members: %t", n, got)
		}
	}
	for n, want := range map[int]bool{1999: true, 2000: false} { // values before it
		text := `{"license":[` + strings.Repeat(`"ok",`, n) + `"**"]}`
		if got := detectJSONStandIn([]byte(text), nil) != nil; got != want {
			t.Errorf("after %d values: %t", n, got)
		}
		text = "license:\n" + strings.Repeat("- ok\n", n) + "- \"**\"\n"
		if got := detectYAML([]byte(text), nil) != nil; got != want {
			t.Errorf("after %d values of YAML: %t", n, got)
		}
	}
}

// The candidates of a licence, the likeliest first, with what was undone.
func TestSubstitutionsInOrder(t *testing.T) {
	for payload, want := range map[string][]string{
		`{"a":"plain"}`: nil,
		`{"a":"x` + "\u00a0" + `y"}`: {
			`{"a":"x y"} [U+00A0 " "]`, `{"a":"x y"} [U+00A0 " "]`},
		`{"a":"x–y","b":"z–"}`: {
			`{"a":"x-y","b":"z-"} [U+2013 "-"]`, `{"a":"x--y","b":"z--"} [U+2013 "--"]`,
			`{"a":"x-y","b":"z–"} [U+2013 "-"]`, `{"a":"x--y","b":"z–"} [U+2013 "--"]`, `{"a":"x–y","b":"z-"} [U+2013 "-"]`, `{"a":"x–y","b":"z--"} [U+2013 "--"]`,
			`{"a":"x-y","b":"z-"} [U+2013 "-"]`, `{"a":"x-y","b":"z--"} [U+2013 "-"]`, `{"a":"x--y","b":"z-"} [U+2013 "--"]`, `{"a":"x--y","b":"z--"} [U+2013 "--"]`},
		`{"a":"` + "\u200b" + `x"}`: {`{"a":"x"} [U+200B nothing]`, `{"a":"x"} [U+200B nothing]`},
		`{"a":"MÃ¼ller"}`:           {`{"a":"Müller"} ["MÃ¼ller" "Müller"]`, `{"a":"Müller"} ["MÃ¼ller" "Müller"]`, `{"a":"Müller"} ["MÃ¼ller" "Müller"]`, `{"a":"Müller"} ["MÃ¼ller" "Müller"]`},
		`{"a":"a b"}`:               {"{\"a\":\"a\u00a0b\"} [\" \" U+00A0]", "{\"a\":\"a\u00a0b\"} [\" \" U+00A0]"},
	} {
		var got []string
		for c := range Substitutions(licenceOf(t, payload)) {
			line := string(c.License.Payload.Bytes())
			for _, f := range c.Faults {
				line += fmt.Sprintf(" [%s]", strings.Join(f.Values, " "))
			}
			got = append(got, line)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", payload, diff)
		}
	}
	count := func(payload string) (n int) {
		for range Substitutions(licenceOf(t, payload)) {
			n++
		}
		return n
	}
	for places, want := range map[int]int{64: 1 + 1000, 65: 1} { // all at once, and then single ones up to a number of places
		if got := count(`{"a":"` + strings.Repeat("x…", places) + `"}`); got != want {
			t.Errorf("%d places: %d candidates, want %d", places, got, want)
		}
	}
	if got := count(`{"a":"` + strings.Repeat("x ", 64) + `"}`); got != 30 {
		t.Errorf("of plain blanks: %d candidates", got)
	}
	for range Substitutions(licenceOf(t, `{"a":"x–y z"}`)) {
		break // whoever has enough gets no more
	}
}

// Text whose UTF-8 was read in another encoding.
func TestUndoMojibake(t *testing.T) {
	for text, want := range map[string]string{"Ã¼": "ü", "â‚¬": "€", "Å\u00a0": "Š", "ü": "", "plain": "", "": "", "Ã¼ü": "", "日Ã¼": "", "a Ã¼": "a ü"} {
		got, ok := undoMojibake(text)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q, %t", text, got, ok)
		}
	}
}

// The lines of base64 that are as long as the first belong together.
func TestSameLength(t *testing.T) {
	for run, want := range map[string][2]string{
		"abcd": {"abcd", "abcd"}, "abcd\nefgh\nij": {"abcd\nefgh", "abcd\nefgh\nij"}, "abcd\nef\nghij": {"abcd", "abcd\nef"}, "abcd\r\n efgh\nij\nkl": {"abcd\r\n efgh", "abcd\r\n efgh\nij"}, "": {"", ""},
	} {
		whole, withNext := sameLength([]byte(run))
		if got := [2]string{string(whole), string(withNext)}; got != want {
			t.Errorf("%q: %q", run, got)
		}
	}
}

// How many licences in a text are looked at.
func TestMaxFound(t *testing.T) {
	const object = `{"license":{"payload":{"a":"b"},"signature":"00"}}`
	encoded := base64.StdEncoding.EncodeToString([]byte(object))
	for name, one := range map[string]string{"objects": object + "\n", "strings": `x = "` + strings.ReplaceAll(object, `"`, `\"`) + "\"\n", "doubled": `1,"` + strings.ReplaceAll(object, `"`, `""`) + "\"\n", "base64": "x: " + encoded + " .\n"} {
		for n, want := range map[int]int{2: 2, 10: 10, 11: 10} {
			if r := detectEmbedded([]byte(strings.Repeat(one, n)), nil); r == nil || len(r.texts) != want || len(r.faults) != want {
				t.Errorf("%d %s: %+v", n, name, r)
			}
		}
	}
}

// Of two ways, the one that explains more is kept, and of those the simpler one.
func TestWhichWayIsKept(t *testing.T) {
	fault := func(kinds ...Kind) (path []Fault) {
		for _, k := range kinds {
			path = append(path, Fault{Kind: k})
		}
		return path
	}
	for _, test := range []struct{ first, second, want []Fault }{
		{fault(Base64), fault(Base64, Empty), fault(Base64, Empty)},
		{fault(Base64, Empty), fault(Base64), fault(Base64, Empty)},
		{fault(Base64, Invisible), fault(Base64), fault(Base64)},
		{fault(Base64), fault(Hex), fault(Base64)},
		{fault(Invisible), fault(TrailingComma, Invisible), fault(Invisible)},
		{fault(Base64), fault(Invisible, LineBreak), fault(Base64)},
	} {
		s := &search{failure: fault(Gzip, Gzip, Gzip)} // what the parser says first counts for nothing
		s.fail(test.first)
		s.fail(test.second)
		if diff := cmp.Diff(test.want, s.failure); diff != "" {
			t.Errorf("%v, then %v (-want +got)\n%s", test.first, test.second, diff)
		}
	}
	lic := licenceOf(t, `{"a":1}`)
	for _, test := range []struct{ first, second, want Candidate }{
		{Candidate{lic, fault(Base64, Hex), false}, Candidate{lic, fault(Base64), false}, Candidate{lic, fault(Base64), false}},
		{Candidate{lic, fault(Base64), false}, Candidate{lic, fault(Hex), false}, Candidate{lic, fault(Base64), false}},
		{Candidate{lic, fault(Base64), true}, Candidate{lic, fault(Hex, Hex), false}, Candidate{lic, fault(Hex, Hex), false}},
		{Candidate{lic, fault(Hex, Hex), false}, Candidate{lic, fault(Base64), true}, Candidate{lic, fault(Hex, Hex), false}},
		{Candidate{lic, fault(SurroundingText), false}, Candidate{lic, fault(Hex, Hex), false}, Candidate{lic, fault(Hex, Hex), false}},
		{Candidate{lic, fault(SurroundingText), false}, Candidate{lic, fault(Hex, Hex, Hex), false}, Candidate{lic, fault(SurroundingText), false}},
	} {
		s := &search{}
		s.add(test.first)
		s.add(test.second)
		if len(s.candidates) != 1 || !cmp.Equal(s.candidates[0].Faults, test.want.Faults) || s.candidates[0].Guessed != test.want.Guessed {
			t.Errorf("%v, then %v: %v", test.first.Faults, test.second.Faults, s.candidates)
		}
	}
	s := &search{}
	for _, l := range []*licseal.License{lic, licenceOf(t, `{"a":2}`), {Payload: lic.Payload, Signature: strings.Repeat("1", 128), Version: lic.Version}, lic} {
		s.add(Candidate{License: l})
	}
	if len(s.candidates) != 3 {
		t.Errorf("%d candidates of three licences", len(s.candidates))
	}
}

// A dump of a cluster: what each licence is in, and what is not there yet.
func TestKubernetesDump(t *testing.T) {
	names := func(dump string) string {
		all, err := Kubernetes([]byte(dump))
		if err != nil {
			return err.Error()
		}
		var got []string
		for _, e := range all {
			got = append(got, fmt.Sprintf("%s %s %t %t %s", e.Name, e.Updated.Format("2006"), e.Alone, e.Disabled, e.Faults[len(e.Faults)-1].Kind))
		}
		return strings.Join(got, ", ")
	}
	const external = "kind: ExternalSecret\nmetadata: {name: e, namespace: n, creationTimestamp: 2026-01-01T00:00:00Z}\nspec: {target: {name: kong-enterprise-license}}\n"
	for dump, want := range map[string]string{
		"kind: List\nitems: []\n": "", "kind: List\n": "", "a: b\n": "the dump has no Kubernetes objects; make it with: kubectl get secret,konglicense -o yaml", "items: []\n": "the dump has no Kubernetes objects; make it with: kubectl get secret,konglicense -o yaml",
		"kind: KongLicense\nmetadata: {name: a, creationTimestamp: 2026-01-01T00:00:00Z}\nrawLicenseString: x\nenabled: false\n": "konglicense/a 2026 false true disabled",
		"kind: KongLicense\nmetadata: {name: a, namespace: n}\nrawLicenseString: x\nenabled: true\n":                             "n/konglicense/a 0001 false false kong-license-manifest",
		external: "n/externalsecret/e 2026 true false secret-pointer",
		external + "---\nkind: Secret\nmetadata: {name: kong-enterprise-license, namespace: n}\nstringData: {license: x}\n": "n/secret/kong-enterprise-license:license 0001 true false secret-manifest",
		external + "---\nkind: Secret\nmetadata: {name: kong-enterprise-license}\nstringData: {license: x}\n":               "secret/kong-enterprise-license:license 0001 true false secret-manifest",
		external + "---\nkind: Secret\nmetadata: {name: kong-enterprise-license, namespace: m}\nstringData: {license: x}\n": "m/secret/kong-enterprise-license:license 0001 true false secret-manifest, n/externalsecret/e 2026 true false secret-pointer",
		strings.Replace(external, "kong-enterprise-license", "other", 1):                                                    "",
	} {
		if got := names(dump); got != want {
			t.Errorf("%s\n got %s\nwant %s", dump, got, want)
		}
	}
	for n, ok := range map[int]bool{MaxDumpBytes: true, MaxDumpBytes + 1: false} {
		if n != 33554432 && n != 33554433 {
			t.Errorf("the largest dump has changed: %d bytes", n)
		}
		if got := names(strings.Repeat("#", n)); strings.Contains(got, "at most") == ok {
			t.Errorf("%d bytes: %s", n, got)
		}
	}
}

// The largest text that is diagnosed.
func TestLargestText(t *testing.T) {
	for n, want := range map[int]Kind{1048576: Empty, 1048577: Kind(licseal.ClassTooLarge)} {
		d := Diagnose([]byte(strings.Repeat(" ", n)), licseal.Parser{MaxBytes: 2 << 20})
		if len(d.Failure) != 1 || d.Failure[0].Kind != want {
			t.Errorf("%d bytes: %v", n, d.Failure)
		}
	}
	text := licenceOf(t, `{"a":1}`).String()
	for n, want := range map[int]int{8: 1, 9: 0} { // repairs, one after another
		wrapped := text
		for range n {
			wrapped = base64.StdEncoding.EncodeToString([]byte(wrapped))
		}
		if d := Diagnose([]byte(wrapped), licseal.Parser{}); len(d.Candidates) != want {
			t.Errorf("in base64 %d times: %v, %v", n, d.Candidates, d.Failure)
		}
	}
}
