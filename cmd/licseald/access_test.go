//go:build unix

package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/internal/testenv"
)

// accessTable has the scope that each route needs. Everybody may call the last.
var accessTable = []struct {
	path        string
	read, write admin.Scope // for GET, HEAD and OPTIONS, and for other methods
}{
	{"/", admin.ScopeRead, admin.ScopeWrite},
	{"/licenses", admin.ScopeRead, admin.ScopeWrite},
	{"/licenses/30b4edb7-0847-4f65-af90-efbed8b0161f", admin.ScopeRead, admin.ScopeWrite},
	{"/default/licenses", admin.ScopeRead, admin.ScopeWrite},
	{"/schemas/licenses/validate", admin.ScopeRead, admin.ScopeWrite},
	{"/license/report", admin.ScopeRead, admin.ScopeWrite},
	{"/nothing", admin.ScopeRead, admin.ScopeWrite},
	{"/metrics", admin.ScopeMetrics, admin.ScopeMetrics},
	{entitle.LicensePath, admin.ScopeEntitlementRead, admin.ScopeEntitlementWrite},
	{"/status", "", ""},
}

// includes are the scopes that a scope includes.
var includes = map[string][]admin.Scope{
	"read":              {admin.ScopeRead},
	"write":             {admin.ScopeRead, admin.ScopeWrite},
	"metrics":           {admin.ScopeMetrics},
	"entitlement-read":  {admin.ScopeEntitlementRead},
	"entitlement-write": {admin.ScopeEntitlementRead, admin.ScopeEntitlementWrite},
	"entitlement-use":   {},
	"read,metrics":      {admin.ScopeRead, admin.ScopeMetrics},
	"":                  {admin.ScopeRead, admin.ScopeWrite, admin.ScopeMetrics}, // a token without scopes
}

// Every token is tried with every route and method.
func TestScopes(t *testing.T) {
	v := newVendor(t)
	tokens, lines := filepath.Join(t.TempDir(), "tokens"), ""
	secret := func(scopes string) string { return "secret-of-the-token-" + scopes + "-" }
	for scopes := range includes {
		lines += fmt.Sprintf("name-%s %s %s\n", scopes, secret(scopes), scopes)
	}
	testenv.WriteFile(t, tokens, lines)
	p := start(t, "--ephemeral", "--trust", v.trust, "--token-file", tokens, "--license-dir", t.TempDir())
	tried := 0
	eachCall(func(path, method string, needs admin.Scope) {
		for scopes, included := range includes {
			tried++
			may := needs == "" || slices.Contains(included, needs)
			status := statusOf(t, http.DefaultClient, method, p.url+path, secret(scopes))
			if (status != 401 && status != 403) != may {
				t.Errorf("%s %s with the scopes %q: %d", method, path, scopes, status)
			}
		}
		for _, token := range []string{"", "secret-that-is-unknown"} {
			tried++
			status := statusOf(t, http.DefaultClient, method, p.url+path, token)
			if want := map[bool]int{true: 403, false: 401}[path == entitle.LicensePath]; needs != "" && status != want {
				t.Errorf("%s %s with the token %q: %d", method, path, token, status)
			}
		}
	})
	t.Logf("%d cells", tried)
}

// eachCall calls f with all routes and methods.
func eachCall(f func(path, method string, needs admin.Scope)) {
	for _, row := range accessTable {
		for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
			f(row.path, method, row.read)
		}
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "BREW"} {
			f(row.path, method, row.write)
		}
	}
}

func statusOf(t *testing.T, client *http.Client, method, url, token string) int {
	t.Helper()
	var header []string
	if token != "" {
		header = append(header, "Authorization: Bearer "+token)
	}
	status, _, err := call(t.Context(), client, method, url, "", header...)
	if err != nil {
		t.Fatal(err)
	}
	return status
}

