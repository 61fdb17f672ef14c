package main

import (
	"errors"
	"net/url"
	"strings"

	"github.com/licseal/licseal/internal/forms"
	"github.com/urfave/cli/v2"
)

func payloadCommand() *cli.Command {
	return &cli.Command{
		Name:      "payload",
		Usage:     "print a licence in the form in which it is installed",
		UsageText: "licseal payload [--as FORM] [flags] [FILE]",
		Description: `Prints a licence as the "payload" of the Admin API's /licenses takes it: the
licence in canonical form, on one line; or, with --as, in another form:

` + forms.Describe() + `
  licseal payload --as body licence.json |
    curl -H 'Content-Type: application/json' -d @- http://localhost:8001/licenses
  licseal payload --as k8s-secret --namespace kong licence.json | kubectl apply -f -

All of them give the licence back as it is. In dotenv an apostrophe, and in hcl
what is not in Unicode's form NFC, is written as a JSON escape, because readers of
these files would change it: the same licence, with the same signature. A reader
of .env files takes the quotes off, but 'docker run --env-file' does not.

The signature is not checked; 'licseal verify' does that.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "as", Value: "string", Usage: "print it as `FORM`"},
			&cli.StringFlag{Name: "id", Usage: "put it there under this `UUID`: curl, httpie, reconciler"},
			&cli.StringFlag{Name: "admin-url", Usage: "the `URL` of the Admin API: curl, httpie (default: " + forms.DefaultAdminURL + ")"},
			&cli.StringFlag{Name: "name", Usage: "the `NAME` of the variable, object or attribute: env, dotenv, k8s-secret, kong-license, mesh-secret, hcl"},
			&cli.StringFlag{Name: "namespace", Usage: "the `NAMESPACE` of the object: k8s-secret, mesh-secret"},
		},
		Action: payload,
	}
}

func payload(c *cli.Context) error {
	file, err := oneFile(c)
	if err != nil {
		return err
	}
	options := forms.Options{ID: c.String("id"), AdminURL: strings.TrimRight(c.String("admin-url"), "/"), Name: c.String("name"), Namespace: c.String("namespace")}
	if c.IsSet("admin-url") && !isHTTP(options.AdminURL) {
		return usagef("--admin-url %q is not a URL; write it as %s", c.String("admin-url"), forms.DefaultAdminURL)
	}
	if _, err := forms.Write(c.String("as"), "{}", options); err != nil { // before anything is read
		return formError(err)
	}
	lic, err := readLicense(file)
	if err != nil {
		return err
	}
	text, err := forms.Write(c.String("as"), lic.String(), options)
	if err != nil {
		return formError(err)
	}
	return printExact(c, text)
}

func formError(err error) error {
	usage := usagef("%v", err)
	if errors.Is(err, forms.ErrNoID) {
		return withHint(usage, "here is a new one: --id %s", forms.NewID())
	}
	return usage
}

func isHTTP(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}
