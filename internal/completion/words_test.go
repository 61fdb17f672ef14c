package completion_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/completion"
	"github.com/licseal/licseal/internal/completion/scripts"
	"github.com/licseal/licseal/internal/fault"
	"github.com/urfave/cli/v2"
)

// program has flags of its own, commands, and a command with commands.
func program() *completion.Program {
	return &completion.Program{
		App: &cli.App{
			Flags: []cli.Flag{&cli.StringFlag{Name: "trust", Aliases: []string{"t"}}, &cli.BoolFlag{Name: "ephemeral"}},
			Commands: []*cli.Command{
				{Name: "sign", Flags: []cli.Flag{&cli.StringFlag{Name: "type"}, &cli.BoolFlag{Name: "batch"}, &cli.StringSliceFlag{Name: "set"}}},
				{Name: "schema", Aliases: []string{"schemas"}, Subcommands: []*cli.Command{{Name: "init"}, {Name: "check"}}},
				completion.Command("licseal"),
			},
		},
		Values: func(flag string) []string {
			return map[string][]string{"type": {"ed25519", "ecdsa"}, "batch": {"never"}}[flag]
		},
		Arguments: func(command string) []string {
			return map[string][]string{"schema": {"kong"}, "sign": {"stdin"}}[command]
		},
	}
}

// A line of words, and what may stand in place of the last, after the bar.
func TestWords(t *testing.T) {
	for line, want := range map[string]string{
		"|":                     "sign schema completion",
		"|s":                    "sign schema",
		"|-":                    "--trust -t --ephemeral --help -h",
		"--ephemeral |":         "",
		"--ephemeral |--t":      "--trust",
		"-t |":                  "",
		"help |":                "sign schema completion",
		"help schema |":         "init check kong",
		"help |sig":             "sign",
		"nocommand |":           "",
		"nocommand |-":          "",
		"sign |":                "stdin",
		"sign |-":               "--type --batch --set --help -h",
		"sign |--b":             "--batch",
		"sign --type |":         "ed25519 ecdsa",
		"sign --type |ec":       "ecdsa",
		"sign -type |ec":        "ecdsa",
		"sign |--type=":         "--type=ed25519 --type=ecdsa",
		"sign |--type=ec":       "--type=ecdsa",
		"sign --type |=":        "ed25519 ecdsa",
		"sign --type = |ec":     "ecdsa",
		"sign = |ec":            "",
		"= |s":                  "",
		"|=":                    "",
		"sign --type |\"\"":     "ed25519 ecdsa",
		"sign --batch |":        "",
		"sign --nosuch |":       "",
		"sign --nosuch |--t":    "--type",
		"sign file |":           "",
		"sign file |--t":        "--type",
		"sign -- |-":            "",
		"sign -- |":             "",
		"sign --type ed25519 |": "",
		"schema |":              "init check kong",
		"schemas |i":            "init",
		"schema init |":         "",
		"schema init |-":        "--help -h",
		"schema nosuch |":       "",
		"schema |-":             "--help -h",
		"completion |":          "bash fish powershell zsh",
		"completion bash |":     "",
	} {
		done, current, _ := strings.Cut(line, "|")
		got := strings.Join(program().Words(append(strings.Fields(done), current)), " ")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
}

// Only a line in which a script asks is answered, one word a line.
func TestWrite(t *testing.T) {
	for line, want := range map[string]string{
		"":                            "-",
		"licseal":                     "-",
		"licseal sign":                "-",
		"licseal sign __complete":     "-",
		"licseal __complete":          "",
		"licseal __complete s":        "sign\nschema\n",
		"licseal __complete sign --b": "--batch\n",
	} {
		var b bytes.Buffer
		asked := program().Write(&b, strings.Fields(line))
		if got := b.String(); asked != (want != "-") || asked && got != want || !asked && got != "" {
			t.Errorf("%q: %v, %q", line, asked, got)
		}
	}
}

// The command prints the script of a shell that there is.
func TestCommand(t *testing.T) {
	for line, want := range map[string]string{
		"":         "name a shell: bash, fish, powershell, zsh",
		"csh":      "name a shell: bash, fish, powershell, zsh",
		"bash zsh": "name a shell: bash, fish, powershell, zsh",
		"fish":     "",
	} {
		var b bytes.Buffer
		err := printed(&b, strings.Fields(line)...)
		_, script := scripts.For("licseald", "fish")
		switch {
		case want == "" && (err != nil || b.String() != script):
			t.Errorf("%s: %v, %s", line, err, &b)
		case want != "" && (err == nil || err.Error() != want || fault.Of(err).Reason != fault.ReasonUsage || b.Len() > 0):
			t.Errorf("%s: %v, %s", line, err, &b)
		}
	}
	if err := printed(closed{}, "bash"); !errors.Is(err, io.ErrClosedPipe) || !strings.HasPrefix(err.Error(), "writing standard output: ") {
		t.Errorf("a script that was not written: %v", err)
	}
}

func printed(w io.Writer, args ...string) error {
	app := &cli.App{Writer: w, ErrWriter: io.Discard, ExitErrHandler: func(*cli.Context, error) {}, Commands: []*cli.Command{completion.Command("licseald")}}
	return app.Run(append([]string{"licseald", "completion"}, args...))
}

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
