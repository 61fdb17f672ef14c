package main

import (
	"errors"

	"github.com/licseal/licseal/schema"
	"github.com/urfave/cli/v2"
)

func schemaCheckCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "review a schema file of your own",
		UsageText: "licseal schema check FILE", ArgsUsage: reads,
		Description: `Reports everything in a schema file that is wrong or probably not meant: misspelt
keywords, which JSON Schema ignores; roles that are missing, lead nowhere or to a
field of another type; dates without a format; rules that no value can keep; and
keywords without effect. Ends with exit code 1 if there is anything.

  licseal schema check mine.json
  licseal schema check schemas/mine.json`,
		Action: schemaCheck,
	}
}

func schemaCheck(c *cli.Context) error {
	file, err := oneFile(c)
	if err != nil {
		return err
	}
	if file == "-" {
		return usagef("'licseal schema check' needs a file, not standard input")
	}
	rules, err := schema.Load(file)
	if err != nil {
		return err
	}
	doubts := rules.Doubts()
	if len(doubts) == 0 {
		roles := rules.Roles().WithDefaults()
		return say(c, "%s: no faults found; the id is %s, the dates are %s and %s", displayName(file), roles.ID, roles.NotBefore, roles.NotAfter)
	}
	var all []error
	for _, d := range doubts {
		all = append(all, errors.New(d.String()))
	}
	err = errors.Join(all...)
	for _, d := range doubts {
		if d.Hint != "" {
			err = withHint(err, "add to the schema, with the fields of your payload:\n%s", lines(d.Hint))
		}
	}
	return err
}
