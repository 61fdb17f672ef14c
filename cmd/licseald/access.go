package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/entitle"
	"github.com/urfave/cli/v2"
)

// access says which requests are answered. What is nil is not required.
type access struct {
	tokens            *watched[[]admin.Token] // --token-file
	entitlementTokens *watched[[]admin.Token] // --entitlement-token-file
	clients           *watched[*clients]      // --client-ca, --client-crl
	clientScopes      *watched[clientScopes]  // --client-scopes
}

// loadTokens reads both files of tokens.
func (s *server) loadTokens(c *cli.Context) (err error) {
	if path := c.String("token-file"); path != "" {
		if s.access.tokens, err = s.watchTokens(path); err != nil {
			return fmt.Errorf("--token-file: %w", err)
		}
	}
	if path := c.String("entitlement-token-file"); path != "" {
		s.access.entitlementTokens, err = s.watchTokens(path, admin.ScopeEntitlementWrite)
		if err != nil {
			return fmt.Errorf("--entitlement-token-file: %w", err)
		}
	}
	return nil
}

// watchTokens reads a file of tokens, and reads it again when it changes. Tokens for
// which the file has no scopes get those given.
func (s *server) watchTokens(path string, scopes ...admin.Scope) (*watched[[]admin.Token], error) {
	parse := func(contents [][]byte) ([]admin.Token, error) {
		tokens, err := admin.ParseTokens(contents[0], scopes...)
		if errors.Is(err, admin.ErrNoTokens) {
			err = fmt.Errorf("%w: %w", errNothing, err)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return tokens, nil
	}
	tokens, err := watch(s.watcher, parse, smallFiles(path)...)
	if err != nil {
		return nil, err
	}
	tokens.ifGone = new([]admin.Token)
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o044 != 0 {
		s.log.Warn("the token file can be read by others", "file", path, "remedy", "chmod go-r "+path)
	}
	s.reload = append(s.reload, tokens.reload)
	return tokens, nil
}

// hides returns what hides refused licences from who may not write.
func (s *server) hides(r *http.Request) func(admin.Record) bool {
	token := admin.TokenOf(r)
	if (s.access.tokens == nil || token != nil && admin.HasScope(token.Scopes, admin.ScopeWrite)) && s.hasClientScope(r, admin.ScopeWrite) {
		return nil
	}
	return func(record admin.Record) bool { return s.judge.verdict(record).reason != "" }
}

// hasClientScope reports whether the client certificate has a scope, or needs none.
func (s *server) hasClientScope(r *http.Request, scope admin.Scope) bool {
	if s.access.clientScopes == nil {
		return true
	}
	return admin.HasScope(s.access.clientScopes.get()[r.TLS.PeerCertificates[0].Subject.String()], scope)
}

func metricsScope(*http.Request) admin.Scope { return admin.ScopeMetrics }

// guard returns a handler that passes requests to next that have the scope that they
// need.
func (s *server) guard(needs func(*http.Request) admin.Scope, next http.Handler) http.Handler {
	a := s.access
	if a.clients == nil && a.tokens == nil {
		return requireLocal(next)
	}
	if a.tokens != nil {
		next = admin.RequireScope(a.tokens.get, needs, next)
	}
	if a.clients == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.checkClient(r, needs(r)); err != nil {
			writeJSON(w, http.StatusForbidden, admin.ErrorBody{Message: "Forbidden: " + err.Error()})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// checkClient returns an error if a request has no client certificate that is good now,
// or the certificate does not have a scope.
func (s *server) checkClient(r *http.Request, scope admin.Scope) error {
	if s.access.clients == nil {
		return nil
	}
	if r.TLS == nil {
		return errors.New("there is no client certificate")
	}
	if err := s.access.clients.get().check(*r.TLS); err != nil { // again: a connection may last for long
		return err
	}
	if s.access.clientScopes == nil {
		return nil
	}
	subject := r.TLS.PeerCertificates[0].Subject.String()
	if !admin.HasScope(s.access.clientScopes.get()[subject], scope) {
		s.log.Warn("the client certificate does not have the scope", "scope", string(scope), "subject", subject)
		return fmt.Errorf("the client certificate does not have the scope %s", scope)
	}
	return nil
}

// mayUseEntitlements reports whether a request may use the entitlement API.
func (s *server) mayUseEntitlements(r *http.Request) bool {
	return s.hasEntitlementScope(r, admin.EntitlementScope(r))
}

// mayCount reports whether a request may use entitlements, or see how much is used.
func (s *server) mayCount(r *http.Request) bool {
	return s.hasEntitlementScope(r, admin.ScopeEntitlementUse) ||
		admin.EntitlementScope(r) == admin.ScopeEntitlementRead && s.hasEntitlementScope(r, admin.ScopeEntitlementRead)
}

// hasEntitlementScope reports whether a request has a scope: with a token of either file,
// if there is one, and a client certificate, if those have scopes.
func (s *server) hasEntitlementScope(r *http.Request, scope admin.Scope) bool {
	a := s.access
	if s.checkClient(r, scope) != nil {
		return false
	}
	if a.tokens == nil && a.entitlementTokens == nil {
		return a.clientScopes != nil
	}
	for _, tokens := range []*watched[[]admin.Token]{a.tokens, a.entitlementTokens} {
		if tokens == nil {
			continue
		}
		if token, ok := admin.FindToken(tokens.get(), entitle.Bearer(r)); ok && admin.HasScope(token.Scopes, scope) {
			return true
		}
	}
	return false
}

// requireLocal refuses requests whose Host is not localhost or an IP address, and those
// that came through a proxy. A server without tokens trusts everything that reaches its
// loopback address. A web page in a browser on this machine can do that, if its own
// domain name resolves to the loopback address (DNS rebinding), and so can everybody if
// a proxy forwards to it.
func requireLocal(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		switch {
		case host != "localhost" && net.ParseIP(strings.Trim(host, "[]")) == nil:
			writeJSON(w, http.StatusForbidden, admin.ErrorBody{Message: "a server without a token file must be addressed as localhost or by its IP address"})
		case throughProxy(r.Header):
			writeJSON(w, http.StatusForbidden, admin.ErrorBody{Message: "a server without a token file cannot be used through a proxy"})
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// throughProxy reports whether a request has a header that proxies add.
func throughProxy(header http.Header) bool {
	for name := range header {
		if name == "Forwarded" || name == "Via" || strings.HasPrefix(name, "X-Forwarded-") {
			return true
		}
	}
	return false
}
