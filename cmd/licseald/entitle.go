package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/entitle/sqlstore"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

func checkEntitleFlags(c *cli.Context) error {
	folder, tokens := c.IsSet("license-dir"), c.IsSet("entitlement-token-file")
	switch {
	case folder != tokens:
		return usagef("--license-dir and --entitlement-token-file go together")
	case c.IsSet("entitlement-state") && !folder:
		return usagef("--entitlement-state needs --license-dir")
	case folder && c.Bool("accept-unverified"):
		return usagef("--license-dir needs --trust: an entitlement licence is never taken unverified")
	}
	return nil
}

// openEntitlements opens the licence folder, and shows its figures in the report of
// the Admin API.
func (s *server) openEntitlements(c *cli.Context) error {
	dir := c.String("license-dir")
	if dir == "" {
		return nil
	}
	if info, err := os.Stat(dir); err != nil {
		return fmt.Errorf("--license-dir: %w", err)
	} else if !info.IsDir() {
		return fmt.Errorf("--license-dir: %s is not a folder", dir)
	}
	tokens, err := s.watchTokens(c.String("entitlement-token-file"))
	if err != nil {
		return fmt.Errorf("--entitlement-token-file: %w", err)
	}
	opts := &entitle.Options{Store: entitle.NewMemory(), MayBeMissing: true, Notify: s.noteEvent,
		Issuer: c.String("issuer"), MaxListAge: lengthOf(c, "max-list-age"),
		StoreTimeout: lengthOf(c, "store-timeout")}
	if path := c.String("revocations"); path != "" {
		opts.Revocations = entitle.File(path)
	}
	if path := c.String("entitlement-state"); path != "" {
		opts.Remember = func(change func(*verify.Memory) error) (*verify.Memory, error) {
			m, err := state.Update(path, change)
			if errors.Is(err, os.ErrNotExist) {
				return nil, fmt.Errorf("%w; 'licseal state new %s' makes it", err, path)
			}
			return m, err
		}
	}
	if s.db != nil {
		if opts.Store, err = sqlstore.New(c.Context, s.db); err != nil {
			return err
		}
	}
	guard, err := entitle.Open(c.Context, entitle.NewFolder(dir), s.judge.trust().keys, opts)
	if err != nil {
		return fmt.Errorf("--license-dir %s: %w", dir, err)
	}
	s.close = append(s.close, guard.Close)
	s.reload = append(s.reload, func() { guard.Trust(s.judge.trust().keys) })
	s.admin.Reporter = usageReporter{guard}
	s.entitlements = entitle.NewHandler(guard, &entitle.HandlerOptions{Log: s.log, Authorize: func(r *http.Request) bool {
		_, ok := admin.FindToken(tokens.get(), entitle.Bearer(r))
		return ok
	}})
	return nil
}

// noteEvent logs what happens to the entitlement licence.
func (s *server) noteEvent(e entitle.Event) {
	attributes := []any{"event", string(e.Kind), "state", string(e.State)}
	if e.Err == nil {
		s.log.Info("entitlement licence", attributes...)
		return
	}
	s.log.Error("entitlement licence", append(attributes, "error", e.Err.Error())...)
}

// usageReporter feeds the counters of the Admin API's report.
type usageReporter struct{ guard *entitle.Guard }

func (u usageReporter) Figures(ctx context.Context) (admin.Figures, error) {
	months, err := u.guard.Monthly(ctx, entitle.MonthlyRequests)
	if err != nil {
		return admin.Figures{}, fmt.Errorf("%w: %w", admin.ErrUnavailable, err)
	}
	var figures admin.Figures
	for _, m := range months {
		figures.Counters = append(figures.Counters, admin.Counter{Bucket: m.Month.String(), RequestCount: m.Count})
	}
	return figures, nil
}
