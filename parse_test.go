package licseal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
)

var signature = strings.Repeat("0123456789abcdef", 8)

// document returns a licence document around the JSON text of a payload.
func document(payload string) string {
	return `{"license":{"payload":` + payload + `,"signature":"` + signature + `","version":"1"}}`
}

// nested returns an object of depth levels.
func nested(depth int) string {
	return strings.Repeat(`{"a":`, depth-1) + `{}` + strings.Repeat(`}`, depth-1)
}

func TestParseUnverified(t *testing.T) {
	plain := document(`{"a":"b"}`)
	tests := []struct {
		name, text string
		want       string // in canonical form; "" for the text itself
	}{
		{"canonical", plain, ""},
		{"empty payload", document(`{}`), ""},
		{"white space around", " \t\r\n" + plain + "\n\r\t ", plain},
		{"white space inside", strings.ReplaceAll(plain, ":", " : \r\n\t"), plain},
		{"members in another order", `{"license":{"version":"1","signature":"` + signature + `","payload":{"a":"b"}}}`, plain},
		{"escaped names", strings.NewReplacer(`"license"`, `"\u006cicense"`, `"version"`, `"ver\u0073ion"`, `"a"`, `"\u0061"`).Replace(plain), plain},
		{"escaped version", strings.Replace(plain, `"1"`, `"\u0031"`, 1), plain},
		{"version as an integer", strings.Replace(plain, `"version":"1"`, `"version":1`, 1), ""},
		{"depth 32", document(nested(30)), ""},
		{"envelope's names in the payload", document(`{"license":{"payload":{}},"signature":1,"version":2}`), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lic, err := licseal.ParseUnverified([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			want := tt.want
			if want == "" {
				want = tt.text
			}
			if diff := cmp.Diff(want, lic.String()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			text, err := lic.MarshalText()
			if err != nil || string(text) != want {
				t.Errorf("MarshalText: %s, %v", text, err)
			}
		})
	}
}

// refusal is the class and place of a ParseError, which tests compare.
type refusal struct {
	Reason licseal.Class
	At     string
}

func TestParseUnverifiedRefusals(t *testing.T) {
	plain := document(`{"a":"b"}`)
	replace := func(old, new string) string { return strings.Replace(plain, old, new, 1) }
	withSignature := func(s string) string { return replace(signature, s) }
	tests := []struct {
		name, text string
		want       refusal
	}{
		{"nothing", "", refusal{licseal.ClassEmpty, "1:1"}},
		{"white space only", " \n\t", refusal{licseal.ClassEmpty, "1:1"}},
		{"byte order mark", "\ufeff" + plain, refusal{licseal.ClassByteOrderMark, "1:1"}},
		{"UTF-16", "\xff\xfe{\x00", refusal{licseal.ClassInvalidUTF8, "1:1"}},
		{"invalid UTF-8", replace(`"b"`, "\"é\xff\""), refusal{licseal.ClassInvalidUTF8, "1:30 /license/payload/a"}},
		{"surrogate in UTF-8", replace(`"b"`, "\"\xed\xa0\x80\""), refusal{licseal.ClassInvalidUTF8, "1:29 /license/payload/a"}},
		{"overlong UTF-8", replace(`"b"`, "\"\xc0\xaf\""), refusal{licseal.ClassInvalidUTF8, "1:29 /license/payload/a"}},
		{"high surrogate", replace(`"b"`, `"\uD83D"`), refusal{licseal.ClassLoneSurrogate, "1:29 /license/payload/a"}},
		{"low surrogate", replace(`"b"`, `"\udc00"`), refusal{licseal.ClassLoneSurrogate, "1:29 /license/payload/a"}},
		{"surrogates in the wrong order", replace(`"b"`, `"\ude00\ud83d"`), refusal{licseal.ClassLoneSurrogate, "1:29 /license/payload/a"}},
		{"lone surrogate in a name", replace(`"a"`, `"\ud800"`), refusal{licseal.ClassLoneSurrogate, "1:25 /license/payload"}},
		{"trailing comma", replace(`"b"}`, `"b",}`), refusal{licseal.ClassSyntax, "1:31 /license/payload"}},
		{"comment", "// a licence\n" + plain, refusal{licseal.ClassSyntax, "1:1"}},
		{"control character", replace(`"b"`, "\"\x01\""), refusal{licseal.ClassSyntax, "1:29 /license/payload/a"}},
		{"leading zero", replace(`"b"`, "01"), refusal{licseal.ClassSyntax, "1:29 /license/payload"}},
		{"NaN", replace(`"b"`, "NaN"), refusal{licseal.ClassSyntax, "1:28 /license/payload/a"}},
		{"cut off", plain[:40], refusal{licseal.ClassTruncated, "1:41 /license"}},
		{"half of a pair at the end", plain[:28] + `\ud83d`, refusal{licseal.ClassTruncated, "1:35 /license/payload/a"}},
		{"half of a pair at the end of a string", replace(`"b"`, `"\ud83d"`)[:36], refusal{licseal.ClassLoneSurrogate, "1:29 /license/payload/a"}},
		{"half of a pair outside a string", replace(`"b"`, `\ud83d`), refusal{licseal.ClassSyntax, "1:28 /license/payload/a"}},
		{"an escape that only begins like a half", replace(`"b"`, `"\ud83x"`), refusal{licseal.ClassSyntax, "1:29 /license/payload/a"}},
		{"cut off before the last brace", plain[:len(plain)-1], refusal{licseal.ClassTruncated, ""}},
		{"two documents", "{\n}\n" + plain, refusal{licseal.ClassMissingMember, "1:1"}},
		{"document after the document", document(`{}`) + "\n é" + plain, refusal{licseal.ClassTrailingData, "2:2"}},
		{"brace after the document", document(`{}`) + "}", refusal{licseal.ClassTrailingData, ""}},
		{"number after the document", document(`{}`) + "\n5", refusal{licseal.ClassTrailingData, "2:1"}},
		{"NUL after the document", document(`{}`) + "\n\x00", refusal{licseal.ClassTrailingData, "2:1"}},
		{"duplicate name in the payload", replace(`"b"`, `"b","a":"c"`), refusal{licseal.ClassDuplicateName, "1:32 /license/payload/a"}},
		{"duplicate name, once escaped", replace(`"b"`, `"b","\u0061":"c"`), refusal{licseal.ClassDuplicateName, "1:32 /license/payload/a"}},
		{"duplicate name deep inside", replace(`"b"`, `[{"x":1,"x":1}]`), refusal{licseal.ClassDuplicateName, "1:36 /license/payload/a/0/x"}},
		{"duplicate license", strings.TrimSuffix(plain, "}") + `,"license":{}}`, refusal{licseal.ClassDuplicateName, ""}},
		{"duplicate payload", replace(`"payload"`, `"payload":{},"payload"`), refusal{licseal.ClassDuplicateName, "1:26 /license/payload"}},
		{"number beyond the doubles", replace(`"b"`, "1e400"), refusal{licseal.ClassNumberRange, "1:28 /license/payload/a"}},
		{"2^53", replace(`"b"`, "9007199254740992"), refusal{licseal.ClassNumberRange, "1:28 /license/payload/a"}},
		{"more digits than a double keeps", replace(`"b"`, "[1,0.10000000000000001]"), refusal{licseal.ClassNumberPrecision, "1:31 /license/payload/a/1"}},
		{"depth 33", document(nested(31)), refusal{licseal.ClassTooDeep, ""}},
		{"depth 33 with arrays", document(`{"a":` + strings.Repeat("[", 30) + strings.Repeat("]", 30) + `}`), refusal{licseal.ClassTooDeep, ""}},
		{"very deep", document(strings.Repeat(`{"a":`, 9000)), refusal{licseal.ClassTooDeep, ""}},
		{"member beside license", strings.TrimSuffix(plain, "}") + `,"expires":"2099-01-01"}`, refusal{licseal.ClassUnknownMember, ""}},
		{"member inside license", replace(`{"payload"`, `{"expires":"2099-01-01","payload"`), refusal{licseal.ClassUnknownMember, "1:13 /license/expires"}},
		{"License", replace("license", "License"), refusal{licseal.ClassUnknownMember, "1:2 /License"}},
		{"SIGNATURE", replace("signature", "SIGNATURE"), refusal{licseal.ClassUnknownMember, "1:33 /license/SIGNATURE"}},
		{"ſignature", replace("signature", "ſignature"), refusal{licseal.ClassUnknownMember, "1:33 /license/ſignature"}},
		{"hostile name", "{\"\x7f\u202e~/\":1}", refusal{licseal.ClassUnknownMember, `1:2 "/\x7f\u202e~0~1"`}},
		{"no license", "{}", refusal{licseal.ClassMissingMember, "1:1"}},
		{"no payload", `{"license":{"signature":"` + signature + `","version":"1"}}`, refusal{licseal.ClassMissingMember, "1:12 /license"}},
		{"no signature", `{"license":{"payload":{},"version":"1"}}`, refusal{licseal.ClassMissingMember, "1:12 /license"}},
		{"no version", `{"license":{"payload":{},"signature":"` + signature + `"}}`, refusal{licseal.ClassMissingMember, "1:12 /license"}},
		{"an array", "[]", refusal{licseal.ClassWrongType, "1:1"}},
		{"a string", `"{}"`, refusal{licseal.ClassWrongType, "1:1"}},
		{"license null", `{"license":null}`, refusal{licseal.ClassWrongType, "1:12 /license"}},
		{"payload a string", replace(`{"a":"b"}`, `"{}"`), refusal{licseal.ClassWrongType, "1:23 /license/payload"}},
		{"payload an array", replace(`{"a":"b"}`, `[]`), refusal{licseal.ClassWrongType, "1:23 /license/payload"}},
		{"signature null", replace(`"`+signature+`"`, "null"), refusal{licseal.ClassWrongType, "1:45 /license/signature"}},
		{"signature a number", replace(`"`+signature+`"`, "5"), refusal{licseal.ClassWrongType, "1:45 /license/signature"}},
		{"signature empty", withSignature(""), refusal{licseal.ClassSignatureFormat, "1:45 /license/signature"}},
		{"signature of 127 digits", withSignature(signature[1:]), refusal{licseal.ClassSignatureFormat, "1:45 /license/signature"}},
		{"signature of 130 digits", withSignature(signature + "00"), refusal{licseal.ClassSignatureFormat, "1:45 /license/signature"}},
		{"signature in upper case", withSignature(strings.ToUpper(signature)), refusal{licseal.ClassSignatureFormat, "1:56 /license/signature"}},
		{"signature with a space", withSignature(signature[1:] + " "), refusal{licseal.ClassSignatureFormat, "1:173 /license/signature"}},
		{"signature with an escape", withSignature(`\u0030` + signature[1:]), refusal{licseal.ClassSignatureFormat, "1:46 /license/signature"}},
		{"signature not ASCII", withSignature("0é" + signature[3:]), refusal{licseal.ClassSignatureFormat, "1:47 /license/signature"}},
		{"version 2", replace(`"1"`, `"2"`), refusal{licseal.ClassVersion, "1:186 /license/version"}},
		{"version 1.0", replace(`"1"`, `1.0`), refusal{licseal.ClassVersion, "1:186 /license/version"}},
		{"version null", replace(`"1"`, `null`), refusal{licseal.ClassVersion, "1:186 /license/version"}},
		{"version an object", replace(`"1"`, `{"1":"1"}`), refusal{licseal.ClassVersion, "1:186 /license/version"}},
		{"on the third line", "{\n\"license\":\n \t{\"é\":1}}", refusal{licseal.ClassUnknownMember, "3:4 /license/é"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lic, err := licseal.ParseUnverified([]byte(tt.text))
			var parseErr *licseal.ParseError
			if !errors.As(err, &parseErr) {
				t.Fatalf("got %v, want a ParseError", err)
			}
			if lic != nil {
				t.Error("a licence came with the error")
			}
			got := refusal{parseErr.Class, parseErr.Position.String()}
			if tt.want.At == "" {
				got.At = "" // far along the line
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%v\n-want +got\n%s", err, diff)
			}
			if strings.ContainsAny(err.Error(), "\x00\x01\x7f\n\u202e") {
				t.Errorf("the message has control characters: %q", err)
			}
		})
	}
}

// A number after the document must not vanish from the message.
func TestTrailingDataIsShown(t *testing.T) {
	_, err := licseal.ParsePayload([]byte("{} 5 "))
	want := `1:4: more text follows the end of the JSON value: "5 "`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// However long what was found is, the message stays readable.
func TestMessagesAreShort(t *testing.T) {
	long := strings.Repeat("7", 20000)
	for name, text := range map[string]string{
		"number-range":          `{"n":` + long + `}`,
		"number-precision":      `{"n":0.` + long + `}`,
		"duplicate-name":        `{"` + long + `":1,"` + long + `":2}`,
		"trailing-data":         `{}` + long,
		"syntax":                `{"n":"` + long + "\x01" + `"}`,
		"syntax, long name":     `{"` + long + `":x}`,
		"wrong-type":            long,
		"wrong-type, a string":  `"` + long + `"`,
		"invalid-utf8, pointer": `{"` + long + `":"` + "\xff" + `"}`,
	} {
		_, err := licseal.ParsePayload([]byte(text))
		var parseErr *licseal.ParseError
		reason, _, _ := strings.Cut(name, ",")
		if !errors.As(err, &parseErr) || string(parseErr.Class) != reason {
			t.Errorf("%s: got %.100v", name, err)
		} else if len(err.Error()) > 500 {
			t.Errorf("%s: the message has %d bytes: %.100s…", name, len(err.Error()), err)
		}
	}
	_, err := licseal.ParsePayload([]byte(`{"n":` + long + `}`))
	if want := "1:6 /n: the number " + long[:60] + "… is larger than any double; write it as a string"; err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestSizes(t *testing.T) {
	plain := document(`{"a":"b"}`)
	pad := func(text string, size int) []byte {
		return append([]byte(text), bytes.Repeat([]byte(" "), size-len(text))...)
	}
	// In canonical form each number is eleven characters longer.
	growing := `{"n":[` + strings.TrimSuffix(strings.Repeat("1e15,", 8<<10), ",") + `]}`
	integer := strings.Replace(document(`{"a":""}`), `"version":"1"`, `"version":1`, 1)
	exact := strings.Replace(integer, `"a":""`, `"a":"`+strings.Repeat("b", licseal.DefaultMaxBytes-len(integer))+`"`, 1)
	tests := []struct {
		name   string
		parser licseal.Parser
		text   []byte
		ok     bool
	}{
		{"at the limit", licseal.Parser{}, pad(plain, 64<<10), true},
		{"one byte more", licseal.Parser{}, pad(plain, 64<<10+1), false},
		{"at a smaller limit", licseal.Parser{MaxBytes: 200}, pad(plain, 200), true},
		{"one byte more than it", licseal.Parser{MaxBytes: 200}, pad(plain, 201), false},
		{"above the default, allowed", licseal.Parser{MaxBytes: 1 << 20}, pad(plain, 1<<20), true},
		{"a limit below zero", licseal.Parser{MaxBytes: -1}, []byte(plain), false},
		{"canonical form too large", licseal.Parser{}, []byte(document(growing)), false},
		{"canonical form large, allowed", licseal.Parser{MaxBytes: 1 << 20}, []byte(document(growing)), true},
		{"integer version at the limit", licseal.Parser{}, []byte(exact), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.parser.ParseUnverified(tt.text)
			var parseErr *licseal.ParseError
			switch {
			case tt.ok && err != nil:
				t.Error(err)
			case !tt.ok && (!errors.As(err, &parseErr) || parseErr.Class != licseal.ClassTooLarge):
				t.Errorf("got %v, want too-large", err)
			}
		})
	}
}

// Whatever ParsePayload accepts fits into a document: the same depth, the same
// size, the canonical form included.
func TestParsePayloadBounds(t *testing.T) {
	sized := func(size int) string {
		return `{"a":"` + strings.Repeat("b", size-len(`{"a":""}`)) + `"}`
	}
	largest := licseal.DefaultMaxBytes - len(document(""))
	tests := []struct {
		name, text string
		reason     licseal.Class
	}{
		{"depth 32 with the document's own", nested(30), ""},
		{"depth 33 with the document's own", nested(31), licseal.ClassTooDeep},
		{"the largest", sized(largest), ""},
		{"one byte more", sized(largest + 1), licseal.ClassTooLarge},
		{"far too large", sized(1 << 20), licseal.ClassTooLarge},
		{"an array", `[]`, licseal.ClassWrongType},
		{"two", `{}{}`, licseal.ClassTrailingData},
		{"nothing", ``, licseal.ClassEmpty},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			payload, err := licseal.ParsePayload([]byte(tt.text))
			if tt.reason != "" {
				var parseErr *licseal.ParseError
				if !errors.As(err, &parseErr) || parseErr.Class != tt.reason {
					t.Fatalf("got %v, want %s", err, tt.reason)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := licseal.ParseUnverified([]byte(document(string(payload.Bytes())))); err != nil {
				t.Errorf("does not fit into a document: %v", err)
			}
		})
	}
}

// A licence that was read stays as it is when the caller reuses the buffer.
func TestParsedTextIsKept(t *testing.T) {
	text := []byte(document(`{"a":"b"}`))
	lic, err := licseal.ParseUnverified(text)
	if err != nil {
		t.Fatal(err)
	}
	want := lic.String()
	clear(text)
	if got := lic.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The licences that Kong publishes as examples come back byte for byte.
func TestPublishedLicences(t *testing.T) {
	files, err := filepath.Glob("testdata/published/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no published licences: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lic, err := licseal.ParseUnverified(text)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if diff := cmp.Diff(string(text), lic.String()); diff != "" {
			t.Errorf("%s: -want +got\n%s", file, diff)
		}
		if customer, ok := lic.Payload.Text("/customer"); !ok || customer != "Example Company, Inc" {
			t.Errorf("%s: customer %q, %v", file, customer, ok)
		}
	}
}
