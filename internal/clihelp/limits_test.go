package clihelp_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/clihelp"
	"github.com/urfave/cli/v2"
)

// The usage begins two blanks after the names at the latest; then it has lines of its own.
func TestFlagAtItsLimit(t *testing.T) {
	indent := strings.Repeat(" ", 26)
	for name, want := range map[string]string{
		strings.Repeat("n", 19): "  --" + strings.Repeat("n", 19) + "   usage",
		strings.Repeat("n", 20): "  --" + strings.Repeat("n", 20) + "  usage",
		strings.Repeat("n", 21): "  --" + strings.Repeat("n", 21) + "\n" + indent + "usage",
		strings.Repeat("ü", 20): "  --" + strings.Repeat("ü", 20) + "  usage",
		strings.Repeat("ü", 21): "  --" + strings.Repeat("ü", 21) + "\n" + indent + "usage",
	} {
		if diff := cmp.Diff(want, clihelp.Flag(&cli.BoolFlag{Name: name, Usage: "usage"})); diff != "" {
			t.Error(diff)
		}
	}
	long := strings.TrimSpace(strings.Repeat("word ", 30))
	for line := range strings.Lines(clihelp.Flag(&cli.StringFlag{Name: "set", Usage: long})) {
		if n := len(strings.TrimSuffix(line, "\n")); n > clihelp.Width {
			t.Errorf("a line has %d columns: %s", n, line)
		}
	}
}

// A line is as long as it may be.
func TestWrap(t *testing.T) {
	for _, test := range []struct {
		text  string
		width int
		want  []string
	}{
		{"", 5, []string{""}},
		{" \n ", 5, []string{""}},
		{"ab cd", 4, []string{"ab", "cd"}},
		{"ab cd", 5, []string{"ab cd"}},
		{"äb ćd", 5, []string{"äb ćd"}},
		{"ab cde", 5, []string{"ab", "cde"}},
		{"ab\ncd ef", 5, []string{"ab cd", "ef"}},
		{"abcdefgh i", 5, []string{"abcdefgh", "i"}},
	} {
		if diff := cmp.Diff(test.want, clihelp.Wrap(test.text, test.width)); diff != "" {
			t.Errorf("%q in %d: %s", test.text, test.width, diff)
		}
	}
}

// Lines that are laid out begin with a blank, or have columns.
func TestIsLaidOut(t *testing.T) {
	for text, want := range map[string]bool{"": false, "a b": false, " a": true, "a  b": true, "a\n b": false, "a\tb": false} {
		if clihelp.IsLaidOut(text) != want {
			t.Errorf("%q is laid out: %v", text, !want)
		}
	}
}

// What the help says of a flag, in its parts.
func TestParts(t *testing.T) {
	for _, test := range []struct {
		flag cli.Flag
		want [3]string
	}{
		{&cli.BoolFlag{Name: "json", Aliases: []string{"j"}, Usage: "print `JSON`"}, [3]string{"-j, --json", "JSON", "print JSON"}},
		{&cli.BoolFlag{Name: "color", Value: true, Usage: "in color"}, [3]string{"--color", "", "in color"}},
		{&cli.StringFlag{Name: "a", Usage: "an open ` quote"}, [3]string{"-a", "VALUE", "an open ` quote"}},
		{&cli.StringFlag{Name: "from", Value: "x", Usage: "from `FILE`", EnvVars: []string{"A", "B"}}, [3]string{"--from", "FILE", "from FILE (default: x) [$A] [$B]"}},
		{undocumented{&cli.StringFlag{Name: "odd", Aliases: []string{"o"}}}, [3]string{"-o, --odd", "", ""}},
	} {
		head, value, usage := clihelp.Parts(test.flag)
		if diff := cmp.Diff(test.want, [3]string{head, value, usage}); diff != "" {
			t.Error(diff)
		}
	}
}

// undocumented is a flag that says nothing of itself.
type undocumented struct{ cli.Flag }

// A program whose help this package prints has all of a command in it.
func TestUse(t *testing.T) {
	clihelp.Use()
	long := strings.TrimSpace(strings.Repeat("word ", 30))
	var b bytes.Buffer
	app := &cli.App{Name: "licseal", Writer: &b, Commands: []*cli.Command{{
		Name: "sign", Usage: "sign it", UsageText: "licseal sign FILE", Description: long, CustomHelpTemplate: clihelp.Command, HideHelpCommand: true,
		Flags: []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print JSON"}},
	}}}
	if err := app.Run([]string{"licseal", "sign", "--help"}); err != nil {
		t.Fatal(err)
	}
	want := "licseal sign: sign it\n\nusage: licseal sign FILE\n\n" + clihelp.Description(long) + "\n\n  --json                  print JSON\n"
	if got := b.String(); !strings.HasPrefix(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}
