package main

import (
	"net"
	"os"
	"time"

	"github.com/urfave/cli/v2"
)

func serveFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "listen", Value: "127.0.0.1:8001", Usage: "listen on `ADDRESS`; one that is not loopback needs --token-file or --client-ca"},
		storeFlag(),
		&cli.BoolFlag{Name: "new-store", Usage: "accept that the store is missing or empty, although it was not"},
		lengthFlag("wait-for-store", 0, "wait up to `LENGTH` for PostgreSQL to answer at the start, such as 60s"),
		&cli.BoolFlag{Name: "ephemeral", Usage: "keep everything in memory, on a random loopback port: for a rehearsal"},
		&cli.StringSliceFlag{Name: "trust", KeepSpace: true, Aliases: []string{"t"}, Usage: "store licences signed by the public keys in `FILE` (repeatable; reloaded)", TakesFile: true},
		&cli.StringFlag{Name: "trust-root", Usage: "trust the chain that begins with the document in `FILE`, or SHA256:… of it, in place of --trust", TakesFile: true},
		&cli.StringFlag{Name: "trust-chain", Usage: "follow the chain of trust in `FILE` (reloaded); requires --trust-root", TakesFile: true},
		&cli.BoolFlag{Name: "accept-unverified", Usage: "do not check signatures and dates: for a rehearsal"},
		schemaFlag(),
		lengthFlag("grace", 0, "accept licences for this `LENGTH` of time after they expire, such as 30d"),
		&cli.StringFlag{Name: "revocations", Usage: "refuse what the signed revocation list in `FILE` names (reloaded)", TakesFile: true},
		&cli.StringFlag{Name: "state", Aliases: []string{"entitlement-state"}, Usage: "remember the time, the chain and the revocation list in `FILE`; see 'licseal state new'", TakesFile: true},
		&cli.BoolFlag{Name: "hide-refused", Usage: "show stored licences that are refused now, such as revoked ones, only to who may write"},
		lengthFlag("max-list-age", 0, "refuse a revocation list older than `LENGTH`, such as 30d"),
		&cli.StringFlag{Name: "issuer", Usage: "require a key of an `ISSUER`, such as *@vendor.example"},
		&cli.StringFlag{Name: "token-file", Usage: "require a token from `FILE`: TOKEN, NAME TOKEN or NAME TOKEN SCOPES on each line (reloaded)", TakesFile: true},
		&cli.StringFlag{Name: "license-dir", Usage: "serve /api/v1/license, with the entitlement licences in `DIR`; requires a token or scope for it", TakesFile: true},
		&cli.StringFlag{Name: "installation", Value: "licseald", Usage: "count together with the products that have this `NAME` in the store"},
		&cli.StringSliceFlag{Name: "level", KeepSpace: true, Usage: "count the entitlement `NAME` as so many at once, not a month (repeatable)"},
		&cli.StringFlag{Name: "entitlement-token-file", Usage: "require a token from `FILE` for the entitlement API (reloaded)", TakesFile: true},
		&cli.StringFlag{Name: "tls-cert", Usage: "serve TLS with the certificate in `FILE` (reloaded)", TakesFile: true},
		&cli.StringFlag{Name: "tls-key", Usage: "`FILE` with the private key of the certificate (reloaded)", TakesFile: true},
		&cli.StringFlag{Name: "client-ca", Usage: "require a client certificate from a CA in `FILE` (reloaded)", TakesFile: true},
		&cli.StringFlag{Name: "client-crl", Usage: "refuse client certificates that the CRLs in `FILE` revoke (reloaded)", TakesFile: true},
		&cli.StringFlag{Name: "client-scopes", Usage: "require a client certificate from `FILE`: SCOPES SUBJECT on each line (reloaded)", TakesFile: true},
		&cli.Int64Flag{Name: "max-body", Value: 256 << 10, Usage: "refuse request bodies larger than `BYTES`"},
		lengthFlag("header-timeout", 5*time.Second, "wait `LENGTH` for the header of a request"),
		lengthFlag("body-timeout", 15*time.Second, "wait `LENGTH` for a whole request"),
		lengthFlag("store-timeout", 10*time.Second, "answer 503 if the store takes longer than `LENGTH`"),
		lengthFlag("stop-timeout", 10*time.Second, "when stopping, wait `LENGTH` for requests in progress"),
		&cli.StringFlag{Name: "log-format", Value: "text", Usage: "log `FORMAT`: text or json"},
		&cli.StringSliceFlag{Name: "workspaces", KeepSpace: true, Value: cli.NewStringSlice("default"), Usage: "ignore the path prefix `NAME`, as of a gateway's workspace (repeatable)"},
		&cli.StringFlag{Name: "gateway-version", Value: "3.9.0.1", Usage: "report `VERSION` as the version of the gateway; before 3.5, the usage report has fewer figures"},
		&cli.StringFlag{Name: "report-file", Usage: "take the figures of the usage report from `FILE`, such as the report of a gateway (reloaded)", TakesFile: true},
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
	if err := checkTrustFlags(c); err != nil {
		return err
	}
	switch {
	case c.IsSet("max-list-age") && !c.IsSet("revocations"):
		return usagef("--max-list-age requires --revocations FILE")
	case c.Bool("hide-refused") && !c.IsSet("token-file") && !c.IsSet("client-scopes"):
		return usagef("--hide-refused requires --token-file or --client-scopes, which say who may write")
	case c.Bool("ephemeral") && c.IsSet("store") && c.String("store") != os.Getenv(storeVariable): // an image may set it
		return usagef("--ephemeral and --store are mutually exclusive")
	case c.Bool("ephemeral") && c.IsSet("wait-for-store"):
		return usagef("--ephemeral and --wait-for-store are mutually exclusive")
	case c.IsSet("tls-cert") != c.IsSet("tls-key"):
		return usagef("--tls-cert and --tls-key require each other")
	case (c.IsSet("client-crl") || c.IsSet("client-scopes")) && !c.IsSet("client-ca"):
		return usagef("--client-crl and --client-scopes require --client-ca")
	case c.IsSet("client-ca") && !c.IsSet("tls-cert"):
		return usagef("--client-ca requires --tls-cert and --tls-key")
	case c.Int64("max-body") < 1, lengthOf(c, "header-timeout") <= 0, lengthOf(c, "body-timeout") <= 0, lengthOf(c, "store-timeout") <= 0:
		return usagef("--max-body, --header-timeout, --body-timeout and --store-timeout must be greater than zero")
	}
	if err := checkEntitleFlags(c); err != nil {
		return err
	}
	return checkAddress(c)
}

