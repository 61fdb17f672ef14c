package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/internal/sqldb"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

// server is one licseald.
type server struct {
	log    *slog.Logger
	db     *sqldb.DB // nil if everything is in memory
	store  admin.Store
	ping   func(context.Context) error
	judge  *judge
	tokens *watched[[]admin.Token] // nil if none is asked for
	tls    *tls.Config             // nil if it speaks plain HTTP
	admin  admin.Options
	reload []func()       // read files again
	close  []func() error // the last one first

	entitlements http.Handler // nil if they are not served
}

func serveCommand(c *cli.Context) error {
	if err := checkServeFlags(c); err != nil {
		return err
	}
	s, err := newServer(c)
	if err != nil {
		return err
	}
	defer s.closeAll()
	return s.serve(c)
}

func checkServeFlags(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	trust, unverified := len(c.StringSlice("trust")) > 0, c.Bool("accept-unverified")
	switch {
	case !trust && !unverified:
		return usagef("--trust FILE names the public keys whose licences are taken")
	case trust && unverified:
		return usagef("--trust and --accept-unverified contradict each other")
	case unverified && (c.IsSet("revocations") || c.IsSet("issuer")):
		return usagef("--revocations and --issuer mean nothing with --accept-unverified: they are about who signed")
	case c.IsSet("max-list-age") && !c.IsSet("revocations"):
		return usagef("--max-list-age needs the list: --revocations FILE")
	case c.Bool("ephemeral") && c.IsSet("store") && c.String("store") != os.Getenv(storeVariable): // an image may set it
		return usagef("--ephemeral keeps nothing, so --store … would be empty")
	case c.IsSet("tls-cert") != c.IsSet("tls-key"):
		return usagef("--tls-cert and --tls-key go together")
	case c.IsSet("client-ca") && !c.IsSet("tls-cert"):
		return usagef("--client-ca needs --tls-cert and --tls-key: clients show certificates over TLS only")
	case c.Int64("max-body") < 1, lengthOf(c, "header-timeout") <= 0, lengthOf(c, "body-timeout") <= 0, lengthOf(c, "store-timeout") <= 0:
		return usagef("--max-body, --header-timeout, --body-timeout and --store-timeout must be more than zero")
	}
	if err := checkEntitleFlags(c); err != nil {
		return err
	}
	return checkAddress(c)
}

// checkAddress refuses to serve whoever can reach the machine.
func checkAddress(c *cli.Context) error {
	host, _, err := net.SplitHostPort(c.String("listen"))
	if err != nil {
		return usagef("--listen %q: write it as 127.0.0.1:8001", c.String("listen"))
	}
	if c.IsSet("token-file") || c.IsSet("client-ca") || isLoopback(host) {
		return nil
	}
	return usagef("--listen %s: others could reach this server, so it needs --token-file or --client-ca", c.String("listen"))
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// newServer reads all files and opens the store.
func newServer(c *cli.Context) (*server, error) {
	log, err := newLog(c.App.ErrWriter, c.String("log-format"))
	if err != nil {
		return nil, err
	}
	s := &server{log: log}
	for _, step := range []func(*cli.Context) error{s.loadJudge, s.loadTokens, s.loadTLS, s.openStore, s.openEntitlements} {
		if err := step(c); err != nil {
			s.closeAll()
			return nil, err
		}
	}
	s.admin.MaxBodyBytes = c.Int64("max-body")
	s.admin.Version = c.String("gateway-version")
	s.admin.Roles = s.judge.rules.Roles()
	s.admin.Log = log
	return s, nil
}

func (s *server) loadJudge(c *cli.Context) error {
	rules, err := loadSchema(c.String("schema"))
	if err != nil {
		return fmt.Errorf("--schema: %w", err)
	}
	s.judge = &judge{rules: rules, options: verify.Options{
		Grace: lengthOf(c, "grace"), Roles: rules.Roles(), MaxListAge: lengthOf(c, "max-list-age"), Issuer: c.String("issuer"),
	}}
	if c.Bool("accept-unverified") {
		s.log.Warn("licences are taken UNVERIFIED: whoever signed them, and whatever their dates")
		return nil
	}
	keyFiles, listFile := c.StringSlice("trust"), c.String("revocations")
	files, flags := smallFiles(keyFiles...), "--trust"
	if listFile != "" {
		files, flags = append(files, watchedFile{listFile, revoke.MaxBytes}), "--trust, --revocations"
	}
	trusted, err := watch(s.log, parseTrust(keyFiles, listFile), files...)
	if err != nil {
		return fmt.Errorf("%s: %w", flags, err)
	}
	s.judge.trust = trusted.get
	s.reload = append(s.reload, trusted.reload)
	return nil
}

func (s *server) loadTokens(c *cli.Context) (err error) {
	path := c.String("token-file")
	if path == "" {
		return nil
	}
	if s.tokens, err = s.watchTokens(path); err != nil {
		return fmt.Errorf("--token-file: %w", err)
	}
	return nil
}

// watchTokens reads a file of tokens, and again when it changes.
func (s *server) watchTokens(path string) (*watched[[]admin.Token], error) {
	parse := func(contents [][]byte) ([]admin.Token, error) {
		tokens, err := admin.ParseTokens(contents[0])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return tokens, nil
	}
	tokens, err := watch(s.log, parse, smallFiles(path)...)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o044 != 0 {
		s.log.Warn("the token file can be read by others", "file", path, "remedy", "chmod go-r "+path)
	}
	s.reload = append(s.reload, tokens.reload)
	return tokens, nil
}

func (s *server) loadTLS(c *cli.Context) error {
	if !c.IsSet("tls-cert") {
		return nil
	}
	parse := func(contents [][]byte) (*tls.Certificate, error) {
		pair, err := tls.X509KeyPair(contents[0], contents[1])
		return &pair, err
	}
	certificate, err := watch(s.log, parse, smallFiles(c.String("tls-cert"), c.String("tls-key"))...)
	if err != nil {
		return fmt.Errorf("--tls-cert, --tls-key: %w", err)
	}
	s.reload = append(s.reload, certificate.reload)
	s.tls = &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate.get(), nil }}
	if path := c.String("client-ca"); path != "" {
		pem, err := readFile(path)
		if err != nil {
			return fmt.Errorf("--client-ca: %w", err)
		}
		s.tls.ClientCAs = x509.NewCertPool()
		if !s.tls.ClientCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("--client-ca: %s: holds no certificate in PEM", path)
		}
		s.tls.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return nil
}

