package register_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/register"
	"github.com/licseal/licseal/sign"
	verifier "github.com/licseal/licseal/verify"
)

// What is renewed is on the disk before the caller gets it. What is not renewed is
// rejected: no id, another id, no good signature, or recorded after the checkpoint, from
// its first entry on.
func TestRenew(t *testing.T) {
	dir := create(t)
	const many = 1030 // more than a block
	forged, err := licseal.ParseUnverified([]byte(license(t, "forged", "2199-01-01").String()))
	if err != nil {
		t.Fatal(err)
	}
	forged.Signature = license(t, "other", "2199-01-01").Signature
	nameless := payload(t, `{"license_creation_date":"2020-01-01","license_expiration_date":"2199-01-01"}`)
	unnamed, err := sign.License(nameless, signingKey)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, func(w *register.Writer) {
		for i := range many {
			add(t, w, license(t, fmt.Sprintf("LS-%04d", i), "2199-01-01"))
		}
		for _, lic := range []*licseal.License{forged, unnamed, license(t, "changed", "2199-01-01"), license(t, "expired", "2021-01-01")} {
			add(t, w, lic)
		}
	})
	until := open(t, dir).Checkpoint()
	write(t, dir, func(w *register.Writer) {
		add(t, w, license(t, "late", "2199-01-01"))
		add(t, w, license(t, "confirmed", "2199-01-01"))
	})
	v, err := verifier.New([]licseal.TrustedKey{{Key: signingKey.Public()}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	newKey := ed25519.NewKeyFromSeed([]byte("another seed that has 32 letters"))
	o := &register.RenewOptions{Verifier: v, Key: newKey, Until: &until, Confirmed: map[string]bool{"confirmed": true}}
	o.Change = func(old *licseal.License) (licseal.Payload, error) {
		if id, _ := old.Payload.ID(v.Roles()); id == "changed" {
			return nameless, nil
		}
		return old.Payload, nil
	}
	renew := func() (renewed int, rejected map[string]string) {
		t.Helper()
		rejected = map[string]string{}
		write(t, dir, func(w *register.Writer) {
			var known *register.Register
			err := w.Renew(context.Background(), open(t, dir), register.Filter{Key: fingerprint}, o, func(lic *licseal.License) error {
				if renewed++; known == nil || renewed%1024 == 1 {
					known = open(t, dir)
				}
				if e, err := known.Entry(many + 5 + int64(renewed)); err != nil || e.License != lic.String() {
					t.Errorf("licence %d is not in the register: %v", renewed, err)
				}
				return nil
			}, func(item *register.Item, err error) {
				later := new(register.LaterError)
				if errors.As(err, &later) {
					err = fmt.Errorf("later: %d", later.Number)
				}
				rejected[item.ID] = err.Error()
			})
			if err != nil {
				t.Fatal(err)
			}
		})
		return renewed, rejected
	}
	want := map[string]string{
		"":        "the licence has no id, so nothing can replace it",
		"forged":  "the signature does not match the trusted key",
		"changed": `a renewal keeps the id, and this one would change it to ""`,
		"late":    "later: 1034",
	}
	for _, n := range []int{many + 1, 0} { // a second run finds nothing to do
		renewed, rejected := renew()
		if diff := cmp.Diff(want, rejected); diff != "" || renewed != n {
			t.Errorf("%d renewed, want %d; rejected (-want +got):\n%s", renewed, n, diff)
		}
	}
	if err := open(t, dir).Verify(context.Background(), until); err != nil {
		t.Error(err)
	}
	o.Until = &register.Checkpoint{Origin: until.Origin, Size: 3}
	write(t, dir, func(w *register.Writer) {
		err := w.Renew(context.Background(), open(t, dir), register.Filter{}, o, nil, nil)
		if !errors.As(err, new(*register.InconsistentError)) {
			t.Errorf("a checkpoint of another history: %v", err)
		}
	})
}

// A checkpoint chooses what is under it; that of an empty register chooses nothing.
func TestSelectUnder(t *testing.T) {
	dir := create(t)
	checkpoints := []register.Checkpoint{open(t, dir).Checkpoint()}
	for i := range 2 {
		write(t, dir, func(w *register.Writer) { add(t, w, license(t, fmt.Sprint(i), "2199-01-01")) })
		checkpoints = append(checkpoints, open(t, dir).Checkpoint())
	}
	for want, checkpoint := range checkpoints {
		got := 0
		for _, err := range open(t, dir).Select(register.Filter{Under: &checkpoint}, time.Now()) {
			if got++; err != nil {
				t.Fatal(err)
			}
		}
		if got != want {
			t.Errorf("under a checkpoint of %d entries: %d", want, got)
		}
	}
}

func payload(t testing.TB, text string) licseal.Payload {
	t.Helper()
	p, err := licseal.ParsePayload([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
