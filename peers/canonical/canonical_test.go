// Package canonical compares the canonical form of payloads with that of others who
// implement RFC 8785.
package canonical

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/testenv"
)

// judged is a document with what licseal makes of it.
type judged struct {
	text      string
	canonical []byte        // nil if refused
	class     licseal.Class // why it is refused
}

// documents returns generated documents, judged by licseal.
func documents(t *testing.T) []judged {
	t.Helper()
	g := &generator{Rand: rand.New(rand.NewPCG(8785, 1))}
	all := make([]judged, testenv.Rounds(5_000, 100_000))
	accepted, classes := 0, make(map[licseal.Class]int)
	for i := range all {
		d := judged{text: g.document()}
		payload, err := licseal.ParsePayload([]byte(d.text))
		if fault, ok := errors.AsType[*licseal.ParseError](err); ok {
			d.class = fault.Class
			classes[d.class]++
		} else if err != nil {
			t.Fatal(err)
		} else {
			d.canonical = payload.Bytes()
			accepted++
		}
		all[i] = d
	}
	t.Logf("%d documents: %d accepted, refused: %v", len(all), accepted, classes)
	if accepted < len(all)/4 {
		t.Errorf("only %d of %d documents are accepted", accepted, len(all))
	}
	return all
}

// isNoJSON reports whether licseal refuses d as no JSON at all.
func (d judged) isNoJSON() bool {
	switch d.class {
	case licseal.ClassEmpty, licseal.ClassSyntax, licseal.ClassTruncated, licseal.ClassTrailingData:
		return true
	}
	return false
}

// isNoIJSON reports whether licseal refuses d as no I-JSON (RFC 7493), which RFC 8785
// demands. Numbers that would be rounded are I-JSON.
func (d judged) isNoIJSON() bool {
	switch d.class {
	case licseal.ClassInvalidUTF8, licseal.ClassLoneSurrogate, licseal.ClassDuplicateName:
		return true
	}
	return d.isNoJSON()
}

// The canonical form of every document is that of gowebpki/jcs, which refuses what
// is no I-JSON as licseal does.
func TestGoWebPKI(t *testing.T) {
	for _, d := range documents(t) {
		theirs, err := jcs.Transform([]byte(d.text))
		switch {
		case d.canonical != nil && (err != nil || !bytes.Equal(theirs, d.canonical)):
			t.Errorf("%q: licseal says %q, jcs %q, %v", d.text, d.canonical, theirs, err)
		case d.isNoIJSON() && err == nil:
			t.Errorf("%q: licseal refuses it (%s), jcs says %q", d.text, d.class, theirs)
		}
	}
}

// The canonical form of every document is that of Node's JSON, which refuses what is
// no JSON as licseal does. JSON.parse takes half of a surrogate pair, and the last of
// two members with one name.
func TestNode(t *testing.T) {
	testenv.Programs(t, "node")
	all := documents(t)
	var input strings.Builder
	for _, d := range all {
		input.WriteString(d.text + "\n")
	}
	node := exec.Command("node", "canonical.js")
	node.Stdin = strings.NewReader(input.String())
	output, err := node.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(output), "\n"), "\n")
	if len(lines) != len(all) {
		t.Fatalf("%d documents, %d answers", len(all), len(lines))
	}
	for i, d := range all {
		switch {
		case d.canonical != nil && lines[i] != string(d.canonical):
			t.Errorf("%q: licseal says %q, Node %q", d.text, d.canonical, lines[i])
		case d.isNoJSON() && lines[i] != "refused":
			t.Errorf("%q: licseal refuses it (%s), Node says %q", d.text, d.class, lines[i])
		}
	}
}
