// Package forms writes a licence in the forms in which people install it: request
// bodies, commands to paste, manifests and configuration files. Whoever reads such a
// form gets the licence back, byte for byte, unless the form says otherwise.
//
// [New] selects a form and checks its options; [Form.Write] then writes licences.
package forms

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/armor"
)

// Options are the options of all forms. Each form accepts some of them, and has
// defaults for those that are empty.
type Options struct {
	ID        string // of the record, a UUID
	AdminURL  string // of the Admin API
	Name      string // of the variable, the object or the attribute
	Namespace string // of the object
}

// DefaultAdminURL is the default of [Options].AdminURL: where the Admin API of a
// gateway on this machine listens.
const DefaultAdminURL = "http://localhost:8001"

// kind is one way to write a licence. A new form needs one more entry in kinds.
type kind struct {
	name  string
	does  string // what it is, for the help text
	uses  string // the options that it accepts
	value bool   // a value, not a file or line, so that no newline ends it

	// check sets the defaults of the options and checks them; nil if the form has
	// none of its own.
	check func(*Options) error

	// write returns the licence, given in canonical form, in this form.
	write func(licence string, o Options) (string, error)

	// warn returns a warning about a licence that the form's readers refuse, ""
	// if there is none; nil if they accept all.
	warn func(*licseal.License) string
}

var kinds = []kind{
	{name: "string", does: "the licence on one line: the payload of the Admin API", value: true, write: plainString},
	{name: "body", does: "the JSON body of a request", value: true, write: requestBody(admin.JSON)},
	{name: "form", does: "the form-encoded body of a request", value: true, write: requestBody(admin.URLEncoded)},
	{name: "curl", does: "a command that adds it to an Admin API, with --id under that id", uses: "id admin-url", check: checkURL, write: curl},
	{name: "httpie", does: "the same, for HTTPie", uses: "id admin-url", check: checkURL, write: httpie},
	{name: "env", does: "a line for a shell", uses: "name", check: checkVariable, write: environment},
	{name: "dotenv", does: "a line for a .env file", uses: "name", check: checkVariable, write: dotenv},
	{name: "k8s-secret", does: "the manifest of the Secret that Kong's charts read", uses: "name namespace", check: checkObject("kong-enterprise-license", ""), write: secretWith("license")},
	{name: "kong-license", does: "the manifest of a KongLicense", uses: "name", check: checkObject("kong-license", ""), write: kongLicense},
	{name: "mesh-secret", does: "the manifest of the Secret that Kong Mesh reads", uses: "name namespace", check: checkObject("kong-mesh-license", "kong-mesh-system"), write: secretWith("license.json"), warn: warnMesh},
	{name: "reconciler", does: "declarative state with the record --id", uses: "id", check: checkRecord, write: reconciler},
	{name: "hcl", does: "an attribute for HCL, as in terraform.tfvars", uses: "name", check: checkAttribute, write: hcl},
	{name: "armored", does: "a block for mail, which verify, check and inspect read", value: true, write: armored},
}

// Names returns the names of the forms.
func Names() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}

// Describe returns a line for each form: its name, and what it is.
func Describe() string {
	var b strings.Builder
	for _, k := range kinds {
		fmt.Fprintf(&b, "  %-13s %s\n", k.name, k.does)
	}
	return b.String()
}

// Form is one of the forms, with its options.
type Form struct {
	kind    kind
	options Options
}

// New returns the form with a name. It returns an error if there is no such form, or
// if an option is invalid or one that the form does not accept.
func New(name string, o Options) (*Form, error) {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
	if i < 0 {
		return nil, fmt.Errorf("--as %q: the forms are %s", name, strings.Join(Names(), ", "))
	}
	k := kinds[i]
	if err := checkUses(k, o); err != nil {
		return nil, err
	}
	if k.check != nil {
		if err := k.check(&o); err != nil {
			return nil, err
		}
	}
	return &Form{k, o}, nil
}

func checkUses(k kind, o Options) error {
	for _, option := range []struct{ name, value string }{
		{"id", o.ID}, {"admin-url", o.AdminURL}, {"name", o.Name}, {"namespace", o.Namespace},
	} {
		if option.value != "" && !slices.Contains(strings.Fields(k.uses), option.name) {
			return fmt.Errorf("--as %s does not use --%s", k.name, option.name)
		}
	}
	if o.ID != "" && (len(o.ID) != len(uuid.Nil.String()) || uuid.Validate(o.ID) != nil) {
		return fmt.Errorf("--id %q is not a UUID", o.ID)
	}
	return nil
}

// Write returns a licence in this form. It ends in a newline if it is a file or a line
// of one.
func (f *Form) Write(lic *licseal.License) (string, error) {
	text, err := f.kind.write(lic.String(), f.options)
	if err != nil || f.kind.value {
		return text, err
	}
	return text + "\n", nil
}

// Warning says why the readers of this form refuse a licence, "" if they do not.
func (f *Form) Warning(lic *licseal.License) string {
	if f.kind.warn == nil {
		return ""
	}
	return f.kind.warn(lic)
}

// setName sets the option Name to its default, or checks it against a pattern.
func setName(o *Options, byDefault, pattern, what string) error {
	if o.Name == "" {
		o.Name = byDefault
		return nil
	}
	if !regexp.MustCompile(pattern).MatchString(o.Name) {
		return fmt.Errorf("--name %q is not the name of %s", o.Name, what)
	}
	return nil
}

func plainString(licence string, _ Options) (string, error) { return licence, nil }

// armored returns a block that ends in a line end of its own.
func armored(licence string, _ Options) (string, error) { return armor.Encode(licence), nil }

func requestBody(encoding admin.Encoding) func(string, Options) (string, error) {
	return func(licence string, _ Options) (string, error) {
		_, body := admin.Body(encoding, licence)
		return string(body), nil
	}
}
