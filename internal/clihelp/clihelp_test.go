package clihelp_test

import (
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/clihelp"
	"github.com/urfave/cli/v2"
)

func TestFlag(t *testing.T) {
	tests := []struct {
		flag cli.Flag
		want string
	}{
		{&cli.BoolFlag{Name: "json", Usage: "print JSON"}, "  --json                  print JSON"},
		{&cli.StringFlag{Name: "o", Aliases: []string{"output"}, Usage: "write to `FILE`"}, "  -o, --output FILE       write to FILE"},
		{&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "where to"}, "  -o, --output VALUE      where to"},
		{&cli.StringFlag{Name: "timeout", Value: "30s", Usage: "wait `LENGTH`", EnvVars: []string{"WAIT"}}, "  --timeout LENGTH        wait LENGTH (default: 30s) [$WAIT]"},
		{&cli.StringSliceFlag{Name: "set", Usage: "set a field: `NAME=VALUE` (repeatable)"}, "  --set NAME=VALUE        set a field: NAME=VALUE (repeatable)"},
		{&cli.StringFlag{Name: "max-clock-skew", Usage: "let the clock be behind an instant that is known to have passed by this `LENGTH`"},
			"  --max-clock-skew LENGTH\n                          let the clock be behind an instant that is known to\n                          have passed by this LENGTH"},
	}
	for _, test := range tests {
		if got := clihelp.Flag(test.flag); got != test.want {
			t.Errorf("got\n%s\nwant\n%s", got, test.want)
		}
	}
}

func TestDescription(t *testing.T) {
	long := strings.Repeat("word ", 30)
	got := clihelp.Description("One\nline.\n\n  " + long + "\n\nlist  " + long + "\n\n" + long)
	want := "One line.\n\n  " + long + "\n\nlist  " + long + "\n\n" +
		strings.TrimSpace(strings.Repeat("word ", 16)) + "\n" + strings.TrimSpace(strings.Repeat("word ", 14))
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
