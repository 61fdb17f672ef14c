package main

import (
	"github.com/licseal/licseal/internal/checkreport"
	"github.com/licseal/licseal/internal/completion"
	"github.com/licseal/licseal/internal/conformance"
	"github.com/licseal/licseal/internal/forms"
	"github.com/licseal/licseal/keys/private"
	"github.com/licseal/licseal/schema"
	"github.com/urfave/cli/v2"
)

func completionCommand() *cli.Command {
	command := completion.Command("licseal")
	command.ArgsUsage = names
	return command
}

// completed returns what shells can complete.
func completed(app *cli.App) *completion.Program {
	return &completion.Program{App: app, Values: flagValues, Arguments: func(command string) []string {
		if command == "schema" {
			return schema.Names()
		}
		return nil
	}}
}

// flagValues returns the words that a flag takes.
func flagValues(name string) []string {
	switch name {
	case "schema":
		return schema.Payloads()
	case "type":
		return []string{private.Ed25519.String(), private.ECDSAP256.String()}
	case "format":
		return checkreport.Formats()
	case "as":
		return forms.Names()
	case "part":
		return conformance.Parts()
	case "call":
		return []string{conformance.CallServe, conformance.CallVerify}
	}
	return nil
}
