package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/entitle/monitor"
)

// handler answers all requests, by their exact path. http.ServeMux would redirect
// some paths that the Admin API answers.
func (s *server) handler() http.Handler {
	roles := s.judge.rules.Roles()
	store := admin.Store(s.store)
	if s.review != nil {
		store = activeStore{store, s.judge, s.review}
	}
	m := newMetrics(store, roles)
	if s.review != nil {
		m.registry.MustRegister(s.review)
	}
	m.registry.MustRegister(serverCollector{s})
	if s.entitled != nil {
		m.registry.MustRegister(monitor.New(s.entitled, "licseald_entitlement"))
	}
	api := s.guard(admin.RequestScope, admin.NewHandler(loggedStore{store, s.log, roles}, s.judge.check, &s.admin))
	routes := map[string]http.Handler{
		"/metrics": s.guard(metricsScope, getOnly(m.handler())),
		"/status":  getOnly(http.HandlerFunc(s.status)), // for health checks, which have no token
	}
	if s.entitlements != nil {
		routes[entitle.LicensePath] = s.entitlements // it has tokens of its own
	}
	return observed(s.log, m, s.admin.Workspaces, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.usage != nil && isUsage(r.URL.Path) {
			s.usage.ServeHTTP(w, r)
			return
		}
		if special, ok := routes[r.URL.Path]; ok {
			special.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	}))
}

// isUsage reports whether a path is of the API by which products use entitlements.
func isUsage(path string) bool {
	return path == entitle.OpenAPIPath || path == entitle.EntitlementsPath || strings.HasPrefix(path, entitle.EntitlementsPath+"/")
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

// status reports whether the store can be reached, in the form of the gateway's /status. A
// client that may see them is also shown the entitlement licence and its limits.
func (s *server) status(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	err := s.ping(ctx)
	code := http.StatusOK
	if err != nil {
		code = http.StatusServiceUnavailable
		s.log.Error("the store cannot be reached", "error", err.Error())
	}
	body := map[string]any{"database": map[string]bool{"reachable": err == nil}}
	if s.entitled != nil && (s.mayCount(r) || s.mayUseEntitlements(r)) {
		body["license"], body["entitlements"] = s.entitled.Status(), s.entitled.Limits()
	}
	writeJSON(w, code, body)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}
