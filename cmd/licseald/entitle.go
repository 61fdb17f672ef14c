package main

import (
	"fmt"
	"os"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/entitle/sqlstore"
	"github.com/urfave/cli/v2"
)

// openEntitlements opens the licence folder.
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
	opts, err := s.guardOptions(c)
	if err != nil {
		return err
	}
	trusted := s.judge.trust()
	keys := trusted.keys
	if s.origin != nil {
		keys = nil // they come from the chain
	}
	guard, err := entitle.Open(c.Context, entitle.NewFolder(dir), keys, opts)
	if err != nil {
		return fmt.Errorf("--license-dir %s: %w", dir, err)
	}
	s.close = append(s.close, guard.Close)
	s.reload = append(s.reload, func() {
		if now := s.judge.trust(); now != trusted { // the files have changed
			trusted = now
			guard.Trust(trusted.keys)
		}
	})
	s.entitled = guard
	s.usage = entitle.NewUsageHandler(guard, s.mayCount)
	s.entitlements = entitle.NewHandler(guard, &entitle.HandlerOptions{Log: s.log, Authorize: s.mayUseEntitlements})
	return nil
}

// guardOptions returns how the guard of the licence folder works.
func (s *server) guardOptions(c *cli.Context) (opts *entitle.Options, err error) {
	opts = &entitle.Options{
		Store: entitle.NewMemory(), MayBeMissing: true, Levels: c.StringSlice("level"), Installation: c.String("installation"), Notify: s.noteEvent,
		Issuer: c.String("issuer"), MaxListAge: lengthOf(c, "max-list-age"), StoreTimeout: lengthOf(c, "store-timeout"),
	}
	opts.TrustRoot, opts.Remember = s.origin, s.memory.Remember
	if path := c.String("trust-chain"); path != "" {
		opts.TrustChain = entitle.File(path)
	}
	if path := c.String("revocations"); path != "" {
		opts.Revocations = entitle.File(path)
	}
	if s.db != nil {
		opts.Store, err = sqlstore.New(c.Context, s.db)
	}
	return opts, err
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
