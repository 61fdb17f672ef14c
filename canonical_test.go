package licseal

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gowebpki/jcs"
)

// Each is a payload and its canonical form.
var canonicalForms = []struct{ name, text, want string }{
	{"empty", `{ }`, `{}`},
	{"white space", "{\n\t\"a\" : [ 1 ,\r\n 2 ] , \"b\" : { } }", `{"a":[1,2],"b":{}}`},
	{"literals", `{"a":[null,true,false]}`, `{"a":[null,true,false]}`},
	{"names in order", `{"b":1,"a":2,"":3,"A":4,"aa":5}`, `{"":3,"A":4,"a":2,"aa":5,"b":1}`},
	{"names in order, inside", `{"x":[{"b":1,"a":2}]}`, `{"x":[{"a":2,"b":1}]}`},
	{"elements keep their order", `{"a":[2,1,"b","a"]}`, `{"a":[2,1,"b","a"]}`},
	{"short escapes", `{"a":"\u0008\u0009\u000a\u000c\u000d\u0022\u005c"}`, `{"a":"\b\t\n\f\r\"\\"}`},
	{"control characters", `{"a":"\u0000\u001F"}`, `{"a":"\u0000\u001f"}`},
	{"not to be escaped", `{"a":"\/\u007f\u0080\u2028\u00e9\uD83D\uDE00<>&"}`, "{\"a\":\"/\x7f\u0080\u2028é😀<>&\"}"},
	{"escapes in names", `{"\u0062":1,"\u0061":2}`, `{"a":2,"b":1}`},
	{"not normalized", "{\"a\":\"e\u0301\u00e9\u212b\"}", "{\"a\":\"e\u0301\u00e9\u212b\"}"},
	// RFC 8785, section 3.2.3: order by UTF-16 code units, not by code points.
	{"RFC 8785 sorting", `{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`,
		"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"\u00f6\":\"Latin Small Letter O With Diaeresis\",\"\u20ac\":\"Euro Sign\",\"\U0001f600\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}"},
	{"names not ASCII", "{\"\ufb33\":1,\"\U0001f600\":2}", "{\"\U0001f600\":2,\"\ufb33\":1}"},
	// RFC 8785, section 3.2.2, less its two numbers that would be changed.
	{"RFC 8785 literals and strings", `{"numbers":[4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
		`{"literals":[null,true,false],"numbers":[4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`},
	{"zeros", `{"a":[0,-0,0.0,-0.0e9,0e400,0e99999999999999999999]}`, `{"a":[0,0,0,0,0,0]}`},
	{"one", `{"a":[1,1.0,1e0,1E+0,10e-1,0.1e1,1000000000000000000000e-21]}`, `{"a":[1,1,1,1,1,1,1]}`},
	{"the largest integers", `{"a":[9007199254740991,-9007199254740991,9.007199254740991e15]}`, `{"a":[9007199254740991,-9007199254740991,9007199254740991]}`},
	{"short forms", `{"a":[0.1,1e-6,1e-7,0.00001,123456789012345.6,1e15]}`, `{"a":[0.1,0.000001,1e-7,0.00001,123456789012345.6,1000000000000000]}`},
	// RFC 8785, appendix B.
	{"RFC 8785 numbers", `{"a":[5e-324,-5e-324,333333333.3333332,333333333.33333325,333333333.3333333,333333333.3333334,333333333.33333343,-0.0000033333333333333333,9007199254740991]}`,
		`{"a":[5e-324,-5e-324,333333333.3333332,333333333.33333325,333333333.3333333,333333333.3333334,333333333.33333343,-0.0000033333333333333333,9007199254740991]}`},
}

func TestCanonicalForm(t *testing.T) {
	for _, tt := range canonicalForms {
		t.Run(tt.name, func(t *testing.T) {
			payload, err := ParsePayload([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(payload.Bytes())); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			again, err := ParsePayload(payload.Bytes())
			if err != nil || !again.Equal(payload) {
				t.Errorf("the canonical form has another canonical form: %s, %v", again.Bytes(), err)
			}
			if oracle, err := jcs.Transform([]byte(tt.text)); err != nil || string(oracle) != tt.want {
				t.Errorf("gowebpki/jcs: %s, %v", oracle, err)
			}
		})
	}
}

// A number is refused exactly when its canonical form would be another number.
func TestNumbers(t *testing.T) {
	tests := []struct {
		text string
		want Class
	}{
		{"0", ""}, {"-0", ""}, {"0e400", ""}, {"-0.000e-400", ""}, {"0e-99999999999999999999", ""},
		{"1", ""}, {"999999999999999", ""}, {"1000000000000000", ""}, {"1e15", ""}, {"-1E+15", ""},
		{"9007199254740991", ""}, {"-9007199254740991", ""}, {"9007199254740991.0", ""}, {"90071992547409910e-1", ""},
		{"9007199254740992", ClassNumberRange}, {"-9007199254740992", ClassNumberRange},
		{"9007199254740993", ClassNumberRange}, {"9.007199254740992e15", ClassNumberRange},
		{"9007199254740991.6", ClassNumberRange}, {"1e16", ClassNumberRange}, {"1E30", ClassNumberRange},
		{"1e308", ClassNumberRange}, {"1e309", ClassNumberRange}, {"-1e400", ClassNumberRange},
		{"1e99999999999999999999", ClassNumberRange},
		{"9007199254740991.4", ClassNumberPrecision}, {"2251799813685249.5", ""}, {"4503599627370497.4", ClassNumberPrecision},
		{"0.1", ""}, {"0.10000000000000000", ""}, {"0.3", ""},
		{"0.10000000000000001", ClassNumberPrecision},                                       // another spelling of the same double
		{"0.1000000000000000055511151231257827021181583404541015625", ClassNumberPrecision}, // its exact value
		{"0.30000000000000004", ""}, {"0.300000000000000040", ""}, {"0.300000000000000041", ClassNumberPrecision},
		{"333333333.33333329", ClassNumberPrecision}, // RFC 8785, section 3.2.2
		{"5e-324", ""}, {"4.9e-324", ClassNumberPrecision}, {"2e-324", ClassNumberPrecision},
		{"1e-400", ClassNumberPrecision}, {"1e-99999999999999999999", ClassNumberPrecision},
		{"0." + strings.Repeat("0", 400) + "1", ClassNumberPrecision},
		{"0." + strings.Repeat("0", 300) + "1e301", ""},
		{"1" + strings.Repeat("0", 400) + "e-400", ""},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			payload, err := ParsePayload([]byte(`{"n":` + tt.text + `}`))
			var parseErr *ParseError
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && err == nil:
				t.Errorf("became %s, want %s", payload.Bytes(), tt.want)
			case tt.want != "" && (!errors.As(err, &parseErr) || parseErr.Class != tt.want):
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// What is seen to be canonical is taken as it is, so it must be; and a plain
// licence must be seen, or verifying it costs twice as much.
func TestPlainlyCanonical(t *testing.T) {
	for _, text := range []string{
		`{}`, `{"a":"b"}`, `{"":"","a":[],"b":[{}],"c":[1,-2,"x",null,true,false]}`, `{"a":"é😀"}`,
		`{"a":{"a":{"b":1},"b":2},"b":999999999999999}`,
		`{"a":1,"a ":2,"a!":3,"ab":4}`, `{"a":[[[]],[{}],"]"],"b":"{"}`, `{"a":0,"b":-999999999999999}`,
	} {
		if !isPlainlyCanonical([]byte(text)) {
			t.Errorf("%s is not seen to be canonical", text)
		}
	}
	for _, text := range []string{
		`{ }`, `{"a" :1}`, `{"a": 1}`, `{"a":1 }`, `{"a":1 ,"b":2}`, `{"a":1, "b":2}`, `{"a":[ ]}`, `{"a":[1 ]}`, `{"a":[1, 2]}`,
		"{\"a\":1\n}", `{"b":1,"a":2}`, `{"a":[{"b":1,"a":2}]}`, `{"a":-0}`, `{"a":1.0}`, `{"a":1e2}`, `{"a":"\/"}`, `{"\u0061":1}`,
		`{"a!":1,"a":2}`, `{"a ":1,"a":2}`, `{"a":{"b":-0}}`, `{"a":[-0]}`, `{"a":[[ ]]}`, `{"a":[{"b": 1}],"c":1}`, `{"a":{"c":1,"b":2},"d":3}`,
		`{"a":{} }`, `{"a":"x" }`, "{\"\ufb33\":1,\"\U0001f600\":2}",
	} {
		if isPlainlyCanonical([]byte(text)) {
			t.Errorf("%s is taken for canonical", text)
		}
	}
}
