package main

import (
	"strings"

	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/web"
	"github.com/urfave/cli/v2"
)

func pageCommand() *cli.Command {
	return &cli.Command{
		Name:      "page",
		Usage:     "make a page that verifies licences in a browser, offline",
		UsageText: "licseal page [flags] -t KEYS -o FILE",
		Description: `Writes one HTML file with your trusted keys in it, to give to customers: they
open it from disk, drop a licence on it, and see whether it is valid and until
when. It verifies what 'licseal verify' does, in the browser, and asks for nothing
but itself: a Content-Security-Policy in it allows no request.

In place of -t, --trust-root gives the first document of a chain of trust, and
--trust-chain the chain so far: the page follows a longer one that it is given.

--schema says where the id and the dates are, and the titles of its properties
are what the page calls the fields. --name is in its heading. Without -t, the
page asks for the keys.`,
		Flags: []cli.Flag{
			trustFlag, trustRootFlag, trustChainFlag, schemaFlag,
			&cli.StringFlag{Name: "name", Usage: "the `NAME` of the vendor, for the heading"},
			outputFlag, forceFlag,
		},
		Action: page,
	}
}

func page(c *cli.Context) error {
	if c.NArg() > 0 {
		return usagef("'licseal page' takes no arguments; name the keys with -t")
	}
	if err := checkStdin(append(c.StringSlice("t"), c.String("trust-root"), c.String("trust-chain"), c.String("schema"))...); err != nil {
		return err
	}
	vendor := web.Vendor{Name: c.String("name")}
	var files []*keys.TrustedFile
	for _, path := range c.StringSlice("t") {
		file, err := readTrusted(c, "t", path)
		if err != nil {
			return err
		}
		files = append(files, file)
	}
	var err error
	if vendor.Keys, err = keys.Trusted(files...); err != nil {
		return err
	}
	if err := chainOfPage(c, &vendor); err != nil {
		return err
	}
	if c.IsSet("schema") {
		rules, err := payloadSchema(c)
		if err != nil {
			return err
		}
		vendor.Roles = rules.Roles()
		if vendor.Labels, err = web.Labels(rules.JSON()); err != nil {
			return err
		}
	}
	html, err := web.Page(&vendor)
	if err != nil {
		return err
	}
	return writeResult(c, string(html))
}

// chainOfPage reads the chain of trust that a page follows, if there is one.
func chainOfPage(c *cli.Context, vendor *web.Vendor) error {
	root, path := c.String("trust-root"), c.String("trust-chain")
	switch {
	case root == "" && path != "":
		return usagef("--trust-chain requires --trust-root")
	case root == "":
		return nil
	case len(vendor.Keys) > 0:
		return usagef("-t and --trust-root are mutually exclusive")
	}
	origin, err := trustOrigin(c)
	if err != nil {
		return err
	}
	vendor.Anchor = origin.Digest()
	if path == "" {
		path = root
	}
	if strings.HasPrefix(path, digestPrefix) {
		return nil
	}
	if vendor.Chain, err = readFile(path, trust.MaxChainBytes); err != nil {
		return about(displayName(path), err)
	}
	if _, err := trust.Open(vendor.Chain, vendor.Anchor); err != nil {
		return chainError(path, err)
	}
	return nil
}
