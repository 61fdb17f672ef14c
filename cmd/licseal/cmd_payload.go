package main

import (
	"errors"
	"slices"

	"github.com/google/uuid"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/forms"
	"github.com/licseal/licseal/schema"
	"github.com/urfave/cli/v2"
)

func payloadCommand() *cli.Command {
	return &cli.Command{
		Name:      "payload",
		Usage:     "print a licence in a form in which it is installed",
		UsageText: "licseal payload [--as FORM] [flags] [FILE]",
		Description: `Prints a licence in canonical form, on one line, as the member "payload" of the
Admin API's /licenses expects it; or, with --as, in another form:

` + forms.Describe() + `
  licseal payload --as curl licence.json | sh
  licseal payload --as k8s-secret --namespace kong licence.json |
    kubectl apply -f -

All of them contain the same licence, with the same signature. Apostrophes in
dotenv, and in hcl text that is not in Unicode's form NFC, are written as JSON
escapes, because readers of these files would change them. Readers of .env files
remove the quotes, except for 'docker run --env-file'.

Kong Mesh reads only the version as an integer; mesh-secret warns of a string.
In env, dotenv and k8s-secret, the name is that of --name, the profile or Kong.
The version is kept as it is. The signature is not checked: 'licseal verify'
does that.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "as", Value: "string", Usage: "print it as `FORM`"},
			&cli.StringFlag{Name: "id", Usage: "the `UUID` of the record: curl, httpie, reconciler"},
			&cli.StringFlag{Name: "admin-url", Usage: "the `URL` of the Admin API: curl, httpie (default: " + forms.DefaultAdminURL + ")"},
			&cli.StringFlag{Name: "name", Usage: "the `NAME` of the variable, object or attribute: env, dotenv, k8s-secret, kong-license, mesh-secret, hcl"},
			&cli.StringFlag{Name: "namespace", Usage: "the `NAMESPACE` of the object: k8s-secret, mesh-secret"},
		},
		Action: payload,
	}
}

// namedForms are the forms of 'payload --as' whose name is in the profile.
var namedForms = []string{"env", "dotenv", "k8s-secret"}

// isKongs reports whether a payload has Kong's fields, right or wrong.
func isKongs(p licseal.Payload) bool {
	var broken *schema.Error
	return !errors.As(schema.Kong().Validate(p), &broken) || !broken.Foreign
}

func payload(c *cli.Context) error {
	file, err := oneFile(c)
	if err != nil {
		return err
	}
	form, err := forms.New(c.String("as"), forms.Options{
		ID: c.String("id"), AdminURL: c.String("admin-url"), Name: c.String("name"), Namespace: c.String("namespace"),
	})
	if errors.Is(err, forms.ErrNoID) {
		return withHint(usagef("%v", err), "for a new record: --id %s", uuid.NewString())
	}
	if err != nil {
		return usagef("%v", err)
	}
	lic, err := readLicense(file)
	if err != nil {
		return err
	}
	if warning := form.Warning(lic); warning != "" {
		warn("%s: %s; the signature does not cover the version, so changing it to 1 keeps the licence valid", displayName(file), warning)
	}
	if c.String("name") == "" && slices.Contains(namedForms, c.String("as")) && !isKongs(lic.Payload) {
		warn("%s: its fields are not Kong's, but the name is: give that of your product with --name, or in the profile", displayName(file))
	}
	text, err := form.Write(lic)
	if err != nil {
		return err
	}
	return document(c, text)
}
