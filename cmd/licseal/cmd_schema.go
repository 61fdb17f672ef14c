package main

import (
	"strings"

	"github.com/licseal/licseal/schema"
	"github.com/urfave/cli/v2"
)

func schemaCommand() *cli.Command {
	return &cli.Command{
		Name:      "schema",
		Usage:     "print a built-in JSON Schema, or test a payload against one",
		UsageText: "licseal schema [NAME | [--strict] NAME|SCHEMAFILE FILE]\n       licseal schema init EXAMPLE\n       licseal schema check FILE", ArgsUsage: reads,
		Description: `Without arguments, prints the names of the built-in schemas. With a NAME, prints
that schema (JSON Schema draft 2020-12). With a NAME or a schema file, and a FILE or
'-', tests the file and prints every violation. A schema of payloads (` + strings.Join(schema.Payloads(), ", ") + `,
or a file of your own) tests a payload, or the payload of a licence; the others test
the whole document.

A schema file of your own may name the roles of its fields, as JSON Pointers:

  {"x-licseal": {"roles": {
    "id": "/serial", "not_before": "/from", "not_after": "/until"}}, …}`,
		Flags:       []cli.Flag{strictFlag},
		Action:      schemaAction,
		Subcommands: []*cli.Command{schemaInitCommand(), schemaCheckCommand()},
	}
}

func schemaAction(c *cli.Context) error {
	switch c.NArg() {
	case 0:
		return result(c, strings.Join(schema.Names(), "\n")+"\n")
	case 1:
		rules, err := schema.Builtin(c.Args().First())
		if err != nil {
			return withHint(usagef("%v", err), "to test a file: licseal schema kong FILE")
		}
		return result(c, string(rules.JSON()))
	case 2:
		return testSchema(c, c.Args().Get(0), c.Args().Get(1))
	}
	return usagef("'licseal schema' takes a schema and a file, not %d arguments", c.NArg())
}

func testSchema(c *cli.Context, name, file string) error {
	rules, err := loadAnySchema(c, name)
	if err != nil {
		return err
	}
	if rules.ForPayloads() {
		err = testPayload(rules, file)
	} else {
		err = testDocument(rules, file)
	}
	if err != nil {
		return about(displayName(file), err)
	}
	return say(c, "%s: matches the schema %s", displayName(file), rules.Name())
}

func testPayload(rules *schema.Schema, file string) error {
	payload, err := readEither(file)
	if err != nil {
		return err
	}
	return hintSchema(rules.Validate(payload), rules, payload)
}

func testDocument(rules *schema.Schema, file string) error {
	data, err := readFile(file, schema.MaxDocumentBytes)
	if err != nil {
		return err
	}
	return rules.ValidateJSON(data)
}
