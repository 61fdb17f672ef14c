package main

import (
	"bytes"
	"errors"

	"github.com/urfave/cli/v2"
)

// maxPassphrase bounds what is read from a passphrase file.
const maxPassphrase = 4096

var passphraseFileFlag = &cli.StringFlag{
	Name: "passphrase-file", Usage: "read the key's passphrase from the first line of `FILE`", TakesFile: true, Category: reads,
}

var errNoTerminal = errors.New("there is no terminal to read the passphrase from")

// readPassphraseFile returns the first line of a file.
func readPassphraseFile(path string) ([]byte, error) {
	data, err := readFile(path, maxPassphrase)
	if err != nil {
		return nil, about(displayName(path), err)
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) == 0 {
		return nil, about(displayName(path), errors.New("the first line is empty: expected the passphrase"))
	}
	return line, nil
}

// passphraseTries is how often a passphrase may be mistyped.
const passphraseTries = 3

var errPassphrasesDiffer = errors.New("the two passphrases differ")

// askNewPassphrase asks for a passphrase until it is typed twice the same.
func askNewPassphrase() (passphrase []byte, err error) {
	for try := 1; ; try++ {
		passphrase, err = askTwice()
		if try == passphraseTries || !errors.Is(err, errPassphrasesDiffer) {
			return passphrase, err
		}
		note("the two passphrases differ; try again")
	}
}

func askTwice() ([]byte, error) {
	first, err := readSecret("New passphrase")
	if err != nil {
		return nil, err
	}
	if len(first) == 0 {
		return nil, withHint(errors.New("the passphrase is empty"), "use --no-passphrase for a key without one")
	}
	second, err := readSecret("The same again")
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(first, second) {
		return nil, errPassphrasesDiffer
	}
	return first, nil
}

// keyPassphrase returns the func that reads the passphrase of an encrypted key.
func keyPassphrase(c *cli.Context, keyFile string) func() ([]byte, error) {
	return func() ([]byte, error) {
		if file := c.String("passphrase-file"); file != "" {
			return readPassphraseFile(file)
		}
		passphrase, err := readSecret("Passphrase for " + keyFile)
		if errors.Is(err, errNoTerminal) {
			return nil, withHint(err, "use --passphrase-file FILE")
		}
		return passphrase, err
	}
}
