package check

import (
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check/repair"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
)

// A finding has a place if it is known where in which text.
func TestFindingPlace(t *testing.T) {
	for want, position := range map[string]licseal.Position{
		"": {}, "3:7": {Line: 3, Column: 7}, "3:7 /a": {Line: 3, Column: 7, Pointer: "/a"}, "/a": {Pointer: "/a"}, `/\u001b`: {Pointer: "/\x1b"},
	} {
		if got := (Finding{Position: position}).Place(); got != want {
			t.Errorf("%+v: %s, want %s", position, got, want)
		}
	}
}

// A text is read as far as one byte more than the largest, which shows that it is too large.
func TestReadFileIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for size, want := range map[int]int{0: 0, MaxBytes: MaxBytes, MaxBytes + 1: MaxBytes + 1, MaxBytes + 9: MaxBytes + 1} {
		if err := os.WriteFile(path, make([]byte, size), 0o644); err != nil {
			t.Fatal(err)
		}
		if f := ReadFile(path, nil); len(f.Data) != want || f.Err != nil {
			t.Errorf("of %d bytes, %d are read: %v", size, len(f.Data), f.Err)
		}
		if f := ReadFile("-", strings.NewReader(strings.Repeat("x", size))); len(f.Data) != want || f.Err != nil {
			t.Errorf("of %d bytes of standard input, %d are read: %v", size, len(f.Data), f.Err)
		}
	}
}

func TestHoldsLicence(t *testing.T) {
	for name, want := range map[string]bool{
		"licence.json": false, "": false, "{": true, " {x": true, `"license":{"payload":{"a":1},"signature":"x"}`: true, "a{": false, "/etc/kong/license.json": false,
	} {
		if got := HoldsLicence(name); got != want {
			t.Errorf("%q: %t", name, got)
		}
	}
}

// The reason is that of what is judged first, wherever it is in the list.
func TestReasons(t *testing.T) {
	finding := func(code Code, stage Stage, severity Severity) Finding {
		return Finding{Code: code, Stage: stage, Severity: severity}
	}
	for _, test := range []struct {
		findings []Finding
		state    verify.State
		want     licseal.Reason
	}{
		{nil, "", ""},
		{[]Finding{finding("x", StageSignature, Warning), finding("x", StageDates, Note)}, "", ""},
		{[]Finding{finding("x", StageSource, Error)}, "", ReasonSource},
		{[]Finding{finding("x", StageDocument, Error)}, "", licseal.ReasonParse},
		{[]Finding{finding("x", StageSignature, Error)}, "", licseal.ReasonSignature},
		{[]Finding{finding(CodeRevoked, StageRevocation, Error)}, verify.Valid, licseal.ReasonRevoked},
		{[]Finding{finding(CodeRevocationList, StageRevocation, Error)}, verify.Valid, licseal.ReasonRevocationList},
		{[]Finding{finding("x", StageSchema, Error)}, verify.NotYetValid, licseal.ReasonSchema},
		{[]Finding{finding(CodeClock, StageDates, Error)}, verify.NotYetValid, licseal.ReasonClock},
		{[]Finding{finding("x", StageDates, Error)}, verify.NotYetValid, licseal.ReasonNotYetValid},
		{[]Finding{finding("x", StageDates, Error)}, verify.Expired, licseal.ReasonExpired},
		{[]Finding{finding("x", StageRequirement, Error)}, verify.NotYetValid, licseal.ReasonRequirement},
		{[]Finding{finding("x", StageRequirement, Error), finding("x", StageSignature, Warning), finding("x", StageSchema, Error), finding("x", StageDates, Error)}, verify.Expired, licseal.ReasonSchema},
	} {
		r := &Result{License: new(licseal.License), Findings: test.findings, State: test.state}
		if got := r.Reason(); got != test.want || r.OK() != (got == "") {
			t.Errorf("%v: %q, want %q", test.findings, got, test.want)
		}
	}
}

func TestDaysLeft(t *testing.T) {
	now := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	r := &Result{Time: now, Period: licseal.Period{NotAfter: now.AddDate(0, 0, 5)}}
	if days, ok := r.DaysLeft(); days != 0 || ok {
		t.Errorf("without dates: %d, %t", days, ok)
	}
	r.State = verify.Valid
	if days, ok := r.DaysLeft(); days != 5 || !ok {
		t.Errorf("%d, %t", days, ok)
	}
}

