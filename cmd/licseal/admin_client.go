package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/text"
	"github.com/urfave/cli/v2"
)

// connect returns a client of the Admin API at the address that a flag gave.
func connect(c *cli.Context, flag, address string, check admin.Check) (*admin.Client, error) {
	timeout, err := parseLength(c.String("timeout"))
	if err != nil || timeout == 0 {
		return nil, usagef("--timeout %q is not a length of time such as 30s", c.String("timeout"))
	}
	token, err := adminToken(c)
	if err != nil {
		return nil, err
	}
	transport, err := adminTransport(c, timeout)
	if err != nil {
		return nil, err
	}
	client, err := admin.NewClient(address, &admin.ClientOptions{
		Workspace: c.String("workspace"), Token: token, Check: check, Timeout: timeout, HTTP: &http.Client{Transport: transport},
	})
	if err != nil {
		return nil, usagef("--%s: %v", flag, err)
	}
	warnOfClearText(address, token)
	return client, nil
}

// adminToken returns the bearer token, "" if none is set. It is never a flag's value,
// which other users of the machine can see.
func adminToken(c *cli.Context) (string, error) {
	path := c.String("token-file")
	if path == "" {
		return strings.TrimSpace(os.Getenv("KONG_ADMIN_TOKEN")), nil
	}
	const maxTokenFile = 64 << 10
	data, err := readFile(path, maxTokenFile)
	if err != nil {
		return "", about(displayName(path), err)
	}
	line, _, _ := strings.Cut(string(data), "\n")
	token := strings.TrimSpace(line)
	if token == "" || strings.ContainsAny(token, " \t") {
		return "", about(displayName(path), errors.New("the first line is not a token"))
	}
	warnIfReadable(path)
	return token, nil
}

func adminTransport(c *cli.Context, timeout time.Duration) (*http.Transport, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = timeout
	transport.TLSClientConfig = &tls.Config{}
	if path := c.String("ca"); path != "" {
		data, err := readFile(path, maxCertificates)
		if err != nil {
			return nil, about(displayName(path), err)
		}
		transport.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(data) {
			return nil, about(displayName(path), errors.New("contains no PEM certificate"))
		}
	}
	if c.IsSet("cert") != c.IsSet("cert-key") {
		return nil, usagef("--cert and --cert-key require each other")
	}
	if c.IsSet("cert") {
		pair, err := tls.LoadX509KeyPair(c.String("cert"), c.String("cert-key"))
		if err != nil {
			return nil, fmt.Errorf("the client certificate: %w", text.KeyPairCause(err))
		}
		transport.TLSClientConfig.Certificates = []tls.Certificate{pair}
	}
	return transport, nil
}

// maxCertificates limits the size of a CA bundle, in bytes. The one with all public
// CAs is a quarter of it.
const maxCertificates = 1 << 20

// warnOfClearText warns about a token that is sent without encryption.
func warnOfClearText(address, token string) {
	u, err := url.Parse(address)
	if err != nil || token == "" || u.Scheme != "http" {
		return
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
		return
	}
	warn("the token is sent to %s in clear text; use https", u.Host)
}

// adminError adds a hint to an error of the Admin API.
func adminError(err error) error {
	var (
		answer      *admin.StatusError
		unreachable *admin.UnreachableError
		changed     *admin.ChangedError
		authority   x509.UnknownAuthorityError
	)
	switch {
	case errors.As(err, &answer) && answer.Status == http.StatusUnauthorized:
		return withHint(err, "set the token with --token-file FILE or KONG_ADMIN_TOKEN")
	case errors.As(err, &answer) && answer.Status == http.StatusNotFound:
		return withHint(err, "only enterprise gateways have /licenses; check --workspace, too")
	case errors.As(err, &authority):
		return withHint(err, "set --ca FILE to the CA that issued the server's certificate")
	case errors.As(err, &changed):
		return withHint(err, "see who changed it with 'licseal admin list', and run the command again if it is still right")
	case errors.As(err, &unreachable) && unreachable.Sent && unreachable.Method != http.MethodGet:
		return withHint(err, "the request may have been carried out: run 'licseal admin list'")
	case errors.Is(err, admin.ErrNotFound):
		return withHint(err, "'licseal admin list' lists what is stored")
	}
	return err
}
