package main

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal/admin"
	"github.com/urfave/cli/v2"
)

func adminCommand() *cli.Command {
	return &cli.Command{
		Name:      "admin",
		Usage:     "talk to an Admin API: see, push and look after its licences",
		UsageText: "licseal admin COMMAND --url URL [flags]",
		Description: `Speaks to the Admin API of a gateway, or of licseald. The token, where one is
needed, comes from --token-file or the variable KONG_ADMIN_TOKEN. Certificates are
always verified; --ca names an authority of your own.

  licseal admin push --url http://localhost:8001 -t vendor.key.pub licence.json
  licseal admin list --url http://localhost:8001

list, get ID, active       see what is stored, and which of it is active
push FILE                  make a licence the active one, with the fewest calls
add FILE                   store a licence (POST)
put ID FILE                store it under an id (PUT)
update ID FILE             put it in the place of another (PATCH)
delete ID                  remove a record
report [FILE]              usage, judged against the active licence, or FILE

Every write judges the licence first, as 'licseal check' does, and reads back
what it wrote.`,
		Flags: connectionFlags,
		Subcommands: []*cli.Command{
			adminListCommand(), adminGetCommand(), adminActiveCommand(), adminPushCommand(),
			adminAddCommand(), adminPutCommand(), adminUpdateCommand(), adminDeleteCommand(), adminReportCommand(),
		},
	}
}

// connectionFlags say how to reach an Admin API. They may stand before or behind
// the name of the subcommand.
var connectionFlags = []cli.Flag{
	&cli.StringFlag{Name: "url", Usage: "the `URL` of the Admin API, as http://localhost:8001", EnvVars: []string{"KONG_ADMIN_URL"}},
	&cli.StringFlag{Name: "workspace", Usage: "go by way of the workspace `NAME`"},
	&cli.StringFlag{Name: "token-file", Usage: "show the token in the first line of `FILE` (default: that of KONG_ADMIN_TOKEN)", TakesFile: true, Category: reads},
	&cli.StringFlag{Name: "ca", Usage: "believe certificates of the authorities in `FILE`, and of no others", TakesFile: true, Category: reads},
	&cli.StringFlag{Name: "cert", Usage: "show the client certificate in `FILE`", TakesFile: true, Category: reads},
	&cli.StringFlag{Name: "cert-key", Usage: "the client certificate's private key, in `FILE`", TakesFile: true, Category: reads},
	&cli.StringFlag{Name: "timeout", Value: "30s", Usage: "wait this `LENGTH` of time for each answer"},
}

// newAdminClient returns a client of the Admin API that --url names. Only what
// check accepts is written.
func newAdminClient(c *cli.Context, check admin.Check) (*admin.Client, error) {
	address := c.String("url")
	if address == "" {
		return nil, withHint(usagef("'licseal admin %s' needs the URL of an Admin API", c.Command.Name), "--url http://localhost:8001")
	}
	return connect(c, "url", address, check)
}

// connect returns a client of the Admin API at the address that a flag gave.
func connect(c *cli.Context, flag, address string, check admin.Check) (*admin.Client, error) {
	timeout, err := parseLength(c.String("timeout"))
	if err != nil || timeout == 0 {
		return nil, usagef("--timeout %q is not a length of time; write it as 30s", c.String("timeout"))
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

// adminToken returns the token to show, "" if there is none. It is never a flag's
// value, which others on the machine can see.
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
			return nil, about(displayName(path), errors.New("has no certificate in PEM"))
		}
	}
	if c.IsSet("cert") != c.IsSet("cert-key") {
		return nil, usagef("--cert and --cert-key go together")
	}
	if c.IsSet("cert") {
		pair, err := tls.LoadX509KeyPair(c.String("cert"), c.String("cert-key"))
		if err != nil {
			return nil, fmt.Errorf("the client certificate: %w", err)
		}
		transport.TLSClientConfig.Certificates = []tls.Certificate{pair}
	}
	return transport, nil
}

// maxCertificates is the size of the largest file of certificates that is read:
// that of all public authorities is a quarter of it.
const maxCertificates = 1 << 20

// warnOfClearText warns of a token that others on the way can read.
func warnOfClearText(address, token string) {
	u, err := url.Parse(address)
	if err != nil || token == "" || u.Scheme != "http" {
		return
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
		return
	}
	warn("the token goes to %s in clear text; use https", u.Host)
}

// adminError adds a hint to an error of the Admin API where one helps.
func adminError(err error) error {
	var (
		answer      *admin.StatusError
		unreachable *admin.UnreachableError
		authority   x509.UnknownAuthorityError
	)
	switch {
	case errors.As(err, &answer) && answer.Status == http.StatusUnauthorized:
		return withHint(err, "--token-file FILE or KONG_ADMIN_TOKEN has the token")
	case errors.As(err, &answer) && answer.Status == http.StatusNotFound:
		return withHint(err, "the gateway may not have /licenses: only enterprise versions do; or --workspace is wrong")
	case errors.As(err, &authority):
		return withHint(err, "--ca FILE names the authority that made the server's certificate")
	case errors.As(err, &unreachable) && unreachable.Sent:
		return withHint(err, "it may have been done all the same: 'licseal admin list' shows what is there")
	case errors.Is(err, admin.ErrNotFound):
		return withHint(err, "'licseal admin list' shows what is there")
	}
	return err
}

// byTime sorts records, the active one first.
func byTime(records []admin.Record) {
	slices.SortStableFunc(records, func(a, b admin.Record) int { return cmp.Compare(b.UpdatedAt, a.UpdatedAt) })
}

// adminFlags returns the flags of a subcommand.
func adminFlags(more ...cli.Flag) []cli.Flag { return append(more, connectionFlags...) }