// A length of whole days is said in days.
func TestLengthText(t *testing.T) {
	for want, d := range map[string]time.Duration{"1 day": day, "30 days": 30 * day, "12h0m0s": 12 * time.Hour, "24h0m1s": day + time.Second, "36h0m0s": 36 * time.Hour} {
		if got := lengthText(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

// The instant of a result for which nothing was verified is that of the options.
func TestNow(t *testing.T) {
	at := time.Date(2026, 7, 1, 2, 0, 0, 0, time.FixedZone("", 7200))
	clock := func() time.Time { return at.AddDate(0, 0, 1) }
	for name, test := range map[string]struct {
		options verify.Options
		want    time.Time
	}{
		"an instant": {verify.Options{At: at, Clock: clock}, at}, "a clock": {verify.Options{Clock: clock}, at.AddDate(0, 0, 1)},
	} {
		got := (&Checker{options: Options{Verify: test.options}}).File(File{Name: "x", Err: errors.New("gone")}).Time
		if !got.Equal(test.want) || got.Location() != time.UTC {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
	before := time.Now()
	if got := new(Checker).now(); got.Before(before) || got.After(time.Now()) {
		t.Errorf("now is %v", got)
	}
}

// A good signature decides between what was read and what was guessed, and what was guessed
// counts for nothing otherwise.
func TestSignatureDecides(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	payload, err := licseal.ParsePayload([]byte(`{"a":"b"}`))
	if err != nil {
		t.Fatal(err)
	}
	good, err := sign.License(payload, key)
	if err != nil {
		t.Fatal(err)
	}
	bad := &licseal.License{Payload: payload, Signature: strings.Repeat("0", 128)}
	c, err := New(Options{Trusted: []licseal.TrustedKey{{Key: key.Public()}}})
	if err != nil {
		t.Fatal(err)
	}
	candidate := func(lic *licseal.License, guessed bool) repair.Candidate {
		return repair.Candidate{License: lic, Guessed: guessed, Faults: []repair.Fault{{Kind: repair.WrappedInQuotes, Values: []string{"<", ">"}}}}
	}
	for name, test := range map[string]struct {
		found []repair.Candidate
		want  *licseal.License
	}{
		"nothing":                         {nil, nil},
		"one":                             {[]repair.Candidate{candidate(bad, false)}, bad},
		"a guess":                         {[]repair.Candidate{candidate(bad, true)}, nil},
		"a good guess":                    {[]repair.Candidate{candidate(good, true)}, good},
		"one, and a guess":                {[]repair.Candidate{candidate(bad, false), candidate(bad, true)}, bad},
		"one, and a good guess":           {[]repair.Candidate{candidate(bad, false), candidate(good, true)}, good},
		"two, the second of them good":    {[]repair.Candidate{candidate(bad, false), candidate(good, false)}, good},
		"two":                             {[]repair.Candidate{candidate(bad, false), candidate(bad, false)}, nil},
		"two, both good, as they may say": {[]repair.Candidate{candidate(good, false), candidate(good, false)}, nil},
	} {
		j := &judgement{Result: &Result{}, judge: c.judge, options: &c.options}
		var got *licseal.License
		if chosen := j.choose(&repair.Diagnosis{Candidates: test.found}); chosen != nil {
			got = chosen.License
		}
		if got != test.want {
			t.Errorf("%s: another one was chosen: %v", name, j.Findings)
		}
	}
}

// A message of the YAML library is put into our words, with the line if there is one.
func TestYAMLFault(t *testing.T) {
	for message, want := range map[string]string{
		"line 3: field gracee not found in type check.PolicyFile": "line 3: field gracee not found; the members are min_remaining, warn_remaining, grace, zone, schema and require",
		"line 3: did not find expected key":                       "line 3: did not find expected key",
		"did not find expected key":                               "did not find expected key",
		"control characters are not allowed":                      "not the text of a policy",
		"secret: cannot unmarshal !!str into int":                 "not the text of a policy",
		"line 2: cannot unmarshal !!str `secret` into int":        "line 2: a value of the wrong type",
		`line 2: mapping key "zone" already defined at line 1`:    `line 2: mapping key "zone" already defined`,
		`line 2: mapping key "se cret" already defined`:           "line 2: a mapping key already defined",
		"found character that cannot start any token":             "found character that cannot start any token",
	} {
		if got := yamlFault(message); got != want {
			t.Errorf("%s: %s, want %s", message, got, want)
		}
	}
}

// Only the first mention of a character is in the words of the parser.
func TestReadable(t *testing.T) {
	for detail, want := range map[string]string{
		"not JSON: jsontext: invalid character 'x' after invalid character": "not JSON: found 'x' after invalid character",
		"not JSON: invalid character 'x'":                                   "not JSON: found 'x'",
		"the text is empty":                                                 "the text is empty",
	} {
		if got := readable(detail); got != want {
			t.Errorf("%s: %s, want %s", detail, got, want)
		}
	}
}
