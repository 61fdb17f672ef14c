package main

import (
	"errors"
	"os"
	"regexp"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/verdict"
)

// Every reason to refuse a licence comes with what to do about it.
func TestEveryRefusalHasAHint(t *testing.T) {
	source, err := os.ReadFile("../../reason.go")
	if err != nil {
		t.Fatal(err)
	}
	reasons := regexp.MustCompile(`(?m)^\tReason\w+ +Reason = "([a-z-]+)"`).FindAllSubmatch(source, -1)
	if len(reasons) < 9 {
		t.Fatalf("reason.go has %d reasons, want at least 9", len(reasons))
	}
	for _, reason := range reasons {
		refusal := fault.Because(licseal.Reason(reason[1]), errors.New("refused"))
		v := new(judge).hint(verdict.Verdict{File: "licence.json", Err: refusal})
		if f := fault.Of(v.Err); len(f.Hints) == 0 || f.Reason != licseal.Reason(reason[1]) {
			t.Errorf("%s: the refusal has the reason %s and the hints %q", reason[1], f.Reason, f.Hints)
		}
	}
}
