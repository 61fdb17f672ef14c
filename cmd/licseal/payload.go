package main

import (
	"encoding/json"
	"strings"

	"github.com/urfave/cli/v2"
)

func payloadCommand() *cli.Command {
	return &cli.Command{
		Name:      "payload",
		Usage:     "print the payload string that the Admin API takes",
		UsageText: "licseal payload [--as FORM] [FILE]",
		Description: `Prints a licence as the "payload" of the Admin API's /licenses takes it: the
licence in canonical form, on one line. --as body prints the whole body to POST:

  licseal payload --as body licence.json |
    curl -H 'Content-Type: application/json' -d @- http://localhost:8001/licenses

The signature is not checked; 'licseal verify' does that.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "as", Value: "string", Usage: "print it as `FORM`: string or body"},
		},
		Action: payload,
	}
}

func payload(c *cli.Context) error {
	form, ok := payloadForms[c.String("as")]
	if !ok {
		return usagef("--as %q: the forms are string and body", c.String("as"))
	}
	file, err := oneFile(c)
	if err != nil {
		return err
	}
	lic, err := readLicense(file)
	if err != nil {
		return err
	}
	return printExact(c, form(lic.String()))
}

// payloadForms are the ways to write a payload string.
var payloadForms = map[string]func(payload string) string{
	"string": func(payload string) string { return payload },
	"body":   bodyForm,
}

// bodyForm writes the JSON body of a POST or PUT to /licenses.
func bodyForm(payload string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.Encode(map[string]string{"payload": payload}) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}
