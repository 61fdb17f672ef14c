package main

import (
	"github.com/licseal/licseal/keys"
	"github.com/urfave/cli/v2"
)

func pubkeyCommand() *cli.Command {
	return &cli.Command{
		Name:      "pubkey",
		Usage:     "print the public half of a private key",
		UsageText: "licseal pubkey [flags] [KEY]",
		Description: `Prints the OpenSSH public line of a private key, for a file of trusted keys.
KEY is a private key file, or a key in the SSH agent: agent:SHA256:… or
agent:COMMENT.`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "pem", Usage: "print PEM (SubjectPublicKeyInfo), which OpenSSL reads"},
			&cli.StringFlag{Name: "comment", Usage: "`NAME` of the key, in the public line"},
			passphraseFileFlag,
		},
		Action: pubkey,
	}
}

func pubkey(c *cli.Context) error {
	path, err := oneFile(c)
	if err != nil {
		return err
	}
	if c.Bool("pem") && c.IsSet("comment") {
		return usagef("--pem and --comment are mutually exclusive")
	}
	if err := checkStdin(path, c.String("passphrase-file")); err != nil {
		return err
	}
	key, err := loadPrivate(c, path)
	if err != nil {
		return err
	}
	var text []byte
	if c.Bool("pem") {
		text, err = keys.MarshalPublicPEM(key.Public())
	} else {
		text, err = keys.MarshalPublic(key.Public(), c.String("comment"))
	}
	if err != nil {
		return err
	}
	return result(c, string(text))
}