// The tokens of a file end when it is emptied or removed. A file that is empty only
// while it is being rewritten ends nothing.
func TestTokenFileGone(t *testing.T) {
	t.Parallel()
	const secret = "correct-horse-battery"
	for name, lose := range map[string]func(path string) error{
		"emptied":  func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"comments": func(path string) error { return os.WriteFile(path, []byte("# nobody\n"), 0o600) },
		"removed":  os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			tokens := filepath.Join(t.TempDir(), "tokens")
			testenv.WriteFile(t, tokens, secret+"\n")
			p := start(t, "--ephemeral", "--accept-unverified", "--token-file", tokens)
			expect(t, 200, "GET", p.url+"/", "", "Kong-Admin-Token: "+secret)
			if err := lose(tokens); err != nil {
				t.Fatal(err)
			}
			p.log.WaitFor(t, "what was in it no longer holds")
			expect(t, 401, "GET", p.url+"/", "", "Kong-Admin-Token: "+secret)
			expect(t, 200, "GET", p.url+"/status", "")
			testenv.WriteFile(t, tokens, secret+"\n")
			p.log.WaitFor(t, "read again")
			expect(t, 200, "GET", p.url+"/", "", "Kong-Admin-Token: "+secret)
		})
	}
}

// A proxy in front of a server without tokens would let everybody in.
func TestProxied(t *testing.T) {
	p := start(t, "--ephemeral", "--accept-unverified")
	for _, header := range []string{"Forwarded: for=192.0.2.1", "X-Forwarded-For: 192.0.2.1", "x-forwarded-host: a.example", "Via: 1.1 proxy"} {
		for _, path := range []string{"/", "/licenses", "/metrics"} {
			if body := expect(t, 403, "GET", p.url+path, "", header); !strings.Contains(body, "proxy") {
				t.Errorf("%s: %s", header, body)
			}
		}
	}
	expect(t, 200, "GET", p.url+"/", "", "X-Request-Id: 1")
}

// authority is a CA of openssl in a folder.
type authority struct {
	t   *testing.T
	dir string
}

func newAuthority(t *testing.T, name string) authority {
	ca := authority{t, t.TempDir()}
	ca.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650",
		"-subj", "/CN="+name, "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", ca.file("ca.key"), "-out", ca.file("ca"))
	testenv.WriteFile(t, ca.file("index"), "")
	testenv.WriteFile(t, ca.file("number"), "01\n")
	testenv.WriteFile(t, ca.file("config"), "[ca]\ndefault_ca=d\n[d]\ndatabase="+ca.file("index")+"\ncrlnumber="+ca.file("number")+
		"\ndefault_md=sha256\ndefault_crl_days=1\ncrl_extensions=x\n[x]\nauthorityKeyIdentifier=keyid\n")
	return ca
}

func (ca authority) file(name string) string { return filepath.Join(ca.dir, name) }

func (ca authority) openssl(args ...string) {
	ca.t.Helper()
	testenv.Run(ca.t, "openssl", args...)
}

// issue makes a certificate for a subject such as /O=Example/CN=robot.
func (ca authority) issue(name, subject string) tls.Certificate {
	ca.t.Helper()
	key, request, certificate := ca.file(name+".key"), ca.file(name+".csr"), ca.file(name)
	ca.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject, "-keyout", key, "-out", request)
	testenv.WriteFile(ca.t, ca.file("san"), "subjectAltName=IP:127.0.0.1\n")
	ca.openssl("x509", "-req", "-in", request, "-CA", ca.file("ca"), "-CAkey", ca.file("ca.key"), "-days", "3650", "-extfile", ca.file("san"), "-out", certificate)
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		ca.t.Fatal(err)
	}
	return pair
}

// revoke adds a certificate to the CRL, if there is a name, and writes it.
func (ca authority) revoke(name, crl string) {
	ca.t.Helper()
	if name != "" {
		ca.openssl("ca", "-config", ca.file("config"), "-cert", ca.file("ca"), "-keyfile", ca.file("ca.key"), "-revoke", ca.file(name))
	}
	ca.openssl("ca", "-config", ca.file("config"), "-cert", ca.file("ca"), "-keyfile", ca.file("ca.key"), "-gencrl", "-out", crl)
}

