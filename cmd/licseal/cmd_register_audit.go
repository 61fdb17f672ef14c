package main

import (
	"bytes"
	"cmp"
	"strconv"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/registerview"
	"github.com/licseal/licseal/register"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

// maxOrdersBytes is the size of the largest table of orders that is read.
const maxOrdersBytes = 64 << 20

func auditRegisterCommand() *cli.Command {
	return &cli.Command{
		Name: "audit", Usage: "judge everything in a register", UsageText: "licseal register audit --register DIR -t KEYS [flags]", ArgsUsage: names,
		Description: `Verifies the register as 'licseal register verify' does, and then each licence: a
trusted key must have signed it, within the dates for which it is trusted, and the
record must say what the licence says. No id may be alive twice. With --revocations,
what is revoked must be on the list, and nothing else. With --orders, a table with a
column named like the id, every order must have a living licence, and every living
licence an order. The exit code is 9 if anything was found.`,
		Flags: []cli.Flag{
			registerFlag, trustFlag, revocationsFlag, schemaFlag,
			&cli.StringFlag{Name: "orders", Usage: "the table of what is paid for, the CSV `FILE`", TakesFile: true, Category: reads},
		},
		Action: auditRegister,
	}
}

func auditRegister(c *cli.Context) error {
	if c.NArg() > 0 {
		return usagef("'licseal register audit' takes no arguments, but %q was given", c.Args().First())
	}
	o, err := auditOptions(c)
	if err != nil {
		return err
	}
	r, err := openRegister(c)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(c)
	defer stop()
	found := 0
	err = r.Audit(ctx, o, now(), func(f register.Finding) {
		found++
		entry := ""
		if f.Number >= 0 {
			entry = "entry " + strconv.FormatInt(f.Number, 10) + ", "
		}
		note("%s: %s%s: %s", fault.ReasonOfExit(exitRequirement), entry, orDash(f.ID), f.Problem)
	})
	if err != nil {
		return registerError(r.Dir(), fault.Because(licseal.ReasonSignature, err))
	}
	note("%s: %s", plural(int(r.Len()), "record"), plural(found, "finding"))
	if found > 0 {
		return fault.Reported(fault.ReasonOfExit(exitRequirement))
	}
	return nil
}

func auditOptions(c *cli.Context) (*register.AuditOptions, error) {
	rules, err := payloadSchema(c)
	if err != nil {
		return nil, err
	}
	trusted, err := loadTrusted(c)
	if err != nil {
		return nil, err
	}
	o := new(register.AuditOptions)
	if o.Verifier, err = bulk.NewVerifier(trusted, &verify.Options{Roles: rules.Roles(), Clock: now}); err != nil {
		return nil, err
	}
	if path := c.String("revocations"); path != "" {
		list, err := loadRevocations(path, trusted)
		if err != nil {
			return nil, err
		}
		o.List = list.Contents()
	}
	if path := c.String("orders"); path != "" {
		data, err := readFile(path, maxOrdersBytes)
		if err == nil {
			o.Orders, err = register.ReadOrders(bytes.NewReader(data), strings.TrimPrefix(rules.Roles().WithDefaults().ID, "/"))
		}
		if err != nil {
			return nil, about(path, err)
		}
	}
	return o, nil
}

func pageRegisterCommand() *cli.Command {
	return &cli.Command{
		Name: "page", Usage: "write a page that shows who has what until when", UsageText: "licseal register page --register DIR -o FILE [flags]", ArgsUsage: names,
		Description: `Writes one HTML file that needs no network and no script: expiries by month, what is
due within 30, 60 and 90 days, states, plans, customers, and a table of all licences
that were not replaced. The table can be searched if scripts are allowed. Keep the
file private: it has the names of your customers.`,
		Flags: []cli.Flag{
			registerFlag,
			&cli.StringFlag{Name: "seats", Usage: "the `FIELD` of licences to add up as seats, such as admin_seats"},
			outputFlag, forceFlag,
		},
		Action: pageRegister,
	}
}

func pageRegister(c *cli.Context) error {
	if c.NArg() > 0 {
		return usagef("'licseal register page' takes no arguments, but %q was given", c.Args().First())
	}
	r, err := openRegister(c)
	if err != nil {
		return err
	}
	o := &registerview.PageOptions{Title: "Licences", Now: now().UTC()}
	if field := c.String("seats"); field != "" {
		o.Seats = func(item *register.Item) int { return seatsOf(item.License, "/"+strings.TrimPrefix(field, "/")) }
	}
	var b bytes.Buffer
	if err := registerview.WritePage(&b, r.Select(c.Context, register.Filter{}, now()), o); err != nil {
		return registerError(r.Dir(), err)
	}
	return writeResult(c, b.String())
}

// seatsOf returns the number in a field of a licence, 0 if it is not one.
func seatsOf(document, pointer string) int {
	lic, err := licseal.ParseUnverified([]byte(document))
	if err != nil {
		return 0
	}
	value, _ := lic.Payload.Field(pointer)
	text, _ := lic.Payload.Text(pointer)
	n, _ := strconv.Atoi(cmp.Or(text, string(value)))
	return max(n, 0)
}
