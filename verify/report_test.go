package verify_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/verify"
)

// judgeOf is a judge of fields with a fixed answer.
type judgeOf struct {
	roles    licseal.Roles
	warnings []licseal.Violation
	refusal  error
}

func (j *judgeOf) Roles() licseal.Roles { return j.roles }

func (j *judgeOf) Judge(licseal.Payload) ([]licseal.Violation, error) { return j.warnings, j.refusal }

// fault is what can be wrong with a licence, or with what it is judged by, at one
// stage.
type fault struct {
	stage  verify.Stage
	reason licseal.Reason
}

var faults = []fault{
	{verify.StageDocument, licseal.ReasonParse},
	{verify.StageSignature, licseal.ReasonSignature},
	{verify.StageRevocation, licseal.ReasonRevoked},
	{verify.StageFields, licseal.ReasonSchema},
	{verify.StagePeriod, licseal.ReasonSchema},
	{verify.StageClock, licseal.ReasonClock},
	{verify.StageValidity, licseal.ReasonExpired},
	{verify.StageIssuer, licseal.ReasonRequirement},
}

// withFaults returns a document and what judges it, with any of the faults.
func withFaults(t *testing.T, has func(verify.Stage) bool) ([]byte, *verify.Verifier) {
	t.Helper()
	payload := kongPayload
	options := &verify.Options{Clock: func() time.Time { return midYear }, Fields: &judgeOf{}}
	list := newRevocations(t, 1, midYear.AddDate(0, 0, -1))
	if has(verify.StageRevocation) {
		if err := list.RevokeLicense("LS-0001", ""); err != nil {
			t.Fatal(err)
		}
	}
	if has(verify.StageFields) {
		options.Fields = &judgeOf{refusal: errors.New("a field is wrong")}
	}
	if has(verify.StageValidity) {
		payload = strings.Replace(payload, "2027-01-01", "2026-02-01", 1)
	}
	if has(verify.StagePeriod) {
		payload = strings.Replace(payload, "2026-01-01", "January", 1)
	}
	if has(verify.StageClock) {
		options.Floor = midYear.AddDate(0, 0, 5)
	}
	if has(verify.StageIssuer) {
		options.Issuer = "nobody@vendor.example"
	}
	options.Revocations = mustRevocations(t, sealList(t, list, ed25519Key(seed1)))
	text := signed(sealEd25519(seed1), payload).file()
	if has(verify.StageSignature) {
		text = signed(sealEd25519(seed2), payload).file()
	}
	if has(verify.StageDocument) {
		text += "x"
	}
	v, err := verify.New(trusted1, options)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(text), v
}

