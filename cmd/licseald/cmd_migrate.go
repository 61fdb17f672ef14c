package main

import (
	"fmt"

	adminstore "github.com/licseal/licseal/admin/sqlstore"
	entitlestore "github.com/licseal/licseal/entitle/sqlstore"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/urfave/cli/v2"
)

func migrateCommand() *cli.Command {
	return &cli.Command{
		Name:      "migrate",
		Usage:     "create or update the tables of a store",
		UsageText: "licseald migrate [--store STORE]",
		Description: `A server does this when it starts, if its role may. For PostgreSQL, run it as the
owner of the tables, and let servers log in as a role with fewer privileges.`,
		Flags:  []cli.Flag{storeFlag()},
		Action: migrate,
	}
}

func migrate(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	db, err := openDatabase(c.Context, c.String("store"), sqlite.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err = adminstore.New(c.Context, db); err == nil {
		_, err = entitlestore.New(c.Context, db)
	}
	if err != nil {
		return withRemedy(err, c.String("store"))
	}
	_, err = fmt.Fprintln(c.App.Writer, "the tables are up to date")
	return err
}