func checkTrustFlags(c *cli.Context) error {
	trust, chain, unverified := len(c.StringSlice("trust")) > 0, c.String("trust-root") != "", c.Bool("accept-unverified")
	switch {
	case trust && chain:
		return usagef("--trust and --trust-root are mutually exclusive")
	case c.IsSet("trust-chain") && !chain:
		return usagef("--trust-chain requires --trust-root, which does not come with the chain")
	case !trust && !chain && !unverified:
		return usagef("--trust FILE or --trust-root FILE is required: the public keys that licences are verified with, or the first document of a chain of them")
	case trust && unverified:
		return usagef("--trust and --accept-unverified are mutually exclusive")
	case chain && unverified:
		return usagef("--trust-root and --accept-unverified are mutually exclusive")
	case unverified && c.IsSet("state"):
		return usagef("--state requires --trust or --trust-root: nothing is remembered of licences that are not verified")
	case unverified && (c.IsSet("revocations") || c.IsSet("issuer")):
		return usagef("--revocations and --issuer require --trust or --trust-root: they judge who signed")
	}
	return nil
}

func checkEntitleFlags(c *cli.Context) error {
	folder, tokens := c.IsSet("license-dir"), c.IsSet("entitlement-token-file")
	switch {
	case c.IsSet("level") && !folder:
		return usagef("--level requires --license-dir")
	case tokens && !folder:
		return usagef("--entitlement-token-file requires --license-dir")
	case folder && !tokens && !c.IsSet("token-file") && !c.IsSet("client-scopes"):
		return usagef("--license-dir requires --entitlement-token-file, or a --token-file or --client-scopes with entitlement scopes")
	case folder && c.Bool("accept-unverified"):
		return usagef("--license-dir requires --trust or --trust-root: entitlement licences are always verified")
	}
	return nil
}

// checkAddress refuses to listen on an address that others can reach, unless clients
// must authenticate.
func checkAddress(c *cli.Context) error {
	host, _, err := net.SplitHostPort(c.String("listen"))
	if err != nil {
		return usagef("--listen %q: write it as 127.0.0.1:8001", c.String("listen"))
	}
	if c.IsSet("token-file") || c.IsSet("client-ca") || isLoopback(host) {
		return nil
	}
	return usagef("--listen %s can be reached by others, which requires --token-file or --client-ca", c.String("listen"))
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
