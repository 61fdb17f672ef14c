package main

import (
	"context"
	"fmt"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/entitle"
	"github.com/urfave/cli/v2"
)

// loadReport reads the figures of the Admin API's report. Its counters are those of the
// entitlement licence, unless the file has some.
func (s *server) loadReport(c *cli.Context) error {
	r := reporter{guard: s.entitled}
	if path := c.String("report-file"); path != "" {
		parse := func(contents [][]byte) (admin.Figures, error) {
			figures, err := admin.ParseFigures(contents[0])
			if err != nil {
				return admin.Figures{}, fmt.Errorf("%s: %w", path, err)
			}
			return figures, nil
		}
		var err error
		if r.file, err = watch(s.watcher, parse, smallFiles(path)...); err != nil {
			return fmt.Errorf("--report-file: %w", err)
		}
		s.reload = append(s.reload, r.file.reload)
	}
	s.admin.Reporter = r
	return nil
}

// reporter has the figures of the Admin API's report.
type reporter struct {
	file  *watched[admin.Figures] // --report-file; may be nil
	guard *entitle.Guard          // may be nil
}

// Figures implements admin.Reporter.
func (r reporter) Figures(ctx context.Context) (figures admin.Figures, err error) {
	if r.file != nil {
		figures = r.file.get()
	}
	if r.guard == nil || len(figures.Counters) > 0 {
		return figures, nil
	}
	months, err := r.guard.Monthly(ctx, entitle.MonthlyRequests)
	if err != nil {
		return admin.Figures{}, fmt.Errorf("%w: %w", admin.ErrUnavailable, err)
	}
	for _, m := range months {
		figures.Counters = append(figures.Counters, admin.Counter{Bucket: m.Month.String(), RequestCount: m.Count})
	}
	return figures, nil
}
