package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/entitle"
)

// handler answers all requests, by their exact path. http.ServeMux would redirect
// some paths that the Admin API answers.
func (s *server) handler() http.Handler {
	roles := s.judge.rules.Roles()
	m := newMetrics(s.store, roles)
	guard := s.guard()
	api := guard(admin.NewHandler(loggedStore{s.store, s.log, roles}, s.judge.check, &s.admin))
	routes := map[string]http.Handler{
		"/metrics": guard(getOnly(m.handler())),
		"/status":  getOnly(http.HandlerFunc(s.status)), // for health checks, which have no token
	}
	if s.entitlements != nil {
		routes[entitle.LicensePath] = s.entitlements // it has tokens of its own
	}
	return observed(s.log, m, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if special, ok := routes[r.URL.Path]; ok {
			special.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	}))
}

// getOnly refuses all methods but GET and HEAD, as the Admin API does.
func getOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			writeJSON(w, http.StatusMethodNotAllowed, admin.ErrorBody{Message: "Method not allowed"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// guard returns the middleware that authenticates requests.
func (s *server) guard() func(http.Handler) http.Handler {
	switch {
	case s.tokens != nil:
		return func(next http.Handler) http.Handler { return admin.RequireToken(s.tokens.get, next) }
	case s.tls != nil && s.tls.ClientCAs != nil:
		return func(next http.Handler) http.Handler { return next } // the TLS handshake has checked the certificate
	}
	return requireLocalName
}

// requireLocalName refuses requests whose Host is not localhost or an IP address. A
// server without tokens trusts everything that reaches its loopback address. A web
// page in a browser on this machine can do that, if its own domain name resolves to
// the loopback address (DNS rebinding).
func requireLocalName(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if host != "localhost" && net.ParseIP(strings.Trim(host, "[]")) == nil {
			writeJSON(w, http.StatusForbidden, admin.ErrorBody{Message: "a server without a token file must be addressed as localhost or by its IP address"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// status reports whether the store can be reached, in the form of the gateway's /status.
func (s *server) status(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	err := s.ping(ctx)
	code := http.StatusOK
	if err != nil {
		code = http.StatusServiceUnavailable
		s.log.Error("the store cannot be reached", "error", err.Error())
	}
	writeJSON(w, code, map[string]any{"database": map[string]bool{"reachable": err == nil}})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}