// Whatever is wrong at the same time, the first stage that refuses gives the
// answer, and the later stages are reported all the same, except that nothing
// follows a document that is no licence and a bad signature.
func TestReport(t *testing.T) {
	for mask := range 1 << len(faults) {
		has := func(s verify.Stage) bool {
			i := slices.IndexFunc(faults, func(f fault) bool { return f.stage == s })
			return i >= 0 && mask&(1<<i) != 0
		}
		text, v := withFaults(t, has)
		var want []string
		reason := licseal.Reason("")
		for _, f := range faults {
			if f.stage == verify.StageValidity && has(verify.StagePeriod) {
				continue // without dates, nothing is known about validity
			}
			refused := licseal.Reason("")
			if has(f.stage) {
				refused = f.reason
			}
			if reason == "" {
				reason = refused
			}
			want = append(want, fmt.Sprintf("%s %s", f.stage, refused))
			if refused != "" && (f.stage == verify.StageDocument || f.stage == verify.StageSignature) {
				break
			}
		}
		for how, r := range map[string]*verify.Report{"one": v.Report(text), "many": &v.Reports([][]byte{text})[0]} {
			var got []string
			for _, o := range r.Outcomes() {
				got = append(got, fmt.Sprintf("%s %s", o.Stage, o.Reason))
				if same, ok := r.Outcome(o.Stage); !ok || same.Reason != o.Reason || (o.Err == nil) != (o.Reason == "") {
					t.Errorf("%s: %b: outcome of %s: %v, %v", how, mask, o.Stage, same, o)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %b: stages (-want +got):\n%s", how, mask, diff)
			}
			if r.Reason() != reason || (r.Err() == nil) != (reason == "") || verify.ReasonOf(r.Err()) != reason {
				t.Errorf("%s: %b: %q (%v), want %q", how, mask, r.Reason(), r.Err(), reason)
			}
			unverified := has(verify.StageDocument) || has(verify.StageSignature)
			if (r.Result() == nil) != unverified {
				t.Errorf("%s: %b: result %v", how, mask, r.Result())
			}
		}
	}
}

// Without a list, nothing is said against the licence by the stage that looks into it.
func TestReportWithoutList(t *testing.T) {
	v, err := verify.New(trusted1, &verify.Options{At: midYear})
	if err != nil {
		t.Fatal(err)
	}
	r := v.Report([]byte(signed(sealEd25519(seed1), kongPayload).file()))
	if o, ok := r.Outcome(verify.StageRevocation); !ok || o.Err != nil || len(r.Outcomes()) != 8 {
		t.Errorf("got %v, %t, among %d outcomes", o, ok, len(r.Outcomes()))
	}
}

// A revoked signing key ends the report, without anything of the licence, even if
// the list that says so is stale.
func TestReportOfRevokedKey(t *testing.T) {
	list := newRevocations(t, 1, newYear, revoke.Key{ID: id1})
	verified := mustRevocations(t, sealList(t, list, signer2))
	text := []byte(signed(sealEd25519(seed1), kongPayload).file())
	for at, want := range map[time.Time]licseal.Reason{
		newYear.AddDate(0, 0, 1): licseal.ReasonRevoked,
		newYear.AddDate(5, 0, 0): licseal.ReasonRevocationList,
	} {
		v, err := verify.New(listTrusted, &verify.Options{At: at, Revocations: verified})
		if err != nil {
			t.Fatal(err)
		}
		r := v.Report(text)
		if r.Reason() != want || r.Result() != nil || len(r.Outcomes()) != 3 {
			t.Errorf("at %s: %q, result %v, outcomes %v", at, r.Reason(), r.Result(), r.Outcomes())
		}
	}
}

// A report that no verifier has made accepts nothing.
func TestZeroReport(t *testing.T) {
	var r verify.Report
	if r.Err() == nil || r.Reason() == "" || r.Result() != nil {
		t.Errorf("got %v, %q, %v", r.Err(), r.Reason(), r.Result())
	}
}

// Warnings of the fields are reported, whether the licence is accepted or not.
func TestReportWarnings(t *testing.T) {
	warnings := []licseal.Violation{{Message: "odd"}}
	for _, refusal := range []error{nil, errors.New("wrong")} {
		v, err := verify.New(trusted1, &verify.Options{At: midYear, Fields: &judgeOf{warnings: warnings, refusal: refusal}})
		if err != nil {
			t.Fatal(err)
		}
		r := v.Report([]byte(signed(sealEd25519(seed1), kongPayload).file()))
		fields, _ := r.Outcome(verify.StageFields)
		if !cmp.Equal(r.Warnings(), warnings) || !cmp.Equal(fields.Warnings, warnings) || !errors.Is(r.Err(), refusal) {
			t.Errorf("%v: got %v, %v, %v", refusal, r.Warnings(), fields.Warnings, r.Err())
		}
	}
}

// A judge of fields that is a nil pointer would judge nothing, or panic later.
func TestNilFields(t *testing.T) {
	var fields *judgeOf
	if _, err := verify.New(trusted1, &verify.Options{Fields: fields}); err == nil {
		t.Error("a nil pointer was taken for a judge")
	}
	if _, err := verify.NewUnverified(&verify.Options{Fields: fields}); err == nil {
		t.Error("unverified: a nil pointer was taken for a judge")
	}
}

// The caller's roles win field by field, then those of the judge of the fields, then
// Kong's.
func TestRoles(t *testing.T) {
	fields := &judgeOf{roles: licseal.Roles{ID: "/f/id", NotAfter: "/f/until", GraceDays: "/f/grace"}}
	v, err := verify.New(trusted1, &verify.Options{Fields: fields, Roles: licseal.Roles{NotAfter: "/o/until"}})
	if err != nil {
		t.Fatal(err)
	}
	want := licseal.Roles{ID: "/f/id", Customer: "/customer", Product: "/product_subscription",
		NotBefore: "/license_creation_date", NotAfter: "/o/until", GraceDays: "/f/grace"}
	if diff := cmp.Diff(want, v.Roles()); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
}

// The instant that the caller chose is not the clock, and the clock is not chosen:
// a list that was issued after a chosen instant is no reason to doubt the clock,
// and one that was issued after what the clock says is.
func TestAtIsNotTheClock(t *testing.T) {
	list := mustRevocations(t, sealList(t, newRevocations(t, 1, midYear.AddDate(0, 0, 2)), ed25519Key(seed1)))
	text := []byte(signed(sealEd25519(seed1), kongPayload).file())
	clock := func() time.Time { return midYear }
	for name, tt := range map[string]struct {
		options verify.Options
		want    licseal.Reason
	}{
		"the clock, behind the list":         {verify.Options{Clock: clock}, licseal.ReasonClock},
		"the clock, with enough skew":        {verify.Options{Clock: clock, MaxClockSkew: 72 * time.Hour}, ""},
		"a chosen instant":                   {verify.Options{At: midYear}, ""},
		"a chosen instant, whatever clock":   {verify.Options{At: midYear, Clock: func() time.Time { panic("the clock was read") }}, ""},
		"a chosen instant, behind the floor": {verify.Options{At: midYear, Floor: midYear.AddDate(0, 0, 2)}, licseal.ReasonClock},
	} {
		tt.options.Revocations = list
		v, err := verify.New(trusted1, &tt.options)
		if err != nil {
			t.Fatal(err)
		}
		for how, judge := range map[string]*verify.Verifier{"": v, ", frozen": v.Freeze()} {
			if r := judge.Report(text); r.Reason() != tt.want {
				t.Errorf("%s%s: %q (%v), want %q", name, how, r.Reason(), r.Err(), tt.want)
			}
		}
	}
}

// A frozen verifier judges by one reading of the clock.
func TestFreeze(t *testing.T) {
	now := midYear
	v, err := verify.New(trusted1, &verify.Options{Clock: func() time.Time { now = now.Add(time.Hour); return now }})
	if err != nil {
		t.Fatal(err)
	}
	text := []byte(signed(sealEd25519(seed1), kongPayload).file())
	frozen := v.Freeze()
	first, second := frozen.Report(text).Result().Time, frozen.Report(text).Result().Time
	if !first.Equal(midYear.Add(time.Hour)) || !second.Equal(first) {
		t.Errorf("judged at %s and %s", first, second)
	}
	if later := v.Report(text).Result().Time; !later.Equal(midYear.Add(2 * time.Hour)) {
		t.Errorf("the verifier itself stands still at %s", later)
	}
}

// What is judged without its signature gets the outcomes of its form, fields and
// dates, and nothing that needs a signature.
func TestUnverified(t *testing.T) {
	for mask := range 1 << len(faults) {
		has := func(s verify.Stage) bool {
			i := slices.IndexFunc(faults, func(f fault) bool { return f.stage == s })
			return i >= 0 && mask&(1<<i) != 0
		}
		text, _ := withFaults(t, has)
		fields := &judgeOf{}
		if has(verify.StageFields) {
			fields.refusal = errors.New("a field is wrong")
		}
		j, err := verify.NewUnverified(&verify.Options{At: midYear, Fields: fields})
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, f := range faults {
			switch f.stage {
			case verify.StageSignature, verify.StageRevocation, verify.StageClock, verify.StageIssuer:
				continue
			case verify.StageValidity:
				if has(verify.StagePeriod) {
					continue
				}
			}
			refused := licseal.Reason("")
			if has(f.stage) {
				refused = f.reason
			}
			want = append(want, fmt.Sprintf("%s %s", f.stage, refused))
			if refused != "" && f.stage == verify.StageDocument {
				break
			}
		}
		r := j.Report(text)
		var got []string
		for _, o := range r.Outcomes() {
			got = append(got, fmt.Sprintf("%s %s", o.Stage, o.Reason))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%b: stages (-want +got):\n%s", mask, diff)
		}
		if (r.License == nil) != has(verify.StageDocument) {
			t.Errorf("%b: licence %v", mask, r.License)
		}
	}
}

// The first fault of a document whose signature is not checked is the refusal of the
// first stage that has one.
func TestFirstFault(t *testing.T) {
	refusal := errors.New("a field is wrong")
	for _, want := range []error{nil, refusal} {
		j, err := verify.NewUnverified(&verify.Options{At: midYear, Fields: &judgeOf{refusal: want}})
		if err != nil {
			t.Fatal(err)
		}
		text := []byte(signed(sealEd25519(seed1), kongPayload).file())
		if got := j.Report(text).FirstFault(); !errors.Is(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

// No year has more than four digits: what is later is shown as the end of 9999.
func TestStateErrorOfLateYears(t *testing.T) {
	last := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	for _, end := range []time.Time{last, last.Add(time.Second), last.AddDate(5, 0, 0)} {
		err := &verify.StateError{State: verify.Expired, Period: licseal.Period{NotAfter: end}, GraceEnd: end, Time: end}
		if want := "expired at 9999-12-31T23:59:59Z, and it is 9999-12-31T23:59:59Z"; err.Error() != want {
			t.Errorf("%v: got %s", end, err)
		}
	}
	earlier := last.AddDate(0, -6, 0)
	err := &verify.StateError{State: verify.Expired, Period: licseal.Period{NotAfter: earlier}, GraceEnd: earlier, Time: last}
	if want := "expired at 9999-07-01T23:59:59Z, and it is 9999-12-31T23:59:59Z"; err.Error() != want {
		t.Errorf("within the year 9999: got %s", err)
	}
}
