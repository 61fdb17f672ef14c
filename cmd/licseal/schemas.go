package main

import (
	"errors"
	"os"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/schema"
	"github.com/urfave/cli/v2"
)

var schemaFlag = &cli.StringFlag{
	Name: "schema", Value: "kong", Usage: "what the payload must look like: the name of a built-in schema, or a `FILE`", TakesFile: true, Category: reads,
}

// loadSchema returns the schema of a payload: a built-in one, or the vendor's own
// in a file.
func loadSchema(nameOrFile string) (*schema.Schema, error) {
	rules, err := loadAnySchema(nameOrFile)
	if err == nil && !rules.ForPayloads() {
		return nil, usagef("the schema %s is not one of payloads; use %s, or a schema file", nameOrFile, strings.Join(schema.Payloads(), ", "))
	}
	return rules, err
}

// loadAnySchema returns a built-in schema, be it of payloads or of documents, or
// the vendor's own in a file.
func loadAnySchema(nameOrFile string) (*schema.Schema, error) {
	builtin, nameErr := schema.Builtin(nameOrFile)
	if nameErr == nil {
		return builtin, nil
	}
	s, err := schema.Load(nameOrFile)
	if _, statErr := os.Stat(nameOrFile); errors.Is(statErr, os.ErrNotExist) { // not a file that it refers to
		return nil, usagef("there is no schema file %s, and %v", nameOrFile, nameErr)
	}
	return s, err
}

// hintSchema adds to an error about a payload which built-in schema it was probably
// made for, if that is another one.
func hintSchema(err error, rules *schema.Schema, p licseal.Payload) error {
	if err == nil {
		return nil
	}
	var schemaErr *schema.Error
	var date *licseal.DateError
	if fault.Exit(err) != exitSchema && !errors.As(err, &schemaErr) && !errors.As(err, &date) {
		return err
	}
	meant := rules.Instead(p)
	if meant == nil {
		return err
	}
	return withHint(err, "the payload looks like the schema %s: --schema %s", meant.Name(), meant.Name())
}
