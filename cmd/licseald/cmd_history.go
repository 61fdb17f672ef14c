package main

import (
	"context"
	"encoding/json"
	"errors"
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
		Description: `Changes are numbered without a gap and are never changed or removed. Each has a hash
that follows from it and all changes before it, and all are checked. Who can write
to the database can replace the whole history: keep what --head prints elsewhere, and
give it to --expect. --json prints one JSON object a line: number, time, who, action,
id, the records before and after the change, and the hash. The table shows a licence key
masked, with the first digits of its SHA-256:

  printf %s LS-0001 | sha256sum | cut -c -8`,
		Flags: []cli.Flag{
			storeFlag(),
			&cli.Int64Flag{Name: "after-change", Usage: "print changes after `NUMBER` only"},
			&cli.StringFlag{Name: "id", Usage: "print changes of the record `UUID` only"},
			schemaFlag(),
			&cli.BoolFlag{Name: "json", Usage: "print JSON, with whole payloads"},
			&cli.BoolFlag{Name: "head", Usage: "print only the number and the hash of the last change"},
			&cli.StringFlag{Name: "expect", Usage: "fail unless the history still has `HEAD`, which --head printed before"},
		},
		Action: printHistory,
	}
}

func printHistory(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	rules, err := loadSchema(c.Context, c.String("schema"))
	if err != nil {
		return fmt.Errorf("--schema: %w", err)
	}
	var reader historyReader
	if text := c.String("expect"); text != "" {
		if reader.expect, err = admin.ParseHead(text); err != nil {
			return usagef("--expect: %v", err)
		}
	}
	if err := requireStore(c.Context, c.String("store")); err != nil {
		return err
	}
	db, err := openDatabase(c.Context, c.String("store"), sqlite.Options{Existing: true})
	if err != nil {
		return err
	}
	defer db.Close()
	reader.store = sqlstore.Existing(db) // creates no tables
	write, flush := historyPrinter(c.App.Writer, c.Bool("json"), rules.Roles())
	if c.Bool("head") {
		write, flush = func(admin.Change) error { return nil }, func() error { return nil }
	}
	id := strings.ToLower(c.String("id"))
	head, err := reader.read(c.Context, func(change admin.Change) error {
		if change.Number <= c.Int64("after-change") || id != "" && change.ID != id {
			return nil
		}
		return write(change)
	}, flush)
	if err == nil && c.Bool("head") {
		_, err = fmt.Fprintln(c.App.Writer, head)
	}
	return err
}

// historyReader reads a history, and checks it.
type historyReader struct {
	store  *sqlstore.Store
	expect admin.Head // a place in the history; zero if none is expected
}

// read calls write with all entries, and flush after each page of them. It returns the
// last entry. The error wraps [admin.ErrHistoryChanged] if entries are missing or were
// changed.
func (r historyReader) read(ctx context.Context, write func(admin.Change) error, flush func() error) (admin.Head, error) {
	last, err := r.store.Head(ctx) // before the entries, to which others may add
	if err != nil {
		return admin.Head{}, err
	}
	var head admin.Head
	hadHash := false
	for {
		const page = 500
		changes, err := r.store.History(ctx, head.Number, page)
		if err != nil {
			return head, err
		}
		for _, change := range changes {
			if head, err = head.Next(change, hadHash); err != nil {
				return head, errors.Join(flush(), err)
			}
			if err := r.compare(head, last); err != nil {
				return head, errors.Join(flush(), err)
			}
			hadHash = hadHash || change.Hash != ""
			if err := write(change); err != nil {
				return head, fmt.Errorf("writing standard output: %w", err)
			}
		}
		if err := flush(); err != nil {
			return head, err
		}
		if len(changes) < page {
			break
		}
	}
	if missing := max(last.Number, r.expect.Number); head.Number < missing {
		return head, fmt.Errorf("%w: it ends with entry %d, and had entry %d", admin.ErrHistoryChanged, head.Number, missing)
	}
	return head, nil
}

// compare compares an entry with the one that the last write recorded, and with the one
// that the user expects.
func (r historyReader) compare(head, last admin.Head) error {
	for _, other := range []admin.Head{last, r.expect} {
		if head.Number == other.Number && other.Hash != "" && head.Hash != other.Hash {
			return fmt.Errorf("%w: entry %d, or one before it, is not what it was", admin.ErrHistoryChanged, head.Number)
		}
	}
	return nil
}

// fingerprintDigits is how many hexadecimal digits of the SHA-256 of a licence key the
// history shows, to tell keys apart that look the same when they are masked.
const fingerprintDigits = 8

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

// summary describes the licence of a record: its key, masked, with its fingerprint, its
// customer, and its end.
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
	if hasKey {
		key = fmt.Sprintf("%s (%s)", text.Mask(key), admin.Hash(key)[:fingerprintDigits])
	}
	if customer, ok := lic.Payload.Text(roles.Customer); ok {
		key += ", " + customer + ","
	}
	return text.Escape(key + " until " + until)
}
