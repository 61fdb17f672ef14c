package text_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/text"
)

func TestEscape(t *testing.T) {
	tests := []struct{ text, want string }{
		{``, ``},
		{`"Müller & Söhne, 東京 🏯"`, `"Müller & Söhne, 東京 🏯"`},
		{`"quoted \" and \\"`, `"quoted \" and \\"`},
		{"\x1b[31mred", `\u001b[31mred`},
		{"one\ttwo\nthree\r", `one\ttwo\nthree\r`},
		{"\"\u202e1 :staes \\\"\"", `"\u202e1 :staes \""`},
		{"c1 \u009b, zero width \u200b, tag \U000e0001", `c1 \u009b, zero width \u200b, tag \udb40\udc01`},
		{"\u2066isolate\u2069, next line \u0085, separators \u2028\u2029", `\u2066isolate\u2069, next line \u0085, separators \u2028\u2029`},
		{"no-break\u00a0space, ideographic\u3000space", `no-break\u00a0space, ideographic\u3000space`},
		{"soft\u00adhyphen, joiner \u2060, mark \u061c, byte order \ufeff", `soft\u00adhyphen, joiner \u2060, mark \u061c, byte order \ufeff`},
		{"fillers \u3164\u115f\uffa0, blank \u2800, selector \ufe0f", `fillers \u3164\u115f\uffa0, blank \u2800, selector \ufe0f`},
		{"latin 1: M\xfcller, cut: \xe6\x9d", `latin 1: M\xfcller, cut: \xe6\x9d`},
		{"replacement \ufffd", "replacement \ufffd"},
		{"\x7f\x00", `\u007f\u0000`},
	}
	for _, test := range tests {
		if got := text.Escape(test.text); got != test.want {
			t.Errorf("Escape(%q) = %s, want %s", test.text, got, test.want)
		}
	}
}

// What is visible at the limits of each range.
func TestVisible(t *testing.T) {
	for r, want := range map[rune]bool{
		0: false, '\n': false, 0x1f: false, ' ': true, '!': true, '}': true, '~': true, 0x7f: false, 0x80: false, 0x9f: false, 0xa0: false, 0xa1: true, 0xad: false, 0xff: true,
		'\u0301': true, '\u034f': false, '\u27ff': true, '\u2800': false, '\u2801': true, '\ufe00': false, '\ufffd': true, 0x1f3ef: true, 0xe0100: false, 0x10ffff: false, -1: false,
	} {
		if got := text.Visible(r); got != want {
			t.Errorf("Visible(%U) = %t", r, got)
		}
	}
	for r := range rune(0x800) { // alone, and next to others
		for _, s := range []string{string(r), "a" + string(r), string(r) + "a", "é" + string(r) + "é"} {
			if same := text.Escape(s) == s; same != text.Visible(r) {
				t.Errorf("Escape(%q) = %s", s, text.Escape(s))
			}
		}
	}
}

// Whatever is escaped is one line of visible characters, stays so when it is escaped
// again, and is the same JSON if it was JSON.
func FuzzEscape(f *testing.F) {
	f.Add("a\x1b\xff\u202e\U000e0001")
	f.Add("\"\u00a0\\\"\"")
	f.Fuzz(func(t *testing.T, s string) {
		got := text.Escape(s)
		for _, r := range got {
			if !text.Visible(r) {
				t.Fatalf("%q holds %U", got, r)
			}
		}
		if again := text.Escape(got); again != got || !utf8.ValidString(got) {
			t.Fatalf("%q, escaped again: %q", got, again)
		}
		var before, after any
		if utf8.ValidString(s) && json.Unmarshal([]byte(s), &before) == nil {
			if err := json.Unmarshal([]byte(strings.TrimRight(s, " \t\r\n")), &before); err != nil {
				t.Fatal(err)
			}
			if compact := new(bytes.Buffer); json.Compact(compact, []byte(s)) == nil {
				if err := json.Unmarshal([]byte(text.Escape(compact.String())), &after); err != nil || !cmp.Equal(before, after) {
					t.Fatalf("%s became %s: %v", s, got, err)
				}
			}
		}
	})
}

type name string

func (n name) String() string { return "name " + string(n) }

