package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/admin/sqlstore"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/licseal/licseal/internal/text"
	"github.com/urfave/cli/v2"
)

func historyCommand() *cli.Command {
	return &cli.Command{
		Name:      "history",
		Usage:     "print all changes of a store",
		UsageText: "licseald history [--store STORE] [flags]",
		Description: `Changes are numbered without a gap and are never changed or removed. --json prints
one JSON object a line: number, time, who, action, id, and the records before and
after the change.`,
		Flags: []cli.Flag{
			storeFlag(),
			&cli.Int64Flag{Name: "after", Usage: "print changes after `NUMBER` only"},
			&cli.StringFlag{Name: "id", Usage: "print changes of the record `ID` only"},
			schemaFlag(),
			&cli.BoolFlag{Name: "json", Usage: "print JSON, with whole payloads"},
		},
		Action: printHistory,
	}
}

func printHistory(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	rules, err := loadSchema(c.String("schema"))
	if err != nil {
		return fmt.Errorf("--schema: %w", err)
	}
	db, err := openDatabase(c.Context, c.String("store"), sqlite.Options{Existing: true})
	if err != nil {
		return err
	}
	defer db.Close()
	store := sqlstore.Existing(db) // creates no tables
	write, flush := historyPrinter(c.App.Writer, c.Bool("json"), rules.Roles())
	id := strings.ToLower(c.String("id"))
	for after := c.Int64("after"); ; {
		const page = 500
		changes, err := store.History(c.Context, after, page)
		if err != nil {
			return err
		}
		for _, change := range changes {
			after = change.Number
			if id != "" && change.ID != id {
				continue
			}
			if err := write(change); err != nil {
				return fmt.Errorf("writing standard output: %w", err)
			}
		}
		if err := flush(); err != nil || len(changes) < page {
			return err
		}
	}
}

// historyPrinter returns a func that prints a change, and one for the end of a page,
// within which the columns of the table are aligned.
func historyPrinter(w io.Writer, asJSON bool, roles licseal.Roles) (write func(admin.Change) error, flush func() error) {
	if asJSON {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return func(c admin.Change) error { return encoder.Encode(c) }, func() error { return nil }
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NUMBER\tTIME\tWHO\tACTION\tID\tBEFORE\tAFTER")
	return func(c admin.Change) error {
		_, err := fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n",
			c.Number, c.Time.Format(time.RFC3339), text.Escape(c.Who), c.Action, c.ID, summary(c.Before, roles), summary(c.After, roles))
		return err
	}, table.Flush
}

// summary describes the licence of a record without revealing its key.
func summary(r *admin.Record, roles licseal.Roles) string {
	if r == nil {
		return "-"
	}
	lic, err := licseal.ParseUnverified([]byte(r.Payload))
	if err != nil {
		return fmt.Sprintf("%d bytes", len(r.Payload))
	}
	roles = roles.WithDefaults()
	key, hasKey := lic.Payload.Text(roles.ID)
	until, hasEnd := lic.Payload.Text(roles.NotAfter)
	if !hasKey && !hasEnd {
		return "a licence" // of another schema
	}
	return text.Escape(text.Mask(key) + " until " + until)
}
