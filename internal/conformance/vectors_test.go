package conformance

import (
	"encoding/json"
	"os"
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
