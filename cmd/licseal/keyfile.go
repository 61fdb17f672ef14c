package main

import (
	"crypto"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/keys/private"
	"github.com/urfave/cli/v2"
)

var keyFlag = &cli.StringFlag{
	Name: "k", Aliases: []string{"key"}, TakesFile: true, Category: reads,
	Usage: "private key to sign with: a `FILE`, or agent:SHA256:… or agent:COMMENT for the SSH agent",
}

var trustFlag = &cli.StringSliceFlag{
	Name: "t", KeepSpace: true, Aliases: []string{"trust"}, Usage: "trust the public keys in `FILE` (repeatable)", TakesFile: true, Category: reads,
}

// loadPrivate returns the private key in a file, or one in the agent. One that the
// profile names must be among the keys that the profile trusts.
func loadPrivate(c *cli.Context, path string) (crypto.Signer, error) {
	key, err := findPrivate(c, path)
	if err != nil {
		return nil, err
	}
	return key, checkKey(c, key)
}

// checkKey returns an error if the profile names the private key, but does not trust its
// public key: nobody who uses the profile could verify what it signs.
func checkKey(c *cli.Context, key crypto.Signer) error {
	s := settingsOf(c)
	if !s.fromProfile("k") {
		return nil
	}
	id := licseal.KeyID(key.Public())
	for _, path := range s.profile.Trust {
		file, err := readTrusted(c, "k", path)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(file.Entries(), func(e keys.TrustedEntry) bool { return licseal.KeyID(e.Key.Key) == id }) {
			return nil
		}
	}
	return withHint(about(s.profile.Path, fmt.Errorf("the profile does not trust the key %s that it signs with", id)),
		"add the public key to a file of trust, or name another key")
}

// findPrivate reads the private key in a file, or finds one in the agent.
func findPrivate(c *cli.Context, path string) (crypto.Signer, error) {
	if name, isAgent := strings.CutPrefix(path, "agent:"); isAgent {
		return agentKey(c.Context, name)
	}
	data, err := readFile(path, private.MaxBytes)
	if err != nil {
		return nil, about(displayName(path), err)
	}
	key, err := private.Parse(displayName(path), data, keyPassphrase(c, path))
	for range passphraseTries - 1 {
		if !errors.Is(err, private.ErrWrongPassphrase) || c.String("passphrase-file") != "" {
			break
		}
		note("%s: the passphrase is wrong; try again", displayName(path))
		key, err = private.Parse(displayName(path), data, keyPassphrase(c, path))
	}
	if err != nil {
		return nil, err
	}
	warnIfReadable(path)
	return key, nil
}

// warnIfReadable warns of a private key that others on the machine can read.
func warnIfReadable(path string) {
	info, err := os.Stat(path)
	if err == nil && info.Mode().IsRegular() && !atomicfile.IsPrivate(path) {
		warn("%s can be read by others: %s", path, makePrivate(path))
	}
}

// loadTrusted reads all the files of trusted keys that -t names.
func loadTrusted(c *cli.Context) ([]licseal.TrustedKey, error) {
	trusted, _, err := loadTrustedFiles(c)
	return trusted, err
}

// loadTrustedFiles reads all the files of trusted keys that -t names, as if they were
// one. others are notes on the keys that are skipped, because they are not for
// licences.
func loadTrustedFiles(c *cli.Context) (trusted []licseal.TrustedKey, others []string, err error) {
	if len(c.StringSlice("t")) == 0 {
		return nil, nil, withHint(usagef("'%s' needs the public keys to trust", c.Command.HelpName), "%s -t vendor.key.pub FILE", c.Command.HelpName)
	}
	var files []*keys.TrustedFile
	for _, path := range c.StringSlice("t") {
		file, err := readTrusted(c, "t", path)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, file)
		for _, e := range file.Entries() {
			if !e.ForLicenses {
				others = append(others, fmt.Sprintf("%s:%d: this key is for %s, not for licences, and was not tried", displayName(path), e.Line, plain(e.Namespaces)))
			}
		}
	}
	trusted, err = keys.Trusted(files...)
	return trusted, others, err
}
