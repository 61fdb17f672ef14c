package main

import (
	"encoding/json"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/internal/verdict"
	"github.com/urfave/cli/v2"
)

func inspectCommand() *cli.Command {
	return &cli.Command{
		Name:      "inspect",
		Usage:     "show a licence without trusting it",
		UsageText: "licseal inspect [flags] [FILE]",
		Description: `Prints the fields of a licence, and its dates as instants. The signature is not
checked: anyone may have written what is shown. --json prints one object with the
members verified (always false), payload, signature, version, not_before,
not_after, days_left and, if the dates cannot be read, error.`,
		Flags:  []cli.Flag{schemaFlag, jsonFlag},
		Action: inspect,
	}
}

// inspection is what 'licseal inspect --json' prints.
type inspection struct {
	Verified  bool            `json:"verified"` // always false
	Payload   json.RawMessage `json:"payload"`
	Signature string          `json:"signature"`
	Version   json.RawMessage `json:"version"`
	NotBefore string          `json:"not_before,omitempty"`
	NotAfter  string          `json:"not_after,omitempty"`
	DaysLeft  *int            `json:"days_left,omitempty"`
	Error     string          `json:"error,omitempty"`
}

func inspect(c *cli.Context) error {
	file, err := oneFile(c)
	if err != nil {
		return err
	}
	rules, err := payloadSchema(c)
	if err != nil {
		return err
	}
	lic, err := readLicense(file)
	if err != nil {
		return err
	}
	period, dateErr := lic.Payload.Period(rules.Roles(), nil)
	if c.Bool("json") {
		return printJSON(c, newInspection(lic, period, dateErr))
	}
	if meant := rules.Instead(lic.Payload); dateErr != nil && meant != nil {
		defer hint("the payload looks like the schema %s: --schema %s", meant.Name(), meant.Name())
	}
	return show(c, inspectText(lic, period, dateErr, now()))
}

func newInspection(lic *licseal.License, period licseal.Period, dateErr error) inspection {
	in := inspection{
		Payload:   lic.Payload.Bytes(),
		Signature: lic.Signature,
		Version:   json.RawMessage(lic.Version.String()),
	}
	if dateErr != nil {
		in.Error = dateErr.Error()
		return in
	}
	days := wholeDays(period.NotAfter, now())
	in.NotBefore, in.NotAfter, in.DaysLeft = instant(period.NotBefore), instant(period.NotAfter), &days
	return in
}

func inspectText(lic *licseal.License, period licseal.Period, dateErr error, now time.Time) text.Line {
	var b text.Block
	b.Printf("UNVERIFIED: the signature was not checked\n")
	var table text.Table
	for name, value := range edit.Members(lic.Payload.Bytes()) {
		table.Row(name, value)
	}
	table.Row("signature", lic.Signature[:16]+"…")
	table.Row("version", lic.Version)
	b.Add(table.Line())
	if dateErr != nil {
		b.Printf("dates: %v\n", dateErr)
		return b.Line()
	}
	b.Printf("valid from %s until, and not including, %s: %s\n",
		instant(period.NotBefore), instant(period.NotAfter), verdict.PeriodState(period, now))
	return b.Line()
}
