package main

import (
	"github.com/licseal/licseal/internal/buildinfo"
	"github.com/urfave/cli/v2"
)

func versionCommand() *cli.Command {
	return &cli.Command{
		Name:      "version",
		Usage:     "print the version, and what the program was built from",
		UsageText: "licseal version [--json]",
		Flags:     []cli.Flag{jsonFlag},
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usagef("'licseal version' takes no arguments")
			}
			info := buildinfo.Of("licseal")
			if c.Bool("json") {
				return say(c, "%s", info.JSON())
			}
			if notRelease := info.Hint(); notRelease != "" {
				hint("%s", notRelease)
			}
			return say(c, "%s", info.Lines())
		},
	}
}