// client returns a client that keeps one connection open.
func (ca authority) client(pair tls.Certificate) *http.Client {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(testenv.ReadFile(ca.t, ca.file("ca")))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}}
	ca.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// Every certificate is tried with every route and method. It has the scopes of its
// subject, until it is revoked or its CA is removed, also on a connection that is open.
func TestClientCertificates(t *testing.T) {
	t.Parallel()
	v, ca := newVendor(t), newAuthority(t, "authority")
	ca.issue("server", "/CN=server")
	scopes, crl := ca.file("scopes"), ca.file("crl")
	clients, lines := map[string]*http.Client{}, "# comment\n"
	for s := range includes {
		if s == "" {
			continue
		}
		clients[s] = ca.client(ca.issue("client-"+s, "/O=Example/CN=robot "+s))
		lines += s + " CN=robot " + strings.ReplaceAll(s, ",", `\,`) + ",O=Example\n"
	}
	stranger := ca.client(ca.issue("stranger", "/CN=stranger"))
	testenv.WriteFile(t, scopes, lines)
	ca.revoke("", crl)
	bundle := ca.file("bundle")
	testenv.WriteFile(t, bundle, string(testenv.ReadFile(t, ca.file("ca"))))
	p := start(t, "--ephemeral", "--trust", v.trust, "--license-dir", t.TempDir(), "--tls-cert", ca.file("server"), "--tls-key", ca.file("server.key"),
		"--client-ca", bundle, "--client-crl", crl, "--client-scopes", scopes)
	eachCall(func(path, method string, needs admin.Scope) {
		for s, client := range clients {
			status := statusOf(t, client, method, p.url+path, "")
			if may := needs == "" || slices.Contains(includes[s], needs); (status != 403) != may {
				t.Errorf("%s %s with a certificate for %s: %d", method, path, s, status)
			}
		}
		if status := statusOf(t, stranger, method, p.url+path, ""); (status == 403) != (needs != "") {
			t.Errorf("%s %s with the certificate of a stranger: %d", method, path, status)
		}
	})
	status, body, err := call(t.Context(), clients["write"], "POST", p.url+"/licenses", v.licence(t, "LS-1", 30))
	if status != 201 || err != nil {
		t.Errorf("%d %s %v", status, body, err)
	}
	p.log.WaitFor(t, "CN=robot write,O=Example at 127.0.0.1")

	ca.revoke("client-write", crl)
	waitForStatus(t, clients["write"], p.url, 403) // on an open connection
	clients["write"].CloseIdleConnections()
	if _, _, err := call(t.Context(), clients["write"], "GET", p.url+"/", ""); err == nil {
		t.Error("a revoked certificate can connect")
	}
	other := newAuthority(t, "other")
	testenv.WriteFile(t, crl, "-----BEGIN X509 CRL-----\nrubbish\n-----END X509 CRL-----\n")
	p.log.WaitFor(t, "has no CRL")
	if status := statusOf(t, clients["read"], "GET", p.url+"/", ""); status != 200 {
		t.Errorf("after a CRL that cannot be read: %d", status)
	}
	other.revoke("", crl)
	testenv.WriteFile(t, bundle, string(testenv.ReadFile(t, other.file("ca"))))
	waitForStatus(t, clients["read"], p.url, 403) // the CA was removed
	testenv.WriteFile(t, scopes, "")
	p.log.WaitFor(t, "what was in it no longer holds")
}

// waitForStatus waits until GET / has a status.
func waitForStatus(t *testing.T, client *http.Client, url string, want int) {
	t.Helper()
	testenv.WaitUntil(t, fmt.Sprintf("the status becomes %d", want), func() bool { return statusOf(t, client, "GET", url+"/", "") == want })
}

func TestParseClientScopes(t *testing.T) {
	for text, want := range map[string]string{
		"":                 "there is nothing in the file",
		"# only\n":         "there is nothing in the file",
		"read":             "line 1: a line is SCOPES SUBJECT",
		"\nreed CN=robot":  "line 2: found a scope that is none of",
		"read CN=a\n,x  y": "line 2: found a scope that is none of",
	} {
		if _, err := parseClientScopes([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
