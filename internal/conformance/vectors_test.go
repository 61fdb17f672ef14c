package conformance

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

// This module answers every vector as it expects.
func TestReference(t *testing.T) {
	all, err := Vectors()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		got := Judge(&v.Request)
		got.ID = ""
		if diff := cmp.Diff(v.Expect, got); diff != "" {
			t.Errorf("%s (%s): -want +got\n%s", v.Request.ID, v.Why, diff)
		}
	}
}

// Every group has at least three vectors.
func TestGroups(t *testing.T) {
	all, err := Vectors()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, v := range all {
		counts[v.Part+" "+v.Group]++
	}
	for group, n := range counts {
		if n < 3 {
			t.Errorf("%s has only %d vectors", group, n)
		}
	}
	t.Logf("%d vectors, %d groups: %v", len(all), len(counts), counts)
}

// The published file is as its schema says.
func TestSchema(t *testing.T) {
	schema, err := jsonschema.Compile(testdata + "/vectors.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(published)
	if err != nil {
		t.Fatal(err)
	}
	var file any
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(file); err != nil {
		t.Error(err)
	}
}

// All vectors of the parts that are named are there, in the order of their names.
func TestParts(t *testing.T) {
	var all []string
	for _, part := range Parts() {
		vectors := vectorsOf(t, part)
		if len(vectors) < 20 {
			t.Errorf("%s has only %d vectors", part, len(vectors))
		}
		for _, v := range vectors {
			if v.Part != part || !strings.HasPrefix(v.Request.ID, part+"/") {
				t.Errorf("%s is of %s, not of %s", v.Request.ID, v.Part, part)
			}
			all = append(all, v.Request.ID)
		}
	}
	slices.Sort(all)
	if got := names(vectorsOf(t)); !slices.Equal(all, got) {
		t.Errorf("-parts +all\n%s", cmp.Diff(all, got))
	}
	if got := names(vectorsOf(t, "trust", "licence")); !slices.IsSorted(got) || len(got) != len(vectorsOf(t, "trust"))+len(vectorsOf(t, "licence")) {
		t.Errorf("two parts: %q", got)
	}
}

func names(vectors []Vector) (all []string) {
	for _, v := range vectors {
		all = append(all, v.Request.ID)
	}
	return all
}

// The vectors that are not published are good chains, and then so much that they have one
// byte more than is read.
func TestLongChains(t *testing.T) {
	found := 0
	for _, v := range vectorsOf(t, "trust") {
		kind, isLong := strings.CutPrefix(v.Request.ID, "trust/too-long-")
		if !isLong || v.Request.Trust.Chain == nil || len(v.Request.Trust.Chain) < maxChain {
			continue
		}
		found++
		base := vector(t, "trust/accepted-"+kind).Trust
		rest, ok := bytes.CutPrefix(v.Request.Trust.Chain, base.Chain)
		if !ok || len(v.Request.Trust.Chain) != 8<<20+1 || len(bytes.Trim(rest, string(rest[0]))) > 0 {
			t.Errorf("%s has %d bytes", v.Request.ID, len(v.Request.Trust.Chain))
		}
		exact := *v.Request.Trust
		exact.Chain = exact.Chain[:8<<20]
		if got := Judge(&Request{Trust: &exact}); got.Class == "too-long" {
			t.Errorf("%s is too long with one byte less, too", v.Request.ID)
		}
	}
	if found != 3 {
		t.Errorf("%d chains", found)
	}
}

// A request that is not as docs/conformance.md says has no verdict.
func TestUsage(t *testing.T) {
	licence, chain, story := vector(t, "licence/accepted-p256"), vector(t, "trust/licence-accepted"), vector(t, "memory/chain-before-list")
	for name, change := range map[string]func(r *Request){
		"neither keys nor chain": func(r *Request) { r.Keys = "" },
		"keys and chain":         func(r *Request) { r.Trust = chain.Trust },
		"other keys":             func(r *Request) { r.Keys = "x" },
		"no document":            func(r *Request) { r.Document = nil },
		"no time":                func(r *Request) { r.Time = "" },
		"a date":                 func(r *Request) { r.Time = "2026-01-01" },
		"a grace below zero":     func(r *Request) { r.Grace = -1 },
		"a grace above all":      func(r *Request) { r.Grace = 36500*86400 + 1 },
		"a story with keys and a root": func(r *Request) {
			s := *story.Story
			s.Keys = licence.Keys
			r.Story = &s
		},
		"a story without":                func(r *Request) { r.Story = &Story{} },
		"a story with another root":      func(r *Request) { r.Story = &Story{Root: "x"} },
		"a story with other keys":        func(r *Request) { r.Story = &Story{Keys: "x"} },
		"a story without a time":         func(r *Request) { r.Story, r.Time = &Story{Keys: licence.Keys}, "" },
		"a story with a root and a date": func(r *Request) { r.Story, r.Time = story.Story, "2026-01-01" },
	} {
		r := *licence
		change(&r)
		if diff := cmp.Diff(Answer{ID: licence.ID, Reason: "usage"}, Judge(&r)); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
	r := *licence
	r.Grace = 36500 * 86400
	if got := Judge(&r); got.Reason != "" {
		t.Errorf("the longest grace: %+v", got)
	}
	// In a story, it is the answer for the step; the story goes on.
	r = Request{Time: licence.Time, Story: &Story{Keys: licence.Keys, Steps: []Step{{Time: "x"}, {Root: "x"}, {Document: licence.Document}}}}
	want := Answer{Steps: []Answer{{Reason: "usage"}, {Reason: "usage"}, {Class: "accepted", Digest: Judge(licence).Digest}}}
	if diff := cmp.Diff(want, Judge(&r)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for name, broken := range map[string]Trust{
		"root": {Root: "x", Chain: chain.Trust.Chain},
		"seen": {Root: chain.Trust.Root, Chain: chain.Trust.Chain, Seen: [][]byte{[]byte("x")}},
	} {
		if got := Judge(&Request{Trust: &broken}); got.Reason != "trust" {
			t.Errorf("another %s: %+v", name, got)
		}
	}
}
