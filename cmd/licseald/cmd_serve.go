package main

import (
	"net"
	"os"
	"time"

	"github.com/urfave/cli/v2"
)

func serveFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "listen", Value: "127.0.0.1:8001", Usage: "listen on `ADDRESS`; another than loopback needs a token file or a client CA"},
		storeFlag(),
		&cli.BoolFlag{Name: "ephemeral", Usage: "keep everything in memory and listen on a random port of the loopback interface, for a rehearsal"},
		&cli.StringSliceFlag{Name: "trust", KeepSpace: true, Aliases: []string{"t"}, Usage: "take licences that the public keys in `FILE` signed (repeatable; read again when it changes)", TakesFile: true},
		&cli.BoolFlag{Name: "accept-unverified", Usage: "take any licence document, whoever signed it and whatever its dates: for a rehearsal with licences whose keys are not public"},
		schemaFlag(),
		lengthFlag("grace", 0, "take licences for this `LENGTH` of time after they expire, as 30d"),
		&cli.StringFlag{Name: "revocations", Usage: "refuse what the signed revocation list in `FILE` names (read again when it changes)", TakesFile: true},
		lengthFlag("max-list-age", 0, "refuse a revocation list that was issued more than this `LENGTH` of time ago, as 30d"),
		&cli.StringFlag{Name: "issuer", Usage: "require a key whose issuer matches `PATTERN`, as *@vendor.example"},
		&cli.StringFlag{Name: "token-file", Usage: "let in who shows a token of `FILE`: one a line, or a name and a token (read again when it changes)", TakesFile: true},
		&cli.StringFlag{Name: "license-dir", Usage: "serve /api/v1/license too: the entitlement licences in `DIR`, one of which is in use", TakesFile: true},
		&cli.StringFlag{Name: "entitlement-token-file", Usage: "let in there who shows a token of `FILE` (read again when it changes)", TakesFile: true},
		&cli.StringFlag{Name: "entitlement-state", Usage: "remember the time and the newest revocation list for it in `FILE`, which 'licseal state new' makes", TakesFile: true},
		&cli.StringFlag{Name: "tls-cert", Usage: "speak TLS with the certificate in `FILE` (read again when it changes)", TakesFile: true},
		&cli.StringFlag{Name: "tls-key", Usage: "the certificate's private key, in `FILE`", TakesFile: true},
		&cli.StringFlag{Name: "client-ca", Usage: "let in who has a certificate of an authority in `FILE`", TakesFile: true},
		&cli.Int64Flag{Name: "max-body", Value: 256 << 10, Usage: "refuse bodies of more than `BYTES`"},
		lengthFlag("header-timeout", 5*time.Second, "wait `LENGTH` for the header of a request"),
		lengthFlag("body-timeout", 15*time.Second, "wait `LENGTH` for a whole request"),
		lengthFlag("store-timeout", 10*time.Second, "answer 503 where the store takes longer than `LENGTH`"),
		lengthFlag("stop-timeout", 10*time.Second, "when told to stop, wait `LENGTH` for requests under way"),
		&cli.StringFlag{Name: "log-format", Value: "text", Usage: "write the log as `FORMAT`: text or json"},
		&cli.StringFlag{Name: "gateway-version", Value: "3.9.0.1", Usage: "tell clients that ask that this is `VERSION` of the gateway"},
	}
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
