//go:build unix

package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/revoke"
)

// revokeAll writes a revocation list that names licences.
func (v *vendor) revokeAll(t *testing.T, path string, generation int64, ids ...string) {
	t.Helper()
	list := revoke.New(time.Now(), time.Now().Add(time.Hour))
	list.Generation = generation
	for _, id := range ids {
		revokeIn(t, list, id)
	}
	v.writeList(t, path, list)
}

// A licence that is revoked after it was stored is named in the log and counted, is not
// taken for the active one, and with --hide-refused is shown only to who may write.
func TestReview(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	dir := t.TempDir()
	list, tokens := filepath.Join(dir, "revoked.json"), filepath.Join(dir, "tokens")
	const reader, writer = "Authorization: Bearer reader-0123456789", "Authorization: Bearer writer-0123456789"
	testenv.WriteFile(t, tokens, "reader reader-0123456789 read,metrics\nwriter writer-0123456789 write\n")
	v.revokeAll(t, list, 1)
	p := start(t, "--store", "sqlite:"+filepath.Join(dir, "licences.db"), "--listen", "127.0.0.1:0",
		"--trust", v.trust, "--revocations", list, "--token-file", tokens, "--hide-refused")
	first := postedID(t, expect(t, 201, "POST", p.url+"/licenses", v.licence(t, "LS-1", 30), writer))
	revoked := v.licence(t, "LS-2", 30)
	second := postedID(t, expect(t, 201, "POST", p.url+"/licenses", revoked, writer))
	has := func(body string, texts ...string) bool {
		for _, text := range texts {
			if !strings.Contains(body, text) {
				return false
			}
		}
		return true
	}
	metrics := func() string { return expect(t, 200, "GET", p.url+"/metrics", "", reader) }
	testenv.WaitUntil(t, "both are counted as good", func() bool {
		return has(metrics(), `licseald_licenses{reason="",state="valid"} 2`, "licseald_next_expiry_timestamp_seconds ")
	})

	v.revokeAll(t, list, 2, "LS-2")
	testenv.WaitUntil(t, "one is counted as revoked", func() bool {
		return has(metrics(), `licseald_licenses{reason="",state="valid"} 1`, `licseald_licenses{reason="revoked",state="valid"} 1`)
	})
	if log := p.log.String(); !strings.Contains(log, `msg="a stored licence is refused now" id=`+second) || !strings.Contains(log, "reason=revoked") {
		t.Errorf("the log: %s", log)
	}
	if report := expect(t, 200, "GET", p.url+"/license/report", "", reader); !strings.Contains(report, admin.Hash("LS-1")) {
		t.Errorf("the report is about another licence: %s", report)
	}
	for _, test := range []struct {
		who  string
		want int // status of the revoked one
	}{{reader, 404}, {writer, 200}} {
		expect(t, test.want, "GET", p.url+"/licenses/"+second, "", test.who)
		body := expect(t, 200, "GET", p.url+"/licenses", "", test.who)
		if !strings.Contains(body, first) || strings.Contains(body, second) != (test.want == 200) {
			t.Errorf("%s gets the list %s", test.who, body)
		}
	}
	expect(t, 400, "POST", p.url+"/schemas/licenses/validate", revoked, writer)
	expect(t, 200, "POST", p.url+"/schemas/licenses/validate", v.licence(t, "LS-3", 30), writer)
	client, err := admin.NewClient(p.url, &admin.ClientOptions{Token: "writer-0123456789"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Plan(t.Context(), revoked, licseal.Roles{}, false)
	if err == nil || !strings.Contains(err.Error(), "the server refuses it now") {
		t.Errorf("a plan for the revoked licence: %v", err)
	}

	v.revokeAll(t, list, 3)
	testenv.WaitUntil(t, "it is good again", func() bool {
		return has(metrics(), `licseald_licenses{reason="",state="valid"} 2`) && has(p.log.String(), "a stored licence is good again")
	})
	expect(t, http.StatusOK, "GET", p.url+"/licenses/"+second, "", reader)
}

// countedStore counts how often all records are read.
type countedStore struct {
	admin.Store
	lists int
}

func (s *countedStore) List(ctx context.Context, after string, limit int) ([]admin.Record, bool, error) {
	s.lists++
	return s.Store.List(ctx, after, limit)
}

// After the first review only changes are read, as long as the history leads from one
// review to the next.
func TestReviewOfChanges(t *testing.T) {
	v := newVendor(t)
	s := benchServer(t, v)
	store := &countedStore{Store: &admin.Memory{}}
	r := &review{store: store, judge: s.judge, log: slog.New(slog.DiscardHandler)}
	const id1, id2 = "30b4edb7-0847-4f65-af90-efbed8b0161f", "e8201120-4ee3-43ca-9e92-3fed08b1a15d"
	write := func(id, payload string) {
		t.Helper()
		if _, err := store.Write(t.Context(), admin.Write{ID: id, Payload: payload, If: admin.Always}); err != nil {
			t.Fatal(err)
		}
	}
	reviews := func(lists int, want map[string]licseal.Reason) {
		t.Helper()
		store.lists = 0
		if err := r.once(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := map[string]licseal.Reason{}
		for id, v := range r.verdicts {
			got[id] = v.reason
		}
		if diff := cmp.Diff(want, got); diff != "" || store.lists != lists {
			t.Errorf("all records were read %d times, not %d: %s", store.lists, lists, diff)
		}
	}
	soon := v.licence(t, "LS-1", 30)
	write(id1, soon)
	reviews(1, map[string]licseal.Reason{id1: ""})
	reviews(0, map[string]licseal.Reason{id1: ""})
	for i := range 250 { // more than are read at once
		write(id2, fmt.Sprint(i))
	}
	reviews(0, map[string]licseal.Reason{id1: "", id2: licseal.ReasonParse})
	write(id2, v.licence(t, "LS-2", 30))
	store.Delete(t.Context(), id1, "")
	reviews(0, map[string]licseal.Reason{id2: ""})

	// Another history, as after a restore.
	other := &admin.Memory{}
	for store.Store = other; ; {
		write(id1, fmt.Sprintf("other %d", len(history(t, other))))
		if len(history(t, other)) == int(r.head.Number)+3 {
			break
		}
	}
	reviews(1, map[string]licseal.Reason{id1: licseal.ReasonParse})

	// A verdict is due.
	r.due = time.Now()
	reviews(1, map[string]licseal.Reason{id1: licseal.ReasonParse})
	// Verdicts are old.
	r.began = time.Now().Add(-2 * reviewAge)
	reviews(1, map[string]licseal.Reason{id1: licseal.ReasonParse})
}

func history(t *testing.T, store admin.Store) []admin.Change {
	t.Helper()
	changes, err := store.History(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

// A recent verdict holds for the keys by which it was given, for a while, and not beyond the
// instant at which time changes it.
func TestRecentVerdicts(t *testing.T) {
	var recent recentVerdicts
	one, other := new(trust), new(trust)
	recent.add(one, "a", verdict{key: "A"})
	recent.add(one, "due", verdict{until: time.Now()})
	recent.add(one, "later", verdict{until: time.Now().Add(time.Hour)})
	for _, test := range []struct {
		by      *trust
		payload string
		want    bool
	}{{one, "a", true}, {other, "a", false}, {one, "b", false}, {one, "due", false}, {one, "later", true}} {
		if _, ok := recent.get(test.by, test.payload); ok != test.want {
			t.Errorf("%s: %v", test.payload, ok)
		}
	}
	recent.ring[0].at = time.Now().Add(-recentAge)
	if _, ok := recent.get(one, "a"); ok {
		t.Error("an old verdict is recent")
	}
	recent.add(one, "a", verdict{})
	for i := range len(recent.ring) - 1 {
		recent.add(one, fmt.Sprint(i), verdict{})
	}
	if _, ok := recent.get(one, "a"); !ok || len(recent.byID) != len(recent.ring) {
		t.Errorf("%v, %d verdicts are kept", ok, len(recent.byID))
	}
	recent.add(one, "last", verdict{})
	if _, ok := recent.get(one, "a"); ok {
		t.Error("it is kept for ever")
	}
}
