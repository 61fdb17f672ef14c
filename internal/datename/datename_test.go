package datename_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/datename"
)

// SPEC.md lists the names by which dates are found.
func TestNamesOfDatesAreThoseOfTheSpec(t *testing.T) {
	spec, err := os.ReadFile("../../SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	for before, want := range map[string][]string{
		"The creation is one of ":   datename.BeginNames,
		"the expiration is one of ": datename.EndNames,
	} {
		_, list, ok := strings.Cut(string(spec), before)
		list, _, _ = strings.Cut(list, ";")
		var got []string
		for _, m := range regexp.MustCompile("`([a-z]+)`").FindAllStringSubmatch(list, -1) {
			got = append(got, m[1])
		}
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("%s (-code +SPEC.md):\n%s", before, diff)
		}
	}
}
