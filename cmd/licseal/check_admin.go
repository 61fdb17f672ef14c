package main

import (
	"context"
	"fmt"
	"time"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/check"
	"github.com/urfave/cli/v2"
)

// checkConnectionFlags are those of 'licseal admin', but for its URL: here it has
// a name that says more.
var checkConnectionFlags = connectionFlags[1:]

// adminLister returns what asks the Admin API at a URL for its licences.
func adminLister(c *cli.Context, address string) (func(context.Context) ([]check.Installed, error), error) {
	client, err := connect(c, "admin-url", address, nil)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) ([]check.Installed, error) { return installedAt(ctx, client) }, nil
}

// maxRecords bounds what is asked of an Admin API. A gateway has a handful.
const maxRecords = 10_000

func installedAt(ctx context.Context, client *admin.Client) ([]check.Installed, error) {
	var all []check.Installed
	for record, err := range client.Records(ctx) {
		if err != nil {
			return nil, err
		}
		if len(all) == maxRecords {
			return nil, fmt.Errorf("it has more than %d licences, the most that are read", maxRecords)
		}
		all = append(all, check.Installed{Name: record.ID, Data: []byte(record.Payload), Updated: time.Unix(record.UpdatedAt, 0).UTC()})
	}
	return all, nil
}
