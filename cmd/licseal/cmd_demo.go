package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"
)

func demoCommand() *cli.Command {
	return &cli.Command{
		Name:      "demo",
		Usage:     "run an example from key pair to verification",
		UsageText: "licseal demo",
		Description: `Creates a key pair, signs a licence, verifies and checks it, prints the payload to POST,
and shows that a tampered copy is refused. Every command is printed before it is run,
in a temporary folder that is removed at the end.`,
		Action: demo,
	}
}

// demoPayload is the payload of Kong's published examples, without dates.
const demoPayload = `{
  "admin_seats": "1",
  "customer": "Example Company, Inc",
  "dataplanes": "1",
  "license_key": "00141000017ODj3AAG_a1V41000004wT0OEAU",
  "product_subscription": "Konnect Enterprise",
  "support_plan": "None"
}
`

func demo(c *cli.Context) error {
	if c.NArg() > 0 {
		return usagef("'licseal demo' takes no arguments")
	}
	dir, err := os.MkdirTemp("", "licseal-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	d := &demonstration{c: c, dir: dir}
	d.say("A vendor creates a key pair. (A real one has a passphrase.)")
	d.run(exitOK, "keygen", "-o", "vendor.key", "--no-passphrase", "--comment", "vendor")
	d.say("The fields of a licence are in a JSON file.")
	d.write("payload.json", []byte(demoPayload))
	d.say("The vendor signs them. The licence is valid for a year.")
	d.run(exitOK, "sign", "-k", "vendor.key", "--from", "payload.json", "--expires", "+365d", "-o", "licence.json")
	d.show("licence.json")
	d.say("Anyone with the public key can verify the licence, without a network.")
	d.run(exitOK, "verify", "-t", "vendor.key.pub", "licence.json")
	d.say("Before a rollout, a pipeline also requires time left and data planes.")
	d.run(exitOK, "check", "-t", "vendor.key.pub", "--min-remaining", "60d", "--require", "dataplanes>=1", "licence.json")
	d.say("This is the body to POST to an Admin API.")
	d.run(exitOK, "payload", "--as", "body", "licence.json")
	d.say("Somebody changes the number of seats.")
	d.tamper("licence.json", "tampered.json", `"admin_seats":"1"`, `"admin_seats":"100"`)
	d.say("The changed copy is refused.")
	d.run(exitSignature, "verify", "-t", "vendor.key.pub", "tampered.json")
	return d.err
}

// demonstration runs commands in a folder, until one does not end as expected.
type demonstration struct {
	c   *cli.Context
	dir string
	err error
}

func (d *demonstration) say(text string) {
	if d.err == nil {
		d.err = say(d.c, "\n# %s", text)
	}
}

// run prints a command line and runs it in another process.
func (d *demonstration) run(wantExit int, args ...string) {
	if d.err != nil {
		return
	}
	if d.err = say(d.c, "$ licseal %s", shellWords(args)); d.err != nil {
		return
	}
	program, err := os.Executable()
	if err != nil {
		d.err = err
		return
	}
	cmd := exec.CommandContext(d.c.Context, program, args...)
	cmd.Dir = d.dir
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		d.err = err
		return
	}
	d.lines(string(out))
	if code := cmd.ProcessState.ExitCode(); code != wantExit {
		d.err = fmt.Errorf("licseal %s ended with exit code %d, but %d was expected", args[0], code, wantExit)
	} else if code != exitOK && d.err == nil {
		d.err = say(d.c, "(exit code %d)", code)
	}
}

// shellWords quotes arguments for a shell.
func shellWords(args []string) string {
	words := make([]string, len(args))
	for i, arg := range args {
		if words[i] = arg; strings.ContainsAny(arg, "<>") {
			words[i] = "'" + arg + "'"
		}
	}
	return strings.Join(words, " ")
}

func (d *demonstration) write(name string, data []byte) {
	if d.err == nil {
		d.err = os.WriteFile(filepath.Join(d.dir, name), data, 0o644)
	}
	d.show(name)
}

func (d *demonstration) show(name string) {
	if d.err != nil {
		return
	}
	data, err := os.ReadFile(filepath.Join(d.dir, name))
	if err != nil {
		d.err = err
		return
	}
	d.err = say(d.c, "$ cat %s", name)
	d.lines(string(data))
}

// lines prints a text of several lines.
func (d *demonstration) lines(text string) {
	for line := range strings.Lines(text) {
		if d.err == nil {
			d.err = say(d.c, "%s", strings.TrimSuffix(line, "\n"))
		}
	}
}

func (d *demonstration) tamper(from, to, old, new string) {
	if d.err != nil {
		return
	}
	data, err := os.ReadFile(filepath.Join(d.dir, from))
	if err != nil {
		d.err = err
		return
	}
	if d.err = say(d.c, "$ sed 's/%s/%s/' %s > %s", old, new, from, to); d.err == nil {
		d.err = os.WriteFile(filepath.Join(d.dir, to), []byte(strings.Replace(string(data), old, new, 1)), 0o644)
	}
}
