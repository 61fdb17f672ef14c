package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/licseal/licseal/internal/registerview"
	"github.com/licseal/licseal/register"
	"github.com/urfave/cli/v2"
)

var customerFlags = []cli.Flag{
	&cli.StringFlag{Name: "customer", Usage: "with a register: the living licences of customers whose name contains `TEXT`"},
	&cli.BoolFlag{Name: "y", Aliases: []string{"yes"}, Usage: "with --customer: revoke without asking"},
}

// customerIDs returns the ids of the living licences of the customers that --customer
// names, after a person has looked at them.
func customerIDs(c *cli.Context) ([]string, error) {
	switch {
	case c.String("customer") == "" && c.IsSet("customer"):
		return nil, usagef("--customer is empty")
	case !c.IsSet("customer") && c.Bool("y"):
		return nil, usagef("-y requires --customer")
	case !c.IsSet("customer"):
		return nil, nil
	case !hasRegister(c):
		return nil, withHint(usagef("--customer needs a register, which knows the licences of customers"), "--register DIR")
	}
	r, err := openRegister(c)
	if err != nil {
		return nil, err
	}
	var found []register.Item
	unnamed := 0
	for item, err := range r.Select(c.Context, register.Filter{Customer: c.String("customer"), States: []register.State{register.Valid, register.InGrace}}, now()) {
		switch {
		case err != nil:
			return nil, registerError(r.Dir(), err)
		case item.ID == "":
			unnamed++
		default:
			found = append(found, item)
		}
	}
	if unnamed > 0 {
		warn("%s without an id cannot be revoked", plural(unnamed, "licence"))
	}
	return confirmCustomers(c, r, found)
}

// confirmCustomers shows licences, and asks whether to revoke them.
func confirmCustomers(c *cli.Context, r *register.Register, found []register.Item) (ids []string, err error) {
	customers := map[string]bool{}
	for _, item := range found {
		customers[item.Customer] = true
		if !slices.Contains(ids, item.ID) {
			ids = append(ids, item.ID)
		}
	}
	if len(ids) == 0 {
		return nil, withHint(fmt.Errorf("%s: no customer whose name contains %q has a living licence", r.Dir(), c.String("customer")), "'licseal register list --register %s --customer TEXT' lists all of theirs", r.Dir())
	}
	shown := func(yield func(register.Item, error) bool) {
		for _, item := range found {
			if !yield(item, nil) {
				return
			}
		}
	}
	if _, err := registerview.Write(os.Stderr, registerview.Formats[0], shown); err != nil {
		return nil, err
	}
	question := fmt.Sprintf("Revoke %s of %s? Type yes", plural(len(ids), "licence"), plural(len(customers), "customer"))
	return ids, confirm(c, question, "-y revokes without asking", "nothing was revoked")
}
