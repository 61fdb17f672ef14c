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
	w         io.Writer
	unchecked bool // and nothing has said so yet
	err       error
}

func newGitHub(w io.Writer, h Header) Writer {
	g := &gitHub{w: w, unchecked: !h.SignatureChecked}
	for _, f := range h.Findings {
		g.annotate(Entry{}, f)
	}
	return g
}

var gitHubLevels = map[check.Severity]string{check.Error: "error", check.Warning: "warning", check.Note: "notice"}

// GitHub reads these characters as part of a command unless they are escaped.
var (
	escapeMessage  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	escapeProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func (g *gitHub) annotate(e Entry, f check.Finding) {
	var properties []string
	add := func(name, value string) {
		properties = append(properties, name+"="+escapeProperty.Replace(value))
	}
	if e.Path != "" {
		add("file", plain(e.Path))
		if f.Line > 0 {
			add("line", fmt.Sprint(f.Line))
			add("col", fmt.Sprint(f.Column))
		}
	}
	title := "licence: "
	if e.notActive() {
		title = "licence, not active: "
	}
	add("title", title+string(f.Code))
	message := plain(f.Found) + "\n" + plain(f.Remedy)
	g.printf("::%s %s::%s\n", gitHubLevels[e.level(f)], strings.Join(properties, ","), escapeMessage.Replace(message))
}

func (g *gitHub) printf(format string, args ...any) {
	if g.err == nil {
		_, g.err = fmt.Fprintf(g.w, format, args...)
	}
}

func (g *gitHub) Entry(e Entry) error {
	g.unchecked = g.unchecked && e.Signature != check.SignatureNotChecked // which a notice says
	g.printf("%s: %s: %s\n", e.word(), plain(e.Name), Verdict(e))
	for _, f := range e.Findings {
		g.annotate(e, f)
	}
	return g.err
}

func (g *gitHub) Close(Summary) error {
	if g.unchecked {
		g.printf("::notice title=licence%%3A %s::%s\n", check.CodeSignatureNotChecked, notChecked)
	}
	return g.err
}