func (s *server) openStore(c *cli.Context) error {
	if c.Bool("ephemeral") {
		s.admin.DBVersion = "memory"
		s.store, s.ping = &admin.Memory{}, func(context.Context) error { return nil }
		return nil
	}
	db, store, err := openStore(c.Context, c.String("store"))
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

// handler answers all requests, by their exact path: http.ServeMux would redirect
// some that the Admin API has an answer for.
func (s *server) handler() http.Handler {
	roles := s.judge.rules.Roles()
	m := newMetrics(s.store, roles)
	guard := s.guard()
	api := guard(admin.NewHandler(loggedStore{s.store, s.log, roles}, s.judge.check, &s.admin))
	routes := map[string]http.Handler{
		"/metrics": guard(getOnly(m.handler())),
		"/status":  getOnly(http.HandlerFunc(s.status)), // for probes, which have no token
	}
	if s.entitlements != nil {
		routes[entitle.LicensePath] = s.entitlements // it has tokens of its own
	}
	return observed(s.log, m, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if special, ok := routes[r.URL.Path]; ok {
			special.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	}))
}

// getOnly refuses all methods but GET and HEAD, as the Admin API does.
func getOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			writeJSON(w, http.StatusMethodNotAllowed, admin.ErrorBody{Message: "Method not allowed"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// guard returns who decides whether a request is let in.
func (s *server) guard() func(http.Handler) http.Handler {
	switch {
	case s.tokens != nil:
		return func(next http.Handler) http.Handler { return admin.RequireToken(s.tokens.get, next) }
	case s.tls != nil && s.tls.ClientCAs != nil:
		return func(next http.Handler) http.Handler { return next } // TLS has decided
	}
	return requireLocalName
}

// requireLocalName refuses requests by a name other than localhost. A server
// without a token believes whoever reaches its loopback address, and a page in a
// browser on this machine can, by a name of its own that leads here.
func requireLocalName(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if host != "localhost" && net.ParseIP(strings.Trim(host, "[]")) == nil {
			writeJSON(w, http.StatusForbidden, admin.ErrorBody{Message: "without a token file, this server is addressed as localhost or by its IP address"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// status says whether the store can be reached, as the gateway's /status does.
func (s *server) status(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	err := s.ping(ctx)
	code := http.StatusOK
	if err != nil {
		code = http.StatusServiceUnavailable
		s.log.Error("the store cannot be reached", "error", err.Error())
	}
	writeJSON(w, code, map[string]any{"database": map[string]bool{"reachable": err == nil}})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// answerTimeout is how long a client may take to read an answer.
const answerTimeout = 30 * time.Second

// newHTTPServer returns a server that waits for no client for ever.
func newHTTPServer(h http.Handler, header, body, answer time.Duration) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: header,
		ReadTimeout:       body,
		WriteTimeout:      body + answer,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
}

// serve answers requests until the context ends, and then those under way.
func (s *server) serve(c *cli.Context) error {
	listener, err := listen(c)
	if err != nil {
		return err
	}
	httpServer := newHTTPServer(s.handler(), lengthOf(c, "header-timeout"), lengthOf(c, "body-timeout"), answerTimeout)
	httpServer.TLSConfig = s.tls
	httpServer.ErrorLog = slog.NewLogLogger(s.log.Handler(), slog.LevelDebug) // what clients do wrong
	scheme := "http"
	if s.tls != nil {
		scheme, listener = "https", tls.NewListener(listener, s.tls)
	}
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	ctx, cancel := context.WithCancel(c.Context)
	defer cancel()
	go keepReloading(ctx, hangup, s.reload)

	failed := make(chan error, 1)
	go func() { failed <- httpServer.Serve(listener) }()
	url := fmt.Sprintf("%s://%s", scheme, listener.Addr())
	s.log.Info("listening", "url", url, "store", s.admin.DBVersion, "version", version())
	if _, err := fmt.Fprintln(c.App.Writer, url); err != nil {
		return fmt.Errorf("writing standard output: %w", err)
	}
	select {
	case err := <-failed:
		return err
	case <-c.Context.Done():
	}
	s.log.Info("stopping")
	stopping, cancelStop := context.WithTimeout(context.Background(), lengthOf(c, "stop-timeout"))
	defer cancelStop()
	if err := httpServer.Shutdown(stopping); errors.Is(err, context.DeadlineExceeded) {
		httpServer.Close()
		return errors.New("stopped before all requests were answered: --stop-timeout gives them longer")
	}
	return nil
}

func listen(c *cli.Context) (net.Listener, error) {
	address := c.String("listen")
	if c.Bool("ephemeral") && !c.IsSet("listen") {
		address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", address, err)
	}
	return listener, nil
}
