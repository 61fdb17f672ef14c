package checkreport

import (
	"fmt"
	"io"
	"strings"

	"github.com/licseal/licseal/check"
)

// gitHub writes the workflow commands that GitHub Actions shows as annotations:
// https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
type gitHub struct {
	w   io.Writer
	err error
}

func newGitHub(w io.Writer, h Header) Writer {
	g := &gitHub{w: w}
	for _, f := range h.Findings {
		g.annotate("", f)
	}
	return g
}

var gitHubLevels = map[check.Severity]string{check.Error: "error", check.Warning: "warning", check.Note: "notice"}

// GitHub reads these characters as part of a command unless they are escaped.
var (
	escapeMessage  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	escapeProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func (g *gitHub) annotate(path string, f check.Finding) {
	var properties []string
	add := func(name, value string) {
		properties = append(properties, name+"="+escapeProperty.Replace(value))
	}
	if path != "" {
		add("file", plain(path))
		if f.Line > 0 {
			add("line", fmt.Sprint(f.Line))
			add("col", fmt.Sprint(f.Column))
		}
	}
	add("title", "licence: "+string(f.Code))
	message := plain(f.Found) + "\n" + plain(f.Remedy)
	g.printf("::%s %s::%s\n", gitHubLevels[f.Severity], strings.Join(properties, ","), escapeMessage.Replace(message))
}

func (g *gitHub) printf(format string, args ...any) {
	if g.err == nil {
		_, g.err = fmt.Fprintf(g.w, format, args...)
	}
}

func (g *gitHub) Entry(e Entry) error {
	word := "ok"
	if e.Exit != 0 {
		word = e.Word
	}
	g.printf("%s: %s: %s\n", word, plain(e.Name), Verdict(e))
	for _, f := range e.Findings {
		g.annotate(e.Path, f)
	}
	return g.err
}

func (g *gitHub) Close(Summary) error { return g.err }
