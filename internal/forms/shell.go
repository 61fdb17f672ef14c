package forms

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/licseal/licseal/admin"
)

// quote returns a word for a POSIX shell, with any characters.
func quote(word string) string {
	return `'` + strings.ReplaceAll(word, `'`, `'\''`) + `'`
}

func checkURL(o *Options) error {
	if o.AdminURL == "" {
		o.AdminURL = DefaultAdminURL
		return nil
	}
	u, err := url.Parse(o.AdminURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("--admin-url %q is not a URL; write it as %s", o.AdminURL, DefaultAdminURL)
	}
	o.AdminURL = strings.TrimRight(o.AdminURL, "/")
	return nil
}

// target returns the method and the URL of the request that stores a licence.
func target(o Options) (method, url string) {
	url = o.AdminURL + "/licenses"
	if o.ID == "" {
		return "POST", url
	}
	return "PUT", url + "/" + o.ID
}

// curl writes a command that fails if the server answers with an error, and shows the
// answer.
func curl(licence string, o Options) (string, error) {
	method, url := target(o)
	contentType, body := admin.Body(admin.JSON, licence)
	return "curl -sS --fail-with-body -X " + method + " " + quote(url) + " -H 'Content-Type: " + contentType + "' --data-binary " + quote(string(body)), nil
}

// httpie writes a command that does not read the body from standard input, as HTTPie
// does by default.
func httpie(licence string, o Options) (string, error) {
	method, url := target(o)
	return "http --ignore-stdin --check-status " + method + " " + quote(url) + " payload=" + quote(licence), nil
}

func checkVariable(o *Options) error {
	return setName(o, "KONG_LICENSE_DATA", `^[A-Za-z_][A-Za-z0-9_]*$`, "a variable")
}

func environment(licence string, o Options) (string, error) {
	return "export " + o.Name + "=" + quote(licence), nil
}

// dotenv writes a value in single quotes, in which only the single quote is special.
// Readers of .env files disagree on how to write that, so it is written as a JSON
// escape: it is the same licence, with the same signature.
func dotenv(licence string, o Options) (string, error) {
	return o.Name + "='" + strings.ReplaceAll(licence, `'`, `\u0027`) + "'", nil
}
