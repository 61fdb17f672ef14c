package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/licseal/licseal/internal/profile"
	"github.com/licseal/licseal/schema"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

func initCommand() *cli.Command {
	return &cli.Command{
		Name:      "init",
		Usage:     "write licseal.yaml: schema, keys and names of your product",
		UsageText: "licseal init [flags]",
		Description: `Writes licseal.yaml, the profile of a product, to this folder, and approves it for
you. From then on, commands in this folder and below need no --schema, -k and -t.
Without flags, asks for the settings on the terminal. Without --trust, the public key
is KEY.pub. Without --variable and --secret, 'licseal payload --as' uses names that
are made from --product. The profile holds paths, and no secret.

  licseal init --schema mine.json --key vendor.key --expires +365d
  licseal init --product 'Acme Studio' --schema mine.json --key vendor.key
  licseal sign --set serial=A-1 --set seats:=5 --expires +365d -o licence.json`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "product", Usage: "the product's `NAME`"},
			&cli.StringFlag{Name: "schema", Usage: "what the payload must look like: a built-in schema, or a `FILE`", TakesFile: true, Category: reads},
			&cli.StringFlag{Name: "k", Aliases: []string{"key"}, Usage: "private key to sign with: a `FILE`, or agent:…", TakesFile: true, Category: reads},
			&cli.StringSliceFlag{Name: "t", KeepSpace: true, Aliases: []string{"trust"}, Usage: "trust the public keys in `FILE` (repeatable)", TakesFile: true, Category: reads},
			&cli.StringFlag{Name: "revocations", Usage: "the signed revocation list in `FILE`, which may not exist yet", TakesFile: true, Category: reads},
			&cli.StringFlag{Name: "expires", Usage: "expiration `DATE` of licences for which nothing else gives one, as +365d"},
			&cli.StringFlag{Name: "variable", Usage: "`NAME` of the environment variable that holds a licence"},
			&cli.StringFlag{Name: "secret", Usage: "`NAME` of the Kubernetes Secret that holds a licence"},
			forceFlag,
		},
		Action: initProfile,
	}
}

func initProfile(c *cli.Context) error {
	if c.NArg() > 0 {
		return usagef("'licseal init' takes no file; it writes %s to this folder", profile.Name)
	}
	answers := &profile.New{
		Product: c.String("product"), Schema: c.String("schema"), Key: c.String("k"), Trust: c.StringSlice("t"),
		Revocations: c.String("revocations"), Expires: c.String("expires"), Variable: c.String("variable"), Secret: c.String("secret"),
	}
	if c.NumFlags() == 0 || c.NumFlags() == 1 && c.Bool("force") {
		if err := askProfile(answers); err != nil {
			return err
		}
	}
	completeProfile(answers)
	path, err := newProfilePath(c.Bool("force"))
	if err != nil {
		return err
	}
	text, err := answers.Text()
	if err != nil {
		return err
	}
	p, err := profile.Parse(path, text)
	if err != nil {
		return usagef("%s", answerFault(err))
	}
	if _, err := profile.NewApproval(p); err != nil { // before anything is written
		return err
	}
	if err := writeFile(path, text, 0o644, c.Bool("force")); err != nil {
		return about(path, err)
	}
	if err := approveProfile(c, path); err != nil {
		return err
	}
	if _, err := os.Stat(p.Revocations); p.Revocations != "" && errors.Is(err, os.ErrNotExist) {
		hint("create the list before the first 'licseal verify': licseal revoke new %s", answers.Revocations)
	}
	return nil
}

// answerFault returns what is wrong with an answer, without its line in a file that was never
// written.
func answerFault(err error) string {
	if e := (*profile.Error)(nil); errors.As(err, &e) {
		return e.Detail
	}
	return err.Error()
}

// completeProfile fills in what follows from the other answers.
func completeProfile(n *profile.New) {
	if len(n.Trust) == 0 && n.Key != "" && !strings.HasPrefix(n.Key, "agent:") {
		n.Trust = []string{n.Key + ".pub"}
	}
	variable, secret := profile.Names(n.Product)
	if n.Variable == "" {
		n.Variable = variable
	}
	if n.Secret == "" {
		n.Secret = secret
	}
}

// newProfilePath returns the path of the profile in this folder, without symbolic links.
func newProfilePath(force bool) (string, error) {
	folder, err := filepath.Abs(".")
	if err == nil {
		folder, err = filepath.EvalSymlinks(folder)
	}
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, profile.Name)
	info, err := os.Lstat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return "", about(path, errors.New("is not a regular file, and was kept"))
	case err == nil && !force:
		return "", withHint(about(path, errors.New("the file exists, and was kept")), "'licseal config approve' approves it; --force overwrites it")
	}
	return path, nil
}

// askProfile asks for the settings on the terminal.
func askProfile(n *profile.New) error {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return withHint(usagef("'licseal init' needs the settings as flags, because standard input is not a terminal"), "licseal init --schema mine.json --key vendor.key")
	}
	note("An empty answer takes what is in brackets.")
	key := ""
	if _, err := os.Stat("vendor.key"); err == nil {
		key = "vendor.key"
	}
	trust := ""
	for _, question := range []struct {
		text      string
		byDefault func() string
		answer    *string
	}{
		{"Name of the product", nil, &n.Product},
		{"Schema of the payload: a file, or one of " + strings.Join(schema.Payloads(), ", "), onlySchema, &n.Schema},
		{"Private key to sign with: a file, or agent:COMMENT", func() string { return key }, &n.Key},
		{"File with the public keys to trust", func() string { return publicOf(n.Key) }, &trust},
		{"Expiry of licences for which nothing else gives one, such as +365d", nil, &n.Expires},
	} {
		byDefault := ""
		if question.byDefault != nil {
			byDefault = question.byDefault()
		}
		answer, err := ask(question.text, byDefault)
		if err != nil {
			return err
		}
		*question.answer = answer
	}
	if trust != "" {
		n.Trust = []string{trust}
	}
	return nil
}

// publicOf returns the file of the public key that belongs to a private one.
func publicOf(key string) string {
	if key == "" || strings.HasPrefix(key, "agent:") {
		return ""
	}
	return key + ".pub"
}

// onlySchema returns the schema file in this folder, if there is exactly one.
func onlySchema() string {
	found, err := filepath.Glob("*.json")
	if err != nil {
		return ""
	}
	found = slices.DeleteFunc(found, func(name string) bool {
		s, err := schema.Load(name)
		return err != nil || s.Roles().NotAfter == ""
	})
	if len(found) != 1 {
		return ""
	}
	return found[0]
}
