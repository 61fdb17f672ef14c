package main

import (
	"crypto"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/keys/private"
	"github.com/urfave/cli/v2"
)

func keygenCommand() *cli.Command {
	return &cli.Command{
		Name:      "keygen",
		Usage:     "generate a key pair",
		UsageText: "licseal keygen [flags] -o FILE", ArgsUsage: names,
		Description: `Writes the private key to FILE, which only you can read, and the public key to
FILE.pub. Prints the public key, a line for a file of trusted keys. Both files are
in OpenSSH's formats. The private key is encrypted with a passphrase, which is
read from the terminal unless --passphrase-file or --no-passphrase is given.
Without --comment, the key is named after the product in the profile, or else after
FILE; if the passphrase is asked for, so is the name. Existing files are never
overwritten. If the file system has no permissions, a warning says so.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "o", Aliases: []string{"output"}, Usage: "write the key pair to `FILE` and FILE.pub", TakesFile: true, Category: writes},
			&cli.StringFlag{Name: "type", Value: private.Ed25519.String(), Usage: "`TYPE` of key: ed25519 or ecdsa-p256"},
			&cli.StringFlag{Name: "comment", Usage: "`NAME` of the key, in the public line"},
			passphraseFileFlag,
			&cli.BoolFlag{Name: "no-passphrase", Usage: "do not encrypt the private key"},
		},
		Action: keygen,
	}
}

func keygen(c *cli.Context) error {
	path := c.String("o")
	switch {
	case path == "" || path == "-":
		return withHint(usagef("'licseal keygen' needs a file to write the private key to"), "licseal keygen -o vendor.key")
	case c.NArg() > 0:
		return usagef("'licseal keygen' takes no arguments: -o names the file")
	case c.Bool("no-passphrase") && c.String("passphrase-file") != "":
		return usagef("--no-passphrase and --passphrase-file are mutually exclusive")
	}
	algorithm, err := private.ParseAlgorithm(c.String("type"))
	if err != nil {
		return usagef("--type: %v", err)
	}
	for _, name := range []string{path, path + ".pub"} {
		info, err := os.Lstat(name)
		switch {
		case err == nil && info.IsDir():
			return about(name, errIsDir)
		case err == nil:
			return withHint(about(name, errors.New("the file exists, and a key is never overwritten")), "choose another name with -o, or move the file away")
		}
	}
	key, err := private.Generate(algorithm)
	if err != nil {
		return err
	}
	return writeKeyPair(c, path, key)
}

func writeKeyPair(c *cli.Context, path string, key crypto.Signer) error {
	comment, err := keyComment(c, path)
	if err != nil {
		return err
	}
	private, err := marshalPrivate(c, key, comment)
	if err != nil {
		return err
	}
	public, err := keys.MarshalPublic(key.Public(), comment)
	if err != nil {
		return err
	}
	if err := createFile(path, private, 0o600); err != nil {
		return about(path, err)
	}
	if err := createFile(path+".pub", public, 0o644); err != nil {
		return about(path+".pub", errors.Join(err, atomicfile.Remove(path)))
	}
	if err := result(c, string(public)); err != nil {
		return errors.Join(err, atomicfile.Remove(path), atomicfile.Remove(path+".pub"))
	}
	note("private key: %s (keep it secret, keep a copy)", path)
	warnIfReadable(path) // on a file system without permissions
	note("public key:  %s.pub (give it to those who verify)", path)
	note("fingerprint: %s", licseal.KeyID(key.Public()))
	return nil
}

func marshalPrivate(c *cli.Context, key crypto.Signer, comment string) ([]byte, error) {
	if c.Bool("no-passphrase") {
		return private.MarshalUnencrypted(key, comment)
	}
	passphrase, err := newPassphrase(c)
	if err != nil {
		return nil, err
	}
	return private.Marshal(key, comment, passphrase)
}

func newPassphrase(c *cli.Context) ([]byte, error) {
	if file := c.String("passphrase-file"); file != "" {
		return readPassphraseFile(file)
	}
	passphrase, err := askNewPassphrase()
	if errors.Is(err, errNoTerminal) {
		return nil, withHint(err, "use --passphrase-file FILE, or --no-passphrase for a key that is not encrypted")
	}
	return passphrase, err
}

// keyComment returns the name of a new key: that of --comment, or of the product in the
// profile, or of the file. It is asked for if there is a person who is asked for the
// passphrase. It never tells the user's name or that of the machine.
func keyComment(c *cli.Context, path string) (string, error) {
	if c.IsSet("comment") {
		return c.String("comment"), nil
	}
	name := strings.TrimSuffix(filepath.Base(path), ".key")
	if c.Bool("no-passphrase") || c.String("passphrase-file") != "" {
		return name, nil
	}
	answer, err := ask("Name of the key, which those who verify see", name)
	if errors.Is(err, errNoTerminal) {
		return name, nil
	}
	return answer, err
}
