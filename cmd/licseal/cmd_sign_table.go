package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/job"
	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/internal/progress"
	"github.com/urfave/cli/v2"
)

// tableFlags say how the table of --batch is read.
var tableFlags = []cli.Flag{
	&cli.StringFlag{Name: "delimiter", Usage: "with --batch: the `CHARACTER` between cells, or comma, semicolon, tab, pipe"},
	&cli.StringFlag{Name: "encoding", Usage: "with --batch: the `ENCODING` of the text, such as windows-1252"},
	&cli.StringFlag{Name: "date-format", Usage: "with --batch: the `ORDER` of dates, such as dd.mm.yyyy"},
	&cli.StringSliceFlag{Name: "map", KeepSpace: true, Usage: "with --batch: a column and its field: `COLUMN=FIELD` (repeatable)"},
	&cli.BoolFlag{Name: "dry-run", Usage: "with --batch: sign nothing, and show the first three payloads"},
}

// readTableFlags sets how the table of --batch is read.
func readTableFlags(c *cli.Context, plan *rows.Plan) (err error) {
	if plan.Delimiter, err = rows.ParseDelimiter(c.String("delimiter")); err != nil {
		return usagef("--delimiter %v", err)
	}
	if plan.Encoding, err = rows.ParseEncoding(c.String("encoding")); err != nil {
		return usagef("--encoding %v", err)
	}
	if plan.DateFormat, err = rows.ParseDateFormat(c.String("date-format")); err != nil {
		return usagef("--date-format %v", err)
	}
	for _, text := range c.StringSlice("map") {
		m, err := rows.ParseMapping(text)
		if err != nil {
			return usagef("--map %v", err)
		}
		plan.Map = append(plan.Map, m)
	}
	plan.Map = append(plan.Map, settingsOf(c).columns()...) // --map has precedence
	return nil
}

// hintTable adds to an error about a table which flag settles it.
func hintTable(err error) error {
	var doubt *rows.DoubtError
	var header *rows.HeaderError
	var workbook *rows.WorkbookError
	switch {
	case errors.As(err, &workbook):
		return withHint(err, "in Excel: File > Save As > CSV UTF-8; in LibreOffice: File > Save As > Text CSV")
	case errors.As(err, &doubt) && doubt.Setting == "":
		return withHint(err, "export the file again, with a format of the column that has no separators of thousands")
	case errors.As(err, &doubt):
		var flags []string
		for _, value := range doubt.Values {
			flags = append(flags, fmt.Sprintf("--%s %s", doubt.Setting, value))
		}
		return withHint(err, "say which: %s", strings.Join(flags, " or "))
	case errors.As(err, &header) && len(header.Unknown) > 0:
		name := header.Unknown[0]
		return withHint(err, "--map '%s=FIELD' names the field of a column, --map '%s=' leaves the column out", name, name)
	}
	return err
}

// dryRun shows what a batch would sign.
func dryRun(c *cli.Context, o *job.SignOptions, bar *progress.Bar) error {
	const most = 3
	shown := 0
	signed, err := job.Try(c.Context, o, func(p licseal.Payload) error {
		if shown++; shown > most {
			return nil
		}
		return printJSON(c, json.RawMessage(p.Bytes()))
	})
	bar.End()
	if err != nil {
		return jobError(err)
	}
	note("dry run: nothing was signed")
	return summarize(c, signed)
}

// maxShownRejects is how many rejected rows are printed on a terminal.
const maxShownRejects = 10

// rejectPrinter returns what prints rejected rows. On a terminal it prints the first ten.
func rejectPrinter(show func(*job.Reject)) func(*job.Reject) error {
	most, n := 0, 0
	if messagesOnTerminal() {
		most = maxShownRejects
	}
	return func(r *job.Reject) error {
		if n++; most == 0 || n <= most {
			show(r)
		}
		return nil
	}
}

// noteHidden says how many rejected rows were not printed.
func noteHidden(c *cli.Context, rejected int) {
	if c.String("rejects") == "" && rejected > maxShownRejects && messagesOnTerminal() {
		hint("%s more were rejected; --rejects FILE lists all, and can be corrected and given to --batch", thousands(rejected-maxShownRejects))
	}
}
