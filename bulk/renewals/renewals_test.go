package renewals_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/bulk/job"
	"github.com/licseal/licseal/bulk/renewals"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
)

var keys = []ed25519.PrivateKey{
	ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)),
	ed25519.NewKeyFromSeed([]byte("another seed that has 32 letters")),
}

var now = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// line returns a licence by a key.
func line(t *testing.T, key ed25519.PrivateKey, id, customer, created, expires, more string) string {
	t.Helper()
	if more == "" {
		more = `,"grace_days":0`
	}
	p, err := licseal.ParsePayload(fmt.Appendf(nil, `{"license_key":%q,"customer":%q,"license_creation_date":%q,"license_expiration_date":%q%s}`, id, customer, created, expires, more))
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(p, key)
	if err != nil {
		t.Fatal(err)
	}
	return lic.String() + "\n"
}

// choose returns the lines of a file that are chosen, with their errors.
func choose(t *testing.T, o renewals.Options, lines ...string) (chosen []string, left job.LeftOut) {
	t.Helper()
	dir := t.TempDir()
	testenv.WriteFile(t, filepath.Join(dir, "all.ndjson"), strings.Join(lines, ""))
	o.Files = []string{dir}
	var err error
	if o.Verifier, err = bulk.NewVerifier([]licseal.TrustedKey{{Key: keys[0].Public()}, {Key: keys[1].Public()}}, &verify.Options{Roles: licseal.Roles{GraceDays: "/grace_days"}.WithDefaults()}); err != nil {
		t.Fatal(err)
	}
	c, err := renewals.New(o)
	if err != nil {
		t.Fatal(err)
	}
	for old := range c.Licenses(context.Background(), c.Moment(now)) {
		chosen = append(chosen, strings.TrimPrefix(old.Name, filepath.Join(dir, "all.ndjson:")))
	}
	if c.Err() != nil {
		t.Fatal(c.Err())
	}
	return chosen, c.LeftOut()
}

