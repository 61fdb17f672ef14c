package main

import (
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/edit"
	"github.com/urfave/cli/v2"
)

func canonicalCommand() *cli.Command {
	return &cli.Command{
		Name:      "canonical",
		Usage:     "print the exact bytes that are signed",
		UsageText: "licseal canonical [FILE]",
		Description: `Prints the payload of a licence, or a bare payload, in canonical form (RFC 8785):
exactly the bytes that the signature covers, without a newline. The signature is
not checked.`,
		Action: canonical,
	}
}

func canonical(c *cli.Context) error {
	file, err := oneFile(c)
	if err != nil {
		return err
	}
	payload, err := readEither(file)
	if err != nil {
		return err
	}
	return result(c, string(payload.Bytes()))
}

// readEither reads the payload of the licence, or the payload by itself, in a file.
func readEither(file string) (licseal.Payload, error) {
	data, err := readDocument(file, aLicence+" or "+aPayload)
	if err != nil {
		return licseal.Payload{}, about(displayName(file), err)
	}
	payload, err := edit.ParseTemplate(data)
	return payload, about(displayName(file), err)
}
