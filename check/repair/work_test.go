package repair

import (
	"encoding/base64"
	"os"
	"strings"
	"testing"

	"github.com/licseal/licseal"
)

// work returns how many bytes all detectors are given of a text of the largest size,
// made by repeating a part.
func work(part string) int {
	s := &search{seen: map[string]bool{}}
	s.try([]byte(strings.Repeat(part, MaxBytes/len(part))), way{})
	return s.size
}

// However many ways there are to read a large text, little is done about it. What is
// counted is the work, and not the time that it takes.
func TestWorkIsBounded(t *testing.T) {
	const most, few = 3 << 20, 2 << 20
	largest := 0
	for _, part := range []string{
		`"`, "eyJh", `\"{`,
		"> {“license”: ‘signature’,\u200b \u00a0&quot;a&quot;:1,}\n",
		"{“license”:{“payload”:{'a':'b',},“signature”:\"aa\u200baa\",},}\n",
	} {
		n := work(part)
		if n > most {
			t.Errorf("%q: %d bytes were looked at, of %d", part, n, MaxBytes)
		}
		largest = max(largest, n)
	}
	if largest < few {
		t.Errorf("at most %d bytes were looked at: no text here is hostile", largest)
	}
}

// A licence that is wrapped again and again in a text of the largest size is found.
func TestLargeTextIsUnwrapped(t *testing.T) {
	licence, err := os.ReadFile("../../testdata/published/kong-until-2017-07-21.json")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.TrimSpace(string(licence))
	for range 3 {
		text = base64.StdEncoding.EncodeToString([]byte(text))
	}
	filler := "  - name: customer\n    value: some other text of the same file\n"
	text = "kind: ConfigMap\nother:\n" + strings.Repeat(filler, (MaxBytes-len(text)-100)/len(filler)) + "data:\n  license: " + text + "\n"
	if d := Diagnose([]byte(text), licseal.Parser{}); len(d.Candidates) != 1 {
		t.Errorf("%d licences in %d bytes: %v", len(d.Candidates), len(text), d.Failure)
	}
}
