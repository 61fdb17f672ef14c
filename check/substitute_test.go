package check_test

import (
	"strings"
	"testing"

	"github.com/licseal/licseal/check"
)

// What a program changed in a value is found by the signature, which is good once it is
// undone.
func TestSubstituted(t *testing.T) {
	for _, test := range []struct{ name, customer, changed string }{
		{"no-break space", "Example Company, Inc", "Example\u00a0Company,\u00a0Inc"},
		{"one of two spaces", "Example\u00a0Company, Inc", "Example\u00a0Company,\u00a0Inc"},
		{"en dash", "North-South", "North\u2013South"},
		{"em dash of two", "North--South", "North\u2014South"},
		{"a minus among dashes that are right", "A\u2013B C-D E\u2013F", "A\u2013B C\u2013D E\u2013F"},
		{"an apostrophe", "O'Brien", "O\u2019Brien"},
		{"quotes", `The \"Best\" Ltd`, "The \u201cBest\u201d Ltd"},
		{"all of them", `O'Brien \"X\" - Y...`, "O\u2019Brien\u00a0\u201cX\u201d\u00a0\u2013 Y\u2026"},
		{"zero width space", "Example", "Exam\u200bple"},
		{"soft hyphen", "Example", "Exam\u00adple"},
		{"a sign", "Acme (c)", "Acme \u00a9"},
		{"HTML", "A & B", "A &amp; B"},
		{"decomposed", "M\u00fcller & S\u00f8n", "Mu\u0308ller & S\u00f8n"},
		{"a no-break space that was signed", "Example\u00a0Company, Inc", "Example Company, Inc"},
		{"a dash that was signed", "North \u2013 South", "North - South"},
		{"an apostrophe that was signed", "O\u2019Brien & Co", "O'Brien & Co"},
		{"one of many", "A\u2013B\u2013C\u2013D\u2013E\u2013F\u2013G-H\u2013I\u2013J\u2013K\u2013L\u2013M\u2013N", "A\u2013B\u2013C\u2013D\u2013E\u2013F\u2013G\u2013H\u2013I\u2013J\u2013K\u2013L\u2013M\u2013N"},
		{"read in another encoding", "M\u00fcller \u2013 S\u00f6hne", "M\u00c3\u00bcller \u00e2\u20ac\u201c S\u00c3\u00b6hne"},
	} {
		t.Run(test.name, func(t *testing.T) {
			licence := signed(t, "Example Company, Inc", test.customer)
			text := strings.Replace(licence, strings.ReplaceAll(test.customer, "\\\\", "\\"), test.changed, 1)
			if text == licence {
				t.Fatal("nothing was changed")
			}
			r := newChecker(t, nil).License("", []byte(text))
			if string(r.Canonical()) != licence || r.Signature != check.SignatureGood || !r.Repaired || r.OK() {
				t.Errorf("%s: %v", r.Canonical(), r.Findings)
			}
			for _, f := range r.Findings {
				if f.Code == check.CodeOddText {
					continue // of what was signed
				}
				if f.Code != "substituted-characters" || f.Pointer != "/license/payload/customer" || f.Line != 1 {
					t.Errorf("%v", f)
				}
			}
			// Without keys there is nothing to decide by, so the text is what it says.
			r = newChecker(t, func(o *check.Options) { o.Trusted, o.NoSignature = nil, true }).License("", []byte(text))
			if r.Repaired || string(r.Canonical()) != text {
				t.Errorf("not checked, and repaired: %v", r.Findings)
			}
		})
	}
}

// A licence in the encoding of Windows is restored if the signature is good then.
func TestLegacyEncoding(t *testing.T) {
	licence := signed(t, "Example Company, Inc", "Soci\u00e9t\u00e9 \u2013 5 \u20ac")
	text := strings.NewReplacer("\u00e9", "\xe9", "\u2013", "\x96", "\u20ac", "\x80").Replace(licence)
	if r := newChecker(t, nil).License("", []byte(text)); string(r.Canonical()) != licence || codes(r.Findings) != "error invalid-utf8" {
		t.Errorf("%s: %v", r.Canonical(), r.Findings)
	}
	if r := newChecker(t, func(o *check.Options) { o.Trusted, o.NoSignature = nil, true }).License("", []byte(text)); r.License != nil {
		t.Errorf("guessed: %s", r.Canonical())
	}
}

// A forged licence with many odd characters is refused within bounds, and so is one that
// was changed otherwise.
func TestSubstitutedBounds(t *testing.T) {
	for _, customer := range []string{strings.Repeat("\u2013", 5000), "Example Company\u2013 Inc"} {
		text := strings.Replace(signed(t), "Example Company, Inc", customer, 1)
		if r := newChecker(t, nil).License("", []byte(text)); codes(r.Findings) != "error signature" || r.License != nil {
			t.Errorf("%.20s: %v", customer, r.Findings)
		}
	}
}
