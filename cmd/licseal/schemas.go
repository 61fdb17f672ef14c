package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

var schemaFlag = &cli.StringFlag{
	Name: "schema", Value: "kong", Usage: "what the payload must look like: the name of a built-in schema, or a `FILE`", TakesFile: true, Category: reads,
}

// strictFlag is for commands that make licences, or test what makes them.
var strictFlag = &cli.BoolFlag{
	Name: "strict", Usage: "fail if the schema file has keywords without effect, or no roles",
}

// fieldsOf returns the judge of the fields of signed licences: the schema that the user, the
// environment or the profile names, or that for payloads of which nobody says what they
// look like.
func fieldsOf(c *cli.Context, rules *schema.Schema) verify.Fields {
	if !c.IsSet("schema") {
		return schema.Unnamed{}
	}
	return rules
}

// payloadSchema returns the schema of payloads that --schema names.
func payloadSchema(c *cli.Context) (*schema.Schema, error) {
	return loadSchema(c, c.String("schema"))
}

// loadSchema returns the schema of a payload: a built-in one, or the vendor's own
// in a file. It warns of what is doubtful about that; with --strict, that is an error.
func loadSchema(c *cli.Context, nameOrFile string) (*schema.Schema, error) {
	rules, err := loadAnySchema(c, nameOrFile)
	if err == nil && !rules.ForPayloads() {
		return nil, usagef("the schema %s is not one of payloads; use %s, or a schema file", nameOrFile, strings.Join(schema.Payloads(), ", "))
	}
	return rules, err
}

// loadAnySchema returns a schema of payloads, as loadSchema does, or a built-in one
// of documents.
func loadAnySchema(c *cli.Context, nameOrFile string) (*schema.Schema, error) {
	builtin, nameErr := schema.Builtin(nameOrFile)
	if nameErr == nil {
		return builtin, nil
	}
	s, err := loadSchemaFile(settingsOf(c), nameOrFile)
	if _, statErr := os.Stat(nameOrFile); errors.Is(statErr, os.ErrNotExist) { // not a file that it refers to
		return nil, usagef("there is no schema file %s, and %v", nameOrFile, nameErr)
	}
	if err != nil {
		return nil, err
	}
	if err := reportWarnings(s.Warnings(), c.Bool("strict")); err != nil {
		return nil, err
	}
	return s, nil
}

// loadSchemaFile reads a vendor's schema. One that the profile names must consist of the
// files that the user has approved, and gets the profile's roles.
func loadSchemaFile(s *settings, path string) (*schema.Schema, error) {
	if !s.fromProfile("schema") || path != s.profile.Schema {
		return schema.Load(path)
	}
	rules, err := schema.LoadChecked(path, func(path string, data []byte) error { return s.check("schema", path, data) })
	if err != nil || s.profile.Roles == (licseal.Roles{}) {
		return rules, err
	}
	rules, err = rules.WithRoles(s.profile.Roles)
	return rules, about(s.profile.Path, err)
}

// reportWarnings prints the warnings about a schema, or returns them as an error.
func reportWarnings(warnings []schema.Warning, strict bool) error {
	var texts []string
	var hints []text.Line
	for _, w := range warnings {
		texts = append(texts, w.String())
		if w.Hint != "" {
			hints = append(hints, text.Sprintf("add to the schema, with the fields of your payload:\n%s", lines(w.Hint)))
		}
	}
	if len(texts) == 0 || !strict {
		for _, t := range texts {
			warn("%s", t)
		}
		for _, h := range hints {
			hint("%s", h)
		}
		return nil
	}
	err := fmt.Errorf("%s", strings.Join(texts, "; "))
	for _, h := range hints {
		err = withHint(err, "%s", h)
	}
	return err
}

// lines returns a text of several lines, each of which is escaped.
func lines(s string) text.Line {
	var all []text.Line
	for line := range strings.Lines(s) {
		all = append(all, text.Sprintf("%s", strings.TrimSuffix(line, "\n")))
	}
	return text.Join(all, "\n")
}

// nameSchema is the hint for a payload that no schema in use describes.
const nameSchema = "name the schema of this product: --schema FILE, or once for all with 'licseal init'"

// hintSchema adds to an error about a payload which built-in schema it was probably
// made for, if that is another one, or that its own schema is to be named.
func hintSchema(err error, rules *schema.Schema, p licseal.Payload) error {
	if err == nil {
		return nil
	}
	var schemaErr *schema.Error
	var date *licseal.DateError
	if !errors.As(err, &schemaErr) && !errors.As(err, &date) && fault.Exit(err) != exitSchema {
		return err
	}
	meant := rules.Instead(p)
	switch {
	case meant == nil && schemaErr != nil && schemaErr.Foreign:
		return withHint(err, "%s", nameSchema)
	case meant == nil:
		return err
	}
	return withHint(err, "the payload looks like the schema %s: --schema %s", meant.Name(), meant.Name())
}
