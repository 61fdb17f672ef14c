// Package forms writes a licence in the forms in which people install it:
// request bodies, commands to paste, manifests and configuration files. What the
// reader of a form gets out of it is the licence, byte for byte.
package forms

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/licseal/licseal/admin"
)

// Options are what some forms have room for. An option that is empty has a
// default that goes with the form.
type Options struct {
	ID        string // of the record, a UUID
	AdminURL  string // of the Admin API, without a / at its end
	Name      string // of the variable, the object or the attribute
	Namespace string // of the object
}

// DefaultAdminURL is where a gateway's Admin API listens by itself.
const DefaultAdminURL = "http://localhost:8001"

// form is one way to write a licence.
type form struct {
	name string
	does string
	uses string // the options it has room for
	text func(payload string, o Options) (string, error)
}

var all = []form{
	{"string", "the licence on one line: the payload of the Admin API", "", func(p string, _ Options) (string, error) { return p, nil }},
	{"body", "the JSON body of a request", "", requestBody(admin.JSON)},
	{"form", "the form-encoded body of a request", "", requestBody(admin.URLEncoded)},
	{"curl", "a command that adds it to an Admin API, with --id one that puts it there", "id admin-url", curl},
	{"httpie", "the same, for HTTPie", "id admin-url", httpie},
	{"env", "a line for a shell", "name", environment},
	{"dotenv", "a line for a .env file", "name", dotenv},
	{"k8s-secret", "the manifest of the Secret that Kong's charts read", "name namespace", kubernetesSecret},
	{"kong-license", "the manifest of a KongLicense", "name", kongLicense},
	{"mesh-secret", "the manifest of the Secret that Kong Mesh reads", "name namespace", meshSecret},
	{"reconciler", "declarative state with the record --id", "id", reconciler},
	{"hcl", "an attribute for HCL, as in terraform.tfvars", "name", hcl},
}

// Names returns the names of the forms.
func Names() []string {
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = f.name
	}
	return names
}

// Describe returns a line for each form: its name, and what it is.
func Describe() string {
	var b strings.Builder
	for _, f := range all {
		fmt.Fprintf(&b, "  %-13s %s\n", f.name, f.does)
	}
	return b.String()
}

// Write writes a licence in canonical form in one of the forms. What is a file
// or a line of one ends in a newline, what is a value does not. An option that the
// form has no room for is an error.
func Write(name, payload string, o Options) (string, error) {
	i := slices.IndexFunc(all, func(f form) bool { return f.name == name })
	if i < 0 {
		return "", fmt.Errorf("--as %q: the forms are %s", name, strings.Join(Names(), ", "))
	}
	if err := check(all[i], o); err != nil {
		return "", err
	}
	text, err := all[i].text(payload, o)
	if err != nil {
		return "", err
	}
	if !slices.Contains([]string{"string", "body", "form"}, name) {
		text += "\n"
	}
	return text, nil
}

const uuid = `^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`

func check(f form, o Options) error {
	for _, option := range []struct{ name, value string }{
		{"id", o.ID}, {"admin-url", o.AdminURL}, {"name", o.Name}, {"namespace", o.Namespace},
	} {
		if option.value != "" && !slices.Contains(strings.Fields(f.uses), option.name) {
			return fmt.Errorf("--%s means nothing with --as %s", option.name, f.name)
		}
	}
	if o.ID != "" && !regexp.MustCompile(uuid).MatchString(o.ID) {
		return fmt.Errorf("--id %q is not a UUID", o.ID)
	}
	return nil
}

// named returns the option, or the default, if it matches a pattern.
func named(value, byDefault, pattern, what string) (string, error) {
	if value == "" {
		return byDefault, nil
	}
	if !regexp.MustCompile(pattern).MatchString(value) {
		return "", fmt.Errorf("--name %q is not the name of %s", value, what)
	}
	return value, nil
}

func requestBody(f admin.Form) func(string, Options) (string, error) {
	return func(payload string, _ Options) (string, error) {
		_, body := admin.Body(f, payload)
		return string(body), nil
	}
}
