package checkreport

import (
	"fmt"
	"io"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/verify"
)

// people writes for people: a short verdict first, then what was found.
type people struct {
	w         io.Writer
	color     bool
	entries   int
	unchecked bool // and nothing has said so yet
	err       error
}

func newText(w io.Writer, h Header) Writer {
	t := &people{w: w, color: h.Color, unchecked: !h.SignatureChecked}
	t.sources(h)
	return t
}

// The colours that terminals know.
const (
	bold   = "1"
	red    = "31"
	green  = "32"
	yellow = "33"
	blue   = "36"
)

func (t *people) paint(color, s string) string {
	if !t.color {
		return s
	}
	return "\x1b[" + color + "m" + s + "\x1b[0m"
}

func (t *people) printf(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format, args...)
	}
}

func (t *people) sources(h Header) {
	if len(h.Sources) > 0 {
		t.printf("a gateway looks here, in this order:\n")
	}
	for i, s := range h.Sources {
		state := string(s.State)
		if s.State == check.SourceUnreadable {
			state += ":"
		}
		if s.Detail != "" {
			state += " " + plain(s.Detail)
		}
		if s.State == check.SourceActive {
			state = t.paint(green, state)
		}
		t.printf("  %d. %s: %s\n", i+1, plain(s.Name), state)
	}
	for _, f := range h.Findings {
		t.heading(f)
		t.printf("    %s\n    -> %s\n", plain(f.Found), plain(f.Remedy))
	}
}

func (t *people) Entry(e Entry) error {
	t.entries++
	t.unchecked = t.unchecked && e.Signature != check.SignatureNotChecked // which the verdict says
	verdict := plain(e.Name) + ": " + Verdict(e)
	color := green
	if e.Exit != 0 {
		color = red
	} else if e.Count(check.Warning) > 0 {
		color = yellow
	}
	t.printf("%s: %s\n", t.paint(color, e.word()), verdict)
	decisive := e.Decisive()
	for i, f := range e.Findings {
		if f.Code == check.CodeSignatureNotChecked {
			continue // the verdict says so
		}
		t.heading(f)
		if &e.Findings[i] != decisive { // or the verdict has said that too
			t.printf("    %s\n", plain(f.Found))
		}
		t.printf("    -> %s\n", plain(f.Remedy))
	}
	if e.Fixed != "" {
		t.printf("  %s: the repaired licence was written there\n", plain(e.Fixed))
	}
	return t.err
}

// notChecked is what a report says that has no licence whose signature could be checked.
const notChecked = "signatures are NOT CHECKED"

// Verdict says in one line what a result comes to.
func Verdict(e Entry) string {
	var parts []string
	if f := e.Decisive(); f != nil {
		parts = append(parts, plain(f.Found))
	} else {
		parts = append(parts, stateWords(e.Result))
	}
	switch e.Signature {
	case check.SignatureGood:
		parts = append(parts, "signed by "+keyName(e.Result))
	case check.SignatureNotChecked:
		parts = append(parts, "signature NOT CHECKED")
	}
	return strings.Join(parts, ", ")
}

func stateWords(r *check.Result) string {
	days, _ := r.DaysLeft()
	switch r.State {
	case verify.Valid:
		return fmt.Sprintf("valid until %s (%s left)", check.Instant(r.NotAfter), daysText(days))
	case verify.InGrace:
		return fmt.Sprintf("in grace until %s, expired at %s", check.Instant(r.GraceEnd), check.Instant(r.NotAfter))
	}
	return string(r.State)
}

func daysText(days int) string { return text.Days(days) }

func plural(n int, noun string) string { return text.Plural(n, noun) }

func keyName(r *check.Result) string {
	if r.Key == nil {
		return ""
	}
	return strings.TrimSpace(plain(r.Key.Name) + " " + licseal.KeyID(r.Key.Key))
}

var severityColors = map[check.Severity]string{check.Error: red, check.Warning: yellow, check.Note: blue}

func (t *people) heading(f check.Finding) {
	place := ""
	if p := f.Place(); p != "" {
		place = " at " + p
	}
	t.printf("  %s %s%s\n", t.paint(severityColors[f.Severity], fmt.Sprintf("%-7s", f.Severity)), t.paint(bold, string(f.Code)), place)
}

func (t *people) Close(s Summary) error {
	if t.entries > 1 {
		t.printf("%d licences: %d ok, %d not; %s, %s\n", s.Licences, s.OK, s.Failed, plural(s.Errors, "error"), plural(s.Warnings, "warning"))
	}
	if t.unchecked {
		t.printf(notChecked + "\n")
	}
	return t.err
}

// plain returns text that is safe to show; see [text.Escape].
func plain(s string) string { return text.Escape(s) }