// Of the licences of an id, the one that expires last is chosen, if it is due, and what is
// no licence or has no good signature, so that it is rejected.
func TestChoose(t *testing.T) {
	const long = "2029-01-01"
	forged := strings.Replace(line(t, keys[0], "F", "x", long, "2030-01-10", ""), `"x"`, `"y"`, 1)
	for name, test := range map[string]struct {
		o     renewals.Options
		lines []string
		want  string
		left  job.LeftOut
	}{
		"due, not due, expired, in grace": {renewals.Options{Within: 60 * 24 * time.Hour}, []string{
			line(t, keys[0], "A", "x", long, "2030-02-01", ""), line(t, keys[0], "B", "x", long, "2030-06-01", ""),
			line(t, keys[0], "C", "x", long, "2029-12-01", ""), line(t, keys[0], "D", "x", long, "2029-12-25", `,"grace_days":30`),
		}, "1 4", job.LeftOut{NotDue: 1, Expired: 1}},
		"all": {renewals.Options{}, []string{
			line(t, keys[0], "A", "x", long, "2030-02-01", ""), line(t, keys[0], "B", "x", long, "2030-06-01", ""), "\n", "no licence\n", forged,
		}, "1 2 4 5", job.LeftOut{}},
		"the later one, and not the earlier one": {renewals.Options{}, []string{
			line(t, keys[0], "A", "x", long, "2030-03-01", ""), line(t, keys[0], "A", "x", long, "2030-02-01", ""), line(t, keys[0], "A", "x", long, "2030-03-01", ""),
		}, "1", job.LeftOut{}},
		"renewed a short time ago": {renewals.Options{Within: 60 * 24 * time.Hour}, []string{
			line(t, keys[0], "A", "x", long, "2030-02-01", ""), line(t, keys[0], "A", "x", long, "2030-01-15", ""), // the old one is still alive
			line(t, keys[0], "B", "x", long, "2029-12-31", ""), line(t, keys[0], "B", "x", long, "2030-02-01", ""),
		}, "4", job.LeftOut{Renewed: 1}},
		"signed again": {renewals.Options{Within: 60 * 24 * time.Hour}, []string{
			line(t, keys[0], "A", "x", long, "2030-02-01", ""), line(t, keys[1], "A", "x", "2029-12-01", "2030-02-01", ""),
			line(t, keys[1], "B", "x", "2029-12-01", "2030-02-01", ""), line(t, keys[0], "B", "x", long, "2030-02-01", ""),
		}, "2 3", job.LeftOut{}},
		"by key and customer": {renewals.Options{Key: licseal.KeyID(keys[0].Public()), Customer: "ACME"}, []string{
			line(t, keys[0], "A", "Acme Ltd", long, "2030-02-01", ""), line(t, keys[0], "B", "Other", long, "2030-02-01", ""),
			line(t, keys[1], "C", "Acme Ltd", long, "2030-02-01", ""), line(t, keys[0], "D", "Acme", long, "2030-02-01", ""), line(t, keys[1], "D", "Acme", "2029-02-01", "2030-02-01", ""),
		}, "1", job.LeftOut{}},
		"a forged later one does not count": {renewals.Options{}, []string{
			line(t, keys[0], "F", "x", long, "2030-01-05", ""), forged,
		}, "1 2", job.LeftOut{}},
		"what a register says": {renewals.Options{Entries: 7, Standing: func(entries int64, id string, _ *licseal.License, at time.Time) (renewals.Standing, error) {
			if entries != 7 || !at.Equal(now) {
				t.Errorf("asked about %d entries at %v", entries, at)
			}
			return map[string]renewals.Standing{"A": renewals.Revoked, "B": renewals.Replaced}[id], nil
		}}, []string{
			line(t, keys[0], "A", "x", long, "2030-02-01", ""), line(t, keys[0], "B", "x", long, "2030-02-01", ""), line(t, keys[0], "C", "x", long, "2030-02-01", ""),
		}, "3", job.LeftOut{Revoked: 1, Renewed: 1}},
	} {
		chosen, left := choose(t, test.o, test.lines...)
		if got := strings.Join(chosen, " "); got != test.want {
			t.Errorf("%s: chosen are lines %s, want %s", name, got, test.want)
		}
		if diff := cmp.Diff(test.left, left); diff != "" {
			t.Errorf("%s: left out (-want +got):\n%s", name, diff)
		}
	}
}

// What can be read only once is refused, and a name that leads nowhere.
func TestFilesAreReadTwice(t *testing.T) {
	for _, name := range []string{"-", filepath.Join(t.TempDir(), "missing")} {
		if _, err := renewals.New(renewals.Options{Files: []string{name}}); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// A survey that was interrupted, or that the register did not answer, chooses nothing: what
// it has not seen may be newer.
func TestInterruptedSurvey(t *testing.T) {
	unknown := errors.New("the register does not answer")
	for name, test := range map[string]struct {
		interrupt bool
		err       error
		want      int
	}{
		"to the end":             {want: 1},
		"interrupted":            {interrupt: true},
		"no answer":              {err: unknown},
		"no answer, interrupted": {interrupt: true, err: unknown},
	} {
		ctx, interrupt := context.WithCancel(t.Context())
		defer interrupt()
		path := filepath.Join(t.TempDir(), "all.ndjson")
		testenv.WriteFile(t, path, line(t, keys[0], "A", "Acme", "2026-01-01", "2099-01-01", ""))
		o := renewals.Options{Files: []string{path}, Standing: func(int64, string, *licseal.License, time.Time) (renewals.Standing, error) {
			if test.interrupt {
				interrupt()
			}
			return renewals.Newest, test.err
		}}
		var err error
		if o.Verifier, err = bulk.NewVerifier([]licseal.TrustedKey{{Key: keys[0].Public()}}, &verify.Options{Roles: licseal.Roles{GraceDays: "/grace_days"}.WithDefaults()}); err != nil {
			t.Fatal(err)
		}
		c, err := renewals.New(o)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for range c.Licenses(ctx, c.Moment(now)) {
			n++
		}
		if n != test.want || !errors.Is(c.Err(), test.err) {
			t.Errorf("%s: %d licences were chosen, want %d; the error is %v", name, n, test.want, c.Err())
		}
	}
}
