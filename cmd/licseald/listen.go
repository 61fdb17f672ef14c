package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/licseal/licseal/internal/buildinfo"
	"github.com/urfave/cli/v2"
)

// answerTimeout is how long a client may take to read an answer.
const answerTimeout = 30 * time.Second

// newHTTPServer returns a server that gives up on slow clients.
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

// serve answers requests until the context ends, and then those still in progress.
func (s *server) serve(c *cli.Context) error {
	listener, err := listen(c)
	if err != nil {
		return err
	}
	httpServer := newHTTPServer(s.handler(), lengthOf(c, "header-timeout"), lengthOf(c, "body-timeout"), answerTimeout)
	httpServer.TLSConfig = s.tls
	httpServer.ErrorLog = slog.NewLogLogger(s.log.Handler(), slog.LevelDebug) // mistakes of clients
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
	go s.review.run(ctx)

	failed := make(chan error, 1)
	go func() { failed <- httpServer.Serve(listener) }()
	url := fmt.Sprintf("%s://%s", scheme, listener.Addr())
	s.log.Info("listening", "url", url, "store", s.admin.DBVersion, "version", buildinfo.Version())
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
		return errors.New("stopped before all requests were answered; --stop-timeout sets how long to wait")
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
