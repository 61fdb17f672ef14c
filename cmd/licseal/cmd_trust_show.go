package main

import (
	"errors"

	"github.com/licseal/licseal/trust"
	"github.com/urfave/cli/v2"
)

func showTrustCommand() *cli.Command {
	return &cli.Command{
		Name: "show", Usage: "print a trust document or a chain", UsageText: "licseal trust show [--after TRUST] [--json] FILE",
		Description: `A chain that begins with generation 1 is verified, as by somebody who trusts its first
document. Any other document is compared with --after, the document or chain before
it. Prints which signatures are missing.

--json prints one object a document: generation, digest, issued, previous, threshold,
roots (id, name, signed), keys (as 'trust list'), missing (the signatures that are).`,
		Flags:  []cli.Flag{afterTrustFlag, jsonFlag},
		Action: showTrust,
	}
}

func checkTrustCommand() *cli.Command {
	return &cli.Command{
		Name: "check", Usage: "follow a chain as a verifier does", UsageText: "licseal trust check --trust-root ROOT CHAIN",
		Description: `Exits with 0 if a verifier with this root, and with this state if --state is given,
follows the chain, and with 1 if it refuses it. The state is not changed.

  licseal trust check --trust-root trust.json chain.ndjson`,
		Flags: []cli.Flag{
			trustRootFlag,
			&cli.StringFlag{Name: "state", Usage: "compare the chain with the one recorded in `FILE`", TakesFile: true, Category: reads},
			jsonFlag,
		},
		Action: checkTrust,
	}
}

func showTrust(c *cli.Context) error {
	path, err := oneFile(c)
	if err != nil {
		return err
	}
	if err := checkStdin(path, c.String("after")); err != nil {
		return err
	}
	known, err := readAfter(c)
	if err != nil {
		return err
	}
	documents, err := readTrustDocuments(path)
	if err != nil {
		return err
	}
	var fault error
	for _, d := range documents {
		if fault == nil && (known.newest != nil || d.Contents().Generation == 1) {
			fault = known.follow(d)
		} else if fault == nil {
			known = &knownTrust{newest: d} // what comes before it is not known
		}
		if err := printTrust(c, known, d); err != nil {
			return err
		}
	}
	if refused := (*trust.Error)(nil); errors.As(fault, &refused) && refused.Reason == trust.Threshold {
		return nil // the documents say what is missing
	}
	return about(displayName(path), fault)
}

// printTrust prints a document. known was followed as far as the document, or as far as
// the one before it if that is refused.
func printTrust(c *cli.Context, known *knownTrust, d *trust.Document) error {
	if c.Bool("json") {
		return printJSON(c, newJSONTrust(known, d))
	}
	return show(c, trustText(known, d, now()))
}

func checkTrust(c *cli.Context) error {
	path, err := oneFile(c)
	if err != nil {
		return err
	}
	if err := checkStdin(path, c.String("trust-root")); err != nil {
		return err
	}
	origin, err := trustOrigin(c)
	if err != nil {
		return err
	}
	before, err := trustInForce(origin, c.String("state"))
	if err != nil {
		return err
	}
	data, err := readFile(path, trust.MaxChainBytes)
	if err != nil {
		return about(displayName(path), err)
	}
	chain, err := origin.Follow(before, data)
	if err != nil {
		return chainError(path, err)
	}
	known := &knownTrust{chain, chain.Newest(), nil}
	return printTrust(c, known, chain.Newest())
}
