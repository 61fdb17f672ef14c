package conformance

import (
	"bufio"
	"bytes"
	"fmt"
	"path"
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
		if _, err := path.Match(text, ""); err != nil {
			return nil, fmt.Errorf("%s:%d: %q is not a pattern: %w", name, n, text, err)
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
