package forms

import (
	"strings"
)

// quote writes a word for a POSIX shell, whatever characters it has.
func quote(word string) string {
	return `'` + strings.ReplaceAll(word, `'`, `'\''`) + `'`
}

// target returns the method and the URL of the request that stores a licence.
func target(o Options) (method, url string) {
	base := o.AdminURL
	if base == "" {
		base = DefaultAdminURL
	}
	if o.ID == "" {
		return "POST", base + "/licenses"
	}
	return "PUT", base + "/licenses/" + o.ID
}

// curl ends with an error where the server answers one, and shows the answer.
func curl(payload string, o Options) (string, error) {
	method, url := target(o)
	body, err := requestBody("json")(payload, o)
	return "curl -sS --fail-with-body -X " + method + " " + quote(url) + " -H 'Content-Type: application/json' --data-binary " + quote(body), err
}

// httpie would take standard input for the body unless it is told not to.
func httpie(payload string, o Options) (string, error) {
	method, url := target(o)
	return "http --ignore-stdin --check-status " + method + " " + quote(url) + " payload=" + quote(payload), nil
}

const (
	variableName    = `^[A-Za-z_][A-Za-z0-9_]*$`
	defaultVariable = "KONG_LICENSE_DATA"
)

func environment(payload string, o Options) (string, error) {
	name, err := named(o.Name, defaultVariable, variableName, "a variable")
	return "export " + name + "=" + quote(payload), err
}

// dotenv writes a value in single quotes, in which nothing means anything but
// the single quote: each reader of .env files has another way to write that, so
// it is written as a JSON escape. It is the same licence, with the same signature.
func dotenv(payload string, o Options) (string, error) {
	name, err := named(o.Name, defaultVariable, variableName, "a variable")
	return name + "='" + strings.ReplaceAll(payload, `'`, `\u0027`) + "'", err
}
