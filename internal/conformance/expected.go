package conformance

import (
	"bufio"
	"bytes"
	"fmt"
	"path"
	"regexp"
	"strings"
)

// Expected is a set of vectors on which a client is known to fail.
type Expected struct {
	patterns []pattern
}

type pattern struct {
	text string
	line int
	used bool
}

// isName matches what can be the pattern of a name. A file that was given by mistake may
// hold a secret, which no message repeats.
var isName = regexp.MustCompile(`^(` + strings.Join(Parts(), "|") + `|mutant)/[a-z0-9/*?\[\]-]+$`)

// ParseExpected reads a file of expected failures: the name of a vector a line, or a
// pattern of names such as trust/*. A # begins a comment.
func ParseExpected(name string, data []byte) (*Expected, error) {
	e := &Expected{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		if _, err := path.Match(text, ""); err != nil || !isName.MatchString(text) {
			return nil, fmt.Errorf("%s:%d: not the name of a vector, such as licence/empty or trust/*", name, n)
		}
		e.patterns = append(e.patterns, pattern{text: text, line: n})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return e, nil
}

// mark notes in a result whether it is a failure that is expected.
func (e *Expected) mark(r *Result) {
	if r.OK() {
		return
	}
	for i := range e.patterns {
		if ok, _ := path.Match(e.patterns[i].text, r.Request.ID); ok {
			e.patterns[i].used, r.Known = true, true
		}
	}
}

// unused returns the patterns that no failure matched.
func (e *Expected) unused() []string {
	var unused []string
	for _, p := range e.patterns {
		if !p.used {
			unused = append(unused, p.text)
		}
	}
	return unused
}
