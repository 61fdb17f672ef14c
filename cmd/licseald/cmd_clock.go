package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/entitle/sqlstore"
	"github.com/licseal/licseal/internal/clihelp"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/sqldb"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/licseal/licseal/internal/text"
	"github.com/urfave/cli/v2"
)

func clockCommand() *cli.Command {
	installation := &cli.StringFlag{Name: "installation", Value: "licseald", Usage: "the `NAME` of the product's installation"}
	command := func(name, usage, description string, flags []cli.Flag, change func(*cli.Context, entitle.Clock) (time.Time, error)) *cli.Command {
		return &cli.Command{
			Name: name, Usage: usage, UsageText: "licseald clock " + name + " [--store STORE] [flags]",
			Description: description, OnUsageError: onUsageError, CustomHelpTemplate: clihelp.Command,
			Flags:  append([]cli.Flag{storeFlag(), installation}, flags...),
			Action: func(c *cli.Context) error { return onClock(c, change) },
		}
	}
	return &cli.Command{
		Name: "clock", Usage: "show and correct the time of entitlement licences", UsageText: "licseald clock COMMAND [--store STORE]",
		Description: `Entitlement licences go by the latest instant that the hosts on a store have seen, so
that a clock set back makes no expired licence valid. The clock of one host that is
more than a day ahead counts only on that host.`,
		Subcommands: []*cli.Command{
			command("show", "print the time, and what the clock of each host shows", "", nil, nil),
			command("accept", "believe the host whose clock is furthest ahead", `For a host whose clock is right, such as the only one, after it was off for long.
Without this, it is believed after it has run for 24 hours.`, nil, furthest),
			command("reset", "set the time, after a clock was ahead by mistake", `Correct the clock and stop licseald and all products on the store first: they have
seen the later time, and would write it again. The time is never set to before the
issue of the newest revocation list that was verified.`, []cli.Flag{
				&cli.StringFlag{Name: "at", Usage: "set it to `TIME`: 2026-11-21 or an RFC 3339 time (default: now)"},
			}, resetTime),
		},
	}
}

var errNoUse = errors.New("no product has used an entitlement licence under this name")

func onClock(c *cli.Context, change func(*cli.Context, entitle.Clock) (time.Time, error)) error {
	if err := noArguments(c); err != nil {
		return err
	}
	db, err := openDatabase(c.Context, c.String("store"), sqlite.Options{Existing: true})
	if err != nil {
		return err
	}
	defer db.Close()
	stores, err := sqldb.Migrations(c.Context, db, db.Dialect)
	if err == nil && stores["entitle"] == 0 {
		err = errNoUse
	}
	if err != nil {
		return withRemedy(err, c.String("store"))
	}
	store, err := sqlstore.New(c.Context, db)
	if err != nil {
		return withRemedy(err, c.String("store"))
	}
	err = changeClock(c, store, change)
	if errors.Is(err, errNoUse) {
		err = withInstallations(c.Context, db, err)
	}
	return err
}

// withInstallations adds the names of the installations that a store has.
func withInstallations(ctx context.Context, db *sqldb.DB, err error) error {
	rows, queryErr := db.QueryContext(ctx, `SELECT installation FROM entitle_installations ORDER BY installation LIMIT 10`)
	if queryErr != nil {
		return err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if rows.Scan(&name) == nil {
			names = append(names, text.Quote(name))
		}
	}
	if rows.Err() != nil || len(names) == 0 {
		return err
	}
	return fault.WithHint(err, "the store has %s: give one with --installation", strings.Join(names, ", "))
}

func changeClock(c *cli.Context, store entitle.Store, change func(*cli.Context, entitle.Clock) (time.Time, error)) error {
	installation := c.String("installation")
	clock, err := readClock(c.Context, store, installation)
	if err != nil {
		return err
	}
	if change != nil {
		t, err := change(c, clock)
		if err != nil {
			return err
		}
		if err := store.SetClock(c.Context, installation, t); err != nil {
			return err
		}
		if clock, err = readClock(c.Context, store, installation); err != nil {
			return err
		}
	}
	return printClock(c.App.Writer, clock)
}

func readClock(ctx context.Context, store entitle.Store, installation string) (entitle.Clock, error) {
	clock, err := store.Clock(ctx, installation)
	if err == nil && clock.Latest.IsZero() {
		err = errNoUse
	}
	return clock, err
}

// furthest returns the latest instant that a host has shown.
func furthest(_ *cli.Context, clock entitle.Clock) (time.Time, error) {
	if len(clock.Hosts) == 0 {
		return time.Time{}, errors.New("no host has shown its clock since the time was set")
	}
	host := slices.MaxFunc(clock.Hosts, func(a, b entitle.HostClock) int { return a.Shown.Compare(b.Shown) })
	if !host.Shown.After(clock.Latest) {
		return time.Time{}, errors.New("no host is ahead")
	}
	return host.Shown, nil
}

func resetTime(c *cli.Context, _ entitle.Clock) (time.Time, error) {
	if !c.IsSet("at") {
		return time.Now(), nil
	}
	t, err := licseal.ParseDate(c.String("at"), nil)
	if err != nil {
		return t, usagef("--at: %v", err)
	}
	return t, nil
}

func printClock(w io.Writer, clock entitle.Clock) error {
	fmt.Fprintf(w, "time: %s\n", utc(clock.Latest))
	if !clock.Issued.IsZero() {
		fmt.Fprintf(w, "newest revocation list: %s\n", utc(clock.Issued))
	}
	if clock.Lead > 0 {
		fmt.Fprintf(w, "moved ahead by hosts that nobody confirmed: %s\n", clock.Lead.Round(time.Second))
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(clock.Hosts) > 0 {
		fmt.Fprintf(table, "HOST\tSHOWED\tWHEN IT WAS\tFAR AHEAD SINCE\n")
	}
	for _, h := range clock.Hosts {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", text.Escape(h.Name), utc(h.Shown), utc(h.Seen), utc(h.AheadSince))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, change := range clock.Changes {
		fmt.Fprintf(w, "on %s, it was set from %s to %s\n", utc(change.At), utc(change.From), utc(change.To))
	}
	return nil
}

func utc(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}