func TestSprintf(t *testing.T) {
	const hostile = "a\nb\x1b\u202e\xff"
	const safe = `a\nb\u001b\u202e\xff`
	tests := []struct {
		got  text.Line
		want string
	}{
		{text.Sprintf("fixed\n\ttext"), "fixed\n\ttext"},
		{text.Sprintf("%s", hostile), safe},
		{text.Sprintf("%v and %d%%", errors.New(hostile), 5), safe + " and 5%"},
		{text.Sprintf("%s", name(hostile)), "name " + safe},
		{text.Sprintf("%s", []byte(hostile)), safe},
		{text.Sprintf("%v", []string{hostile}), "[" + safe + "]"},
		{text.Sprintf("%-6s|", "é"), "é     |"},
		{text.Sprintf("%3d|%.1f|%t|%c|%x", 7, 1.25, true, '\u202e', 255), `  7|1.2|true|\u202e|ff`},
		{text.Sprintf("%s: %s", text.Sprintf("line\n%s", hostile), hostile), "line\n" + safe + ": " + safe},
		{text.Sprintf("%q", "a\u00a0\x1b"), `"a\u00a0\x1b"`},
		{text.Sprintf("%v", nil), "<nil>"},
		{text.Join([]text.Line{text.Sprintf("%s", "a\n"), text.Sprintf("b")}, ", "), `a\n, b`},
		{text.Red.Paint(text.Sprintf("%s", hostile)), "\x1b[31m" + safe + "\x1b[0m"},
		{text.Color("").Paint(text.Sprintf("plain")), "plain"},
	}
	for _, test := range tests {
		if got := test.got.String(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
	var b strings.Builder
	text.Fprintf(&b, "%s\n", hostile)
	if b.String() != safe+"\n" {
		t.Errorf("Fprintf wrote %q", b.String())
	}
}

func TestBlockAndTable(t *testing.T) {
	var b text.Block
	b.Printf("%s:\n", "a\nb")
	var table text.Table
	table.Row("NAME", "DAYS")
	table.Row("tab\there", 5)
	table.Row("\xffx\v", text.Sprintf("none"))
	table.Row("<b>&lt;", "") // is not HTML
	table.Row("", "-")
	var other text.Table
	other.Row("more", "than", "others")
	other.Row("a", "b", "c")
	b.Add(table.Line(), other.Line())
	want := "a\\nb:\n" +
		"NAME         DAYS\n" +
		"tab\\there    5\n" +
		"\\xffx\\u000b  none\n" +
		"<b>&lt;      \n" +
		"             -\n" +
		"more  than  others\n" +
		"a     b     c\n"
	if diff := cmp.Diff(want, b.Line().String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestQuote(t *testing.T) {
	for s, want := range map[string]string{
		"":                                `""`,
		"a \"b\" \\":                      `"a \"b\" \\"`,
		"\x1b\u00a0\u3164\ufe0f":          `"\x1b\u00a0\u3164\ufe0f"`,
		strings.Repeat("é", 31):           `"` + strings.Repeat("é", 30) + `"…`,
		"x" + strings.Repeat("é", 30):     `"x` + strings.Repeat("é", 29) + `"…`,
		strings.Repeat("x", 60):           `"` + strings.Repeat("x", 60) + `"`,
		strings.Repeat("x", 61):           `"` + strings.Repeat("x", 60) + `"…`,
		"\xff" + strings.Repeat("東", 21):  `"\xff` + strings.Repeat("東", 19) + `"…`,
		"x\xff" + strings.Repeat("🏯", 21): `"x\xff` + strings.Repeat("🏯", 14) + `"…`,
		strings.Repeat("\x80", 61):        `"` + strings.Repeat(`\x80`, 56) + `"…`,
	} {
		if got := text.Quote(s); got != want {
			t.Errorf("Quote(%q) = %s, want %s", s, got, want)
		}
	}
}

func TestPlural(t *testing.T) {
	for n, want := range map[int]string{0: "0 rows", 1: "1 row", 2: "2 rows", 999: "999 rows", 1000: "1,000 rows", 1234567: "1,234,567 rows", -1000: "-1,000 rows", -100: "-100 rows"} {
		if got := text.Plural(n, "row"); got != want {
			t.Errorf("Plural(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestDaysBetween(t *testing.T) {
	tests := []struct {
		until, from string
		want        int
		words       string
	}{
		{"2027-01-01T00:00:00Z", "2026-12-30T00:00:00Z", 2, "2 days"},
		{"2027-01-01T00:00:00Z", "2026-12-30T00:00:00.000000001Z", 1, "1 day"},
		{"2027-01-01T00:00:00Z", "2026-12-31T00:00:00Z", 1, "1 day"},
		{"2027-01-01T00:00:00Z", "2026-12-31T00:00:00.000000001Z", 0, "less than a day"},
		{"2027-01-01T00:00:00Z", "2026-12-31T23:59:59.999999999Z", 0, "less than a day"},
		{"2027-01-01T00:00:00Z", "2027-01-01T00:00:00Z", 0, "less than a day"},
		{"2027-01-01T00:00:00Z", "2027-01-01T00:00:00.000000001Z", -1, "-1 days"},
		{"2027-01-01T00:00:00Z", "2027-01-02T00:00:00Z", -1, "-1 days"},
		{"2027-01-01T00:00:00Z", "2027-01-02T00:00:00.000000001Z", -2, "-2 days"},
		{"9999-12-31T00:00:00Z", "2026-12-31T00:00:00Z", 2912078, "2912078 days"}, // more than a Duration holds
		{"0001-01-01T00:00:00Z", "2026-12-31T00:00:00Z", -739980, "-739980 days"},
	}
	for _, test := range tests {
		from, fromErr := time.Parse(time.RFC3339Nano, test.from)
		until, untilErr := time.Parse(time.RFC3339Nano, test.until)
		if err := errors.Join(fromErr, untilErr); err != nil {
			t.Fatal(err)
		}
		got := text.DaysBetween(from, until)
		if got != test.want || text.Days(got) != test.words {
			t.Errorf("from %s until %s: %d, %q; want %d, %q", test.from, test.until, got, text.Days(got), test.want, test.words)
		}
	}
}

func TestInstant(t *testing.T) {
	east := time.FixedZone("east", 2*60*60)
	for want, instant := range map[string]time.Time{
		"2026-12-31T22:00:00Z":           time.Date(2027, 1, 1, 0, 0, 0, 0, east),
		"2027-01-01T00:00:00.5Z":         time.Date(2027, 1, 1, 0, 0, 0, 500_000_000, time.UTC),
		"9999-12-31T23:59:59.999999999Z": time.Date(10029, 1, 1, 0, 0, 0, 0, time.UTC),
		"0001-01-01T00:00:00Z":           {},
	} {
		if got := text.Instant(instant); got != want {
			t.Errorf("Instant(%v) = %s, want %s", instant, got, want)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{
		0: "0", 999: "999", 1000: "1,000", 12345: "12,345", 123456: "123,456", 1234567: "1,234,567", -1: "-1", -999: "-999", -1000: "-1,000",
		-123456: "-123,456", math.MaxInt64: "9,223,372,036,854,775,807", math.MinInt64: "-9,223,372,036,854,775,808",
	} {
		if got := text.Thousands(n); got != want {
			t.Errorf("Thousands(%d) = %q, want %q", n, got, want)
		}
	}
}

// An expression is compiled when it is used, and not before.
func TestPattern(t *testing.T) {
	if digits := text.Pattern(`^[0-9]+$`); !digits().MatchString("12") || digits().MatchString("1a") {
		t.Error("not the expression")
	}
	broken := text.Pattern(`(`)
	defer func() {
		if recover() == nil {
			t.Error("an expression without its end was compiled")
		}
	}()
	broken()
}

// The file of a certificate may be one of another secret: its types of blocks are not told.
func TestKeyPairCause(t *testing.T) {
	for message, want := range map[string]string{
		"tls: failed to find any PEM data in certificate input":                                                   "tls: failed to find any PEM data in certificate input",
		`tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of: [SECRET]`: `tls: failed to find "CERTIFICATE" PEM block in certificate input`,
	} {
		if got := text.KeyPairCause(errors.New(message)); got.Error() != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := text.KeyPairCause(&fs.PathError{Op: "open", Path: "p", Err: fs.ErrExist}); got != fs.ErrExist {
		t.Errorf("got %v", got)
	}
}

func TestCause(t *testing.T) {
	other := errors.New("other")
	for _, err := range []error{
		fs.ErrExist,
		&fs.PathError{Op: "open", Path: "p", Err: fs.ErrExist},
		fmt.Errorf("wrapped: %w", &fs.PathError{Op: "open", Path: "p", Err: fs.ErrExist}),
		&os.LinkError{Op: "rename", Old: "a", New: "b", Err: fs.ErrExist},
	} {
		if got := text.Cause(err); got != fs.ErrExist {
			t.Errorf("Cause(%v) = %v", err, got)
		}
	}
	if text.Cause(other) != other || text.Cause(nil) != nil {
		t.Error("another error did not stay as it is")
	}
}
