package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"slices"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/internal/sqldb"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/revoke"
	chain "github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

// server is one licseald.
type server struct {
	watcher
	db     *sqldb.DB // nil if everything is in memory
	store  admin.Store
	ping   func(context.Context) error
	judge  *judge
	memory *memory
	origin *chain.Origin // nil if the trusted keys do not come from a chain
	access access
	tls    *tls.Config // nil if it speaks plain HTTP

	certificate *watched[*tls.Certificate] // nil if it speaks plain HTTP
	admin       admin.Options
	reload      []func()       // read files again
	close       []func() error // called in reverse order

	review *review // judges stored licences again

	usage        http.Handler   // nil if they are not served
	entitlements http.Handler   // nil if they are not served
	entitled     *entitle.Guard // nil if they are not served
}

// newServer reads all files and opens the store.
func newServer(c *cli.Context) (*server, error) {
	log, err := newLog(c.App.ErrWriter, c.String("log-format"))
	if err != nil {
		return nil, err
	}
	s := &server{watcher: watcher{log, &reloadFailures{}}, memory: &memory{path: c.String("state")}}
	for _, step := range []func(*cli.Context) error{s.loadJudge, s.loadTokens, s.loadTLS, s.openStore, s.openEntitlements, s.loadReport} {
		if err := step(c); err != nil {
			s.closeAll()
			return nil, err
		}
	}
	s.admin.MaxBodyBytes = c.Int64("max-body")
	s.admin.Version = c.String("gateway-version")
	s.admin.Workspaces = c.StringSlice("workspaces")
	s.admin.Roles = s.judge.rules.Roles()
	s.admin.Log = log
	s.review = &review{store: s.store, judge: s.judge, log: log}
	if c.Bool("hide-refused") {
		s.admin.Hide = s.hides
	}
	return s, nil
}

// loadJudge reads the schema, the trusted keys and the revocation list.
func (s *server) loadJudge(c *cli.Context) error {
	rules, err := loadSchema(c.Context, c.String("schema"))
	if err != nil {
		return fmt.Errorf("--schema: %w", err)
	}
	s.judge = &judge{rules: rules, log: s.log}
	options := verify.Options{
		Fields: rules, Grace: lengthOf(c, "grace"), MaxListAge: lengthOf(c, "max-list-age"), Issuer: c.String("issuer"),
	}
	if c.Bool("accept-unverified") {
		s.log.Warn("licences are stored UNVERIFIED: signatures and dates are not checked")
		s.judge.unverified, err = verify.NewUnverified(&options)
		return err
	}
	t := &trustFiles{failureLog: failureLog{watcher: s.watcher}, options: options, memory: s.memory}
	if t.keys, err = s.keySource(c); err != nil {
		return err
	}
	if err := s.memory.open(s.origin != nil); err != nil {
		return fmt.Errorf("--state %s: %w", s.memory.path, err)
	}
	if path := c.String("revocations"); path != "" {
		t.listFile = &watchedFile{path, revoke.MaxBytes}
	}
	if err := openTrust(t); err != nil {
		return err
	}
	s.judge.trust = t.value.Load
	s.reload = append(s.reload, t.reload)
	return nil
}

// keySource returns where the trusted keys come from.
func (s *server) keySource(c *cli.Context) (keySource, error) {
	root := c.String("trust-root")
	if root == "" {
		return &fileKeys{files: smallFiles(c.StringSlice("trust")...)}, nil
	}
	var err error
	if s.origin, err = readOrigin(root); err != nil {
		return nil, fmt.Errorf("--trust-root %s: %w", root, err)
	}
	k := &chainKeys{origin: s.origin, memory: s.memory}
	if path := c.String("trust-chain"); path != "" {
		k.file = &watchedFile{path, chain.MaxChainBytes}
	}
	return k, nil
}

func (s *server) loadTLS(c *cli.Context) error {
	if !c.IsSet("tls-cert") {
		return nil
	}
	parse := func(contents [][]byte) (*tls.Certificate, error) {
		pair, err := tls.X509KeyPair(contents[0], contents[1])
		if err != nil {
			return nil, text.KeyPairCause(err)
		}
		return &pair, nil
	}
	var err error
	s.certificate, err = watch(s.watcher, parse, smallFiles(c.String("tls-cert"), c.String("tls-key"))...)
	if err != nil {
		return fmt.Errorf("--tls-cert, --tls-key: %w", err)
	}
	s.reload = append(s.reload, s.certificate.reload)
	s.tls = &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.certificate.get(), nil }}
	return s.loadClients(c)
}

func (s *server) openStore(c *cli.Context) error {
	if c.Bool("ephemeral") {
		s.admin.DBVersion = "memory"
		s.store, s.ping = &admin.Memory{}, func(context.Context) error { return nil }
		return nil
	}
	if hasPassword(c.String("store")) {
		s.log.Warn(passwordWarning)
	}
	db, store, err := s.waitForStore(c.Context, c.String("store"), sqlite.Options{New: c.Bool("new-store")}, lengthOf(c, "wait-for-store"))
	if err != nil {
		return err
	}
	s.close = append(s.close, db.Close)
	if s.admin.DBVersion, err = store.Version(c.Context); err != nil {
		return err
	}
	s.db, s.store, s.ping = db, boundedStore{store, lengthOf(c, "store-timeout")}, store.Ping
	return nil
}

func (s *server) closeAll() {
	for _, f := range slices.Backward(s.close) {
		if err := f(); err != nil {
			s.log.Error("closing", "error", err.Error())
		}
	}
}
