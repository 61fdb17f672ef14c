package main

import (
	"errors"
	"io/fs"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/revoke"
	"github.com/urfave/cli/v2"
)

// signedByRemoved warns if a key that is removed has signed the current revocation list: no
// verifier with the new file accepts that list, and then none accepts any licence.
func signedByRemoved(c *cli.Context, path string, before, after []licseal.TrustedKey) error {
	list := c.String("revocations")
	if list == "" {
		return nil
	}
	data, err := readFile(list, revoke.MaxBytes)
	if errors.Is(err, fs.ErrNotExist) && settingsOf(c).from["revocations"] != "" {
		return nil // the profile may name a list that is still to be made
	}
	if err != nil {
		return listError(list, err)
	}
	signed, err := revoke.Verify(data, before)
	if err != nil {
		return nil // it was not accepted before either
	}
	if _, err := revoke.Verify(data, after); err == nil {
		return nil
	}
	signer := signed.Signer()
	warn("%s was signed by the key %s, which is no longer in %s: verifiers with that file refuse the list, and every licence",
		list, licseal.KeyID(signer.Key), path)
	hint("before you publish %s, sign the list with a key in it: licseal revoke renew %s -k KEY -t %s -t OLD.pub", path, list, path)
	return nil
}

// trustedIn returns the keys in the text of a file of trusted keys, nil if there is none.
func trustedIn(path string, text []byte) []licseal.TrustedKey {
	trusted, err := keys.ParseTrusted(path, text)
	if err != nil {
		return nil
	}
	return trusted
}

// hintForged adds to the error about a list that no trusted key has signed what its issuer
// can do.
func hintForged(path string, err error) error {
	var list *revoke.Error
	if errors.As(err, &list) && list.Reason == revoke.Forged {
		return withHint(err, "get the list again; the issuer, if the key that signed it was removed, signs it anew: licseal revoke renew %s -k KEY -t KEYS -t OLD.pub", displayName(path))
	}
	return err
}
