package main

import (
	"bytes"
	"cmp"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/fieldname"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/schema"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

func schemaInitCommand() *cli.Command {
	return &cli.Command{
		Name:      "init",
		Usage:     "make a schema from an example payload or a spreadsheet",
		UsageText: "licseal schema init [flags] EXAMPLE", ArgsUsage: reads,
		Description: `EXAMPLE is a payload or a licence (JSON), or a spreadsheet exported as CSV. Prints a
schema with its fields, their types and which of them are dates. All fields are
required, and no others are allowed. Which field is the id and which are the dates
is guessed from the names and shown; flags correct it. Dates that the example lacks
are added as "created" and "expires". With -o on a terminal, asks before it writes.

  licseal schema init -o mine.json payload.json
  licseal schema init --id-field no --not-after until customers.csv >mine.json`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "id-field", Usage: "the `FIELD` that is the id of the licence"},
			&cli.StringFlag{Name: "not-before", Usage: "the `FIELD` that says when the licence begins"},
			&cli.StringFlag{Name: "not-after", Usage: "the `FIELD` that says when the licence expires"},
			&cli.StringFlag{Name: "customer-field", Usage: "the `FIELD` that says who has the licence"},
			outputFlag, forceFlag,
		},
		Action: schemaInit,
	}
}

func schemaInit(c *cli.Context) error {
	file, err := oneFile(c)
	if err != nil {
		return err
	}
	roles, err := rolesFromFlags(c)
	if err != nil {
		return err
	}
	example, err := readExample(file)
	if err != nil {
		return about(displayName(file), err)
	}
	draft, err := schema.NewDraft(example, roles)
	if errors.Is(err, schema.ErrNoID) {
		err = withHint(err, "name it: --id-field FIELD")
	}
	if err != nil {
		return about(displayName(file), err)
	}
	noteDraft(draft)
	if c.String("o") != "" && c.String("o") != "-" && term.IsTerminal(int(os.Stdin.Fd())) {
		answer, err := ask("Write "+c.String("o")+"? yes or no", "yes")
		if err != nil {
			return err
		}
		if !strings.HasPrefix("yes", strings.ToLower(answer)) {
			return withHint(errors.New("nothing was written"), "correct the guess: --id-field FIELD, --not-before FIELD, --not-after FIELD")
		}
	}
	return writeResult(c, string(draft.JSON()))
}

func rolesFromFlags(c *cli.Context) (roles licseal.Roles, err error) {
	for flag, role := range map[string]*string{
		"id-field": &roles.ID, "not-before": &roles.NotBefore, "not-after": &roles.NotAfter, "customer-field": &roles.Customer,
	} {
		name := c.String(flag)
		if name == "" {
			continue
		}
		pointer, ok := fieldname.Pointer(name)
		if !ok {
			return roles, usagef("--%s: %q is not the name of a field", flag, name)
		}
		*role = pointer
	}
	return roles, nil
}

// readExample reads a payload, a licence or a table.
func readExample(file string) (licseal.Payload, error) {
	data, err := readDocument(file, aPayload)
	if err != nil {
		return licseal.Payload{}, err
	}
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		return edit.ParseTemplate(data)
	}
	r, err := rows.Open(bytes.NewReader(data), file, len(data), nil)
	if err != nil {
		return licseal.Payload{}, err
	}
	return rows.Example(r)
}

// meaning returns what the field of a role says.
func meaning(role string) string {
	switch role {
	case "id":
		return "identifies the licence"
	case "customer":
		return "who has it"
	case "product":
		return "what it is for"
	case "not_before":
		return "when it begins"
	case "not_after":
		return "when it expires"
	}
	return "days of grace"
}

// noteDraft shows what was guessed.
func noteDraft(d *schema.Draft) {
	for _, f := range d.Fields {
		kind := cmp.Or(f.Type, "any")
		if f.IsDate {
			kind = "date"
		}
		line := text.Sprintf("%s: %s", strings.TrimPrefix(f.Pointer, "/"), kind)
		if f.Role != "" {
			line = text.Sprintf("%s, %s", line, meaning(f.Role))
		}
		if slices.Contains(d.Added, f.Pointer) {
			line = text.Sprintf("%s; not in the example", line)
		}
		note("%s", line)
	}
}
